//! The gate for tool calls: one pure function from what is known about a call to what becomes of it.
//!
//! It asks two questions. Did the user's own words ask for an effect of this class? And does each value that decides who
//! gets what come from the user, the operator or a record that the user named, or only from text that anybody may have
//! written? A value that stands in both is the user's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Part};
use crate::message::{Lang, Say};
use crate::origin::Origin;
use crate::say;

/// What happens to a call that gives cause for doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
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

/// `[tools."name"]` of `ombud.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolRule {
    /// What the tool does, where its name does not tell.
    pub effect: Option<Effect>,
    /// Its own gate.
    pub gate: Option<Gate>,
}

/// `[tools]` of `ombud.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolPolicy {
    /// The gate of every tool that has none of its own.
    pub mode: Gate,
    /// Tools by name.
    #[serde(flatten)]
    pub tools: BTreeMap<String, ToolRule>,
}

impl ToolPolicy {
    /// The gate of a tool.
    pub fn gate(&self, tool: &str) -> Gate {
        self.tools.get(tool).and_then(|rule| rule.gate).unwrap_or(self.mode)
    }

    /// The effect that the operator declares for a tool.
    pub fn effect(&self, tool: &str) -> Option<Effect> {
        self.tools.get(tool).and_then(|rule| rule.effect)
    }
}

/// What is known about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts; no two of them make a state")]
pub struct CallFacts {
    /// What it does.
    pub effect: Effect,
    /// Whether its arguments could be read: one JSON object, no key twice, of bearable size.
    pub readable: bool,
    /// Whether they hold the placeholder of a secret.
    pub secret: bool,
    /// Whether the context holds anything that a third party may have written.
    pub tainted: bool,
    /// Whether the user's own words ask for an effect of this class.
    pub asked: bool,
    /// Whether they leave it to a text what to do.
    pub delegated: bool,
    /// Whether the user has approved exactly this call.
    pub approved: bool,
    /// Its arguments that play a part.
    pub arguments: Vec<ArgumentFacts>,
}

/// What is known about one argument that plays a part.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// It is the whole of a field of a structured result.
    pub listed: bool,
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
    /// The user's own words do not ask for it.
    NotAsked,
    /// The user's words leave it to a text what to do.
    Delegated,
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
    /// A value stands nowhere in the context.
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
            Self::Foreign { value, .. } | Self::Unseen { value, .. } => Some(value),
            Self::Secret | Self::Unreadable | Self::NotAsked | Self::Delegated => None,
        }
    }

    /// The stable id, without any content.
    pub fn id(&self) -> String {
        match self {
            Self::Secret => "secret".to_owned(),
            Self::Unreadable => "unreadable".to_owned(),
            Self::NotAsked => "not_asked".to_owned(),
            Self::Delegated => "delegated".to_owned(),
            Self::Foreign { part, .. } => format!("foreign_{}", part.id()),
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
    /// The user is asked.
    Ask(Vec<Doubt>),
    /// It is withheld.
    Block(Vec<Doubt>),
}

impl CallDecision {
    /// Whether the call goes to the agent.
    pub fn releases(&self) -> bool {
        matches!(self, Self::Release(_) | Self::Approved)
    }

    /// The doubts behind it.
    pub fn doubts(&self) -> &[Doubt] {
        match self {
            Self::Approved => &[],
            Self::Release(doubts) | Self::Ask(doubts) | Self::Block(doubts) => doubts,
        }
    }

    /// The decision in records: `release`, `approved`, `would_ask: …`, `ask: …` or `block: …`, with the ids of the
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
            Self::Ask(doubts) => format!("ask: {}", ids(doubts)),
            Self::Block(doubts) => format!("block: {}", ids(doubts)),
        }
    }
}

/// Whether a recorded decision released its call. What a later version may have written counts as not released.
pub fn was_released(decision: &str) -> bool {
    matches!(decision, "release" | "approved") || decision.starts_with("would_ask:")
}

