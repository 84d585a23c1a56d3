//! Features: what the model knows about a token and its neighbours, each as a hash.
//!
//! Training and tagging share this function; a model fits only the features that it was trained with, so any change here
//! needs a new model (the version in the header guards against forgetting it).

use super::lexicon::Mark;
use super::token::{Kind, Shape, Token};
use super::words::Class;

/// Incremented with every change of features or tokens.
pub const VERSION: u32 = 4;

/// Mixes two values into one; the multiplier is that of `SplitMix64`.
pub fn mix(a: u64, b: u64) -> u64 {
    let x = (a.rotate_left(25) ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

/// Hash of the bytes of a word, eight at a time.
pub fn hash_word(bytes: &[u8]) -> u64 {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let hash = chunks.iter().fold(0xcbf2_9ce4_8422_2325, |hash, chunk| mix(hash, u64::from_le_bytes(*chunk)));
    let last = rest.iter().fold(rest.len() as u64, |number, byte| number << 8 | u64::from(*byte));
    mix(hash, last)
}

/// The value beyond the ends of a sentence.
const OUTSIDE: u64 = 17;

/// The form of a token without its letters: kind, shape, and whether a space precedes it. Below 2¹².
pub fn form(token: &Token) -> u64 {
    let spaced = u64::from(token.spaced && token.kind != Kind::Han);
    (token.kind as u64) << 8 | (token.shape as u64) << 4 | spaced
}

/// How a sentence uses capitals: 0 means no words, 1 none capitalised, 2 few, 3 most words, 4 throughout.
pub fn mode(tokens: &[Token]) -> u64 {
    let (mut lower, mut title, mut upper) = (0_usize, 0_usize, 0_usize);
    for token in tokens {
        match token.shape {
            Shape::Lower => lower += 1,
            Shape::Title | Shape::Mixed => title += 1,
            Shape::Upper => upper += 1,
            Shape::Initial | Shape::None => {}
        }
    }
    match (lower, title, upper) {
        (0, 0, 0) => 0,
        (_, 0, 0) => 1,
        _ if upper > lower + title => 4,
        _ if title > lower => 3,
        _ => 2,
    }
}

/// A sentence with the list marks of its tokens.
#[derive(Debug, Clone, Copy)]
pub struct Sentence<'a> {
    /// All of its tokens.
    pub tokens: &'a [Token],
    /// The marks from [`super::lexicon::mark`] for the same tokens; an empty slice means no lexicon.
    pub marks: &'a [Mark],
    /// How it uses capitals, see [`mode`].
    pub mode: u64,
}

struct View<'a> {
    sentence: &'a Sentence<'a>,
    at: usize,
}

impl View<'_> {
    fn index(&self, offset: isize) -> Option<usize> {
        self.at.checked_add_signed(offset)
    }

    fn token(&self, offset: isize) -> Option<&Token> {
        self.sentence.tokens.get(self.index(offset)?)
    }

    fn id(&self, offset: isize) -> u64 {
        self.token(offset).map_or(OUTSIDE, |token| token.id)
    }

    fn form(&self, offset: isize) -> u64 {
        self.token(offset).map_or(OUTSIDE, form)
    }

    fn mark(&self, offset: isize) -> Mark {
        self.index(offset).and_then(|i| self.sentence.marks.get(i)).copied().unwrap_or_default()
    }

    /// The marks from the name lists; lists of Chinese names count separately.
    fn names(&self, offset: isize) -> u64 {
        let names = self.mark(offset).names();
        let chinese = names != 0 && self.token(offset).is_some_and(|token| token.kind == Kind::Han);
        names | u64::from(chinese) << 40
    }

    fn words(&self, offset: isize) -> u64 {
        self.mark(offset).words()
    }

    fn company(&self, offset: isize) -> Class {
        self.mark(offset).company()
    }

    fn class(&self, offset: isize) -> u64 {
        self.mark(offset).class()
    }
}

/// Combines several values into one.
fn all<const N: usize>(values: [u64; N]) -> u64 {
    values.into_iter().reduce(mix).unwrap_or_default()
}

/// Calls `emit` with each feature of the token at `at`.
pub fn each(sentence: &Sentence<'_>, at: usize, mut emit: impl FnMut(u64)) {
    let view = View { sentence, at };
    let Some(token) = view.token(0) else { return };
    let mut feature =
        |template: u64, value: u64| emit(mix(template.wrapping_mul(0xff51_afd7_ed55_8ccd), value));
    let id = |offset| view.id(offset);
    feature(1, id(0));
    feature(2, id(-1));
    feature(3, id(1));
    feature(4, id(-2));
    feature(5, id(2));
    feature(6, mix(id(-1), id(0)));
    feature(7, mix(id(0), id(1)));
    feature(8, all([view.form(-1), view.form(0), view.form(1)]));
    let names = [-1, 0, 1].map(|offset| view.names(offset));
    if names != [0; 3] {
        feature(9, names[1]);
        feature(10, all(names));
        feature(11, mix(names[1], id(-1)));
        feature(12, mix(names[1], id(1)));
    }
    match token.kind {
        Kind::Han => han(&view, feature),
        Kind::Word => word(&view, token, feature),
        _ => other(&view, feature),
    }
}

fn han(view: &View<'_>, mut feature: impl FnMut(u64, u64)) {
    let id = |offset| view.id(offset);
    let (left, right) = (mix(id(-1), id(0)), mix(id(0), id(1)));
    feature(20, mix(id(-2), id(-1)));
    feature(21, mix(id(1), id(2)));
    feature(22, mix(left, id(1)));
    feature(23, mix(id(-2), left));
    feature(24, mix(right, id(2)));
    feature(25, mix(id(-1), id(1)));
    feature(26, id(3));
    // What ends an address or an organisation may follow some characters later; what opens one, some characters earlier.
    feature(29, id(-3));
    feature(30, all([view.names(0), view.names(1), view.names(2), view.form(2)]));
    characters(view, feature);
}

