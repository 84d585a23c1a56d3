//! `[tools]` of `ombud.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};

use super::{ArgumentFacts, CallFacts, Condition, Doubt, Gate, Limit, Met, Workflow};
use crate::category::DataCategory;
use crate::effect::{Effect, Part};

/// Equal calls in a conversation after which a person is asked, by default.
const REPEAT: u32 = 20;

/// `[tools."name"]` of `ombud.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolRule {
    /// What the tool does, if its name does not say.
    pub effect: Option<Effect>,
    /// Its own gate.
    pub gate: Option<Gate>,
    /// Categories of data that it must not be given, no matter what else permits a call.
    #[serde(deserialize_with = "categories")]
    pub forbid: BTreeSet<DataCategory>,
    /// Categories of data that are masked in its arguments unless the user gave them.
    #[serde(deserialize_with = "categories")]
    pub redact: BTreeSet<DataCategory>,
    /// Values that count as the operator's, by argument; `*` matches any run of characters.
    pub arguments: BTreeMap<String, Vec<String>>,
    /// Gates for some of its calls. If several hold, the strictest counts, and it takes precedence over `gate`.
    pub when: Vec<Condition>,
}

/// `[tools.destinations."*@example.com"]` of `ombud.toml`: data that no tool may carry there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Destination {
    /// Categories of data that must not go there.
    #[serde(deserialize_with = "categories")]
    pub forbid: BTreeSet<DataCategory>,
}

/// Categories by id; `health` stands for every id that starts with `health.`.
fn categories<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<DataCategory>, D::Error> {
    let mut all = BTreeSet::new();
    for id in Vec::<String>::deserialize(from)? {
        let rest = |category: &DataCategory| category.id().strip_prefix(&*id);
        let fits = |category: &&DataCategory| {
            rest(category).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let mut found = DataCategory::ALL.iter().filter(fits).peekable();
        if found.peek().is_none() {
            let kinds: BTreeSet<&str> =
                DataCategory::ALL.iter().filter_map(|category| category.id().split('.').next()).collect();
            let kinds: Vec<String> = kinds.into_iter().map(|kind| format!("`{kind}`")).collect();
            let kinds = kinds.join(", ");
            return Err(serde::de::Error::custom(format_args!(
                "unknown data category `{id}`, expected one of {kinds}"
            )));
        }
        all.extend(found);
    }
    Ok(all)
}

/// `[tools.limits]`: what a conversation may do before a person is asked, however harmless each call looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Number of times the same call may be made.
    pub repeat: Option<u32>,
    /// Calls of all tools.
    pub calls: Option<u32>,
    /// Sum of all amounts paid.
    pub money: Option<u64>,
    /// Calls of all tools in a minute.
    pub calls_per_minute: Option<u32>,
    /// Calls of all tools in a day, across all conversations and sessions of a client.
    pub calls_per_day: Option<u32>,
    /// Sum of all amounts paid in a day, with the same scope.
    pub money_per_day: Option<u64>,
}

impl Limits {
    /// Whether a daily limit is set, so that daily counts have to be kept.
    pub fn has_day(&self) -> bool {
        self.calls_per_day.is_some() || self.money_per_day.is_some()
    }
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
    /// Calls of all tools in the last minute, if they are counted.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub minute: u32,
    /// Calls of all tools today, if they are counted.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub day_calls: u32,
    /// The sum of all amounts paid today, if it is counted.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub day_money: u64,
    /// Number of the step of an ordered workflow that the conversation has reached before this call; zero is before the first.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub reached: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nought(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nothing(number: &u64) -> bool {
    *number == 0
}

/// Gates for a kind of agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// An agent that works in somebody's accounts.
    Assistant,
    /// An agent that answers from documents.
    RagChat,
    /// An agent that answers in a messenger, also in groups: whoever writes there is the user, and may be a stranger.
    WechatBot,
    /// An agent that people talk to for company.
    Companion,
    /// An agent for children.
    Kids,
    /// An agent that writes and runs code.
    Coding,
    /// An agent that sells.
    Shop,
    /// Nothing doubtful is released, and nobody is asked.
    Strict,
}

impl Preset {
    /// The gate of an effect class, where the preset differs from a fresh project.
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
        matches!(self, Self::WechatBot | Self::Kids)
            && matches!(effect, Pay | Delete | Grant | Credential | Execute)
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
    /// Nothing: the default of a fresh project.
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

/// Where a project keeps what its gate depends on: no tool of the agent changes these without a question. Absolute paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// State directories, with keys that sign answers: these are not to be read either.
    pub homes: Vec<PathBuf>,
    /// Configuration files.
    pub files: Vec<PathBuf>,
}

