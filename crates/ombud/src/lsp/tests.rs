//! Message sequences: what an editor sends, and what it gets.

use std::path::Path;

use ombud_core::Lang;
use serde_json::{Value, json};

use super::server::{Server, Settings};
use super::uri;
use super::wire::Frame;

const AGENT: &str = "from openai import OpenAI\nc = OpenAI(base_url='https://api.deepseek.com')\nprint(c.chat.completions.create(messages=[input()]))\n";

/// An editor with a folder open.
struct Editor {
    /// What it received about the folder first.
    first: Vec<(String, Vec<String>)>,
    server: Server,
    dir: tempfile::TempDir,
}

impl Editor {
    fn new(files: &[(&str, &str)], initialize: Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let settings = Settings { lang: None, otherwise: Lang::En, profile: None };
        let mut editor = Self { server: Server::new(settings), dir, first: Vec::new() };
        let mut params = initialize;
        params["rootUri"] = json!(uri::of(editor.dir.path()));
        let answer = editor.ask("initialize", params);
        assert_eq!(answer["result"]["capabilities"]["textDocumentSync"]["change"], 1, "{answer}");
        editor.first = editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, name: &str) -> String {
        uri::of(&self.dir.path().join(name))
    }

    fn send(&mut self, messages: Vec<Value>) -> Vec<Value> {
        let mut all = self.server.batch(messages.into_iter().map(Frame::Message).collect());
        all.extend(self.server.findings());
        all
    }

    /// A request, and its answer.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut message = note(method, params);
        message["id"] = json!(7);
        let all = self.send(vec![message]);
        all.into_iter().find(|message| message["id"] == 7).unwrap()
    }

    /// A notification, and the findings that follow: file and `rule@line:column`.
    fn tell(&mut self, method: &str, params: Value) -> Vec<(String, Vec<String>)> {
        found(&self.send(vec![note(method, params)]))
    }

    fn open(&mut self, name: &str, text: &str) -> Vec<(String, Vec<String>)> {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": "x", "version": 1, "text": text}}),
        )
    }

    fn change(&mut self, name: &str, text: &str) -> Vec<(String, Vec<String>)> {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]}),
        )
    }

    fn at(&self, name: &str, line: u64, character: u64) -> Value {
        let place = json!({"line": line, "character": character});
        json!({"textDocument": {"uri": self.uri(name)}, "position": place, "range": {"start": place, "end": place}, "context": {"diagnostics": []}})
    }
}

fn note(method: &str, params: Value) -> Value {
    let mut message = json!({"jsonrpc": "2.0", "method": method});
    message["params"] = params;
    message
}

fn found(messages: &[Value]) -> Vec<(String, Vec<String>)> {
    let published = messages.iter().filter(|message| message["method"] == "textDocument/publishDiagnostics");
    let one = |entry: &Value| {
        let start = &entry["range"]["start"];
        format!("{}@{}:{}", entry["code"].as_str().unwrap(), start["line"], start["character"])
    };
    published
        .map(|message| {
            let uri = message["params"]["uri"].as_str().unwrap();
            let name = Path::new(uri).file_name().unwrap().to_string_lossy().into_owned();
            (name, message["params"]["diagnostics"].as_array().unwrap().iter().map(one).collect())
        })
        .collect()
}

fn has(found: &[(String, Vec<String>)], file: &str, finding: &str) -> bool {
    found.iter().any(|(name, all)| name == file && all.iter().any(|one| one == finding))
}

#[test]
fn findings_stay_while_a_file_is_being_written() {
    let mut editor = Editor::new(&[("agent.py", AGENT)], json!({}));
    let before = editor.open("agent.py", AGENT);
    let half = AGENT.replace("print(c", "print((c");
    assert!(editor.change("agent.py", &half).is_empty(), "nothing is published, so what was shown stays");
    assert_eq!(editor.change("agent.py", AGENT), before);
    // A closed file is what it is on disk, and one that could never be parsed hides nothing else.
    let broken = editor.open("other.py", "def (:");
    assert_eq!(broken, before);
}

#[test]
fn the_whole_project_is_shown_and_what_is_typed_counts_before_it_is_saved() {
    let mut editor = Editor::new(&[("agent.py", AGENT), ("clean.py", "a = 1\n")], json!({}));
    assert!(
        has(&editor.first, "agent.py", "hardcoded-provider@1:29") && editor.first.len() == 1,
        "{:?}",
        editor.first
    );
    assert!(editor.tell("$/setTrace", json!({"value": "off"})).is_empty());
    let opened = editor.open("agent.py", AGENT);
    assert!(has(&opened, "agent.py", "hardcoded-provider@1:29"), "{opened:?}");
    assert!(has(&opened, "agent.py", "personal-data-unmasked@2:6"), "{opened:?}");
    let mended = editor.change("agent.py", &AGENT.replace("base_url='https://api.deepseek.com'", ""));
    assert!(
        !has(&mended, "agent.py", "hardcoded-provider@1:29")
            && mended.iter().any(|(name, _)| name == "agent.py")
    );
    // Closed without saving: the file on disk counts again.
    let uri = editor.uri("agent.py");
    let closed = editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert!(has(&closed, "agent.py", "hardcoded-provider@1:29"));
}

