//! Names and days that only third-party sentences mention. A user who asks for “a hotel” leaves it to the results which one: to a
//! field of a row, an entry of a list, the result for what was asked. What is inside a sentence is what its writer wants.

use ombud_core::effect::words;
use ombud_core::{Origin, Trust};

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::{Arguments, Leaf};
use super::dates::is_time;
use super::numbers;
use super::record::is_repeated;
use crate::attribute::fields::Field;
use crate::attribute::index::stands_in;
use crate::attribute::sieve::Probe;
use crate::attribute::{Source, folded, weight};
use crate::wire::answer::ToolCall;

/// Longest name, in bytes.
const LONGEST: usize = 120;

/// Longest name, in words.
const MOST_WORDS: usize = 10;

/// Minimum number of letters and digits in a name, to exclude common words.
const LEAST: usize = 5;

/// Bytes examined on either side of a value to decide whether it is an entry. A long text may be a single line.
const AROUND: usize = 160;

/// Maximum number of fields in a result that is a text in an envelope rather than rows.
const FEW_FIELDS: usize = 3;

/// Returns the origin of a name or day that the user did not give, if it appears only within sentences.
pub(super) fn only_told(known: &Prepared, tool: &str, leaf: &Leaf) -> Option<Origin> {
    let value = folded(&leaf.value);
    let day = day(&value);
    let wanted = day.unwrap_or(&value);
    let telling = match day {
        Some(day) => gives_another_day(known, day),
        None => is_name(&leaf.value, &value) || is_count(&leaf.key, &value),
    };
    if !telling || day.is_none() && is_given(known, tool, leaf, wanted) {
        return None;
    }
    let probe = Probe::new(wanted);
    let may = |source: &&Source| !source.passages.is_empty() || source.index.sieve.may_contain(&probe);
    let mut told = None;
    for source in known.context.sources.iter().filter(may) {
        if is_repeated(known, &source.origin, wanted) {
            continue;
        }
        match stands(known, tool, leaf, source, &probe, day.is_some()) {
            Some(Place::Own) => return None,
            Some(Place::Sentence(origin)) => told = told.or(Some(origin)),
            None => {}
        }
    }
    told
}

/// How a value appears in a text.
enum Place {
    /// In the user's or operator's text, or as a row, an entry, or the result of a query for it.
    Own,
    /// Inside a third-party sentence.
    Sentence(Origin),
}

fn stands(
    known: &Prepared,
    tool: &str,
    leaf: &Leaf,
    source: &Source,
    probe: &Probe<'_>,
    day: bool,
) -> Option<Place> {
    if source.index.fields.iter().any(|field| is_field(field, probe.value, day)) {
        return Some(Place::Own);
    }
    let fields = source.index.structured && source.index.fields.len() > FEW_FIELDS;
    let mut places = source.index.verbatim(probe).peekable();
    let first = places.peek()?.clone();
    let (origin, _) = source.origin_at(&first);
    match origin.trust() {
        Trust::Untrusted => {}
        Trust::Derived => return None,
        Trust::Subject | Trust::Operator => return Some(Place::Own),
    }
    let spelt =
        || known.exchange.slots.get(source.slot).is_some_and(|slot| slot.text.contains(leaf.value.trim()));
    if !day && !spelt() {
        return None;
    }
    let number = probe.value.bytes().all(|byte| byte.is_ascii_digit());
    let label = |word: &str| words(tool).iter().chain(&words(&leaf.key)).any(|own| own == word);
    let asked = asked_about(known, &origin, leaf);
    let entry = !fields
        && !day
        && asked != Some(false)
        && !number
        && places.any(|at| is_entry(&source.index.folded, &at, &label));
    Some(if asked == Some(true) || entry { Place::Own } else { Place::Sentence(origin) })
}

/// Whether a field is this value, has it as its key, or is a time on this day.
fn is_field(field: &Field, value: &str, day: bool) -> bool {
    field.value == value
        || field.key == value
        || day && field.value.starts_with(value) && is_time(&field.value)
}

