//! From a call and its context to the facts that the gate decides on.

mod record;

use std::ops::Range;

use ombud_core::effect::{Effect, Part, Shape, part};
use ombud_core::event::OverlapRecord;
use ombud_core::gate::{ArgumentFacts, CallFacts};
use ombud_core::{Origin, Role, Trust};
use ombud_detect::mask::{Minted, candidates};

use super::Prepared;
use super::arguments::{Arguments, Leaf};
use crate::attribute::identifier::{Kind, Term, terms};
use crate::attribute::index::Index;
use crate::attribute::verbatim::RUN;
use crate::attribute::{By, Hit, folded, weight};
use crate::wire::answer::ToolCall;
use record::{Named, is_listed, is_of_a_named_record, names_its_source};

/// Values of one argument that can decide; a call with more cannot be read reliably.
const MOST_VALUES: usize = 64;

/// Identifiers of one argument that are looked up for the record.
const MOST_TERMS: usize = 256;

/// Arguments of a call, long enough for a passage, that are compared word by word with the context.
const MOST_LONG: usize = 32;

/// Where one argument stands in the context.
pub struct Overlap {
    /// Its place in the arguments.
    pub path: String,
    /// The part it plays.
    pub part: Option<Part>,
    /// Where it stands.
    pub hits: Vec<Stand>,
}

/// One place where it stands.
#[derive(Clone)]
pub struct Stand {
    /// The place, without content.
    pub record: OverlapRecord,
    /// Bytes of the slot's text.
    pub span: Range<usize>,
    /// What stands there.
    pub value: String,
}

/// A value that decides, in the spelling by which it is compared.
struct Value {
    text: String,
    kind: Option<Kind>,
}

/// The facts about a call, and where each of its arguments stands. Without a context nothing speaks for the call.
pub fn of(
    prepared: Option<&Prepared>,
    effect: Effect,
    call: &ToolCall,
    arguments: &Arguments,
    minted: &Minted,
    approved: bool,
) -> (CallFacts, Vec<Overlap>) {
    let mut facts = CallFacts {
        effect,
        readable: arguments.readable || is_free(arguments),
        secret: call.one_way,
        tainted: prepared.is_none_or(|known| known.context.is_tainted()),
        asked: prepared.is_some_and(|known| known.intent.asks_for(effect)),
        delegated: prepared.is_some_and(|known| known.intent.delegates),
        approved,
        arguments: Vec::new(),
    };
    facts.readable &= call.complete && call.sound;
    let tokens = restored(&call.written, minted);
    let mut overlaps = Vec::new();
    let mut long = 0;
    for leaf in &arguments.leaves {
        let part = part(effect, &leaf.key, shape(&leaf.value));
        let mut overlap = Overlap { path: leaf.path.clone(), part, hits: Vec::new() };
        let index = Index::new(&leaf.value, None);
        long += usize::from(index.words.len() >= RUN);
        let passages = prepared.filter(|_| long <= MOST_LONG).map(|known| known.context.shared(&index));
        let passages = passages.unwrap_or_default();
        if let Some(part) = part {
            let values = values(leaf, part);
            facts.readable &= values.len() <= MOST_VALUES && (part != Part::Command || long <= MOST_LONG);
            let looked_at = values.iter().take(MOST_VALUES);
            facts.arguments.extend(looked_at.map(|value| argument(prepared, effect, leaf, part, value)));
            facts.arguments.extend(copied(leaf, part, &passages));
        }
        if let Some(known) = prepared {
            exact(known, leaf, &tokens, &mut overlap);
            overlap_of(known, leaf, &index, passages, &mut overlap);
        }
        if !overlap.hits.is_empty() || part.is_some() {
            overlaps.push(overlap);
        }
    }
    (facts, overlaps)
}

/// Free text, as custom tools take it; what begins like JSON and is none is broken.
fn is_free(arguments: &Arguments) -> bool {
    matches!(arguments.leaves.as_slice(), [leaf] if leaf.path.is_empty() && !leaf.value.trim_start().starts_with(['{', '[']))
}

/// Values whose tokens the model wrote.
fn restored<'m>(written: &str, minted: &'m Minted) -> Vec<&'m str> {
    if minted.is_empty() {
        return Vec::new();
    }
    let wanted = candidates(written);
    minted.iter().filter(|(token, _)| wanted.contains(token)).map(|(_, value)| value).collect()
}

