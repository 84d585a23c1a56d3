//! Files made to crash or exhaust a reader.

use std::fs;

use ombud_check::Options;
use ombud_check::facts::GapKind;

use crate::project::{checked, look};

fn gaps(name: &str, text: &str) -> Vec<GapKind> {
    checked(&[(name, text)]).gaps.into_iter().map(|gap| gap.why).collect()
}

#[test]
fn deep_code_ends() {
    assert_eq!(
        gaps("a.py", &format!("x = {}{}", "(".repeat(10_000), ")".repeat(10_000))),
        [GapKind::TooComplex]
    );
    for text in [
        format!("x = {}1", "not ".repeat(10_000)),
        format!("x = {}1", "-".repeat(10_000)),
        format!("x = a{}", ".b".repeat(10_000)),
        format!("x = a{}", "()".repeat(10_000)),
        format!("x = 1{}", " + 1".repeat(20_000)),
        format!("x = {}1", "lambda: ".repeat(3_000)),
        "if a:\n".to_owned()
            + &(1..90).map(|n| " ".repeat(n) + "if a:\n").collect::<Vec<_>>().concat()
            + &" ".repeat(90)
            + "pass\n",
    ] {
        checked(&[("a.py", &text)]);
    }
}

#[test]
fn calls_in_circles_end() {
    let text = "def a(x):\n    return b(x) + 'a'\ndef b(x):\n    return [a(x), {'k': b}]\nclass C(C):\n    pass\nx = {}\nfor i in x:\n    x[i] = [x, x]\n    x = [x, x]\nprint(a(input()))\n";
    checked(&[
        ("a.py", text),
        ("b.py", "from c import *\nfrom c import x\n"),
        ("c.py", "from b import *\nfrom b import x\n"),
    ]);
}

#[test]
fn broken_files_are_named_and_the_rest_is_read() {
    let report = checked(&[
        ("bad.py", "def (:\n"),
        ("good.py", "import os\nfrom flask import request\nos.system(request.args['x'])\n"),
        ("bad.yml", "app:\nkind: app\nx: [\n"),
        ("app.kt", "fun main() {}\n"),
        ("bad.swift", "let } = func ((\n"),
        ("test_it.py", "eval(input())\n"),
        ("nb.ipynb", "{"),
    ]);
    let gaps: Vec<(&str, GapKind)> = report.gaps.iter().map(|gap| (gap.path.as_str(), gap.why)).collect();
    assert_eq!(
        gaps,
        [
            ("app.kt", GapKind::Language),
            ("bad.py", GapKind::Syntax),
            ("bad.swift", GapKind::Syntax),
            ("bad.yml", GapKind::Syntax),
            ("nb.ipynb", GapKind::Syntax),
            ("test_it.py", GapKind::Test),
        ]
    );
    assert!(report.findings.iter().any(|finding| finding.rule.0 == "untrusted-to-exec"));
}

#[test]
fn exports_without_steps_are_named() {
    for (name, text) in [
        ("scalar.yml", "app: 3\nkind: app\nworkflow: 7\n"),
        ("graph.yml", "app:\n  mode: workflow\nkind: app\nworkflow:\n  graph: 5\n"),
    ] {
        let report = checked(&[(name, text)]);
        assert_eq!(report.gaps.iter().map(|gap| gap.why).collect::<Vec<_>>(), [GapKind::Syntax], "{name}");
        assert_eq!(report.understood, 0, "{name}");
        assert!(report.saw_nothing(), "{name}");
    }
}

#[test]
fn large_files_bytes_and_circles_of_links_are_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("big.py"), "x = 1\n".repeat(300_000)).unwrap();
    fs::write(dir.path().join("bytes.py"), [0xff, 0xfe, 0x00]).unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("again")).unwrap();
    let report = look(dir.path(), &Options::default());
    let gaps: Vec<(&str, GapKind)> = report.gaps.iter().map(|gap| (gap.path.as_str(), gap.why)).collect();
    assert_eq!(gaps, [("big.py", GapKind::TooLarge), ("bytes.py", GapKind::NotText)]);
}

#[test]
fn code_in_an_older_chinese_encoding_is_followed_and_not_written() {
    let dir = tempfile::tempdir().unwrap();
    // “# 运行” in GBK.
    let mut text = b"# -*- coding: gbk -*-\n# \xd4\xcb\xd0\xd0\nimport requests\n".to_vec();
    text.extend(
        b"requests.post('https://example.com/x', json={'a': input('\xc4\xe3\xba\xc3')}, verify=False)\n",
    );
    fs::write(dir.path().join("agent.py"), &text).unwrap();
    let report = look(dir.path(), &Options::default());
    let one = report.findings.iter().find(|one| one.rule.0 == "connection-not-checked").unwrap();
    assert_eq!(
        (one.place.line, &text[one.place.span.start..one.place.span.start + 13]),
        (4, &b"requests.post"[..])
    );
    let gaps: Vec<(&str, GapKind)> = report.gaps.iter().map(|gap| (gap.path.as_str(), gap.why)).collect();
    assert_eq!(gaps, [("agent.py", GapKind::Encoding)]);
    assert!(report.fixes.is_empty());
}

