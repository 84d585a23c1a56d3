//! Where texts came from, as declared by the agent that puts them into a prompt (`POST /api/v1/sources`).
//!
//! Declared texts are recognised by winnowing fingerprints: of every [`WINDOW`] runs of [`GRAM`] words one is kept, so that every
//! passage of at least [`RUN`] words is found, wherever it appears, in one pass over a prompt. Every match is verified word by
//! word.
//!
//! Declaring a text a third party's can only restrict, so a part of it counts. Vouching for a text grants trust, so only the
//! whole text counts, and the interface accepts such a declaration only from callers that present the gateway's own key.

mod heard;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Mutex;

use ombud_core::event::DeclaredRecord;
use ombud_core::{Exchange, Origin, Trust};
use serde::{Deserialize, Serialize};

use super::envelope::Passage;
use super::index::{Index, Word, fold, words};
use super::verbatim::RUN;
use super::{Context, weight};
use crate::consent::sha256;
use crate::lock::locked;

pub use heard::beginnings;

/// Words per fingerprint.
const GRAM: usize = 5;

/// Number of consecutive fingerprints of which one is kept.
const WINDOW: usize = RUN - GRAM + 1;

/// Longest text in one declaration, in bytes.
pub const LONGEST: usize = 256 * 1024;

/// Maximum number of spans of one text that may be declared.
pub const MOST_SPANS: usize = 256;

/// Maximum number of words kept for one tenant; the oldest declarations are dropped first.
const MOST_WORDS: usize = 400_000;

/// Maximum number of tenants kept.
const MOST_TENANTS: usize = 16;

/// Maximum number of declarations compared per fingerprint.
const TRIES: usize = 8;

/// Minimum number of letters and digits in a text; a Chinese character counts twice.
const LEAST: usize = 8;

/// Longest name, in characters.
const MOST_NAME: usize = 64;

/// What kind of text is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Memories of earlier conversations.
    Memory,
    /// A document from a knowledge base.
    Knowledge,
    /// A web page.
    Web,
    /// A file.
    File,
    /// A tool result.
    Tool,
    /// The user's own words.
    User,
    /// Anything else.
    Other,
}

/// Who wrote the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vouched {
    /// A third party.
    ThirdParty,
    /// The user.
    User,
    /// The operator.
    Operator,
}

/// A declaration of where a text came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The kind of text.
    pub kind: Kind,
    /// The name of the store, page, file or tool.
    pub name: Option<String>,
    /// Who wrote it.
    pub trust: Vouched,
    /// The session in which it applies (`x-ombud-session`); `None` for all of the tenant's sessions.
    pub session: Option<String>,
    /// The text concerned.
    pub text: Which,
}

/// The text that a declaration concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This text, wherever it appears.
    Text(String),
    /// The message with this SHA-256 (lower-case hexadecimal), or these byte ranges of it.
    Digest(String, Vec<Range<usize>>),
}

/// Why a declaration is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The text has too few letters to be distinctive; it is skipped.
    Short,
    /// The text is longer than [`LONGEST`].
    Long,
    /// Not a SHA-256 digest, or its spans are empty or too many.
    Digest,
}

/// The outcome for a list of declarations, by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Skipped, because too short to be distinctive.
    pub short: Vec<usize>,
    /// Accepted, and not known before.
    pub new: Vec<usize>,
}

impl Taken {
    /// Returns the ledger records of the new ones; `key` computes a keyed digest.
    pub fn records(
        &self,
        declarations: &[Declaration],
        key: impl Fn(&str) -> String + Copy,
    ) -> Vec<DeclaredRecord> {
        let new = self.new.iter().filter_map(|at| declarations.get(*at));
        new.map(|declaration| declaration.record(key)).collect()
    }
}

/// What is stored for a declaration.
struct Entry {
    origin: Origin,
    trust: Trust,
    session: Option<String>,
    words: Vec<u64>,
    /// The digest and spans, if declared by digest.
    digest: Option<(String, Vec<Range<usize>>)>,
    /// A hash that detects a repeated declaration.
    same: u64,
    /// When an edge returned it; `None` if it was declared.
    heard: Option<u64>,
}

/// The declarations of one tenant.
#[derive(Default)]
struct Book {
    /// The number of the first entry.
    first: usize,
    entries: VecDeque<Entry>,
    words: usize,
    /// Fingerprints, each with its entries and word positions; a text shorter than [`GRAM`] words is a single fingerprint.
    grams: HashMap<u64, Vec<(usize, usize)>>,
    /// The lengths of fingerprints in use.
    lengths: BTreeSet<usize>,
    digests: usize,
    /// Number of entries that were declared rather than returned by an edge.
    declared: usize,
    same: BTreeSet<u64>,
}

