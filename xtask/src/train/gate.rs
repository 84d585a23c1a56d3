//! Trains the gate: a logistic regression over single tokens, in which excluding a name costs most.

use ombud_detect::tagger::gate::{self, Entry};

use super::corpus::Record;
use super::instance::{self, Known};

/// Passes over the training text.
const EPOCHS: u32 = 2;
const STEP: f32 = 0.15;
/// How much more a token of a name weighs than any other token.
const NAMED: f32 = 3.0;
/// A token passes if its log odds exceed this. Chosen on held-out text, where one name in two hundred is excluded.
const PASS: f32 = -0.8;
/// The value of one quantisation step of a weight.
const WORTH: f32 = 0.04;

/// The table and the bias that a token's sum is added to.
#[derive(Debug)]
pub(super) struct Trained {
    pub(super) entries: Vec<Entry>,
    pub(super) bias: i32,
}

#[derive(Debug)]
struct Learner {
    /// Weight and sum of squares for each position of an entry.
    entries: Vec<[[f32; 2]; gate::REACH]>,
    bias: [f32; 2],
}

pub(super) fn train(records: &[Record], known: Known<'_>) -> Trained {
    let fresh = [[0.0, 1.0]; gate::REACH];
    let mut learner = Learner { entries: vec![fresh; gate::ENTRIES], bias: [0.0, 1.0] };
    let mut keys: Vec<(usize, usize)> = Vec::new();
    let mut sums: Vec<f32> = Vec::new();
    for _ in 0..EPOCHS {
        instance::sentences(records, |tokens, tags| {
            keys.clear();
            gate::keys(tokens, known.lexicon, known.classes, |place, at| keys.push((place, at)));
            learner.learn(&keys, tags, &mut sums);
        });
    }
    learner.finish()
}

impl Learner {
    fn learn(&mut self, keys: &[(usize, usize)], tags: &[u8], sums: &mut Vec<f32>) {
        sums.clear();
        sums.resize(tags.len() + gate::REACH - 1, self.bias[0]);
        for &(place, at) in keys {
            for (sum, [weight, _]) in sums[at..].iter_mut().zip(&self.entries[place]) {
                *sum += weight;
            }
        }
        // Turns sums into gradients. Positions outside the sentence teach nothing.
        for (i, sum) in sums.iter_mut().enumerate() {
            let tag = i.checked_sub(1).and_then(|at| tags.get(at));
            *sum = tag.map_or(0.0, |tag| gradient(*sum, *tag != 0));
        }
        for sum in sums.iter() {
            step(&mut self.bias, *sum);
        }
        for &(place, at) in keys {
            for (sum, weight) in sums[at..].iter().zip(&mut self.entries[place]) {
                step(weight, *sum);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "cut to what fits before")]
    fn finish(self) -> Trained {
        let steps = |weight: f32| (weight / WORTH).round().clamp(-127.0, 127.0) as i8;
        let entry = |places: [[f32; 2]; gate::REACH]| places.map(|[weight, _]| steps(weight).cast_unsigned());
        Trained {
            entries: self.entries.into_iter().map(entry).collect(),
            bias: ((self.bias[0] - PASS) / WORTH).round() as i32,
        }
    }
}

/// The error of the probability, weighted for tokens of names.
fn gradient(sum: f32, named: bool) -> f32 {
    let probability = 1.0 / (1.0 + (-sum).exp());
    if named { NAMED * (probability - 1.0) } else { probability }
}

fn step([weight, square]: &mut [f32; 2], gradient: f32) {
    if gradient.abs() > 1e-4 {
        *square += gradient * gradient;
        *weight -= STEP * gradient / square.sqrt();
    }
}
