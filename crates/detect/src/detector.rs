//! [`Detector`]: all detection in one call.

use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use ombud_core::{DECLARED, DataType, Detection};

use crate::address;
use crate::label::LabelIndex;
use crate::mask::token;
use crate::normalise::{Normalised, as_written, normalise, simplify};
use crate::recognisers;
use crate::resolve::{Candidate, Strength, resolve};
use crate::scan::Scanner;
use crate::table;
use crate::tagger::Tagger;
use crate::text::{Text, is_word};
use crate::topics::Topics;

/// Options that the operator sets.
#[derive(Clone, Default)]
pub struct Options {
    /// Names and values that must always be found, such as the operator's own customer list. They are compared literally
    /// after [`normalise`]; one that starts or ends with an ASCII letter or digit is found only as a whole word. Empty
    /// values are ignored.
    pub declared: Vec<(DataType, String)>,
    /// Leaves out the tagger of names, places and organisations, so that only values with a format remain.
    pub without_names: bool,
    /// The countries whose numbers are looked for, as listed by [`locales`](crate::locales); all if absent. What belongs
    /// to no country is always looked for.
    pub locales: Option<Vec<String>>,
}

impl Options {
    fn people(&self) -> impl Iterator<Item = Box<str>> + '_ {
        let people = self.declared.iter().filter(|(kind, _)| *kind == DataType::Person);
        people.map(|(_, name)| Box::from(name.trim()))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("declared", &self.declared.len())
            .field("locales", &self.locales)
            .finish_non_exhaustive()
    }
}

/// Finds personal data and secrets in a text. Immutable, so one can be shared between threads.
pub struct Detector {
    scanner: Scanner,
    labels: LabelIndex,
    declared: Option<Declared>,
    people: Vec<Box<str>>,
    tagger: Option<Tagger<'static>>,
    topics: Topics,
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detector").field("declared", &self.declared.is_some()).finish_non_exhaustive()
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new(&Options::default())
    }
}

impl Detector {
    /// Builds the automata, which takes some milliseconds.
    pub fn new(options: &Options) -> Self {
        let recognisers = recognisers::chosen(options.locales.as_deref());
        Self {
            labels: LabelIndex::new(&recognisers),
            scanner: Scanner::new(recognisers),
            declared: Declared::new(options),
            people: options.people().collect(),
            tagger: if options.without_names { None } else { Tagger::built_in() },
            topics: Topics::new(),
        }
    }

    /// Like [`detect`](Self::detect), but also reports what the text says about somebody: a detection of such a type
    /// ([`DataType::is_label`]) has an empty span at its position, because there is nothing to mask.
    pub fn detect_with_labels(&self, text: &str) -> Vec<Detection> {
        let mut found = self.detect(text);
        let labels = self.topics.find(&simplify(text), &found);
        found.extend(labels);
        found.sort_by_key(|found| (found.span.start, found.span.end));
        found
    }

    /// A detector without the trained model: what the rules find does not change when the model does.
    #[cfg(test)]
    pub(crate) fn without_model() -> Self {
        Self { tagger: None, ..Self::new(&Options::default()) }
    }

    /// The names of people declared by the operator.
    pub fn declared_people(&self) -> &[Box<str>] {
        &self.people
    }

    /// Everything found in `text`, sorted by start, without overlaps; spans are bytes of `text` on character boundaries.
    pub fn detect(&self, text: &str) -> Vec<Detection> {
        self.find(text, self.tagger.as_ref())
    }

    /// The same without the tagger of names, places and organisations, which takes most of the time: only values with a
    /// format of their own. Where the tagger would also have found something, it might have won over what is found here.
    pub fn detect_formed(&self, text: &str) -> Vec<Detection> {
        self.find(text, None)
    }

    /// Where the text contains HTML character references, it is read both as a browser shows it and as written: neither
    /// reading may hide what the other shows.
    fn find(&self, text: &str, tagger: Option<&Tagger<'static>>) -> Vec<Detection> {
        let normal = normalise(text);
        let found = self.read(&normal, tagger);
        if !normal.has_references() {
            return found;
        }
        either(found, self.read(&as_written(text), tagger))
    }

