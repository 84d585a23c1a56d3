//! [`Detector`]: the whole deterministic tier behind one call.

use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use ombud_core::{DECLARED, DataType, Detection};

use crate::label::LabelIndex;
use crate::mask::token;
use crate::normalise::normalise;
use crate::recognisers;
use crate::resolve::{Candidate, Strength, resolve};
use crate::scan::Scanner;
use crate::tagger::Tagger;
use crate::text::{Text, is_word};

/// What the operator tells the detector beforehand.
#[derive(Clone, Default)]
pub struct Options {
    /// Names and values that are always to be found, such as the operator's own list of customers. They are compared
    /// letter by letter after [`normalise`]; one that begins or ends with an ASCII letter or digit is found only as a
    /// whole word. Empty values are ignored.
    pub declared: Vec<(DataType, String)>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("declared", &self.declared.len()).finish()
    }
}

/// Finds personal data and secrets in a text. Immutable once made, so one can be shared between threads.
pub struct Detector {
    scanner: Scanner,
    labels: LabelIndex,
    declared: Option<Declared>,
    tagger: Option<Tagger<'static>>,
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detector").field("recognisers", &recognisers::ALL.len()).finish_non_exhaustive()
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new(&Options::default())
    }
}

impl Detector {
    /// Builds the automata: some milliseconds.
    pub fn new(options: &Options) -> Self {
        Self {
            scanner: Scanner::new(recognisers::ALL),
            labels: LabelIndex::new(recognisers::ALL),
            declared: Declared::new(options),
            tagger: Tagger::built_in(),
        }
    }

    /// Everything found in `text`, sorted by start, without overlaps; spans are bytes of `text` on character boundaries.
    pub fn detect(&self, text: &str) -> Vec<Detection> {
        let normal = normalise(text);
        let view = Text::new(&normal.text, &self.labels);
        let mut candidates = Vec::new();
        // Each source reads the normal form and adds candidates; `resolve` says who wins.
        self.scanner.scan(&view, &mut candidates);
        if let Some(declared) = &self.declared {
            declared.find(&view, &mut candidates);
        }
        if let Some(tagger) = &self.tagger {
            tagger.find(view.as_str(), &mut candidates);
        }
        candidates.retain(|candidate| !touches_own_token(&view, &candidate.span));
        resolve(candidates)
            .into_iter()
            .map(|found| Detection {
                span: normal.original(&found.span),
                kind: found.kind,
                score: found.score,
                recogniser: found.recogniser,
            })
            .collect()
    }
}

/// True if the span touches something of the form of our own tokens. With a letter or digit behind it, it is the beginning
/// of something else: `api_org_…` is how a vendor's keys begin.
fn touches_own_token(text: &Text<'_>, span: &Range<usize>) -> bool {
    const LONGEST: usize = 17;
    let from = text.as_str().floor_char_boundary(span.start.saturating_sub(LONGEST));
    let to = text.as_str().ceil_char_boundary(span.end + LONGEST);
    let around = text.slice(from..to);
    memchr::memchr(b'_', around.as_bytes()).is_some()
        && token::spans(around).into_iter().any(|token| {
            let token = from + token.start..from + token.end;
            token.start < span.end && span.start < token.end && !text.byte(token.end).is_some_and(is_word)
        })
}

/// The values that the operator declares.
struct Declared {
    automaton: AhoCorasick,
    kinds: Vec<DataType>,
}

impl Declared {
    fn new(options: &Options) -> Option<Self> {
        let (kinds, values): (Vec<_>, Vec<_>) = options
            .declared
            .iter()
            .map(|(kind, value)| (*kind, normalise(value.trim()).text.into_owned()))
            .filter(|(_, value)| !value.is_empty())
            .unzip();
        if kinds.is_empty() {
            return None;
        }
        // Building fails only beyond two thousand million states; then there is nothing that could be found.
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
