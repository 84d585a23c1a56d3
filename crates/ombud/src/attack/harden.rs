//! `--harden`: writes rules against the breaches into `ombud.toml`, before the agent is attacked again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use ombud_attack::run::Verdict;
use ombud_core::gate::Gate;
use ombud_core::say;
use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use super::grid::word;
use super::report::Ran;
use crate::files;
use crate::output::Terminal;

/// The rules were written.
pub(crate) struct Written {
    /// Where the original is, if there was a file before.
    pub backup: Option<PathBuf>,
}

/// Writes the rules; `None` if there is nothing to write.
pub(crate) fn write(path: &Path, all: &[Ran], terminal: Terminal) -> Result<Option<Written>> {
    let lang = terminal.lang;
    let rules = rules(all);
    if !all.iter().any(|ran| ran.outcome.verdict == Verdict::Breached) {
        terminal.out(&say!(lang,
            en: "\nNothing was breached, so there is no rule to write.",
            zh: "\n没有攻击得手，因此没有规则可写。"))?;
        return Ok(None);
    }
    if rules.is_empty() {
        terminal.out(&say!(lang,
            en: "\nThere is no rule to write: none of the breaches can be stopped by a tool gate. What else to do is listed with each attack.",
            zh: "\n没有可写入的规则：得手的攻击都不是工具关卡能拦下的。应对办法见各攻击的“对策”。"))?;
        return Ok(None);
    }
    let found = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let old = found.clone().unwrap_or_default();
    let new = edited(&old, &rules).map_err(|why| {
        let path = path.display();
        anyhow!(say!(lang, en: "{path} cannot be changed: {why}. Nothing was written", zh: "无法修改 {path}：{why}。未写入任何内容"))
    })?;
    let shown = || path.display().to_string();
    let backup = found.map(|old| files::kept(path, &old)).transpose().with_context(shown)?;
    files::replace(path, &new).with_context(shown)?;
    show(path, &old, &new, terminal)?;
    Ok(Some(Written { backup }))
}

/// The gate for each tool through which an attack got through. The stricter one wins.
fn rules(all: &[Ran]) -> BTreeMap<String, Gate> {
    let mut rules = BTreeMap::new();
    for ran in all.iter().filter(|ran| ran.outcome.verdict == Verdict::Breached) {
        if let (Some(tool), Some(gate)) = (&ran.outcome.tool, ran.case.template.fix.gate) {
            let rule = rules.entry(tool.clone()).or_insert(gate);
            if gate == Gate::Block {
                *rule = gate;
            }
        }
    }
    rules
}

/// The file with the rules in it; comments and order stay.
fn edited(old: &str, rules: &BTreeMap<String, Gate>) -> Result<String, String> {
    let mut document: DocumentMut = old.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let tools = document.entry("tools").or_insert_with(|| Item::Table(Table::new()));
    let tools = tools.as_table_mut().ok_or("`tools` is not a table")?;
    let mode = tools.get("mode").and_then(Item::as_str).unwrap_or("observe");
    if mode == "observe" {
        tools.insert("mode", value("ask"));
    }
    for (name, gate) in rules {
        // Inline: a table of its own would come before the commented keys of `[tools]` and capture them.
        let tool = tools.entry(name).or_insert_with(|| value(InlineTable::new()));
        let tool = tool.as_table_like_mut().ok_or_else(|| format!("`tools.{name}` is not a table"))?;
        tool.insert("gate", value(if *gate == Gate::Block { "block" } else { "ask" }));
    }
    Ok(document.to_string())
}

fn show(path: &Path, old: &str, new: &str, terminal: Terminal) -> Result<()> {
    let path = path.display();
    terminal.out(&say!(terminal.lang, en: "\nWritten to {path}:", zh: "\n已写入 {path}："))?;
    let before: Vec<&str> = old.lines().collect();
    let after: Vec<&str> = new.lines().collect();
    for line in before.iter().filter(|line| !after.contains(line)) {
        terminal.out(&format!("  - {line}"))?;
    }
    for line in after.iter().filter(|line| !before.contains(line) && !line.trim().is_empty()) {
        terminal.out(&format!("  + {line}"))?;
    }
    Ok(())
}

