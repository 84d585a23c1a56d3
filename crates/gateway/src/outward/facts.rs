//! From an address, in the context of its response, to the facts on which the decision is based.

use std::collections::BTreeSet;
use std::ops::Range;

use ombud_core::category::Class;
use ombud_core::event::OverlapRecord;
use ombud_core::gate::{Carried, Fetched, LinkFacts};
use ombud_core::{DataType, Origin, Role, Trust};
use ombud_detect::mask::{Form as Spelling, Minted, Tally, restore};

use super::target::Target;
use crate::attribute::identifier::{Kind, terms};
use crate::attribute::index::{Form, Index};
use crate::attribute::verbatim::RUN;
use crate::attribute::{By, Hit, folded, weight};
use crate::calls::Prepared;

/// Maximum number of identifiers looked up per address.
const MOST_TERMS: usize = 64;

/// What an address is checked against: the request, what was masked in it, and what the provider cites.
pub struct Ground<'g> {
    /// The request, if it could be read.
    pub known: Option<&'g Prepared>,
    /// What was masked.
    pub minted: &'g Minted,
    /// Addresses that the provider's own search returned, in the form used for comparison.
    pub cited: &'g BTreeSet<String>,
}

/// The facts about an address, and where it and what it carries occur. `written` is the address with its tokens.
pub fn of(
    ground: &Ground<'_>,
    fetched: Fetched,
    written: &str,
    target: &Target,
    declared: bool,
) -> (LinkFacts, Vec<OverlapRecord>) {
    let whole = whole(ground, target);
    let hosts = hosts(ground, target);
    let cited_host = ground.cited.iter().any(|known| known.split('/').next() == Some(&*target.host));
    let given = whole.iter().any(|hit| is_theirs(ground, hit));
    let cited = ground.cited.contains(&compared(&target.text));
    let returned = cited || whole.iter().any(|hit| hit.origin.trust() == Trust::Untrusted);
    let mut facts = LinkFacts {
        fetched,
        given,
        named: declared || hosts.iter().any(|hit| is_theirs(ground, hit)),
        returned,
        mentioned: cited_host || hosts.iter().any(|hit| is_foreign(ground, hit, target)),
        tainted: ground.known.is_none_or(|known| known.context.is_tainted()),
        carries: Vec::new(),
    };
    let mut stands: Vec<Hit> = whole.into_iter().chain(hosts).collect();
    if !given {
        facts.carries = carried(ground, written, target, returned, &mut stands);
    }
    (facts, records(ground, stands))
}

/// An address in the form used for comparison.
pub fn compared(text: &str) -> String {
    folded(text.trim_end_matches('/'))
}

/// Where exactly this address occurs.
fn whole(ground: &Ground<'_>, target: &Target) -> Vec<Hit> {
    let Some(known) = ground.known else { return Vec::new() };
    let text = compared(&target.text);
    let mut hits = known.context.verbatim(&text, By::Text);
    // Another spelling of the same address, if that spelling covers it completely.
    let spelled = format!("https://{}", target.text);
    if !target.text.contains('#')
        && let Some(url) =
            terms(&spelled).iter().find(|term| term.kind == Kind::Url && term.span.len() == spelled.len())
    {
        hits.extend(known.context.identifier(Kind::Url, &url.canonical));
    }
    // Occurrences in the model's own earlier output do not count.
    hits.retain(|hit| hit.origin != Origin::Model);
    hits
}

/// Where its host occurs.
fn hosts(ground: &Ground<'_>, target: &Target) -> Vec<Hit> {
    let Some(known) = ground.known else { return Vec::new() };
    let mut hits = known.context.identifier(Kind::Host, &target.host);
    if !target.written_host.is_ascii() {
        hits.extend(known.context.verbatim(&folded(&target.written_host), By::Text));
    }
    hits
}

/// Whether a hit lies in the user's or the operator's own words. Tool definitions may be a third party's.
fn is_theirs(ground: &Ground<'_>, hit: &Hit) -> bool {
    let source = ground.known.and_then(|known| known.context.sources.get(hit.source));
    let defines = source.is_none_or(|source| source.role == Role::ToolDefinition);
    hit.origin == Origin::User || hit.origin == Origin::Operator && !defines
}

/// Whether a third party names exactly this host: a subdomain in front of it could have been made up to carry data.
fn is_foreign(ground: &Ground<'_>, hit: &Hit, target: &Target) -> bool {
    let source = ground.known.and_then(|known| known.context.sources.get(hit.source));
    let exact = source.is_some_and(|source| !source.index.places(&target.host).is_empty());
    exact && hit.origin.trust() == Trust::Untrusted
}

