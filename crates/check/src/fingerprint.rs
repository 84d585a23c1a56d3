//! Fingerprints: what stays the same when lines around a finding move. Made of the rule, the path, the function, the code at
//! the finding, and a counter for identical ones.

use std::collections::BTreeMap;

use ombud_core::finding::Finding;

use crate::facts::{Facts, File};
use crate::rules::secret;

/// How many characters of the code a fingerprint uses.
const LONGEST: usize = 400;

/// Sorts the most severe first, then by location.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| {
            (
                std::cmp::Reverse(finding.severity),
                finding.place.path.clone(),
                finding.place.span.start,
                finding.rule,
            )
        };
        key(one).cmp(&key(other))
    });
}

/// Removes duplicates: one key on a line may be found in several ways.
pub(crate) fn dedup(findings: &mut Vec<Finding>) {
    findings.dedup_by(|one, other| {
        let line = one.rule == secret::ID
            && one.place.line == other.place.line
            && one.place.path == other.place.path;
        one.rule == other.rule && (line || one.place == other.place)
    });
}

/// Sets each finding's fingerprint. Within a file, findings must be in order of position.
pub(crate) fn stamp(findings: &mut [Finding], facts: &Facts) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        let key = key(finding, facts);
        let hash = fnv(&key);
        let count = seen.entry(key).or_insert(0);
        *count += 1;
        finding.fingerprint = format!("{hash:016x}:{count}");
    }
}

fn key(finding: &Finding, facts: &Facts) -> String {
    let file = facts.files.iter().position(|file| file.path == finding.place.path);
    let function = file.map_or("", |file| within(facts, file, finding.place.span.start));
    let snippet =
        file.and_then(|file| facts.files.get(file)).map_or_else(String::new, |file| snippet(finding, file));
    format!("{}\n{}\n{function}\n{snippet}", finding.rule.0, finding.place.path)
}

/// Returns the name of the innermost function around an offset.
fn within(facts: &Facts, file: usize, at: usize) -> &str {
    let around =
        facts.functions.iter().filter(|function| function.file == file && function.body.contains(&at));
    around.min_by_key(|function| function.body.len()).map_or("", |function| function.name.as_str())
}

/// Returns the code at a finding, without whitespace. A credential is left out, since its hash would allow guesses to be
/// verified.
fn snippet(finding: &Finding, file: &File) -> String {
    if finding.rule == secret::ID {
        return finding.subject.clone();
    }
    let text = file.text.get(finding.place.span.clone()).unwrap_or_default();
    text.chars().filter(|ch| !ch.is_whitespace()).take(LONGEST).collect()
}

/// FNV-1a, 64 bit.
fn fnv(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
