//! Composed commands. The model may know a plain command by itself; a pipeline with a part taken verbatim from a third party's
//! text is attributed to that text.

use ombud_core::Trust;
use ombud_core::effect::Part;
use ombud_core::gate::ArgumentFacts;

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::record::names_its_source;
use super::{bare, outside};
use crate::attribute::{By, Hit, folded, weight};

/// Characters that join commands, redirect their output or substitute one command into another.
const JOINTS: &[char] = &['|', ';', '&', '\n', '>', '<', '`', '$', '(', ')'];

/// Maximum number of parts examined per command.
const MOST: usize = 32;

/// Minimum number of letters and digits in a part, to exclude coincidences.
const LEAST: usize = 8;

/// Returns the facts about a pipeline with a part taken from a third party.
pub(super) fn taken(known: &Prepared, leaf: &Leaf, part: Part) -> Option<ArgumentFacts> {
    if part != Part::Command || !leaf.value.contains(JOINTS) {
        return None;
    }
    leaf.value.split(JOINTS).take(MOST).find_map(|piece| {
        let piece = folded(piece);
        let long = weight(&piece) >= LEAST && piece.split_whitespace().count() >= 2;
        let hits = if long { known.context.verbatim(&piece, By::Text) } else { Vec::new() };
        let foreign = |hit: &&Hit| hit.origin.trust() == Trust::Untrusted;
        let own = hits.iter().any(|hit| hit.origin.trust() > Trust::Derived);
        let named = hits.iter().filter(foreign).all(|hit| names_its_source(known, &hit.origin));
        let outside = outside(&hits).filter(|_| !own && !named)?;
        Some(ArgumentFacts { outside: Some(outside), ..bare(leaf, part, leaf.value.clone(), false) })
    })
}
