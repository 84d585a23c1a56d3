//! Questions as they were put, so that a plain yes to one of them approves the calls it names.
//!
//! A question about one call is rebuilt from the call and compared. One about several cannot be rebuilt: the other calls are no
//! longer known when one of them comes again. What is kept is a digest of the text and the marks of its calls, as long as their
//! codes are valid; after a restart the codes themselves are required.

use std::collections::{HashMap, VecDeque};

use ombud_core::Lang;
use ombud_ledger::tlog::tree::{Hash, sha256};

use super::question::{elsewhere, openings};

/// Maximum number of questions remembered.
const MANY: usize = 1024;

/// The mark of a call, and the code that releases it.
pub(super) type Named = (String, String);

/// The questions that were put recently.
#[derive(Default)]
pub(super) struct Posed {
    known: HashMap<Hash, (Vec<Named>, u64)>,
    order: VecDeque<Hash>,
}

impl Posed {
    /// Remembers a question that was put about these calls in this half hour.
    pub(super) fn keep(&mut self, question: &str, calls: &[Named], now: u64) {
        let hash = sha256(question.trim().as_bytes());
        if self.known.insert(hash, (calls.to_vec(), now)).is_none() {
            self.order.push_back(hash);
        }
        while self.order.len() > MANY {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    /// Whether a turn consists only of questions that were put, the last of which names this call. In a stream each further
    /// question covers all calls so far.
    pub(super) fn asks(&self, turn: &str, stands: &str, codes: &[String], now: u64) -> bool {
        let Some((mut before, calls)) = self.last_of(turn, now) else { return false };
        while let Some((rest, _)) = self.last_of(before, now) {
            before = rest;
        }
        let names = calls.iter().any(|(known, code)| known == stands && codes.contains(code));
        names && without_references(before).is_empty()
    }

    /// Returns the calls of the question that a text ends with, and the text before it.
    fn last_of<'t>(&self, text: &'t str, now: u64) -> Option<(&'t str, &[Named])> {
        let text = without_references(text);
        let at = openings().iter().filter_map(|opening| text.rfind(opening)).max()?;
        let (before, question) = text.split_at_checked(at)?;
        Some((before, self.put(question, now)?))
    }

    fn put(&self, question: &str, now: u64) -> Option<&[Named]> {
        let (calls, at) = self.known.get(&sha256(question.trim().as_bytes()))?;
        (at.saturating_add(1) >= now).then_some(calls.as_slice())
    }
}

/// Strips the references that replace the other calls after a question about several.
fn without_references(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(rest) = [Lang::En, Lang::Zh].iter().find_map(|lang| text.strip_suffix(&*elsewhere(*lang)))
    {
        text = rest.trim_end();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::question::several;
    use super::*;

    #[test]
    fn a_turn_asks_about_what_was_put_and_nothing_else() {
        let call = |name: &str| (name.to_owned(), format!("{name}-code"));
        let (one, two) = (call("one"), call("two"));
        let both = several(&["- one", "- two"], &[&one.1, &two.1], Lang::En);
        let first = "I need your confirmation first. I was about to call one";
        let mut posed = Posed::default();
        posed.keep(first, std::slice::from_ref(&one), 5);
        posed.keep(&format!("{both}\n"), &[one.clone(), two.clone()], 5);
        let asks =
            |turn: &str, call: &Named, now| posed.asks(turn, &call.0, std::slice::from_ref(&call.1), now);
        let rest = elsewhere(Lang::En);
        for turn in [
            &both,
            &format!("{both}\n\n{rest}\n{rest}"),
            &format!("{first}\n\n{both}"),
            &format!("{first}{both}"),
        ] {
            assert!(asks(turn, &one, 5) && asks(turn, &two, 6), "{turn}");
            assert!(!asks(turn, &one, 7) && !asks(turn, &call("three"), 5));
            assert!(!posed.asks(turn, "one", &["another code".to_owned()], 5));
        }
        for turn in [
            format!("Shall I look at the weather?\n\n{both}"),
            format!("{both}\nOr not?"),
            both.replace("- two", "- a joke"),
            format!("{both}\n\n{first}"),
            String::new(),
        ] {
            assert!(!asks(&turn, &two, 5), "{turn}");
        }
    }

    #[test]
    fn old_questions_make_room() {
        let mut posed = Posed::default();
        for number in 0..2 * MANY {
            posed.keep(&number.to_string(), &[], 1);
        }
        assert!(posed.known.len() == MANY && posed.order.len() == MANY);
    }
}
