//! Amounts that appear nowhere but follow from what does: the total of a column, or a record's amount and what the user wants it
//! changed by.

use std::collections::BTreeMap;

use ombud_core::effect::is_id;

use super::super::Prepared;
use super::record::{calls, reads, results};
use crate::attribute::fields::Field;

/// Whether an amount is the total of a column, or follows from a field of a record the user named: half of it, if the user speaks
/// of a half, or the field plus or minus a number that the user gives.
pub(super) fn is_worked_out(known: &Prepared, value: &str) -> bool {
    let Some(wanted) = number(value) else { return false };
    let said: Vec<i64> = known.turns.iter().flat_map(|(_, turn)| numbers_of(turn)).collect();
    let mut read = results(known).filter(|source| source.index.structured && reads(known, &source.origin));
    read.any(|source| {
        let fields = source.index.fields.iter().take(MOST_SUMMED).filter(|field| !is_id(&field.key));
        let numbers: Vec<(&Field, i64)> =
            fields.filter_map(|field| Some((field, number(&field.value)?))).collect();
        totals(&numbers).any(|total| total == wanted)
            || numbers.iter().any(|(field, own)| {
                shares(known, *own).any(|share| share == wanted) && calls(known, source, field)
            })
            || numbers.iter().any(|(field, own)| {
                said.iter().any(|other| own + other == wanted || own - other == wanted)
                    && calls(known, source, field)
            })
    })
}

/// Returns half of an amount, if the user speaks of a half.
fn shares(known: &Prepared, own: i64) -> impl Iterator<Item = i64> {
    let halved = known.says("half") || known.turns.iter().any(|(_, turn)| turn.contains("一半"));
    (halved && own % 2 == 0).then_some(own / 2).into_iter()
}

/// Returns the total of each column with more than one number.
fn totals<'f>(numbers: &[(&'f Field, i64)]) -> impl Iterator<Item = i64> + use<'f> {
    let mut columns: BTreeMap<_, (usize, i64)> = BTreeMap::new();
    for (field, number) in numbers {
        let column = columns.entry((&*field.key, field.around)).or_default();
        *column = (column.0 + 1, column.1 + number);
    }
    columns.into_values().filter(|(count, _)| *count > 1).map(|(_, total)| total)
}

/// Maximum number of fields of a result that are added up.
const MOST_SUMMED: usize = 256;

/// Returns the numbers that a turn gives in digits, in hundredths.
fn numbers_of(turn: &str) -> Vec<i64> {
    let words = turn.split(|ch: char| !(ch.is_ascii_digit() || matches!(ch, '.' | ',')));
    words.filter_map(|word| number(word.trim_matches(['.', ',']))).collect()
}

/// Parses a number with at most a short unit beside it, in hundredths.
pub(super) fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits: String = text.chars().filter(|ch| ch.is_ascii_digit() || *ch == '.').collect();
    let others = text.chars().filter(|ch| !ch.is_ascii_digit() && !matches!(ch, '.' | ',' | ' ')).count();
    let spread = text
        .trim_matches(|ch: char| !ch.is_ascii_digit())
        .contains(|ch: char| !ch.is_ascii_digit() && !matches!(ch, '.' | ','));
    if digits.is_empty() || digits.len() > 12 || others > 3 || spread {
        return None;
    }
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let part = part.trim_end_matches('0');
    let cents = match part.len() {
        0 => 0,
        1 => part.parse::<i64>().ok()? * 10,
        2 => part.parse::<i64>().ok()?,
        _ => return None,
    };
    Some(whole.parse::<i64>().ok()? * 100 + cents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_their_units() {
        for text in ["80", "80.00", "80 元", "€80", "80.0 EUR"] {
            assert_eq!(number(text), Some(8000), "{text}");
        }
        assert_eq!(number("1,300.50"), Some(130_050));
        for text in ["", "eighty", "80 apples", "2026-07-01", "8.125", "8 or 9", "0800123456789"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
