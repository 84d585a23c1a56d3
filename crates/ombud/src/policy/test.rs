//! `ombud policy test`: past calls under the current policy.

use anyhow::Result;
use ombud_core::gate::told;
use ombud_core::{Lang, say};
use ombud_ledger::read::Reader;
use serde::Serialize;

use super::again::{Again, decide, is_beyond};
use super::recorded::{self, Recorded};
use super::{Outcome, Test, clean, file};
use crate::cli::Format;
use crate::output::Terminal;
use crate::{config, journey};

/// Differences listed at most.
const MOST: usize = 100;

/// A call then and now.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    pub(super) call: String,
    pub(super) tool: String,
    pub(super) then: Outcome,
    pub(super) now: Outcome,
    /// The current decision, with its doubts.
    pub(super) decision: String,
}

/// The comparison of all calls.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) allowed: usize,
    pub(super) asked: usize,
    pub(super) blocked: usize,
    /// Calls whose contents are gone, or that were not decided by the policy.
    pub(super) not_decided: usize,
    /// Calls whose outcome has changed.
    pub(super) changed: Vec<Compared>,
}

impl Report {
    /// Calls that were blocked then and are allowed now.
    pub(super) fn loosened(&self) -> usize {
        let loose = |call: &&Compared| call.then == Outcome::Blocked && call.now == Outcome::Allowed;
        self.changed.iter().filter(loose).count()
    }

    /// Calls that were decided again.
    fn decided(&self) -> usize {
        self.allowed + self.asked + self.blocked
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Allowed => self.allowed += 1,
            Outcome::Asked => self.asked += 1,
            Outcome::Blocked => self.blocked += 1,
        }
    }
}

/// `ombud policy test`
pub(super) async fn test(args: &Test, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let again = Again::by(config::read(args.config.as_deref(), lang)?);
    let calls = match &args.calls {
        Some(path) => file::read(path, lang)?,
        None => recorded::all(&mut Reader::open(&config::home()).await?).await?,
    };
    let report = compare(&again, &calls);
    match args.format {
        Format::Json => terminal.out(&serde_json::to_string(&report)?)?,
        Format::Text => print(&report, terminal)?,
    }
    Ok(u8::from(report.loosened() > 0))
}

/// Decides every call again.
pub(super) fn compare(again: &Again, calls: &[Recorded]) -> Report {
    let mut report = Report::default();
    for call in calls {
        let known = again.facts(call).filter(|_| !is_beyond(call));
        let Some(known) = known else {
            report.not_decided += 1;
            continue;
        };
        let decision = decide(again.policy(), call, &known);
        let (then, now) = (Outcome::recorded(&call.then), Outcome::of(&decision));
        report.count(now);
        if then != now {
            let (call, tool) = (call.name(), call.tool.clone());
            report.changed.push(Compared { call, tool, then, now, decision: decision.id() });
        }
    }
    report
}

fn print(report: &Report, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let (allowed, asked, blocked) = (report.allowed, report.asked, report.blocked);
    terminal.out(&say!(lang,
        en: "Under the current policy: {allowed} allowed, {asked} asked, {blocked} blocked",
        zh: "按当前规则：放行 {allowed} 次，询问 {asked} 次，拦下 {blocked} 次"))?;
    if report.not_decided > 0 {
        let count = report.not_decided;
        terminal.out(&say!(lang,
            en: "{count} could not be decided again: their contents are erased, or a changed definition held them",
            zh: "{count} 次无法重新判断：内容已删除，或因工具定义改变而被拦下"))?;
    }
    for call in report.changed.iter().take(MOST) {
        terminal.out(&line(call, lang))?;
    }
    let left = report.changed.len().saturating_sub(MOST);
    if left > 0 {
        terminal.out(&say!(lang, en: "… and {left} more", zh: "……另有 {left} 次"))?;
    }
    verdict(report, terminal)
}

fn line(call: &Compared, lang: Lang) -> String {
    let (name, tool) = (clean(&call.call), clean(&call.tool));
    let (then, now, why) = (call.then.say(lang), call.now.say(lang), told(&call.decision, lang));
    let mark = if call.then == Outcome::Blocked && call.now == Outcome::Allowed { "!" } else { "~" };
    say!(lang,
        en: "  {mark} {tool}  {then} → {now}  ({why})  {name}",
        zh: "  {mark} {tool}  {then} → {now}（{why}）  {name}")
}

fn verdict(report: &Report, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    if report.decided() + report.not_decided == 0 {
        terminal.out(&say!(lang, en: "No tool call is recorded yet.", zh: "还没有记录任何工具调用。"))?;
        journey::next("ombud run -- …", terminal);
        return Ok(());
    }
    terminal.out(&outcome(report, lang))?;
    if let Some(call) = report.changed.first() {
        journey::next(&format!("ombud policy explain {}", clean(&call.call)), terminal);
    }
    Ok(())
}

/// The conclusion. It says nothing about calls that could not be decided again.
pub(super) fn outcome(report: &Report, lang: Lang) -> String {
    let (loose, some) = (report.loosened(), report.not_decided > 0);
    if report.decided() == 0 {
        say!(lang, en: "Their outcome under the current policy is unknown.", zh: "按当前规则会怎样，无从得知。")
    } else if loose > 0 {
        say!(lang,
            en: "{loose} call(s) that were blocked would now be allowed (!).",
            zh: "有 {loose} 次当时被拦下的调用现在会被放行（!）。")
    } else if !report.changed.is_empty() && some {
        say!(lang, en: "Of the others, nothing that was blocked would now be allowed.", zh: "其余调用中，当时被拦下的现在都不会放行。")
    } else if !report.changed.is_empty() {
        say!(lang, en: "Nothing that was blocked would now be allowed.", zh: "当时被拦下的调用现在都不会放行。")
    } else if some {
        say!(lang, en: "Each of the others has the same outcome as before.", zh: "其余每次调用的结果都与当时相同。")
    } else {
        say!(lang, en: "Every call has the same outcome as before.", zh: "每次调用的结果都与当时相同。")
    }
}