/// The declarations of all tenants, kept in memory only.
#[derive(Default)]
pub struct Sources {
    books: Mutex<VecDeque<(String, Book)>>,
    turns: heard::Turns,
}

impl Declaration {
    /// The origin that the text gets.
    pub fn origin(&self) -> Origin {
        let name = || self.name.as_deref().map(named).filter(|name| !name.is_empty());
        match (self.trust, self.kind) {
            (Vouched::Operator, _) => Origin::Operator,
            (Vouched::User, _) => Origin::User,
            (_, Kind::Memory) => Origin::Memory { name: name() },
            (_, Kind::Tool) => Origin::Tool { name: name(), call: None },
            (_, Kind::User | Kind::Other) => Origin::Unknown,
            (_, Kind::Knowledge | Kind::Web | Kind::File) => Origin::Retrieved { source: name() },
        }
    }

    /// Returns its ledger record; `key` computes a keyed digest of the text's SHA-256.
    fn record(&self, key: impl Fn(&str) -> String) -> DeclaredRecord {
        let (text, bytes, spans) = match &self.text {
            Which::Text(text) => (sha256(text.as_bytes()), Some(text.len() as u64), &[][..]),
            Which::Digest(digest, spans) => (digest.to_ascii_lowercase(), None, spans.as_slice()),
        };
        let spans = spans.iter().map(|span| [span.start as u64, span.end as u64]).collect();
        DeclaredRecord {
            origin: self.origin(),
            text: key(&text),
            bytes,
            spans,
            session: self.session.is_some(),
        }
    }

    fn entry(&self) -> Result<Entry, Refused> {
        let (words, digest) = match &self.text {
            Which::Text(text) => (told_words(text)?, None),
            Which::Digest(digest, spans) => (Vec::new(), Some(told_digest(digest, spans)?)),
        };
        let origin = self.origin();
        let mut hasher = DefaultHasher::new();
        (&origin, &self.session, &words, &digest).hash(&mut hasher);
        let (trust, session) = (origin.trust(), self.session.clone());
        Ok(Entry { origin, trust, session, words, digest, same: hasher.finish(), heard: None })
    }
}

/// Validates the digest of a declared message and its spans.
fn told_digest(digest: &str, spans: &[Range<usize>]) -> Result<(String, Vec<Range<usize>>), Refused> {
    let hexadecimal = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let forward = spans.iter().all(|span| span.start < span.end);
    if !hexadecimal || !forward || spans.len() > MOST_SPANS {
        return Err(Refused::Digest);
    }
    Ok((digest.to_ascii_lowercase(), spans.to_vec()))
}

/// Returns the word hashes of a declared text.
fn told_words(text: &str) -> Result<Vec<u64>, Refused> {
    if text.len() > LONGEST {
        return Err(Refused::Long);
    }
    let folded = fold(text);
    if weight(&folded) < LEAST {
        return Err(Refused::Short);
    }
    Ok(words(&folded).iter().map(|word| word.hash).collect())
}

/// Strips from a name the control characters that could affect whatever displays it, and limits its length.
fn named(name: &str) -> String {
    name.chars().filter(|ch| !ch.is_control()).take(MOST_NAME).collect::<String>().trim().to_owned()
}

impl Entry {
    /// Creates the entry for a text that an edge returned.
    fn heard(origin: Origin, words: Vec<u64>, at: u64) -> Self {
        let mut hasher = DefaultHasher::new();
        (&origin, &words, "heard").hash(&mut hasher);
        let (trust, same) = (origin.trust(), hasher.finish());
        Self { origin, trust, session: None, words, digest: None, same, heard: Some(at) }
    }

    /// Its size, measured in words.
    fn weight(&self) -> usize {
        16 + self.words.len() + self.digest.as_ref().map_or(0, |(_, spans)| 8 + 2 * spans.len())
    }

    fn counts_in(&self, session: &str) -> bool {
        self.session.as_deref().is_none_or(|own| own == session)
    }

    /// Whether it applies to a text that was first seen at that time.
    fn counts_at(&self, first: Option<u64>) -> bool {
        self.heard.is_none_or(|heard| first.is_some_and(|first| first >= heard))
    }

    /// Returns the fingerprints kept for it, with their word positions.
    fn grams(&self) -> Vec<(u64, usize)> {
        let length = GRAM.min(self.words.len());
        let all: Vec<u64> = self.words.windows(length.max(1)).map(key).collect();
        let mut kept: Vec<usize> = Vec::new();
        // The first one marks where the whole text may begin.
        kept.extend((!all.is_empty()).then_some(0));
        for (at, window) in all.windows(WINDOW).enumerate() {
            let least =
                window.iter().enumerate().min_by_key(|(_, gram)| **gram).map_or(at, |(place, _)| at + place);
            if kept.last() != Some(&least) {
                kept.push(least);
            }
        }
        kept.into_iter().filter_map(|at| Some((*all.get(at)?, at))).collect()
    }
}

