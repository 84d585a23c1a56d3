//! `[tools]` of `ombud.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{CallFacts, Condition, Gate, Limit, Met};
use crate::category::DataCategory;
use crate::effect::Effect;

/// Equal calls in a conversation after which a person is asked, where nothing else is said.
const REPEAT: u32 = 20;

/// `[tools."name"]` of `ombud.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolRule {
    /// What the tool does, where its name does not tell.
    pub effect: Option<Effect>,
    /// Its own gate.
    pub gate: Option<Gate>,
    /// Categories of data that it must not be given, whatever else speaks for a call.
    pub forbid: BTreeSet<DataCategory>,
    /// Categories of data that are masked in its arguments, where the user did not give them.
    pub redact: BTreeSet<DataCategory>,
    /// Values that are the operator's, by argument; `*` stands for any run of characters.
    pub arguments: BTreeMap<String, Vec<String>>,
    /// Gates for some of its calls. Where several hold the strictest counts, and it counts more than `gate`.
    pub when: Vec<Condition>,
}

/// `[tools.limits]`: what a conversation may do before a person is asked, however good each call looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The same call, so many times.
    pub repeat: Option<u32>,
    /// Calls of all tools.
    pub calls: Option<u32>,
    /// The sum of all amounts that are paid.
    pub money: Option<u64>,
    /// Calls of all tools in a minute.
    pub calls_per_minute: Option<u32>,
}

/// What a conversation has done so far, the call in question included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Done {
    /// Calls equal to this one.
    pub equal: u32,
    /// Calls of all tools.
    pub calls: u32,
    /// The sum of all amounts paid, rounded up.
    pub money: u64,
    /// Calls of all tools in the last minute, where somebody counts them.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub minute: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nought(number: &u32) -> bool {
    *number == 0
}

/// Gates for a kind of agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// One that works in somebody's accounts.
    Assistant,
    /// One that answers from documents.
    RagChat,
    /// One that answers in a messenger, also in groups: whoever writes there is the user, and may be a stranger.
    WechatBot,
    /// One that people talk to for company.
    Companion,
    /// One for children.
    Kids,
    /// One that writes and runs code.
    Coding,
    /// One that sells.
    Shop,
    /// Nothing doubtful happens, and nobody is asked.
    Strict,
}

impl Preset {
    /// The gate of a class, where the preset says more than a fresh project does.
    fn gate(self, effect: Effect) -> Option<Gate> {
        use Effect::{Change, Create, Credential, Delete, Execute, Fetch, Grant, Pay, Send, Unknown};
        let blocked = match self {
            Self::Assistant => return None,
            Self::RagChat => matches!(effect, Send | Pay | Delete | Grant | Credential | Execute),
            Self::WechatBot | Self::Shop => matches!(effect, Delete | Grant | Credential | Execute),
            Self::Companion => matches!(effect, Pay | Grant | Credential | Execute),
            Self::Kids => {
                matches!(effect, Fetch | Send | Pay | Delete | Grant | Credential | Execute | Unknown)
            }
            Self::Coding => matches!(effect, Pay | Grant),
            Self::Strict => effect.acts(),
        };
        let watched = self == Self::Coding && matches!(effect, Create | Change);
        if blocked {
            Some(Gate::Block)
        } else if self.trusts_nobody(effect) {
            Some(Gate::Ask)
        } else {
            watched.then_some(Gate::Observe)
        }
    }

    /// Whether an effect of this class is asked about even if the user's own words ask for it.
    fn trusts_nobody(self, effect: Effect) -> bool {
        use Effect::{Credential, Delete, Execute, Grant, Pay};
        self == Self::WechatBot && matches!(effect, Pay | Delete | Grant | Credential | Execute)
    }
}

/// Which rule sets a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruled {
    /// An entry of `when`.
    Condition(Met),
    /// `gate` of the tool's own table.
    Tool,
    /// `[tools.effects]`.
    Effect,
    /// `mode` of `[tools]`.
    Mode,
    /// `preset` of `[tools]`.
    Preset,
    /// Nothing: what a fresh project does.
    Fresh,
}

impl Ruled {
    /// The id in records.
    pub fn id(self) -> String {
        match self {
            Self::Condition(met) => format!("condition{}_{}", if met.own { "_own" } else { "" }, met.number),
            Self::Tool => "tool".to_owned(),
            Self::Effect => "effect".to_owned(),
            Self::Mode => "mode".to_owned(),
            Self::Preset => "preset".to_owned(),
            Self::Fresh => "fresh".to_owned(),
        }
    }
}

impl Preset {
    /// Every preset, with its name in `ombud.toml`.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Assistant, "assistant"),
        (Self::RagChat, "rag-chat"),
        (Self::WechatBot, "wechat-bot"),
        (Self::Companion, "companion"),
        (Self::Kids, "kids"),
        (Self::Coding, "coding"),
        (Self::Shop, "shop"),
        (Self::Strict, "strict"),
    ];
}

