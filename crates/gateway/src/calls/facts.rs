//! Derives from a call and its context the facts that the gate decides on.

mod before;
mod choice;
mod command;
mod dates;
mod dictated;
mod disguise;
mod echo;
mod guarded;
mod history;
mod lines;
mod named;
mod numbers;
mod options;
mod overlap;
mod pipeline;
mod plain;
mod pointed;
mod private;
mod prose;
mod record;
mod spoken;
mod steered;
mod sums;
mod topic;

use std::collections::BTreeSet;
use std::ops::Range;

use ombud_core::effect::{Effect, Part, Shape, ends_by_description, is_id, part};
use ombud_core::gate::{ArgumentFacts, CallFacts, Done};
use ombud_core::{DataCategory, DataType, Origin, Role, Trust};
use ombud_detect::mask::{Minted, candidates};

use super::Prepared;
use super::arguments::{Arguments, Leaf};
use crate::attribute::decoded::decoded;
use crate::attribute::identifier::{Kind, Term, terms};
use crate::attribute::index::{Form, Index, stands_in};
use crate::attribute::sieve::Probe;
use crate::attribute::verbatim::RUN;
use crate::attribute::{By, Hit, folded, weight};
use crate::wire::answer::ToolCall;
pub use before::used as used_before;
pub use guarded::reaches_kept;
pub(super) use history::amounts;
pub use overlap::{Overlap, Stand};
use overlap::{exact, overlap_of, settle};
pub(crate) use pointed::Pointed;
use prose::Spelt;
use record::{
    Named, is_kept, is_listed, is_of_a_directory_entry, is_of_a_named_record, is_of_a_record_spoken_of,
    is_of_the_only_row, names_its_source,
};

/// Maximum number of decisive values per argument; a call with more cannot be read reliably.
const MOST_VALUES: usize = 64;

/// Maximum number of arguments, long enough to hold a passage, that are compared word by word with the context.
const MOST_LONG: usize = 32;

/// Longest argument that is searched for as a whole in third-party requests, in bytes.
const LONGEST_WORDS: usize = 400;

/// The purpose for which a value is examined.
#[derive(Clone, Copy)]
struct About<'a> {
    effect: Effect,
    tool: &'a str,
    /// The other values of the call, if a text that spells them out counts.
    spelt: Option<&'a Spelt>,
    /// Whether the user may have left the value to a message they point to.
    left: bool,
    /// Whether it is the number of a record that the user named: what its own row says cannot make it another one.
    picked: bool,
    /// Whether the call ends something, which a row may well ask for.
    ends: bool,
}

/// A decisive value, in the spelling used for comparison.
struct Value {
    text: String,
    kind: Option<Kind>,
}

