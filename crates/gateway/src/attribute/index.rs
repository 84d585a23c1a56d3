//! One text prepared for searching: its folded form, its identifiers, its words, and its fields if it is structured.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use ombud_core::OffsetMap;
use ombud_core::intent::Intent;
use ombud_core::script::is_han;
use ombud_detect::normalise::normalise;

use super::envelope::{Passage, passages};
use super::fields::{Field, head, of_json, of_text, table};
use super::identifier::{Kind, Term, terms};
use super::sentence;
use super::sieve::{Probe, Sieve, term_mark};

/// In texts of up to this many bytes, only the first byte of a value is searched for: preparing a full search would cost more.
pub(crate) const VERY_SHORT: usize = 512;

/// A word and its span in the folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Its hash.
    pub hash: u64,
    start: u32,
    end: u32,
}

/// A prepared text.
#[derive(Debug)]
pub struct Index {
    /// The folded text.
    pub folded: String,
    /// Maps offsets of the folded text to the original; `None` if they are the same.
    map: Option<OffsetMap>,
    terms: HashMap<String, Vec<(Kind, Range<usize>)>>,
    /// Its fields, grouped by object, in text order.
    pub fields: Vec<Field>,
    /// Its words, in text order.
    pub words: Vec<Word>,
    /// Whether the whole text consists of the fields.
    pub structured: bool,
    /// Whether the fields come from a table or card in plain text.
    pub tabular: bool,
    /// Rules this text out for most values.
    pub sieve: Sieve,
    /// What it asks for, if it is a user's turn.
    intent: OnceLock<Intent>,
    /// The passages in its envelopes, if it is a prompt.
    passages: OnceLock<Box<[Passage]>>,
    /// Indices into `words` at which its sentences end.
    ends: OnceLock<Box<[u32]>>,
}

/// What kind of text is prepared.
#[derive(Debug, Clone, Copy)]
pub enum Form<'t> {
    /// Prose.
    Words,
    /// A tool result.
    Result,
    /// A tool result, with the JSON document it consists of.
    Json(&'t str),
}

/// Folds a text for comparison: normalised and lower-cased, without changing the byte length of any character.
pub fn fold(text: &str) -> String {
    lower(&normalise(text).text)
}

fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = |ch: char| {
        let mut lower = ch.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(one), None) if one.len_utf8() == ch.len_utf8() => one,
            _ => ch,
        }
    };
    text.chars().map(lower).collect()
}

