//! `ombud check --fix` and `--diff`: applies automatic edits in rounds until none is left.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ombud_check::{Change, Options, Report, Session, mend};
use ombud_core::finding::Finding;
use ombud_core::{Lang, Say, say};
use ombud_detect::Detector;

use super::{Check, baseline};
use crate::output::Terminal;
use crate::report::diff;

/// Maximum number of rounds: an edit may have to wait for another that touches the same bytes.
const ROUNDS: usize = 8;

/// How far automatic fixes may go.
#[derive(Debug, clap::Args)]
pub(crate) struct Mend {
    /// Fix what can be fixed automatically without changing what the program does
    #[arg(long, conflicts_with_all = ["map", "bom"])]
    pub fix: bool,
    /// Also apply fixes that change what the program does; review them first with --diff
    #[arg(long, conflicts_with_all = ["map", "bom"])]
    pub unsafe_fixes: bool,
    /// Show what --fix would change, and write nothing
    #[arg(long, conflicts_with_all = ["map", "bom"])]
    pub diff: bool,
}

/// What is done with fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A diff.
    Show,
    /// Changed files.
    Write,
}

impl Mend {
    /// What the command line asks for, if anything. `--diff` wins over `--fix`.
    pub(super) fn asked(&self, lang: Lang) -> Result<Option<Asked>> {
        match (self.diff, self.fix) {
            (true, _) => Ok(Some(Asked::Show)),
            (false, true) => Ok(Some(Asked::Write)),
            (false, false) if self.unsafe_fixes => anyhow::bail!(unsafe_without_fix(lang)),
            (false, false) => Ok(None),
        }
    }
}

fn unsafe_without_fix(lang: Lang) -> String {
    say!(lang,
        en: "--unsafe-fixes only extends --fix: ombud check --diff --unsafe-fixes shows the changes, ombud check --fix --unsafe-fixes writes them",
        zh: "--unsafe-fixes 用来放宽 --fix 的范围：ombud check --diff --unsafe-fixes 可先查看，ombud check --fix --unsafe-fixes 则会写入")
}

/// What a check of a project needs.
pub(crate) struct Look<'a> {
    pub providers: &'a ombud_check::Providers,
    pub detector: &'a Detector,
    pub options: &'a Options,
}

/// The result of fixing in memory.
pub(crate) struct Done {
    /// Findings that are left.
    pub report: Report,
    /// The folder that paths are relative to.
    pub folder: PathBuf,
    /// Files that changed.
    pub changes: Vec<Change>,
    /// What was fixed, for people, each with what is left to do about it.
    pub told: Vec<(String, String)>,
    /// Secrets in the old files.
    pub secrets: Vec<String>,
}

/// Fixes in memory the new findings that `wants` selects, as far as the command line allows.
pub(crate) fn mended(
    args: &Check,
    look: &Look<'_>,
    wants: &dyn Fn(&Finding) -> bool,
    lang: Lang,
) -> Result<Done> {
    let mut session = Session::open(&args.path).with_context(|| super::unreadable(&args.path, lang))?;
    let mut report = looked(args, &mut session, look, lang)?;
    let first: BTreeMap<String, String> =
        report.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
    let secrets = secrets(&report);
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut told = Vec::new();
    for _ in 0..ROUNDS {
        let new = report.findings.iter().filter(|finding| report.is_new(finding) && wants(finding));
        let wanted: Vec<&str> = new.map(|finding| finding.fingerprint.as_str()).collect();
        let done = mend(&report.files, &report.fixes, &wanted, args.mend.unsafe_fixes);
        if done.applied.is_empty() {
            break;
        }
        told.extend(done.applied.iter().filter_map(|fingerprint| tell(&report, fingerprint, lang)));
        for Change { path, after, .. } in done.changes {
            session.set(&path, after.clone());
            texts.insert(path, after);
        }
        report = looked(args, &mut session, look, lang)?;
    }
    let change = |(path, after): (String, String)| {
        let before = first.get(&path)?.clone();
        Some(Change { path, before, after })
    };
    let changes = texts.into_iter().filter_map(change).collect();
    Ok(Done { report, folder: session.folder().to_owned(), changes, told, secrets })
}

fn looked(args: &Check, session: &mut Session, look: &Look<'_>, lang: Lang) -> Result<Report> {
    let mut report = session.check(look.providers, look.detector, look.options)?;
    baseline::known(args, &mut report, lang)?;
    Ok(report)
}