/// Returns the facts about a call, and where each of its arguments appears. Without a context nothing supports the call.
pub fn of(
    prepared: Option<&Prepared>,
    effect: Effect,
    call: &ToolCall,
    arguments: &Arguments,
    minted: &Minted,
    description: &str,
    approved: bool,
) -> (CallFacts, Vec<Overlap>) {
    let mut facts = CallFacts {
        effect,
        readable: arguments.readable || is_free(arguments),
        exact: call.sound,
        secret: call.one_way,
        tainted: prepared.is_none_or(|known| known.context.is_tainted()),
        signs: false,
        asked: prepared.is_some_and(|known| asks_for(known, effect, &call.tool, description)),
        anchored: prepared
            .is_some_and(|known| topic::is_touched(known, &call.tool, description, &arguments.leaves)),
        // What is left to one person's message is examined value by value.
        delegated: prepared.is_some_and(|known| known.intent().delegates && known.pointed().is_empty()),
        ends: effect.acts() && ends_by_description(&call.tool, description),
        many: prepared.is_some_and(|known| known.intent().many),
        steered: prepared.and_then(|known| steered::by(known, effect, &arguments.leaves)),
        approved,
        outside: false,
        offered: true,
        standing: false,
        lasting: false,
        done: prepared
            .map_or_else(Done::default, |known| history::done(known, effect, &call.tool, arguments)),
        holds: call.holds.clone(),
        redacted: redacted(&call.arguments),
        leaks: call.leaks.clone(),
        met: Vec::new(),
        guarded: guarded::is_reached(effect, &arguments.leaves),
        forgotten: false,
        arguments: Vec::new(),
    };
    facts.readable &= call.complete && call.sound;
    facts.asked |= topic::is_named_wish(prepared, effect, &call.tool)
        || topic::is_told_wish(prepared, effect, &call.tool, description)
        || prepared.is_some_and(|known| topic::is_ordered(known, &call.tool, description));
    if prepared
        .is_some_and(|known| topic::is_called_for(known, effect, &call.tool, description, &arguments.leaves))
    {
        facts.asked = true;
        facts.anchored = true;
    }
    if effect == Effect::Execute {
        let looks = command::only_looks(&arguments.leaves);
        facts.asked &= prepared.is_some_and(|known| command::is_wanted(known, &arguments.leaves));
        facts.asked |= looks;
        facts.anchored |= looks;
    }
    let tokens = restored(&call.written, minted);
    let personal = private::told(&call.written, minted);
    let spelt = Spelt::of(&arguments.leaves);
    let overlaps = Vec::new();
    let tied =
        prepared.is_some_and(|known| topic::is_tied(known, effect, call, description, &arguments.leaves));
    let mut reader = Reader {
        prepared,
        call,
        arguments,
        spelt,
        tokens,
        personal,
        facts,
        overlaps,
        long: 0,
        left: false,
        tied,
        description,
    };
    arguments.leaves.iter().for_each(|leaf| reader.leaf(leaf));
    let Reader { mut facts, overlaps, .. } = reader;
    facts.anchored |=
        prepared.is_some_and(|known| is_about_what_is_named(known, call, &facts, &arguments.leaves));
    if let Some(known) = prepared {
        spoken::settle(known, call, description, &arguments.leaves, &mut facts);
    }
    (facts, overlaps)
}

/// Whether the call is about a record that the user named, and the user's wish does not match another tool's name.
fn is_about_what_is_named(known: &Prepared, call: &ToolCall, facts: &CallFacts, leaves: &[Leaf]) -> bool {
    facts.effect.acts()
        && !facts.anchored
        && (facts.arguments.iter().any(|argument| argument.record) || speaks_of_a_record(known, leaves))
        && !topic::names_another(known, &call.tool)
}

/// Whether the user named the record that one of the arguments refers to by name or number.
fn speaks_of_a_record(known: &Prepared, leaves: &[Leaf]) -> bool {
    let mut values = leaves.iter().take(MOST_VALUES).map(|leaf| folded(&leaf.value));
    values.any(|value| {
        weight(&value) >= 2 && value.len() <= LONGEST_WORDS && is_of_a_record_spoken_of(known, &value)
    })
}

/// Whether the user asks for an effect of this class and, if the tool ends something, for an end.
fn asks_for(known: &Prepared, effect: Effect, tool: &str, description: &str) -> bool {
    let intent = known.intent();
    intent.asks_for(effect) && (intent.ends || !ends_by_description(tool, description))
}

/// Reads the arguments of a call one by one.
struct Reader<'c> {
    prepared: Option<&'c Prepared>,
    call: &'c ToolCall,
    arguments: &'c Arguments,
    /// The values of the call, as a text may spell them out.
    spelt: Spelt,
    /// The values whose tokens the model wrote.
    tokens: Vec<&'c str>,
    /// The same, with their data types.
    personal: Vec<(DataType, &'c str)>,
    facts: CallFacts,
    overlaps: Vec<Overlap>,
    /// Number of arguments so far that are long enough to hold a passage.
    long: usize,
    /// Whether the user speaks of what the tool does and points to a message.
    tied: bool,
    /// Whether the user may have left the current argument to a message they point to.
    left: bool,
    /// The tool's description.
    description: &'c str,
}

