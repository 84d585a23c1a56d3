//! The results for people: templates by wording, with one word for each verdict.

use std::path::PathBuf;

use anyhow::Result;
use ombud_attack::run::{Verdict, Wording};
use ombud_attack::template::Template;
use ombud_core::{Lang, say};

use super::report::Ran;
use super::rig;
use crate::output::Terminal;

/// The word for a verdict.
pub(crate) fn word(verdict: Verdict, lang: Lang) -> String {
    match verdict {
        Verdict::Breached => say!(lang, en: "BREACHED", zh: "失守"),
        Verdict::Blocked => say!(lang, en: "blocked", zh: "已拦截"),
        Verdict::Resisted => say!(lang, en: "resisted", zh: "未上当"),
        Verdict::NotExposed => say!(lang, en: "not tested", zh: "未测到"),
        Verdict::Error => say!(lang, en: "error", zh: "出错"),
    }
}

/// Lists the templates.
pub(crate) fn list(templates: &[Template], terminal: Terminal) -> Result<u8> {
    for template in templates {
        let (id, title) = (&template.id, template.title.get(terminal.lang));
        let risks = template.risks.join(" ");
        terminal.out(&format!("{id:<18} {title}  [{risks}]"))?;
    }
    Ok(0)
}

/// Reports a finished case.
pub(crate) fn progress(ran: &Ran, terminal: Terminal) {
    let (id, verdict) = (ran.case.id(), word(ran.outcome.verdict, terminal.lang));
    terminal.note(&format!("  {id:<34} {verdict}"));
    if ran.outcome.verdict == Verdict::Error
        && let Some(trouble) = rig::trouble(&ran.ended, terminal)
    {
        terminal.note(&format!("      {trouble}"));
    }
}

/// Prints the grid and the totals.
pub(crate) fn print(all: &[Ran], terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let mut ids: Vec<&str> = all.iter().map(|ran| ran.case.template.id.as_str()).collect();
    ids.dedup();
    terminal.out("")?;
    for id in ids {
        let rows: Vec<&Ran> = all.iter().filter(|ran| ran.case.template.id == id).collect();
        let cells: Vec<String> = rows.iter().map(|ran| cell(ran, lang)).collect();
        let title = rows.first().map(|ran| ran.case.template.title.get(lang)).unwrap_or_default();
        let cells = cells.join("  ");
        terminal.out(&format!("{id:<18} {cells}"))?;
        terminal.out(&format!("{:<18} {title}", ""))?;
        if let Some(worst) = rows.iter().find(|ran| ran.outcome.verdict == Verdict::Breached) {
            let (why, fix) = (worst.case.template.why.get(lang), worst.case.template.fix.advice.get(lang));
            let pad = " ".repeat(18);
            terminal.out(&say!(lang, en: "{pad} Harm: {why}\n{pad} Fix:  {fix}", zh: "{pad} 危害：{why}\n{pad} 对策：{fix}"))?;
        }
    }
    let count = |verdict| all.iter().filter(|ran| ran.outcome.verdict == verdict).count();
    let (breached, blocked, resisted) =
        (count(Verdict::Breached), count(Verdict::Blocked), count(Verdict::Resisted));
    let total = all.len();
    let (unseen, errors) = (count(Verdict::NotExposed), count(Verdict::Error));
    terminal.out("")?;
    terminal.out(&say!(lang,
        en: "{breached} breached, {blocked} blocked by the gate, {resisted} resisted, {unseen} not tested, {errors} error(s), of {total} case(s)",
        zh: "失守 {breached}，关卡拦截 {blocked}，未上当 {resisted}，未测到 {unseen}，出错 {errors}，共 {total} 个用例"))?;
    if unseen + errors > 0 {
        terminal.out(&say!(lang,
            en: "Not tested is not safe: the agent has no such tool or memory, did not use it, or failed, so the attack was never decided.",
            zh: "“未测到”不等于安全：智能体没有相应的工具或记忆、没有用到它，或者运行失败，因此攻击没有分出结果。"))?;
    }
    Ok(())
}

fn cell(ran: &Ran, lang: Lang) -> String {
    let wording = match &ran.case.wording {
        Wording::Payload(id) => id.clone(),
        Wording::Benign => "–".to_owned(),
    };
    format!("{}-{wording} {}", ran.case.lang.tag(), word(ran.outcome.verdict, lang))
}

/// Prints where the replays are, those of breaches first.
pub(crate) fn replays(all: &[Ran], paths: &[Option<PathBuf>], terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let breached = all.iter().zip(paths).filter(|(ran, _)| ran.outcome.verdict == Verdict::Breached);
    let mut shown = 0;
    for path in breached.filter_map(|(_, path)| path.as_ref()).take(5) {
        let path = path.display();
        terminal.out(&say!(lang, en: "Replay: {path}", zh: "回放：{path}"))?;
        shown += 1;
    }
    let more = paths.iter().flatten().count() > shown;
    if let (true, Some(path)) = (more, paths.iter().flatten().next()) {
        let folder = path.parent().unwrap_or(path).display().to_string();
        terminal.out(&say!(lang, en: "All replays: {folder}", zh: "全部回放：{folder}"))?;
    }
    Ok(())
}
