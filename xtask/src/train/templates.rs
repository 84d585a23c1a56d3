//! Our own sentences with names put into them, for what the collected text lacks: chat without capitals, nicknames and forms
//! of address, Chinese names in Latin records, foreign names in Chinese text, records and forms, and words that look like
//! names but are not.
//!
//! A template is a sentence with slots in braces; `en` and `zh` say what each slot stands for.

mod address;
mod companies;
mod en;
mod words;
mod zh;

use std::ops::Range;

use ombud_core::DataType;

use super::corpus::Record;
use super::gazetteer::Lists;
use super::random::Random;

/// Number of records from the templates of each language.
const EACH: (usize, usize) = (13_000, 26_000);

/// The same for news and posts.
const NEWS_EACH: (usize, usize) = (8_000, 16_000);
/// Sentences of news and posts: Chinese with names and without, then English.
const NEWS: [&str; 4] = [
    include_str!("templates/zh_news.txt"),
    include_str!("templates/zh_news_asides.txt"),
    include_str!("templates/en_news.txt"),
    include_str!("templates/en_news_asides.txt"),
];

/// Fills a slot.
type Fill<'a> = dyn Fn(&str, &mut Random) -> Filling + 'a;

/// What fills a slot, and its type if it is a name.
#[derive(Debug, Default)]
pub(super) struct Filling {
    text: String,
    kind: Option<DataType>,
    /// Bytes after the name that are not part of it, such as a title.
    tail: usize,
    /// Bytes before the name that are not part of it.
    head: usize,
}

impl Filling {
    fn name(kind: DataType, text: String) -> Self {
        Self { text, kind: Some(kind), ..Self::default() }
    }

    fn plain(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

pub(super) fn records(lists: &Lists) -> Vec<Record> {
    let mut random = Random::new(11);
    let mut records = Vec::new();
    let [news_zh, asides_zh, news_en, asides_en] = NEWS.map(|file| file.lines().collect::<Vec<_>>());
    let zh = |slot: &str, random: &mut Random| zh::fill(slot, lists, random);
    let en = |slot: &str, random: &mut Random| en::fill(slot, lists, random);
    let mut add = |count, templates: &[&str], asides: &[&str], source, fill: &Fill<'_>| {
        records.extend((0..count).map(|_| join(&mut random, templates, asides, source, fill)));
    };
    add(EACH.0, zh::TEMPLATES, zh::ASIDES, "ours-zh", &zh);
    add(EACH.1, en::TEMPLATES, en::ASIDES, "ours-en", &en);
    add(NEWS_EACH.0, &news_zh, &asides_zh, "news-zh", &zh);
    add(NEWS_EACH.1, &news_en, &asides_en, "news-en", &en);
    records
}

/// Another English name of the same type with about as many words, or `None` to keep the old one.
pub(super) fn other(kind: DataType, words: usize, lists: &Lists, random: &mut Random) -> Option<String> {
    en::other(kind, words, lists, random)
}

/// Another Chinese name of the same type and form, or `None` to keep the old one.
pub(super) fn other_chinese(kind: DataType, old: &str, lists: &Lists, random: &mut Random) -> Option<String> {
    zh::other(kind, old, lists, random)
}

/// One to three sentences, some of them without a name.
fn join(random: &mut Random, templates: &[&str], asides: &[&str], source: &str, fill: &Fill<'_>) -> Record {
    let (mut text, mut names) = (String::new(), Vec::new());
    let glue: &str = match source {
        "ours-zh" | "news-zh" => random.pick(&["", "", "。", "，", "\n"]),
        _ => random.pick(&[" ", " ", "\n", "\n\n"]),
    };
    for part in 0..=random.below(3) {
        if part > 0 {
            text.push_str(glue);
        }
        let template = if random.percent(40) { random.pick(asides) } else { random.pick(templates) };
        write(template, &mut text, &mut names, |slot| fill(slot, random));
    }
    Record::new(text, names, source.to_owned())
}

/// Writes a template with its slots filled.
fn write(
    template: &str,
    text: &mut String,
    names: &mut Vec<(Range<usize>, DataType)>,
    mut fill: impl FnMut(&str) -> Filling,
) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        let filling = fill(slot);
        let start = text.len() + filling.head;
        text.push_str(&filling.text);
        if let Some(kind) = filling.kind {
            names.push((start..text.len() - filling.tail, kind));
        }
        rest = after;
    }
    text.push_str(rest);
}

/// A positive number with at most this many digits and no leading zero.
fn number(random: &mut Random, digits: u32) -> String {
    (1 + random.below(10_usize.pow(digits) - 1)).to_string()
}

/// A string of `count` digits.
fn digits(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + u8::try_from(random.below(10)).unwrap_or(0))).collect()
}
