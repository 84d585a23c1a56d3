//! `when` of `[tools]`: conditions in the Common Expression Language that set a gate.
//!
//! A condition sees one call: `tool`, `effect`, `arg` (its arguments as they are), `source` (for each argument by name,
//! where its values come from: `user`, `operator`, `record`, `outside`, `nowhere`), `holds` (the categories of data in
//! the arguments), `user.asked`, `user.delegated`, `session.tainted`, `session.calls`, `session.equal` and
//! `session.money`. At a tool's own edge the user's words are not visible: `user.asked` is false there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cel::{Context, Program};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ArgumentFacts, CallFacts, Gate, ToolPolicy};

/// Names that a condition may use.
const NAMES: [&str; 7] = ["tool", "effect", "arg", "source", "holds", "user", "session"];

/// Functions that a condition may use.
const FUNCTIONS: [&str; 11] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "min",
    "max",
];

/// Macros that bind a name of their own.
const BINDING: [&str; 5] = ["all", "exists", "exists_one", "map", "filter"];

/// Maximum length of a condition, in bytes.
const LONGEST: usize = 4096;

/// Maximum number of values in the arguments of a call for which conditions are evaluated: nested macros compare each
/// value with each.
const MOST_VALUES: usize = 1024;

/// One entry of `when`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// When it applies.
    #[serde(rename = "if")]
    pub holds: Expression,
    /// The gate that it sets.
    pub gate: Gate,
}

/// A parsed expression with its source text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression {
    text: String,
    program: Arc<Program>,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

impl Expression {
    /// Whether it depends on which categories of data the arguments contain, so that they have to be examined.
    pub(super) fn asks_what_is_held(&self) -> bool {
        self.program.references().variables().contains(&"holds")
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.text
    }
}

/// Why a text is not a valid condition. Only a name is reported from the text, which may hold something private.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCondition {
    /// It is not an expression.
    #[error("not an expression in CEL, see character {column}")]
    Syntax {
        /// Position where parsing failed, counted from one.
        column: usize,
    },
    /// It uses a name that a call does not have.
    #[error("unknown name in a condition: `{name}`, expected one of {}", listed(&NAMES))]
    Name {
        /// The name.
        name: String,
    },
    /// It uses an unknown function.
    #[error("unknown function in a condition: `{name}`, expected one of {}", listed(&FUNCTIONS))]
    Function {
        /// The name.
        name: String,
    },
    /// It is too long.
    #[error("condition too long, at most {LONGEST} bytes")]
    Long,
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

impl TryFrom<String> for Expression {
    type Error = NoCondition;

    fn try_from(text: String) -> Result<Self, NoCondition> {
        if text.len() > LONGEST {
            return Err(NoCondition::Long);
        }
        let program = Program::compile(&text).map_err(|errors| {
            let (line, column) = errors.errors.first().map_or((1, 0), |error| error.pos);
            syntax(&text, line, column)
        })?;
        known(&text, &program)?;
        Ok(Self { text, program: Arc::new(program) })
    }
}

/// The position where parsing failed. Both count from one; zero or less if unknown.
fn syntax(text: &str, line: isize, column: isize) -> NoCondition {
    let before = usize::try_from(line - 1).unwrap_or_default();
    let begun: usize = text.split_inclusive('\n').take(before).map(|line| line.chars().count()).sum();
    NoCondition::Syntax { column: (begun + usize::try_from(column).unwrap_or_default()).max(1) }
}

/// Rejects unknown names and functions, which would make the condition fail on every call.
fn known(text: &str, program: &Program) -> Result<(), NoCondition> {
    let references = program.references();
    let unknown = |name: &&str| !NAMES.contains(name) && !is_bound(text, name);
    if let Some(name) = references.variables().into_iter().find(unknown) {
        return Err(NoCondition::Name { name: name.to_owned() });
    }
    let named = |name: &&str| name.starts_with(|ch: char| ch.is_alphabetic());
    let unknown = |name: &&str| named(name) && !FUNCTIONS.contains(name);
    match references.functions().into_iter().find(unknown) {
        Some(name) => Err(NoCondition::Function { name: name.to_owned() }),
        None => Ok(()),
    }
}

