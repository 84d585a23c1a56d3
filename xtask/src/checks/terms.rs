//! One thing has one name: finds Chinese words that were tried for something that has another name now, wherever people
//! read them.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::workspace::Workspace;

/// Words that are no longer used, and the one that is.
const TERMS: &[(&[&str], &str)] =
    &[(&["打码", "遮盖", "掩码"], "脱敏"), (&["闸门"], "关卡"), (&["保险库"], "代号库")];

/// Returns where one of them appears.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in workspace.files()? {
        let shown = file.display().to_string();
        if !is_read(&shown) {
            continue;
        }
        let Ok(text) = String::from_utf8(fs::read(workspace.path(&file))?) else { continue };
        let code = has_end(&shown, &["rs"]);
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !code || speaks(line)) {
            let wrong = TERMS.iter().flat_map(|(words, right)| words.iter().map(move |word| (word, right)));
            for (word, right) in wrong.filter(|(word, _)| line.contains(**word)) {
                complaints.push(format!("{shown}:{}: {word} is called {right}", at + 1));
            }
        }
    }
    Ok(complaints)
}

/// Whether people read the file: documents, messages, the page, the configuration that `init` writes. Texts for training and
/// testing hold what others write.
fn is_read(path: &str) -> bool {
    let document = has_end(path, &["md"]) && !path.starts_with("tests/");
    document
        || (path.starts_with("crates/") && (has_end(path, &["rs"]) || path.ends_with(".zh.toml")))
        || (path.starts_with("console/src/") && has_end(path, &["ts", "tsx"]))
        || path.starts_with("registry/")
}

fn has_end(path: &str, ends: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|end| ends.iter().any(|one| end == *one))
}

/// Whether a line of code holds Chinese text for people: `zh: "…"`, or a row of help.
fn speaks(line: &str) -> bool {
    line.contains("zh: \"") || line.trim_start().starts_with("(\"") && line.trim_end().ends_with("\"),")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_help_and_documents_are_read_and_words_of_others_are_not() {
        assert!(speaks(r#"en: "masked {n}", zh: "已打码 {n}");"#));
        assert!(speaks(r#"    ("redact", "打码"),"#));
        assert!(!speaks(r#"        ("身份证会被打码", DataCategory::IdNationalId),"#));
        for path in [
            "README.zh-CN.md",
            "crates/ombud/src/init.zh.toml",
            "console/src/texts.ts",
            "crates/core/src/gate/words.rs",
        ] {
            assert!(is_read(path), "{path}");
        }
        for path in [
            "xtask/src/train/lists/words_zh.txt",
            "crates/ombud/data/selftest/zh.txt",
            "tests/check-suite/x/README.md",
        ] {
            assert!(!is_read(path), "{path}");
        }
    }
}