/// `[tools]` of `ombud.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolPolicy {
    /// What kind of agent it is.
    pub preset: Option<Preset>,
    /// The gate of every tool and class that has none of its own; without it reads are observed and everything else is
    /// asked about.
    pub mode: Option<Gate>,
    /// Gates of effect classes.
    pub effects: BTreeMap<Effect, Gate>,
    /// Limits on what a conversation may do.
    pub limits: Limits,
    /// The only tools that may be called, if any are listed, and in which order.
    pub workflow: Workflow,
    /// Gates for some calls of any tool, as in a tool's own table.
    pub when: Vec<Condition>,
    /// Data that must not go to a recipient, whichever tool takes it there; `*` matches any run of characters.
    pub destinations: BTreeMap<String, Destination>,
    /// Whether the user's words are not visible where this policy decides; see [`ToolPolicy::without_user`].
    #[serde(skip)]
    pub unseen: bool,
    /// The server at whose edge it decides: tables may name a tool with its server, as several clients write it, or without.
    #[serde(skip)]
    pub server: Option<String>,
    /// What the gate itself depends on, if a project keeps it in a non-default location.
    #[serde(skip)]
    pub kept: Kept,
    /// Tools by name; `*` in a name matches any run of characters.
    #[serde(flatten)]
    pub tools: BTreeMap<String, ToolRule>,
}

impl ToolPolicy {
    /// The gate of a tool of this class: its own, that of its class, that of all tools, that of the preset, or that of a
    /// fresh project.
    pub fn gate(&self, tool: &str, effect: Effect) -> Gate {
        self.ruled(tool, effect).0
    }

    /// The gate and the rule that sets it.
    pub fn ruled(&self, tool: &str, effect: Effect) -> (Gate, Ruled) {
        let named = self.named(tool).find_map(|(_, rule)| rule.gate);
        let own = named.or_else(|| self.fitting(tool).filter_map(|(_, rule)| rule.gate).max());
        let own = own.map(|gate| (gate, Ruled::Tool));
        let class = || self.effects.get(&effect).map(|gate| (*gate, Ruled::Effect));
        let mode = || self.mode.map(|gate| (gate, Ruled::Mode));
        let preset = || Some((self.preset?.gate(effect)?, Ruled::Preset));
        own.or_else(class).or_else(mode).or_else(preset).unwrap_or((self.fresh(effect), Ruled::Fresh))
    }

    /// The gate of a call and the rule that sets it: the strictest of the conditions that hold, otherwise that of its
    /// tool. A condition that cannot be evaluated can make it stricter but never more lenient, because the arguments are
    /// not under the operator's control.
    pub fn ruled_call(&self, tool: &str, facts: &CallFacts) -> (Gate, Ruled) {
        let strictest = |holds: bool| {
            let met = facts.met.iter().filter(|met| met.holds == holds).max_by_key(|met| met.gate);
            met.map(|met| (met.gate, Ruled::Condition(*met)))
        };
        let set = strictest(true).unwrap_or_else(|| self.ruled(tool, facts.effect));
        strictest(false).filter(|unsure| unsure.0 > set.0).unwrap_or(set)
    }

    /// The doubt that remains whatever the user says, if the preset decides and nobody's word in the conversation
    /// suffices for this class.
    pub(super) fn trusts_nobody(&self, ruled: Ruled, effect: Effect) -> Option<Doubt> {
        let preset = self.preset.filter(|preset| ruled == Ruled::Preset && preset.trusts_nobody(effect))?;
        // A child would approve its own wish.
        Some(if preset == Preset::Kids { Doubt::Guardian } else { Doubt::Anyone })
    }

    /// The same policy at the edge of a server.
    #[must_use]
    pub fn at(&self, server: &str) -> Self {
        Self { server: Some(server.to_owned()), ..self.clone() }
    }

    /// The same policy where the user's words are not visible, as at the edge of a tool: nothing there can show that a
    /// call was asked for. A fresh project then observes what can be undone, and asks about everything else that acts.
    #[must_use]
    pub fn without_user(&self) -> Self {
        Self { unseen: true, ..self.clone() }
    }

    /// The default gate of a fresh project for a class.
    fn fresh(&self, effect: Effect) -> Gate {
        let mild = self.unseen
            && self.preset.is_none()
            && matches!(effect, Effect::Fetch | Effect::Create | Effect::Change);
        if effect.acts() && !mild { Gate::Ask } else { Gate::Observe }
    }