/// `[tools]` of `ombud.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolPolicy {
    /// What kind of agent it is.
    pub preset: Option<Preset>,
    /// The gate of every tool and class that has none of its own; without it reads are observed and everything else asks.
    pub mode: Option<Gate>,
    /// The gates of classes.
    pub effects: BTreeMap<Effect, Gate>,
    /// What a conversation may do at all.
    pub limits: Limits,
    /// The only tools that may be called, if there are some; `*` stands for any run of characters.
    pub workflow: Vec<String>,
    /// Gates for some calls of any tool, as in a tool's own table.
    pub when: Vec<Condition>,
    /// Whether the user's words are not seen where this policy decides; see [`ToolPolicy::without_user`].
    #[serde(skip)]
    pub unseen: bool,
    /// Tools by name.
    #[serde(flatten)]
    pub tools: BTreeMap<String, ToolRule>,
}

impl ToolPolicy {
    /// The gate of a tool of this class: its own, that of its class, that of all, that of the preset, or that of a fresh
    /// project.
    pub fn gate(&self, tool: &str, effect: Effect) -> Gate {
        self.ruled(tool, effect).0
    }

    /// The gate and the rule that sets it.
    pub fn ruled(&self, tool: &str, effect: Effect) -> (Gate, Ruled) {
        let own = self.tools.get(tool).and_then(|rule| rule.gate).map(|gate| (gate, Ruled::Tool));
        let class = || self.effects.get(&effect).map(|gate| (*gate, Ruled::Effect));
        let mode = || self.mode.map(|gate| (gate, Ruled::Mode));
        let preset = || Some((self.preset?.gate(effect)?, Ruled::Preset));
        own.or_else(class).or_else(mode).or_else(preset).unwrap_or((self.fresh(effect), Ruled::Fresh))
    }

    /// The gate of a call and the rule that sets it: of the conditions that hold the strictest, else what holds for its tool. A
    /// condition that cannot be evaluated makes it stricter and never milder: its arguments are not the operator's.
    pub fn ruled_call(&self, tool: &str, facts: &CallFacts) -> (Gate, Ruled) {
        let strictest = |holds: bool| {
            let met = facts.met.iter().filter(|met| met.holds == holds).max_by_key(|met| met.gate);
            met.map(|met| (met.gate, Ruled::Condition(*met)))
        };
        let set = strictest(true).unwrap_or_else(|| self.ruled(tool, facts.effect));
        strictest(false).filter(|unsure| unsure.0 > set.0).unwrap_or(set)
    }

    /// Whether the preset, where it is what counts, lets nobody's word be enough for this class.
    pub fn trusts_nobody(&self, ruled: Ruled, effect: Effect) -> bool {
        ruled == Ruled::Preset && self.preset.is_some_and(|preset| preset.trusts_nobody(effect))
    }

    /// The same where the user's words are not seen, as at the edge of a tool: nothing there can say that a call was asked for. A
    /// fresh project then observes what can be made good again, and asks for all else that acts.
    #[must_use]
    pub fn without_user(&self) -> Self {
        Self { unseen: true, ..self.clone() }
    }

    /// What a fresh project does with a class.
    fn fresh(&self, effect: Effect) -> Gate {
        let mild = self.unseen
            && self.preset.is_none()
            && matches!(effect, Effect::Fetch | Effect::Create | Effect::Change);
        if effect.acts() && !mild { Gate::Ask } else { Gate::Observe }
    }

    /// The effect that the operator declares for a tool.
    pub fn effect(&self, tool: &str) -> Option<Effect> {
        self.tools.get(tool).and_then(|rule| rule.effect)
    }

    /// The categories of data that a tool must not be given.
    pub fn forbidden(&self, tool: &str) -> Option<&BTreeSet<DataCategory>> {
        self.tools.get(tool).map(|rule| &rule.forbid).filter(|forbid| !forbid.is_empty())
    }

    /// The categories of data that are masked in the arguments of a tool.
    pub fn redacted(&self, tool: &str) -> Option<&BTreeSet<DataCategory>> {
        self.tools.get(tool).map(|rule| &rule.redact).filter(|redact| !redact.is_empty())
    }

    /// Whether the operator gives this value for an argument. `path` is its place (RFC 6901).
    pub fn gives(&self, tool: &str, path: &str, value: &str) -> bool {
        let key = path.rsplit('/').find(|part| part.parse::<u32>().is_err()).unwrap_or_default();
        let rule = self.tools.get(tool).and_then(|rule| rule.arguments.get(key));
        rule.is_some_and(|values| values.iter().any(|pattern| fits(&pattern.to_lowercase(), value)))
    }

    /// Whether the tool is one of the declared steps.
    pub fn is_a_step(&self, tool: &str) -> bool {
        self.workflow.is_empty() || self.workflow.iter().any(|step| fits(step, tool))
    }

