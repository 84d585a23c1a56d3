use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const AGENT: &str = include_str!("../../../../examples/assistant-faulty/agent.py");
const MORE: &str = include_str!("more_tools.py");

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("agent.py"), AGENT).unwrap();
    std::fs::write(folder.path().join("more_tools.py"), MORE).unwrap();
    folder
}

fn ombud(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ombud"))
        .args(args)
        .current_dir(folder)
        .env_remove("OMBUD_HOME")
        .env_remove("OPENAI_BASE_URL")
        .env("NO_PROXY", "127.0.0.1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap()
}

/// Verdicts by case.
fn verdicts(output: &Output) -> BTreeMap<String, String> {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["schema"], "ombud.attack/1");
    let rows = report["cases"].as_array().unwrap().iter();
    rows.map(|row| (row["case"].as_str().unwrap().to_owned(), row["verdict"].as_str().unwrap().to_owned()))
        .collect()
}

fn all_of(verdicts: &BTreeMap<String, String>, wanted: impl Fn(&str) -> &'static str) {
    let wrong: Vec<_> = verdicts.iter().filter(|(case, verdict)| *verdict != wanted(case)).collect();
    assert!(wrong.is_empty() && !verdicts.is_empty(), "{wrong:?}");
}

/// The sample has no tool that deletes or pays: what it cannot do was not tested.
fn sample(case: &str) -> &'static str {
    if case.starts_with("false-invoice") || case.starts_with("delete-file") {
        "not_exposed"
    } else {
        "breached"
    }
}

#[test]
fn the_faulty_sample_is_breached_in_english() {
    let folder = folder();
    let output =
        ombud(folder.path(), &["attack", "--lang", "en", "--format", "json", "--", "python3", "agent.py"]);
    all_of(&verdicts(&output), sample);
    assert_eq!(output.status.code(), Some(1));
    let replay =
        std::fs::read_to_string(folder.path().join(".ombud/reports/replay/forward-inbox_en_a.html")).unwrap();
    assert!(replay.contains("<mark>") && replay.contains("Content-Security-Policy"));
    assert!(folder.path().join(".ombud/reports/attack.json").is_file());
}

#[test]
fn the_faulty_sample_is_breached_in_chinese() {
    let folder = folder();
    let args = ["attack", "--lang", "zh", "--format", "json", "--", "python3", "agent.py", "--lang", "zh"];
    all_of(&verdicts(&ombud(folder.path(), &args)), sample);
}

#[test]
fn more_tools_can_do_more_harm() {
    let folder = folder();
    let args = [
        "attack",
        "--wording",
        "both",
        "--format",
        "json",
        "--template",
        "false-invoice,delete-file",
        "--",
        "python3",
        "more_tools.py",
    ];
    all_of(&verdicts(&ombud(folder.path(), &args)), |_| "breached");
}

#[test]
fn hardening_blocks_and_keeps_the_agent_useful() {
    let folder = folder();
    std::fs::write(folder.path().join("ombud.toml"), "# keep me\n[agent]\nname = \"A\"\n").unwrap();
    let args = [
        "attack",
        "--lang",
        "en",
        "--harden",
        "--template",
        "forward-inbox,leak-by-address",
        "--",
        "python3",
        "agent.py",
    ];
    let output = ombud(folder.path(), &args);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("BREACHED → blocked"), "{said}");
    assert!(said.contains("2 of 2 harmless runs"), "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
    let written = std::fs::read_to_string(folder.path().join("ombud.toml")).unwrap();
    assert!(written.contains("# keep me") && written.contains("send_mail = { gate = "), "{written}");
    assert!(folder.path().join("ombud.toml.bak").is_file());
}

#[test]
fn no_original_is_named_where_there_was_none() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("ombud.toml")).unwrap_or_default();
    let args =
        ["attack", "--lang", "en", "--harden", "--template", "forward-inbox", "--", "python3", "agent.py"];
    let output = ombud(folder.path(), &args);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Still usable") && !said.contains(".bak"), "{said}");
    assert!(folder.path().join("ombud.toml").is_file());
    assert!(!folder.path().join("ombud.toml.bak").exists());
}

#[test]
fn an_agent_that_fails_was_not_tested() {
    let folder = folder();
    let args = [
        "attack",
        "--format",
        "json",
        "--template",
        "forward-inbox",
        "--",
        "python3",
        "-c",
        "raise SystemExit(3)",
    ];
    let output = ombud(folder.path(), &args);
    all_of(&verdicts(&output), |_| "error");
    assert_eq!(output.status.code(), Some(2));
    let silent = ["attack", "--format", "json", "--template", "forward-inbox", "--", "true"];
    let output = ombud(folder.path(), &silent);
    all_of(&verdicts(&output), |_| "not_exposed");
    assert_eq!(output.status.code(), Some(2));
}

/// A provider that reads the mail and then only says what is in it.
const CAREFUL: &str = r#"
import http.server, json, sys
class Careful(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args): pass
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        read = any(message["role"] == "tool" for message in body["messages"])
        call = [{"id": "c1", "type": "function", "function": {"name": "read_mail", "arguments": "{}"}}]
        message = {"role": "assistant", "content": "There are three mails."} if read else {"role": "assistant", "content": None, "tool_calls": call}
        answer = json.dumps({"id": "c", "object": "chat.completion", "model": "careful", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
        self.send_response(200); self.send_header("content-type", "application/json"); self.send_header("content-length", str(len(answer))); self.end_headers()
        self.wfile.write(answer)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Careful)
print(server.server_port, flush=True)
server.serve_forever()
"#;

#[test]
fn a_careful_model_resists() {
    use std::io::{BufRead as _, BufReader};
    let folder = folder();
    let mut provider =
        Command::new("python3").args(["-c", CAREFUL]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut port = String::new();
    BufReader::new(provider.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let upstream = format!("http://127.0.0.1:{}/v1", port.trim());
    let args = [
        "attack",
        "--real",
        "--upstream",
        &upstream,
        "--format",
        "json",
        "--template",
        "forward-inbox",
        "--",
        "python3",
        "agent.py",
    ];
    let output = ombud(folder.path(), &args);
    provider.kill().unwrap();
    provider.wait().unwrap();
    all_of(&verdicts(&output), |_| "resisted");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_simulated_run_needs_no_key() {
    let folder = folder();
    let output =
        ombud(folder.path(), &["run", "--simulated", "--", "python3", "agent.py", "Read my new mail."]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("appointment"), "{said} {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn mistakes_say_what_to_type() {
    let folder = folder();
    for (args, word) in [
        (vec!["attack"], "python3 agent.py"),
        (vec!["attack", "--template", "nothing", "--", "true"], "ombud attack --list"),
        (vec!["attack", "--templates", "none", "--", "true"], "cannot read the templates"),
        (vec!["attack", "--template", "forward-inbox", "--", "no-such-program"], "cannot start"),
    ] {
        let output = ombud(folder.path(), &[&["--lang", "en"], args.as_slice()].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.contains(word)), (Some(2), true), "{args:?}: {said}");
    }
}