/// Classes of characters, so that a name whose character pairs were never seen is recognised by its form and neighbours.
fn characters(view: &View<'_>, mut feature: impl FnMut(u64, u64)) {
    let (id, class, words) =
        (|offset| view.id(offset), |offset| view.class(offset), |offset| view.words(offset));
    let pair = all([class(-1), class(0), 1]);
    let next = all([class(0), class(1), 2]);
    feature(100, all([pair, class(1)]));
    feature(101, all([next, class(2)]));
    feature(102, all([class(-2), pair]));
    feature(103, all([id(-1), next]));
    feature(104, all([pair, id(1)]));
    feature(105, all([class(-2), pair, id(1)]));
    feature(106, all([id(-1), next, class(2)]));
    feature(108, all([next, id(2)]));
    feature(110, all([words(-1), words(0), words(1)]));
    feature(111, all([words(0), class(0), class(1)]));
    feature(113, all([words(-2), words(-1), words(0), words(1), words(2)]));
}

fn word(view: &View<'_>, token: &Token, mut feature: impl FnMut(u64, u64)) {
    let shape = token.shape as u64;
    let id = |offset| view.id(offset);
    for (template, affix) in (40..).zip(token.affixes) {
        feature(template, mix(affix, shape));
    }
    feature(46, mix(id(0), shape));
    feature(47, mix(id(-1), view.form(0)));
    feature(48, mix(id(1), view.form(0)));
    feature(49, mix(mix(id(-2), id(-1)), view.form(0)));
    feature(50, mix(mix(id(1), id(2)), view.form(0)));
    feature(51, all([view.form(-2), view.form(-1), view.form(0), view.form(1), view.form(2)]));
    feature(52, mix(mix(id(-1), view.form(0)), id(1)));
    feature(53, all([view.names(0), view.form(-1), view.form(0)]));
    feature(54, all([view.names(-1), view.names(0), view.form(-1), view.form(0)]));
    feature(55, all([view.names(0), view.names(1), view.form(0), view.form(1)]));
    if token.shape == Shape::Initial || view.form(1) == OUTSIDE {
        feature(56, mix(view.form(1), view.form(2)));
    }
    for (template, offset) in (59..).zip([-1, 1]) {
        if let Some(near) = view.token(offset) {
            feature(template, mix(near.affixes[3], view.form(0)));
        }
    }
    usage(view, &mut feature);
    company(view, &mut feature);
}

/// Classes of the word and its neighbours, so that an unseen word counts like those that occur in the same places.
fn company(view: &View<'_>, mut feature: impl FnMut(u64, u64)) {
    let id = |offset| view.id(offset);
    let (fine, coarse) = (|offset| view.company(offset).fine(), |offset| view.company(offset).coarse());
    let form = view.form(0);
    feature(130, fine(0));
    for (template, offset) in (131..).zip([0, -1, 1, -2, 2]) {
        feature(template, mix(fine(offset), form));
    }
    feature(136, all([fine(-1), fine(0), form]));
    feature(137, all([fine(0), fine(1), form]));
    feature(138, all([coarse(-1), coarse(0), coarse(1), view.form(-1), form, view.form(1)]));
    feature(139, all([coarse(-2), coarse(-1), coarse(0), form]));
    feature(140, all([coarse(0), coarse(1), coarse(2), form]));
    feature(141, all([fine(-1), fine(1), form]));
    feature(142, all([coarse(0), view.names(0), form]));
    feature(143, all([id(-1), coarse(0), form]));
    feature(144, all([id(1), coarse(0), form]));
    feature(145, all([coarse(-2), coarse(-1), coarse(0), coarse(1), coarse(2)]));
    feature(147, all([fine(0), view.sentence.mode, form]));
    feature(148, all([coarse(-1), view.words(0), form, coarse(1)]));
}

/// How the word and its neighbours are used elsewhere, and how this sentence uses capitals.
fn usage(view: &View<'_>, mut feature: impl FnMut(u64, u64)) {
    let mode = view.sentence.mode;
    let own = all([view.words(0), view.form(0)]);
    feature(120, all([mode, view.form(-1), view.form(0), view.form(1)]));
    feature(121, all([mode, own, view.names(0)]));
    feature(122, all([view.words(-1), own, view.words(1), mode]));
    feature(123, all([view.id(-1), own]));
    feature(124, all([view.id(1), own]));
    feature(125, all([view.names(-1), own, view.names(1), mode]));
    feature(126, all([view.form(-1), view.words(-1), own, view.form(1), view.words(1)]));
}

fn other(view: &View<'_>, mut feature: impl FnMut(u64, u64)) {
    let id = |offset| view.id(offset);
    feature(70, mix(mix(view.form(-1), id(0)), view.form(1)));
    feature(71, mix(mix(view.names(-1), id(0)), view.names(1)));
    feature(72, all([view.form(-2), view.form(-1), id(0), view.form(1), view.form(2)]));
    feature(73, mix(mix(id(-1), id(0)), id(1)));
    feature(74, mix(mix(id(-2), id(-1)), view.form(0)));
    feature(75, mix(mix(id(1), id(2)), view.form(0)));
    let beside = [-1, 1].map(|offset| view.company(offset).coarse());
    if beside != [0; 2] {
        feature(146, all([beside[0], id(0), beside[1]]));
    }
}
