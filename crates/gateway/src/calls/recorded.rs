//! What the log records about a decided call: where its arguments appear, how it was weighed, and, in the encrypted payload only,
//! the content.

use std::time::Instant;

use ombud_core::effect::{Effect, Part};
use ombud_core::event::{ArgumentRecord, Voice, WeighedRecord};
use ombud_core::gate::{CallDecision, CallFacts, Doubt, ToolPolicy, rule_of};
use serde_json::json;

use super::Prepared;
use super::facts::Overlap;
use crate::wire::answer::ToolCall;

/// Maximum number of overlaps recorded per argument.
const MOST_OVERLAPS: usize = 16;

/// Bytes of a ledger entry that the arguments may take; an entry has 64 KiB, which also holds names and ids.
const ROOM: usize = 40 * 1024;

/// Returns how a call was decided, for its record.
pub(crate) fn weighed(
    (policy, tool, facts): (&ToolPolicy, &str, &CallFacts),
    decision: &CallDecision,
    (by, left_out): (Option<Voice>, u64),
    began: Instant,
) -> WeighedRecord {
    // A standing approval replaces the one that would be asked for now.
    let standing = (facts.standing || facts.lasting) && decision.doubts().is_empty();
    let rule = if standing { "standing".to_owned() } else { rule_of(policy, tool, facts, decision) };
    WeighedRecord {
        verdict: if standing || by.is_some() { "ask" } else { decision.verdict() }.to_owned(),
        action: decision.action().to_owned(),
        rule,
        by,
        left_out,
        micros: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
    }
}

/// Returns the records of overlaps, as far as they fit into a ledger entry, and how many are left out; those of arguments that
/// decide nothing are left out first.
pub(crate) fn records(overlaps: Vec<Overlap>) -> (Vec<ArgumentRecord>, u64) {
    let record = |found: Overlap| {
        let decides = found.part.is_some_and(|part| part != Part::Content);
        let overlaps = found.hits.into_iter().take(MOST_OVERLAPS).map(|hit| hit.record).collect();
        let part = found.part.map(|part| part.id().to_owned());
        (decides, ArgumentRecord { path: found.path, part, overlaps })
    };
    let all: Vec<(bool, ArgumentRecord)> = overlaps.into_iter().map(record).collect();
    let size = |record: &ArgumentRecord| serde_json::to_vec(record).map_or(usize::MAX, |text| text.len());
    let mut room = ROOM;
    let mut fits = vec![false; all.len()];
    for first in [true, false] {
        for (fits, (_, record)) in fits.iter_mut().zip(&all).filter(|(_, (decides, _))| *decides == first) {
            let left = room.checked_sub(size(record));
            *fits = left.is_some();
            room = left.unwrap_or(room);
        }
    }
    let left_out = fits.iter().filter(|fits| !**fits).count() as u64;
    let kept = all.into_iter().zip(fits).filter(|(_, fits)| *fits).map(|((_, record), _)| record);
    (kept.collect(), left_out)
}

/// Returns the same with content, as JSON.
pub(crate) fn details(
    call: &ToolCall,
    effect: Effect,
    (decision, facts): (&CallDecision, &CallFacts),
    overlaps: &[Overlap],
    prepared: Option<&Prepared>,
    stands: &str,
) -> Vec<u8> {
    let laid = prepared.map(|known| known.context.laid()).unwrap_or_default();
    let doubts: &[Doubt] = decision.doubts();
    let overlaps: Vec<_> = overlaps
        .iter()
        .flat_map(|found| found.hits.iter().take(MOST_OVERLAPS).map(move |hit| (found, hit)))
        .map(|(found, hit)| {
            json!({
                "path": found.path, "part": found.part, "slot": hit.record.slot, "origin": hit.record.origin,
                "by": hit.record.by, "span": [hit.span.start, hit.span.end], "value": hit.value,
            })
        })
        .collect();
    let details = json!({
        "tool": call.tool, "id": call.id, "effect": effect, "decision": decision.id(), "arguments": call.arguments,
        "doubts": doubts, "overlaps": overlaps, "facts": facts, "laid": laid, "stands": stands,
    });
    details.to_string().into_bytes()
}
