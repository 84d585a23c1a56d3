//! The code that releases exactly one call.
//!
//! It is a keyed digest of the tool and its arguments, so the gateway remembers nothing: it survives a restart, fits no
//! other call, and cannot be guessed by whoever wrote a poisoned text. It counts in the user's own turns only, and once:
//! a call with the same arguments that stands in the history behind it has used it up. The conversation is not part of it:
//! system prompts change from turn to turn and histories are cut, and a code that then no longer fitted would be asked
//! for without end. It holds for the half hour in which the question was asked, and for the next.

use aws_lc_rs::hmac;
use ombud_core::Exchange;

use super::arguments::canonical;
use crate::wire::json::unescape;

/// Characters of a code: 30 bits.
const LENGTH: usize = 6;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Words before a code that mean yes.
const YES: &[&str] = &[
    "yes",
    "ok",
    "okay",
    "approve",
    "approved",
    "confirm",
    "confirmed",
    "allow",
    "sure",
    "agree",
    "同意",
    "确认",
    "允许",
    "批准",
    "可以",
    "是的",
    "是",
    "好的",
    "好",
];

/// Words before a code that mean yes for good.
const ALWAYS: &[&str] = &["always", "总是", "一直", "以后都", "始终允许", "总是允许"];

/// Makes the codes of one caller.
#[derive(Clone)]
pub struct Approver {
    key: hmac::Key,
    /// The number of the half hour.
    now: u64,
}

impl Approver {
    /// The approver whose codes depend on this secret and on the number of the half hour.
    pub fn new(secret: &[u8; 32], now: u64) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret), now }
    }

    /// The code of a call.
    pub fn code(&self, tool: &str, arguments: &str) -> String {
        self.made(b"call", tool, arguments, self.now)
    }

    /// The codes of a call that hold: that of this half hour and that of the last.
    pub fn codes(&self, tool: &str, arguments: &str) -> [String; 2] {
        [self.now, self.now.wrapping_sub(1)].map(|time| self.made(b"call", tool, arguments, time))
    }

    /// The code that allows a tool these values for the rest of the conversation.
    pub fn standing(&self, tool: &str, values: &str) -> String {
        self.made(b"standing", tool, values, 0)
    }

    fn made(&self, what: &[u8], tool: &str, text: &str, time: u64) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [what, &time.to_be_bytes(), tool.as_bytes(), text.as_bytes()] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        // A digit and a letter first: a code of letters alone may be taken for a name and masked, one of digits for a number.
        let (digits, letters) = ALPHABET.split_at(10);
        let signs = [digits, letters].into_iter().chain(std::iter::repeat(&ALPHABET[..]));
        let pick = |(byte, signs): (&u8, &[u8])| {
            signs.get(usize::from(*byte) % signs.len().max(1)).map(|letter| char::from(*letter))
        };
        tag.as_ref().iter().take(LENGTH).zip(signs).filter_map(pick).collect()
    }
}

/// Whether the user said “always” with this code.
pub fn is_standing(code: &str, turns: &[(usize, String)]) -> bool {
    turns.iter().any(|(_, turn)| says(turn, code, ALWAYS))
}

/// Whether the user gave one of these codes and it is not used up. `turns` are the user's own words with their places in the body.
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

/// The arguments of a call in the history.
pub fn past(exchange: &Exchange, call: &ombud_core::PastCall) -> String {
    let raw = exchange.body.get(call.arguments.clone()).unwrap_or_default();
    let raw = String::from_utf8_lossy(raw);
    let text = if call.quoted { unescape(&raw).0 } else { raw.into_owned() };
    if text.trim().is_empty() { "{}".to_owned() } else { text }
}

/// Whether a folded turn holds the code behind a word of consent, or is nothing but the code.
fn says_yes(turn: &str, code: &str) -> bool {
    says(turn, code, YES)
}

