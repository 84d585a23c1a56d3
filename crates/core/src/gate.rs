//! The gate for tool calls: one pure function from what is known about a call to what becomes of it.
//!
//! It asks two questions. Did the user's own words ask for an effect of this class? And does each value that decides who
//! gets what come from the user, the operator or a record that the user named, or only from text that anybody may have
//! written? A value that stands in both is the user's.

mod answers;
mod condition;
mod policy;
#[cfg(test)]
mod presets;
mod words;
mod workflow;

pub use answers::{AnswerPolicy, Carried, Fetched, LinkDecision, LinkDoubt, LinkFacts, decide_link};
pub use condition::{Condition, Expression, Met, NoCondition};
pub use policy::{Destination, Done, Kept, Limits, Preset, Ruled, ToolPolicy, ToolRule};
pub use words::{quoted, told, told_rule, told_unseen};
pub use workflow::Workflow;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::category::{DataCategory, DataType};
use crate::effect::{Effect, Part};
use crate::origin::Origin;

/// What happens to a call that gives cause for doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// It is released, and the doubt is not even noted: the operator has decided.
    Allow,
    /// It is released, and recorded with what would have been asked.
    #[default]
    Observe,
    /// The user is asked in the conversation.
    Ask,
    /// It is withheld and the user is told why.
    Block,
}

/// What is known about a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts; no two of them make a state")]
pub struct CallFacts {
    /// What it does.
    pub effect: Effect,
    /// Whether its arguments could be read: one JSON object, no key twice, of bearable size.
    pub readable: bool,
    /// Whether they are known word by word: not too long to be kept, and not said twice and not alike. Otherwise nothing that a user
    /// says yes to could stand for them.
    #[serde(default = "known")]
    pub exact: bool,
    /// Whether they hold the placeholder of a secret.
    pub secret: bool,
    /// Whether the context holds anything that a third party may have written.
    pub tainted: bool,
    /// Whether what a third party wrote shows signs of injection. They never make a doubt; they stand beside one.
    pub signs: bool,
    /// Whether the user's own words ask for an effect of this class.
    pub asked: bool,
    /// Whether they speak of what the call is about: of its tool, or of one of its values.
    pub anchored: bool,
    /// Whether they leave it to a text what to do.
    pub delegated: bool,
    /// Whether the call ends something: cancels, revokes, switches off.
    #[serde(default)]
    pub ends: bool,
    /// Whether the user speaks of several, or of all.
    #[serde(default)]
    pub many: bool,
    /// What was looked at before because a third party's text says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steered: Option<Steered>,
    /// Whether the user has approved exactly this call.
    pub approved: bool,
    /// Whether that yes came from outside of the conversation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
    /// Whether the request that it answers offered tools. Otherwise nothing of it was read for the call.
    #[serde(default = "known")]
    pub offered: bool,
    /// Whether the user has allowed calls of this tool with these doubtful values before.
    pub standing: bool,
    /// Whether somebody outside has allowed calls of this tool with just these values, until they take it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lasting: bool,
    /// What the conversation has done so far, this call included.
    pub done: Done,
    /// Categories of data in its arguments, where something in the policy depends on them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holds: BTreeSet<DataCategory>,
    /// Categories of data that were masked in its arguments.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub redacted: BTreeSet<DataCategory>,
    /// Categories that should have been and could not: they left to the model in the clear.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub leaks: BTreeSet<DataCategory>,
    /// Whether it reaches for where the rules of this gate and the answers to its questions are kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guarded: bool,
    /// Whether one of its values stood in something that was too long, or is too long ago, to be looked at: nobody can tell whether
    /// that asked for the call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forgotten: bool,
    /// The operator's conditions that apply to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met: Vec<Met>,
    /// Its arguments that play a part.
    pub arguments: Vec<ArgumentFacts>,
}

/// Records from before this was recorded.
fn known() -> bool {
    true
}

/// A read that a third party's text ordered: what it returned is about to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steered {
    /// What was looked at.
    pub value: String,
    /// Where that text stands.
    pub origin: Origin,
}

/// A limit of `[tools.limits]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The same call too often.
    Repeat,
    /// Too many calls.
    Calls,
    /// Too much money.
    Money,
    /// Too many calls in a minute.
    Rate,
    /// Too many calls in a day.
    DayCalls,
    /// Too much money in a day.
    DayMoney,
}

/// What is known about one argument that plays a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts; no two of them make a state")]
pub struct ArgumentFacts {
    /// Its place in the arguments (RFC 6901).
    pub path: String,
    /// The part it plays.
    pub part: Part,
    /// The value that decides: the argument itself, or an identifier in it.
    pub value: String,
    /// Whether the value is an identifier (an address, a number, a URL) rather than words.
    pub typed: bool,
    /// It stands in the user's own words.
    pub user: bool,
    /// It stands in what the operator wrote.
    pub operator: bool,
    /// It stands in a record that the user named, in a field that says who or what the record is.
    pub record: bool,
    /// It is the whole of a field of a structured result, and no other row of that list is what the user named.
    pub listed: bool,
    /// Where prose of a third party holds it and asks for an effect of this class.
    pub instructed: Option<Origin>,
    /// An address whose host a third party names and that nobody wrote as it stands: what was added to it would be carried there.
    #[serde(default)]
    pub altered: bool,
    /// It is harmless by its form: a new relative path, an address without anything of the context in it.
    pub plain: bool,
    /// Where it stands that a third party may have written.
    pub outside: Option<Origin>,
}

