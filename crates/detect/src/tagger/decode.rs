//! The best sequence of tags (Viterbi), and how likely each span is (forward and backward sums).

use std::ops::Range;

use ombud_core::DataType;

/// A tag: outside, or the start or inside of one of three kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag(u8);

impl Tag {
    /// Number of tags.
    pub const COUNT: usize = 7;
    /// Not part of a name.
    pub const OUTSIDE: Self = Self(0);
    const KINDS: [DataType; 3] = [DataType::Person, DataType::Location, DataType::Org];

    /// The tag with this number, if there is one.
    pub fn from_index(index: usize) -> Option<Self> {
        u8::try_from(index).ok().filter(|&i| usize::from(i) < Self::COUNT).map(Self)
    }

    /// The tag of the first or a later token of a kind; `OUTSIDE` for kinds that are not tagged.
    pub fn of(kind: DataType, first: bool) -> Self {
        (1_u8..)
            .step_by(2)
            .zip(Self::KINDS)
            .find(|(_, known)| *known == kind)
            .map_or(Self::OUTSIDE, |(i, _)| Self(if first { i } else { i + 1 }))
    }

    /// The number of the tag, below [`COUNT`](Self::COUNT).
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The kind of the name that the token is part of.
    pub fn kind(self) -> Option<DataType> {
        Self::KINDS.get(usize::from(self.0.checked_sub(1)?) / 2).copied()
    }

    /// True if a name starts here.
    pub fn begins(self) -> bool {
        self.0 % 2 == 1
    }

    /// True if `self` may precede `next`: the inside of a name follows its start or inside.
    pub fn may_precede(self, next: Self) -> bool {
        next == Self::OUTSIDE || next.begins() || next.kind() == self.kind()
    }
}

/// Weights from each tag and, in the last row, from the start of the sentence, to each tag.
pub type Transitions = [[i32; Tag::COUNT]; Tag::COUNT + 1];

/// Weight of an impossible transition.
pub const NEVER: i32 = -20_000;

/// A span of tokens with its kind and probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Token range in the segment.
    pub tokens: Range<usize>,
    /// PERSON, LOCATION or ORG.
    pub kind: DataType,
    /// The probability of its least certain tag.
    pub score: f32,
}

type Row<T> = [T; Tag::COUNT];

/// Decodes one segment after the other, reusing its buffers.
#[derive(Debug)]
pub struct Decoder {
    transitions: Transitions,
    /// Whether the segment starts inside a sentence.
    inside: bool,
    emissions: Vec<Row<i32>>,
    back: Vec<Row<u8>>,
    path: Vec<Tag>,
}

impl Decoder {
    /// A decoder for a model with these transitions.
    pub fn new(transitions: Transitions) -> Self {
        Self { transitions, inside: false, emissions: Vec::new(), back: Vec::new(), path: Vec::new() }
    }

    /// Resets for the next segment, which is either `inside` a sentence, after something that is not a name, or at its
    /// start.
    pub fn clear(&mut self, inside: bool) {
        self.inside = inside;
        self.emissions.clear();
    }

    /// Weights from what precedes the segment to each tag.
    fn start(&self) -> &Row<i32> {
        let [outside, .., start] = &self.transitions;
        if self.inside { outside } else { start }
    }

    /// Adds a token with its weight for each tag.
    pub fn push(&mut self, weights: Row<i32>) {
        self.emissions.push(weights);
    }

    /// True if no name can be on the best path: at each token, "outside" leads by more than neighbours could make up for.
    fn settled(&self) -> bool {
        let [outside, .., start] = &self.transitions;
        let steps = self.transitions.iter().flatten().filter(|weight| **weight > NEVER);
        let (most, stay) = (steps.max().copied().unwrap_or(0), outside[0].min(start[0]));
        // Leaving "outside" for one token takes two transitions other than staying.
        let gain = 2 * (most - stay).max(0);
        self.emissions.iter().all(|[outside, names @ ..]| names.iter().all(|name| name + gain < *outside))
    }

    /// Finds the best path. Returns true if there is a name on it.
    pub fn decode(&mut self) -> bool {
        if self.settled() {
            return false;
        }
        let [rows @ .., _] = &self.transitions;
        let start = *self.start();
        self.back.clear();
        self.path.clear();
        let mut best: Row<i32> = [0; Tag::COUNT];
        for (at, emission) in self.emissions.iter().enumerate() {
            let mut from: Row<u8> = [0; Tag::COUNT];
            let mut reached = start;
            if at > 0 {
                reached = [i32::MIN; Tag::COUNT];
                for (tag, (row, so_far)) in (0_u8..).zip(rows.iter().zip(best)) {
                    for ((reach, origin), weight) in reached.iter_mut().zip(&mut from).zip(row) {
                        let sum = so_far + weight;
                        if sum > *reach {
                            (*reach, *origin) = (sum, tag);
                        }
                    }
                }
            }
            // Keeps the values of a long sentence within the integer range.
            let top = reached.iter().copied().max().unwrap_or(0);
            for ((place, reach), weight) in best.iter_mut().zip(reached).zip(emission) {
                *place = (reach - top).max(4 * NEVER) + weight;
            }
            self.back.push(from);
        }
        let mut tag = (0_u8..)
            .zip(best)
            .max_by_key(|(tag, weight)| (*weight, std::cmp::Reverse(*tag)))
            .map_or(0, |b| b.0);
        for from in self.back.iter().rev() {
            self.path.push(Tag(tag));
            tag = from.get(usize::from(tag)).copied().unwrap_or(0);
        }
        self.path.reverse();
        self.path.iter().any(|tag| *tag != Tag::OUTSIDE)
    }

