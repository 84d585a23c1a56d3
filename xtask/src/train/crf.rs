//! Training: stochastic gradient descent on the conditional likelihood, with a step size per weight (`AdaGrad`; Duchi,
//! Hazan and Singer 2011).

use ombud_detect::tagger::decode::Tag;
use ombud_detect::tagger::feature::mix;

use super::instance::Instances;
use super::random::Random;
use crate::term;

const TAGS: usize = Tag::COUNT;
/// The base step size of a weight.
const STEP: f32 = 0.25;
/// Initial value of a weight's sum of squares: keeps rare features from jumping.
const CALM: f32 = 0.6;
/// Shrinks each weight at each of its steps.
const SHRINK: f32 = 2e-5;
/// A token whose tags are all closer than this to certainty teaches nothing.
const SETTLED: f32 = 2e-3;

/// A sentence whose loss is below this is known by heart.
const BY_HEART: f32 = 0.02;

/// Out of 256 features, how many are dropped while learning a sentence with Chinese in it, and one without: the model must not
/// rely on a few words that it knows by heart, because the text it will read has others (Srivastava and others 2014, "Dropout").
const DROPPED: [u8; 2] = [100, 110];

/// A label by another model is doubted if it is less likely than this.
const DOUBT: f32 = 0.01;
/// Passes before labels are judged.
const JUDGE_EPOCHS: u32 = 3;

/// An even share among the tags.
const EVEN: f32 = 1.0 / 7.0;

type Row = [f32; TAGS];

/// The weights of features and of transitions between tags, each with its sum of squared gradients.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    features: Vec<[Row; 2]>,
    /// Dropped features are no longer updated.
    dropped: Vec<bool>,
    transitions: [[Row; 2]; TAGS + 1],
}

impl Weights {
    pub(super) fn new(features: usize) -> Self {
        let fresh = [[0.0; TAGS], [CALM; TAGS]];
        Self {
            features: vec![fresh; features],
            dropped: vec![false; features],
            transitions: [fresh; TAGS + 1],
        }
    }

    /// The weights of a feature, shifted to a mean of zero; `None` if the feature was dropped.
    pub(super) fn feature(&self, at: usize) -> Option<Row> {
        let dropped = self.dropped.get(at).copied().unwrap_or(true);
        let [weights, _] = self.features.get(at).filter(|_| !dropped)?;
        let mean = weights.iter().sum::<f32>() * EVEN;
        Some(weights.map(|weight| weight - mean))
    }

    /// The weights from a tag (the last row: from the beginning) to each tag. An impossible transition is minus infinity.
    pub(super) fn transition(&self, from: usize) -> Row {
        let weights = self.transitions.get(from).map_or([0.0; TAGS], |[weights, _]| *weights);
        std::array::from_fn(|to| {
            if allowed(from, to) { weights.get(to).copied().unwrap_or(0.0) } else { f32::NEG_INFINITY }
        })
    }

    /// Trains several times from this point, each time in a different order and with different dropout, and takes the mean. The
    /// problem has a single optimum, and the mean of several points near it is nearer to it than each of them.
    pub(super) fn train_mean(&mut self, instances: &Instances, lesson: &[usize], epochs: u32, seeds: &[u64]) {
        let mut learned = seeds.iter().map(|seed| {
            let mut own = self.clone();
            own.train(instances, lesson, epochs, *seed);
            own
        });
        let Some(mut mean) = learned.next() else { return };
        learned.for_each(|other| mean.add(&other));
        mean.scale(1.0 / real(u32::try_from(seeds.len()).unwrap_or(1)));
        *self = mean;
    }

    fn rows(&mut self) -> impl Iterator<Item = &mut Row> {
        self.features.iter_mut().chain(&mut self.transitions).flatten()
    }

    fn add(&mut self, other: &Self) {
        let others = other.features.iter().chain(&other.transitions).flatten();
        for (row, other) in self.rows().zip(others) {
            row.iter_mut().zip(other).for_each(|(sum, weight)| *sum += weight);
        }
    }

    fn scale(&mut self, by: f32) {
        self.rows().flatten().for_each(|weight| *weight *= by);
    }

    /// The parts of sentences worth learning from: those whose labels are not doubted. Each half of what another model labelled
    /// is judged by weights learned from the other half and from what people labelled: where such weights are sure that a
    /// label is wrong, it usually is (Wang and others 2019, “`CrossWeigh`”).
    pub(super) fn lesson(instances: &Instances) -> Vec<usize> {
        let mut doubted = vec![false; instances.sentences()];
        for half in [0, 1] {
            let (judged, others): (Vec<usize>, Vec<usize>) =
                (0..instances.sentences()).partition(|at| instances.judged_in(*at) == Some(half));
            let mut weights = Self::new(instances.features());
            weights.train(instances, &others, JUDGE_EPOCHS, 7 + u64::from(half));
            for at in judged {
                doubted[at] = weights.least(instances, at) < DOUBT;
            }
        }
        (0..instances.sentences()).filter(|at| !doubted[*at]).collect()
    }