impl Reader<'_> {
    fn leaf(&mut self, leaf: &Leaf) {
        let effect = self.facts.effect;
        // `guests: 4` is a count and `to: 2026-11-30` the end of a period; neither is a recipient.
        let count = effect == Effect::Create
            && leaf.value.len() <= 3
            && leaf.value.bytes().all(|byte| byte.is_ascii_digit());
        let no_one = count || dates::is_date(&leaf.value);
        let said =
            part(effect, &leaf.key, shape(&leaf.value)).filter(|part| *part != Part::Destination || !no_one);
        let part = said.or(effect.acts().then_some(Part::Content));
        let mut overlap = Overlap { path: leaf.path.clone(), part, hits: Vec::new() };
        let index = Index::new(&leaf.value, Form::Words);
        let passages = self.passages(&index);
        if let Some(part) = part {
            self.left = self.tied
                && self.prepared.is_some_and(|known| {
                    pointed::may_be_left(effect, leaf, part)
                        && pointed::names_something(known, &self.arguments.leaves, leaf)
                });
            let values = values(leaf, part);
            self.facts.readable &=
                values.len() <= MOST_VALUES && (part != Part::Command || self.long <= MOST_LONG);
            self.values(leaf, part, &values);
            let own = passages.iter().filter(|_| part == Part::Command);
            self.facts.arguments.extend(copied(leaf, part, own));
            self.told(leaf, part, said != Some(Part::Content), &index, &passages);
            self.named(leaf, said);
            self.chosen(leaf, part);
            if let Some(known) = self.prepared.filter(|_| part == Part::Content) {
                self.facts.arguments.extend(private::shared(known, effect, leaf, &self.personal));
            }
        }
        if let Some(known) = self.prepared {
            exact(known, leaf, &self.tokens, &mut overlap);
            overlap_of(known, leaf, &index, passages, &mut overlap);
            for text in decoded(&leaf.value) {
                self.hidden(known, &Leaf { value: text, ..leaf.clone() }, part, &mut overlap);
            }
            settle(&mut overlap.hits);
        }
        if !overlap.hits.is_empty() || part.is_some() {
            self.overlaps.push(overlap);
        }
    }

    /// Examines a text hidden in an argument. Its values count as if written plainly; a hidden passage of third-party words is
    /// being carried away.
    fn hidden(&mut self, known: &Prepared, leaf: &Leaf, part: Option<Part>, overlap: &mut Overlap) {
        let index = Index::new(&leaf.value, Form::Words);
        let passages = self.passages(&index);
        if let Some(part) = part {
            let holds = if part == Part::Command { part } else { Part::Content };
            self.values(leaf, holds, &values(leaf, holds));
            self.told(leaf, holds, false, &index, &passages);
            self.facts.arguments.extend(copied(leaf, part, passages.iter()).filter(|_| !wants_coding(known)));
        }
        overlap_of(known, leaf, &index, passages, overlap);
    }

    /// Returns the passages that a text shares with the context.
    fn passages(&mut self, index: &Index) -> Vec<(Hit, Range<usize>)> {
        self.long += usize::from(index.words.len() >= RUN);
        let known = self.prepared.filter(|_| self.long <= MOST_LONG);
        known.map(|known| known.context.shared(index)).unwrap_or_default()
    }

    fn values(&mut self, leaf: &Leaf, part: Part, values: &[Value]) {
        let spelt = Some(&self.spelt).filter(|_| part != Part::Content);
        let about = About {
            effect: self.facts.effect,
            tool: &self.call.tool,
            spelt,
            left: self.left,
            picked: false,
            ends: self.facts.ends,
        };
        let all = values.iter().take(MOST_VALUES);
        let found = all.map(|value| argument(self.prepared, about, self.arguments, leaf, part, value));
        self.facts.arguments.extend(found);
    }

    /// Records a name or day that only third-party sentences mention, in an argument that is neither text nor has a known part.
    fn named(&mut self, leaf: &Leaf, said: Option<Part>) {
        let known = self
            .prepared
            .filter(|_| said.is_none() && !matches!(self.facts.effect, Effect::Fetch | Effect::Execute));
        let left = |known: &Prepared| self.left && pointed::is_left(known, &folded(&leaf.value));
        let outside = known.and_then(|known| named::only_told(known, &self.call.tool, leaf));
        let outside = outside.filter(|_| {
            !known.is_some_and(|known| before::is_known(known, &folded(&leaf.value)) || left(known))
        });
        let object = |outside| ArgumentFacts {
            outside: Some(outside),
            ..bare(leaf, Part::Object, folded(&leaf.value), false)
        };
        self.facts.arguments.extend(outside.map(object));
    }

    /// Records an option that a third-party text states where the user states a different one.
    fn chosen(&mut self, leaf: &Leaf, part: Part) {
        let acts = self.facts.effect.acts() && self.facts.effect != Effect::Fetch;
        let told = self.prepared.filter(|_| acts);
        let told = told.and_then(|known| options::told_against(known, self.description, leaf));
        let instructed =
            |told| ArgumentFacts { instructed: Some(told), ..bare(leaf, part, folded(&leaf.value), false) };
        self.facts.arguments.extend(told.map(instructed));
    }

    /// Records what third-party prose says about the words of a text or a part of a command.
    fn told(
        &mut self,
        leaf: &Leaf,
        part: Part,
        decides: bool,
        index: &Index,
        passages: &[(Hit, Range<usize>)],
    ) {
        let Some(known) = self.prepared else { return };
        // Words may be repeated, but what decides is not for a text to dictate.
        let spelt = Some(&self.spelt).filter(|_| decides);
        let about = About {
            effect: self.facts.effect,
            tool: &self.call.tool,
            spelt,
            left: self.left,
            picked: false,
            ends: self.facts.ends,
        };
        self.facts.arguments.extend(dictated::told(known, about, leaf, part, index, passages));
        let left = self.left && about.effect != Effect::Send && pointed::is_left(known, &folded(&leaf.value));
        self.facts
            .arguments
            .extend(dictated::echoed(known, about.effect, leaf, part, index).filter(|_| !left));
        let arguments = &mut self.facts.arguments;
        if !arguments.iter().any(|known| known.path == leaf.path && known.instructed.is_some()) {
            arguments.extend(pipeline::taken(known, leaf, part));
        }
    }
}