/// What a fix did, and what is left to do, for people.
fn tell(report: &Report, fingerprint: &str, lang: Lang) -> Option<(String, String)> {
    let finding = report.findings.iter().find(|finding| finding.fingerprint == fingerprint)?;
    let fix = report.fixes.get(fingerprint)?;
    let (path, line) = (crate::document::one_line(&finding.place.path), finding.place.line);
    let (rule, title) = (finding.rule.0, fix.title.say(lang));
    Some((
        say!(lang, en: "{path}:{line} {rule}: {title}", zh: "{path}:{line} {rule}：{title}"),
        fix.left.say(lang),
    ))
}

/// Values that must not be shown, whatever the detector makes of them.
fn secrets(report: &Report) -> Vec<String> {
    let here = report.findings.iter().filter(|finding| finding.rule.0 == "secret-in-source");
    let value = |finding: &Finding| {
        let file = report.files.iter().find(|file| file.path == finding.place.path)?;
        Some(file.text.get(finding.place.span.clone())?.trim_matches(['"', '\'', '`']).to_owned())
    };
    let lines = here.filter_map(value).flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter(|line| line.len() >= 4).collect()
}

impl Done {
    /// The diff, without colours.
    pub(crate) fn diff(&self, detector: &Detector) -> String {
        let shown = diff::Shown { detector, secrets: &self.secrets, colour: false };
        self.changes.iter().map(|change| diff::text(change, &shown)).collect()
    }

    /// Replaces every changed file, or none if a problem shows up before the first is replaced.
    pub(crate) fn put(&self, lang: Lang) -> Result<()> {
        let mut staged = Vec::new();
        for change in &self.changes {
            match Staged::new(self.folder.join(&change.path), change, lang) {
                Ok(one) => staged.push(one),
                Err(error) => {
                    staged.iter().for_each(Staged::drop_it);
                    return Err(error);
                }
            }
        }
        staged.iter().try_for_each(|one| one.put(lang))
    }

    /// What is left for a person to do, each item once.
    pub(crate) fn yours(&self) -> BTreeSet<&str> {
        self.told.iter().map(|(_, left)| left.as_str()).filter(|left| !left.is_empty()).collect()
    }
}

/// Shows what would change and writes nothing. Returns whether anything would.
pub(super) fn show(done: &Done, detector: &Detector, terminal: Terminal) -> Result<bool> {
    let shown = diff::Shown { detector, secrets: &done.secrets, colour: coloured() };
    for change in &done.changes {
        terminal.out(diff::text(change, &shown).trim_end_matches('\n'))?;
    }
    terminal.note(&shown_only(done, terminal.lang));
    left(done, terminal);
    Ok(!done.changes.is_empty())
}

fn shown_only(done: &Done, lang: Lang) -> String {
    let (count, files) = (done.told.len(), done.changes.len());
    let more = done.report.fixes.len();
    let typed: Vec<OsString> = std::env::args_os().collect();
    let (write, further) =
        (instead(&typed, Some("--diff"), "--fix"), instead(&typed, None, "--unsafe-fixes"));
    match (count, more) {
        (0, 0) => say!(lang, en: "Nothing here can be fixed automatically.", zh: "没有可以自动修复的问题。"),
        (0, more) => say!(lang,
            en: "Nothing here can be fixed without changing what the program does; --unsafe-fixes can fix {more}: {further}",
            zh: "没有可以在不改变程序行为的前提下修复的问题；加上 --unsafe-fixes 可修复 {more} 个：{further}"),
        _ => say!(lang,
            en: "{count} fix(es) in {files} file(s) would be made; nothing was written. To write them: {write}",
            zh: "将在 {files} 个文件中作 {count} 处修复；尚未写入任何内容。要写入，请运行：{write}"),
    }
}

/// The command that was typed, with one switch replaced by another.
fn instead(typed: &[OsString], old: Option<&str>, new: &str) -> String {
    let is = |word: &OsString, other: &str| word.as_os_str() == OsStr::new(other);
    let own = typed.iter().skip(1).filter(|word| !old.is_some_and(|old| is(word, old)) && !is(word, new));
    let words: Vec<OsString> =
        std::iter::once("ombud".into()).chain(own.cloned()).chain([new.into()]).collect();
    crate::journey::typed(&words)
}

/// Writes the changed files.
pub(super) fn write(done: &Done, terminal: Terminal) -> Result<()> {
    done.put(terminal.lang)?;
    for (what, _) in &done.told {
        terminal.note(&say!(terminal.lang, en: "fixed: {what}", zh: "已修复：{what}"));
    }
    left(done, terminal);
    Ok(())
}

/// Lists what is left for a person to do.
fn left(done: &Done, terminal: Terminal) {
    for left in done.yours() {
        terminal.note(&say!(terminal.lang, en: "  left for you to do: {left}", zh: "  留给你处理：{left}"));
    }
}

