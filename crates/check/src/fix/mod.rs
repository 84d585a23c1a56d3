//! Findings to edits: what a machine can mend, and what it must not decide alone.
//!
//! ```text
//! finding + the file's tree ─▶ a fixer, one a file ─▶ edits ─▶ chosen, applied, parsed again
//! ```
//!
//! A fixer looks at the place of a finding in the tree of its file (the evaluator's tree, so Python and scripts are one) and
//! answers with edits of bytes, or with nothing where it would have to guess.

mod apply;
mod code;
mod environment;
mod spot;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use ombud_core::finding::{Bilingual, Finding};
use serde::Serialize;

use crate::facts::{Facts, File, Gap, GapKind};
use crate::memory::Memory;
use crate::providers::Providers;
pub use apply::{Change, Mended, mend};
use code::Code;

/// Declares the modules and the list in one go, so that a fixer is one line.
macro_rules! fixers {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// Every fixer.
        const ALL: &[Fixer] = &[$($module::FIXER,)*];
    };
}

fixers! {
    provider_address,
    key_to_environment,
    certificate,
    agent_rounds,
    consent,
    server_version,
    unmasked_call,
    encrypted_address,
    answer_limit,
    action_asks,
    erase_route,
}

/// Whether a fix changes anything beside the protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Safety {
    /// The program does what it did, with the protection.
    Safe,
    /// A person has to look at it: something must be set up first, or the program does less than before.
    Unsafe,
}

/// Bytes of a file and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Bytes of the file; empty where something is put in.
    pub span: Range<usize>,
    /// What stands there instead. It never holds a secret.
    pub text: String,
}

/// How a finding can be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: Bilingual,
    /// Whether a person has to look at it.
    pub safety: Safety,
    /// What is written where, in the order of the places. Never empty.
    pub edits: Vec<Edit>,
    /// What is left for a person to do; empty if nothing is.
    pub left: Bilingual,
}

impl Fix {
    fn new(title: Bilingual, safety: Safety, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|edit| edit.span.start);
        Self { title, safety, edits, left: Bilingual::default() }
    }

    fn leaving(self, left: Bilingual) -> Self {
        Self { left, ..self }
    }
}

/// The fixes of a report, by the fingerprint of the finding.
pub type Fixes = BTreeMap<String, Fix>;

/// What mends findings of some rules.
struct Fixer {
    /// Ids of rules.
    rules: &'static [&'static str],
    /// The edits; nothing where it would have to guess.
    offer: fn(&Case<'_>) -> Option<Fix>,
}

/// What a fixer may ask.
struct Case<'a> {
    finding: &'a Finding,
    file: &'a File,
    /// The file's tree, if it is Python or a script.
    code: Option<&'a Code<'a>>,
    project: &'a Around<'a>,
}

/// The project around a finding.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub facts: &'a Facts,
    pub providers: &'a Providers,
    /// Trees that were read.
    pub memory: &'a Memory,
    /// Where the project is, to see which versions are installed.
    pub root: &'a Path,
}

impl<'a> Case<'a> {
    fn edit(&self, span: Range<usize>, text: impl Into<String>) -> Edit {
        Edit { path: self.file.path.clone(), span, text: text.into() }
    }

    /// Bytes of the finding.
    fn at(&self) -> &'a Range<usize> {
        &self.finding.place.span
    }
}

/// Works out what can be mended. Notebooks are left alone: their findings point into their code, not into the file.
pub(crate) fn offers(findings: &[Finding], project: Around<'_>) -> Fixes {
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| fixers(finding).next().is_some()) {
        by_file.entry(finding.place.path.as_str()).or_default().push(finding);
    }
    let mut found = Fixes::new();
    for (path, findings) in by_file {
        let Some(file) = project.facts.files.iter().find(|file| file.path == path) else { continue };
        if !matches!(path.rsplit_once('.'), Some((_, "ipynb"))) {
            found.extend(of_file(file, &findings, &project));
        }
    }
    // Of a file in another encoding not all is known that would have to be written again.
    let whole = |path: &str| {
        let partly = |gap: &Gap| gap.why == GapKind::Encoding && gap.path == path;
        !project.facts.gaps.iter().any(partly)
    };
    found.retain(|_, fix| fix.edits.iter().all(|edit| whole(&edit.path)));
    found
}

fn fixers(finding: &Finding) -> impl Iterator<Item = &'static Fixer> {
    let rule = finding.rule.0;
    ALL.iter().filter(move |fixer| fixer.rules.contains(&rule))
}

fn of_file(file: &File, findings: &[&Finding], project: &Around<'_>) -> Fixes {
    let code = Code::of(file, project.memory);
    let offer = |finding: &&Finding| {
        let case = Case { finding, file, code: code.as_ref(), project };
        let fix = fixers(finding).find_map(|fixer| (fixer.offer)(&case))?;
        Some((finding.fingerprint.clone(), fix))
    };
    findings.iter().filter_map(offer).collect()
}
