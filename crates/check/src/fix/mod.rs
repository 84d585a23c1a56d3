//! Turns findings into edits: what can be fixed automatically, and what must be left to a person.
//!
//! ```text
//! finding + the file's tree ─▶ a fixer, one per file ─▶ edits ─▶ selected, applied, parsed again
//! ```
//!
//! A fixer looks up the span of a finding in the tree of its file (the evaluator's tree, which Python and scripts share) and
//! returns byte edits, or nothing where it would have to guess.

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

/// Declares the modules and the list together, so that adding a fixer takes one line.
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

/// Whether a fix changes behaviour beyond adding the protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Safety {
    /// The program does what it did before, with the protection added.
    Safe,
    /// A person must review it: something has to be set up first, or the program does less than before.
    Unsafe,
}

/// A span of a file and its replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Bytes of the file; empty for an insertion.
    pub span: Range<usize>,
    /// The replacement text. Never contains a secret.
    pub text: String,
}

/// A fix for a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What the fix does, in a few words.
    pub title: Bilingual,
    /// Whether a person has to review it.
    pub safety: Safety,
    /// The edits, in order of position. Never empty.
    pub edits: Vec<Edit>,
    /// What is left for a person to do; empty if nothing.
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

/// The fixes of a report, keyed by finding fingerprint.
pub type Fixes = BTreeMap<String, Fix>;

/// Fixes the findings of some rules.
struct Fixer {
    /// Rule ids.
    rules: &'static [&'static str],
    /// Returns the fix; `None` where it would have to guess.
    offer: fn(&Case<'_>) -> Option<Fix>,
}

/// What a fixer can query.
struct Case<'a> {
    finding: &'a Finding,
    file: &'a File,
    /// The file's tree, if it is Python or a script.
    code: Option<&'a Code<'a>>,
    project: &'a Around<'a>,
}

/// The project that a finding belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub facts: &'a Facts,
    pub providers: &'a Providers,
    /// Trees that were already parsed.
    pub memory: &'a Memory,
    /// Root directory of the project, used to look up installed versions.
    pub root: &'a Path,
}

impl<'a> Case<'a> {
    fn edit(&self, span: Range<usize>, text: impl Into<String>) -> Edit {
        Edit { path: self.file.path.clone(), span, text: text.into() }
    }

    /// Returns the span of the finding.
    fn at(&self) -> &'a Range<usize> {
        &self.finding.place.span
    }
}

/// Computes the fixes for all findings. Notebooks are skipped: their spans refer to the extracted code, not to the file.
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
    // A file that was decoded only partly from another encoding could not be written back faithfully.
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
