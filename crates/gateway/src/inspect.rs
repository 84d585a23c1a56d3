//! Detect, decide, mask: from an exchange to the body that may leave.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use ombud_core::event::Counts;
use ombud_core::policy::{Facts, Reason};
use ombud_core::{Decision, Detection, Edit, Exchange, Policy, Slot, decide};
use ombud_detect::Detector;
use ombud_detect::mask::{Mint, Minted};

use crate::caller::MintKey;
use crate::refusal::Refusal;
use crate::wire::splice::{Patch, splice};

/// Detections of one slot.
pub type Detections = Arc<[Detection]>;

/// Slots shorter than this are detected anew each time: that is faster than looking them up.
const WORTH_KEEPING: usize = 256;

/// Slots per generation. A detection holds places, not text, so this bounds memory at a few megabytes.
const GENERATION: usize = 4096;

/// A detector that remembers the slots of a growing history, so that a turn costs what is new in it.
pub struct Inspector {
    detector: Detector,
    hasher: RandomState,
    seen: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<(u64, usize), Detections>,
    old: HashMap<(u64, usize), Detections>,
}

impl Inspector {
    /// An inspector around a detector.
    pub fn new(detector: Detector) -> Self {
        Self { detector, hasher: RandomState::new(), seen: Mutex::default() }
    }

    /// The detector itself.
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    /// The detections of every slot.
    pub fn detect(&self, exchange: &Exchange) -> Vec<Detections> {
        exchange.slots.iter().map(|slot| self.slot(&slot.text)).collect()
    }

    fn slot(&self, text: &str) -> Detections {
        if text.len() < WORTH_KEEPING {
            return self.detector.detect(text).into();
        }
        // The hash is keyed at random for this process: nobody can prepare two texts that meet.
        let key = (self.hasher.hash_one(text), text.len());
        if let Some(known) = self.recall(&key) {
            return known;
        }
        let found: Detections = self.detector.detect(text).into();
        self.keep(key, Arc::clone(&found));
        found
    }

    fn recall(&self, key: &(u64, usize)) -> Option<Detections> {
        let mut seen = self.seen.lock().ok()?;
        if let Some(found) = seen.young.get(key) {
            return Some(Arc::clone(found));
        }
        let found = seen.old.remove(key)?;
        seen.young.insert(*key, Arc::clone(&found));
        Some(found)
    }

    fn keep(&self, key: (u64, usize), found: Detections) {
        let Ok(mut seen) = self.seen.lock() else { return };
        if seen.young.len() >= GENERATION {
            seen.old = std::mem::take(&mut seen.young);
        }
        seen.young.insert(key, found);
    }
}

/// A request as it may leave.
pub struct Masked {
    /// The body; the very same bytes if nothing was replaced.
    pub body: Bytes,
    /// What the tokens in it stand for.
    pub minted: Minted,
    /// Values found, per type.
    pub found: Counts,
    /// Values replaced, per type.
    pub masked: Counts,
    /// Where the body was changed: bytes of the original and what stands there now.
    pub patches: Vec<Patch>,
}

/// Applies the policy. `approved` are tokens whose values may leave in the clear this time.
pub fn apply(
    policy: &Policy,
    exchange: &Exchange,
    detections: &[Detections],
    key: &MintKey,
    approved: &BTreeSet<String>,
) -> Result<Masked, Refusal> {
    let mint: Mint<'_> = &|kind, value, attempt| key.mint(kind, value, attempt);
    let facts = facts(exchange, detections, mint, approved);
    let mut minted = Minted::default();
    let edits = match decide(policy, exchange, detections, &facts) {
        Decision::Pass => Vec::new(),
        Decision::Rewrite(edits) => edits,
        Decision::Ask(reason) => return Err(ask(exchange, reason, &mut minted, mint)),
        Decision::Block(Reason::Value { kind, .. }) => return Err(Refusal::Blocked(kind)),
        Decision::Block(Reason::Opaque(kind)) => return Err(Refusal::Opaque(kind)),
    };
    let mut found = Counts::new();
    for detection in
        detections.iter().flat_map(|slot| slot.iter()).filter(|found| found.score >= policy.min_score)
    {
        *found.entry(detection.kind).or_default() += 1;
    }
    let mut masked = Counts::new();
    let mut patches = Vec::with_capacity(edits.len());
    for edit in &edits {
        if let Some(patch) = patch(exchange, edit, &patches, &mut minted, mint) {
            *masked.entry(edit.kind).or_default() += 1;
            patches.push(patch);
        }
    }
    let body =
        if patches.is_empty() { exchange.body.clone() } else { splice(&exchange.body, &mut patches).into() };
    Ok(Masked { body, minted, found, masked, patches })
}

/// The replacement of one value. A JSON number is replaced whole, once.
fn patch(
    exchange: &Exchange,
    edit: &Edit,
    before: &[Patch],
    minted: &mut Minted,
    mint: Mint<'_>,
) -> Option<Patch> {
    let slot: &Slot = exchange.slots.get(edit.slot)?;
    let number = slot.number_at(&edit.span);
    let span = number.cloned().unwrap_or_else(|| edit.span.clone());
    let range = slot.body_range(&span);
    if number.is_some() && before.last().is_some_and(|last| last.range == range) {
        return None;
    }
    let token = minted.token(edit.kind, slot.text.get(span)?, edit.restorable, mint);
    Some(Patch { range, with: slot.encode(&token.to_string(), number.is_some()).into_owned() })
}

fn ask(exchange: &Exchange, reason: Reason, minted: &mut Minted, mint: Mint<'_>) -> Refusal {
    match reason {
        Reason::Opaque(kind) => Refusal::Opaque(kind),
        Reason::Value { slot, span, kind } => {
            let value = exchange.slots.get(slot).and_then(|slot| slot.text.get(span)).unwrap_or_default();
            Refusal::Ask(kind, minted.token(kind, value, true, mint).to_string())
        }
    }
}

/// Which values the caller approved, by the tokens that the question named.
fn facts(
    exchange: &Exchange,
    detections: &[Detections],
    mint: Mint<'_>,
    approved: &BTreeSet<String>,
) -> Facts {
    let mut facts = Facts::default();
    if approved.is_empty() {
        return facts;
    }
    for (index, (slot, found)) in exchange.slots.iter().zip(detections).enumerate() {
        for detection in found.iter() {
            let Some(value) = slot.text.get(detection.span.clone()) else { continue };
            if approved.contains(&Minted::default().token(detection.kind, value, true, mint).to_string()) {
                facts.approved.insert((index, detection.span.start));
            }
        }
    }
    facts
}