/// A recorded decision in words.
pub fn told(decision: &str, lang: Lang) -> String {
    let (kind, doubts) = decision.split_once(':').unwrap_or((decision, ""));
    let doubts: Vec<String> = doubts.split(',').map(|id| doubt_in_words(id.trim(), lang)).collect();
    let doubts = doubts.join(if lang == Lang::Zh { "；" } else { "; " });
    match kind {
        "release" => say!(lang, en: "released", zh: "已放行"),
        "approved" => say!(lang, en: "released, the user agreed", zh: "用户同意后放行"),
        "would_ask" => {
            say!(lang, en: "released; would have asked: {doubts}", zh: "已放行；本应先询问：{doubts}")
        }
        "ask" => say!(lang, en: "withheld, the user was asked: {doubts}", zh: "已拦下并询问用户：{doubts}"),
        "block" => say!(lang, en: "withheld: {doubts}", zh: "已拦下：{doubts}"),
        _ => decision.to_owned(),
    }
}

fn doubt_in_words(id: &str, lang: Lang) -> String {
    let part = |id: &str| Part::by_id(id).map_or_else(|| id.to_owned(), |part| part.say(lang));
    match id {
        "secret" => say!(lang, en: "placeholder of a secret", zh: "含密钥的占位符"),
        "unreadable" => say!(lang, en: "arguments not readable", zh: "参数无法可靠读取"),
        "not_asked" => say!(lang, en: "the user did not ask for it", zh: "用户没有提出这一要求"),
        "delegated" => say!(lang, en: "the user left it to a text", zh: "用户让一段文字来决定"),
        _ => match id.split_once('_') {
            Some(("foreign", id)) => {
                let part = part(id);
                say!(lang, en: "{part} comes from third-party text", zh: "{part}来自第三方内容")
            }
            Some(("unseen", id)) => {
                let part = part(id);
                say!(lang, en: "{part} stands nowhere in the context", zh: "{part}在上下文中从未出现")
            }
            _ => id.to_owned(),
        },
    }
}

/// Decides on a call. Pure: the same arguments give the same decision.
pub fn decide_call(policy: &ToolPolicy, tool: &str, facts: &CallFacts) -> CallDecision {
    // The tool would act with the placeholder in the secret's place: no approval makes that right.
    if facts.secret && facts.effect.acts() {
        return CallDecision::Block(vec![Doubt::Secret]);
    }
    let gate = policy.gate(tool);
    let doubts = if gate == Gate::Allow { Vec::new() } else { doubts(facts) };
    match gate {
        _ if doubts.is_empty() => CallDecision::Release(doubts),
        _ if facts.approved => CallDecision::Approved,
        Gate::Allow | Gate::Observe => CallDecision::Release(doubts),
        Gate::Ask => CallDecision::Ask(doubts),
        Gate::Block => CallDecision::Block(doubts),
    }
}

