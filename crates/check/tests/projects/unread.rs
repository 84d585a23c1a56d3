//! What cannot be read is never taken for clean, and ordinary files are not taken for broken.

use ombud_check::facts::GapKind;

use crate::project::checked;

fn gaps(files: &[(&str, &str)]) -> (bool, Vec<(String, GapKind)>) {
    let report = checked(files);
    let gaps = report.gaps.iter().map(|gap| (gap.path.clone(), gap.why)).collect();
    (report.saw_nothing(), gaps)
}

/// An n8n export that was truncated in transfer.
const CUT_OFF: &str = r#"{"name": "Support", "nodes": [{"parameters": {"options": {}}, "name": "When chat message received", "type": "@n8n/n8n-nodes-langchain.chatTr"#;

#[test]
fn an_export_that_is_broken_is_named() {
    for (name, text) in [
        ("flow.json", "{\"nodes\": ["),
        ("My flow.json", ""),
        ("support.json", CUT_OFF),
        ("app.yml", "app:\n  mode: [\n"),
        ("bot.json", "{\"version\": \"1\", \"bot_info\": {"),
    ] {
        assert_eq!(gaps(&[(name, text)]), (true, vec![(name.to_owned(), GapKind::Syntax)]), "{name}");
        let beside = gaps(&[(name, text), ("agent.py", "print(1)\n")]);
        assert_eq!(beside, (false, vec![(name.to_owned(), GapKind::Syntax)]), "{name}");
    }
}

#[test]
fn an_export_of_an_unknown_format_is_named() {
    for (name, text) in [
        ("bot.json", r#"{"version": "1", "bot_info": {"prompt": "You help."}}"#),
        (
            "mine.json",
            r#"{"nodes": [{"id": "1", "type": "llm", "parameters": {"model": "m"}}], "links": []}"#,
        ),
        ("app.yml", "app:\n  name: Support\n  mode: advanced-chat\n"),
    ] {
        assert_eq!(gaps(&[(name, text)]), (true, vec![(name.to_owned(), GapKind::Format)]), "{name}");
    }
}

#[test]
fn large_and_recoded_exports_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let many = format!("{{\"nodes\": [{}", "{},".repeat(400_000));
    std::fs::write(dir.path().join("n8n export.json"), &many).unwrap();
    std::fs::write(dir.path().join("flow.json"), [0xff, 0xfe, b'{', 0]).unwrap();
    let report = crate::project::look(dir.path(), &ombud_check::Options::default());
    let gaps: Vec<(&str, GapKind)> = report.gaps.iter().map(|gap| (gap.path.as_str(), gap.why)).collect();
    assert_eq!(gaps, [("flow.json", GapKind::NotText), ("n8n export.json", GapKind::TooLarge)]);
}

#[test]
fn ordinary_settings_alarm_nobody() {
    let files = [
        ("agent.py", "print(1)\n"),
        ("package.json", "{\"name\": \"a\", \"version\": \"1.0.0\"}"),
        ("tsconfig.json", "{ // all of it\n \"compilerOptions\": {},}"),
        ("broken.json", "{\"a\": ["),
        (
            "drawing.json",
            r#"{"nodes": [{"id": "a", "group": 1}], "links": [{"source": "a", "target": "a"}]}"#,
        ),
        ("values.yaml", "app:\n  mode: production\n  name: web\n"),
        ("chart/workflow.yaml", "app: {{ .Values.name }}\nkind: [\n"),
        (".github/workflows/ci.yml", "on: push\njobs: {}\n"),
        ("workflow.json", "{\"steps\": []}"),
    ];
    assert_eq!(gaps(&files), (false, Vec::new()));
}

#[test]
fn settings_alone_say_nothing() {
    for (name, text) in [
        ("ombud.toml", "[tools]\nmode = \"ask\"\n"),
        ("package.json", "{\"name\": \"a\"}"),
        ("PRIVACY.md", "# Privacy\n"),
        ("test_it.py", "print(1)\n"),
    ] {
        assert!(checked(&[(name, text)]).saw_nothing(), "{name}");
    }
    // A finding shows that something was seen.
    assert!(!checked(&[("package.json", "{\"a\": \"https://api.openai.com/v1\"}")]).saw_nothing());
}

#[test]
fn one_broken_file_does_not_hide_that_another_was_followed() {
    let report = checked(&[("agent.py", "print(1)\n"), ("flow.json", "{\"nodes\": ["), ("b.json", CUT_OFF)]);
    assert_eq!(report.understood, 1);
}
