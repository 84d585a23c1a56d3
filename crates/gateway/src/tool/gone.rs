//! Identifiers from earlier results of a session that attribution no longer examines because they were too long or too long
//! ago, kept as hashes. A server decides how long its responses are, so a value from them must not count as one that
//! appears nowhere.

use std::collections::HashSet;

use ombud_core::effect::Part;
use ombud_core::gate::{ArgumentFacts, CallFacts};
use ombud_detect::normalise::normalise;

use crate::attribute::identifier::{Kind, Term, terms};
use crate::attribute::index::Index;
use crate::attribute::sieve::term_mark;

/// Maximum number of marks kept (one MiB). What comes later is unknown, so anything might have appeared in it.
const MOST: usize = 1 << 17;

/// The marks of a session.
#[derive(Debug, Default)]
pub struct Gone {
    marks: HashSet<u64>,
    full: bool,
}

impl Gone {
    /// Marks a text that was never examined.
    pub fn unread(&mut self, text: &str) {
        for term in terms(&normalise(text).text) {
            self.mark(&term.canonical);
        }
    }

    /// Marks a text that is no longer examined.
    pub fn forgotten(&mut self, index: &Index) {
        index.terms().for_each(|(term, _)| self.mark(term));
    }

    fn mark(&mut self, canonical: &str) {
        if self.marks.len() < MOST {
            self.marks.insert(term_mark(canonical));
        } else {
            self.full = true;
        }
    }

    /// Notes which arguments of a call appeared in such texts: what was said about them is no longer known.
    pub fn say(&self, call: &mut CallFacts) {
        if self.marks.is_empty() {
            return;
        }
        for argument in &mut call.arguments {
            if weighs(argument) && self.holds(&argument.value) {
                argument.plain = false;
                call.forgotten = true;
            }
        }
    }

    /// Whether one of a value's identifiers was marked. A host does not count if other identifiers accompany it.
    fn holds(&self, value: &str) -> bool {
        let found = terms(&normalise(value).text);
        let is_host = |term: &&Term| term.kind == Kind::Host;
        let alone = found.iter().all(|term| is_host(&term));
        let mut counts = found.iter().filter(|term| alone || !is_host(term));
        counts.any(|term| self.full || self.marks.contains(&term_mark(&term.canonical)))
    }
}

/// Whether the argument decides who receives what. Amounts and content have numbers that occur everywhere.
fn weighs(argument: &ArgumentFacts) -> bool {
    let named = matches!(argument.part, Part::Destination | Part::Account | Part::Credential | Part::Object);
    argument.part == Part::Url || argument.typed && named
}
