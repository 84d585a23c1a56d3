//! A folder that the editor has open, and what the check says of it as it stands there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ombud_check::facts::GapKind;
use ombud_check::{Options, Report, Session};
use ombud_core::Lang;
use ombud_detect::Detector;

use super::uri;
use crate::{check, config};

/// A folder, or a file alone.
pub(super) struct Project {
    folder: PathBuf,
    session: Session,
    providers: ombud_check::Providers,
    detector: Detector,
    options: Options,
    /// Open files: their address as the editor writes it, and their text.
    open: BTreeMap<String, (String, String)>,
    report: Option<Report>,
    /// The editor shows what the last look found.
    told: bool,
    /// Files whose findings the editor shows.
    pub shown: BTreeSet<String>,
    /// Open files that could be read when they were last looked at.
    whole: BTreeSet<String>,
}

impl Project {
    /// Opens one. A configuration that cannot be read counts as none: the check at the command line says what is wrong with it.
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

    /// How deep its folder lies: of two that hold a file, the deeper one is meant.
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

    /// Files changed on disk.
    pub(super) fn reload(&mut self) {
        // A folder that is gone is looked at as it was.
        let _ = self.session.reload();
        self.stale();
    }

    /// The text of an open file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.open.get(path).map(|(_, text)| text.as_str())
    }

    /// The address of a file, as the editor writes it.
    pub(super) fn uri(&self, path: &str) -> String {
        self.open.get(path).map_or_else(|| uri::of(&self.folder.join(path)), |(uri, _)| uri.clone())
    }

    fn stale(&mut self) {
        (self.report, self.told) = (None, false);
    }

    /// Whether something changed of which the editor was not told; from now on it is.
    pub(super) fn take_untold(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// Whether this is its root.
    pub(super) fn is_at(&self, root: &Path) -> bool {
        self.folder == root
    }

    /// Looks again if something changed. A look that falls over leaves nothing to show.
    pub(super) fn look(&mut self) {
        if self.report.is_none() {
            self.report = self.session.check(&self.providers, &self.detector, &self.options).ok();
        }
    }

    /// Whether somebody is in the middle of writing: an open file that could be read a moment ago cannot be read now. What is
    /// known of it, and of the files that it leads to, comes back with the next stroke; until then the old findings hold.
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
