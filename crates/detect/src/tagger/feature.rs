//! Features: what the model knows about a token and its neighbours, each as a hash.
//!
//! Training and tagging use this one function; a model fits only the features that it was trained with, so any change here
//! needs a new model (the header's version guards against forgetting it).

use super::lexicon::Mark;
use super::token::{Kind, Shape, Token};

/// Raised with every change of features or tokens.
pub const VERSION: u32 = 2;

/// Mixes two values into one; the multiplier is that of `SplitMix64`.
pub fn mix(a: u64, b: u64) -> u64 {
    let x = (a.rotate_left(25) ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

/// Hash of the bytes of a word.
pub fn hash_word(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| mix(hash, u64::from(*byte)))
}

/// What stands beyond the ends of a sentence.
const OUTSIDE: u64 = 17;

struct View<'a> {
    tokens: &'a [Token],
    marks: &'a [Mark],
    at: usize,
}

impl View<'_> {
    fn index(&self, offset: isize) -> Option<usize> {
        self.at.checked_add_signed(offset)
    }

    fn token(&self, offset: isize) -> Option<&Token> {
        self.tokens.get(self.index(offset)?)
    }

    fn id(&self, offset: isize) -> u64 {
        self.token(offset).map_or(OUTSIDE, |token| token.id)
    }

    /// Kind, shape, and whether a blank stands before: the form of a token, without its letters.
    fn form(&self, offset: isize) -> u64 {
        self.token(offset).map_or(OUTSIDE, |token| {
            let spaced = u64::from(token.spaced && token.kind != Kind::Han);
            (token.kind as u64) << 8 | (token.shape as u64) << 4 | spaced
        })
    }

    fn mark(&self, offset: isize) -> u64 {
        self.index(offset).and_then(|i| self.marks.get(i)).map_or(0, |mark| mark.bits())
    }
}

/// Calls `emit` with each feature of the token at `at`. `marks` are those of [`super::lexicon::mark`] for the same tokens;
/// an empty slice stands for no lexicon.
pub fn each(tokens: &[Token], marks: &[Mark], at: usize, mut emit: impl FnMut(u64)) {
    let view = View { tokens, marks, at };
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
    feature(8, mix(mix(view.form(-1), view.form(0)), view.form(1)));
    if view.mark(0) | view.mark(-1) | view.mark(1) != 0 {
        feature(9, view.mark(0));
        feature(10, mix(mix(view.mark(-1), view.mark(0)), view.mark(1)));
        feature(11, mix(view.mark(0), id(-1)));
        feature(12, mix(view.mark(0), id(1)));
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
    feature(27, mix(mix(right, id(2)), id(3)));
    feature(28, mix(mix(id(-3), id(-2)), left));
    // What ends an address or an organisation may stand some characters on; what opens one, some characters back.
    feature(29, id(-3));
    feature(30, mix(mix(view.mark(0), view.mark(1)), mix(view.mark(2), view.form(2))));
    feature(31, mix(id(2), id(3)));
    feature(32, mix(id(-3), id(-2)));
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
    feature(51, mix(mix(view.form(-2), view.form(-1)), mix(view.form(0), mix(view.form(1), view.form(2)))));
    feature(52, mix(mix(id(-1), view.form(0)), id(1)));
    feature(53, mix(view.mark(0), mix(view.form(-1), view.form(0))));
    feature(54, mix(mix(view.mark(-1), view.mark(0)), mix(view.form(-1), view.form(0))));
    feature(55, mix(mix(view.mark(0), view.mark(1)), mix(view.form(0), view.form(1))));
    if token.shape == Shape::Initial || view.form(1) == OUTSIDE {
        feature(56, mix(view.form(1), view.form(2)));
    }
    for offset in [-1, 1] {
        if let Some(near) = view.token(offset) {
            feature(
                58 + offset.unsigned_abs() as u64 + u64::from(offset > 0),
                mix(near.affixes[3], view.form(0)),
            );
        }
    }
}

fn other(view: &View<'_>, mut feature: impl FnMut(u64, u64)) {
    let id = |offset| view.id(offset);
    feature(70, mix(mix(view.form(-1), id(0)), view.form(1)));
    feature(71, mix(mix(view.mark(-1), id(0)), view.mark(1)));
    feature(72, mix(mix(view.form(-2), view.form(-1)), mix(id(0), mix(view.form(1), view.form(2)))));
    feature(73, mix(mix(id(-1), id(0)), id(1)));
    feature(74, mix(mix(id(-2), id(-1)), view.form(0)));
    feature(75, mix(mix(id(1), id(2)), view.form(0)));
}
