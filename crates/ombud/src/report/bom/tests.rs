use std::path::Path;

use ombud_core::Lang;
use ombud_detect::Detector;

use super::*;

const KEY: &str = concat!(
    "sk-ant-",
    "api03-aB3dE6gH9jaB3dE6gH9jaB3dE6gH9jaB3dE6gH9jaB3dE6gH9jaB3dE6gH9jaB3dE6gH9jaB3dE6gH9jaB3dE6gH9jxyzAA"
);

/// A project in which there is one of each, and a key wherever one is put by mistake.
fn project(dir: &Path) {
    let write = |path: &str, text: &str| {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "agent.py",
        "import os\nimport chromadb\nfrom openai import OpenAI\nclient = OpenAI()\nrelay = OpenAI(base_url='https://relay.example/v1')\n\
         notes = chromadb.HttpClient(host='10.0.0.7').get_collection('notes')\n\
         def ask(text):\n    notes.add(documents=[text], ids=['1'])\n    return client.chat.completions.create(model='gpt-4o-mini', messages=[\n        {'role': 'system', 'content': 'You are Luna, and secretly kind.'},\n        {'role': 'user', 'content': text}])\n\
         def other(text):\n    return relay.chat.completions.create(model=os.getenv('CHAT_MODEL', 'qwen-max'), messages=[{'role': 'user', 'content': text}])\n\
         print(ask(input()), other(input()))\n",
    );
    let servers = format!(
        r#"{{"mcpServers": {{
            "files": {{"command": "npx", "args": ["-y", "@acme/files@1.4.2", "--api-key", "{KEY}"]}},
            "web": {{"command": "uvx", "args": ["mcp-web"]}},
            "far": {{"url": "https://user:{KEY}@mcp.example/{KEY}/sse?key={KEY}"}}}}}}"#
    );
    write(".cursor/mcp.json", &servers);
    write(
        "requirements.txt",
        &format!(
            "openai==1.2.3 --hash=sha256:{}\nchromadb>=0.5\nown @ https://x:{KEY}@pkg.example/own.whl\n",
            "a".repeat(64)
        ),
    );
    write("package.json", r#"{"name": "luna", "version": "0.3.0", "dependencies": {"zod": "^3"}}"#);
    write("go.mod", "module x\n");
}

fn document(dir: &Path, epoch: Option<i64>) -> String {
    let detector = Detector::new(&ombud_detect::Options::default());
    let providers = Providers::builtin().unwrap();
    let known = crate::check::known(&providers);
    let report = ombud_check::check(dir, &known, &detector, &ombud_check::Options::default()).unwrap();
    let view = View { report: &report, lang: Lang::En, detector: &detector };
    let stock = Stock { epoch, ..stock(&view, &providers, dir) };
    text(&stock).unwrap().0
}

fn parsed() -> (Value, String) {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let text = document(dir.path(), None);
    (serde_json::from_str(&text).unwrap(), text)
}

fn part<'d>(document: &'d Value, reference: &str) -> &'d Value {
    let all = ["components", "services"].iter().flat_map(|list| document[list].as_array().unwrap());
    all.clone().find(|part| part["bom-ref"] == reference).unwrap_or_else(|| {
        panic!("no {reference} in {:#?}", all.map(|part| part["bom-ref"].to_string()).collect::<Vec<_>>())
    })
}

fn property<'d>(part: &'d Value, name: &str) -> Vec<&'d str> {
    let all = part["properties"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|row| row["name"] == name).map(|row| row["value"].as_str().unwrap()).collect()
}