    /// The probability of the least likely label in a part of a sentence.
    fn least(&self, instances: &Instances, at: usize) -> f32 {
        let mut sentence = Sentence::default();
        let edges = self.edges();
        self.read(instances, at, Dropout::NONE, &mut sentence);
        sentence.expect(&edges);
        let right = sentence.expected.iter().zip(&sentence.tags).map(|(row, tag)| row[*tag]);
        right.fold(1.0, f32::min)
    }

    fn edges(&self) -> [Row; TAGS + 1] {
        std::array::from_fn(|from| self.transition(from).map(f32::exp))
    }

    /// Makes this many passes over these parts of sentences, in a new order each time.
    fn train(&mut self, instances: &Instances, lesson: &[usize], epochs: u32, seed: u64) {
        let mut order = lesson.to_vec();
        let mut sentence = Sentence::default();
        let mut losses = vec![f32::MAX; instances.sentences()];
        for epoch in 0..epochs {
            Random::new(seed + u64::from(epoch)).shuffle(&mut order);
            let salt = mix(seed, u64::from(epoch));
            // What is known by heart is visited again only in the first and the last pass.
            let waits = |at: usize| epoch > 0 && epoch + 1 < epochs && losses[at] < BY_HEART;
            let round: Vec<usize> = order.iter().copied().filter(|at| !waits(*at)).collect();
            for at in round {
                losses[at] = {
                    let dropout = Dropout::new(mix(salt, at as u64), instances.latin(at));
                    self.learn(instances, at, dropout, &mut sentence)
                };
            }
            let loss: f64 = order.iter().map(|at| f64::from(losses[*at])).sum();
            term::line(&format!(
                "   epoch {}: loss {:.5} per token",
                epoch + 1,
                loss / f64::from(u32::try_from(instances.tokens()).unwrap_or(u32::MAX))
            ));
        }
    }

    /// Sums up the weights of each token.
    fn read(&self, instances: &Instances, at: usize, dropout: Dropout, sentence: &mut Sentence) {
        sentence.clear(instances.inside(at));
        for (features, tag) in instances.sentence(at) {
            let mut sums = [0.0; TAGS];
            for &feature in features.iter().filter(|feature| dropout.keeps(**feature)) {
                if let Some([weights, _]) = self.features.get(feature as usize) {
                    sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight * dropout.kept);
                }
            }
            sentence.push(sums, tag);
        }
    }

    /// Takes one step on one sentence; returns its loss.
    fn learn(&mut self, instances: &Instances, at: usize, dropout: Dropout, sentence: &mut Sentence) -> f32 {
        let edges = self.edges();
        self.read(instances, at, dropout, sentence);
        let loss = sentence.expect(&edges);
        for ((features, tag), expected) in instances.sentence(at).zip(&sentence.expected) {
            let gradient: Row = std::array::from_fn(|i| expected[i] - f32::from(u8::from(i == tag)));
            if gradient.iter().all(|g| g.abs() < SETTLED) {
                continue;
            }
            for &feature in features.iter().filter(|feature| dropout.keeps(**feature)) {
                let feature = feature as usize;
                if !self.dropped.get(feature).copied().unwrap_or(true)
                    && let Some(weights) = self.features.get_mut(feature)
                {
                    step(weights, &gradient);
                }
            }
        }
        for (weights, gradient) in self.transitions.iter_mut().zip(&sentence.edges) {
            step(weights, gradient);
        }
        loss
    }

    /// Drops all but the strongest features: those that have large weights and are used. Room is requested by hash, strongest
    /// first; a feature without room is dropped.
    pub(super) fn keep_strongest(&mut self, instances: &Instances, mut has_room: impl FnMut(u64) -> bool) {
        let mut ranked: Vec<(f32, usize, u64)> = instances
            .known()
            .enumerate()
            .filter_map(|(at, (hash, count))| {
                let weights = self.feature(at)?;
                let most = weights.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
                Some((most * real(count).ln_1p(), at, hash))
            })
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, at, _) in ranked.into_iter().filter(|(_, _, hash)| !has_room(*hash)) {
            if let (Some(dropped), Some(weights)) = (self.dropped.get_mut(at), self.features.get_mut(at)) {
                *dropped = true;
                *weights = [[0.0; TAGS]; 2];
            }
        }
    }
}

/// Which features are left out of one step.
#[derive(Debug, Clone, Copy)]
struct Dropout {
    salt: u64,
    dropped: u64,
    /// Factor for the remaining features, so that the expected sum stays the same.
    kept: f32,
}

