//! A project that is checked repeatedly: its files on disk, overlaid with what an editor has open.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ombud_detect::Detector;

use crate::Error;
use crate::check::{self, Options, Report};
use crate::memory::Memory;
use crate::providers::Providers;
use crate::survey::Language;
use crate::walk::{self, Found, Refused, Source};

/// Stack size of the worker thread: syntax trees of hostile files are deep.
const STACK: usize = 512 * 1024 * 1024;

/// A project and what has been read of it.
pub struct Session {
    root: PathBuf,
    disk: Vec<Source>,
    refused: Vec<Refused>,
    /// Whether build output is read, because there is no other code.
    built: bool,
    /// Texts that replace the files, by path.
    open: BTreeMap<String, String>,
    memory: Memory,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("root", &self.root)
            .field("files", &self.disk.len())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a folder or a single file.
    pub fn open(root: &Path) -> Result<Self, Error> {
        Self::with(root, Memory::keeping())
    }

    /// The same for a single check: nothing is cached.
    pub(crate) fn once(root: &Path) -> Result<Self, Error> {
        Self::with(root, Memory::default())
    }

    fn with(root: &Path, memory: Memory) -> Result<Self, Error> {
        let Found { sources, refused, built } = walk::all(root)?;
        Ok(Self { root: root.to_owned(), disk: sources, refused, built, open: BTreeMap::new(), memory })
    }

    /// Reads the files again. Unchanged files are not parsed again.
    pub fn reload(&mut self) -> Result<(), Error> {
        let found = walk::all(&self.root)?;
        (self.disk, self.refused, self.built) = (found.sources, found.refused, found.built);
        Ok(())
    }

    /// Returns a value that changes when a file's name, length or modification time does. No file is read.
    pub fn stamp(&self) -> u64 {
        walk::stamp(&self.root, self.built)
    }

    /// Replaces a file's content with a text (path relative, with `/`). The file need not exist yet.
    pub fn set(&mut self, path: &str, text: String) {
        self.open.insert(path.to_owned(), text);
    }

    /// Uses the file on disk again.
    pub fn unset(&mut self, path: &str) {
        self.open.remove(path);
    }

    /// Returns the folder that paths are relative to.
    pub fn folder(&self) -> &Path {
        check::folder(&self.root)
    }

    /// Returns how many files were parsed since the session was opened.
    pub fn parsed(&self) -> usize {
        self.memory.parsed()
    }

    /// Checks the current state of the project.
    pub fn check(
        &mut self,
        providers: &Providers,
        detector: &Detector,
        options: &Options,
    ) -> Result<Report, Error> {
        let refused = self.refused.iter().filter(|one| !self.open.contains_key(&one.path)).cloned().collect();
        let sources = self.sources();
        let (root, memory) = (self.folder().to_owned(), &mut self.memory);
        deep(move || check::run(memory, &root, sources.as_ref(), refused, providers, detector, options))
    }

    /// Returns the sources: files on disk, overlaid with open ones.
    fn sources(&mut self) -> Vec<Source> {
        let disk = self.disk.iter().filter(|one| !self.open.contains_key(&one.path)).cloned();
        let open = self.open.iter().filter(|(path, text)| walk::counts(path, text.len(), self.built));
        let open = open.map(|(path, text)| Source {
            path: path.clone(),
            text: text.clone(),
            language: Language::of(path),
        });
        let mut all: Vec<Source> = disk.chain(open).collect();
        all.sort_by(|one, other| one.path.cmp(&other.path));
        let paths: BTreeSet<&str> = all.iter().map(|one| one.path.as_str()).collect();
        self.memory.retain(&paths);
        all
    }
}

/// Trees are dropped on a large stack too: dropping recurses as deeply as parsing.
impl Drop for Session {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        // If no thread can be started, they are dropped here.
        let _ = deep(move || drop(memory));
    }
}

fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.map_err(|_| Error::Stopped)?.join().map_err(|_| Error::Stopped)
    })
}