/// Prints before and after, and whether the agent is still usable.
pub(crate) fn compare(
    first: &[Ran],
    second: &[Ran],
    useful: &[Ran],
    backup: Option<&Path>,
    terminal: Terminal,
) -> Result<()> {
    let lang = terminal.lang;
    terminal.out(&say!(lang, en: "\nBefore and after:", zh: "\n加固前后："))?;
    for (before, after) in first.iter().zip(second) {
        let (id, old, new) =
            (before.case.id(), word(before.outcome.verdict, lang), word(after.outcome.verdict, lang));
        if old != new {
            terminal.out(&format!("  {id:<34} {old} → {new}"))?;
        }
    }
    let works = |ran: &&Ran| ran.trace.answers().next().is_some() && withheld(ran) == 0;
    let (good, count) = (useful.iter().filter(works).count(), useful.len());
    terminal.out(&say!(lang,
        en: "Still usable: {good} of {count} harmless runs went through uninterrupted.",
        zh: "可用性：{count} 次无害运行中有 {good} 次没有被打断。"))?;
    for ran in useful.iter().filter(|ran| !works(ran)) {
        let (id, held) = (ran.case.id(), withheld(ran));
        terminal.out(
            &say!(lang, en: "  {id}: {held} call(s) were held back", zh: "  {id}：有 {held} 个调用被拦下"),
        )?;
    }
    let Some(backup) = backup.map(Path::display) else { return Ok(()) };
    terminal.out(&say!(lang, en: "The original file: {backup}", zh: "原文件保存在：{backup}"))
}

/// Calls that the model requested and the agent did not receive.
fn withheld(ran: &Ran) -> usize {
    ran.trace
        .asked()
        .filter(|call| !ran.trace.released().any(|other| other.id == call.id && other.tool == call.tool))
        .count()
}

#[cfg(test)]
mod tests {
    use ombud_core::Effect;

    use super::*;

    #[test]
    fn comments_and_other_keys_stay() {
        let rules = [("send_mail".to_owned(), Gate::Ask), ("pay".to_owned(), Gate::Block)].into();
        let old = "# mine\n[gateway] # here\ntimeout_s = 5\n\n[tools.pay]\neffect = \"pay\" # sure\n";
        let new = edited(old, &rules).unwrap();
        for line in [
            "# mine",
            "[gateway] # here",
            "timeout_s = 5",
            "effect = \"pay\" # sure",
            "gate = \"block\"",
            "mode = \"ask\"",
            "gate = \"ask\"",
        ] {
            assert!(new.contains(line), "{line}: {new}");
        }
        let file: crate::config::File = toml::from_str(&new).unwrap();
        assert_eq!(file.tools.gate("send_mail", Effect::Send), Gate::Ask);
        assert_eq!(file.tools.gate("pay", Effect::Pay), Gate::Block);
        assert_eq!(file.tools.gate("other", Effect::Send), Gate::Ask);
    }

    #[test]
    fn commented_keys_stay_keys_of_their_own_table() {
        let rules = [("send_mail".to_owned(), Gate::Ask)].into();
        let old = "[tools]\nmode = \"ask\"\n# preset = \"kids\"\n\n[serve]\n";
        let new = edited(old, &rules).unwrap().replace("# preset", "preset");
        let file: crate::config::File = toml::from_str(&new).unwrap();
        assert_eq!(file.tools.gate("send_mail", Effect::Send), Gate::Ask);
    }

    #[test]
    fn a_stricter_mode_stays_and_a_broken_file_is_left_alone() {
        let rules = [("send_mail".to_owned(), Gate::Ask)].into();
        assert!(edited("[tools]\nmode = \"block\"\n", &rules).unwrap().contains("mode = \"block\""));
        assert!(edited("[tools", &rules).is_err());
        assert!(edited("tools = 3", &rules).is_err());
    }
}
