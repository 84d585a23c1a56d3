//! Detect, decide, mask: from an exchange to the body that may leave.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use ombud_core::event::Counts;
use ombud_core::policy::{Facts, Reason};
use ombud_core::{
    Decision, Detection, Edit, Exchange, Policy, Reading, Role, Sign, SignRecord, Slot, Style, Trust, decide,
};
use ombud_detect::Detector;
use ombud_detect::injection::signs;
use ombud_detect::mask::{Mint, Minted};
use ombud_detect::memory::{self, Recalled};

use crate::attribute::envelope::{Passage, passages};
use crate::caller::MintKey;
use crate::recall::{Detections, Recall};
use crate::refusal::Refusal;
use crate::wire::splice::{Patch, splice};

/// Texts shorter than this are scanned again each time: that is as fast as a cache lookup.
const WORTH_KEEPING: usize = 16;

/// Maximum number of signs recorded per exchange.
const MOST_SIGNS: usize = 32;

/// A detector that caches the slots of a growing history.
pub struct Inspector {
    detector: Detector,
    known: Recall<Detections>,
    signs: Recall<Arc<[Sign]>>,
    plain: Recall<bool>,
}

/// Bytes per cache generation for signs: nearly all texts have none, and such an entry takes 80 bytes.
const SIGNS_ROOM: usize = 256 * 1024;

/// Bytes per cache generation for plain addresses and headers, of which a client has a few.
const PLAIN_ROOM: usize = 64 * 1024;

impl Inspector {
    /// An inspector around a detector.
    pub fn new(detector: Detector) -> Self {
        let (signs, plain) = (Recall::of(SIGNS_ROOM), Recall::of(PLAIN_ROOM));
        Self { detector, known: Recall::default(), signs, plain }
    }

    /// The detector itself.
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    /// Whether nothing at all is detected in a part of a client's request that stays the same in the next one (its address,
    /// a header); `look` is run only the first time.
    pub fn is_plain(&self, client: &str, about: (&str, &[u8]), look: impl FnOnce() -> bool) -> bool {
        self.plain.or_work(client, about, about.1.len(), look)
    }

    /// The detections of every slot of a client's exchange.
    pub fn detect(&self, client: &str, exchange: &Exchange) -> Vec<Detections> {
        exchange.slots.iter().map(|slot| self.slot(client, slot)).collect()
    }

    /// What the texts of one request reveal about each other: names found in one of them are found in all. Settings and
    /// identifiers contribute nothing, and no names are looked for in them.
    pub fn remember(&self, exchange: &Exchange, found: Vec<Detections>) -> Recalled {
        let slots = exchange.slots.iter();
        let texts: Vec<&str> =
            slots.map(|slot| if slot.is_text() { slot.text.as_str() } else { "" }).collect();
        memory::recall(&texts, found, self.detector.declared_people())
    }

    fn slot(&self, client: &str, slot: &Slot) -> Detections {
        let text = slot.text.as_str();
        let detect = || match slot.reading {
            Reading::Text => self.detector.detect_with_labels(text).into(),
            Reading::Setting => self.detector.detect_formed(text).into(),
            Reading::Identifier => in_identifier(text, self.detector.detect_formed(text)).into(),
        };
        if text.len() < WORTH_KEEPING {
            detect()
        } else {
            self.known.or_work(client, (text, slot.reading), text.len(), detect)
        }
    }

    /// Signs of injection in third-party text: tool results, memories, retrieved passages.
    pub fn signs(&self, client: &str, exchange: &Exchange) -> Vec<SignRecord> {
        let slots = exchange.slots.iter().enumerate();
        let signs = slots.flat_map(|(number, slot)| {
            let found: Vec<_> =
                self.slot_signs(client, slot).iter().map(|sign| SignRecord::new(number, sign)).collect();
            found
        });
        signs.take(MOST_SIGNS).collect()
    }