    fn read(&self, normal: &Normalised<'_>, tagger: Option<&Tagger<'static>>) -> Vec<Detection> {
        let simple = simplify(&normal.text);
        let cells = table::cells(&simple);
        let view = Text::with_cells(&simple, &self.labels, &cells);
        let mut candidates = Vec::new();
        // Each source reads the normal form and adds candidates; `resolve` decides who wins.
        self.scanner.scan(&view, &mut candidates);
        table::scan(&view, &self.scanner, &self.labels, &cells, &mut candidates);
        if let Some(declared) = &self.declared {
            declared.find(&view, &mut candidates);
        }
        if let Some(tagger) = tagger {
            tagger.find(view.as_str(), &mut candidates);
        }
        address::join(view.as_str(), &mut candidates);
        candidates.retain(|candidate| !touches_own_token(&view, &candidate.span));
        let found = resolve(candidates).into_iter().map(|found| Detection {
            span: normal.original(&found.span),
            kind: found.kind,
            score: found.score,
            recogniser: found.recogniser,
        });
        apart(found)
    }
}

/// What at least one of two readings found; where both found something in the same place, the union under the type of the
/// longer one.
fn either(mut found: Vec<Detection>, other: Vec<Detection>) -> Vec<Detection> {
    found.extend(other);
    found.sort_by_key(|found| (found.span.start, std::cmp::Reverse(found.span.end)));
    let mut all: Vec<Detection> = Vec::with_capacity(found.len());
    for next in found {
        match all.last_mut().filter(|last| next.span.start < last.span.end) {
            Some(last) if next.span.end > last.span.end => {
                let span = last.span.start..next.span.end;
                let longer = if next.span.len() > last.span.len() { next } else { last.clone() };
                *last = Detection { span, ..longer };
            }
            Some(_) => {}
            None => all.push(next),
        }
    }
    all
}

/// One character of the original may be several in the normal form, spanning the end of one value and the start of the
/// next: then it belongs to the first.
fn apart(found: impl Iterator<Item = Detection>) -> Vec<Detection> {
    let mut end = 0;
    found
        .filter_map(|mut detection| {
            detection.span.start = detection.span.start.max(end);
            end = end.max(detection.span.end);
            (!detection.span.is_empty()).then_some(detection)
        })
        .collect()
}

/// True if the span touches something in the form of our own tokens. If a letter or digit follows, it is the start of
/// something else: a vendor's keys start with `api_org_…`.
fn touches_own_token(text: &Text<'_>, span: &Range<usize>) -> bool {
    const LONGEST: usize = 18;
    let from = text.as_str().floor_char_boundary(span.start.saturating_sub(LONGEST));
    let to = text.as_str().ceil_char_boundary(span.end + LONGEST);
    let around = text.slice(from..to);
    memchr::memchr(b'_', around.as_bytes()).is_some()
        && token::spans(around).into_iter().any(|token| {
            let token = from + token.start..from + token.end;
            token.start < span.end && span.start < token.end && !text.byte(token.end).is_some_and(is_word)
        })
}

/// The values declared by the operator.
struct Declared {
    automaton: AhoCorasick,
    kinds: Vec<DataType>,
}

impl Declared {
    fn new(options: &Options) -> Option<Self> {
        let (kinds, values): (Vec<_>, Vec<_>) = options
            .declared
            .iter()
            .map(|(kind, value)| (*kind, simplify(&normalise(value.trim()).text).into_owned()))
            .filter(|(_, value)| !value.is_empty())
            .unzip();
        if kinds.is_empty() {
            return None;
        }
        // Building fails only beyond two billion states; then nothing can be found.
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&values).ok()?;
        Some(Self { automaton, kinds })
    }

    fn find(&self, text: &Text<'_>, out: &mut Vec<Candidate>) {
        for hit in self.automaton.find_overlapping_iter(text.as_str()) {
            let (start, end) = (hit.start(), hit.end());
            let cut = |inner: Option<u8>, outer: Option<u8>| {
                inner.is_some_and(is_word) && outer.is_some_and(is_word)
            };
            if cut(text.byte(start), text.before(start)) || cut(text.before(end), text.byte(end)) {
                continue;
            }
            if let Some(&kind) = self.kinds.get(hit.pattern().as_usize()) {
                out.push(Candidate {
                    span: start..end,
                    kind,
                    strength: Strength::Declared,
                    score: 1.0,
                    recogniser: DECLARED,
                });
            }
        }
    }
}