/// Words by which a user asks for something to be encoded.
const CODING: &[&str] = &["base64", "encode", "encoded", "hex", "hexadecimal", "编码", "转码"];

fn wants_coding(known: &Prepared) -> bool {
    known.turns.iter().any(|(_, turn)| CODING.iter().any(|word| stands_in(turn, word)))
}

/// Returns the categories of the values masked in the arguments of a call.
fn redacted(arguments: &str) -> BTreeSet<DataCategory> {
    let masked = DataType::ALL.iter().filter(|kind| arguments.contains(&masked(**kind)));
    if arguments.contains(MASKED) { masked.map(|kind| kind.category()).collect() } else { BTreeSet::new() }
}

/// The prefix of the placeholder for a masked value.
const MASKED: &str = "[redacted ";

/// Returns the placeholder for a value that a tool must not receive. It is the same in every language: programs read it.
pub fn masked(kind: DataType) -> String {
    format!("{MASKED}{}]", kind.name())
}

/// Whether the user gave a value, or named the record that holds it.
pub fn is_given(known: &Prepared, value: &str) -> bool {
    let value = folded(value);
    let said = known.context.verbatim(&value, By::Text).iter().any(|hit| hit.origin == Origin::User);
    said || is_of_somebody_named(known, &value)
}

/// Returns the request's tokens, with a placeholder for values of categories in `redact` that the user did not give.
pub fn masked_for(known: Option<&Prepared>, minted: &Minted, redact: &BTreeSet<DataCategory>) -> Minted {
    minted.shown(|kind, value| {
        let hidden = redact.contains(&kind.category()) && known.is_none_or(|known| !is_given(known, value));
        hidden.then(|| masked(kind))
    })
}

