//! The code that releases exactly one call.
//!
//! It is a keyed digest of the tool and its arguments: it survives a restart, fits no other call, and cannot be guessed by
//! whoever wrote a poisoned text. It counts only in the user's own turns, and only once: the gateway counts how often it has
//! released a call, and the next code for the same call differs. After a restart, a call with the same arguments later in the
//! history than the reply has used the code up. The conversation is not part of it: system prompts change from turn to turn and
//! histories are cut, so such a code would stop matching and be asked for again and again. It is valid for the half hour in which
//! the question was asked, and for the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use ombud_core::{Exchange, Role};

use super::arguments::canonical;
use super::posed::{Named, Posed};
use super::yes::{is_clear, says_always, says_yes};
use crate::lock::locked;
use crate::wire::json::unescape;

/// Length of a code in characters. The first is a digit and the second a letter, so that it is never a word: 10 · 22 · 32⁴ codes,
/// 27.8 bits.
pub(super) const LENGTH: usize = 6;

pub(super) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes the codes of one caller.
#[derive(Clone)]
pub struct Approver {
    key: hmac::Key,
    /// The number of the current half hour.
    now: u64,
    /// Counts of what was released.
    spent: Arc<Spent>,
}

/// How often each call was released by a code, kept as long as its codes are valid, and the questions that were put.
#[derive(Default)]
pub struct Spent(Mutex<HashMap<Mark, (u32, u64)>>, Mutex<Posed>);

/// The mark that identifies a call of a caller.
type Mark = [u8; 16];

/// Number of calls remembered before those with expired codes are forgotten.
const MANY: usize = 1024;

impl Spent {
    fn count(&self, mark: &Mark) -> u32 {
        let known = locked(&self.0);
        known.get(mark).map_or(0, |(count, _)| *count)
    }

    /// Increments the count unless it has changed from `count` in the meantime; returns whether it was incremented.
    fn take(&self, mark: Mark, count: u32, now: u64) -> bool {
        let mut known = locked(&self.0);
        if known.len() >= MANY {
            known.retain(|_, (_, at)| at.saturating_add(1) >= now);
        }
        let (spent, at) = known.entry(mark).or_default();
        let free = *spent == count;
        if free {
            (*spent, *at) = (spent.saturating_add(1), now);
        }
        free
    }
}

/// The codes that currently release a call, once.
#[derive(Debug, Clone)]
pub struct Codes {
    /// The code of this half hour and that of the previous one.
    pub codes: [String; 2],
    mark: Mark,
    count: u32,
}

impl Codes {
    /// Returns the code of this half hour.
    pub fn code(&self) -> &str {
        &self.codes[0]
    }

    /// Returns the full mark of the call in hexadecimal: a code is short enough for a person to type, and so short enough to
    /// collide with another call's.
    pub fn stands(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.mark))
    }
}

impl Approver {
    /// Creates an approver whose codes depend on this secret and the number of the half hour.
    pub fn new(secret: &[u8; 32], now: u64) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret), now, spent: Arc::default() }
    }

    /// Shares the counts of what other responses have released.
    #[must_use]
    pub fn counting(self, spent: &Arc<Spent>) -> Self {
        Self { spent: Arc::clone(spent), ..self }
    }

    /// The same in another half hour, for an approver that outlives one.
    #[must_use]
    pub fn at(&self, now: u64) -> Self {
        Self { now, ..self.clone() }
    }

    /// Returns the current code of a call.
    pub fn code(&self, tool: &str, arguments: &str) -> String {
        let [code, _] = self.codes(tool, arguments).codes;
        code
    }

    /// Returns the valid codes of a call.
    pub fn codes(&self, tool: &str, arguments: &str) -> Codes {
        let tag = self.signed(b"spent", tool, arguments, (0, 0));
        let mark: Mark = tag.as_ref().first_chunk().copied().unwrap_or_default();
        let count = self.spent.count(&mark);
        let made = |time| self.made(b"call", tool, arguments, (time, count));
        Codes { codes: [self.now, self.now.wrapping_sub(1)].map(made), mark, count }
    }

    /// Uses the codes up; returns whether they were still unused.
    pub fn spend(&self, codes: &Codes) -> bool {
        self.spent.take(codes.mark, codes.count, self.now)
    }

    /// Remembers a question as it was shown.
    pub fn pose(&self, question: &str, calls: &[Named]) {
        let mut posed = locked(&self.spent.1);
        posed.keep(question, calls, self.now);
    }

    /// Whether a turn consists of questions that were put, the last of which covers this call.
    pub fn is_posed(&self, turn: &str, codes: &Codes) -> bool {
        let posed = locked(&self.spent.1);
        posed.asks(turn, &codes.stands(), &codes.codes, self.now)
    }

    /// Returns the code that allows a tool these values for the rest of the conversation.
    pub fn standing(&self, tool: &str, values: &str) -> String {
        self.made(b"standing", tool, values, (0, 0))
    }

    /// Returns the mark of a lasting approval for a tool with these values, in hexadecimal.
    pub fn lasting(&self, whose: &str, tool: &str, values: &str) -> String {
        let tag = self.signed(b"lasting", &format!("{whose}\0{tool}"), values, (0, 0));
        let mark: Mark = tag.as_ref().first_chunk().copied().unwrap_or_default();
        format!("{:032x}", u128::from_be_bytes(mark))
    }

    fn signed(&self, what: &[u8], tool: &str, text: &str, (time, count): (u64, u32)) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [what, &time.to_be_bytes(), &count.to_be_bytes(), tool.as_bytes(), text.as_bytes()] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }

    fn made(&self, what: &[u8], tool: &str, text: &str, when: (u64, u32)) -> String {
        let tag = self.signed(what, tool, text, when);
        // A digit and a letter first: a code of letters alone could be taken for a name and masked, one of digits alone for a
        // number.
        let (digits, letters) = ALPHABET.split_at(10);
        let signs = [digits, letters].into_iter().chain(std::iter::repeat(&ALPHABET[..]));
        let pick = |(byte, signs): (&u8, &[u8])| {
            signs.get(usize::from(*byte) % signs.len().max(1)).map(|letter| char::from(*letter))
        };
        tag.as_ref().iter().take(LENGTH).zip(signs).filter_map(pick).collect()
    }
}

