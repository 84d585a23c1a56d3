//! `ombud check --watch`: checks again whenever a file changes, and reports what is different.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::{Context, Result};
use ombud_check::{Report, Session};
use ombud_core::finding::Finding;
use ombud_core::{Lang, say};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::mend::Look;
use super::{Check, Gate, baseline, unreadable, verdict};
use crate::output::Terminal;
use crate::report::{self, message};

/// How often files are polled for changes, by their times and not their contents.
const PAUSE: Duration = Duration::from_millis(500);

/// Clears the screen.
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

/// Checks until interrupted; the exit code is that of the last check.
pub(super) async fn watch(args: &Check, look: &Look<'_>, gate: Gate, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut session = Session::open(&args.path).with_context(|| unreadable(&args.path, lang))?;
    let mut last: Option<Report> = None;
    loop {
        // Taken before the files are read, so that a change during the read is seen in the next round.
        let stamp = session.stamp();
        session.reload()?;
        let mut report = session.check(look.providers, look.detector, look.options)?;
        baseline::known(args, &mut report, lang)?;
        if args.new_only {
            report.new_only();
        }
        show(last.as_ref(), &report, look, &crate::journey::check(&args.path), terminal)?;
        let code = verdict(&report, gate, args.stage, false);
        last = Some(report);
        if !changed(&session, stamp, [&mut interrupt, &mut terminate]).await {
            return Ok(code);
        }
    }
}

/// Waits until a file changes; false if interrupted first.
async fn changed(session: &Session, stamp: u64, [interrupt, terminate]: [&mut Signal; 2]) -> bool {
    loop {
        tokio::select! {
            _ = interrupt.recv() => return false,
            _ = terminate.recv() => return false,
            () = tokio::time::sleep(PAUSE) => {}
        }
        if session.stamp() != stamp {
            return true;
        }
    }
}

/// The whole report on a cleared screen; without a terminal, the whole report once and then only the differences.
fn show(
    last: Option<&Report>,
    report: &Report,
    look: &Look<'_>,
    command: &str,
    terminal: Terminal,
) -> Result<()> {
    let view = report::View { report, lang: terminal.lang, detector: look.detector };
    let screen = std::io::stdout().is_terminal();
    let whole = || report::text::text(&view, command, terminal).trim_end().to_owned();
    let Some(last) = last else {
        terminal.out(&whole())?;
        waiting(terminal);
        return Ok(());
    };
    let lines = difference(last, report, terminal.lang);
    if screen {
        terminal.out(&format!("{CLEAR}{}\n", whole()))?;
    } else {
        for finding in new(last, report) {
            terminal.out(&format!("{}\n", report::text::one(&view, finding)))?;
        }
    }
    terminal.out(&lines.join("\n"))
}

fn waiting(terminal: Terminal) {
    terminal.note(&say!(terminal.lang,
        en: "ombud: checking again whenever a file changes; stop with Ctrl-C",
        zh: "ombud：文件变化时会重新检查；按 Ctrl-C 结束"));
}

/// Findings that were not there before.
fn new<'r>(last: &Report, report: &'r Report) -> Vec<&'r Finding> {
    let known: BTreeSet<&str> = last.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    report.findings.iter().filter(|finding| !known.contains(finding.fingerprint.as_str())).collect()
}

/// What went and what came, one line each, and how many there are now.
fn difference(last: &Report, report: &Report, lang: Lang) -> Vec<String> {
    let line = |sign: &str, finding: &Finding| {
        let (path, line) = (crate::document::one_line(&finding.place.path), finding.place.line);
        let (rule, what) = (finding.rule.0, message(finding, lang));
        say!(lang, en: "{sign} {path}:{line} {rule}: {what}", zh: "{sign} {path}:{line} {rule}：{what}")
    };
    let mut lines: Vec<String> = new(report, last).into_iter().map(|finding| line("-", finding)).collect();
    lines.extend(new(last, report).into_iter().map(|finding| line("+", finding)));
    let count = report.findings.len();
    lines.push(if lines.is_empty() {
        say!(lang, en: "no change: {count} finding(s)", zh: "没有变化：共 {count} 个问题")
    } else {
        say!(lang, en: "now {count} finding(s)", zh: "现在共 {count} 个问题")
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_went_is_told_by_what_it_is_and_not_by_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let providers = super::super::known(&ombud_gateway::providers::Providers::builtin().unwrap());
        let detector =
            ombud_detect::Detector::new(&ombud_detect::Options { without_names: true, ..Default::default() });
        let options = ombud_check::Options::default();
        let mut session = Session::open(dir.path()).unwrap();
        let mut stamps = vec![session.stamp()];
        let mut look = |text: &str| {
            std::fs::write(dir.path().join("a.py"), text).unwrap();
            stamps.push(session.stamp());
            session.reload().unwrap();
            session.check(&providers, &detector, &options).unwrap()
        };
        let one = look("URL = 'https://api.deepseek.com'\n");
        let moved = look("# moved\nURL = 'https://api.deepseek.com'\n");
        let other = look("import ssl\nc = ssl._create_unverified_context()\n");
        assert_eq!(difference(&one, &moved, Lang::En), ["no change: 1 finding(s)"]);
        let told = difference(&moved, &other, Lang::Zh);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told[0].starts_with("- a.py:2 hardcoded-provider：")
                && told[1].starts_with("+ a.py:2 connection-not-checked："),
            "{told:?}"
        );
        assert_eq!(told[2], "现在共 1 个问题");
        // Lengths and times of files: a new text of another length is noticed at once.
        stamps.dedup();
        assert_eq!(stamps.len(), 4);
    }
}
