//! Numbers that the user gives in words: “two hundred and fifty at most”, “五十块的红包”, “一千二”.

use super::super::Prepared;
use crate::attribute::index::hash;
use crate::attribute::sieve::Sieve;

/// Largest number read.
const LARGEST: u64 = 1_000_000_000;

/// Whether the user gives this number in words, or in digits with a Chinese unit.
pub(super) fn are_said(known: &Prepared, value: &str) -> bool {
    let whole = value
        .split_once('.')
        .map_or(value, |(whole, part)| if part.bytes().all(|byte| byte == b'0') { whole } else { "" });
    let Ok(number) = whole.replace(',', "").parse::<u64>() else { return false };
    number > 0 && known.turns.iter().any(|(_, turn)| in_words(turn).contains(&number))
}

/// Returns the numbers that a folded text gives in words.
pub(super) fn in_words(text: &str) -> Vec<u64> {
    let mut found = english(text);
    found.extend(chinese(text));
    found
}

/// Whether the text with this sieve may give a number in words: it has a word that the number requires.
pub(super) fn may_say(sieve: &Sieve, number: u64) -> bool {
    let small = SMALL.iter().zip(1..).chain(TENS.iter().zip((20..).step_by(10)));
    let lead = small.filter(|(_, value)| *value <= number && number < 100).last().map(|(word, _)| *word);
    let large = ["hundred", "thousand"].into_iter().filter(|_| number >= 100);
    let mut words = lead.into_iter().chain(large).chain(["十", "百", "千", "万"]);
    words.any(|word| sieve.may_have(hash(word)))
}

const SMALL: &[&str] = &[
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Returns the value of an English numeral below one hundred.
fn small(word: &str) -> Option<u64> {
    let place =
        |list: &[&str]| list.iter().position(|one| *one == word).and_then(|at| u64::try_from(at).ok());
    place(SMALL).map(|at| at + 1).or_else(|| place(TENS).map(|at| (at + 2) * 10))
}

fn english(text: &str) -> Vec<u64> {
    let mut found = Vec::new();
    let (mut sum, mut part, mut open) = (0_u64, 0_u64, false);
    let words = text.split(|ch: char| !ch.is_ascii_alphabetic());
    for word in words.filter(|word| !word.is_empty()).chain(std::iter::once("")) {
        match word {
            "hundred" if open => part = part.max(1).saturating_mul(100),
            "thousand" if open => {
                sum = sum.saturating_add(part.max(1).saturating_mul(1000));
                part = 0;
            }
            "and" if open && (part >= 100 || sum > 0) => {}
            other => match small(other) {
                // “Twenty, thirty” are two numbers, “twenty five” is one.
                Some(more)
                    if !open
                        || part.is_multiple_of(100)
                        || part % 100 >= 20 && part.is_multiple_of(10) && more < 10 =>
                {
                    part = part.saturating_add(more);
                    open = true;
                }
                more => {
                    if open {
                        found.push(sum.saturating_add(part));
                    }
                    (sum, part, open) = (0, more.unwrap_or_default(), more.is_some());
                }
            },
        }
    }
    found.retain(|number| (1..=LARGEST).contains(number));
    found
}

/// Returns the value of a Chinese digit.
fn digit(ch: char) -> Option<u64> {
    let place = "零一二三四五六七八九".chars().position(|one| one == ch);
    match ch {
        '两' | '俩' => Some(2),
        '〇' => Some(0),
        _ => place.and_then(|at| u64::try_from(at).ok()),
    }
}

fn unit(ch: char) -> Option<u64> {
    match ch {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1000),
        '万' => Some(10_000),
        _ => None,
    }
}

/// Returns the numbers in Chinese numerals: “五十”, “一百二” (120), “两千零五”, “3千”, “1万2”.
fn chinese(text: &str) -> Vec<u64> {
    let is_part = |ch: char| digit(ch).is_some() || unit(ch).is_some() || ch.is_ascii_digit();
    let runs = text.split(|ch: char| !is_part(ch)).filter(|run| !run.is_ascii());
    runs.filter_map(of_a_run).filter(|number| (1..=LARGEST).contains(number)).collect()
}

fn of_a_run(run: &str) -> Option<u64> {
    let (mut sum, mut part, mut figure, mut last, mut zero) = (0_u64, 0_u64, None::<u64>, 1_u64, false);
    for ch in run.chars() {
        let value = digit(ch).or_else(|| ch.to_digit(10).map(u64::from));
        if let Some(value) = value {
            zero = value == 0;
            let before = figure.filter(|_| ch.is_ascii_digit()).unwrap_or_default();
            figure = Some(before.checked_mul(10)?.checked_add(value)?);
        } else if let Some(unit) = unit(ch) {
            let own = figure.take().unwrap_or(u64::from(part == 0));
            if unit == 10_000 {
                sum = part.checked_add(own.min(LARGEST))?.checked_mul(unit)?;
                part = 0;
            } else {
                part = part.checked_add(own.checked_mul(unit)?)?;
            }
            (last, zero) = (unit, false);
        }
    }
    // 一千二 is 1200, 一千零二 is not.
    let short = figure.filter(|figure| last >= 100 && !zero && *figure < 10 && !run.contains(['零', '〇']));
    let rest = short.map_or(figure.unwrap_or_default(), |figure| figure * (last / 10));
    sum.checked_add(part)?.checked_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::index::{Form, Index};

    #[test]
    fn numbers_of_both_languages() {
        for (text, wanted) in [
            ("two hundred and fifty at most", &[250][..]),
            ("under four hundred, go ahead", &[400]),
            ("drop the rent by fifty pounds", &[50]),
            ("one thousand two hundred", &[1200]),
            ("seventy-five", &[75]),
            ("twelve", &[12]),
            ("twenty", &[20]),
            ("three hundred", &[300]),
            ("十二", &[12]),
            ("五十七", &[57]),
            ("a red one", &[1]),
            ("no number here and there", &[]),
            ("发个五十块的红包，分二十个", &[50, 20]),
            ("一千二", &[1200]),
            ("两千零五元", &[2005]),
            ("三百六十五", &[365]),
            ("1万2", &[12_000]),
            ("3千块", &[3000]),
            ("十五桶", &[15]),
            ("2026年", &[]),
        ] {
            assert_eq!(in_words(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_text_that_gives_a_number_is_never_ruled_out() {
        for text in [
            "two hundred and fifty",
            "twelve hundred",
            "twenty-one",
            "eighteen",
            "ninety nine",
            "五十",
            "一千二",
            "1万2",
        ] {
            let index = Index::new(text, Form::Words);
            assert!(in_words(text).iter().all(|number| may_say(&index.sieve, *number)), "{text}");
        }
        assert!(!may_say(&Index::new("the parcel of order 20 left", Form::Words).sieve, 20));
    }

    #[test]
    fn no_number_is_too_large_to_be_read() {
        assert!(in_words(&"九".repeat(500)).len() <= 1);
        assert!(in_words(&"九万".repeat(500)).iter().all(|number| *number <= LARGEST));
        assert!(in_words(&"hundred thousand nine ".repeat(500)).iter().all(|number| *number <= LARGEST));
    }
}