/// Whether the user replied “always” with this code.
pub fn is_standing(code: &str, turns: &[(usize, String)]) -> bool {
    turns.iter().any(|(_, turn)| says_always(turn, code))
}

/// Whether the user gave one of these codes and it has not been used up. `turns` are the user's own words with their offsets in
/// the body.
pub fn is_given(
    codes: &[String],
    turns: &[(usize, String)],
    exchange: &Exchange,
    tool: &str,
    arguments: &str,
) -> bool {
    let last = turns.iter().rev().find(|(_, turn)| codes.iter().any(|code| says_yes(turn, code)));
    let Some((place, _)) = last else { return false };
    !exchange.calls.iter().any(|call| {
        let later = call.arguments.start == 0 || call.arguments.start > *place;
        later && call.tool == tool && canonical(&past(exchange, call)) == arguments
    })
}

/// Returns the model's turn to which the user's last turn is a plain yes.
pub fn agreed_to<'e>(turns: &[(usize, String)], exchange: &'e Exchange) -> Option<&'e str> {
    let (place, _) = turns.last().filter(|(_, turn)| is_clear(turn))?;
    let mut before = exchange.slots.iter().filter(|slot| slot.is_text() && slot.span.start < *place).rev();
    before.next().filter(|slot| slot.role == Role::Assistant).map(|slot| slot.text.trim())
}

/// Returns the arguments of a call in the history.
pub fn past(exchange: &Exchange, call: &ombud_core::PastCall) -> String {
    let raw = exchange.body.get(call.arguments.clone()).unwrap_or_default();
    let raw = String::from_utf8_lossy(raw);
    let text = if call.quoted { unescape(&raw).0 } else { raw.into_owned() };
    if text.trim().is_empty() { "{}".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_one_call_of_one_caller() {
        let (one, two) = (Approver::new(&[1; 32], 7), Approver::new(&[2; 32], 7));
        let code = one.code("send", "{}");
        assert_eq!(code.len(), LENGTH);
        assert_eq!(code, one.code("send", "{}"));
        assert_ne!(code, one.code("send", "{\"a\":1}"));
        assert_ne!(code, one.code("sen", "d{}"));
        assert_ne!(code, two.code("send", "{}"));
        let later = |now| Approver::new(&[1; 32], now).codes("send", "{}").codes;
        assert!(later(8).contains(&code) && !later(9).contains(&code));
        // An approver that outlives a half hour still lets its codes expire, and what was used up stays used up.
        let lives = |now| one.at(now).codes("send", "{}");
        assert!(lives(8).codes.contains(&code) && !lives(9).codes.contains(&code));
        let codes = one.codes("send", "{}");
        assert!(one.at(8).spend(&codes) && !one.at(8).spend(&codes));
        assert!(!lives(8).codes.contains(&code) && !lives(7).codes.contains(&code));
        assert_ne!(one.standing("send", "{}"), code);
    }

    #[test]
    fn a_code_is_no_name_and_no_number() {
        for call in 0..200 {
            let code = Approver::new(&[3; 32], 1).code("send", &call.to_string());
            let (first, second) = (code.as_bytes()[0], code.as_bytes()[1]);
            assert!(first.is_ascii_digit() && second.is_ascii_uppercase() && code.len() == LENGTH, "{code}");
        }
    }

    #[test]
    fn a_code_releases_once() {
        let spent = Arc::default();
        let approver = |now| Approver::new(&[1; 32], now).counting(&spent);
        let (first, same) = (approver(7).codes("send", "{}"), approver(7).codes("send", "{}"));
        assert_eq!(first.codes, same.codes);
        assert!(approver(7).spend(&first) && !approver(7).spend(&same));
        let next = approver(7).codes("send", "{}");
        assert!(first.codes.iter().all(|code| !next.codes.contains(code)));
        assert!(approver(7).spend(&next));
        // Another call is not affected, and codes that are no longer valid are forgotten.
        assert!(approver(7).spend(&approver(7).codes("send", "[]")));
        for call in 0..MANY {
            assert!(approver(9).spend(&approver(9).codes("send", &call.to_string())));
        }
        assert!(spent.0.lock().unwrap().len() <= MANY);
    }
}