/// Why a call is doubted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The arguments hold the placeholder of a secret.
    Secret,
    /// The arguments cannot be read.
    Unreadable,
    /// The tool is no declared step.
    NoStep,
    /// It is one, and the conversation has not come to it.
    TooEarly {
        /// The step that has to come before it.
        after: String,
    },
    /// The request offered no tools.
    NotOffered,
    /// The arguments hold data that the tool must not be given, or not for whom it goes to.
    Forbidden {
        /// The category.
        category: DataCategory,
    },
    /// Data was masked in the arguments.
    Redacted {
        /// The category.
        category: DataCategory,
    },
    /// The arguments hold data that should be masked and cannot be.
    Leaks {
        /// The category.
        category: DataCategory,
    },
    /// The conversation does more than the operator allows without a question.
    Over {
        /// Which limit it goes over.
        limit: Limit,
    },
    /// A condition of the operator holds it back.
    Condition {
        /// Which one.
        met: Met,
    },
    /// It reaches for the rules of this gate, or for the answers to its questions.
    Guarded,
    /// The user's own words do not ask for it.
    NotAsked,
    /// The user's words leave it to a text what to do.
    Delegated,
    /// Anybody may be the user, so that their own words are not enough for an effect of this class.
    Anyone,
    /// The user is a child, whose own yes is not enough for an effect of this class either.
    Guardian,
    /// Something was looked at only because a third party's text says so, and what follows may carry it away.
    Steered {
        /// What was looked at.
        value: String,
        /// Where that text stands.
        origin: Origin,
    },
    /// A text in the context speaks to the model instead of telling it something. Only beside another doubt.
    Signs,
    /// A value stood in something that is looked at no more.
    Forgotten,
    /// A value stands only in what a third party may have written.
    Foreign {
        /// The argument's place.
        path: String,
        /// Its part.
        part: Part,
        /// The value.
        value: String,
        /// Where it stands.
        origin: Origin,
    },
    /// A value stands where a third party's text asks for just such an effect.
    Instructed {
        /// The argument's place.
        path: String,
        /// Its part.
        part: Part,
        /// The value.
        value: String,
        /// Where it stands.
        origin: Origin,
    },
    /// A value appears nowhere in the context.
    Unseen {
        /// The argument's place.
        path: String,
        /// Its part.
        part: Part,
        /// The value.
        value: String,
    },
}

impl Doubt {
    /// The value that is doubted, where it is one.
    fn value(&self) -> Option<&str> {
        match self {
            Self::Foreign { value, .. } | Self::Unseen { value, .. } | Self::Instructed { value, .. } => {
                Some(value)
            }
            _ => None,
        }
    }

    /// Whether it is only that nobody here has seen the user wish for the call, or for one of its values.
    fn is_unseen_wish(&self) -> bool {
        matches!(self, Self::NotAsked | Self::Foreign { .. } | Self::Unseen { .. })
    }

    /// Whether no question would help.
    fn is_final(&self) -> bool {
        match self {
            Self::Secret | Self::NoStep | Self::TooEarly { .. } | Self::Forbidden { .. } => true,
            Self::Condition { met } => met.gate == Gate::Block,
            _ => false,
        }
    }

    /// The place and the value that are doubted, where it is about one.
    pub fn place(&self) -> Option<(&str, &str)> {
        match self {
            Self::Foreign { path, value, .. }
            | Self::Unseen { path, value, .. }
            | Self::Instructed { path, value, .. } => Some((path, value)),
            _ => None,
        }
    }