/// Every reason to doubt a call. A read is never doubted: what it can do harm with is the address it fetches, which is
/// a class of its own.
fn doubts(facts: &CallFacts) -> Vec<Doubt> {
    if !facts.effect.acts() {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    if !facts.readable {
        doubts.push(Doubt::Unreadable);
    }
    let needs_wish = facts.effect != Effect::Fetch && facts.tainted;
    if needs_wish && facts.delegated {
        doubts.push(Doubt::Delegated);
    } else if needs_wish && !facts.asked {
        doubts.push(Doubt::NotAsked);
    }
    let payee = facts.arguments.iter().any(|argument| argument.part == Part::Account && owned(argument));
    for found in facts.arguments.iter().filter_map(|argument| doubt(facts, argument, payee)) {
        // The same value in the same part is one reason, however often it stands in the arguments.
        if !doubts.iter().any(|known| known.id() == found.id() && known.value() == found.value()) {
            doubts.push(found);
        }
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
    let fine = match argument.part {
        Part::Destination => argument.record,
        Part::Account | Part::Credential => false,
        // A sum that a structured record states, or that goes to whom the user named.
        Part::Amount => payee || argument.listed,
        Part::Url => {
            argument.plain
                || (argument.listed && facts.effect == Effect::Fetch && !argument.value.contains('?'))
        }
        // What is deleted or opened to others must be named; elsewhere a row of a listing will do.
        Part::Object if matches!(facts.effect, Effect::Delete | Effect::Grant) => argument.record,
        Part::Object => argument.record || argument.listed || argument.outside.is_none(),
        Part::Path if facts.effect == Effect::Delete => argument.record,
        Part::Path => argument.plain,
        // The model writes commands and contents itself; only what it took from a third party counts.
        Part::Command | Part::Content => argument.outside.is_none() || argument.record,
    };
    if fine {
        return None;
    }
    let (path, part, value) = (argument.path.clone(), argument.part, argument.value.clone());
    match &argument.outside {
        Some(origin) => Some(Doubt::Foreign { path, part, value, origin: origin.clone() }),
        // Without anything foreign in the context a name is the model's reading of the user's words.
        None if facts.tainted || argument.typed => Some(Doubt::Unseen { path, part, value }),
        None => None,
    }
}

impl Say for Doubt {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Secret => say!(lang,
                en: "it holds the placeholder of a secret; secrets are never turned back, so the tool would use or store the placeholder",
                zh: "其中含有密钥的占位符；密钥不会被还原，工具只会使用或保存占位符"),
            Self::Unreadable => say!(lang,
                en: "its arguments cannot be read reliably",
                zh: "它的参数无法可靠读取"),
            Self::NotAsked => say!(lang,
                en: "nothing in your own words asks for this",
                zh: "你自己的话里没有提出过这样的要求"),
            Self::Delegated => say!(lang,
                en: "you left it to a text what to do, and this is what the text made of it",
                zh: "你让我照着某段文字去做，而这一步正是那段文字带来的"),
            Self::Foreign { part, value, origin, .. } => {
                let (part, origin, value) = (part.say(lang), origin.say(lang), quoted(value));
                say!(lang,
                    en: "{part} {value} does not come from you: it stands in {origin}",
                    zh: "{part} {value} 不是你给的，它出现在{origin}中")
            }
            Self::Unseen { part, value, .. } => {
                let (part, value) = (part.say(lang), quoted(value));
                say!(lang,
                    en: "{part} {value} stands nowhere in the conversation",
                    zh: "{part} {value} 在对话中从未出现过")
            }
        }
    }
}

/// A value as code: no markup of it may take effect where the text is shown, and it ends somewhere.
pub fn quoted(value: &str) -> String {
    const LONGEST: usize = 120;
    let clean = |ch: char| if ch == '`' || ch.is_control() { ' ' } else { ch };
    let mut text: String = value.chars().take(LONGEST).map(clean).collect();
    if value.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    format!("`{}`", text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(part: Part) -> ArgumentFacts {
        ArgumentFacts {
            path: "/x".into(),
            part,
            value: "v".into(),
            typed: true,
            user: false,
            operator: false,
            record: false,
            listed: false,
            plain: false,
            outside: Some(Origin::Tool { name: Some("read_mail".into()), call: None }),
        }
    }

    fn call(effect: Effect, arguments: Vec<ArgumentFacts>) -> CallFacts {
        CallFacts {
            effect,
            readable: true,
            secret: false,
            tainted: true,
            asked: true,
            delegated: false,
            approved: false,
            arguments,
        }
    }

    fn ids(facts: &CallFacts) -> String {
        let policy = ToolPolicy { mode: Gate::Ask, ..ToolPolicy::default() };
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
        assert_eq!(doubts(&twice).len(), 1);
        let other =
            call(Effect::Send, vec![foreign.clone(), ArgumentFacts { value: "w".into(), ..foreign.clone() }]);
        assert_eq!((doubts(&other).len(), &*ids(&other)), (2, "ask: foreign_destination"));
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
    fn modes_and_approval() {
        let facts = CallFacts { asked: false, ..call(Effect::Pay, vec![]) };
        let by = |gate, facts: &CallFacts| {
            decide_call(&ToolPolicy { mode: gate, ..ToolPolicy::default() }, "t", facts).id()
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
            let policy = ToolPolicy { mode, ..ToolPolicy::default() };
            assert_eq!(decide_call(&policy, "t", &facts).id(), "block: secret");
        }
        assert_eq!(ids(&CallFacts { effect: Effect::Read, ..facts }), "release");
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
        let doubts =
            vec![Doubt::Secret, Doubt::Unreadable, Doubt::NotAsked, Doubt::Delegated, foreign, unseen];
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