/// What an address carries out of the context.
fn carried(
    ground: &Ground<'_>,
    written: &str,
    target: &Target,
    returned: bool,
    stands: &mut Vec<Hit>,
) -> Vec<Carried> {
    let mut found: Vec<Carried> = masked(ground, written, target).into_iter().collect();
    if returned {
        return found;
    }
    let contents = contents(ground, target);
    found.extend((!contents.is_empty()).then_some(Carried::Content));
    stands.extend(contents);
    found.extend(target.sealed.then_some(Carried::Sealed));
    found
}

/// Values that were masked in the request, or their tokens.
fn masked(ground: &Ground<'_>, written: &str, target: &Target) -> BTreeSet<Carried> {
    let mut tally = Tally::default();
    // Only tokens of one-way values are counted here; the others are already restored.
    restore(ground.minted, written, Spelling::Plain, &mut tally);
    let secret = |kind: DataType| kind.category().class() == Class::Secret;
    let tokens = ground.minted.iter().map(|(token, value)| (secret(token.kind), value));
    let made = ground.minted.surrogates().map(|(_, value)| (false, value));
    let said: Vec<String> = target.pieces.iter().map(|piece| folded(piece)).collect();
    let stands = |value: &str| {
        let value = folded(value);
        weight(&value) >= 4 && said.iter().any(|piece| piece.contains(&value))
    };
    let values = tokens.chain(made).filter(|(_, value)| stands(value));
    let kinds = values.map(|(secret, _)| if secret { Carried::Secret } else { Carried::Personal });
    kinds.chain((tally.one_way > 0).then_some(Carried::Secret)).collect()
}

/// Where identifiers and passages in the address occur in somebody else's text.
fn contents(ground: &Ground<'_>, target: &Target) -> Vec<Hit> {
    let Some(known) = ground.known else { return Vec::new() };
    let mut hits = Vec::new();
    for piece in &target.pieces {
        let index = Index::new(piece, Form::Words);
        let mut found: Vec<_> = index.terms().filter(|(text, places)| is_telling(text, places)).collect();
        found.sort_unstable_by_key(|(text, _)| *text);
        for (text, places) in found.into_iter().take(MOST_TERMS) {
            let Some((kind, _)) = places.first() else { continue };
            let stands = known.context.identifier(*kind, text).into_iter();
            hits.extend(stands.filter(|hit| is_others(hit) && !is_of_its_host(known, hit, text, target)));
        }
        if index.words.len() >= RUN {
            let shared = known.context.shared(&index).into_iter().map(|(hit, _)| hit);
            hits.extend(shared.filter(|hit| is_others(hit) || is_prompt(known, hit)));
        }
    }
    hits
}

fn is_others(hit: &Hit) -> bool {
    hit.origin.trust() == Trust::Untrusted
}

/// Whether a hit lies in the operator's prompt, which is not public.
fn is_prompt(known: &Prepared, hit: &Hit) -> bool {
    let role = known.context.sources.get(hit.source).map(|source| source.role);
    matches!(role, Some(Role::System | Role::Developer))
}

/// Identifiers that reveal something: not a year, a URL, a bare host or a path.
fn is_telling(text: &str, places: &[(Kind, Range<usize>)]) -> bool {
    let year = text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    let kind = places.first().map(|place| place.0);
    weight(text) >= 4 && !year && !matches!(kind, None | Some(Kind::Url | Kind::Host | Kind::Path))
}

/// Whether an identifier occurs in that source only within addresses of the same host.
fn is_of_its_host(known: &Prepared, hit: &Hit, text: &str, target: &Target) -> bool {
    let Some(source) = known.context.sources.get(hit.source) else { return false };
    let own = source.index.places(&target.host);
    source.index.places(text).iter().all(|(_, span)| own.iter().any(|(_, place)| place == span))
}

/// Overlap records of hits, one for each slot and origin, without content.
pub fn records(ground: &Ground<'_>, mut hits: Vec<Hit>) -> Vec<OverlapRecord> {
    let Some(known) = ground.known else { return Vec::new() };
    hits.sort_by_key(|hit| (hit.source, hit.by));
    hits.dedup_by(|later, first| later.source == first.source && later.origin == first.origin);
    let slot = |hit: &Hit| known.context.sources.get(hit.source).map_or(0, |source| source.slot as u64);
    hits.into_iter()
        .take(16)
        .enumerate()
        .map(|(place, hit)| OverlapRecord {
            slot: slot(&hit),
            by: hit.by.id().to_owned(),
            origin: hit.origin,
            coverage: 0,
            first: place == 0,
        })
        .collect()
}
