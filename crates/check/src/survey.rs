//! A first look at a project, without parsing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use ombud_core::finding::Finding;
use ombud_detect::Detector;

use crate::{Error, rules, walk};

/// A language in which agents are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python, including notebooks.
    Python,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Swift.
    Swift,
    /// Another language from which models are called.
    Other,
}

impl Language {
    /// Returns the language of a file, by its name.
    pub fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "py" | "ipynb" | "pyw" => Some(Self::Python),
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" | "html"
            | "htm" => Some(Self::JavaScript),
            "swift" => Some(Self::Swift),
            "go" | "rs" | "java" | "kt" | "rb" | "php" | "cs" | "dart" => Some(Self::Other),
            _ => None,
        }
    }
}

/// The result of a survey.
#[derive(Debug, Default)]
pub struct Survey {
    /// Number of files per language.
    pub languages: BTreeMap<Language, usize>,
    /// Provider hosts that occur in the project.
    pub hosts: BTreeSet<String>,
    /// Hard-coded addresses, and credentials in the source.
    pub findings: Vec<Finding>,
    /// Number of files read.
    pub files: usize,
}

/// Surveys a project. `hosts` are the hosts of known providers.
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

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn every_ending_of_javascript_and_typescript_is_read() {
        for ending in ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"] {
            assert_eq!(Language::of(&format!("agent.{ending}")), Some(Language::JavaScript), "{ending}");
        }
    }
}