    /// The tables that apply to a tool: those with its exact name before those whose pattern it matches.
    pub fn tables<'p>(&'p self, tool: &'p str) -> impl Iterator<Item = (&'p str, &'p ToolRule)> {
        self.named(tool).chain(self.fitting(tool))
    }

    /// The tables with exactly this tool's name.
    fn named<'p>(&'p self, tool: &'p str) -> impl Iterator<Item = (&'p str, &'p ToolRule)> {
        let long = self.long(tool).and_then(|long| self.tools.get_key_value(&long));
        let all = long.into_iter().chain(self.tools.get_key_value(tool));
        all.map(|(name, rule)| (name.as_str(), rule))
    }

    /// The tables whose pattern it matches.
    fn fitting<'p>(&'p self, tool: &'p str) -> impl Iterator<Item = (&'p str, &'p ToolRule)> {
        let patterns =
            self.tools.iter().filter(move |(name, _)| name.contains('*') && self.means(name, tool));
        patterns.map(|(name, rule)| (name.as_str(), rule))
    }

    /// The tool name prefixed with its server.
    pub(super) fn long(&self, tool: &str) -> Option<String> {
        self.server.as_ref().map(|server| format!("mcp__{server}__{tool}"))
    }

    /// Whether a table sets the gate of this tool by a name that includes its server, which only that server's edge can know.
    pub fn knows_with_server(&self, tool: &str) -> bool {
        let long = self.long(tool);
        let with = |name: &str| long.as_ref().is_some_and(|long| fits(name, long)) && !fits(name, tool);
        self.tables(tool).any(|(name, rule)| rule.gate.is_some() && with(name))
    }

    /// The effect that the operator declares for a tool.
    pub fn effect(&self, tool: &str) -> Option<Effect> {
        let named = self.named(tool).find_map(|(_, rule)| rule.effect);
        named.or_else(|| self.fitting(tool).filter_map(|(_, rule)| rule.effect).reduce(Effect::or_worse))
    }

    /// The categories of data that a tool must not be given, wherever it sends them.
    pub fn forbidden(&self, tool: &str) -> BTreeSet<DataCategory> {
        self.tables(tool).flat_map(|(_, rule)| rule.forbid.iter().copied()).collect()
    }

    /// The tables of `destinations` that match where one of these arguments goes.
    pub fn destinations_of<'p>(
        &'p self,
        arguments: &'p [ArgumentFacts],
    ) -> impl Iterator<Item = (&'p str, &'p Destination)> {
        let meant = |name: &str| {
            let pattern = name.to_lowercase();
            arguments.iter().any(|argument| goes_to(argument, &pattern))
        };
        let all = self.destinations.iter().filter(move |(name, _)| meant(name));
        all.map(|(name, destination)| (name.as_str(), destination))
    }

    /// The categories that must not be given to a tool, or not to the destination of these arguments.
    pub(super) fn forbidden_to(&self, tool: &str, arguments: &[ArgumentFacts]) -> BTreeSet<DataCategory> {
        let there = self.destinations_of(arguments).flat_map(|(_, to)| to.forbid.iter().copied());
        self.forbidden(tool).into_iter().chain(there).collect()
    }

    /// The categories of data that are masked in the arguments of a tool.
    pub fn redacted(&self, tool: &str) -> BTreeSet<DataCategory> {
        self.tables(tool).flat_map(|(_, rule)| rule.redact.iter().copied()).collect()
    }

    /// Whether anything here depends on what the arguments of a tool contain.
    pub fn looks_inside(&self, tool: &str) -> bool {
        let asks = |all: &[Condition]| all.iter().any(|condition| condition.holds.asks_what_is_held());
        let asked = |rule: &ToolRule| !rule.forbid.is_empty() || !rule.redact.is_empty() || asks(&rule.when);
        let there = self.destinations.values().any(|destination| !destination.forbid.is_empty());
        there || asks(&self.when) || self.tables(tool).any(|(_, rule)| asked(rule))
    }

    /// Whether the operator provides this value for an argument. `path` is its JSON Pointer (RFC 6901).
    pub fn gives(&self, tool: &str, path: &str, value: &str) -> bool {
        let key = path.rsplit('/').find(|part| part.parse::<u32>().is_err()).unwrap_or_default();
        let mut given = self.tables(tool).filter_map(|(_, rule)| rule.arguments.get(key)).flatten();
        given.any(|pattern| fits(&pattern.to_lowercase(), value))
    }

    /// The limits that a conversation exceeds.
    pub fn over(&self, done: Done) -> Vec<Limit> {
        let repeat = self.limits.repeat.unwrap_or(REPEAT);
        let money = self.limits.money.is_some_and(|most| done.money > most);
        let calls = self.limits.calls.is_some_and(|most| done.calls > most);
        let rate = self.limits.calls_per_minute.is_some_and(|most| done.minute > most);
        let day_calls = self.limits.calls_per_day.is_some_and(|most| done.day_calls > most);
        let day_money = self.limits.money_per_day.is_some_and(|most| done.day_money > most);
        let all = [
            (done.equal > repeat, Limit::Repeat),
            (calls, Limit::Calls),
            (money, Limit::Money),
            (rate, Limit::Rate),
            (day_calls, Limit::DayCalls),
            (day_money, Limit::DayMoney),
        ];
        all.into_iter().filter(|(over, _)| *over).map(|(_, limit)| limit).collect()
    }
}

