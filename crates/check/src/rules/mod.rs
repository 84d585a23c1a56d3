//! Rules, one a file, registered in one list.

pub(crate) mod provider;
pub(crate) mod secret;

use std::ops::Range;

use aho_corasick::AhoCorasick;
use ombud_core::finding::{Finding, Place};
use ombud_detect::Detector;

use crate::walk::Source;

/// What rules may ask.
pub(crate) struct Context<'a> {
    /// Finds the hosts.
    pub automaton: &'a AhoCorasick,
    /// Hosts of known providers.
    pub hosts: &'a [&'a str],
    /// Finds credentials.
    pub detector: &'a Detector,
}

type Rule = fn(&Source, &Context<'_>) -> Vec<Finding>;

/// Every rule.
pub(crate) const ALL: &[Rule] = &[provider::run, secret::run];

/// The place of a range of bytes in a source.
pub(crate) fn place(source: &Source, span: Range<usize>) -> Place {
    let before = source.text.get(..span.start).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    Place { path: source.path.clone(), line: u32::try_from(line).unwrap_or(u32::MAX), span }
}
