//! API keys with a vendor prefix: model providers, clouds, code hosts, messengers, payment services.
//!
//! The table lists each prefix and what follows it. The body must look random (a digit or both cases, no row of `x`), so
//! that `sk-learn` and `sk-your-key-here` are not reported; where the format has a checksum, a mismatch lowers the score.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

mod crc;
mod table;

use table::{Check, PREFIXES, ROWS, Row};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "vendor_key",
    kind: DataType::Secret,
    trigger: Trigger::Literals(PREFIXES),
    labels: &[],
    find,
};

/// The formats under each prefix, so that the size of the table does not affect the speed.
static BY_PREFIX: LazyLock<HashMap<&str, Vec<&Row>>> = LazyLock::new(|| {
    let mut rows: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in ROWS {
        rows.entry(row.prefix).or_default().push(row);
    }
    rows
});

fn find(text: &Text<'_>, place: Range<usize>) -> Option<Found> {
    let rows = BY_PREFIX.get(text.slice(place.clone()))?;
    rows.iter().find_map(|row| fits(text, &place, row))
}

fn fits(text: &Text<'_>, place: &Range<usize>, row: &Row) -> Option<Found> {
    if text.before(place.start).is_some_and(|before| goes_on(row, before)) {
        return None;
    }
    let end = text.run(place.end, row.lengths.end() + 2, |b| row.body.has(b));
    let run = text.slice(place.end..end);
    let fixed = row.lengths.start() == row.lengths.end() && run.len() == *row.lengths.end();
    let value = if fixed { run } else { run.trim_end_matches(['.', '-']) };
    let span = place.start..place.end + value.len();
    let whole = row.lengths.contains(&value.len()) && !text.byte(span.end).is_some_and(is_word);
    let score = believed(row, value)?;
    whole.then(|| Found::validated(span, score))
}

/// True if the prefix is in the middle of something longer. Hyphens and dots count, so that a row of prefixes is read
/// only once.
fn goes_on(row: &Row, before: u8) -> bool {
    is_word(before) && !row.prefix.starts_with('.') || b"-.".contains(&before) && row.body.has(before)
}

/// The score of a body of the right length; `None` if it does not look random.
fn believed(row: &Row, value: &str) -> Option<f32> {
    let shaped = match row.check {
        Check::Length => true,
        Check::Capitals => is_capitals(value),
        Check::Number => is_random(value) || begins_with_number(value),
        Check::None | Check::Crc32 => is_random(value),
    };
    let fits = row.check != Check::Crc32 || crc::ends_in_its_own(value);
    shaped.then_some(if fits { 0.96 } else { 0.85 })
}

/// Capitals and digits, more than four different characters, and not the key of the vendor's own examples.
fn is_capitals(value: &str) -> bool {
    let seen = value.bytes().fold(0_u128, |seen, byte| seen | 1 << (byte & 0x7f));
    !value.bytes().any(|b| b.is_ascii_lowercase()) && seen.count_ones() > 4 && !value.ends_with("EXAMPLE")
}

/// Slack tokens start with the team number, which does not occur in ordinary text after that prefix.
fn begins_with_number(value: &str) -> bool {
    let team = value.split(['-', '_']).next().unwrap_or_default();
    team.len() >= 5 && team.bytes().all(|byte| byte.is_ascii_digit())
}

/// True if no person chose these characters: a piece of at least eight contains a digit or both cases, and there are more
/// than five different characters.
pub(super) fn is_random(value: &str) -> bool {
    let pieces = value.split(['-', '_', '.', '/']);
    let longest = pieces.max_by_key(|piece| piece.len()).unwrap_or_default();
    let has = |test: fn(&u8) -> bool| longest.as_bytes().iter().any(test);
    let mixed = has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let seen = value.bytes().fold(0_u128, |seen, byte| seen | 1 << (byte & 0x7f));
    longest.len() >= 8 && mixed && seen.count_ones() > 5
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::table::Body;
    use super::*;

    /// Builds keys at run time, so that no scanner takes this file for a leak.
    fn random(length: usize, alphabet: &str) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|i| letters[(i * i * 7 + i * 13 + 5) % letters.len()]).collect()
    }

    #[test]
    fn every_row_is_found_between_quotes_and_chinese() {
        for Row { prefix, body, lengths, check: told, .. } in ROWS {
            let alphabet = match (body, told) {
                (Body::Hex, _) => "0123456789abcdef",
                (_, Check::Capitals) => "AB3DE6GH9JK2MN5PQ8ST1V",
                _ => "aB3dE6gH9jK2mN5pQ8sT1v",
            };
            let key = format!("{prefix}{}", random(*lengths.start(), alphabet));
            check(DataType::Secret, &[&format!("k = \"[[{key}]]\","), &format!("钥匙[[{key}]]，请保密")]);
        }
    }

    #[test]
    fn the_pack_covers_two_hundred_vendors_and_more() {
        let vendors: std::collections::BTreeSet<&str> = ROWS.iter().map(|row| row.vendor).collect();
        let named = super::super::keyword_secret::vendors::DISTINCT.len();
        assert!(vendors.len() > 170 && named > 400, "{} with a prefix, {named} by name", vendors.len());
    }

    #[test]
    fn a_checksum_that_fits_is_believed_more() {
        let row = ROWS.iter().find(|row| row.check == Check::Crc32).unwrap();
        let body = "aB3dE6gH9jK2mN5pQ8sT1vaB3dE6gH";
        assert_eq!(believed(row, &format!("{body}000000")), Some(0.85));
        assert_eq!(believed(row, &crc::with_checksum(body)), Some(0.96));
    }

    #[test]
    fn a_team_number_is_enough_for_slack() {
        check(
            DataType::Secret,
            &["token [[xoxb-12345-67890-NOTAREALTOKENATALL]]", "xoxb-your-token-goes-here"],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Secret,
            &[
                "sk-learn-classification-report",
                "sk-your-api-key-goes-here-please",
                "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "task-20240105-abcdefghijklmnop1234",
                "AKIAXXXXXXXXXXXXXXXX",
                "app-component-container-12",
                "ms-windows-store-app-package-name-xyz",
                "npm_config_registry",
                "hf_hub_download",
            ],
        );
    }
}
