//! Birth dates: a date after a word that marks it. Year, month, day in digits or with the name of the month.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::is_day;
use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "birth_date",
    kind: DataType::BirthDate,
    trigger: Trigger::Labels,
    labels: &[
        "出生日期",
        "出生年月日",
        "出生年月",
        "出生于",
        "生日",
        "生于",
        "dob",
        "d.o.b.",
        "d.o.b",
        "date of birth",
        "birth date",
        "birthdate",
        "birthday",
        "date_of_birth",
        "born on",
        "born",
    ],
    find,
};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Length of the longest date that is read.
const LONGEST: usize = 32;

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let start = link(text, label.end).value;
    let rest = text.as_str().get(start..)?;
    let rest = rest.get(..rest.floor_char_boundary(LONGEST)).unwrap_or_default();
    let length = numeric(rest).or_else(|| chinese(rest)).or_else(|| named(rest))?;
    let cut = text.byte(start + length).is_some_and(|b| b.is_ascii_alphanumeric());
    (!cut).then(|| Found::labelled(start..start + length, 0.85))
}

/// A number of one to four digits at the start, its length, and the rest.
fn number(rest: &str) -> Option<(u32, usize, &str)> {
    let digits = rest.bytes().take(5).take_while(u8::is_ascii_digit).count();
    let (head, tail) = rest.split_at_checked(digits)?;
    Some((head.parse().ok()?, digits, tail)).filter(|_| digits <= 4)
}

fn is_year(year: u32) -> bool {
    (1900..=2030).contains(&year)
}

/// `1990-01-05`, `05/01/1990`, `1990.1`, `19900105`.
pub(super) fn numeric(rest: &str) -> Option<usize> {
    if let Some(compact) = rest.get(..8).filter(|text| text.bytes().all(|b| b.is_ascii_digit())) {
        let part = |range: std::ops::Range<usize>| compact.get(range)?.parse::<u32>().ok();
        return (is_year(part(0..4)?) && is_day(part(4..6)?, part(6..8)?)).then_some(8);
    }
    let (first, one, tail) = number(rest)?;
    let sign = tail.chars().next().filter(|ch| matches!(ch, '-' | '/' | '.'))?;
    let (second, two, tail) = number(tail.get(1..)?)?;
    let third = tail.strip_prefix(sign).and_then(number);
    let Some((third, three, _)) = third else {
        return (is_year(first) && one == 4 && (1..=12).contains(&second)).then_some(one + 1 + two);
    };
    let ordered = is_year(first) && is_day(second, third)
        || (is_year(third) || three == 2) && (is_day(first, second) || is_day(second, first));
    ordered.then_some(one + two + three + 2)
}

/// `1990年1月5日`, `1990年1月`, `1月5日`.
pub(super) fn chinese(rest: &str) -> Option<usize> {
    let (first, _, tail) = number(rest)?;
    let (month, tail) = match tail.strip_prefix('年') {
        Some(tail) if is_year(first) => number(tail.trim_start()).map(|(month, _, tail)| (month, tail))?,
        Some(_) => return None,
        None => (first, tail),
    };
    let tail = tail.strip_prefix('月').filter(|_| (1..=12).contains(&month))?;
    let day = number(tail.trim_start()).filter(|(day, ..)| is_day(month, *day));
    let tail = day.and_then(|(_, _, rest)| rest.strip_prefix(['日', '号'])).unwrap_or(tail);
    Some(rest.len() - tail.len())
}

/// `January 5, 1990`, `5 Jan 1990`, `May 5th`.
fn named(rest: &str) -> Option<usize> {
    let (mut month, mut number, mut length, mut at) = (false, false, 0, 0);
    for word in rest.split_inclusive([' ', ',', '-']).take(5) {
        let bare = word.trim_end_matches([' ', ',', '-', '.']);
        let (is_month, is_number) = (names_month(bare), is_day_or_year(bare));
        if !bare.is_empty() && !is_month && !is_number {
            break;
        }
        (month, number) = (month || is_month, number || is_number);
        length = if bare.is_empty() { length } else { at + bare.len() };
        at += word.len();
    }
    (month && number).then_some(length)
}

fn names_month(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.len() >= 3 && MONTHS.iter().any(|month| lower.starts_with(month))
}

fn is_day_or_year(word: &str) -> bool {
    let digits = word.trim_end_matches(|ch: char| ch.is_ascii_alphabetic());
    digits.parse::<u32>().is_ok_and(|number| number <= 31 || is_year(number))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::BirthDate,
            &[
                "出生日期：[[1990年1月5日]]，",
                "DOB: [[05/01/1990]].",
                "date of birth [[1990-01-05]]",
                "She was born on [[January 5, 1990]].",
                "生日是[[3月8日]]吗",
                "birthday: [[5 Jan 1990]]",
                "出生年月 [[1990.01]]",
                "dob=[[19900105]]",
                "<dob>[[1990-01-05]]</dob>",
            ],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(
            DataType::BirthDate,
            &["生日快乐", "1990-01-05", "born in 1990s style", "date of birth: required", "dob 99/99/9999"],
        );
    }
}
