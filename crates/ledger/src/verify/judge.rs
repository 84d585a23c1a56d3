//! The parts of verification that journals and exported folders share.

use std::collections::BTreeSet;
use std::path::Path;

use ombud_core::event::Commitment;
use serde::Deserialize;

use super::report::{Fault, NotCovered, Report};
use super::{Error, Policy, read};
use crate::journal::head::{checkpoint_path, vkey_path};
use crate::text::hex;
use crate::tlog::note::{Judgement, Note};
use crate::tlog::tree::sha256;
use crate::tlog::{Checkpoint, VerifierKey};

/// Maximum size of a checkpoint or key file, in bytes.
const MAX_NOTE: u64 = 64 << 10;

/// Reads the checkpoint in `dir` and judges it by the policy. `None` if there is nothing to compare entries with; the
/// report then says why.
pub(super) fn checkpoint(
    dir: &Path,
    policy: &Policy,
    report: &mut Report,
) -> Result<Option<Checkpoint>, Error> {
    let Some(key) = log_key(dir, policy, report)? else { return Ok(None) };
    let Some(bytes) = read(&checkpoint_path(dir), MAX_NOTE)? else { return Ok(None) };
    let note = std::str::from_utf8(&bytes).ok().and_then(Note::parse);
    let Some((note, checkpoint)) =
        note.and_then(|note| Checkpoint::parse(&note.text).map(|body| (note, body)))
    else {
        report.add(None, "checkpoint", Fault::Checkpoint);
        return Ok(None);
    };
    if note.judge(&key) != Judgement::Signed(None) || checkpoint.origin != key.name() {
        report.add(None, "checkpoint", Fault::Signature);
        return Ok(None);
    }
    report.origin = Some(checkpoint.origin.clone());
    witnesses(&note, &key, policy, report);
    Ok(Some(checkpoint))
}

fn log_key(dir: &Path, policy: &Policy, report: &mut Report) -> Result<Option<VerifierKey>, Error> {
    let own = read(&vkey_path(dir), MAX_NOTE)?;
    let own = own.map(|bytes| {
        std::str::from_utf8(&bytes).ok().and_then(|text| VerifierKey::parse(text.strip_suffix('\n')?))
    });
    // Even if the reader has the right key, a damaged one in the folder is worth reporting.
    if own == Some(None) || (policy.log.is_some() && own.as_ref().is_some_and(|own| *own != policy.log)) {
        report.add(None, "vkey", Fault::Key);
    }
    if policy.log.is_some() {
        return Ok(policy.log.clone());
    }
    if own.is_none() {
        report.add(None, "vkey", Fault::Missing);
    }
    report.not_covered.push(NotCovered::KeyFromFolder);
    Ok(own.flatten())
}

fn witnesses(note: &Note, log: &VerifierKey, policy: &Policy, report: &mut Report) {
    let mut times = Vec::new();
    for witness in policy.witnesses.iter().filter(|key| key.is_witness()) {
        match note.judge(witness) {
            Judgement::Signed(time) => times.extend(time),
            Judgement::Forged => report.add(None, "checkpoint", Fault::Cosignature),
            Judgement::Absent => {}
        }
    }
    times.sort_unstable();
    if times.len() < policy.quorum {
        report.add(None, "checkpoint", Fault::Quorum);
    }
    report.witnessed = times.get(policy.quorum.max(1) - 1).copied();
    if report.witnessed.is_none() {
        report.not_covered.push(NotCovered::NoWitness);
    }
    let known: Vec<VerifierKey> = policy.witnesses.iter().chain([log]).cloned().collect();
    match note.unknown(&known) {
        0 => {}
        unknown => report.not_covered.push(NotCovered::UnknownSignatures(unknown)),
    }
}

/// The fields of a record that verification needs. Other fields, including those of later versions, are ignored.
#[derive(Deserialize)]
struct Record {
    kind: String,
    conversation: Option<String>,
    payload: Option<Commitment>,
    /// For an erasure: how many keys were destroyed.
    keys: Option<u64>,
}

/// Judges records and payloads one by one, and counts them.
#[derive(Default)]
pub(super) struct Judge {
    payloads: u64,
    missing: u64,
    erased: BTreeSet<String>,
}

impl Judge {
    /// The payload commitment in the record; `Err` if it is not a record.
    pub(super) fn record(&mut self, leaf: &[u8]) -> Result<Option<Commitment>, Fault> {
        let record: Record = serde_json::from_slice(leaf).map_err(|_| Fault::Record)?;
        if record.kind == "erase.done" && record.keys != Some(0) {
            self.erased.extend(record.conversation);
        }
        Ok(record.payload)
    }

    /// Whether the blob is the payload that the record refers to.
    pub(super) fn payload(&mut self, commitment: Option<&Commitment>, blob: &[u8]) -> Result<(), Fault> {
        let Some(commitment) = commitment else {
            return if blob.is_empty() { Ok(()) } else { Err(Fault::Payload) };
        };
        if commitment.len != blob.len() as u64 || commitment.ct != hex(&sha256(blob)) {
            return Err(Fault::Payload);
        }
        self.payloads += 1;
        Ok(())
    }

    /// Counts a payload that is missing.
    pub(super) fn missing(&mut self) {
        self.missing += 1;
    }

    /// Writes the counts into the report, and sorts the damage.
    pub(super) fn finish(self, report: &mut Report) {
        report.payloads = self.payloads;
        let counts = [
            (self.missing, NotCovered::MissingPayloads(self.missing)),
            (self.erased.len() as u64, NotCovered::Erased(self.erased.len() as u64)),
            (self.payloads, NotCovered::Plaintext(self.payloads)),
        ];
        report.not_covered.extend(counts.into_iter().filter(|(n, _)| *n > 0).map(|(_, item)| item));
        report.damage.sort_by_key(|damage| damage.entry);
    }
}
