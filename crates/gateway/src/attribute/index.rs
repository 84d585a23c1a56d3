//! One text, prepared for being searched: its folded form, its identifiers, its words, and its fields where it is structured.

use std::collections::HashMap;
use std::ops::Range;

use ombud_core::OffsetMap;
use ombud_detect::normalise::normalise;

use super::identifier::{Kind, Term, terms};
use crate::wire::json;
use crate::wire::json::{Doc, Keys, Node};

/// A field of a structured text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The object that holds it.
    pub record: u32,
    /// Its key in lower case.
    pub key: String,
    /// Its value, folded.
    pub value: String,
}

/// A word and its place in the folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Hash of the word.
    pub hash: u64,
    start: u32,
    end: u32,
}

/// A prepared text.
#[derive(Debug)]
pub struct Index {
    /// The folded text.
    pub folded: String,
    /// From the folded text to the original; `None` if both have the same offsets.
    map: Option<OffsetMap>,
    terms: HashMap<String, Vec<(Kind, Range<usize>)>>,
    /// Fields, in the order of the text.
    pub fields: Vec<Field>,
    /// Words, in the order of the text.
    pub words: Vec<Word>,
}

/// One spelling for comparing: normalised, in lower case, with every character as long as it was.
pub fn fold(text: &str) -> String {
    lower(&normalise(text).text)
}

fn lower(text: &str) -> String {
    let lower = |ch: char| {
        let mut lower = ch.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(one), None) if one.len_utf8() == ch.len_utf8() => one,
            _ => ch,
        }
    };
    text.chars().map(lower).collect()
}

/// The words of a folded text: runs of letters and digits; a Chinese character is a word of its own.
pub fn words(folded: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    let word = |range: Range<usize>| Word {
        hash: hash(folded.get(range.clone()).unwrap_or_default()),
        start: u32::try_from(range.start).unwrap_or(u32::MAX),
        end: u32::try_from(range.end).unwrap_or(u32::MAX),
    };
    for (at, ch) in folded.char_indices() {
        let single = is_ideograph(ch);
        if ch.is_alphanumeric() && !single {
            start = start.or(Some(at));
            continue;
        }
        words.extend(start.take().map(|start| word(start..at)));
        if single {
            words.push(word(at..at + ch.len_utf8()));
        }
    }
    words.extend(start.map(|start| word(start..folded.len())));
    words
}

/// Whether a character is a word by itself.
pub fn is_ideograph(ch: char) -> bool {
    matches!(u32::from(ch), 0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

/// FNV-1a. Words are compared by it; a hit is a claim about overlap only, never about safety.
fn hash(word: &str) -> u64 {
    word.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Word {
    /// Bytes of the folded text.
    pub fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Index {
    /// Prepares a text. `structured` is the JSON document behind it, where there is one.
    pub fn new(text: &str, structured: Option<&str>) -> Self {
        let normal = normalise(text);
        let map = matches!(normal.text, std::borrow::Cow::Owned(_)).then(|| normal.map().clone());
        let mut found: HashMap<String, Vec<(Kind, Range<usize>)>> = HashMap::new();
        for Term { kind, canonical, span } in terms(&normal.text) {
            found.entry(canonical).or_default().push((kind, span));
        }
        let folded = lower(&normal.text);
        let fields = structured.map_or_else(|| header(&folded), fields);
        let words = words(&folded);
        Self { folded, map, terms: found, fields, words }
    }

    /// The bytes of the original behind a range of the folded text.
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        self.map.as_ref().map_or_else(|| range.clone(), |map| map.range(range))
    }

    /// Where an identifier stands, in bytes of the folded text.
    pub fn places(&self, canonical: &str) -> &[(Kind, Range<usize>)] {
        self.terms.get(canonical).map_or(&[], Vec::as_slice)
    }

    /// Every identifier.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &[(Kind, Range<usize>)])> {
        self.terms.iter().map(|(canonical, places)| (canonical.as_str(), places.as_slice()))
    }

    /// Where a folded value stands as a whole word.
    pub fn verbatim(&self, value: &str) -> impl Iterator<Item = Range<usize>> {
        let found = memchr::memmem::find_iter(self.folded.as_bytes(), value);
        found.take(if value.is_empty() { 0 } else { 256 }).filter_map(|at| {
            let end = at + value.len();
            let before = self.folded.get(..at)?.chars().next_back();
            let after = self.folded.get(end..)?.chars().next();
            let joins = |edge: Option<char>, own: Option<char>| {
                let letter =
                    |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() && !is_ideograph(ch));
                letter(edge) && letter(own)
            };
            let whole = !joins(before, value.chars().next()) && !joins(after, value.chars().next_back());
            whole.then_some(at..end)
        })
    }
}

/// The fields of a JSON document.
fn fields(document: &str) -> Vec<Field> {
    let Ok(doc) = Doc::parse(document.as_bytes(), Keys::Any) else { return Vec::new() };
    let mut fields = Vec::new();
    collect(&doc, doc.root(), "", 0, &mut fields);
    fields
}

fn collect(doc: &Doc<'_>, node: Node, key: &str, record: u32, fields: &mut Vec<Field>) {
    match doc.kind(node) {
        json::Kind::Object => {
            let record = u32::try_from(doc.span(node).start).unwrap_or(u32::MAX).saturating_add(1);
            doc.members(node).for_each(|(key, value)| collect(doc, value, &fold(&key), record, fields));
        }
        json::Kind::Array => doc.items(node).for_each(|item| collect(doc, item, key, record, fields)),
        json::Kind::String | json::Kind::Number => {
            let value = fold(doc.string(node).trim());
            // Long texts are prose, in which nothing is a whole field.
            if !value.is_empty() && value.len() <= 512 {
                fields.push(Field { record, key: key.to_owned(), value });
            }
        }
        json::Kind::Key | json::Kind::Literal => {}
    }
}

/// The head of a plain text, `Key: value` lines up to the first blank one: a mail, a note. What comes later may be anybody's.
fn header(folded: &str) -> Vec<Field> {
    let lines = folded.lines().take(12).take_while(|line| !line.trim().is_empty());
    lines
        .map_while(|line| line.split_once([':', '：']))
        .filter(|(key, value)| key.chars().count() <= 24 && !value.trim().is_empty() && value.len() <= 512)
        .map(|(key, value)| Field { record: 0, key: key.trim().to_owned(), value: value.trim().to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_heads() {
        let index =
            Index::new("", Some(r#"{"contacts":[{"name":"Anna Ö","mail":"ANNA@x.example","n":13}]}"#));
        let all: Vec<(&str, &str)> = index.fields.iter().map(|field| (&*field.key, &*field.value)).collect();
        assert_eq!(all, [("name", "anna ö"), ("mail", "anna@x.example"), ("n", "13")]);
        let mail = Index::new("From: Tom <tom@x.example>\nSubject: Hi\n\nFrom: evil@x.example", None);
        assert_eq!(mail.fields.len(), 2);
    }

    #[test]
    fn whole_words_only() {
        let index = Index::new("Send Ann's mail to Anna，谢谢张伟吧", None);
        assert!(index.verbatim("anna").count() == 1 && index.verbatim("张伟").count() == 1);
        assert_eq!(index.verbatim("end").count(), 0);
        assert_eq!(words("a bc，张伟").len(), 4);
    }
}
