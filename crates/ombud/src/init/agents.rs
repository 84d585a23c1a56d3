//! `ombud init --agents`: instructions for coding assistants, so that they run the check before they finish.
//!
//! The section of `AGENTS.md` is enclosed in two markers: a second run replaces it and touches nothing else.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use ombud_core::{Lang, say};

use crate::files;
use crate::output::Terminal;

const FILE: &str = "AGENTS.md";
const CURSOR: &str = ".cursor/rules";
const BEGIN: &str = "<!-- ombud:begin -->";
const END: &str = "<!-- ombud:end -->";

/// The section.
fn section(lang: Lang) -> &'static str {
    match lang {
        Lang::En => include_str!("agents.en.md"),
        Lang::Zh => include_str!("agents.zh.md"),
    }
}

/// Prints the section, or writes it where assistants look for it.
pub(super) fn tell(folder: &Path, print: bool, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    if print {
        terminal.out(section(lang).trim_end())?;
        return Ok(0);
    }
    let mut written = vec![FILE.to_owned()];
    write(&folder.join(FILE), lang, |old| within(old, section(lang)))?;
    if folder.join(CURSOR).is_dir() {
        let rule = format!("{CURSOR}/ombud.mdc");
        write(&folder.join(&rule), lang, |_| cursor(lang))?;
        written.push(rule);
    }
    let written = written.join(", ");
    terminal.out(&say!(lang, en: "wrote the section for coding assistants: {written}", zh: "已写入供编程助手阅读的说明：{written}"))?;
    Ok(0)
}

fn write(path: &Path, lang: Lang, new: impl Fn(&str) -> String) -> Result<()> {
    let shown = path.display();
    let problem = || say!(lang, en: "{shown} was not written", zh: "{shown} 未写入");
    let old = if path.exists() { fs::read_to_string(path).with_context(problem)? } else { String::new() };
    files::replace(path, &new(&old)).with_context(problem)
}

/// The file with the section in it: at its old position, or at the end.
fn within(old: &str, section: &str) -> String {
    let block = format!("{BEGIN}\n{}\n{END}\n", section.trim_end());
    let Some((before, after)) =
        old.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)))
    else {
        let gap = match old {
            "" => "",
            old if old.ends_with("\n\n") => "",
            old if old.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        return format!("{old}{gap}{block}");
    };
    format!("{before}{block}{}", after.strip_prefix('\n').unwrap_or(after))
}

/// A Cursor rule that applies to every conversation.
fn cursor(lang: Lang) -> String {
    let about =
        say!(lang, en: "Run ombud check before a change is finished", zh: "完成改动之前运行 ombud check");
    format!("---\ndescription: {about}\nalwaysApply: true\n---\n\n{}", section(lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_added_once_and_replaced_in_its_place() {
        for lang in [Lang::En, Lang::Zh] {
            let first = within("# Rules\n\nBe brief.\n", section(lang));
            assert!(first.starts_with("# Rules\n\nBe brief.\n\n<!-- ombud:begin -->\n## "), "{first}");
            let longer = format!("{first}\n## More\n");
            assert_eq!(within(&longer, section(lang)), longer);
            let other = within(&longer, "new");
            assert!(
                other.contains("Be brief.\n\n<!-- ombud:begin -->\nnew\n<!-- ombud:end -->\n\n## More\n"),
                "{other}"
            );
            assert!(section(lang).contains("ombud check --format json"));
        }
        assert!(within("", "x").starts_with(BEGIN));
        assert!(
            within("a <!-- ombud:begin --> without an end", "x")
                .starts_with("a <!-- ombud:begin --> without an end\n\n")
        );
    }

    #[test]
    fn what_assistants_are_told_is_nothing_that_the_check_minds() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(CURSOR)).unwrap();
        let detector = ombud_detect::Detector::new(&ombud_detect::Options::default());
        for lang in [Lang::En, Lang::Zh] {
            tell(dir.path(), false, Terminal::new(lang, true)).unwrap();
            let rule = fs::read_to_string(dir.path().join(".cursor/rules/ombud.mdc")).unwrap();
            assert!(
                rule.starts_with("---\ndescription: ") && rule.contains("\nalwaysApply: true\n---\n\n## ")
            );
            let (providers, options) = (ombud_check::Providers::default(), ombud_check::Options::default());
            let report = ombud_check::check(dir.path(), &providers, &detector, &options).unwrap();
            assert!(report.findings.is_empty(), "{:?}", report.findings);
            assert_eq!(report.inventory.prompts.len(), 2, "both are read as instructions");
        }
        assert_eq!(fs::read_to_string(dir.path().join(FILE)).unwrap().matches(BEGIN).count(), 1);
    }
}
