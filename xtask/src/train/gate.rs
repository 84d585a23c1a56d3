//! Trains the gate: a logistic regression over single tokens, which weighs a name that is shut out above all.

use ombud_detect::tagger::gate::{self, Entry};

use super::corpus::Record;
use super::instance::{self, Known};

/// Passes over the training text.
const EPOCHS: u32 = 2;
const STEP: f32 = 0.15;
/// How much more a token of a name counts than another one.
const NAMED: f32 = 3.0;
/// A token passes whose logarithm of the odds is above this. Chosen on text that was held out, where one name in two
/// hundred is shut out.
const PASS: f32 = -0.8;
/// What one step of a weight is worth.
const WORTH: f32 = 0.04;

/// The table and what a token needs beyond it.
#[derive(Debug)]
pub(super) struct Trained {
    pub(super) entries: Vec<Entry>,
    pub(super) bias: i32,
}

#[derive(Debug)]
struct Learner {
    /// Weight and sum of squares of each entry's places.
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
        // From sums to gradients. What lies beyond the sentence teaches nothing.
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

/// How far the probability is off.
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