    /// The stable id, without any content.
    pub fn id(&self) -> String {
        match self {
            Self::Secret => "secret".to_owned(),
            Self::Unreadable => "unreadable".to_owned(),
            Self::NoStep => "no_step".to_owned(),
            Self::TooEarly { .. } => "too_early".to_owned(),
            Self::NotOffered => "not_offered".to_owned(),
            Self::Forbidden { category } => format!("forbidden_{}", category.id()),
            Self::Redacted { category } => format!("redacted_{}", category.id()),
            Self::Leaks { category } => format!("leaks_{}", category.id()),
            Self::Over { limit: Limit::Repeat } => "over_repeat".to_owned(),
            Self::Over { limit: Limit::Calls } => "over_calls".to_owned(),
            Self::Over { limit: Limit::Money } => "over_money".to_owned(),
            Self::Over { limit: Limit::Rate } => "over_rate".to_owned(),
            Self::Over { limit: Limit::DayCalls } => "over_day_calls".to_owned(),
            Self::Over { limit: Limit::DayMoney } => "over_day_money".to_owned(),
            Self::Condition { met } => {
                let (own, sure) = (if met.own { "_own" } else { "" }, if met.holds { "" } else { "_unsure" });
                format!("condition{own}{sure}_{}", met.number)
            }
            Self::Guarded => "guarded".to_owned(),
            Self::NotAsked => "not_asked".to_owned(),
            Self::Delegated => "delegated".to_owned(),
            Self::Anyone => "anyone".to_owned(),
            Self::Guardian => "guardian".to_owned(),
            Self::Signs => "signs".to_owned(),
            Self::Forgotten => "forgotten".to_owned(),
            Self::Steered { .. } => "steered".to_owned(),
            Self::Foreign { part, .. } => format!("foreign_{}", part.id()),
            Self::Instructed { part, .. } => format!("instructed_{}", part.id()),
            Self::Unseen { part, .. } => format!("unseen_{}", part.id()),
        }
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallDecision {
    /// It goes to the agent; the doubts are those that the gate does not act on.
    Release(Vec<Doubt>),
    /// It goes to the agent because the user approved it.
    Approved,
    /// It goes to the agent, with data masked in its arguments; the doubts say which, and which the gate does not act on.
    Redact(Vec<Doubt>),
    /// The user is asked.
    Ask(Vec<Doubt>),
    /// It is withheld.
    Block(Vec<Doubt>),
}

impl CallDecision {
    /// Whether the call goes to the agent.
    pub fn releases(&self) -> bool {
        matches!(self, Self::Release(_) | Self::Approved | Self::Redact(_))
    }

    /// What the rules say of the call, whatever the mode makes of that: `allow`, `redact`, `ask` or `block`.
    pub fn verdict(&self) -> &'static str {
        let doubts = self.doubts();
        if matches!(self, Self::Approved) {
            "ask"
        } else if doubts.iter().any(Doubt::is_final) {
            "block"
        } else if doubts.iter().any(|doubt| !matches!(doubt, Doubt::Redacted { .. })) {
            "ask"
        } else if doubts.is_empty() {
            "allow"
        } else {
            "redact"
        }
    }

    /// What is done with the call: `released`, `redacted`, `asked` or `withheld`.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Release(_) | Self::Approved => "released",
            Self::Redact(_) => "redacted",
            Self::Ask(_) => "asked",
            Self::Block(_) => "withheld",
        }
    }

    /// The doubts behind it.
    pub fn doubts(&self) -> &[Doubt] {
        match self {
            Self::Approved => &[],
            Self::Release(doubts) | Self::Redact(doubts) | Self::Ask(doubts) | Self::Block(doubts) => doubts,
        }
    }

    /// The doubtful values of a question that is about nothing else: what a standing answer is bound to.
    pub fn values(&self) -> Option<String> {
        let Self::Ask(doubts) = self else { return None };
        let values: Option<Vec<String>> =
            doubts.iter().map(|doubt| Some(format!("{}={}", doubt.id(), doubt.value()?))).collect();
        values.map(|values| values.join("\n"))
    }

    /// Whether it is a question that an answer from outside may settle for every call with the same values.
    pub fn may_last(&self) -> bool {
        matches!(self, Self::Ask(doubts) if doubts.iter().all(Doubt::is_unseen_wish))
    }

    /// The decision in records: `release`, `approved`, `would_ask: …`, `redact: …`, `ask: …` or `block: …`, with the ids of the
    /// doubts.
    pub fn id(&self) -> String {
        let ids = |doubts: &[Doubt]| {
            let mut ids: Vec<String> = doubts.iter().map(Doubt::id).collect();
            ids.dedup();
            ids.join(", ")
        };
        match self {
            Self::Approved => "approved".to_owned(),
            Self::Release(doubts) if doubts.is_empty() => "release".to_owned(),
            Self::Release(doubts) => format!("would_ask: {}", ids(doubts)),
            Self::Redact(doubts) => format!("redact: {}", ids(doubts)),
            Self::Ask(doubts) => format!("ask: {}", ids(doubts)),
            Self::Block(doubts) => format!("block: {}", ids(doubts)),
        }
    }
}

/// Whether a recorded decision released its call. What a later version may have written counts as not released.
pub fn was_released(decision: &str) -> bool {
    matches!(decision, "release" | "approved")
        || decision.starts_with("would_ask:")
        || decision.starts_with("redact:")
}

/// The setting that decided what is done with a call, as records name it.
pub fn rule_of(policy: &ToolPolicy, tool: &str, facts: &CallFacts, decision: &CallDecision) -> String {
    let doubts = decision.doubts();
    let only = |is: fn(&Doubt) -> bool| !doubts.is_empty() && doubts.iter().all(is);
    match doubts.first() {
        Some(Doubt::Secret) => "secret".to_owned(),
        Some(Doubt::NoStep | Doubt::TooEarly { .. }) => "workflow".to_owned(),
        Some(Doubt::Forbidden { .. }) => "forbid".to_owned(),
        _ if only(|doubt| matches!(doubt, Doubt::Over { .. })) => "limits".to_owned(),
        _ if only(|doubt| matches!(doubt, Doubt::Redacted { .. } | Doubt::Leaks { .. })) => {
            "redact".to_owned()
        }
        _ => policy.ruled_call(tool, facts).1.id(),
    }
}