#[test]
fn only_what_changed_is_parsed_again() {
    let files: Vec<(String, String)> = (0..40)
        .map(|index| (format!("m{index}.py"), format!("def f{index}():\n    return {index}\n")))
        .collect();
    let scripts: Vec<(String, String)> = (0..40)
        .map(|index| (format!("s{index}.ts"), format!("export const s{index} = {index};\n")))
        .collect();
    let all: Vec<(&str, &str)> =
        files.iter().chain(&scripts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut editor = Editor::new(&all, json!({}));
    assert_eq!(editor.server.parsed(), 80);
    editor.open("m3.py", "def f3():\n    return 3\n");
    assert_eq!(editor.server.parsed(), 80);
    editor.change("m3.py", "def f3():\n    return 4\n");
    assert_eq!(editor.server.parsed(), 81);
    editor.open("s3.ts", "export const s3 = 4;\n");
    assert_eq!(editor.server.parsed(), 82);
    // A hundred keystrokes at once are one check.
    let uri = editor.uri("m3.py");
    let keys = (0..100).map(|index| {
        note(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri}, "contentChanges": [{"text": format!("a = {index}\n")}]}),
        )
    });
    editor.send(keys.collect());
    assert_eq!(editor.server.parsed(), 83);
    // Saved files are read again, and parsed only if they have changed.
    std::fs::write(editor.dir.path().join("m5.py"), "b = 1\n").unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    assert_eq!(editor.server.parsed(), 84);
}

#[test]
fn a_new_script_is_seen_by_those_that_import_it() {
    let mut editor = Editor::new(
        &[("a.ts", "import { go } from './b';\ngo();\n"), ("b.ts", "export function go() {}\n")],
        json!({}),
    );
    assert_eq!(editor.server.parsed(), 2);
    // Where imports lead may be different now, so all scripts are read again.
    editor.open("c.ts", "export const c = 1;\n");
    assert_eq!(editor.server.parsed(), 5);
}

