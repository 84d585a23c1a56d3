use std::path::Path;

use serde_json::json;

use super::*;

const FAULTY: &str = "from flask import Flask, request\nimport os\napp = Flask(__name__)\n@app.post('/')\ndef one():\n    os.system(request.json)\n";

fn desk(dir: &Path) -> Desk {
    Desk { roots: Roots::new(&[dir.to_owned()], Lang::En).unwrap(), lang: Lang::En }
}

/// The answers to some lines.
fn answers(desk: &Desk, lines: &str) -> Vec<Value> {
    let mut output = Vec::new();
    wire::serve(desk, lines.as_bytes(), &mut output).unwrap();
    String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn called(desk: &Desk, name: &str, arguments: &Value) -> Value {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    answers(desk, &format!("{request}\n")).remove(0)
}

#[test]
fn only_what_lies_inside_the_roots_is_read() {
    let (outside, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("agent.py"), FAULTY).unwrap();
    std::fs::write(dir.path().join("own.py"), FAULTY).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("agent.py"), dir.path().join("linked.py")).unwrap();
    let desk = desk(dir.path());
    let out = outside.path().display().to_string();
    for path in ["..", "link", "linked.py", "link/agent.py", &out, "/etc", "absent", "own.py/../../"] {
        let answer = called(&desk, "check", &json!({"path": path}));
        assert_eq!(answer["result"]["isError"], true, "{path}: {answer}");
        assert!(
            answer["result"]["content"][0]["text"].as_str().unwrap().contains("--root FOLDER"),
            "{answer}"
        );
    }
    let answer = called(&desk, "check", &json!({"baseline": format!("{out}/agent.py")}));
    assert_eq!(answer["result"]["isError"], true);
    let whole = called(&desk, "check", &json!({}))["result"]["structuredContent"].clone();
    let paths: Vec<&str> =
        whole["findings"].as_array().unwrap().iter().map(|found| found["path"].as_str().unwrap()).collect();
    assert!(!paths.is_empty() && paths.iter().all(|path| *path == "own.py"), "{paths:?}");
}

#[test]
fn a_check_tells_place_harm_and_fix() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("agent.py"), FAULTY).unwrap();
    let told = called(&desk(dir.path()), "check", &json!({"least": "error", "limit": 1}))["result"]["structuredContent"].clone();
    let found = &told["findings"][0];
    assert_eq!((found["rule"].as_str(), found["line"].as_u64()), (Some("untrusted-to-exec"), Some(6)));
    assert!(found["excerpt"].as_str().unwrap().contains("os.system(request.json)"));
    assert!(
        ["message", "harm", "fix", "fingerprint"]
            .iter()
            .all(|key| found[*key].as_str().is_some_and(|text| !text.is_empty()))
    );
    assert_eq!(
        (told["stops_release"].as_bool(), told["findings"].as_array().unwrap().len()),
        (Some(true), 1)
    );
}

#[test]
fn fixes_are_shown_and_written_only_where_that_is_asked_for() {
    const OPEN: &str = "import requests\n\ndef send(x):\n    return requests.post('https://api.example.com', json=x, verify=False)\n";
    let (outside, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = dir.path().join("agent.py");
    for folder in [outside.path(), dir.path()] {
        std::fs::write(folder.join("agent.py"), OPEN).unwrap();
    }
    let desk = desk(dir.path());
    let found = called(&desk, "check", &json!({}))["result"]["structuredContent"]["findings"].clone();
    let found = found.as_array().unwrap().iter().find(|found| !found["mends"].is_null()).unwrap().clone();
    let more = found["mends"] == "changes_behaviour";
    let fix = |given: Value| called(&desk, "fix", &given)["result"].clone();
    let other = fix(json!({"rules": ["no-such-rule"], "changes_behaviour": more, "write": true}))["structuredContent"].clone();
    assert_eq!((other["written"].as_bool(), other["diff"].as_str()), (Some(false), Some("")));
    let asked = json!({"fingerprints": [found["fingerprint"]], "changes_behaviour": more});
    let shown = fix(asked.clone())["structuredContent"].clone();
    assert!(shown["diff"].as_str().unwrap().contains("verify=False") && shown["written"] == false, "{shown}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), OPEN);
    let mut asked = asked;
    asked["write"] = json!(true);
    let written = fix(asked)["structuredContent"].clone();
    assert_eq!((&written["written"], &written["diff"]), (&json!(true), &shown["diff"]));
    assert!(!std::fs::read_to_string(&file).unwrap().contains("verify=False"));
    let beyond = fix(json!({"path": outside.path().display().to_string(), "write": true}));
    assert_eq!(beyond["isError"], true);
    assert_eq!(std::fs::read_to_string(outside.path().join("agent.py")).unwrap(), OPEN);
}

#[test]
fn arguments_and_tools_that_do_not_exist_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk(dir.path());
    assert_eq!(called(&desk, "mend", &json!({}))["error"]["code"], -32602);
    assert_eq!(called(&desk, "check", &json!({"pth": "."}))["result"]["isError"], true);
    assert_eq!(called(&desk, "explain_rule", &json!({"rule": "no-such"}))["result"]["isError"], true);
    let all = called(&desk, "explain_rule", &json!({}))["result"]["structuredContent"]["rules"].clone();
    assert_eq!(all.as_array().unwrap().len(), ombud_check::rules().len());
    let zh = Desk { lang: Lang::Zh, ..desk };
    let one = called(&zh, "explain_rule", &json!({"rule": "untrusted-to-exec"}));
    assert!(one.to_string().contains("理由"), "{one}");
}

#[test]
fn both_eras_are_spoken_and_nonsense_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk(dir.path());
    let lines = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\"}}\n\
        {\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n\n\
        {\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"server/discover\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}\n\
        {\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2031-01-01\"}}}\n\
        {\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"resources/list\"}\nnonsense\n[]\n{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}\n";
    let answers = answers(&desk, lines);
    assert_eq!(answers[0]["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(answers[1]["result"]["supportedVersions"][4], "2026-07-28");
    let codes: Vec<i64> =
        answers[2..].iter().map(|answer| answer["error"]["code"].as_i64().unwrap()).collect();
    assert_eq!(codes, [-32022, -32601, -32700, -32600]);
}

#[test]
fn a_line_without_end_costs_no_more_than_one_that_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let lines =
        format!("{}\n{}\n", "x".repeat(3 << 20), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
    let answers = answers(&desk(dir.path()), &lines);
    assert_eq!((answers[0]["error"]["code"].as_i64(), answers[1]["id"].as_i64()), (Some(-32600), Some(1)));
}

#[test]
fn every_tool_has_texts_and_schemas_in_both_languages() {
    for tool in TOOLS {
        assert_ne!((tool.about)(Lang::En), (tool.about)(Lang::Zh));
        assert_eq!(tool.reads_only, tool.name != "fix");
        for schema in [(tool.takes)(), (tool.gives)()] {
            assert_eq!(schema.as_value()["type"], "object", "{}", tool.name);
        }
    }
}