/// Whether a value looks like a name: it has a capital letter or is Chinese, and is not too long.
fn is_name(written: &str, value: &str) -> bool {
    let written = written.trim();
    let capital = || written.chars().any(char::is_uppercase);
    let chinese = || !written.is_ascii() && weight(value) > LEAST;
    let short = written.len() <= LONGEST && written.split_whitespace().count() <= MOST_WORDS;
    let letters = written.chars().any(char::is_alphabetic);
    short && letters && weight(value) >= LEAST && (capital() || chinese()) && !written.contains(['\n', '@'])
}

/// Whether an argument says how many (other than one) or how much.
fn is_count(key: &str, value: &str) -> bool {
    let counts = |word: &String| COUNTS.contains(&word.as_str());
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let number = digits > 0 && digits + usize::from(value.contains('.')) == value.len();
    value != "1" && number && words(key).iter().any(counts)
}

/// Words in argument names that say how many or how much.
const COUNTS: &[&str] = &[
    "quantity", "qty", "count", "people", "guests", "persons", "nights", "copies", "units", "seats",
    "amount", "price", "rent", "limit", "total", "salary", "score", "budget", "rate", "balance", "discount",
    "数量", "人数", "份数", "件数", "金额", "价格", "单价", "总额", "分数", "租金", "额度", "上限",
];

/// Words for small numbers besides the numerals.
const NUMERALS: &[(&str, &[&str])] =
    &[("0", &["zero", "零"]), ("2", &["couple", "pair", "both", "双"]), ("3", &["仨"]), ("12", &["dozen"])];

/// Whether the user gives a number in words.
fn is_spelt_out(known: &Prepared, value: &str) -> bool {
    let mut others = NUMERALS.iter().filter(|row| row.0 == value).flat_map(|row| row.1);
    numbers::are_said(known, value)
        || others.any(|word| known.turns.iter().any(|(_, turn)| stands_in(turn, word)))
}

/// Returns the day of a date or time: `2026-07-02` for `2026-07-02 20:00`.
fn day(value: &str) -> Option<&str> {
    let first = value.split([' ', 't']).next()?;
    let digits = first.bytes().filter(u8::is_ascii_digit).count();
    (is_time(value) && first.contains(['-', '/', '.', '年']) && (6..=8).contains(&digits)).then_some(first)
}

/// Whether the user's own words give days of this form, but not this one: then no text needs to supply a day.
fn gives_another_day(known: &Prepared, wanted: &str) -> bool {
    let words = || {
        known
            .turns
            .iter()
            .flat_map(|(_, turn)| turn.split([' ', ',', '，', '。', '(', ')', ';', '\n', '到', '至']))
    };
    let days = || words().filter_map(|word| day(word.trim_end_matches('.')));
    days().next().is_some() && !days().any(|day| day == wanted)
}

/// Whether the user says the value, or every word of it that the names of its argument and tool do not already say.
fn is_given(known: &Prepared, tool: &str, leaf: &Leaf, value: &str) -> bool {
    let says = |word: &str| known.turns.iter().any(|(_, turn)| stands_in(turn, word));
    if value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return says(value) || is_spelt_out(known, value);
    }
    if known.turns.iter().any(|(_, turn)| turn.contains(value)) || known.says_its_words(value) {
        return true;
    }
    let (tool, key) = (words(tool), words(&leaf.key));
    let own = |word: &&str| !tool.iter().chain(&key).any(|known| known == word);
    let mut telling =
        value.split(|ch: char| !ch.is_alphanumeric()).filter(|word| weight(word) >= 3).filter(own).peekable();
    telling.peek().is_none() || telling.all(says)
}

/// Whether a result for named things covers this one; `None` if its call named no things of this kind.
fn asked_about(known: &Prepared, origin: &Origin, leaf: &Leaf) -> Option<bool> {
    let Origin::Tool { call: Some(id), .. } = origin else { return None };
    let call = known.exchange.calls.iter().find(|call| call.id.as_deref() == Some(id))?;
    let arguments = past(&known.exchange, call);
    let arguments = Arguments::of(&ToolCall { arguments, complete: true, ..ToolCall::default() });
    let mut kind = arguments.leaves.iter().filter(|other| is_alike(&other.key, &leaf.key)).peekable();
    kind.peek()?;
    Some(kind.any(|other| folded(&other.value) == folded(&leaf.value)))
}