/// Whether a macro binds a name: `source.to.all(s, …)`. Judged by the text, because the parsed form does not distinguish
/// it; a name wrongly taken for bound makes the condition fail later, and a failing condition asks.
fn is_bound(text: &str, name: &str) -> bool {
    let bare: String = text.chars().filter(|ch| !ch.is_whitespace()).collect();
    BINDING.iter().any(|binding| bare.contains(&format!(".{binding}({name},")))
}

/// A condition that applies to a call, or that could not be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// Whether it is in a table of the tool, by name or by pattern.
    pub own: bool,
    /// Its number there, from one; numbering continues across several tables of the tool.
    pub number: u32,
    /// The gate that it sets.
    pub gate: Gate,
    /// Whether it holds; otherwise it could not be evaluated.
    pub holds: bool,
}

impl ToolPolicy {
    /// The conditions that apply to a call with these arguments (JSON). A condition that fails because an argument it
    /// mentions is missing or has another type applies if it would hold a call back, and then asks.
    pub fn met(&self, tool: &str, facts: &CallFacts, arguments: &str) -> Vec<Met> {
        let own: Vec<&Condition> = self.tables(tool).flat_map(|(_, rule)| &rule.when).collect();
        if own.is_empty() && self.when.is_empty() {
            return Vec::new();
        }
        let context = context(tool, facts, arguments);
        let own = (1..).zip(own).filter_map(|(n, one)| met(true, n, one, context.as_ref()));
        let all = (1..).zip(&self.when).filter_map(|(n, one)| met(false, n, one, context.as_ref()));
        own.chain(all).collect()
    }
}

fn met(own: bool, number: u32, condition: &Condition, context: Option<&Context<'_, '_>>) -> Option<Met> {
    let value = context.map(|context| condition.holds.program.execute(context));
    match value {
        Some(Ok(cel::Value::Bool(false))) => None,
        Some(Ok(cel::Value::Bool(true))) => Some(Met { own, number, gate: condition.gate, holds: true }),
        _ => (condition.gate >= Gate::Ask).then_some(Met { own, number, gate: Gate::Ask, holds: false }),
    }
}

#[derive(Serialize)]
struct User {
    asked: bool,
    delegated: bool,
}

#[derive(Serialize)]
struct Session {
    tainted: bool,
    calls: u32,
    equal: u32,
    money: u64,
}

/// Variables visible to a condition; `None` if the arguments cannot be read.
fn context(tool: &str, facts: &CallFacts, arguments: &str) -> Option<Context<'static, 'static>> {
    let arguments: BTreeMap<String, Value> =
        facts.readable.then(|| serde_json::from_str(arguments).ok()).flatten()?;
    if arguments.values().map(values).sum::<usize>() > MOST_VALUES {
        return None;
    }
    let user = User { asked: facts.asked && facts.anchored, delegated: facts.delegated };
    let done = facts.done;
    let session = Session { tainted: facts.tainted, calls: done.calls, equal: done.equal, money: done.money };
    let mut context = Context::default();
    context.add_variable("tool", tool).ok()?;
    context.add_variable("effect", facts.effect).ok()?;
    context.add_variable("source", sources(&arguments, &facts.arguments)).ok()?;
    context.add_variable("arg", arguments).ok()?;
    context.add_variable("holds", &facts.holds).ok()?;
    context.add_variable("user", user).ok()?;
    context.add_variable("session", session).ok()?;
    Some(context)
}

/// Number of values in a value, including itself.
fn values(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(members) => members.values().map(values).sum(),
        _ => 0,
    }
}

