//! What a project shows at first sight.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use ombud_core::finding::Finding;
use ombud_detect::Detector;

use crate::{Error, rules, walk};

/// A language that agents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python, notebooks too.
    Python,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Swift.
    Swift,
    /// Any other that a model is called from.
    Other,
}

impl Language {
    /// The language of a file, by its name.
    pub fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "py" | "ipynb" | "pyw" => Some(Self::Python),
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "mts" | "vue" | "svelte" | "html" | "htm" => {
                Some(Self::JavaScript)
            }
            "swift" => Some(Self::Swift),
            "go" | "rs" | "java" | "kt" | "rb" | "php" | "cs" | "dart" => Some(Self::Other),
            _ => None,
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Survey {
    /// Files of each language.
    pub languages: BTreeMap<Language, usize>,
    /// Hosts of providers that occur in the project.
    pub hosts: BTreeSet<String>,
    /// Lines in which an address is written out, and credentials in the source.
    pub findings: Vec<Finding>,
    /// Files that were read.
    pub files: usize,
}

/// Looks through a project. `hosts` are the hosts of known providers.
pub fn survey(root: &Path, hosts: &[&str], detector: &Detector) -> Result<Survey, Error> {
    let automaton = automaton(hosts)?;
    let mut survey = Survey::default();
    for source in walk::sources(root)? {
        survey.files += 1;
        if let Some(language) = source.language {
            *survey.languages.entry(language).or_default() += 1;
        }
        for rule in rules::SOURCE {
            let found = rule(&source, &rules::Context { automaton: &automaton, hosts, detector });
            survey
                .hosts
                .extend(found.iter().filter(|f| f.rule == rules::provider::ID).map(|f| f.subject.clone()));
            survey.findings.extend(found);
        }
    }
    Ok(survey)
}

pub(crate) fn automaton(hosts: &[&str]) -> Result<AhoCorasick, Error> {
    let mut builder = AhoCorasickBuilder::new();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest);
    builder.build(hosts).map_err(|_| Error::Hosts)
}