#[test]
fn fixes_are_offered_with_their_risk_and_mend_the_buffer() {
    let mut editor = Editor::new(&[("agent.py", "")], json!({}));
    let text = "import requests\n# 中文😀\nrequests.post('https://his.clinic.local/记录', json=input(), verify=False)\nURL = 'https://api.deepseek.com'\n";
    editor.open("agent.py", text);
    let params = editor.at("agent.py", 3, 20);
    let answer = editor.ask("textDocument/codeAction", params);
    let action = &answer["result"][0];
    assert_eq!((&action["kind"], &action["isPreferred"]), (&json!("quickfix"), &json!(true)), "{answer}");
    let edits = &action["edit"]["changes"][editor.uri("agent.py")];
    assert_eq!(
        edits[0],
        json!({"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "newText": "import os\n"})
    );
    assert_eq!(
        edits[1]["range"],
        json!({"start": {"line": 3, "character": 6}, "end": {"line": 3, "character": 32}})
    );
    let params = editor.at("agent.py", 2, 3);
    let answer = editor.ask("textDocument/codeAction", params);
    let risky = &answer["result"][0];
    assert!(risky["title"].as_str().unwrap().ends_with("(changes what the program does)"), "{answer}");
    assert_eq!(
        risky["edit"]["changes"][editor.uri("agent.py")][0]["range"]["start"],
        json!({"line": 2, "character": 66})
    );
    let mut other = editor.at("agent.py", 3, 20);
    other["context"]["only"] = json!(["source.organizeImports"]);
    assert_eq!(editor.ask("textDocument/codeAction", other)["result"], json!([]));
}

#[test]
fn a_hover_explains_the_rule_in_the_language_of_the_person() {
    for (initialize, word) in [
        (json!({"locale": "zh-cn"}), "修复"),
        (json!({"locale": "de"}), "Fix"),
        (json!({"locale": "de", "initializationOptions": {"lang": "zh"}}), "修复"),
    ] {
        let mut editor = Editor::new(&[("agent.py", AGENT)], initialize);
        let params = editor.at("agent.py", 1, 30);
        let answer = editor.ask("textDocument/hover", params);
        let shown = answer["result"]["contents"]["value"].as_str().unwrap();
        assert!(
            shown.contains(word) && shown.contains("`hardcoded-provider`") && shown.contains("```diff"),
            "{shown}"
        );
        assert!(shown.contains("`# ombud: allow hardcoded-provider"), "{shown}");
        let params = editor.at("agent.py", 0, 2);
        assert_eq!(editor.ask("textDocument/hover", params)["result"], Value::Null);
    }
    let script = "import OpenAI from 'openai';\nexport const c = new OpenAI({ baseURL: 'https://api.deepseek.com' });\n";
    let mut editor = Editor::new(&[("agent.ts", script)], json!({"locale": "en"}));
    let params = editor.at("agent.ts", 1, 50);
    let answer = editor.ask("textDocument/hover", params);
    let shown = answer["result"]["contents"]["value"].as_str().unwrap();
    assert!(shown.contains("`// ombud: allow hardcoded-provider"), "{shown}");
}

#[test]
fn what_weighs_more_for_a_profile_does_so_here() {
    let files = [(
        "agent.py",
        "import requests\nrequests.post('https://a.example.net', json=input(), verify=False)\n",
    )];
    let severity = |initialize: Value| {
        let mut editor = Editor::new(&files, initialize);
        let uri = editor.uri("agent.py");
        let text = files[0].1;
        let all = editor
            .send(vec![note("textDocument/didOpen", json!({"textDocument": {"uri": uri, "text": text}}))]);
        all[0]["params"]["diagnostics"][0]["severity"].clone()
    };
    assert_eq!(severity(json!({})), 2);
    assert_eq!(severity(json!({"initializationOptions": {"profile": "health"}})), 1);
}

#[test]
fn hostile_messages_are_answered_or_passed_over() {
    let settings = Settings { lang: None, otherwise: Lang::En, profile: None };
    let mut server = Server::new(settings);
    let mut code =
        |frame: Frame| server.batch(vec![frame]).first().map(|answer| answer["error"]["code"].clone());
    let message = |value: Value| Frame::Message(value);
    assert_eq!(code(message(json!({"id": 1, "method": "textDocument/hover"}))), Some(json!(-32002)));
    assert_eq!(code(Frame::Broken), Some(json!(-32700)));
    assert_eq!(code(Frame::TooLong), Some(json!(-32600)));
    assert_eq!(code(message(json!([1, 2]))), Some(json!(-32600)));
    assert_eq!(code(message(json!({"id": {}, "method": 5}))), Some(json!(-32600)));
    assert_eq!(code(message(json!({"id": 3, "result": null}))), None);
    let mut editor = Editor::new(&[("agent.py", AGENT)], json!({"locale": 7, "initializationOptions": []}));
    let mut ask = |method: &str, params: Value| editor.ask(method, params);
    assert_eq!(ask("no/such", json!(null))["error"]["code"], -32601);
    assert_eq!(ask("initialize", json!({}))["error"]["code"], -32600);
    assert_eq!(ask("textDocument/codeAction", json!({"range": 5}))["error"]["code"], -32602);
    assert_eq!(
        ask("textDocument/hover", json!({"textDocument": {"uri": "untitled:1"}}))["result"],
        Value::Null
    );
    for params in
        [json!(null), json!([]), json!({"textDocument": 5}), json!({"textDocument": {"uri": "file:///%zz"}})]
    {
        for method in [
            "textDocument/didOpen",
            "textDocument/didChange",
            "textDocument/didClose",
            "workspace/didChangeWorkspaceFolders",
            "$/setTrace",
        ] {
            editor.tell(method, params.clone());
        }
    }
    let uri = editor.uri("agent.py");
    let wild = json!({"start": {"line": u64::MAX, "character": -4}, "end": "x"});
    for (method, params) in [
        ("textDocument/hover", json!({"textDocument": {"uri": uri}, "position": wild["start"]})),
        (
            "textDocument/codeAction",
            json!({"textDocument": {"uri": uri}, "range": wild, "context": {"only": 3}}),
        ),
    ] {
        assert!(editor.ask(method, params).get("error").is_none());
    }
    // A change of a file that was never opened, and one that is larger than source is.
    editor.change("agent.py", "x");
    editor.open("agent.py", &"a = '汉'\n".repeat(200_000));
}

#[test]
fn what_is_cancelled_is_not_worked_on() {
    let mut editor = Editor::new(&[("agent.py", AGENT)], json!({}));
    let mut params = editor.at("agent.py", 1, 30);
    params["id"] = json!(1);
    let all = editor.send(vec![
        json!({"id": "a", "method": "textDocument/hover", "params": params}),
        note("$/cancelRequest", json!({"id": "a"})),
        json!({"id": 2, "method": "textDocument/hover", "params": params}),
    ]);
    assert_eq!(all[0]["error"]["code"], -32800);
    assert!(all[1]["result"].is_object(), "{all:?}");
}

#[test]
fn it_ends_as_the_editor_says() {
    let mut editor = Editor::new(&[], json!({}));
    assert_eq!(editor.ask("shutdown", Value::Null)["result"], Value::Null);
    assert_eq!(editor.ask("textDocument/hover", json!({}))["error"]["code"], -32600);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.ended(), Some(0));
    let mut rude = Editor::new(&[], json!({}));
    rude.send(vec![note("exit", Value::Null), json!({"id": 1, "method": "shutdown"})]);
    assert_eq!(rude.server.ended(), Some(1));
}
