//! Commands that are put together. A plain command is one that the model may know by itself; a pipeline with a part that stands
//! word by word in a third party's text is that text's.

use ombud_core::Trust;
use ombud_core::effect::Part;
use ombud_core::gate::ArgumentFacts;

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::record::names_its_source;
use super::{bare, outside};
use crate::attribute::{By, Hit, folded, weight};

/// What joins commands, sends their output somewhere or takes a command from another.
const JOINTS: &[char] = &['|', ';', '&', '\n', '>', '<', '`', '$', '(', ')'];

/// Parts of one command that are looked at.
const MOST: usize = 32;

/// Letters and digits of a part that is no chance.
const LEAST: usize = 8;

/// The part of a pipeline that was taken from a third party.
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
