//! Logistic regression over the features of sentences, by stochastic gradient descent with a step size per weight (Duchi and
//! others, 2011). Which sentence of an attack gives it away is unknown: after the first passes, the surest one counts.

use std::ops::Range;

use ombud_detect::injection::feature::{CLASS_BITS, Features, PASSAGE_BITS, VERSION, WORD_BITS};
use ombud_detect::injection::model::{HEADER, MAGIC, word_share};

use crate::train::random::Random;

/// Passes over all documents; in the first `ALL_COUNT` of them, each sentence of an attack counts.
const PASSES: usize = 6;
const ALL_COUNT: usize = 2;
/// Step sizes for the weights of classes, of words, and of words of passages.
const STEPS: [f32; 3] = [0.06, 0.1, 0.1];
/// Weight of a passage's score relative to its sentence's; the two are learned separately.
const BESIDE: f32 = 1.0;
/// Pulls a weight towards zero at each use.
const SHRINK: f32 = 0.000_1;
/// Percentage of cases in which a sentence is learned from its classes alone, which are what other wordings share.
const WITHOUT_WORDS: usize = 15;
/// Weights are clamped to these magnitudes.
const MOST: [f32; 3] = [3.0, 5.0, 2.0];
/// Subtracted from the log odds: a false alarm costs trust, a miss leaves the gate as it is.
const LEAN: f32 = 1.6;

/// The sentences of one document.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) sentences: Vec<(Range<usize>, Features)>,
    /// The passages that contain them, each with the index of its first sentence.
    pub(super) passages: Vec<(usize, Vec<u32>)>,
    /// Where the attack is.
    pub(super) poison: Option<Range<usize>>,
}

impl Sample {
    fn is_inside(&self, span: &Range<usize>) -> bool {
        self.poison.as_ref().is_some_and(|poison| span.start < poison.end && poison.start < span.end)
    }
}

/// One table of weights.
struct Table {
    weights: Vec<f32>,
    squares: Vec<f32>,
    step: f32,
}

impl Table {
    fn new(bits: u32, step: f32) -> Self {
        Self { weights: vec![0.0; 1 << bits], squares: vec![1e-3; 1 << bits], step }
    }

    fn sum(&self, places: &[u32]) -> f32 {
        places.iter().filter_map(|place| self.weights.get(*place as usize)).sum()
    }

    fn learn(&mut self, places: &[u32], gradient: f32) {
        for place in places {
            let at = *place as usize;
            let (Some(weight), Some(square)) = (self.weights.get_mut(at), self.squares.get_mut(at)) else {
                continue;
            };
            *square += gradient * gradient;
            *weight -= self.step * gradient / square.sqrt();
            *weight -= SHRINK * *weight;
        }
    }

    fn steps(&self, most: f32) -> impl Iterator<Item = u8> + '_ {
        self.weights.iter().map(move |weight| quantised(*weight, most).cast_unsigned())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "cut to what fits before")]
fn quantised(weight: f32, most: f32) -> i8 {
    (weight / most * 127.0).round().clamp(-127.0, 127.0) as i8
}

/// The weights.
pub(super) struct Weights {
    classes: Table,
    words: Table,
    bias: f32,
    passages: Table,
    passage_bias: f32,
}

impl Weights {
    /// Learns from samples.
    pub(super) fn of(samples: &[Sample]) -> Self {
        let [class, word, passage] = STEPS;
        let mut weights = Self {
            classes: Table::new(CLASS_BITS, class),
            words: Table::new(WORD_BITS, word),
            bias: -3.0,
            passages: Table::new(PASSAGE_BITS, passage),
            passage_bias: 0.0,
        };
        let mut random = Random::new(23);
        let mut order: Vec<usize> = (0..samples.len()).collect();
        for pass in 0..PASSES {
            random.shuffle(&mut order);
            for sample in order.iter().filter_map(|at| samples.get(*at)) {
                weights.sample(sample, pass, &mut random);
                weights.around(sample);
            }
        }
        weights
    }

    fn odds(&self, features: &Features, words: bool) -> f32 {
        let share = word_share(features.words.len());
        let words = if words { self.words.sum(&features.words) * share } else { 0.0 };
        self.bias + self.classes.sum(&features.classes) + words
    }

    fn sample(&mut self, sample: &Sample, pass: usize, random: &mut Random) {
        let inside = |span: &Range<usize>| sample.is_inside(span);
        let surest = sample
            .sentences
            .iter()
            .enumerate()
            .filter(|(_, (span, _))| inside(span))
            .max_by(|a, b| self.odds(&a.1.1, true).total_cmp(&self.odds(&b.1.1, true)))
            .map(|(at, _)| at);
        for (at, (span, features)) in sample.sentences.iter().enumerate() {
            let is_sign = inside(span);
            if !is_sign || pass < ALL_COUNT || surest == Some(at) {
                self.learn(features, is_sign, !random.percent(WITHOUT_WORDS));
            }
        }
    }

    /// Learns from the passages of a sample. In an attacked document, only those that contain the attack are used.
    fn around(&mut self, sample: &Sample) {
        let ends = sample.passages.iter().skip(1).map(|(first, _)| *first).chain([sample.sentences.len()]);
        for ((first, places), end) in sample.passages.iter().zip(ends) {
            let windows = sample.sentences.get(*first..end).unwrap_or_default();
            let attacked = windows.iter().any(|(span, _)| sample.is_inside(span));
            if attacked || sample.poison.is_none() {
                self.learn_passage(places, attacked);
            }
        }
    }

    fn learn_passage(&mut self, places: &[u32], attacked: bool) {
        let share = word_share(places.len());
        let score = 1.0 / (1.0 + (-self.passage_bias - self.passages.sum(places) * share).exp());
        let gradient = score - f32::from(u8::from(attacked));
        self.passage_bias -= 0.005 * gradient;
        self.passages.learn(places, gradient * share);
    }

    fn learn(&mut self, features: &Features, is_sign: bool, words: bool) {
        let score = 1.0 / (1.0 + (-self.odds(features, words)).exp());
        let gradient = score - f32::from(u8::from(is_sign));
        self.bias -= 0.005 * gradient;
        self.classes.learn(&features.classes, gradient);
        if words {
            self.words.learn(&features.words, gradient * word_share(features.words.len()));
        }
    }

    /// The model file.
    pub(super) fn encode(&self) -> Vec<u8> {
        let [class, word, passage] = MOST;
        let mut file = MAGIC.to_vec();
        file.extend(VERSION.to_le_bytes());
        let bias = self.bias + BESIDE * self.passage_bias - LEAN;
        for number in [bias, class / 127.0, word / 127.0, BESIDE * passage / 127.0] {
            file.extend(number.to_bits().to_le_bytes());
        }
        file.resize(HEADER, 0);
        file.extend(self.classes.steps(class));
        file.extend(self.words.steps(word));
        file.extend(self.passages.steps(passage));
        file
    }
}
