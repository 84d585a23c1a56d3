//! The code that releases exactly one call.
//!
//! It is a keyed digest of the tool and its arguments, so the gateway remembers nothing: it survives a restart, fits no
//! other call, and cannot be guessed by whoever wrote a poisoned text. It counts in the user's own turns only, and once:
//! a call with the same arguments that stands in the history behind it has used it up. The conversation is not part of it:
//! system prompts change from turn to turn and histories are cut, and a code that then no longer fitted would be asked
//! for without end.

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

/// Makes the codes of one caller.
pub struct Approver(hmac::Key);

impl Approver {
    /// The approver whose codes depend on this secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The code of a call.
    pub fn code(&self, tool: &str, arguments: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&(tool.len() as u64).to_be_bytes());
        context.update(tool.as_bytes());
        context.update(arguments.as_bytes());
        let tag = context.sign();
        let pick =
            |byte: &u8| ALPHABET.get(usize::from(*byte) % ALPHABET.len()).map(|letter| char::from(*letter));
        tag.as_ref().iter().take(LENGTH).filter_map(pick).collect()
    }
}

/// Whether the user gave this code and it is not used up. `turns` are the user's own words with their places in the body.
pub fn is_given(
    code: &str,
    turns: &[(usize, String)],
    exchange: &Exchange,
    tool: &str,
    arguments: &str,
) -> bool {
    let last = turns.iter().rev().find(|(_, turn)| says_yes(turn, code));
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
    let code = code.to_ascii_lowercase();
    turn.match_indices(|ch: char| ch.is_ascii_alphanumeric()).any(|(at, _)| {
        let before = turn.get(..at).unwrap_or_default();
        let rest = turn.get(at..).unwrap_or_default();
        let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        let begins = !before.ends_with(|ch: char| ch.is_ascii_alphanumeric());
        if !begins || word.len() != LENGTH || plain(&word) != plain(&code) {
            return false;
        }
        let after = rest.get(word.len()..).unwrap_or_default();
        agrees(before) || (bare(before).is_empty() && bare(after).is_empty())
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

/// Whether the last word before the code means yes; other codes may stand between.
fn agrees(before: &str) -> bool {
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
    YES.iter().any(|yes| {
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
        let (one, two) = (Approver::new(&[1; 32]), Approver::new(&[2; 32]));
        let code = one.code("send", "{}");
        assert_eq!(code.len(), LENGTH);
        assert_eq!(code, one.code("send", "{}"));
        assert_ne!(code, one.code("send", "{\"a\":1}"));
        assert_ne!(code, one.code("sen", "d{}"));
        assert_ne!(code, two.code("send", "{}"));
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
