//! A project that is looked at again and again: its files as they stand on disk, and over them what an editor has open.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ombud_detect::Detector;

use crate::Error;
use crate::check::{self, Options, Report};
use crate::memory::Memory;
use crate::providers::Providers;
use crate::survey::Language;
use crate::walk::{self, Found, Refused, Source};

/// The stack of the thread that reads: syntax trees of hostile files are deep.
const STACK: usize = 512 * 1024 * 1024;

/// A project and what was read of it.
pub struct Session {
    root: PathBuf,
    disk: Vec<Source>,
    refused: Vec<Refused>,
    /// What was built is read, because there is no other code.
    built: bool,
    /// Texts that count in place of the files, by path.
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
    /// Reads a folder, or one file.
    pub fn open(root: &Path) -> Result<Self, Error> {
        Self::with(root, Memory::keeping())
    }

    /// The same for one look: nothing is kept for a second one.
    pub(crate) fn once(root: &Path) -> Result<Self, Error> {
        Self::with(root, Memory::default())
    }

    fn with(root: &Path, memory: Memory) -> Result<Self, Error> {
        let Found { sources, refused, built } = walk::all(root)?;
        Ok(Self { root: root.to_owned(), disk: sources, refused, built, open: BTreeMap::new(), memory })
    }

    /// Reads the files again. What did not change is not parsed again.
    pub fn reload(&mut self) -> Result<(), Error> {
        let found = walk::all(&self.root)?;
        (self.disk, self.refused, self.built) = (found.sources, found.refused, found.built);
        Ok(())
    }

    /// What changes when a file does: its name, its length and the time at which it was written. No text is read.
    pub fn stamp(&self) -> u64 {
        walk::stamp(&self.root, self.built)
    }

    /// Lets a text count in place of the file with this path (relative, with `/`). It may be a file that is not there yet.
    pub fn set(&mut self, path: &str, text: String) {
        self.open.insert(path.to_owned(), text);
    }

    /// Lets the file count again.
    pub fn unset(&mut self, path: &str) {
        self.open.remove(path);
    }

    /// The folder that paths are relative to.
    pub fn folder(&self) -> &Path {
        check::folder(&self.root)
    }

    /// How many files were parsed since the session was opened.
    pub fn parsed(&self) -> usize {
        self.memory.parsed()
    }

    /// Looks at the project as it stands now.
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

    /// What counts: the files, and over them what is open.
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

/// Trees are as deep to drop as they are to read.
impl Drop for Session {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        // Without a thread there is nowhere better to drop them.
        let _ = deep(move || drop(memory));
    }
}

fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.map_err(|_| Error::Stopped)?.join().map_err(|_| Error::Stopped)
    })
}