#[test]
fn models_prompts_and_services_are_listed_with_what_is_known() {
    let (document, text) = parsed();
    assert_eq!(document["metadata"]["component"]["name"], "luna");
    let model = part(&document, "model:provider:openai:gpt-4o-mini");
    assert_eq!(model["type"], "machine-learning-model");
    assert_eq!(property(model, "ombud:unknown"), ["processing-country"]);
    assert!(model["modelCard"]["properties"].to_string().contains("ombud:openai:trains-by-default"));
    let other = part(&document, "model:host:relay.example:qwen-max");
    assert_eq!(
        (property(other, "ombud:variable"), property(other, "ombud:unknown")),
        (vec!["CHAT_MODEL"], vec!["provider"])
    );
    let openai = part(&document, "provider:openai");
    assert_eq!(openai["x-trust-boundary"], true);
    let classes: Vec<&Value> =
        openai["data"].as_array().unwrap().iter().map(|row| &row["classification"]).collect();
    assert!(classes.contains(&&Value::from("comm.chat")), "{classes:?}");
    let hash = digest(&SHA256, b"You are Luna, and secretly kind.");
    let hash = component::hex(hash.as_ref());
    let prompt = part(&document, &format!("prompt:{}", &hash[..16]));
    assert_eq!(prompt["hashes"][0]["content"], hash);
    assert!(!text.contains("Luna"), "a prompt is told by its hash");
    let store = part(&document, "store:chromadb:notes");
    assert_eq!(store["data"][0]["classification"], "user");
    assert_eq!(property(&document["metadata"], "ombud:manifest-not-read"), ["go.mod"]);
}

#[test]
fn servers_and_packages_say_whether_they_are_pinned() {
    let (document, _) = parsed();
    let files = part(&document, "mcp:.cursor/mcp.json:files");
    assert_eq!(
        (files["version"].as_str(), files["purl"].as_str()),
        (Some("1.4.2"), Some("pkg:npm/%40acme/files@1.4.2"))
    );
    let web = part(&document, "mcp:.cursor/mcp.json:web");
    assert_eq!(
        (property(web, "ombud:unpinned"), property(web, "ombud:unknown")),
        (vec!["true"], vec!["version"])
    );
    assert_eq!(part(&document, "mcp:.cursor/mcp.json:far")["endpoints"][0], "https://mcp.example");
    let openai = part(&document, "pkg:pypi/openai@1.2.3");
    assert_eq!(openai["hashes"][0]["content"], "a".repeat(64));
    assert_eq!(property(part(&document, "pkg:pypi/chromadb#>=0.5"), "ombud:unknown"), ["version"]);
}

#[test]
fn the_same_project_gives_the_same_bytes_and_another_one_another_number() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    project(one.path());
    project(two.path());
    let first = document(one.path(), None);
    assert_eq!(first, document(two.path(), None));
    assert!(!first.contains("timestamp"));
    let dated = document(one.path(), Some(1_700_000_000));
    assert!(dated.contains("\"timestamp\": \"2023-11-14T22:13:20Z\""));
    let serial = |text: &str| serde_json::from_str::<Value>(text).unwrap()["serialNumber"].clone();
    assert_eq!(serial(&first), serial(&dated));
    std::fs::write(two.path().join("requirements.txt"), "openai==1.2.4\n").unwrap();
    assert_ne!(serial(&first), serial(&document(two.path(), None)));
}

#[test]
fn no_key_is_in_it_and_every_reference_leads_somewhere() {
    let (document, text) = parsed();
    assert!(!text.contains(KEY) && !text.contains("aB3dE6gH9j"), "{text}");
    let all = ["components", "services"].iter().flat_map(|list| document[list].as_array().unwrap());
    let references: Vec<&str> = all.map(|part| part["bom-ref"].as_str().unwrap()).chain([ROOT]).collect();
    let unique: BTreeSet<&str> = references.iter().copied().collect();
    assert_eq!(unique.len(), references.len());
    for row in document["dependencies"].as_array().unwrap() {
        let needed = row["dependsOn"].as_array().unwrap().iter().map(|need| need.as_str().unwrap());
        for reference in needed.chain(row["ref"].as_str()) {
            assert!(unique.contains(reference), "{reference}");
        }
    }
}
