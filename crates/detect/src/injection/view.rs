//! [`View`]: a text to be read, with the positions of its bytes in the given text.

use std::borrow::Cow;
use std::ops::Range;

use ombud_core::{Hiding, OffsetMap};

use crate::normalise::{normalise, simplify};

/// A part of the given text, decoded.
#[derive(Debug, Clone)]
pub(super) struct View<'t> {
    /// The text to be read.
    pub(super) text: Cow<'t, str>,
    place: Place,
    /// How it was hidden, outermost first.
    pub(super) hidden: Vec<Hiding>,
    /// Number of layers between it and the given text.
    pub(super) depth: usize,
}

#[derive(Debug, Clone)]
enum Place {
    /// Each byte has its own position.
    Fine(OffsetMap),
    /// All of it maps to one run.
    Whole(Range<usize>),
}

/// A text derived from another, with the mapping back.
#[derive(Debug, Default)]
pub(super) struct Derived {
    pub(super) text: String,
    map: OffsetMap,
}

impl Derived {
    pub(super) fn new() -> Self {
        Self { text: String::new(), map: OffsetMap::builder() }
    }

    /// Copies a part of the source that starts at `from`.
    pub(super) fn copy(&mut self, part: &str, from: usize) {
        if !part.is_empty() {
            self.map.anchor(self.text.len(), from);
            self.text.push_str(part);
        }
    }

    /// Writes a character in place of what starts at `from`.
    pub(super) fn put(&mut self, ch: char, from: usize) {
        let start = self.text.len();
        self.text.push(ch);
        for at in start..self.text.len() {
            self.map.anchor(at, from);
        }
    }

    /// Closes it at the byte of the source where it ends.
    fn closed(mut self, end: usize) -> (String, OffsetMap) {
        self.map.close(self.text.len(), end);
        (self.text, self.map)
    }
}

impl<'t> View<'t> {
    /// The given text.
    pub(super) fn of(text: &'t str) -> Self {
        let place = Place::Fine(OffsetMap::identity(text.len()));
        Self { text: Cow::Borrowed(text), place, hidden: Vec::new(), depth: 0 }
    }

    /// The same text in normal form.
    pub(super) fn normalised(self) -> Self {
        let normal = normalise(&self.text);
        let simple = simplify(&normal.text);
        let place = match (&normal.text, &simple, &self.place) {
            (Cow::Borrowed(_), Cow::Borrowed(_), _) => return self,
            (Cow::Owned(_), _, Place::Fine(map)) => Place::Fine(normal.map().through(map)),
            (_, _, place) => place.clone(),
        };
        let text = Cow::Owned(simple.into_owned());
        Self { text, place, hidden: self.hidden, depth: self.depth }
    }

    /// The bytes of the given text that correspond to a range of this one; they may cut a character.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        match &self.place {
            Place::Fine(map) => map.range(range),
            Place::Whole(span) => span.clone(),
        }
    }

    /// A view of what was derived from the source's bytes up to `end`.
    pub(super) fn child(&self, derived: Derived, end: usize, hiding: Option<Hiding>) -> View<'static> {
        let (text, map) = derived.closed(end);
        let place = match &self.place {
            Place::Fine(outer) => Place::Fine(map.through(outer)),
            Place::Whole(span) => Place::Whole(span.clone()),
        };
        self.below(text, place, hiding)
    }

    /// A view of the decoded content of one run of this text.
    pub(super) fn decoded(&self, text: String, run: &Range<usize>, hiding: Hiding) -> View<'static> {
        self.below(text, Place::Whole(self.original(run)), Some(hiding))
    }

    fn below(&self, text: String, place: Place, hiding: Option<Hiding>) -> View<'static> {
        let mut hidden = self.hidden.clone();
        hidden.extend(hiding.filter(|hiding| !self.hidden.contains(hiding)));
        View { text: Cow::Owned(text), place, hidden, depth: self.depth + 1 }
    }
}