#[test]
fn names_of_another_encoding_are_followed_or_said_not_to_be() {
    // `def 问(话): exec(话)`, `def 候(话): print(话)` in GBK: two names of the same length.
    let (one, other, word) = (b"\xce\xca", b"\xba\xf2", b"\xbb\xb0");
    let define = |name: &[u8], deed: &str| {
        [b"def ", name, b"(", word, b"):\n    ", deed.as_bytes(), b"(", word, b")\n"].concat()
    };
    let program = |called: &[u8], end: &str| {
        let before = b"import requests\n".to_vec();
        let call = [called, b"(requests.get('https://example.com').text)\n", end.as_bytes()].concat();
        [before, define(one, "exec"), define(other, "print"), call].concat()
    };
    let of = |text: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("agent.py"), text).unwrap();
        let report = look(dir.path(), &Options::default());
        let runs = report.findings.iter().any(|found| found.rule.0 == "untrusted-to-exec");
        (runs, report.gaps.iter().map(|gap| gap.why).collect::<Vec<_>>())
    };
    assert_eq!(of(&program(one, "")), (true, vec![GapKind::Encoding]));
    assert_eq!(of(&program(other, "")), (false, vec![GapKind::Encoding]));
    assert_eq!(of(&program(one, "def (\n")).1, [GapKind::NotText]);
}

#[test]
fn a_notice_that_cannot_be_read_is_told() {
    let dir = tempfile::tempdir().unwrap();
    // “智谱”
    fs::write(dir.path().join("PRIVACY.md"), b"\xd6\xc7\xc6\xd7\n").unwrap();
    fs::write(dir.path().join("agent.py"), "print(1)\n").unwrap();
    let report = look(dir.path(), &Options::default());
    let gaps: Vec<(&str, GapKind)> = report.gaps.iter().map(|gap| (gap.path.as_str(), gap.why)).collect();
    assert_eq!(gaps, [("PRIVACY.md", GapKind::NotText)]);
}

#[test]
fn a_missing_folder_is_an_error() {
    let detector =
        ombud_detect::Detector::new(&ombud_detect::Options { without_names: true, ..Default::default() });
    let found = ombud_check::check(
        std::path::Path::new("/nowhere/at/all"),
        &crate::project::providers(),
        &detector,
        &Options::default(),
    );
    assert!(found.is_err());
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_entered_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let locked = dir.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::write(dir.path().join("ok.py"), "print(1)\n").unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    // A user with all privileges cannot be locked out.
    let kept_out = std::fs::read_dir(&locked).is_err();
    let report = crate::project::look(dir.path(), &ombud_check::Options::default());
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(report.gaps.iter().any(|gap| gap.path == "locked"), kept_out, "{:?}", report.gaps);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("nowhere.py", dir.path().join("link.py")).unwrap();
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"name\xff.py")), "x = 1\n").unwrap();
    fs::write(dir.path().join("whole.py"), "x = 1\n").unwrap();
    std::os::unix::fs::symlink("whole.py", dir.path().join("other.py")).unwrap();
    let gaps = look(dir.path(), &Options::default()).gaps;
    let named: Vec<&str> = gaps.iter().map(|gap| gap.path.as_str()).collect();
    assert_eq!(named, ["link.py", "name\u{fffd}.py"]);
}

#[test]
fn settings_of_editors_hold_comments() {
    for text in [
        "{\n  // the server\n  \"servers\": {\"a\": {\"type\": \"stdio\", \"command\": \"npx\", \"args\": [\"-y\", \"x-mcp\"]}}\n}",
        "{\"servers\": /* one */ {\"a\": {\"type\": \"stdio\", \"command\": \"npx\", \"args\": [\"-y\", \"x-mcp\"],},},}",
    ] {
        let report = checked(&[(".vscode/mcp.json", text)]);
        assert!(
            crate::project::lines(&report).iter().any(|line| line.starts_with("mcp-server-not-pinned")),
            "{text}"
        );
    }
    assert_eq!(gaps("a.json", "{ /* without an end"), []);
}

/// Without the limit per file, each of these would hold some two thousand values per line: gigabytes for a page of text.
#[test]
fn what_holds_all_before_it_is_bounded_and_named() {
    let spread = |n: usize| format!("const v{} = {{...v{n}, k{n}: v{n}}};\n", n + 1);
    let script = "const v0 = {};\n".to_owned() + &(0..1500).map(spread).collect::<String>();
    assert_eq!(gaps("a.ts", &script), [GapKind::TooComplex]);
    let put = |n: usize| format!("d['k{n}'] = d\n");
    let python = "d = {}\n".to_owned() + &(0..1500).map(put).collect::<String>();
    assert_eq!(gaps("a.py", &python), [GapKind::TooComplex]);
    // What is written out literally is never too much.
    let row = "{'name': 'a', 'of': ['b', 'c', {'d': 1}], 'e': {'f': 'g'}},\n";
    let table = |n: usize| format!("T{n} = [{}]\nU{n} = T{n} + [1]\n", row.repeat(40));
    assert_eq!(gaps("b.py", &(0..60).map(table).collect::<String>()), []);
}
