//! Writes the model file that `ombud_detect::tagger::model` reads.

use ombud_detect::tagger::decode::{NEVER, Tag};
use ombud_detect::tagger::feature;
use ombud_detect::tagger::lexicon::BUCKET;
use ombud_detect::tagger::model;
use ombud_detect::tagger::words::Words;

use super::crf::Weights;
use super::gate::Trained;
use super::instance::Instances;

/// Number of weight buckets: 6.0 MB.
const BUCKETS: usize = 93_900;
/// Weights are clamped to this magnitude.
const MOST: f32 = 6.0;
const STEPS: f32 = 127.0;
const SCALE: f32 = MOST / STEPS;
/// Subtracted from the weight of "outside" at each token: a name that leaves unmasked is worse than a word that is masked
/// needlessly. The reported probabilities are shifted by it.
const LEAN: f32 = 0.6;

/// The room that the buckets have for features.
#[derive(Debug)]
pub(super) struct Room {
    /// The checks stored in each bucket.
    buckets: Vec<Vec<u16>>,
}

impl Default for Room {
    fn default() -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS] }
    }
}

impl Room {
    /// Takes a slot for the feature with this hash, if its bucket has one left and holds no feature with the same check.
    pub(super) fn take(&mut self, hash: u64) -> bool {
        let Some(bucket) = self.buckets.get_mut(model::bucket(hash, BUCKETS)) else { return false };
        let check = model::check(hash);
        let free = bucket.len() < model::ENTRIES && !bucket.contains(&check);
        if free {
            bucket.push(check);
        }
        free
    }
}

/// Quantises a weight, clamped to `most` steps.
#[expect(clippy::cast_possible_truncation, reason = "cut to what fits before")]
fn steps(weight: f32, most: f32) -> i32 {
    (weight / SCALE).round().clamp(-most, most) as i32
}

/// What goes into the file besides the weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tables<'a> {
    pub(super) lexicon: &'a [[u8; BUCKET]],
    pub(super) gate: &'a Trained,
    pub(super) classes: &'a [u8],
}

pub(super) fn encode(weights: &Weights, instances: &Instances, tables: Tables<'_>) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(model::MAGIC);
    file.extend(feature::VERSION.to_le_bytes());
    file.extend(u32::try_from(BUCKETS).unwrap_or_default().to_le_bytes());
    file.extend(u32::try_from(tables.lexicon.len()).unwrap_or_default().to_le_bytes());
    file.extend(SCALE.to_bits().to_le_bytes());
    for from in 0..=Tag::COUNT {
        for (to, mut weight) in weights.transition(from).into_iter().enumerate() {
            if to == Tag::OUTSIDE.index() {
                weight -= LEAN;
            }
            let value = if weight.is_finite() { steps(weight, 9999.0) } else { NEVER };
            file.extend(i16::try_from(value).unwrap_or(i16::MIN).to_le_bytes());
        }
    }
    file.extend(tables.gate.bias.to_le_bytes());
    file.extend(Words::built_in().mark().to_le_bytes());
    file.resize(model::HEADER, 0);
    for bucket in buckets(weights, instances) {
        file.extend(bucket);
    }
    file.extend(tables.lexicon.iter().flatten());
    file.extend(tables.gate.entries.iter().flatten());
    file.extend(tables.classes);
    file
}

/// Assigns slots to the strongest features first; features without a slot are left out.
fn buckets(weights: &Weights, instances: &Instances) -> Vec<[u8; BUCKET]> {
    let mut kept: Vec<(i8, u64, [i8; Tag::COUNT])> = instances
        .known()
        .enumerate()
        .filter_map(|(at, (hash, _))| {
            let row =
                weights.feature(at)?.map(|weight| i8::try_from(steps(weight, STEPS)).unwrap_or_default());
            let most = row.iter().map(|weight| weight.saturating_abs()).max()?;
            (most > 0).then_some((most, hash, row))
        })
        .collect();
    kept.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut buckets = vec![[0_u8; BUCKET]; BUCKETS];
    for (_, hash, weights) in kept {
        let Some(bucket) = buckets.get_mut(model::bucket(hash, BUCKETS)) else { continue };
        let wanted = model::check(hash).to_le_bytes();
        let (checks, rows) = bucket.split_at_mut(2 * model::ENTRIES);
        let (checks, rows) = (checks.as_chunks_mut::<2>().0, rows.as_chunks_mut::<{ Tag::COUNT }>().0);
        let place = checks.iter().position(|check| *check == [0, 0] || *check == wanted);
        let Some((check, row)) = place.and_then(|at| Some((checks.get_mut(at)?, rows.get_mut(at)?))) else {
            continue;
        };
        if *check == [0, 0] {
            *check = wanted;
            *row = weights.map(i8::cast_unsigned);
        }
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_room_for_as_many_features_as_entries() {
        let mut room = Room::default();
        // The upper half of a hash selects the bucket, the lowest bits are the check.
        let taken = (1..=20).filter(|check| room.take(*check)).count();
        assert_eq!(taken, model::ENTRIES);
        assert!(room.take(u64::MAX), "another bucket");
        assert!(!room.take(u64::MAX), "the same feature again");
    }
}
