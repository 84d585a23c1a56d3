//! Personal data in outgoing messages: a card, identity or telephone number that only a result revealed, in a message for which
//! the user did not ask to include it.
//!
//! Personal data is recognised by the tokens that the model wrote: each stands for a value that was masked on its way to the
//! model. Names, mail addresses and places appear in most honest messages; mail addresses are checked in the same way as links.

use ombud_core::DataType;
use ombud_core::Origin;
use ombud_core::category::{Class, DataCategory};
use ombud_core::effect::{Effect, Part};
use ombud_core::gate::ArgumentFacts;
use ombud_detect::mask::{Minted, candidates};

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::record::{Named, is_of_a_named_record, names_its_source};
use super::{bare, outside};
use crate::attribute::{By, folded};

/// Words with which a user asks for a category of data.
const ASKING: &[(DataCategory, &[&str])] = &[
    (
        DataCategory::ContactPhone,
        &["phone", "number", "mobile", "contact", "call", "电话", "手机", "号码", "联系方式"],
    ),
    (DataCategory::IdNationalId, &["id", "identity", "身份证", "证件"]),
    (DataCategory::IdPassport, &["passport", "护照", "证件"]),
];

/// Maximum number of values examined per argument.
const MOST: usize = 32;

/// Returns the personal data in an argument of a message that only a third party's text reveals.
pub(super) fn shared(
    known: &Prepared,
    effect: Effect,
    leaf: &Leaf,
    tokens: &[(DataType, &str)],
) -> Vec<ArgumentFacts> {
    if effect != Effect::Send {
        return Vec::new();
    }
    let held = tokens.iter().filter(|(kind, value)| is_close(*kind) && leaf.value.contains(value)).take(MOST);
    held.filter_map(|(kind, value)| one(known, leaf, *kind, value)).collect()
}

fn one(known: &Prepared, leaf: &Leaf, kind: DataType, value: &str) -> Option<ArgumentFacts> {
    let text = folded(value);
    let hits = known.context.verbatim(&text, By::Token);
    let own = hits.iter().any(|hit| matches!(hit.origin, Origin::User | Origin::Operator));
    let origin = outside(&hits).filter(|_| !own && !is_asked_for(known, kind))?;
    let named = is_of_a_named_record(known, &text, Named::Person)
        || is_of_a_named_record(known, &text, Named::Thing)
        || hits.iter().all(|hit| names_its_source(known, &hit.origin));
    (!named).then(|| ArgumentFacts { outside: Some(origin), ..bare(leaf, Part::Content, text, true) })
}

/// Whether a type of data is sensitive enough to ask about.
fn is_close(kind: DataType) -> bool {
    let category = kind.category();
    category.class() == Class::Sensitive || category == DataCategory::ContactPhone
}

/// Whether the user's words ask for this type of data.
fn is_asked_for(known: &Prepared, kind: DataType) -> bool {
    let words = ASKING.iter().find(|(category, _)| *category == kind.category()).map_or(&[][..], |row| row.1);
    known
        .turns
        .iter()
        .any(|(_, turn)| words.iter().any(|word| crate::attribute::index::stands_in(turn, word)))
}

/// Returns the values whose tokens the model wrote, with their types.
pub(super) fn told<'m>(written: &str, minted: &'m Minted) -> Vec<(DataType, &'m str)> {
    if minted.is_empty() {
        return Vec::new();
    }
    let wanted = candidates(written);
    let known = minted.iter().filter(|(token, _)| wanted.binary_search(token).is_ok());
    known.map(|(token, value)| (token.kind, value)).collect()
}
