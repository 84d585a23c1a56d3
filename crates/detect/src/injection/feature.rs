//! Features of a sentence: which word classes it contains, in which order, its surroundings, and its own words.
//!
//! Training and inference share this function; a model fits only the features that it was trained with, so any change
//! here or in the lexicon needs a new model (the version in the header guards against forgetting it).

use ombud_core::Hiding;

use super::lexicon::{Class, Hit};
use crate::tagger::feature::{hash_word, mix};

/// Incremented with every change of features or words.
pub const VERSION: u32 = 5;

/// Bits of an index into the table of classes.
pub const CLASS_BITS: u32 = 15;
/// Bits of an index into the table of words.
pub const WORD_BITS: u32 = 19;
/// Bits of an index into the table of passage words.
pub const PASSAGE_BITS: u32 = 18;

/// What is known about a sentence.
#[derive(Debug, Clone, Default)]
pub struct Features {
    /// Indices into the table of classes, unique and ascending.
    pub classes: Vec<u32>,
    /// Indices into the table of words, unique and ascending.
    pub words: Vec<u32>,
}

/// The surroundings of a sentence.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around {
    /// Classes in the sentences before and after.
    pub(super) near: u32,
    /// Classes anywhere in the text.
    pub(super) text: u32,
    /// Whether the sentence is in quotation marks, code or a quotation.
    pub(super) quoted: bool,
}

/// How a text was hidden, to the extent that the model distinguishes it.
fn hiding_kind(hidden: &[Hiding]) -> u64 {
    let rank = |hiding: &Hiding| match hiding {
        Hiding::Characters => 6,
        Hiding::Base64 | Hiding::Hex | Hiding::Rotated => 5,
        Hiding::Letters | Hiding::Percent | Hiding::Entities => 4,
        Hiding::Style => 3,
        Hiding::Comment => 2,
        Hiding::Attribute => 1,
    };
    hidden.iter().map(rank).max().unwrap_or(0)
}

/// Classes that mark a text as being about attacks or templates; other classes anywhere in the text are not informative.
const TOPICS: u32 = 1 << Class::Discuss as u8 | 1 << Class::Tokens as u8;

struct Writer {
    features: Features,
}

impl Writer {
    fn class(&mut self, template: u64, value: u64) {
        let hash = mix(template.wrapping_mul(0xff51_afd7_ed55_8ccd), value);
        self.features.classes.push(place(hash, CLASS_BITS));
    }

    fn word(&mut self, template: u64, value: u64) {
        let hash = mix(template.wrapping_mul(0xc4ce_b9fe_1a85_ec53), value);
        self.features.words.push(place(hash, WORD_BITS));
    }
}

fn place(hash: u64, bits: u32) -> u32 {
    u32::try_from(hash >> (64 - bits)).unwrap_or_default()
}

/// The features of a sentence with these words.
pub(super) fn of(sentence: &str, hits: &[Hit], around: Around, hidden: &[Hiding]) -> Features {
    let mut writer = Writer { features: Features::default() };
    let own = hits.iter().fold(0_u32, |own, hit| own | hit.class.bit());
    class_features(&mut writer, own, hits, around, hiding_kind(hidden));
    word_features(&mut writer, sentence);
    let Features { classes, words } = &mut writer.features;
    for list in [classes, words] {
        list.sort_unstable();
        list.dedup();
    }
    writer.features
}

fn each_bit(bits: u32) -> impl Iterator<Item = u64> + Clone {
    (0..32_u64).filter(move |bit| bits >> bit & 1 == 1)
}

fn class_features(writer: &mut Writer, own: u32, hits: &[Hit], around: Around, hiding: u64) {
    let topics = around.text & TOPICS;
    writer.class(1, hiding);
    writer.class(2, u64::from(around.quoted));
    writer.class(3, u64::from(topics));
    for a in each_bit(own) {
        writer.class(10, a);
        writer.class(11, mix(a, hiding));
        writer.class(12, mix(a, u64::from(around.quoted)));
        writer.class(13, mix(a, u64::from(topics)));
        for b in each_bit(own).filter(|b| *b > a) {
            writer.class(20, mix(a, b));
            for c in each_bit(own).filter(|c| *c > b) {
                writer.class(23, mix(mix(a, b), c));
            }
        }
        for b in each_bit(around.near) {
            writer.class(21, mix(a, b));
        }
    }
    for b in each_bit(around.near) {
        writer.class(22, b);
    }
    order_features(writer, hits);
}

/// Which class follows which; repetitions count once.
fn order_features(writer: &mut Writer, hits: &[Hit]) {
    let mut order: Vec<u64> = hits.iter().map(|hit| u64::from(hit.class as u8)).collect();
    order.dedup();
    order.insert(0, 99);
    for (template, length) in [(30, 2), (31, 3)] {
        for run in order.windows(length) {
            writer.class(template, run.iter().fold(0, |sum, class| mix(sum, *class)));
        }
    }
}

/// Whether a character is Chinese, and thus not part of a word spelled in letters.
pub fn is_han(ch: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&ch)
}

/// Words, and neighbours in pairs and triples, including those with one word in between.
fn word_features(writer: &mut Writer, sentence: &str) {
    each_run(sentence, |template, value| writer.word(template, value));
}

/// Indices into the table of passage words for a few sentences, unique and ascending.
pub(super) fn passage(text: &str) -> Vec<u32> {
    let mut places = Vec::with_capacity(text.len());
    each_run(text, |template, value| {
        let hash = mix(template.wrapping_mul(0x9e6c_63d0_876a_3f2b), value);
        places.push(place(hash, PASSAGE_BITS));
    });
    places.sort_unstable();
    places.dedup();
    places
}

/// Calls `each` with the kind and hash of each word or run of words that counts.
fn each_run(text: &str, mut each: impl FnMut(u64, u64)) {
    let (mut before, mut last) = (0_u64, 0_u64);
    each_token(text, |hash| {
        each(1, hash);
        each(2, mix(last, hash));
        each(3, mix(mix(before, last), hash));
        each(4, mix(before, hash));
        (before, last) = (last, hash);
    });
}

/// Number of letters that identify a word: endings are not informative here.
const STEM: usize = 5;

/// Calls `each` with the hash of every word's stem and of every Chinese character.
fn each_token(sentence: &str, mut each: impl FnMut(u64)) {
    let mut word: Vec<u8> = Vec::new();
    for ch in sentence.chars().chain([' ']) {
        if ch.is_alphanumeric() && !is_han(ch) {
            let mut buffer = [0; 4];
            // All digits count as the same.
            let ch = if ch.is_ascii_digit() { '0' } else { ch.to_ascii_lowercase() };
            if word.len() < STEM {
                word.extend_from_slice(ch.encode_utf8(&mut buffer).as_bytes());
            }
            continue;
        }
        if !word.is_empty() {
            each(hash_word(&word));
            word.clear();
        }
        if is_han(ch) {
            each(u64::from(u32::from(ch)));
        }
    }
}
