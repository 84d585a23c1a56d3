//! The suite: ordinary and poisoned tool results in both languages, the same each time.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::train::random::Random;
use crate::train::signs::grammar::Grammar;

/// Number of ordinary and of poisoned results: half of each in English, half in Chinese.
pub(super) const EACH: usize = 1_400;

/// A tool result.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) text: String,
    pub(super) lang: &'static str,
    /// The family of templates that its words come from.
    pub(super) family: String,
    /// Whether it contains an attack.
    pub(super) poisoned: bool,
    /// How the attack is hidden.
    pub(super) hiding: &'static str,
}

/// The grammars of the suite.
pub(super) struct Words {
    pub(super) ordinary: Grammar,
    pub(super) poisoned: Grammar,
}

impl Words {
    pub(super) fn read() -> Self {
        Self {
            ordinary: Grammar::read(include_str!("ordinary.txt")),
            poisoned: Grammar::read(include_str!("poisoned.txt")),
        }
    }
}

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    let words = Words::read();
    let mut random = Random::new(2026);
    let mut cases = Vec::new();
    for number in 0..EACH {
        let lang = if number % 2 == 0 { "en" } else { "zh" };
        cases.push(ordinary(&words, lang, number / 2, &mut random));
        cases.push(poisoned(&words, lang, number / 2, &mut random));
    }
    cases
}

/// The family for a number: families take turns, so that all get the same share.
fn family(grammar: &Grammar, start: &str, lang: &str, number: usize) -> String {
    let names = grammar.names(start, lang);
    names.get(number % names.len().max(1)).cloned().unwrap_or_default()
}

fn ordinary(words: &Words, lang: &'static str, number: usize, random: &mut Random) -> Case {
    let family = family(&words.ordinary, "calm.", lang, number);
    let parts = parts(words, &family, lang, random);
    Case { text: carried(&parts, random), lang, family, poisoned: false, hiding: "-" }
}

fn poisoned(words: &Words, lang: &'static str, number: usize, random: &mut Random) -> Case {
    let around = family(&words.ordinary, "calm.", lang, random.below(1_000));
    let mut parts = parts(words, &around, lang, random);
    let family = family(&words.poisoned, "attack.", lang, number);
    let attack = words.poisoned.make(&family, lang, random);
    let (hiding, attack) = hidden(&attack, random);
    let place = random.below(parts.len());
    match parts.get_mut(place).filter(|_| random.percent(40)) {
        Some(part) => {
            part.push_str(if lang == "en" { " " } else { "" });
            part.push_str(&attack);
        }
        None => parts.insert(place + 1, attack),
    }
    Case { text: carried(&parts, random), lang, family, poisoned: true, hiding }
}

/// Two to four parts of one family, in a quarter of the cases with a harmless hidden part from behind the scenes.
fn parts(words: &Words, family: &str, lang: &str, random: &mut Random) -> Vec<String> {
    let mut parts: Vec<String> =
        (0..2 + random.below(3)).map(|_| words.ordinary.make(family, lang, random)).collect();
    if random.percent(25) {
        let aside = words.ordinary.make("calm.backstage", lang, random);
        let (_, aside) = hidden(&aside, random);
        parts.push(aside);
    }
    parts
}

/// A way of hiding words.
type Way = fn(&str) -> String;

