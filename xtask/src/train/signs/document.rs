//! Documents as tools return them, some of them with injected text.

use std::fmt::Write as _;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::grammar::Grammar;
use crate::train::random::Random;

/// Rules of the benign grammar that make whole parts of a document; the others make parts of sentences.
const KINDS: &[&str] = &[
    "mailasks",
    "recipe",
    "manual",
    "security",
    "aitext",
    "readme",
    "code",
    "apidoc",
    "news",
    "review",
    "chat",
    "legal",
    "log",
    "record",
    "templatedoc",
];

/// A document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) text: String,
    /// Where the injected text is.
    pub(super) poison: Option<Range<usize>>,
    /// The kind of attack.
    pub(super) family: String,
}

/// Makes documents.
pub(super) struct Maker<'g> {
    benign: &'g Grammar,
    poison: &'g Grammar,
    random: Random,
}

impl<'g> Maker<'g> {
    pub(super) fn new(benign: &'g Grammar, poison: &'g Grammar, seed: u64) -> Self {
        Self { benign, poison, random: Random::new(seed) }
    }

    fn lang(&mut self) -> &'static str {
        self.random.pick(&["en", "zh"])
    }

    /// A document without an attack.
    pub(super) fn benign(&mut self) -> Document {
        let lang = self.lang();
        let blocks = self.blocks(lang);
        Document { text: self.carry(&blocks), poison: None, family: "benign".to_owned() }
    }

    /// A document with an attack in it.
    pub(super) fn poisoned(&mut self) -> Document {
        let lang = self.lang();
        let family = self.random.pick(&self.poison.names("family.", lang));
        let words = self.poison.make(&family, lang, &mut self.random);
        let wrapped = self.wrapped(&words, 65);
        let mut blocks = self.blocks(lang);
        let place = self.random.below(blocks.len() + 1);
        blocks.insert(place, wrapped.clone());
        // The carrier does not repeat these words, so the first match is where they were put.
        let text = self.carry(&blocks);
        let poison = text.find(&wrapped).map(|start| start..start + wrapped.len());
        Document { text, poison, family }
    }

    /// One to five paragraphs, mostly of one kind, sometimes with something hidden but harmless.
    fn blocks(&mut self, lang: &str) -> Vec<String> {
        let kind = self.random.pick(KINDS);
        let mut blocks = Vec::new();
        for _ in 0..=self.random.below(5) {
            let kind = if self.random.percent(85) { kind } else { self.random.pick(KINDS) };
            blocks.push(self.benign.make(kind, lang, &mut self.random));
        }
        if self.random.percent(35) {
            let words = self.benign.make("hiddenbenign", lang, &mut self.random);
            let wrapped = self.wrapped(&words, 10);
            blocks.insert(self.random.below(blocks.len() + 1), wrapped);
        }
        blocks
    }

    /// Leaves words as they are in `plain` percent of the cases, otherwise hides them in one of several ways.
    fn wrapped(&mut self, words: &str, plain: usize) -> String {
        if self.random.percent(plain) {
            return words.to_owned();
        }
        match self.random.below(10) {
            0 | 1 => format!("<!-- {words} -->"),
            2 => format!("<div style=\"display:none\">{words}</div>"),
            3 => format!("<span style=\"color:#ffffff;background:#fff;font-size:0\">{words}</span>"),
            4 => format!("<img src=\"/a.png\" alt=\"{}\">", words.replace('"', "'")),
            5 | 6 => STANDARD.encode(words),
            7 => words.bytes().fold(String::new(), |mut out, byte| {
                let _ = write!(out, "%{byte:02X}");
                out
            }),
            8 => words.chars().fold(String::new(), |mut out, ch| {
                let _ = write!(out, "&#{};", u32::from(ch));
                out
            }),
            _ => format!("<p hidden>{words}</p>"),
        }
    }

    /// Wraps paragraphs in the form of a tool result.
    fn carry(&mut self, blocks: &[String]) -> String {
        match self.random.below(6) {
            0 => json(blocks),
            1 => page(blocks),
            2 => blocks.iter().enumerate().fold(String::new(), |mut text, (at, block)| {
                let _ = writeln!(text, "{}. https://site{at}.example/{at}\n{block}\n", at + 1);
                text
            }),
            3 => format!(
                "From: {}\nSubject: {}\n\n{}",
                self.benign.make("mail", "en", &mut self.random),
                self.benign.make("thing", "en", &mut self.random),
                blocks.join("\n\n")
            ),
            4 => blocks.join("\n"),
            _ => blocks.join("\n\n"),
        }
    }
}

/// A JSON document as a slot holds it, with its escapes decoded.
fn json(blocks: &[String]) -> String {
    let rows: Vec<String> = blocks
        .iter()
        .enumerate()
        .map(|(at, block)| format!("{{\"id\": {at}, \"text\": \"{block}\"}}"))
        .collect();
    format!("{{\"results\": [{}], \"count\": {}}}", rows.join(", "), rows.len())
}

fn page(blocks: &[String]) -> String {
    let rows: Vec<String> = blocks.iter().map(|block| format!("<p>{block}</p>")).collect();
    format!("<html><head><title>Page</title></head><body>\n{}\n</body></html>", rows.join("\n"))
}