/// A new version written beside the old file, with the same permissions.
struct Staged {
    path: PathBuf,
    temporary: PathBuf,
}

impl Staged {
    /// Writes it, unless the old file changed in the meantime or may not be written.
    fn new(path: PathBuf, change: &Change, lang: Lang) -> Result<Self> {
        let unwritable = || super::unwritable_source(&path, lang);
        let now = std::fs::read(&path).with_context(unwritable)?;
        if now != change.before.as_bytes() {
            anyhow::bail!(moved_on(&path, lang));
        }
        // A rename would bypass the permissions of the file itself.
        std::fs::OpenOptions::new().append(true).open(&path).with_context(unwritable)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".ombud-tmp");
        let staged = Self { temporary: path.with_file_name(name), path };
        let written = staged.write(&change.after);
        if written.is_err() {
            staged.drop_it();
        }
        written.with_context(|| super::unwritable_source(&staged.path, lang))?;
        Ok(staged)
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        // A file that an interrupted run left behind.
        let _ = std::fs::remove_file(&self.temporary);
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&self.temporary)?;
        // Before it holds any data: the old file may have been readable by its owner alone.
        file.set_permissions(std::fs::metadata(&self.path)?.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    fn put(&self, lang: Lang) -> Result<()> {
        let put = std::fs::rename(&self.temporary, &self.path);
        put.with_context(|| super::unwritable_source(&self.path, lang))
    }

    /// Removes a temporary file that was not put in place.
    fn drop_it(&self) {
        let _ = std::fs::remove_file(&self.temporary);
    }
}

fn moved_on(path: &Path, lang: Lang) -> String {
    let path = path.display();
    say!(lang,
        en: "{path} was changed while it was being checked, so it was not written. Run the same command again",
        zh: "{path} 在检查期间被修改，因此没有写入。请重新运行同一命令")
}

/// Colours for a terminal, unless the user opted out (<https://no-color.org>).
fn coloured() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("FORCE_COLOR") || std::io::stdout().is_terminal() && !set("NO_COLOR")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn change(before: &str, after: &str) -> Change {
        Change { path: "a.py".into(), before: before.into(), after: after.into() }
    }

    fn put(path: &Path, change: &Change, lang: Lang) -> Result<()> {
        Staged::new(path.to_owned(), change, lang)?.put(lang)
    }

    #[test]
    fn the_command_that_writes_is_the_one_that_was_typed() {
        let typed = ["/usr/bin/ombud", "--lang", "zh", "check", "my agent", "--diff", "--unsafe-fixes"];
        let typed = typed.map(OsString::from);
        assert_eq!(
            instead(&typed, Some("--diff"), "--fix"),
            "ombud --lang zh check 'my agent' --unsafe-fixes --fix"
        );
        let typed = ["ombud", "check", "--diff"].map(OsString::from);
        assert_eq!(instead(&typed, None, "--unsafe-fixes"), "ombud check --diff --unsafe-fixes");
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_others_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.py"), "a").unwrap();
        let changes = vec![change("a", "b"), Change { path: "gone.py".into(), ..change("c", "d") }];
        let done = Done {
            report: Report::default(),
            folder: dir.path().to_owned(),
            changes,
            told: Vec::new(),
            secrets: Vec::new(),
        };
        assert!(done.put(Lang::En).is_err());
        assert_eq!(std::fs::read_to_string(dir.path().join("a.py")).unwrap(), "a");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_its_rights() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.py");
        std::fs::write(&path, "\u{feff}a = 1\r\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
        std::fs::write(dir.path().join("a.py.ombud-tmp"), "left behind").unwrap();
        put(&path, &change("\u{feff}a = 1\r\n", "\u{feff}a = 2\r\n"), Lang::En).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), "\u{feff}a = 2\r\n".as_bytes());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_changed_meanwhile_or_is_gone_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.py");
        assert!(put(&path, &change("a", "b"), Lang::Zh).unwrap_err().to_string().contains("未能修复"));
        std::fs::write(&path, "somebody else's").unwrap();
        let error = put(&path, &change("a", "b"), Lang::En).unwrap_err().to_string();
        assert!(error.contains("was changed while it was being checked"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody else's");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_wanted_of_fixes_is_told_by_the_flags() {
        let asked = |fix, unsafe_fixes, diff| Mend { fix, unsafe_fixes, diff }.asked(Lang::En);
        assert_eq!(asked(false, false, false).unwrap(), None);
        assert_eq!(asked(true, true, false).unwrap(), Some(Asked::Write));
        assert_eq!(asked(true, false, true).unwrap(), Some(Asked::Show));
        assert!(asked(false, true, false).unwrap_err().to_string().contains("--diff --unsafe-fixes"));
    }
}