/// Leaves words as they are in six cases out of ten, otherwise hides them.
fn hidden(words: &str, random: &mut Random) -> (&'static str, String) {
    const WAYS: &[(&str, Way)] = &[
        ("comment", |words| format!("<!-- {words} -->")),
        ("opacity", |words| format!("<td style='opacity:0'>{words}</td>")),
        ("off the page", |words| format!("<aside style=\"position:absolute;left:-9999px\">{words}</aside>")),
        ("label", |words| format!("<button aria-label=\"{}\">OK</button>", words.replace('"', ""))),
        ("base64", |words| URL_SAFE_NO_PAD.encode(words)),
        ("hex", |words| words.bytes().fold(String::new(), |out, byte| format!("{out}{byte:02x}"))),
        ("tags", tags),
        ("zero width", |words| words.chars().fold(String::new(), |out, ch| format!("{out}{ch}\u{200b}"))),
        ("look-alikes", look_alikes),
        ("full width", full_width),
        ("escapes", escapes),
        ("backwards", |words| words.replace('\n', " ").chars().rev().collect()),
    ];
    if random.percent(60) {
        return ("-", words.to_owned());
    }
    let at = random.below(WAYS.len());
    WAYS.get(at).map_or(("-", words.to_owned()), |(name, way)| (*name, way(words)))
}

/// Turns ASCII into tag characters; Chinese characters have none, so they stay visible.
fn tags(words: &str) -> String {
    let tag = |ch: char| {
        char::from_u32(0xe0000 + u32::from(ch)).filter(|_| (' '..='~').contains(&ch)).unwrap_or(ch)
    };
    words.chars().map(tag).collect()
}

fn look_alikes(words: &str) -> String {
    let alike = |ch| match ch {
        'a' => 'а',
        'e' => 'е',
        'o' => 'о',
        'p' => 'р',
        'c' => 'с',
        other => other,
    };
    words.chars().map(alike).collect()
}

fn full_width(words: &str) -> String {
    let wide =
        |ch: char| char::from_u32(u32::from(ch) + 0xfee0).filter(|_| ch.is_ascii_graphic()).unwrap_or(ch);
    words.chars().map(wide).collect()
}

fn escapes(words: &str) -> String {
    words.encode_utf16().fold(String::new(), |mut out, unit| {
        let _ = write!(out, "\\u{unit:04x}");
        out
    })
}

/// Wraps parts in the form of a tool result.
fn carried(parts: &[String], random: &mut Random) -> String {
    const CARRIERS: &[fn(&[String]) -> String] =
        &[yaml, thread, newsletter, calendar, escaped, shell, feed, bare];
    let at = random.below(CARRIERS.len());
    CARRIERS.get(at).map(|carrier| carrier(parts)).unwrap_or_default()
}

/// Joins numbered parts.
fn each(parts: &[String], mut part: impl FnMut(usize, &str) -> String) -> String {
    parts.iter().enumerate().map(|(at, text)| part(at, text)).collect()
}

fn yaml(parts: &[String]) -> String {
    each(parts, |at, part| format!("- key: {at}\n  body: |\n    {}\n", part.replace('\n', "\n    ")))
}

fn thread(parts: &[String]) -> String {
    each(parts, |at, part| format!("**#{}** commented:\n\n{part}\n\n---\n", at + 1))
}

fn newsletter(parts: &[String]) -> String {
    let rows = each(parts, |_, part| format!("<tr><td>{part}</td></tr>\n"));
    format!("<table width=600>\n{rows}</table>\n<p>Unsubscribe</p>")
}

fn calendar(parts: &[String]) -> String {
    each(parts, |at, part| format!("BEGIN:VEVENT\nUID:{at}\nDESCRIPTION:{part}\nEND:VEVENT\n"))
}

/// A document within a field of another document, so that its escapes remain.
fn escaped(parts: &[String]) -> String {
    let rows: Vec<String> =
        parts.iter().map(|part| serde_json::json!({ "note": part }).to_string()).collect();
    format!("{{\"ok\":true,\"items\":[{}]}}", rows.join(","))
}

fn shell(parts: &[String]) -> String {
    each(parts, |at, part| format!("$ cat notes/{at}.txt\n{part}\n"))
}

fn feed(parts: &[String]) -> String {
    each(parts, |at, part| format!("<item><guid>{at}</guid><description>{part}</description></item>\n"))
}

fn bare(parts: &[String]) -> String {
    parts.join("\n\n")
}