/// Where the values of each argument come from. An argument that decides nothing has no source.
fn sources(
    arguments: &BTreeMap<String, Value>,
    known: &[ArgumentFacts],
) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut sources: BTreeMap<String, BTreeSet<&'static str>> =
        arguments.keys().map(|name| (name.clone(), BTreeSet::new())).collect();
    for argument in known {
        let name = argument.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let name = name.replace("~1", "/").replace("~0", "~");
        sources.entry(name).or_default().extend(source(argument));
    }
    sources
}

fn source(argument: &ArgumentFacts) -> impl Iterator<Item = &'static str> {
    let own = argument.user || argument.operator || argument.record;
    let all = [
        (argument.user, "user"),
        (argument.operator, "operator"),
        (argument.record, "record"),
        (argument.outside.is_some(), "outside"),
        (!own && argument.outside.is_none(), "nowhere"),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{argument, call};
    use super::super::{CallDecision, Done, ToolRule, decide_call};
    use super::*;
    use crate::effect::{Effect, Part};

    fn facts() -> CallFacts {
        let to = ArgumentFacts { path: "/to/0".into(), user: true, ..argument(Part::Destination) };
        CallFacts { done: Done { calls: 3, ..Done::default() }, ..call(Effect::Send, vec![to]) }
    }

    const ARGUMENTS: &str = r#"{"amount":500.5,"to":["a@corp.example"],"note":"see you"}"#;

    fn condition(text: &str, gate: Gate) -> Condition {
        Condition { holds: text.to_owned().try_into().unwrap(), gate }
    }

    fn decided(own: &[(&str, Gate)], all: &[(&str, Gate)]) -> CallDecision {
        let read = |all: &[(&str, Gate)]| all.iter().map(|(text, gate)| condition(text, *gate)).collect();
        let rule = ToolRule { when: read(own), ..ToolRule::default() };
        let tools = [("send_mail".to_owned(), rule)].into();
        let policy = ToolPolicy { when: read(all), tools, ..ToolPolicy::default() };
        let facts = CallFacts { met: policy.met("send_mail", &facts(), ARGUMENTS), ..facts() };
        decide_call(&policy, "send_mail", &facts)
    }

    fn applies(text: &str) -> bool {
        decided(&[(text, Gate::Block)], &[]).id() == "block: condition_own_1"
    }

    #[test]
    fn a_condition_sees_the_call() {
        for text in [
            "arg.amount > 500",
            "tool == 'send_mail' && effect == 'send'",
            "arg.to.all(one, one.endsWith('@corp.example'))",
            "'user' in source.to && 'outside' in source.to && size(source.note) == 0",
            "session.tainted && session.calls == 3 && user.asked && !user.delegated",
            "!has(arg.copy)",
            "arg.note.matches('^see .*')",
        ] {
            assert!(applies(text), "{text}");
        }
        for text in ["arg.amount > 501", "has(arg.copy)", "'nowhere' in source.to", "user.delegated"] {
            assert_eq!(decided(&[(text, Gate::Block)], &[]).id(), "release", "{text}");
        }
    }

    #[test]
    fn the_strictest_counts_and_what_fails_asks() {
        let id = |own: &[_], all: &[_]| decided(own, all).id();
        let (yes, fails) = ("true", "arg.copy == 'x'");
        assert_eq!(id(&[(yes, Gate::Allow)], &[(yes, Gate::Ask)]), "ask: condition_1");
        assert_eq!(id(&[(yes, Gate::Block)], &[(yes, Gate::Ask)]), "block: condition_own_1");
        assert_eq!(id(&[(fails, Gate::Block)], &[]), "ask: condition_own_unsure_1");
        assert_eq!(id(&[(fails, Gate::Allow)], &[]), "release");
        assert_eq!(id(&[("arg.note", Gate::Ask)], &[]), "ask: condition_own_unsure_1");
    }

    #[test]
    fn a_condition_lifts_a_doubt_and_makes_one() {
        let policy =
            |gate| ToolPolicy { when: vec![condition("arg.to.size() == 1", gate)], ..ToolPolicy::default() };
        let decide = |gate, facts: CallFacts| {
            let policy = policy(gate);
            let met = policy.met("t", &facts, ARGUMENTS);
            decide_call(&policy, "t", &CallFacts { met, ..facts }).id()
        };
        let unasked = CallFacts { asked: false, ..facts() };
        assert_eq!(decide(Gate::Allow, unasked.clone()), "release");
        assert_eq!(decide(Gate::Observe, unasked.clone()), "would_ask: not_asked");
        assert_eq!(decide(Gate::Ask, unasked.clone()), "ask: not_asked, condition_1");
        assert_eq!(decide(Gate::Ask, CallFacts { approved: true, ..unasked.clone() }), "approved");
        assert_eq!(decide(Gate::Block, CallFacts { approved: true, ..unasked }), "block: condition_1");
        let unreadable = CallFacts { readable: false, ..facts() };
        assert_eq!(decide(Gate::Block, unreadable), "ask: unreadable, condition_unsure_1");
    }

    #[test]
    fn what_cannot_be_evaluated_makes_nothing_milder() {
        let fails = vec![condition("arg.copy == 'x'", Gate::Block)];
        let strict = ToolPolicy { mode: Some(Gate::Block), when: fails.clone(), ..ToolPolicy::default() };
        let open = ToolPolicy { mode: Some(Gate::Allow), when: fails, ..ToolPolicy::default() };
        let unasked = CallFacts { asked: false, ..facts() };
        let decide = |policy: &ToolPolicy| {
            let met = policy.met("t", &unasked, ARGUMENTS);
            decide_call(policy, "t", &CallFacts { met, ..unasked.clone() }).id()
        };
        assert_eq!(decide(&strict), "block: not_asked, condition_unsure_1");
        assert_eq!(decide(&open), "ask: not_asked, condition_unsure_1");
    }

    #[test]
    fn more_values_than_can_be_looked_at_are_not() {
        let policy =
            ToolPolicy { when: vec![condition("size(arg.a) > 0", Gate::Block)], ..ToolPolicy::default() };
        let holds = |many: usize| {
            let arguments = format!("{{\"a\":[{}]}}", vec!["null"; many].join(","));
            policy.met("t", &facts(), &arguments)[0].holds
        };
        assert_eq!((holds(1000), holds(2000)), (true, false));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
        assert!(!policy.met("t", &facts(), &deep)[0].holds);
    }

    #[test]
    fn what_can_never_be_evaluated_is_no_condition() {
        let refused = |text: &str| Expression::try_from(text.to_owned()).unwrap_err();
        assert_eq!(refused("args.to == 'x'"), NoCondition::Name { name: "args".into() });
        assert_eq!(refused("arg.to.lower() == 'x'"), NoCondition::Function { name: "lower".into() });
        assert_eq!(refused("arg.to ~= 'x'"), NoCondition::Syntax { column: 8 });
        assert_eq!(refused(&"(".repeat(5000)), NoCondition::Long);
        assert!(matches!(refused(""), NoCondition::Syntax { .. }));
        let nested = format!("{}true{}", "(".repeat(2000), ")".repeat(2000));
        drop(Expression::try_from(nested));
    }

    proptest! {
        #[test]
        fn no_text_and_no_arguments_make_it_panic(text in "[a-z.()\\[\\]'\"<>=&|! 0-9,?:+*/-]{0,60}", arguments in ".{0,80}") {
            if let Ok(holds) = Expression::try_from(text) {
                let policy = ToolPolicy { when: vec![Condition { holds, gate: Gate::Block }], ..ToolPolicy::default() };
                let met = policy.met("t", &facts(), &arguments);
                prop_assert!(met.iter().all(|met| met.gate >= Gate::Ask));
            }
        }
    }
}
