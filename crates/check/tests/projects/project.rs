//! A project in a temporary folder.

use std::path::Path;

use ombud_check::{Options, Provider, Providers, Report, check};
use ombud_detect::Detector;

fn provider(id: &str, host: &str, trains: &str, local: bool) -> Provider {
    Provider {
        id: id.into(),
        name: id.into(),
        also: match id {
            "openai" => vec!["chatgpt".into(), "gpt".into()],
            "deepseek" => vec!["深度求索".into()],
            "dashscope" => vec!["通义".into(), "qwen".into()],
            "anthropic" => vec!["claude".into()],
            _ => Vec::new(),
        },
        hosts: vec![host.into()],
        country: if id == "deepseek" { "CN".into() } else { "unknown".into() },
        local,
        trains: trains.into(),
        no_minors: id == "dashscope",
        bases: match id {
            "openai" => {
                vec![("OPENAI_BASE_URL".into(), "/v1".into()), ("OPENAI_API_BASE".into(), "/v1".into())]
            }
            "deepseek" => vec![("DEEPSEEK_API_BASE".into(), String::new())],
            _ => Vec::new(),
        },
    }
}

pub(crate) fn providers() -> Providers {
    Providers::new(vec![
        provider("openai", "api.openai.com", "no", false),
        provider("anthropic", "api.anthropic.com", "no", false),
        provider("deepseek", "api.deepseek.com", "yes", false),
        provider("dashscope", "dashscope.aliyuncs.com", "unknown", false),
        provider("ollama", "localhost:11434", "no", true),
    ])
}

pub(crate) fn look(path: &Path, options: &Options) -> Report {
    check(
        path,
        &providers(),
        &Detector::new(&ombud_detect::Options { without_names: true, ..Default::default() }),
        options,
    )
    .unwrap()
}

/// Checks files given as `(name, text)`.
pub(crate) fn checked(files: &[(&str, &str)]) -> Report {
    checked_with(files, &Options::default())
}

pub(crate) fn checked_with(files: &[(&str, &str)], options: &Options) -> Report {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    look(dir.path(), options)
}

/// `rule@line` of each finding of one Python file, in order.
pub(crate) fn of(text: &str) -> Vec<String> {
    lines(&checked(&[("agent.py", text)]))
}

pub(crate) fn lines(report: &Report) -> Vec<String> {
    let mut all: Vec<String> = report
        .findings
        .iter()
        .map(|finding| format!("{}@{}:{}", finding.rule.0, finding.place.path, finding.place.line))
        .map(|line| line.replace("@agent.py:", "@"))
        .collect();
    all.sort();
    all
}

/// The same, for one rule.
pub(crate) fn of_rule(rule: &str, text: &str) -> Vec<String> {
    of(text).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}