    /// The spans of the best path. `scale` is the value of one weight step.
    pub fn spans(&self, scale: f32) -> Vec<Found> {
        let sure = self.probabilities(scale);
        let mut spans: Vec<Found> = Vec::new();
        for (at, (tag, sure)) in self.path.iter().zip(sure).enumerate() {
            let Some(kind) = tag.kind() else { continue };
            let goes_on = |last: &&mut Found| !tag.begins() && last.tokens.end == at && last.kind == kind;
            match spans.last_mut().filter(goes_on) {
                Some(last) => {
                    last.tokens.end = at + 1;
                    last.score = last.score.min(sure);
                }
                None => spans.push(Found { tokens: at..at + 1, kind, score: sure }),
            }
        }
        spans
    }

    /// Per token, the probability that it is part of a name of the kind assigned by the path.
    fn probabilities(&self, scale: f32) -> Vec<f32> {
        let lattice = Lattice::new(&self.transitions, self.start(), scale);
        let emissions: Vec<Row<f32>> = self.emissions.iter().map(|row| exponents(row, scale)).collect();
        let marginals = lattice.marginals(&emissions);
        marginals
            .iter()
            .zip(&self.path)
            .map(|(row, tag)| {
                let same = |i: usize| Tag::from_index(i).and_then(Tag::kind) == tag.kind();
                row.iter().enumerate().filter(|(i, _)| same(*i)).map(|(_, p)| p).sum::<f32>().clamp(0.0, 1.0)
            })
            .collect()
    }
}

/// `e` to the power of the weights, relative to the largest.
#[expect(clippy::cast_precision_loss, reason = "weights are small integers")]
fn exponents(row: &Row<i32>, scale: f32) -> Row<f32> {
    let top = row.iter().copied().max().unwrap_or(0);
    row.map(|weight| ((weight - top) as f32 * scale).exp())
}

/// Forward and backward sums as plain probabilities, normalised at each token.
#[derive(Debug, Clone)]
struct Lattice {
    transitions: [Row<f32>; Tag::COUNT],
    start: Row<f32>,
}

impl Lattice {
    /// The lattice of a model, for a segment entered with the weights `start`.
    fn new(transitions: &Transitions, start: &Row<i32>, scale: f32) -> Self {
        let [rows @ .., _] = transitions;
        #[expect(clippy::cast_precision_loss, reason = "weights are small integers")]
        let exponent = |weight: i32| if weight <= NEVER { 0.0 } else { (weight as f32 * scale).exp() };
        Self { transitions: rows.map(|row| row.map(exponent)), start: start.map(exponent) }
    }

    /// Per token, the probability of each tag. `emissions` are `e` to the power of the weights, up to a constant factor
    /// per row.
    fn marginals(&self, emissions: &[Row<f32>]) -> Vec<Row<f32>> {
        let mut rows: Vec<Row<f32>> = Vec::with_capacity(emissions.len());
        let mut before = None;
        for emission in emissions {
            let mut row = before.map_or(self.start, |before| self.forward(&before));
            for (place, weight) in row.iter_mut().zip(emission) {
                *place *= weight;
            }
            before = Some(normal(row));
            rows.push(normal(row));
        }
        let mut after: Row<f32> = [1.0; Tag::COUNT];
        for (row, emission) in rows.iter_mut().zip(emissions).rev() {
            let mut joint = *row;
            for (place, weight) in joint.iter_mut().zip(after) {
                *place *= weight;
            }
            *row = normal(joint);
            let mut weighted = after;
            for (place, weight) in weighted.iter_mut().zip(emission) {
                *place *= weight;
            }
            after = normal(self.transitions.map(|tags| tags.iter().zip(weighted).map(|(t, w)| t * w).sum()));
        }
        rows
    }

    fn forward(&self, before: &Row<f32>) -> Row<f32> {
        let mut row = [0.0; Tag::COUNT];
        for (tags, so_far) in self.transitions.iter().zip(before) {
            for (place, weight) in row.iter_mut().zip(tags) {
                *place += so_far * weight;
            }
        }
        row
    }
}

/// The probability of each tag if nothing is known.
const EVEN: f32 = 1.0 / 7.0;

fn normal(row: Row<f32>) -> Row<f32> {
    let sum: f32 = row.iter().sum();
    if sum > 0.0 && sum.is_finite() { row.map(|p| p / sum) } else { [EVEN; Tag::COUNT] }
}