/// Whether the code stands behind one of these words, or (for a plain yes) alone.
fn says(turn: &str, code: &str, words: &[&str]) -> bool {
    let code = code.to_ascii_lowercase();
    turn.match_indices(|ch: char| ch.is_ascii_alphanumeric()).any(|(at, _)| {
        let before = turn.get(..at).unwrap_or_default();
        let rest = turn.get(at..).unwrap_or_default();
        if before.ends_with(|ch: char| ch.is_ascii_alphanumeric()) {
            return false;
        }
        let end = rest.bytes().take(LENGTH + 1).take_while(u8::is_ascii_alphanumeric).count();
        let word = rest.get(..end).unwrap_or_default();
        if word.len() != LENGTH || plain(word) != plain(&code) {
            return false;
        }
        let after = rest.get(word.len()..).unwrap_or_default();
        agrees(before, words) || words == YES && bare(before).is_empty() && bare(after).is_empty()
    })
}

/// Letters that are taken for digits.
fn plain(word: &str) -> String {
    word.chars()
        .map(|ch| match ch {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect()
}

fn bare(text: &str) -> &str {
    text.trim_matches(|ch: char| !ch.is_alphanumeric())
}

/// Whether the last word before the code is one of these; other codes may stand between.
fn agrees(before: &str, words: &[&str]) -> bool {
    let mut text = bare(before);
    loop {
        let start = text.rfind(|ch: char| !ch.is_ascii_alphanumeric()).map_or(0, |at| {
            at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        let word = text.get(start..).unwrap_or_default();
        let code =
            word.len() == LENGTH && word.bytes().all(|byte| ALPHABET.contains(&byte.to_ascii_uppercase()));
        if !(code || matches!(word, "and")) {
            break;
        }
        text = bare(text.get(..start).unwrap_or_default());
    }
    let text = text.strip_suffix('和').map_or(text, bare);
    words.iter().any(|yes| {
        text.strip_suffix(yes).is_some_and(|rest| {
            let whole = !yes.is_ascii() || !rest.ends_with(|ch: char| ch.is_ascii_alphanumeric());
            let denied = rest.ends_with(['不', '没', '别', '勿'])
                || bare(rest).ends_with("not")
                || bare(rest).ends_with("n't");
            whole && !denied
        })
    })
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
        let later = |now| Approver::new(&[1; 32], now).codes("send", "{}");
        assert!(later(8).contains(&code) && !later(9).contains(&code));
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
    fn a_standing_answer_needs_its_word() {
        let turns = |turn: &str| vec![(0, turn.to_lowercase())];
        for turn in ["always 4F2A7K", "总是允许 4F2A7K", "ok, always 4f2a7k"] {
            assert!(is_standing("4F2A7K", &turns(turn)), "{turn}");
        }
        for turn in ["yes 4F2A7K", "4F2A7K", "not always 4F2A7K"] {
            assert!(!is_standing("4F2A7K", &turns(turn)), "{turn}");
        }
    }

    #[test]
    fn ways_to_say_yes() {
        for turn in [
            "yes 4f2a7k",
            "Yes, `4F2A7K`.",
            "同意 4F2A7K",
            "好的，确认4F2A7K",
            "4f2a7k",
            " 4F2A7K。",
            "yes 9XQ2M1 4F2A7K",
            "yes 9xq2m1 and 4f2a7k",
            "ok: 4f2a7k please",
        ] {
            assert!(says_yes(&turn.to_lowercase(), "4F2A7K"), "{turn}");
        }
        for turn in [
            "no 4f2a7k",
            "不同意 4F2A7K",
            "what is 4f2a7k?",
            "yes 4f2a7",
            "yes x4f2a7k",
            "do not approve 4f2a7k",
            "yes",
            "yes 4f2a7j",
        ] {
            assert!(!says_yes(&turn.to_lowercase(), "4F2A7K"), "{turn}");
        }
        assert!(says_yes("yes 4f2aok", "4F2A0K"));
    }
}
