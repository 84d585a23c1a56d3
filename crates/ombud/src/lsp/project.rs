//! A folder that is open in the editor, and what the check finds in its current state.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ombud_check::facts::GapKind;
use ombud_check::{Options, Report, Session};
use ombud_core::Lang;
use ombud_detect::Detector;

use super::uri;
use crate::{check, config};

/// A folder, or a single file.
pub(super) struct Project {
    folder: PathBuf,
    session: Session,
    providers: ombud_check::Providers,
    detector: Detector,
    options: Options,
    /// Open files: their URI as the editor writes it, and their text.
    open: BTreeMap<String, (String, String)>,
    report: Option<Report>,
    /// Whether the editor shows the findings of the last check.
    told: bool,
    /// Files whose findings the editor shows.
    pub shown: BTreeSet<String>,
    /// Open files that could be parsed in the last check.
    whole: BTreeSet<String>,
}

impl Project {
    /// Opens one. An unreadable configuration counts as none: `ombud check` reports what is wrong with it.
    pub(super) fn open(root: &Path, profile: Option<check::Profile>, lang: Lang) -> anyhow::Result<Self> {
        let session = Session::open(root)?;
        let folder = session.folder().to_owned();
        let path = Some(folder.join(config::FILE)).filter(|path| path.is_file());
        let read = path.as_deref().map(|path| config::read(Some(path), lang));
        let mut file = read.and_then(Result::ok).unwrap_or_default();
        let providers = config::providers(&mut file, lang)?;
        Ok(Self {
            options: check::settled(profile, path.is_some(), &file),
            providers: check::known(&providers),
            detector: config::code_detector(&file),
            folder,
            session,
            open: BTreeMap::new(),
            report: None,
            told: false,
            shown: BTreeSet::new(),
            whole: BTreeSet::new(),
        })
    }

    /// The path of a file in it, relative and with `/`.
    pub(super) fn relative(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.folder).ok()?;
        let parts: Vec<String> =
            inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    /// The depth of its folder: of two that hold a file, the deeper one is meant.
    pub(super) fn depth(&self) -> usize {
        self.folder.components().count()
    }

    pub(super) fn set(&mut self, path: &str, uri: &str, text: String) {
        self.session.set(path, text.clone());
        self.open.insert(path.to_owned(), (uri.to_owned(), text));
        self.stale();
    }

    pub(super) fn close(&mut self, path: &str) {
        self.session.unset(path);
        self.open.remove(path);
        self.stale();
    }

    /// Rereads files that changed on disk.
    pub(super) fn reload(&mut self) {
        // A folder that is gone is checked as it was.
        let _ = self.session.reload();
        self.stale();
    }

    /// The text of an open file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.open.get(path).map(|(_, text)| text.as_str())
    }

    /// The URI of a file, as the editor writes it.
    pub(super) fn uri(&self, path: &str) -> String {
        self.open.get(path).map_or_else(|| uri::of(&self.folder.join(path)), |(uri, _)| uri.clone())
    }

    fn stale(&mut self) {
        (self.report, self.told) = (None, false);
    }

    /// Whether there are changes that the editor has not been sent; from now on it has.
    pub(super) fn take_untold(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// Whether this is its root.
    pub(super) fn is_at(&self, root: &Path) -> bool {
        self.folder == root
    }

    /// Checks again if something changed. A failed check leaves nothing to show.
    pub(super) fn look(&mut self) {
        if self.report.is_none() {
            self.report = self.session.check(&self.providers, &self.detector, &self.options).ok();
        }
    }

    /// Whether somebody is in the middle of typing: an open file that could be parsed a moment ago cannot be parsed now.
    /// What is known about it, and about the files that it leads to, comes back with the next keystroke; until then the old
    /// findings hold.
    pub(super) fn is_being_written(&mut self) -> bool {
        let Some(report) = &self.report else { return false };
        let broken =
            |path: &String| report.gaps.iter().any(|gap| gap.why == GapKind::Syntax && gap.path == **path);
        if self.open.keys().any(|path| self.whole.contains(path) && broken(path)) {
            return true;
        }
        self.whole = self.open.keys().filter(|path| !broken(path)).cloned().collect();
        false
    }

    /// The last report.
    pub(super) fn last(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// How many files were parsed since it was opened.
    #[cfg(test)]
    pub(super) fn parsed(&self) -> usize {
        self.session.parsed()
    }
}