fn shape(value: &str) -> Shape {
    let whole = |term: &Term| term.span.len() + 2 >= value.trim().len();
    let found = terms(value.trim());
    match found.iter().find(|term| whole(term) && matches!(term.kind, Kind::Email | Kind::Url | Kind::Iban)) {
        Some(Term { kind: Kind::Email, .. }) => Shape::Email,
        Some(Term { kind: Kind::Url, .. }) if value.contains("://") => Shape::Url,
        Some(Term { kind: Kind::Iban, .. }) => Shape::Account,
        _ => Shape::Other,
    }
}

/// The values of an argument that decide, by the part it plays.
fn values(leaf: &Leaf, part: Part) -> Vec<Value> {
    let normal = ombud_detect::normalise::normalise(&leaf.value);
    let found = terms(&normal.text);
    let of = |kinds: &[Kind]| -> Vec<Value> {
        let wanted = found.iter().filter(|term| kinds.contains(&term.kind));
        let long =
            |term: &&Term| term.kind != Kind::Number || part == Part::Amount || term.canonical.len() >= 7;
        wanted
            .filter(long)
            .map(|term| Value { text: term.canonical.clone(), kind: Some(term.kind) })
            .collect()
    };
    let whole = || vec![Value { text: folded(&leaf.value), kind: None }];
    let first = |wishes: &[&[Kind]]| {
        wishes.iter().map(|kinds| of(kinds)).find(|values| !values.is_empty()).unwrap_or_else(whole)
    };
    match part {
        Part::Destination => first(&[&[Kind::Email], &[Kind::Number, Kind::Handle], &[Kind::Url]]),
        Part::Account => first(&[&[Kind::Iban], &[Kind::Email], &[Kind::Number]]),
        Part::Amount => first(&[&[Kind::Number]]),
        Part::Url => first(&[&[Kind::Url], &[Kind::Host]]),
        Part::Object | Part::Path | Part::Credential => whole(),
        // The words are the model's; only links, addresses and accounts in them can lead somebody astray.
        Part::Command | Part::Content => of(&[Kind::Email, Kind::Url, Kind::Iban]),
    }
}

/// Where a value stands.
fn stands(known: &Prepared, value: &Value) -> Vec<Hit> {
    let context = &known.context;
    let mut hits = match value.kind {
        Some(Kind::Url) => {
            let host = value.text.split(['/', '?']).next().unwrap_or_default();
            let mut hits = context.identifier(Kind::Url, &value.text);
            hits.extend(context.identifier(Kind::Host, host));
            hits
        }
        Some(kind) => context.identifier(kind, &value.text),
        None if weight(&value.text) >= 4 => context.verbatim(&value.text, By::Text),
        // Few characters stand somewhere in any text: they count as a whole field, or where the user says them.
        None => context
            .verbatim(&value.text, By::Text)
            .into_iter()
            .filter(|hit| hit.origin == Origin::User)
            .collect(),
    };
    let known_hits = |source: usize| hits.iter().any(|hit: &Hit| hit.source == source);
    let fields: Vec<Hit> = context
        .sources
        .iter()
        .enumerate()
        .filter(|(place, source)| {
            !known_hits(*place) && source.index.fields.iter().any(|field| field.value == value.text)
        })
        .map(|(place, source)| Hit {
            source: place,
            origin: source.origin.clone(),
            by: By::Identifier,
            span: 0..0,
        })
        .collect();
    hits.extend(fields);
    hits
}

fn argument(
    prepared: Option<&Prepared>,
    effect: Effect,
    leaf: &Leaf,
    part: Part,
    value: &Value,
) -> ArgumentFacts {
    let mut facts = ArgumentFacts {
        path: leaf.path.clone(),
        part,
        value: value.text.clone(),
        typed: value.kind.is_some(),
        user: false,
        operator: false,
        record: false,
        listed: false,
        plain: false,
        outside: None,
    };
    let Some(known) = prepared else { return facts };
    let hits = stands(known, value);
    facts.user = hits.iter().any(|hit| hit.origin == Origin::User);
    // Definitions of tools may be a third party's (MCP): a recipient in one is nobody's wish.
    let written = |hit: &Hit| {
        known.context.sources.get(hit.source).is_some_and(|source| source.role != Role::ToolDefinition)
    };
    facts.operator = hits.iter().any(|hit| hit.origin == Origin::Operator && written(hit));
    facts.outside = outside(&hits);
    facts.listed = is_listed(known, &folded(&leaf.value));
    facts.record = match part {
        Part::Destination => is_of_a_named_record(known, &value.text, Named::Person),
        Part::Object | Part::Path => is_of_a_named_record(known, &value.text, Named::Thing),
        Part::Command | Part::Content => {
            let foreign = hits.iter().filter(|hit| hit.origin.trust() == Trust::Untrusted);
            hits.iter().any(|hit| hit.origin.trust() == Trust::Untrusted)
                && foreign.into_iter().all(|hit| names_its_source(known, &hit.origin))
        }
        Part::Account | Part::Amount | Part::Url | Part::Credential => false,
    };
    facts.plain = match part {
        Part::Path => facts.outside.is_none() && effect != Effect::Delete && is_plain_path(&leaf.value),
        Part::Url => facts.outside.is_none() && is_plain_url(known, &leaf.value),
        _ => false,
    };
    facts
}

