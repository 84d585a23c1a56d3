//! Personal data in a response that only others brought into the conversation: a memory, a document, a tool. What the user
//! or the developer wrote, or what appears in a record that the user named, does not count as somebody else's.
//!
//! Which values are personal is up to the policy: those that were masked on their way to the model, which tokens identify
//! exactly, plus addresses and accounts that left unmasked.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use ombud_core::event::OverlapRecord;
use ombud_core::{DataType, Lang, Origin, Role, Say, Trust, say};
use ombud_detect::mask::Minted;

use super::facts::{Ground, records};
use crate::attribute::identifier::{self, Term};
use crate::attribute::index::VERY_SHORT;
use crate::attribute::{By, Hit, folded, weight};
use crate::calls::facts::is_of_somebody_named;
use crate::calls::{Asked, Prepared};

/// Maximum number of values looked up per response.
const MOST: usize = 256;

/// Maximum number of matches of masked values examined per response.
const MOST_PLACES: usize = 4096;

/// Maximum number of values listed.
const MOST_LISTED: usize = 32;

/// Other people's data in a response: the values, and where they occur.
pub type Told = (Vec<String>, Vec<OverlapRecord>);

/// From this many values on, an automaton over them is faster than a search for each, but not for a short text.
const MANY: usize = 32;
const SHORT: usize = 4096;

/// The masked values of a request that occur in a text.
pub fn said<'m>(minted: &'m Minted, text: &str) -> BTreeSet<&'m str> {
    let masked = minted.iter().map(|pair| pair.1).chain(minted.surrogates().map(|pair| pair.1));
    let values: BTreeSet<&str> = masked.filter(|value| !value.is_empty()).collect();
    if values.len() < MANY || text.len() < SHORT {
        let holds = |value: &&str| holds(text, value);
        return values.into_iter().filter(holds).collect();
    }
    let values: Vec<&str> = values.into_iter().collect();
    // Building fails only beyond two billion states.
    let Ok(all) = AhoCorasick::new(&values) else { return BTreeSet::new() };
    let found = all.find_overlapping_iter(text).take(MOST_PLACES);
    found.filter_map(|hit| values.get(hit.pattern().as_usize()).copied()).collect()
}

/// Whether a text holds a value.
fn holds(text: &str, value: &str) -> bool {
    let (text, value) = (text.as_bytes(), value.as_bytes());
    match value.first() {
        Some(&first) if text.len() <= VERY_SHORT => memchr::memchr_iter(first, text)
            .any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(value))),
        _ => memchr::memmem::find(text, value).is_some(),
    }
}

/// Other people's data in a response, including the masked values `said` in it; `None` if there is none.
pub fn told(ground: &Ground<'_>, text: &str, said: &BTreeSet<&str>) -> Option<Told> {
    let known = ground.known?;
    let masked = said.iter().take(MOST);
    let masked = masked.filter_map(|value| Some(((*value).to_owned(), of_others(known, value)?)));
    let clear = addresses(text).into_iter().take(MOST).filter_map(|term| {
        let hits = known.context.identifier(term.kind, &term.canonical);
        let others = foreign(known, &term.canonical, hits)?;
        Some((term.canonical, others))
    });
    let (mut values, mut hits): (Vec<String>, Vec<Hit>) = (Vec::new(), Vec::new());
    for (value, stands) in masked.chain(clear) {
        if values.len() < MOST_LISTED && !values.iter().any(|known| folded(known) == folded(&value)) {
            values.push(value);
            hits.extend(stands);
        }
    }
    (!values.is_empty()).then(|| (values, records(ground, hits)))
}

/// The addresses and accounts in a text.
fn addresses(text: &str) -> Vec<Term> {
    identifier::addresses(&ombud_detect::normalise::normalise(text).text)
}

/// Whether everything personal in a response is the user's own, as a look at their turns shows. `false` means unknown.
pub fn are_users(request: &Asked, text: &str, said: &BTreeSet<&str>) -> bool {
    let known = |term: Term| said.iter().any(|value| folded(value) == term.canonical);
    addresses(text).into_iter().all(known) && request.are_users(said)
}

/// Whether a text may hold an address or an account.
pub fn may_hold_an_address(text: &str) -> bool {
    text.contains(['@', '＠']) || text.chars().filter(|ch| ch.is_numeric()).count() >= 12
}

/// Where a masked value occurs, if only others brought it.
fn of_others(known: &Prepared, value: &str) -> Option<Vec<Hit>> {
    let value = folded(value);
    let hits = known.context.verbatim(&value, By::Token);
    foreign(known, &value, hits).filter(|_| weight(&value) >= 2)
}

fn foreign(known: &Prepared, value: &str, hits: Vec<Hit>) -> Option<Vec<Hit>> {
    let defined = |hit: &Hit| {
        known.context.sources.get(hit.source).map(|source| source.role) == Some(Role::ToolDefinition)
    };
    let own = |hit: &Hit| matches!(hit.origin, Origin::User | Origin::Operator) && !defined(hit);
    if hits.iter().any(own) || is_of_somebody_named(known, value) {
        return None;
    }
    let others: Vec<Hit> = hits.into_iter().filter(|hit| hit.origin.trust() == Trust::Untrusted).collect();
    (!others.is_empty()).then_some(others)
}

/// What tokens are restored to in a response that must not disclose other people's data: their values are left out.
pub fn veil(known: &Prepared, minted: &Minted, lang: Lang) -> Minted {
    minted.shown(|kind, value| of_others(known, value).is_some().then(|| left_out(kind, lang)))
}

/// Replaces somebody else's value.
pub fn left_out(kind: DataType, lang: Lang) -> String {
    let what = kind.say(lang);
    say!(lang, en: "(left out, somebody else's: {what})", zh: "（此处略去他人的{what}）")
}

/// Whether a text contains one of [`left_out`].
pub fn is_veiled(text: &str, lang: Lang) -> bool {
    match lang {
        Lang::En => text.contains("(left out, somebody else's: "),
        Lang::Zh => text.contains("（此处略去他人的"),
    }
}