    /// The limits that a conversation goes over.
    pub fn over(&self, done: Done) -> Vec<Limit> {
        let repeat = self.limits.repeat.unwrap_or(REPEAT);
        let money = self.limits.money.is_some_and(|most| done.money > most);
        let calls = self.limits.calls.is_some_and(|most| done.calls > most);
        let rate = self.limits.calls_per_minute.is_some_and(|most| done.minute > most);
        let all = [
            (done.equal > repeat, Limit::Repeat),
            (calls, Limit::Calls),
            (money, Limit::Money),
            (rate, Limit::Rate),
        ];
        all.into_iter().filter(|(over, _)| *over).map(|(_, limit)| limit).collect()
    }
}

/// Whether a text fits a pattern in which `*` stands for any run of characters.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        last = Some(part);
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    last.map_or(rest.is_empty(), |last| rest.is_empty() || text.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, fitting) in [
            ("*@corp.example", "anna@corp.example", true),
            ("*@corp.example", "anna@corp.example.evil.example", false),
            ("read_*", "read_mail", true),
            ("read_*", "unread_mail", false),
            ("a*b*c", "a1b2b3c", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, text), fitting, "{pattern} {text}");
        }
    }

    #[test]
    fn presets_yield_to_what_is_written() {
        let mut policy = ToolPolicy { preset: Some(Preset::RagChat), ..ToolPolicy::default() };
        assert_eq!(
            (policy.gate("x", Effect::Send), policy.gate("x", Effect::Create)),
            (Gate::Block, Gate::Ask)
        );
        policy.effects.insert(Effect::Send, Gate::Ask);
        assert_eq!(policy.gate("x", Effect::Send), Gate::Ask);
        policy.mode = Some(Gate::Observe);
        assert_eq!(policy.gate("x", Effect::Pay), Gate::Observe);
    }

    #[test]
    fn the_rule_that_sets_a_gate_is_named() {
        let mut policy = ToolPolicy::default();
        assert_eq!(policy.ruled("x", Effect::Send), (Gate::Ask, Ruled::Fresh));
        policy.preset = Some(Preset::Strict);
        assert_eq!(policy.ruled("x", Effect::Send), (Gate::Block, Ruled::Preset));
        policy.mode = Some(Gate::Observe);
        assert_eq!(policy.ruled("x", Effect::Send), (Gate::Observe, Ruled::Mode));
        policy.effects.insert(Effect::Send, Gate::Allow);
        assert_eq!(policy.ruled("x", Effect::Send), (Gate::Allow, Ruled::Effect));
        policy.tools.insert("x".into(), ToolRule { gate: Some(Gate::Block), ..ToolRule::default() });
        assert_eq!(policy.ruled("x", Effect::Send), (Gate::Block, Ruled::Tool));
        assert_eq!(policy.ruled("y", Effect::Send), (Gate::Allow, Ruled::Effect));
        for (preset, name) in Preset::ALL {
            assert_eq!(serde_json::to_value(preset).unwrap(), name);
        }
    }

    #[test]
    fn where_the_user_is_not_seen_a_fresh_project_observes_what_can_be_made_good() {
        let fresh = ToolPolicy::default().without_user();
        for effect in [Effect::Read, Effect::Fetch, Effect::Create, Effect::Change] {
            assert_eq!(fresh.ruled("x", effect), (Gate::Observe, Ruled::Fresh), "{effect:?}");
        }
        for effect in [
            Effect::Send,
            Effect::Pay,
            Effect::Delete,
            Effect::Grant,
            Effect::Credential,
            Effect::Execute,
            Effect::Unknown,
        ] {
            assert_eq!(fresh.ruled("x", effect), (Gate::Ask, Ruled::Fresh), "{effect:?}");
        }
        let written = ToolPolicy { mode: Some(Gate::Observe), ..ToolPolicy::default() }.without_user();
        assert_eq!(written.gate("x", Effect::Pay), Gate::Observe);
        let preset = ToolPolicy { preset: Some(Preset::Assistant), ..ToolPolicy::default() }.without_user();
        assert_eq!(preset.gate("x", Effect::Change), Gate::Ask);
    }

    #[test]
    fn limits_of_a_conversation() {
        let limits = Limits { repeat: Some(2), calls: Some(5), money: Some(100), calls_per_minute: Some(4) };
        let policy = ToolPolicy { limits, ..ToolPolicy::default() };
        assert_eq!(policy.over(Done { equal: 2, calls: 5, money: 100, minute: 4 }), []);
        let over = policy.over(Done { equal: 3, calls: 6, money: 101, minute: 5 });
        assert_eq!(over, [Limit::Repeat, Limit::Calls, Limit::Money, Limit::Rate]);
        assert_eq!(
            ToolPolicy::default().over(Done { equal: REPEAT + 1, calls: 500, money: 9, minute: 500 }),
            [Limit::Repeat]
        );
    }
}
