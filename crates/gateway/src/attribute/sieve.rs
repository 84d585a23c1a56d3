//! A Bloom filter that rules texts out cheaply. A value is searched for in every text of a conversation but appears in few of
//! them: each text keeps a few bits per word, and only a text that has the bits of all words of a value is searched. It never
//! rules out a text that holds the value.

use memchr::memmem::Finder;

use super::index::{Word, hash, words};
use super::verbatim::{RUN, key};
use ombud_core::script::is_han;

/// Words per marked run.
const GRAM: usize = 4;

/// Step between the runs looked up in a longer passage: any [`RUN`] consecutive words contain one of them, wherever they start.
const STEP: usize = RUN - GRAM + 1;

/// Bits reserved per mark.
const BITS: usize = 12;

/// Maximum number of bits for one text.
const MOST_BITS: usize = 1 << 24;

/// Maximum number of marks looked up for one value.
const MOST_MARKS: usize = 32;

/// Distinguishes the marks of identifiers from those of words.
const TERM: u64 = 0x7465_726d;

/// The words, pairs of words, runs of [`GRAM`] words and identifiers of a text, as bits.
#[derive(Debug, Default)]
pub struct Sieve {
    bits: Vec<u64>,
    /// Whether some word mixes ASCII and other characters, so that it may contain a value that word boundaries do not reveal.
    mixed: bool,
}

/// A value to be looked for in many texts.
pub struct Probe<'v> {
    /// The folded value.
    pub value: &'v str,
    finder: Finder<'v>,
    whole: Vec<u64>,
    inner: Vec<u64>,
}

/// Returns the mark of an identifier.
pub fn term_mark(canonical: &str) -> u64 {
    hash(canonical) ^ TERM
}

impl Sieve {
    /// Creates a sieve sized for this many words and identifiers.
    pub fn for_marks(words: usize, terms: usize) -> Self {
        let bits = ((4 * words + terms) * BITS).next_power_of_two().clamp(64, MOST_BITS);
        Self { bits: vec![0; bits / 64], mixed: false }
    }

    /// Marks the words of a folded text.
    pub fn mark_words(&mut self, folded: &str, words: &[Word]) {
        for word in words {
            self.mark(word.hash);
        }
        words.windows(2).for_each(|pair| self.mark(key(pair)));
        words.windows(GRAM).for_each(|run| self.mark_run(key(run)));
        self.mixed |= !folded.is_ascii() && words.iter().any(|word| is_mixed(folded, word));
    }

    /// Adds a mark.
    pub fn mark(&mut self, mark: u64) {
        for (at, bit) in self.spots(mark) {
            if let Some(bits) = self.bits.get_mut(at) {
                *bits |= bit;
            }
        }
    }

    /// Adds the mark of a run, twice: many runs of a long value are looked up in every text, so false positives must be rarer.
    fn mark_run(&mut self, run: u64) {
        self.mark(run);
        self.mark(again(run));
    }

    /// Whether a run may be present; `false` is certain.
    fn may_have_run(&self, run: u64) -> bool {
        self.may_have(run) && self.may_have(again(run))
    }

    /// Whether any of these runs may be present.
    pub fn may_have_any(&self, runs: &[u64]) -> bool {
        runs.iter().any(|run| self.may_have_run(*run))
    }

    /// Whether a mark may be present; `false` is certain.
    pub fn may_have(&self, mark: u64) -> bool {
        self.spots(mark).iter().all(|(at, bit)| self.bits.get(*at).is_none_or(|bits| bits & bit != 0))
    }

    /// Whether the text may hold the value as whole words.
    pub fn may_hold(&self, probe: &Probe<'_>) -> bool {
        probe.whole.iter().all(|mark| self.may_have(*mark))
    }

    /// Whether the text may hold the value with no ASCII letter or digit adjoining its ends.
    pub fn may_contain(&self, probe: &Probe<'_>) -> bool {
        self.mixed || probe.inner.iter().all(|mark| self.may_have(*mark))
    }

    /// Its size in bytes.
    pub fn weight(&self) -> usize {
        size_of_val::<[u64]>(&self.bits)
    }