/// Decides on a call. Pure: the same arguments give the same decision.
pub fn decide_call(policy: &ToolPolicy, tool: &str, facts: &CallFacts) -> CallDecision {
    // The tool would act with the placeholder in the secret's place: no approval makes that right.
    let masks_secrets = policy.redacted(tool).contains(&DataType::Secret.category());
    if facts.secret && facts.effect.acts() && !masks_secrets {
        return CallDecision::Block(vec![Doubt::Secret]);
    }
    if !policy.is_a_step(tool) {
        return CallDecision::Block(vec![Doubt::NoStep]);
    }
    let forbidden = policy.forbidden_to(tool, &facts.arguments);
    let forbidden = forbidden.intersection(&facts.holds);
    let forbidden: Vec<Doubt> = forbidden.map(|category| Doubt::Forbidden { category: *category }).collect();
    if !forbidden.is_empty() {
        return CallDecision::Block(forbidden);
    }
    if let Some(after) = policy.awaits(tool, facts.done.reached) {
        return CallDecision::Block(vec![Doubt::TooEarly { after: after.to_owned() }]);
    }
    let (mut gate, ruled) = policy.ruled_call(tool, facts);
    if gate == Gate::Block && matches!(ruled, Ruled::Condition(_)) {
        return CallDecision::Block(held_by(facts, Gate::Block).collect());
    }
    let mut doubts = if gate == Gate::Allow { Vec::new() } else { doubts(policy, tool, facts) };
    let values = !doubts.is_empty() && doubts.iter().all(|doubt| doubt.value().is_some());
    if facts.standing && values {
        doubts.clear();
    }
    if facts.lasting {
        doubts.retain(|doubt| !doubt.is_unseen_wish());
    }
    doubts.extend(held_by(facts, Gate::Ask));
    let over = policy.over(facts.done);
    if !over.is_empty() {
        gate = gate.max(Gate::Ask);
        doubts.extend(over.into_iter().map(|limit| Doubt::Over { limit }));
    }
    // What cannot be masked is asked about: less would let it through, and more is for `forbid` to say.
    if !facts.leaks.is_empty() {
        gate = gate.max(Gate::Ask);
        doubts.extend(facts.leaks.iter().map(|category| Doubt::Leaks { category: *category }));
    }
    // Last, so that what is held back for another reason is not only asked about.
    if let Some(doubt) = policy.trusts_nobody(ruled, facts.effect)
        && (doubts.is_empty() || gate == Gate::Ask)
    {
        gate = Gate::Ask;
        doubts.push(doubt);
    }
    // An agent that could loosen its own rules would have none.
    if facts.guarded {
        gate = gate.max(Gate::Ask);
        doubts.push(Doubt::Guarded);
    }
    let decision = match gate {
        _ if doubts.is_empty() => CallDecision::Release(doubts),
        _ if is_approved(facts, &doubts) => CallDecision::Approved,
        Gate::Allow | Gate::Observe => CallDecision::Release(doubts),
        Gate::Ask if facts.exact => CallDecision::Ask(doubts),
        Gate::Ask | Gate::Block => CallDecision::Block(doubts),
    };
    masked(decision, facts, masks_secrets)
}

/// Whether somebody said yes who may.
fn is_approved(facts: &CallFacts, doubts: &[Doubt]) -> bool {
    facts.approved && facts.exact && (facts.outside || !doubts.contains(&Doubt::Guardian))
}

/// The conditions that hold a call back with this gate.
fn held_by(facts: &CallFacts, gate: Gate) -> impl Iterator<Item = Doubt> + '_ {
    facts.met.iter().filter(move |met| met.gate == gate).map(|met| Doubt::Condition { met: *met })
}

/// A call that goes to the agent with less than the model wrote.
fn masked(decision: CallDecision, facts: &CallFacts, masks_secrets: bool) -> CallDecision {
    let mut categories = facts.redacted.clone();
    categories.extend((facts.secret && masks_secrets).then(|| DataType::Secret.category()));
    if categories.is_empty() || !decision.releases() {
        return decision;
    }
    let redacted = categories.into_iter().map(|category| Doubt::Redacted { category });
    CallDecision::Redact(redacted.chain(decision.doubts().iter().cloned()).collect())
}