/// The first origin that a third party may have written.
fn outside(hits: &[Hit]) -> Option<Origin> {
    hits.iter().find(|hit| hit.origin.trust() == Trust::Untrusted).map(|hit| hit.origin.clone())
}

/// A relative path that leaves its folder neither upwards nor into something hidden.
fn is_plain_path(path: &str) -> bool {
    let path = path.trim();
    let parts = || path.split(['/', '\\']);
    !path.starts_with(['/', '\\', '~'])
        && !path.contains(':')
        && parts().all(|part| !part.starts_with('.') || part == ".")
}

/// An address that the model knows by itself and that carries nothing of the context.
fn is_plain_url(known: &Prepared, url: &str) -> bool {
    let found = terms(url);
    let host = found.iter().find(|term| term.kind == Kind::Host).map(|term| term.canonical.as_str());
    let named = host.is_some_and(|host| {
        host.contains('.') && !host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    let carried = found.iter().filter(|term| !matches!(term.kind, Kind::Url | Kind::Host));
    let mut stands = carried.flat_map(|term| known.context.identifier(term.kind, &term.canonical));
    named && stands.all(|hit| hit.origin == Origin::Operator)
}

/// A passage of at least [`RUN`] words that a command took over from a third party.
fn copied(leaf: &Leaf, part: Part, shared: &[(Hit, Range<usize>)]) -> Option<ArgumentFacts> {
    if part != Part::Command {
        return None;
    }
    let own = |origin: &Origin| matches!(origin, Origin::User | Origin::Operator);
    if shared.iter().any(|(hit, _)| own(&hit.origin)) {
        return None;
    }
    let hits: Vec<Hit> = shared.iter().map(|found| found.0.clone()).collect();
    Some(ArgumentFacts {
        path: leaf.path.clone(),
        part,
        value: leaf.value.clone(),
        typed: false,
        user: false,
        operator: false,
        record: false,
        listed: false,
        plain: false,
        outside: Some(outside(&hits)?),
    })
}

/// Values whose tokens the model wrote, where they stand.
fn exact(known: &Prepared, leaf: &Leaf, tokens: &[&str], overlap: &mut Overlap) {
    for value in tokens.iter().filter(|value| leaf.value.contains(**value)) {
        let hits = known.context.verbatim(&folded(value), By::Token);
        overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, value)));
    }
}

/// Every overlap of an argument: its identifiers, itself, and passages of it.
fn overlap_of(
    known: &Prepared,
    leaf: &Leaf,
    index: &Index,
    passages: Vec<(Hit, Range<usize>)>,
    overlap: &mut Overlap,
) {
    let mut terms: Vec<_> = index.terms().collect();
    terms.sort_by_key(|(_, places)| places.first().map(|place| place.1.start));
    for (canonical, places) in terms.into_iter().take(MOST_TERMS) {
        let Some((kind, _)) = places.first() else { continue };
        if weight(canonical) >= 4 {
            let hits = known.context.identifier(*kind, canonical);
            overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, canonical)));
        }
    }
    let whole = folded(&leaf.value);
    if whole.len() <= 512 {
        let hits = stands(known, &Value { text: whole.clone(), kind: None });
        overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, &whole)));
    }
    overlap.hits.extend(passages.into_iter().map(|(hit, own)| {
        let value = index.folded.get(own).unwrap_or_default().to_owned();
        stand(known, hit, &value)
    }));
    // The exact match speaks for a slot; a coarser one for the same slot and origin adds nothing.
    overlap.hits.sort_by_key(|hit| (hit.record.slot, by_rank(&hit.record.by)));
    overlap.hits.dedup_by(|later, first| {
        later.record.slot == first.record.slot && later.record.origin == first.record.origin
    });
}

fn by_rank(by: &str) -> usize {
    [By::Token, By::Identifier, By::Text].iter().position(|kind| kind.id() == by).unwrap_or(usize::MAX)
}

fn stand(known: &Prepared, hit: Hit, value: &str) -> Stand {
    let slot = known.context.sources.get(hit.source).map_or(0, |source| source.slot);
    Stand {
        record: OverlapRecord { slot: slot as u64, origin: hit.origin, by: hit.by.id().to_owned() },
        span: hit.span,
        value: value.chars().take(400).collect(),
    }
}