    fn spots(&self, mark: u64) -> [(usize, u64); 2] {
        let mixed = (mark ^ (mark >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        [mixed >> 40, mixed >> 16].map(|bits| {
            let bit = usize::try_from(bits & 0xff_ffff).unwrap_or_default();
            ((bit / 64) & self.bits.len().wrapping_sub(1), 1 << (bit % 64))
        })
    }
}

impl<'v> Probe<'v> {
    /// Prepares a folded value.
    pub fn new(value: &'v str) -> Self {
        let all = words(value);
        let inner = all.get(usize::from(joins(value.chars().next()))..).unwrap_or_default();
        let inner = if joins(value.chars().next_back()) {
            inner.split_last().map_or(&[][..], |all| all.1)
        } else {
            inner
        };
        Self { value, finder: Finder::new(value), whole: marks(&all), inner: marks(inner) }
    }

    /// Returns the offsets of the value in a text.
    pub fn find_in<'t>(&'t self, text: &'t str) -> impl Iterator<Item = usize> + 't {
        self.finder.find_iter(text.as_bytes())
    }
}

fn again(run: u64) -> u64 {
    run.rotate_left(32) ^ TERM
}

/// Returns runs such that every passage of [`RUN`] words of the text contains one.
pub fn telling_runs(words: &[Word]) -> Vec<u64> {
    words.windows(GRAM).step_by(STEP).map(key).collect()
}

/// Returns the marks of words, the most selective kind first.
fn marks(words: &[Word]) -> Vec<u64> {
    let runs = words.windows(GRAM).step_by(GRAM).map(key);
    let pairs = words.windows(2).map(key);
    runs.chain(pairs).chain(words.iter().map(|word| word.hash)).take(MOST_MARKS).collect()
}

/// Whether a character continues a word without a visible boundary: alphanumeric, but neither ASCII nor Han, which is a word of
/// its own.
fn joins(ch: Option<char>) -> bool {
    ch.is_some_and(|ch| ch.is_alphanumeric() && !ch.is_ascii() && !is_han(ch))
}

fn is_mixed(folded: &str, word: &Word) -> bool {
    let text = folded.get(word.span()).unwrap_or_default();
    !text.is_ascii() && text.bytes().any(|byte| byte.is_ascii())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::index::{Form, Index, fold};
    use super::*;

    /// Reference search without the sieve: whether a value occurs as whole words, and with no ASCII letter or digit adjoining it.
    fn plainly(text: &str, value: &str) -> (bool, bool) {
        let edges = |at: usize| {
            let end = at + value.len();
            (
                text[..at].chars().next_back(),
                text[end..].chars().next(),
                value.chars().next(),
                value.chars().next_back(),
            )
        };
        let letter = |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() && !is_han(ch));
        let latin = |ch: Option<char>| ch.is_some_and(|ch| ch.is_ascii_alphanumeric());
        let all = || text.match_indices(value).map(|(at, _)| edges(at));
        let free = |test: &dyn Fn(Option<char>) -> bool| {
            all().any(|(before, after, first, last)| {
                !(test(before) && test(first) || test(after) && test(last))
            })
        };
        (free(&letter), free(&latin))
    }

    #[test]
    fn most_texts_are_ruled_out() {
        let value = fold("anna17@shop.example");
        let probe = Probe::new(&value);
        let others =
            (0..1000).map(|other| format!("Mail of anna{}@shop.example, please answer it", 100 + other));
        let kept = others.filter(|text| Index::new(text, Form::Words).sieve.may_hold(&probe)).count();
        assert!(kept < 60, "{kept}");
    }

    proptest! {
        #[test]
        fn no_text_is_ruled_out_that_holds_the_value(
            before in "[ab é中が@.]{0,9}", value in "[abé中が][ab é中が@.]{0,24}", after in "[ab é中が@.]{0,9}",
        ) {
            let (text, value) = (fold(&format!("{before}{value}{after}")), fold(&value));
            let (index, probe) = (Index::new(&text, Form::Words), Probe::new(&value));
            let (whole, inner) = plainly(&text, &value);
            prop_assert!(!whole || index.sieve.may_hold(&probe));
            prop_assert!(!inner || index.sieve.may_contain(&probe));
            prop_assert_eq!(whole, index.verbatim(&probe).next().is_some());
        }

        #[test]
        fn nor_one_of_whose_fields_does(value in "[a-c\\\\ é]{1,12}", other in "[a-c ]{0,9}") {
            let document = serde_json::json!([{ "a": value.clone(), "b": other }]).to_string();
            let (index, value) = (Index::new(&document, Form::Json(&document)), fold(value.trim()));
            let probe = Probe::new(&value);
            let held = index.fields.iter().any(|field| field.value == value);
            prop_assert!(!held || index.sieve.may_hold(&probe) && index.sieve.may_contain(&probe));
        }
    }
}