impl Dropout {
    const NONE: Self = Self { salt: 0, dropped: 0, kept: 1.0 };

    fn new(salt: u64, latin: bool) -> Self {
        let [han, other] = DROPPED;
        let dropped = if latin { other } else { han };
        Self { salt, dropped: dropped.into(), kept: 256.0 / (256.0 - f32::from(dropped)) }
    }

    fn keeps(self, feature: u32) -> bool {
        mix(self.salt, u64::from(feature)) >> 56 >= self.dropped
    }
}

#[expect(clippy::cast_precision_loss, reason = "only ranks")]
fn real(count: u32) -> f32 {
    count as f32
}

fn allowed(from: usize, to: usize) -> bool {
    // The row after the last tag is the beginning of a sentence, which may precede whatever "outside" may precede.
    let from = Tag::from_index(from).unwrap_or(Tag::OUTSIDE);
    Tag::from_index(to).is_some_and(|to| from.may_precede(to))
}

fn step([weights, squares]: &mut [Row; 2], gradient: &Row) {
    for ((weight, square), g) in weights.iter_mut().zip(squares).zip(gradient) {
        *square += g * g;
        *weight -= STEP * g / square.sqrt() + SHRINK * *weight;
    }
}

/// Working state of one sentence.
#[derive(Debug, Default)]
struct Sentence {
    emissions: Vec<Row>,
    tags: Vec<usize>,
    forward: Vec<Row>,
    /// Per token, the probability of each tag.
    expected: Vec<Row>,
    /// Per pair of adjacent tags, its expected count minus its actual count.
    edges: [Row; TAGS + 1],
    /// The transition row that the sentence starts from: that of "outside", or of the beginning.
    entry: usize,
}

impl Sentence {
    fn clear(&mut self, inside: bool) {
        self.entry = if inside { Tag::OUTSIDE.index() } else { TAGS };
        self.emissions.clear();
        self.tags.clear();
        self.forward.clear();
        self.expected.clear();
        self.edges = Default::default();
    }

    fn push(&mut self, sums: Row, tag: usize) {
        let top = sums.iter().copied().fold(f32::MIN, f32::max);
        self.emissions.push(sums.map(|sum| (sum - top).exp().max(1e-30)));
        self.tags.push(tag);
    }

    /// Runs the forward and backward passes. Returns the sum of the negative log marginal probabilities of the right tags.
    fn expect(&mut self, edges: &[Row; TAGS + 1]) -> f32 {
        let start = edges[self.entry];
        for emission in &self.emissions {
            let reach = match self.forward.last() {
                None => start,
                Some(before) => {
                    std::array::from_fn(|to| before.iter().zip(edges).map(|(p, row)| p * row[to]).sum())
                }
            };
            self.forward.push(normal(std::array::from_fn(|i| reach[i] * emission[i])));
        }
        let mut after: Row = [1.0; TAGS];
        let mut loss = 0.0;
        self.expected.resize(self.emissions.len(), [0.0; TAGS]);
        for at in (0..self.emissions.len()).rev() {
            let marginal = normal(std::array::from_fn(|i| self.forward[at][i] * after[i]));
            self.expected[at] = marginal;
            loss -= marginal[self.tags[at]].max(1e-9).ln();
            let weighted: Row = std::array::from_fn(|i| after[i] * self.emissions[at][i]);
            self.count_edges(at, edges, &weighted);
            after = normal(std::array::from_fn(|from| {
                edges[from].iter().zip(&weighted).map(|(e, w)| e * w).sum()
            }));
        }
        loss
    }

    /// Adds the expected transitions between the token before `at` and this one.
    fn count_edges(&mut self, at: usize, edges: &[Row; TAGS + 1], weighted: &Row) {
        let Some(before) = at.checked_sub(1) else {
            let pair = normal(std::array::from_fn(|to| edges[self.entry][to] * weighted[to]));
            let sums = &mut self.edges[self.entry];
            sums.iter_mut().zip(pair).for_each(|(sum, p)| *sum += p);
            sums[self.tags[at]] -= 1.0;
            return;
        };
        let joint: [Row; TAGS] = std::array::from_fn(|from| {
            std::array::from_fn(|to| self.forward[before][from] * edges[from][to] * weighted[to])
        });
        let total: f32 = joint.iter().flatten().sum::<f32>().max(1e-30);
        for (sums, row) in self.edges.iter_mut().zip(joint) {
            sums.iter_mut().zip(row).for_each(|(sum, p)| *sum += p / total);
        }
        self.edges[self.tags[before]][self.tags[at]] -= 1.0;
    }
}

fn normal(row: Row) -> Row {
    let sum: f32 = row.iter().sum();
    if sum > 0.0 { row.map(|p| p / sum) } else { [EVEN; TAGS] }
}