/// Whether two argument names share a telling word: `hotels`, `hotel_names`, `hotel`.
fn is_alike(one: &str, other: &str) -> bool {
    let bare = |word: &String| word.strip_suffix('s').unwrap_or(word).to_owned();
    let other: Vec<String> = words(other).iter().map(bare).collect();
    words(one).iter().map(bare).any(|word| !GENERAL.contains(&word.as_str()) && other.contains(&word))
}

/// Words in argument names that say nothing about what they name.
const GENERAL: &[&str] =
    &["id", "name", "type", "date", "time", "day", "start", "end", "from", "to", "number", "list"];

/// Whether no sentence continues on either side of a value: it is an entry of a list, the head of a line, a quotation.
pub(super) fn is_entry(text: &str, at: &std::ops::Range<usize>, label: &dyn Fn(&str) -> bool) -> bool {
    let from = text.floor_char_boundary(at.start.saturating_sub(AROUND));
    let to = text.ceil_char_boundary(at.end.saturating_add(AROUND).min(text.len()));
    let before = text
        .get(from..at.start)
        .unwrap_or_default()
        .trim_end_matches([' ', '*', '"', '\'', '`', '“', '「', '《', '【']);
    let after = text
        .get(at.end..to)
        .unwrap_or_default()
        .trim_start_matches([' ', '*', '"', '\'', '`', '”', '」', '》', '】']);
    let opens = before.is_empty()
        || before.ends_with([
            ',', ':', ';', '\n', '-', '•', '|', '[', '(', '/', '，', '、', '：', '；', '（', '–', '—',
        ])
        || before
            .rsplit('\n')
            .next()
            .is_some_and(|line| line.trim_end_matches(['.', ')']).chars().all(|ch| ch.is_ascii_digit()));
    let closes = after.is_empty()
        || after.starts_with([
            ',', ':', ';', '\n', '-', '|', ']', ')', '(', '/', '.', '，', '、', '：', '；', '）', '（', '。',
            '–', '—',
        ]);
    let line = before.rsplit('\n').next().unwrap_or_default();
    // `Flight TP-1327, departure 08:40`
    (opens || label(line.trim_start_matches(['-', '*', '•', ' ']))) && closes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str, value: &str) -> bool {
        let at = text.find(value).unwrap();
        is_entry(text, &(at..at + value.len()), &|word| word == "hotel")
    }

    #[test]
    fn entries_of_lists() {
        for text in [
            "hotels: casa luz, pensao",
            "casa luz: 4.7",
            "- casa luz\n- pensao",
            "1. casa luz (4.7)",
            "x\nhotel casa luz, 4.7",
            "酒店：casa luz，北站",
            "a, casa luz.",
        ] {
            assert!(entry(text, "casa luz"), "{text}");
        }
        for text in [
            "everybody stays at casa luz, it is great",
            "book casa luz.",
            "choose casa luz, please",
            "quiet. casa luz is better",
            "大家都住casa luz，很好",
        ] {
            assert!(!entry(text, "casa luz"), "{text}");
        }
    }

    #[test]
    fn counts() {
        assert!(is_count("max_price", "12.50") && !is_count("price", "12.50 EUR") && !is_count("qty", "1"));
    }

    #[test]
    fn names_and_days() {
        for (written, name) in [
            ("Grand Cove", true),
            ("economy", false),
            ("Ann", false),
            ("海湾大酒店", true),
            ("7 p.m.", false),
        ] {
            assert_eq!(is_name(written, &folded(written)), name, "{written}");
        }
        assert_eq!(day("2026-07-02 20:00"), Some("2026-07-02"));
        assert_eq!(day("2026-07-02t20:00z"), Some("2026-07-02"));
        assert_eq!(day("20:00"), None);
        assert_eq!(day("2026"), None);
        assert!(
            is_alike("hotel_names", "hotel") && is_alike("hotels", "hotelName") && !is_alike("city", "hotel")
        );
    }
}