/// Hashes a run of words; the length is part of the hash.
fn key(run: &[u64]) -> u64 {
    let start = run.len() as u64;
    run.iter().fold(start, |key, word| (key.rotate_left(7) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

impl Book {
    /// Adds an entry; returns whether it was new.
    fn add(&mut self, entry: Entry) -> bool {
        if !self.same.insert(entry.same) {
            return false;
        }
        self.words += entry.weight();
        let number = self.first + self.entries.len();
        self.note(number, &entry);
        self.entries.push_back(entry);
        if self.words > MOST_WORDS {
            self.shrink();
        }
        true
    }

    fn note(&mut self, number: usize, entry: &Entry) {
        self.digests += usize::from(entry.digest.is_some());
        self.declared += usize::from(entry.heard.is_none());
        if !entry.words.is_empty() {
            self.lengths.insert(GRAM.min(entry.words.len()));
        }
        for (gram, at) in entry.grams() {
            self.grams.entry(gram).or_default().push((number, at));
        }
    }

    /// Drops the older half.
    fn shrink(&mut self) {
        while self.words > MOST_WORDS / 2 && self.entries.len() > 1 {
            let Some(old) = self.entries.pop_front() else { break };
            self.words -= old.weight();
            self.same.remove(&old.same);
            self.first += 1;
        }
        self.grams.clear();
        self.lengths.clear();
        (self.digests, self.declared) = (0, 0);
        let entries = std::mem::take(&mut self.entries);
        for (place, entry) in entries.iter().enumerate() {
            self.note(self.first + place, entry);
        }
        self.entries = entries;
    }

    fn entry(&self, number: usize) -> Option<&Entry> {
        self.entries.get(number.checked_sub(self.first)?)
    }

    /// Returns the declared passages of a text, in order. `first` is when the text was first seen.
    fn passages(&self, session: &str, first: Option<u64>, index: &Index) -> Vec<Passage> {
        if first.is_none() && self.declared == 0 {
            return Vec::new();
        }
        let budget = 8 * index.words.len();
        let mut reader = Reader { book: self, session, first, text: &index.words, at: 0, end: 0, budget };
        let mut found = Vec::new();
        while let Some((words, origin)) = reader.next() {
            if let (Some(first), Some(last)) = (index.words.get(words.start), index.words.get(words.end - 1))
            {
                found.push(Passage { span: index.original(&(first.span().start..last.span().end)), origin });
            }
        }
        found
    }

    /// Returns what is declared by digest about this text.
    fn by_digest(&self, session: &str, text: &str) -> Vec<Passage> {
        let digest = if self.digests == 0 { return Vec::new() } else { sha256(text.as_bytes()) };
        let known = self.entries.iter().filter(|entry| entry.counts_in(session));
        let known =
            known.filter_map(|entry| Some((entry, entry.digest.as_ref().filter(|known| known.0 == digest)?)));
        let whole = std::iter::once(0..text.len()).collect::<Vec<_>>();
        let mut found = Vec::new();
        for (entry, (_, spans)) in known {
            let spans = if spans.is_empty() { &whole } else { spans };
            let inside = spans.iter().filter_map(|span| within(text, span, entry.trust));
            found.extend(inside.map(|span| Passage { span, origin: entry.origin.clone() }));
        }
        found
    }
}

/// The span of a text that a declaration means. One that grants trust has to fit exactly. One that takes it counts as far as it
/// lies within the text, and for the whole of a character that it cuts: whoever counts in other units has still said whose it is.
fn within(text: &str, span: &Range<usize>, trust: Trust) -> Option<Range<usize>> {
    if trust > Trust::Untrusted {
        return text.get(span.clone()).map(|_| span.clone());
    }
    let (start, end) = (text.floor_char_boundary(span.start), text.ceil_char_boundary(span.end));
    (start < end).then_some(start..end)
}

/// Scans a text for declared passages.
struct Reader<'b> {
    book: &'b Book,
    session: &'b str,
    /// When the text was first seen.
    first: Option<u64>,
    text: &'b [Word],
    at: usize,
    /// Where the last match ended.
    end: usize,
    /// Remaining budget of words for failed comparisons with vouched texts.
    budget: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<(Range<usize>, Origin)> {
        while self.at < self.text.len() {
            let found = self.here();
            self.at = found.as_ref().map_or(self.at + 1, |(words, _)| words.end);
            if let Some((words, origin)) = found {
                self.end = words.end;
                return Some((words, origin.clone()));
            }
        }
        None
    }

    /// Returns the best match at this word: the least trusted one and, among those, the longest.
    fn here(&mut self) -> Option<(Range<usize>, Origin)> {
        let mut best: Option<(Trust, Range<usize>, Origin)> = None;
        for &length in &self.book.lengths {
            let Some(run) = self.text.get(self.at..self.at + length) else { continue };
            let run: Vec<u64> = run.iter().map(|word| word.hash).collect();
            let places = self.book.grams.get(&key(&run)).map_or(&[][..], Vec::as_slice);
            let (book, session, first) = (self.book, self.session, self.first);
            let counts = |entry: &&Entry| entry.counts_in(session) && entry.counts_at(first);
            let counting = places
                .iter()
                .rev()
                .filter_map(|(number, place)| Some((book.entry(*number).filter(counts)?, *place)));
            for (entry, place) in counting.take(TRIES) {
                let Some(words) = self.shared(entry, place) else { continue };
                let better = best.as_ref().is_none_or(|(trust, known, _)| {
                    (entry.trust, std::cmp::Reverse(words.len())) < (*trust, std::cmp::Reverse(known.len()))
                });
                if better {
                    best = Some((entry.trust, words, entry.origin.clone()));
                }
            }
        }
        best.map(|(_, words, origin)| (words, origin))
    }

    /// Returns the range of words here that matches a declared text around one of its words; `None` if it is too short.
    fn shared(&mut self, entry: &Entry, place: usize) -> Option<Range<usize>> {
        let same = |(word, hash): (&Word, &u64)| word.hash == *hash;
        let forward =
            self.text.get(self.at..)?.iter().zip(entry.words.get(place..)?).take_while(|pair| same(*pair));
        let forward = forward.count();
        let before =
            self.text.get(self.end..self.at)?.iter().rev().zip(entry.words.get(..place)?.iter().rev());
        let before = before.take_while(|pair| same(*pair)).count();
        let all = before + forward;
        let vouched = entry.trust != Trust::Untrusted;
        if vouched && all < entry.words.len() {
            self.budget = self.budget.checked_sub(all)?;
        }
        let enough = all == entry.words.len() || !vouched && all >= RUN;
        debug_assert!(entry.heard.is_none() || entry.words.len() >= RUN);
        enough.then(|| self.at - before..self.at + forward)
    }
}

impl Sources {
    /// Whether anything may be known about a tenant's texts, declared by it or returned to the owner of the home.
    pub fn knows(&self, tenant: &str) -> bool {
        locked(&self.books).iter().any(|(whose, _)| whose == tenant || whose.is_empty())
    }

    /// Stores a tenant's declarations: none of them if one is refused, whose index is returned.
    pub fn declare(&self, tenant: &str, declarations: &[Declaration]) -> Result<Taken, (usize, Refused)> {
        let (mut entries, mut taken) = (Vec::new(), Taken::default());
        for (at, declaration) in declarations.iter().enumerate() {
            match declaration.entry() {
                Ok(entry) => entries.push((at, entry)),
                Err(Refused::Short) => taken.short.push(at),
                Err(why) => return Err((at, why)),
            }
        }
        let (places, entries): (Vec<usize>, Vec<Entry>) = entries.into_iter().unzip();
        let new = self.keep(tenant, entries);
        taken.new.extend(places.into_iter().zip(new).filter_map(|(at, new)| new.then_some(at)));
        Ok(taken)
    }

    /// Stores a tenant's entries; returns which of them were new.
    fn keep(&self, tenant: &str, entries: Vec<Entry>) -> Vec<bool> {
        let mut books = locked(&self.books);
        let place = books.iter().position(|(whose, _)| whose == tenant);
        let known = place.and_then(|place| books.remove(place));
        let (whose, mut book) = known.unwrap_or_else(|| (tenant.to_owned(), Book::default()));
        let new = entries.into_iter().map(|entry| book.add(entry)).collect();
        books.push_back((whose, book));
        while books.len() > MOST_TENANTS {
            books.pop_front();
        }
        new
    }

    /// Assigns to the passages of a request the origins known for its tenant.
    pub fn mark(&self, tenant: &str, session: &str, context: &mut Context, exchange: &Exchange) {
        let books = locked(&self.books);
        // What was returned to the owner of the home applies to everybody in it.
        for (_, book) in books.iter().filter(|(whose, _)| whose == tenant || whose.is_empty()) {
            for source in &mut context.sources {
                let Some(slot) = exchange.slots.get(source.slot) else { continue };
                let first = self.dated(tenant, slot.role, &slot.text);
                let mut over = book.passages(session, first, &source.index);
                over.extend(book.by_digest(session, &slot.text));
                source.lay(over);
            }
        }
    }
}

#[cfg(test)]
mod tests;