/// Whether a folded value is in a record of somebody the user named.
pub fn is_of_somebody_named(known: &Prepared, value: &str) -> bool {
    is_of_a_named_record(known, value, Named::Person)
}

/// Whether the arguments are free text, as custom tools take it; text that begins like JSON but is not is broken.
pub(super) fn is_free(arguments: &Arguments) -> bool {
    matches!(arguments.leaves.as_slice(), [leaf] if leaf.path.is_empty() && !leaf.value.trim_start().starts_with(['{', '[']))
}

/// Returns the values whose tokens or surrogates the model wrote.
fn restored<'m>(written: &str, minted: &'m Minted) -> Vec<&'m str> {
    if minted.is_empty() {
        return Vec::new();
    }
    let wanted = candidates(written);
    let tokens =
        minted.iter().filter(|(token, _)| wanted.binary_search(token).is_ok()).map(|(_, value)| value);
    let surrogates = minted.surrogates().filter(|(made, _)| written.contains(made)).map(|(_, value)| value);
    tokens.chain(surrogates).collect()
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

/// Returns the decisive values of an argument, by the part it plays.
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
        // The words are the model's; only links, addresses and accounts in them can mislead somebody.
        Part::Command | Part::Content => of(&[Kind::Email, Kind::Url, Kind::Iban]),
    }
}

