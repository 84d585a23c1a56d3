//! The survey of a small project.

use std::fs;

use ombud_check::{Language, survey};
use ombud_detect::{Detector, Options};

const HOSTS: &[&str] = &["api.openai.com", "api.deepseek.com"];

#[test]
fn a_project_shows_its_providers_languages_and_keys() {
    let dir = tempfile::tempdir().unwrap();
    let key = format!("sk-ant-api03-{}AA", "aB3dE6gH9j".repeat(9) + "xyz");
    fs::create_dir_all(dir.path().join("node_modules/x")).unwrap();
    fs::write(
        dir.path().join("agent.py"),
        format!("import os\n\nclient = OpenAI(base_url='https://api.deepseek.com/v1', api_key='{key}')\n# not-api.openai.com.evil\n"),
    )
    .unwrap();
    fs::write(dir.path().join("node_modules/x/index.js"), "fetch('https://api.openai.com')").unwrap();
    fs::write(dir.path().join("notes.txt"), "https://api.openai.com").unwrap();
    let found = survey(dir.path(), HOSTS, &Detector::new(&Options::default())).unwrap();
    assert_eq!(found.languages.into_iter().collect::<Vec<_>>(), [(Language::Python, 1)]);
    assert_eq!(found.hosts.into_iter().collect::<Vec<_>>(), ["api.deepseek.com"]);
    let rules: Vec<(&str, u32)> =
        found.findings.iter().map(|finding| (finding.rule.0, finding.place.line)).collect();
    assert_eq!(rules, [("hardcoded-provider", 3), ("secret-in-source", 3)]);
    assert!(found.findings.iter().all(|finding| !finding.subject.contains("sk-ant")));
}