/// Whether an argument says that a call goes to a matching destination. In commands and texts, only what has the form of
/// an address counts: a command is sent nowhere else, and whoever is mentioned in a letter does not receive it.
fn goes_to(argument: &ArgumentFacts, pattern: &str) -> bool {
    let value = argument.value.as_str();
    let host = || value.split(['/', '?']).next().unwrap_or_default();
    match argument.part {
        Part::Destination | Part::Account => fits(pattern, value),
        Part::Url => fits(pattern, value) || fits(pattern, host()),
        Part::Command => argument.typed && (fits(pattern, value) || fits(pattern, host())),
        _ => false,
    }
}

/// Whether a text matches a pattern in which `*` stands for any run of characters.
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
    fn a_table_may_speak_of_several_tools() {
        let policy: ToolPolicy = serde_json::from_str(
            r#"{"send_*":{"effect":"send","gate":"ask","forbid":["health"]},"*_mail":{"gate":"block","forbid":["id.national_id"]},
                "send_note":{"gate":"allow"}}"#,
        )
        .unwrap();
        let gate = |tool| policy.ruled(tool, Effect::Send);
        // The strictest pattern counts, and an exact name takes precedence over any.
        assert_eq!(gate("send_mail"), (Gate::Block, Ruled::Tool));
        assert_eq!(gate("send_note"), (Gate::Allow, Ruled::Tool));
        assert_eq!(gate("resend"), (Gate::Ask, Ruled::Fresh));
        assert_eq!(policy.effect("send_note"), Some(Effect::Send));
        let both = policy.forbidden("send_mail");
        assert!(both.contains(&DataCategory::HealthMental) && both.contains(&DataCategory::IdNationalId));
        assert!(policy.looks_inside("send_note") && !policy.looks_inside("resend"));
        let wrong = r#"{"x":{"forbid":["wealth"]}}"#;
        assert!(serde_json::from_str::<ToolPolicy>(wrong).is_err());
    }

    #[test]
    fn a_servers_own_edge_knows_tools_by_both_names() {
        let policy: ToolPolicy =
            serde_json::from_str(r#"{"mcp__mail__*":{"forbid":["health"]},"send":{"gate":"block"}}"#)
                .unwrap();
        let (mail, chat) = (policy.at("mail"), policy.at("chat"));
        assert_eq!(mail.gate("send", Effect::Send), Gate::Block);
        assert!(!mail.forbidden("send").is_empty() && chat.forbidden("send").is_empty());
        assert!(!mail.knows_with_server("send"), "the gate is set under the short name");
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
        let limits = Limits {
            repeat: Some(2),
            calls: Some(5),
            money: Some(100),
            calls_per_minute: Some(4),
            calls_per_day: Some(7),
            money_per_day: Some(200),
        };
        let policy = ToolPolicy { limits, ..ToolPolicy::default() };
        assert_eq!(
            policy.over(Done {
                equal: 2,
                calls: 5,
                money: 100,
                minute: 4,
                day_calls: 7,
                day_money: 200,
                reached: 0
            }),
            []
        );
        let over = policy.over(Done {
            equal: 3,
            calls: 6,
            money: 101,
            minute: 5,
            day_calls: 8,
            day_money: 201,
            reached: 0,
        });
        assert_eq!(
            over,
            [Limit::Repeat, Limit::Calls, Limit::Money, Limit::Rate, Limit::DayCalls, Limit::DayMoney]
        );
        assert_eq!(
            ToolPolicy::default().over(Done { equal: REPEAT + 1, calls: 500, money: 9, ..Done::default() }),
            [Limit::Repeat]
        );
    }
}