/// Returns where a value appears.
fn stands(known: &Prepared, value: &Value) -> Vec<Hit> {
    let context = &known.context;
    let mut hits = match value.kind {
        Some(Kind::Url) => {
            let host = value.text.split(['/', '?']).next().unwrap_or_default();
            let mut hits = context.identifier(Kind::Url, &value.text);
            hits.extend(context.identifier(Kind::Host, host));
            // The domain of a third party's mail address counts as the host too; that of the user's own grants nothing.
            let domain = context.verbatim(host, By::Identifier).into_iter();
            hits.extend(domain.filter(|hit| hit.origin.trust() == Trust::Untrusted));
            hits
        }
        Some(kind) => context.identifier(kind, &value.text),
        None if weight(&value.text) >= 4 => context.verbatim(&value.text, By::Text),
        // A few characters occur somewhere in any text: they count only as a whole field, or where the user says them.
        None => context
            .verbatim(&value.text, By::Text)
            .into_iter()
            .filter(|hit| hit.origin == Origin::User)
            .collect(),
    };
    let known_hits = |source: usize| hits.iter().any(|hit: &Hit| hit.source == source);
    let probe = Probe::new(&value.text);
    let fields: Vec<Hit> = context
        .sources
        .iter()
        .enumerate()
        .filter(|(place, source)| {
            let may = source.index.sieve.may_hold(&probe) && !known_hits(*place);
            may && source.index.fields.iter().any(|field| field.value == value.text)
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
    about: About<'_>,
    arguments: &Arguments,
    leaf: &Leaf,
    part: Part,
    value: &Value,
) -> ArgumentFacts {
    let mut facts = bare(leaf, part, value.text.clone(), value.kind.is_some());
    let Some(known) = prepared else { return facts };
    let hits = stands(known, value);
    // The tool receives what was written, not what it looks like.
    let plain = !disguise::is_worn(known, &leaf.value, part);
    facts.user = plain && hits.iter().any(|hit| hit.origin == Origin::User)
        || plain && part == Part::Object && known.says_its_words(&value.text)
        || part == Part::Amount && numbers::are_said(known, &value.text);
    // Tool definitions may come from a third party (MCP): a recipient in one is nobody's wish.
    let written = |hit: &Hit| {
        known.context.sources.get(hit.source).is_some_and(|source| source.role != Role::ToolDefinition)
    };
    facts.operator = plain && hits.iter().any(|hit| hit.origin == Origin::Operator && written(hit));
    // A value that a result only echoes from its own request comes from elsewhere.
    let said = |hit: &&Hit| part != Part::Object || !record::is_repeated(known, &hit.origin, &value.text);
    facts.outside = outside(hits.iter().filter(said));
    facts.typed |= part == Part::Object && hits.is_empty() && is_number_of_a_record(leaf);
    facts.listed = is_listed(known, &folded(&leaf.value), part);
    facts.altered = part == Part::Url && plain::is_altered(known, value);
    let in_line = part == Part::Object && lines::is_of_a_named_line(known, &value.text);
    facts.record = plain
        && match part {
            Part::Destination => {
                is_of_a_named_record(known, &value.text, Named::Person)
                    || is_of_a_directory_entry(known, value.kind, &value.text)
            }
            Part::Object if in_line || lines::is_the_named_row(known, &value.text) => true,
            Part::Object | Part::Path => {
                is_of_a_named_record(known, &value.text, Named::Thing)
                    || part == Part::Object && is_of_the_only_row(known, &value.text)
            }
            Part::Command | Part::Content => {
                let foreign = hits.iter().filter(|hit| hit.origin.trust() == Trust::Untrusted);
                let sources = hits.iter().any(|hit| hit.origin.trust() == Trust::Untrusted)
                    && foreign.into_iter().all(|hit| names_its_source(known, &hit.origin));
                sources || value.kind == Some(Kind::Email) && is_of_somebody_named(known, &value.text)
            }
            Part::Account => {
                is_of_a_named_record(known, &value.text, Named::Account)
                    || is_of_a_directory_entry(known, value.kind, &value.text)
                    || is_kept(known, &arguments.leaves, &value.text)
            }
            Part::Amount => facts.outside.is_none() && sums::is_worked_out(known, &value.text),
            Part::Url | Part::Credential => false,
        };
    let picked = part == Part::Object
        && facts.record
        && !about.ends
        && matches!(about.effect, Effect::Create | Effect::Change | Effect::Unknown);
    let about = About { picked, ..about };
    let before =
        plain && (facts.outside.is_some() || part == Part::Object) && before::is_known(known, &value.text);
    facts.record |= before;
    facts.record |= plain && about.left && facts.outside.is_some() && pointed::is_left(known, &value.text);
    let own = facts.user || facts.operator || in_line || before;
    facts.instructed = if own { None } else { prose::asks_for(known, about, value) };
    facts.plain = match part {
        Part::Path => {
            facts.outside.is_none() && about.effect != Effect::Delete && plain::is_plain_path(&leaf.value)
        }
        Part::Url => facts.outside.is_none() && plain::is_plain_url(known, &leaf.value),
        _ => false,
    };
    facts
}

/// Whether an argument is a record number such as `mail_id: 4711`: nobody uses one who has not read it somewhere.
fn is_number_of_a_record(leaf: &Leaf) -> bool {
    is_id(&leaf.key) && leaf.value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Returns the first origin that a third party may have written.
fn outside<'h>(hits: impl IntoIterator<Item = &'h Hit>) -> Option<Origin> {
    hits.into_iter().find(|hit| hit.origin.trust() == Trust::Untrusted).map(|hit| hit.origin.clone())
}

/// Returns a passage of at least [`RUN`] words copied from a third party. In a URL, that is what the host would learn.
fn copied<'h>(
    leaf: &Leaf,
    part: Part,
    shared: impl Iterator<Item = &'h (Hit, Range<usize>)>,
) -> Option<ArgumentFacts> {
    let hits: Vec<Hit> = shared.map(|found| found.0.clone()).collect();
    if hits.iter().any(|hit| matches!(hit.origin, Origin::User | Origin::Operator)) {
        return None;
    }
    let (outside, altered) = (Some(outside(&hits)?), part == Part::Url);
    Some(ArgumentFacts { outside, altered, ..bare(leaf, part, leaf.value.clone(), false) })
}

/// Returns the facts about a value of which nothing is known yet.
fn bare(leaf: &Leaf, part: Part, value: String, typed: bool) -> ArgumentFacts {
    ArgumentFacts {
        path: leaf.path.clone(),
        part,
        value,
        typed,
        user: false,
        operator: false,
        record: false,
        listed: false,
        instructed: None,
        altered: false,
        plain: false,
        outside: None,
    }
}
