//! Wallet seed phrases (BIP-39) after their label: 12, 15, 18, 21 or 24 words of three to eight lower-case letters. No
//! sentence has so many without a shorter word or punctuation.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "seed_phrase",
    kind: DataType::Secret,
    trigger: Trigger::Labels,
    labels: &[
        "助记词",
        "助记短语",
        "种子短语",
        "seed phrase",
        "seed words",
        "mnemonic",
        "mnemonic phrase",
        "recovery phrase",
        "secret phrase",
    ],
    find,
};

/// The longest phrase has 24 words of eight letters.
const LONGEST: usize = 24 * 9 + 40;

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let start = link(text, label.end).value;
    let ahead = std::str::from_utf8(text.ahead(start, LONGEST)).ok().or_else(|| {
        let end = text.as_str().floor_char_boundary(start + LONGEST);
        text.as_str().get(start..end)
    })?;
    let (mut count, mut end) = (0, 0);
    let mut rest = ahead;
    loop {
        let word = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let behind = rest.get(word..)?;
        if !(3..=8).contains(&word) || behind.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            break;
        }
        count += 1;
        end = ahead.len() - behind.len();
        rest = behind.trim_start_matches([' ', ',', '\n']);
        if rest.len() == behind.len() {
            break;
        }
    }
    matches!(count, 12 | 15 | 18 | 21 | 24).then(|| Found::labelled(start..start + end, 0.9))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn phrases_are_found() {
        let words = "abandon ability able about above absent absorb abstract absurd abuse access accident";
        check(
            DataType::Secret,
            &[
                &format!("助记词：[[{words}]]"),
                &format!("my seed phrase is [[{words}]]."),
                &format!("mnemonic = \"[[{words} {words}]]\""),
            ],
        );
    }

    #[test]
    fn sentences_are_not() {
        check(
            DataType::Secret,
            &[
                "Your seed phrase: never share these words with anybody, and store them offline in two places",
                "seed phrase: abandon ability able",
                "助记词：请妥善保管",
            ],
        );
    }
}