/// Every reason to doubt a call. A read is never doubted: what it can do harm with is the address it fetches, which is
/// a class of its own.
fn doubts(policy: &ToolPolicy, tool: &str, facts: &CallFacts) -> Vec<Doubt> {
    if !facts.effect.acts() {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    if !facts.readable {
        doubts.push(Doubt::Unreadable);
    }
    // Nothing was looked up, so of no value can be told where it stands.
    if !facts.offered {
        doubts.push(Doubt::NotOffered);
        return doubts;
    }
    let needs_wish = facts.effect != Effect::Fetch && facts.tainted;
    if needs_wish && facts.delegated {
        doubts.push(Doubt::Delegated);
    } else if needs_wish && !(facts.asked && facts.anchored) {
        doubts.push(Doubt::NotAsked);
    }
    let steered = facts.steered.clone().filter(|_| facts.tainted);
    doubts.extend(steered.map(|Steered { value, origin }| Doubt::Steered { value, origin }));
    // Who is paid, by their account or by name.
    let paid = |part: Part| part == Part::Account || facts.effect == Effect::Pay && part == Part::Destination;
    let payee = facts.arguments.iter().any(|argument| paid(argument.part) && owned(argument));
    let given = |argument: &&ArgumentFacts| policy.gives(tool, &argument.path, &argument.value);
    let arguments = facts.arguments.iter().filter(|argument| !given(argument));
    for found in arguments.filter_map(|argument| doubt(facts, argument, payee)) {
        // The same value in the same part is one reason, however often it stands in the arguments.
        if !doubts.iter().any(|known| known.id() == found.id() && known.value() == found.value()) {
            doubts.push(found);
        }
    }
    if facts.forgotten {
        doubts.push(Doubt::Forgotten);
    }
    if facts.signs && !doubts.is_empty() {
        doubts.push(Doubt::Signs);
    }
    doubts
}

/// The user's, the operator's, or that of a record which the user named.
fn owned(argument: &ArgumentFacts) -> bool {
    argument.user || argument.operator || argument.record
}

fn doubt(facts: &CallFacts, argument: &ArgumentFacts, payee: bool) -> Option<Doubt> {
    if argument.user || argument.operator {
        return None;
    }
    let (path, part, value) = (argument.path.clone(), argument.part, argument.value.clone());
    // Who somebody is, a directory says better than any text; what is to be done with what, a text must not say.
    let known = argument.record && matches!(part, Part::Destination | Part::Account);
    if let Some(origin) = argument.instructed.clone().filter(|_| !known) {
        return Some(Doubt::Instructed { path, part, value, origin });
    }
    if is_fine(facts, argument, payee) {
        return None;
    }
    match &argument.outside {
        Some(origin) => Some(Doubt::Foreign { path, part, value, origin: origin.clone() }),
        // Without anything foreign in the context a name is the model's reading of the user's words.
        None if facts.tainted || argument.typed => Some(Doubt::Unseen { path, part, value }),
        None => None,
    }
}

/// Whether nothing speaks against a value that the user did not give.
fn is_fine(facts: &CallFacts, argument: &ArgumentFacts, payee: bool) -> bool {
    let unseen = argument.outside.is_none();
    match argument.part {
        Part::Destination | Part::Account => argument.record,
        Part::Credential => false,
        // A sum that a structured record states, that follows from what records and the user say, or that goes to whom the user named.
        Part::Amount => payee || argument.listed || argument.record,
        // A page to be read may be one that others linked, if the user wants links read and it carries nothing away.
        Part::Url if facts.effect == Effect::Fetch => {
            let linked = !unseen && !argument.altered && !argument.value.contains('?');
            argument.plain || (facts.asked || argument.listed) && linked
        }
        // What is deleted or opened to others must be named; elsewhere a row of a listing will do.
        Part::Object if matches!(facts.effect, Effect::Delete | Effect::Grant) => argument.record,
        // Ending one of several asks for its name as well, unless the user speaks of all of them.
        Part::Object if facts.ends => argument.record || facts.many && argument.listed,
        // A name that appears nowhere is the model's reading of the user's words; a number is nobody's.
        Part::Object => argument.record || argument.listed || unseen && !(argument.typed && facts.tainted),
        Part::Path if facts.effect == Effect::Delete => argument.record,
        Part::Url | Part::Path => argument.plain,
        // The model writes commands and contents itself; only what it took from a third party counts.
        Part::Command | Part::Content => unseen || argument.record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Lang;

    pub(super) fn argument(part: Part) -> ArgumentFacts {
        ArgumentFacts {
            path: "/x".into(),
            part,
            value: "v".into(),
            typed: true,
            user: false,
            operator: false,
            record: false,
            listed: false,
            instructed: None,
            altered: false,
            plain: false,
            outside: Some(Origin::Tool { name: Some("read_mail".into()), call: None }),
        }
    }

    pub(super) fn call(effect: Effect, arguments: Vec<ArgumentFacts>) -> CallFacts {
        CallFacts {
            effect,
            readable: true,
            exact: true,
            secret: false,
            tainted: true,
            signs: false,
            asked: true,
            anchored: true,
            delegated: false,
            ends: false,
            many: false,
            steered: None,
            approved: false,
            outside: false,
            offered: true,
            standing: false,
            lasting: false,
            done: Done::default(),
            holds: BTreeSet::new(),
            redacted: BTreeSet::new(),
            leaks: BTreeSet::new(),
            met: Vec::new(),
            guarded: false,
            forgotten: false,
            arguments,
        }
    }

    #[test]
    fn what_reaches_for_the_rules_is_asked_about_whatever_the_gate() {
        for gate in [Gate::Allow, Gate::Observe, Gate::Ask] {
            let policy = ToolPolicy { mode: Some(gate), ..ToolPolicy::default() };
            let facts = CallFacts { guarded: true, ..call(Effect::Change, vec![]) };
            assert_eq!(decide_call(&policy, "write_file", &facts).id(), "ask: guarded");
        }
    }

    #[test]
    fn a_lasting_answer_stands_for_the_wish_and_for_nothing_else() {
        let asks = ToolPolicy { mode: Some(Gate::Ask), ..ToolPolicy::default() };
        let unseen = ArgumentFacts { outside: None, ..argument(Part::Destination) };
        let call = CallFacts { asked: false, ..call(Effect::Send, vec![unseen.clone()]) };
        let asked = decide_call(&asks, "t", &call);
        assert!(asked.may_last(), "{}", asked.id());
        let lasting = CallFacts { lasting: true, ..call };
        assert_eq!(decide_call(&asks, "t", &lasting).id(), "release");
        let origin = Origin::Tool { name: None, call: None };
        let ordered = ArgumentFacts { instructed: Some(origin), ..unseen };
        for (facts, id) in [
            (CallFacts { guarded: true, ..lasting.clone() }, "ask: guarded"),
            (CallFacts { forgotten: true, ..lasting.clone() }, "ask: forgotten"),
            (CallFacts { readable: false, ..lasting.clone() }, "ask: unreadable"),
            (CallFacts { arguments: vec![ordered], ..lasting.clone() }, "ask: instructed_destination"),
            (
                CallFacts { leaks: [DataCategory::ContactPhone].into(), ..lasting.clone() },
                "ask: leaks_contact.phone",
            ),
        ] {
            let decision = decide_call(&asks, "t", &facts);
            assert_eq!((&*decision.id(), decision.may_last()), (id, false));
        }
        let group = ToolPolicy { preset: Some(Preset::WechatBot), ..ToolPolicy::default() };
        let pays = CallFacts { effect: Effect::Pay, arguments: Vec::new(), ..lasting };
        assert_eq!(decide_call(&group, "t", &pays).id(), "ask: anyone");
    }

    #[test]
    fn nobody_is_asked_about_what_cannot_be_known_word_by_word() {
        let cut = CallFacts { exact: false, readable: false, ..call(Effect::Send, vec![]) };
        let asks = ToolPolicy { mode: Some(Gate::Ask), ..ToolPolicy::default() };
        for facts in [cut.clone(), CallFacts { approved: true, ..cut.clone() }] {
            assert!(matches!(decide_call(&asks, "t", &facts), CallDecision::Block(_)));
        }
        let observes = ToolPolicy { mode: Some(Gate::Observe), ..ToolPolicy::default() };
        assert!(decide_call(&observes, "t", &cut).releases());
    }

    #[test]
    fn masking_stands_between_release_and_question() {
        let phone = DataCategory::ContactPhone;
        let rule = ToolRule { redact: [phone, DataType::Secret.category()].into(), ..ToolRule::default() };
        let policy = ToolPolicy { tools: [("send".to_owned(), rule)].into(), ..ToolPolicy::default() };
        let decided = |facts: &CallFacts| decide_call(&policy, "send", facts).id();
        let masked = CallFacts { redacted: [phone].into(), ..call(Effect::Send, Vec::new()) };
        assert_eq!(decided(&masked), "redact: redacted_contact.phone");
        assert!(
            was_released("redact: redacted_contact.phone")
                && decide_call(&policy, "send", &masked).releases()
        );
        // A question and a refusal come before it, and approval does not unmask.
        let unasked = CallFacts { asked: false, ..masked.clone() };
        assert_eq!(decided(&unasked), "ask: not_asked");
        assert_eq!(decided(&CallFacts { approved: true, ..unasked }), "redact: redacted_contact.phone");
        let leaks = CallFacts { leaks: [phone].into(), ..call(Effect::Read, Vec::new()) };
        assert_eq!(decided(&leaks), "ask: leaks_contact.phone");
        // The placeholder of a secret masks it already.
        let secret = CallFacts { secret: true, ..call(Effect::Send, Vec::new()) };
        assert_eq!(decided(&secret), format!("redact: redacted_{}", DataType::Secret.category().id()));
        assert_eq!(decide_call(&policy, "other", &secret).id(), "block: secret");
    }

    #[test]
    fn data_that_a_tool_must_not_be_given_is_withheld_whatever_speaks_for_the_call() {
        let health = DataCategory::HealthRecord;
        let rule = ToolRule { forbid: [health].into(), gate: Some(Gate::Allow), ..ToolRule::default() };
        let policy = ToolPolicy { tools: [("send".to_owned(), rule)].into(), ..ToolPolicy::default() };
        let facts = CallFacts { holds: [health].into(), approved: true, ..call(Effect::Read, Vec::new()) };
        assert_eq!(decide_call(&policy, "send", &facts).id(), format!("block: forbidden_{}", health.id()));
        assert!(decide_call(&policy, "other", &facts).releases());
        let other = CallFacts { holds: [DataCategory::ContactPhone].into(), ..facts };
        assert!(decide_call(&policy, "send", &other).releases());
    }

    fn ids(facts: &CallFacts) -> String {
        let policy = ToolPolicy { mode: Some(Gate::Ask), ..ToolPolicy::default() };
        decide_call(&policy, "t", facts).id()
    }

    #[test]
    fn a_destination_must_be_the_users_the_operators_or_of_a_named_record() {
        let foreign = argument(Part::Destination);
        assert_eq!(ids(&call(Effect::Send, vec![foreign.clone()])), "ask: foreign_destination");
        for fine in [
            ArgumentFacts { user: true, ..foreign.clone() },
            ArgumentFacts { operator: true, ..foreign.clone() },
            ArgumentFacts { record: true, ..foreign.clone() },
        ] {
            assert_eq!(ids(&call(Effect::Send, vec![fine])), "release");
        }
        let twice = call(Effect::Send, vec![foreign.clone(), foreign.clone()]);
        assert_eq!(doubts(&ToolPolicy::default(), "t", &twice).len(), 1);
        let other =
            call(Effect::Send, vec![foreign.clone(), ArgumentFacts { value: "w".into(), ..foreign.clone() }]);
        assert_eq!(
            (doubts(&ToolPolicy::default(), "t", &other).len(), &*ids(&other)),
            (2, "ask: foreign_destination")
        );
        let unseen = ArgumentFacts { outside: None, ..foreign };
        assert_eq!(ids(&call(Effect::Send, vec![unseen.clone()])), "ask: unseen_destination");
        let name = ArgumentFacts { typed: false, ..unseen };
        assert_eq!(ids(&CallFacts { tainted: false, ..call(Effect::Send, vec![name]) }), "release");
    }

    #[test]
    fn the_class_must_be_asked_for_where_others_can_speak() {
        let facts = CallFacts { asked: false, ..call(Effect::Send, vec![]) };
        assert_eq!(ids(&facts), "ask: not_asked");
        assert_eq!(ids(&CallFacts { tainted: false, ..facts.clone() }), "release");
        assert_eq!(ids(&CallFacts { effect: Effect::Read, ..facts.clone() }), "release");
        assert_eq!(ids(&CallFacts { delegated: true, ..facts }), "ask: delegated");
    }

    #[test]
    fn what_a_text_ordered_to_be_read_does_not_leave() {
        let steered = Some(Steered { value: "board".into(), origin: Origin::Unknown });
        let facts = CallFacts { steered, ..call(Effect::Send, vec![]) };
        assert_eq!(ids(&facts), "ask: steered");
        assert_eq!(ids(&CallFacts { tainted: false, ..facts }), "release");
    }

    #[test]
    fn what_is_ended_must_be_named() {
        let listed = ArgumentFacts { listed: true, ..argument(Part::Object) };
        let facts = CallFacts { ends: true, ..call(Effect::Change, vec![listed.clone()]) };
        assert_eq!(ids(&facts), "ask: foreign_object");
        assert_eq!(ids(&CallFacts { many: true, ..facts.clone() }), "release");
        let named = vec![ArgumentFacts { record: true, ..listed }];
        assert_eq!(ids(&CallFacts { arguments: named, ..facts }), "release");
    }

    #[test]
    fn a_number_that_stands_nowhere_names_nothing() {
        let made = ArgumentFacts { outside: None, ..argument(Part::Object) };
        assert_eq!(ids(&call(Effect::Send, vec![made.clone()])), "ask: unseen_object");
        assert_eq!(ids(&call(Effect::Send, vec![ArgumentFacts { typed: false, ..made }])), "release");
    }

    #[test]
    fn signs_of_injection_stand_beside_a_doubt_and_make_none() {
        let facts = CallFacts { signs: true, ..call(Effect::Send, vec![]) };
        assert_eq!(ids(&facts), "release");
        assert_eq!(ids(&CallFacts { asked: false, ..facts }), "ask: not_asked, signs");
    }

    #[test]
    fn modes_and_approval() {
        let facts = CallFacts { asked: false, ..call(Effect::Pay, vec![]) };
        let by = |gate, facts: &CallFacts| {
            decide_call(&ToolPolicy { mode: Some(gate), ..ToolPolicy::default() }, "t", facts).id()
        };
        assert_eq!(by(Gate::Observe, &facts), "would_ask: not_asked");
        assert_eq!(by(Gate::Allow, &facts), "release");
        assert_eq!(by(Gate::Block, &facts), "block: not_asked");
        assert_eq!(by(Gate::Ask, &CallFacts { approved: true, ..facts }), "approved");
    }

    #[test]
    fn a_secret_is_withheld_in_every_mode_unless_the_call_only_reads() {
        let facts = CallFacts { secret: true, approved: true, ..call(Effect::Send, vec![]) };
        for mode in [Gate::Allow, Gate::Observe, Gate::Ask, Gate::Block] {
            let policy = ToolPolicy { mode: Some(mode), ..ToolPolicy::default() };
            assert_eq!(decide_call(&policy, "t", &facts).id(), "block: secret");
        }
        assert_eq!(ids(&CallFacts { effect: Effect::Read, ..facts }), "release");
    }

    #[test]
    fn what_the_operator_says_counts() {
        let foreign = ArgumentFacts {
            path: "/to/0".into(),
            value: "a@corp.example".into(),
            ..argument(Part::Destination)
        };
        let facts = call(Effect::Send, vec![foreign]);
        let rule = |values: &[&str]| ToolRule {
            arguments: [("to".to_owned(), values.iter().map(|value| (*value).to_owned()).collect())].into(),
            ..ToolRule::default()
        };
        let policy = |values: &[&str]| ToolPolicy {
            tools: [("t".to_owned(), rule(values))].into(),
            ..ToolPolicy::default()
        };
        assert_eq!(decide_call(&policy(&["*@corp.example"]), "t", &facts).id(), "release");
        assert_eq!(decide_call(&policy(&["*@other.example"]), "t", &facts).id(), "ask: foreign_destination");
        let steps = ToolPolicy {
            workflow: Workflow { steps: vec!["read_*".into()], ..Workflow::default() },
            ..ToolPolicy::default()
        };
        assert_eq!(decide_call(&steps, "t", &call(Effect::Read, vec![])).id(), "block: no_step");
        assert_eq!(decide_call(&steps, "read_mail", &call(Effect::Read, vec![])).id(), "release");
    }

    #[test]
    fn limits_ask_even_where_all_is_allowed() {
        let facts = CallFacts { done: Done { equal: 21, ..Done::default() }, ..call(Effect::Read, vec![]) };
        let open = ToolPolicy { mode: Some(Gate::Allow), ..ToolPolicy::default() };
        assert_eq!(decide_call(&open, "t", &facts).id(), "ask: over_repeat");
        let strict = ToolPolicy { mode: Some(Gate::Block), ..ToolPolicy::default() };
        assert_eq!(decide_call(&strict, "t", &facts).id(), "block: over_repeat");
    }

    #[test]
    fn a_standing_answer_covers_values_and_nothing_else() {
        let facts = CallFacts { standing: true, ..call(Effect::Send, vec![argument(Part::Destination)]) };
        assert_eq!(ids(&facts), "release");
        assert_eq!(ids(&CallFacts { asked: false, ..facts }), "ask: not_asked, foreign_destination");
    }

    #[test]
    fn rows_and_sums() {
        let listed = ArgumentFacts { listed: true, ..argument(Part::Object) };
        assert_eq!(ids(&call(Effect::Change, vec![listed.clone()])), "release");
        assert_eq!(ids(&call(Effect::Delete, vec![listed.clone()])), "ask: foreign_object");
        assert_eq!(ids(&call(Effect::Delete, vec![ArgumentFacts { record: true, ..listed }])), "release");
        let payee = ArgumentFacts { user: true, ..argument(Part::Account) };
        assert_eq!(ids(&call(Effect::Pay, vec![payee, argument(Part::Amount)])), "release");
        assert_eq!(ids(&call(Effect::Pay, vec![argument(Part::Amount)])), "ask: foreign_amount");
    }

    #[test]
    fn every_recorded_decision_can_be_told() {
        let foreign = Doubt::Foreign {
            path: "/to".into(),
            part: Part::Destination,
            value: "v".into(),
            origin: Origin::Unknown,
        };
        let unseen = Doubt::Unseen { path: "/url".into(), part: Part::Url, value: "v".into() };
        let instructed = Doubt::Instructed {
            path: "/id".into(),
            part: Part::Object,
            value: "v".into(),
            origin: Origin::Unknown,
        };
        let doubts = vec![
            Doubt::NoStep,
            Doubt::Condition { met: Met { own: true, number: 2, gate: Gate::Ask, holds: false } },
            Doubt::Over { limit: Limit::Money },
            Doubt::Secret,
            Doubt::Unreadable,
            Doubt::NotAsked,
            Doubt::Delegated,
            Doubt::Anyone,
            Doubt::Signs,
            Doubt::Steered { value: "v".into(), origin: Origin::Unknown },
            foreign,
            unseen,
            instructed,
        ];
        for (decision, released) in [
            (CallDecision::Release(Vec::new()), true),
            (CallDecision::Release(doubts.clone()), true),
            (CallDecision::Approved, true),
            (CallDecision::Ask(doubts.clone()), false),
            (CallDecision::Block(doubts), false),
        ] {
            assert_eq!((was_released(&decision.id()), decision.releases()), (released, released));
            for lang in [Lang::En, Lang::Zh] {
                let told = told(&decision.id(), lang);
                assert!(!told.contains('_') && told != decision.id(), "{told}");
            }
        }
    }

    #[test]
    fn a_quoted_value_stays_code() {
        assert_eq!(quoted("a`](http://x)\n![y]"), "`a ](http://x) ![y]`");
        assert!(quoted(&"x".repeat(5000)).chars().count() < 130);
    }
}