/// Splits a folded text into words: runs of letters and digits; each Chinese character is a word of its own.
pub fn words(folded: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    let word = |range: Range<usize>| Word {
        hash: hash(folded.get(range.clone()).unwrap_or_default()),
        start: u32::try_from(range.start).unwrap_or(u32::MAX),
        end: u32::try_from(range.end).unwrap_or(u32::MAX),
    };
    for (at, ch) in folded.char_indices() {
        let single = is_han(ch);
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

/// Whether a text contains a value as written, with no letter or digit adjoining its ends.
pub fn stands_in(text: &str, value: &str) -> bool {
    let joins = |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() && !is_han(ch));
    let whole = |at: usize| {
        let (before, after) = (text.get(..at), text.get(at + value.len()..));
        before
            .zip(after)
            .is_some_and(|(before, after)| !joins(before.chars().next_back()) && !joins(after.chars().next()))
    };
    match value.as_bytes().first() {
        Some(&first) if text.len() <= VERY_SHORT => {
            let bytes = text.as_bytes();
            let starts = |at: &usize| bytes.get(*at..).is_some_and(|rest| rest.starts_with(value.as_bytes()));
            memchr::memchr_iter(first, bytes).filter(starts).any(whole)
        }
        _ => memchr::memmem::find_iter(text.as_bytes(), value).any(whole),
    }
}

/// FNV-1a. Words are compared by this hash; a match only claims an overlap, never safety.
pub(crate) fn hash(word: &str) -> u64 {
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
    /// Prepares a text.
    pub fn new(text: &str, form: Form<'_>) -> Self {
        let normal = normalise(text);
        let map = matches!(normal.text, std::borrow::Cow::Owned(_)).then(|| normal.map().clone());
        let mut found: HashMap<String, Vec<(Kind, Range<usize>)>> = HashMap::new();
        for Term { kind, canonical, span } in terms(&normal.text) {
            found.entry(canonical).or_default().push((kind, span));
        }
        let folded = lower(&normal.text);
        let fields = match form {
            Form::Words => None,
            Form::Result => of_text(text),
            Form::Json(document) => Some(of_json(document)),
        };
        let structured = fields.is_some();
        let mut fields = fields.unwrap_or_else(|| head(&folded));
        // A text that begins like a mail is a mail: anybody could have written a table in it.
        if fields.is_empty() && matches!(form, Form::Result) {
            fields = table::read(&folded);
        }
        let tabular = !structured && fields.iter().any(|field| field.record > 0);
        fields.sort_by_key(|field| field.record);
        let words = words(&folded);
        let mut sieve = Sieve::for_marks(words.len() * if structured { 2 } else { 1 }, found.len());
        sieve.mark_words(&folded, &words);
        for term in found.keys() {
            sieve.mark(term_mark(term));
        }
        let (intent, passages, ends) = Default::default();
        let terms = found;
        let index =
            Self { folded, map, terms, fields, words, structured, tabular, sieve, intent, passages, ends };
        if structured { index.with_fields() } else { index }
    }

    /// Marks the words of the fields as well, since their escapes are decoded.
    fn with_fields(mut self) -> Self {
        for field in &self.fields {
            self.sieve.mark_words(&field.value, &words(&field.value));
        }
        self
    }

    /// Returns what the whole text asks for.
    pub fn intent(&self) -> &Intent {
        self.intent.get_or_init(|| Intent::of([self.folded.as_str()]))
    }

    /// Returns the passages in the envelopes of `text`, the original from which this index was prepared.
    pub fn passages(&self, text: &str) -> &[Passage] {
        self.passages.get_or_init(|| passages(text).into())
    }

    /// Returns the words of each sentence, in text order.
    pub fn sentences(&self) -> impl Iterator<Item = &[Word]> {
        let ends = self.ends.get_or_init(|| sentence::ends(&self.folded, &self.words));
        let mut from = 0;
        ends.iter().map(move |end| {
            let end = *end as usize;
            let words = self.words.get(from..end).unwrap_or_default();
            from = end;
            words
        })
    }

    /// Maps a range of the original text to the folded text.
    pub fn folded_range(&self, original: &Range<usize>) -> Range<usize> {
        let place = |wanted: usize| {
            let mut ends = (0, self.folded.len());
            while ends.0 < ends.1 {
                let middle = usize::midpoint(ends.0, ends.1);
                let at = self.folded.floor_char_boundary(middle);
                if self.original(&(at..at)).start < wanted { ends.0 = middle + 1 } else { ends.1 = middle }
            }
            self.folded.floor_char_boundary(ends.0)
        };
        if self.map.is_none() { original.clone() } else { place(original.start)..place(original.end) }
    }

    /// Its approximate size in bytes.
    pub fn weight(&self) -> usize {
        let terms: usize = self.terms.iter().map(|(term, places)| 96 + term.len() + places.len() * 24).sum();
        let fields: usize = self.fields.iter().map(|field| 64 + field.key.len() + field.value.len()).sum();
        let own = size_of::<Self>() + self.folded.len() + self.sieve.weight();
        own + size_of_val::<[Word]>(&self.words) + terms + fields
    }

    /// Returns the fields of one object.
    pub fn record(&self, record: u32) -> &[Field] {
        let from = self.fields.partition_point(|field| field.record < record);
        let rest = self.fields.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|field| field.record == record)).unwrap_or_default()
    }

    /// Maps a range of the folded text to the original.
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        self.map.as_ref().map_or_else(|| range.clone(), |map| map.range(range))
    }

    /// Returns where an identifier appears, as spans of the folded text.
    pub fn places(&self, canonical: &str) -> &[(Kind, Range<usize>)] {
        self.terms.get(canonical).map_or(&[], Vec::as_slice)
    }

    /// Returns every identifier.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &[(Kind, Range<usize>)])> {
        self.terms.iter().map(|(canonical, places)| (canonical.as_str(), places.as_slice()))
    }

    /// Returns the spans at which a folded value appears as whole words.
    pub fn verbatim<'t>(&'t self, probe: &'t Probe<'_>) -> impl Iterator<Item = Range<usize>> + 't {
        let value = probe.value;
        let most = if value.is_empty() || !self.sieve.may_hold(probe) { 0 } else { 256 };
        let text = if most == 0 { "" } else { self.folded.as_str() };
        probe.find_in(text).take(most).filter_map(|at| {
            let end = at + value.len();
            let before = self.folded.get(..at)?.chars().next_back();
            let after = self.folded.get(end..)?.chars().next();
            let joins = |edge: Option<char>, own: Option<char>| {
                let letter = |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() && !is_han(ch));
                letter(edge) && letter(own)
            };
            let whole = !joins(before, value.chars().next()) && !joins(after, value.chars().next_back());
            whole.then_some(at..end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_heads() {
        let json = r#"{"contacts":[{"name":"Anna Ö","mail":"ANNA@x.example","n":13}]}"#;
        let index = Index::new("", Form::Json(json));
        let all: Vec<(&str, &str)> = index.fields.iter().map(|field| (&*field.key, &*field.value)).collect();
        assert_eq!(all, [("name", "anna ö"), ("mail", "anna@x.example"), ("n", "13")]);
        let nested = Index::new("", Form::Json(r#"[{"a":"1","in":{"b":"2"},"c":"3"},{"d":"4"}]"#));
        let record = |at: usize| {
            let record = nested.record(nested.fields[at].record);
            record.iter().map(|field| &*field.value).collect::<Vec<_>>()
        };
        assert_eq!([record(0), record(2), record(3)], [vec!["1", "3"], vec!["2"], vec!["4"]]);
        assert_eq!(nested.record(u32::MAX), []);
        let mail = Index::new("From: Tom <tom@x.example>\nSubject: Hi\n\nFrom: evil@x.example", Form::Result);
        assert_eq!((mail.fields.len(), mail.structured), (2, false));
    }

    #[test]
    fn ranges_of_the_original_are_found_again() {
        let text = "ａｂ <memories>Ｈｉ there</memories> x";
        let index = Index::new(text, Form::Words);
        let start = text.find("Ｈｉ").unwrap();
        let range = index.folded_range(&(start..text.find("</").unwrap()));
        assert_eq!(&index.folded[range], "hi there");
    }

    #[test]
    fn whole_words_only() {
        let index = Index::new("Send Ann's mail to Anna，谢谢张伟吧", Form::Words);
        let count = |value| index.verbatim(&Probe::new(value)).count();
        assert!(count("anna") == 1 && count("张伟") == 1);
        assert_eq!(count("end"), 0);
        assert_eq!(words("a bc，张伟").len(), 4);
    }
}