    fn slot_signs(&self, client: &str, slot: &Slot) -> Arc<[Sign]> {
        let text = slot.text.as_str();
        let mine = matches!(slot.role, Role::System | Role::Developer | Role::User);
        let find = || if mine { passages_signs(text) } else { signs(text) };
        if !mine && slot.origin.trust() != Trust::Untrusted {
            Arc::default()
        } else if text.len() < WORTH_KEEPING {
            find().into()
        } else {
            self.signs.or_work(client, (mine, text), text.len(), || find().into())
        }
    }
}

/// Which detections may be replaced in an identifier: where it looks like one, only a match of the whole. Part of an id
/// that the provider issued (`cntr_13912345678`) is nobody's number, and with a token in its place the provider would not
/// recognise it.
fn in_identifier(text: &str, mut found: Vec<Detection>) -> Vec<Detection> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/=+".contains(&byte);
    let is_id = text.bytes().all(letter) && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    found.retain(|found| !is_id || found.span == (0..text.len()));
    found
}

/// Signs in those passages of a prompt that came from elsewhere.
fn passages_signs(text: &str) -> Vec<Sign> {
    let of = |passage: Passage| {
        let start = passage.span.start;
        let found = signs(text.get(passage.span).unwrap_or_default()).into_iter();
        found.map(move |sign| Sign { span: start + sign.span.start..start + sign.span.end, ..sign })
    };
    passages(text).into_iter().flat_map(of).collect()
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
    /// Where the body was changed: byte ranges of the original and their replacements.
    pub patches: Vec<Patch>,
}

/// Applies the policy. `approved` are tokens whose values may leave unmasked this time.
pub fn apply(
    policy: &Policy,
    exchange: &Exchange,
    recalled: &Recalled,
    key: &MintKey,
    approved: &BTreeSet<String>,
) -> Result<Masked, Refusal> {
    let detections = recalled.detections.as_slice();
    let mint: Mint<'_> = &|kind, value, attempt| key.mint(kind, value, attempt);
    let facts = facts(exchange, recalled, mint, approved);
    let mut minted = Minted::with_kin(Arc::clone(&recalled.kin));
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
        if let Some(patch) = patch(policy, exchange, edit, &patches, &mut minted, mint) {
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
    policy: &Policy,
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
    let value = slot.text.get(span)?;
    // One-way values are never restored, and a JSON number is replaced by a string anyway.
    let realistic = edit.restorable && number.is_none() && policy.style(edit.kind) == Style::Realistic;
    let with = if realistic {
        minted.surrogate(edit.kind, value, mint, &|made| stands(exchange, made))
    } else {
        minted.token(edit.kind, value, edit.restorable, mint).to_string()
    };
    Some(Patch { range, with: slot.encode(&with, number.is_some()).into_owned() })
}

/// True if a text occurs anywhere in the request: as a surrogate it could not be told apart from the original occurrence.
fn stands(exchange: &Exchange, text: &str) -> bool {
    let finder = memchr::memmem::Finder::new(text);
    exchange.slots.iter().any(|slot| finder.find(slot.text.as_bytes()).is_some())
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

/// Which values the caller approved, by the tokens named in the question.
fn facts(exchange: &Exchange, recalled: &Recalled, mint: Mint<'_>, approved: &BTreeSet<String>) -> Facts {
    let mut facts = Facts::default();
    if approved.is_empty() {
        return facts;
    }
    for (index, (slot, found)) in exchange.slots.iter().zip(&recalled.detections).enumerate() {
        for detection in found.iter() {
            let Some(value) = slot.text.get(detection.span.clone()) else { continue };
            let mut minted = Minted::with_kin(Arc::clone(&recalled.kin));
            if approved.contains(&minted.token(detection.kind, value, true, mint).to_string()) {
                facts.approved.insert((index, detection.span.start));
            }
        }
    }
    facts
}

#[cfg(test)]
mod planted;
