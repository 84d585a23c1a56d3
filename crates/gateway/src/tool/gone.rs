//! What earlier results of a session said and attribution looks at no more, because they were too long or are too long ago: their
//! identifiers, as marks. A server chooses how long its answers are, so a value of theirs must not count as one that stands nowhere.

use std::collections::HashSet;

use ombud_core::effect::Part;
use ombud_core::gate::{ArgumentFacts, CallFacts};
use ombud_detect::normalise::normalise;

use crate::attribute::identifier::{Kind, Term, terms};
use crate::attribute::index::Index;
use crate::attribute::sieve::term_mark;

/// Marks that are kept: one MiB. Of what comes later nothing is known, so that everything may stand in it.
const MOST: usize = 1 << 17;

/// The marks of a session.
#[derive(Debug, Default)]
pub struct Gone {
    marks: HashSet<u64>,
    full: bool,
}

impl Gone {
    /// A text that was never looked at.
    pub fn unread(&mut self, text: &str) {
        for term in terms(&normalise(text).text) {
            self.mark(&term.canonical);
        }
    }

    /// One that is looked at no more.
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

    /// Says of the arguments of a call which of them stood there: nobody can tell any more what was said about them.
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

    /// Whether one of a value's identifiers stood there. A host says nothing beside what stands behind it.
    fn holds(&self, value: &str) -> bool {
        let found = terms(&normalise(value).text);
        let is_host = |term: &&Term| term.kind == Kind::Host;
        let alone = found.iter().all(|term| is_host(&term));
        let mut counts = found.iter().filter(|term| alone || !is_host(term));
        counts.any(|term| self.full || self.marks.contains(&term_mark(&term.canonical)))
    }
}

/// Whether it decides who gets what. A sum or a content has numbers that stand everywhere.
fn weighs(argument: &ArgumentFacts) -> bool {
    let named = matches!(argument.part, Part::Destination | Part::Account | Part::Credential | Part::Object);
    argument.part == Part::Url || argument.typed && named
}
