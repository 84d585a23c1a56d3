//! `tool-without-confirmation`
//!
//! What it does: lists the tools with irreversible effects (sending, paying, deleting, running) that a model can call while no
//! reachable code asks a person. A tool that runs a whole database statement written by the model is one of them, unless it can
//! only read.
//!
//! The finding points at the call that has the effect, before which a person should be asked; the path starts at the
//! definition.
//!
//! Why it matters: a sentence in an email can make the agent send, pay or delete in the user's name.
//!
//! Reference: OWASP LLM06, ASI02; risks S07, A04.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use ombud_core::effect::{Effect, Hints, classify};
use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity, Step};

use super::statements::Statements;
use super::{Project, Rule, Text, finding, on_the_way};
use crate::code::{names, words};
use crate::facts::{Call, Deed, Entry, Facts, Flaw, FunctionId, Reach, Taint, Tool, is_model};

pub(super) const RULE: Rule = Rule {
    id: RuleId("tool-without-confirmation"),
    risks: &["S07", "A04"],
    severity: Severity::Warning,
    title: Text { en: "the model can act without asking", zh: "模型无需询问即可执行操作" },
    harm: Text {
        en: "A stranger's sentence can make the agent send, pay or delete things in the user's name.",
        zh: "陌生人的一句话，就可能让智能体以用户的名义发送、付款或删除。",
    },
    fix: Text {
        en: "Ask the user before such a call, or set `mode = \"ask\"` under `[tools]` in ombud.toml and start the agent with `ombud run`.",
        zh: "执行前先询问用户；或在 ombud.toml 的 `[tools]` 中设置 `mode = \"ask\"`，并用 `ombud run` 启动智能体。",
    },
    example: "  [tools]\n+ mode = \"ask\"\n",
    graph: Some(run),
};

/// Maximum number of tools reported per project; a longer list adds nothing.
const LISTED: usize = 20;

/// Whether a call asks a person, judging by its name.
pub(super) fn asks(target: &str) -> bool {
    let name = target.trim_end_matches("()").rsplit('.').next().unwrap_or(target);
    // "Human" alone does not count: message classes are named after the speaker.
    let person = names(name, &["human"])
        && names(
            name,
            &["ask*", "input*", "approv*", "confirm*", "review*", "wait*", "feedback", "loop", "decision"],
        );
    // Confirmations of something else: automatic ones, or of an email address, a password, an order.
    let other = ["auto", "keyboard*", "email*", "password*", "order*", "payment*", "subscription*"];
    (person || names(name, &["confirm*", "approve*", "approval", "interrupt"]) || elicits(name))
        && !names(name, &other)
}

/// Matches `ctx.elicit("Send it?", schema)`, with which a tool server has its client ask the user.
fn elicits(name: &str) -> bool {
    matches!(name, "elicit" | "elicitInput" | "create_elicitation" | "elicit_form")
}

/// Whether a call asks a person for permission. A graph may also interrupt to ask for clarification.
fn asks_here(facts: &Facts, function: FunctionId, call: &Call) -> bool {
    const AGREES: &[&str] =
        &["approv", "confirm", "permi", "reject", "tool_call", "批准", "确认", "允许", "同意"];
    let name = call.target.trim_end_matches("()").rsplit('.').next().unwrap_or_default();
    let text = || {
        let known = facts.functions.get(function)?;
        facts.files.get(known.file)?.text.get(known.body.clone()).map(str::to_ascii_lowercase)
    };
    let agreed = || {
        // Code that does not check for acceptance asked for something else.
        if elicits(name) {
            return text().is_none_or(|text| text.contains("accept"));
        }
        name != "interrupt"
            || text()
                .is_none_or(|text| !text.contains("clarif") || AGREES.iter().any(|word| text.contains(word)))
    };
    asks_yes_or_no(facts, function, call) || asks(&call.target) && agreed()
}

/// Whether a call asks for yes or no at the terminal: `input(f"Run {command}? [y/N] ")`.
fn asks_yes_or_no(facts: &Facts, function: FunctionId, call: &Call) -> bool {
    const YES: &[&str] =
        &["y/n", "yes/no", "confirm", "approve", "allow", "确认", "允许", "同意", "是否执行", "是否继续执行"];
    const OTHER: &[&str] = &["quit", "exit", "another", "again", "save", "password"];
    let name = call.target.trim_end_matches("()").rsplit('.').next().unwrap_or_default();
    if !matches!(name, "input" | "question" | "prompt" | "ask") {
        return false;
    }
    let file = facts.functions.get(function).and_then(|known| facts.files.get(known.file));
    let said = file.and_then(|file| file.text.get(call.span.clone())).unwrap_or_default();
    let said: String = said.chars().take(400).collect::<String>().to_lowercase();
    YES.iter().any(|word| said.contains(word)) && !OTHER.iter().any(|word| said.contains(word))
}

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    // Calls are classified by name only if some tool executes something.
    let runs = facts.tools.iter().any(|tool| tool.effect == Effect::Execute);
    let acting = if runs { Reach::leading(facts, acts_somehow) } else { Vec::new() };
    let statements = Statements::of(project);
    let grave = |tool: &&Tool| {
        let writes = statements.may_change(facts, tool);
        // A tool that only runs read-only statements executes nothing else.
        if writes == Some(false) && tool.effect == Effect::Execute {
            return false;
        }
        let by_effect = matches!(
            tool.effect,
            Effect::Send | Effect::Pay | Effect::Delete | Effect::Execute | Effect::Grant
        );
        (by_effect || is_felt(tool) || writes == Some(true))
            && !is_made_again(tool)
            && !runs_nothing(facts, &acting, tool)
            && tool.function.is_none_or(|function| project.reach.runs(function))
    };
    // The platform asks before an action by default; switching that off has a rule of its own.
    let action = |tool: &&Tool| {
        facts.actions.iter().any(|action| action.file == tool.file && action.span == tool.span)
    };
    if project.options.tools_ask {
        return Vec::new();
    }
    let unasked = switched_off(project);
    let asked = Asked::of(project);
    if asked.everywhere {
        return unasked;
    }
    let mut seen = BTreeSet::new();
    let own = facts.tools.iter().filter(grave).filter(|tool| !action(tool) && !asked.before(facts, tool));
    let mut tools: Vec<&Tool> = own.collect();
    // Prefer the implementation of a tool to its bare description: `registerTool(definition.name, definition, …)`.
    tools.sort_by_key(|tool| tool.function.is_none() && tool.acts.is_none());
    tools.retain(|tool| seen.insert(tool.name.as_str()));
    let doing = Reach::leading(facts, |call| {
        changes(call) || call.does.iter().any(|deed| matches!(deed, Deed::Send { .. }))
    });
    // Effects on other people, costs and execution come before mere loss of data.
    tools.sort_by_key(|tool| tool.effect == Effect::Delete);
    let mut found = unasked;
    for one in tools.into_iter().take(LISTED).map(|tool| one(project, &doing, tool)) {
        // A forwarder of all calls is one location, at which a person would be asked about each of them.
        if !found.iter().any(|other| other.place == one.place) {
            found.push(one);
        }
    }
    found
}

/// Whether a tool's verb says that it affects others or cannot be undone: `ban_user`, `unlock_door`, `git_push`.
fn is_felt(tool: &Tool) -> bool {
    const VERBS: &[&str] = &[
        "ban",
        "kick",
        "mute",
        "unlock",
        "flush",
        "flushall",
        "flushdb",
        "book",
        "dial",
        "overwrite",
        "approve",
        "audit",
        "forward",
        "install",
        "alter",
    ];
    let said = words(&tool.name);
    let has = |wanted: &[&str]| said.iter().any(|word| wanted.contains(&word.as_str()));
    let ends = [said.first(), said.last()];
    let verb = ends.into_iter().flatten().any(|word| VERBS.contains(&word.as_str()));
    let code = has(&["push"]) && has(&["git", "files", "branch", "commit", "commits", "remote"])
        || has(&["merge"]) && has(&["pull", "pr", "mr", "branch"])
        || has(&["reset"]) && has(&["git", "branch", "repo", "repository"]);
    let agreed = &[
        "order",
        "orders",
        "booking",
        "reservation",
        "subscription",
        "payment",
        "appointment",
        "event",
        "meeting",
        "contract",
    ];
    // `confirm_order`: an agreement with others is binding.
    let settles = ["confirm", "place", "submit", "finalize", "complete", "create", "make"];
    let bound = ["order", "orders", "booking", "bookings", "reservation", "reservations", "purchase"];
    let settled = said.windows(2).any(|two| match two {
        [verb, thing] => settles.contains(&verb.as_str()) && bound.contains(&thing.as_str()),
        _ => false,
    });
    let over = ombud_core::effect::ends(&tool.name) && has(agreed);
    (verb || code || over || settled) && !matches!(tool.effect, Effect::Read | Effect::Fetch)
}

/// Whether a tool only deletes what is recreated automatically, such as a cache.
fn is_made_again(tool: &Tool) -> bool {
    // Undoing an uncommitted change loses nothing either.
    tool.effect == Effect::Delete && names(&tool.name, &["cache*", "temp", "tmp", "buffer*", "flag*", "star"])
        || names(&tool.name, &["rollback"])
}

/// Whether a tool that sounds like execution (`start_session`) has no effect: nothing in it, or in what it calls, runs, sends
/// or changes anything.
fn runs_nothing(facts: &Facts, acting: &[bool], tool: &Tool) -> bool {
    let known = |id: FunctionId| facts.functions.get(id).is_some_and(|function| !function.calls.is_empty());
    tool.effect == Effect::Execute
        && tool.acts.is_none()
        && tool.function.is_some_and(|id| known(id) && acting.get(id) == Some(&false))
}

/// Whether a call may run, send or change something, judging by its effects or its name.
fn acts_somehow(call: &Call) -> bool {
    let name = call.target.trim_end_matches("()").rsplit('.').next().unwrap_or_default();
    let by_name =
        || !matches!(classify(name, Hints::default()), Effect::Read | Effect::Fetch | Effect::Unknown);
    let sends = call.does.iter().any(|deed| match deed {
        Deed::Send { content, .. } | Deed::Model { content, .. } => *content != Taint::NONE,
        Deed::Persist { .. } | Deed::Store(..) => true,
        _ => false,
    });
    changes(call) || sends || call.callees.is_empty() && !name.is_empty() && by_name()
}

/// Which tools are preceded by a question to a person.
struct Asked {
    /// A question outside the tools, which may precede all of them.
    everywhere: bool,
    /// For each function, whether it or anything it calls asks.
    within: Vec<bool>,
}

impl Asked {
    fn of(project: &Project<'_>) -> Self {
        let facts = project.facts;
        let within = Reach::leading_from(facts, |function, call| asks_here(facts, function, call));
        let tools: BTreeSet<FunctionId> = facts.tools.iter().filter_map(|tool| tool.function).collect();
        let places = project.reach.calls(facts).filter(|(function, call)| asks_here(facts, *function, call));
        let askers: BTreeSet<FunctionId> = places.map(|(function, _)| function).collect();
        let leads = Reach::leading(facts, |call| {
            is_model(call) || call.callees.iter().any(|callee| tools.contains(callee))
        });
        let everywhere = askers
            .iter()
            .any(|asker| !only_in_tools(project, &tools, *asker) && is_beside_agent(project, &leads, *asker));
        Self { everywhere, within }
    }

    fn before(&self, facts: &Facts, tool: &Tool) -> bool {
        let Some(function) = tool.function else { return false };
        let approved = facts.functions.get(function).is_some_and(|function| function.approved);
        approved || self.within.get(function) == Some(&true)
    }
}

/// How many levels of callers connect a question to an agent.
const NEAR: usize = 3;

/// Whether a question belongs to an agent: the function that asks, or one of its callers, leads to a model or a tool. A command
/// that asks before it deletes its own file does not protect tools. If no call to a model or tool is found, it may.
fn is_beside_agent(project: &Project<'_>, leads: &[bool], asker: FunctionId) -> bool {
    let facts = project.facts;
    if !leads.contains(&true) {
        return true;
    }
    let mut all = BTreeSet::from([asker]);
    for _ in 0..NEAR {
        let inner =
            |id: &FunctionId| facts.functions.get(*id).is_some_and(|function| !function.span.is_empty());
        if all.iter().any(|id| leads.get(*id) == Some(&true)) {
            return true;
        }
        let callers = all.iter().flat_map(|id| project.reach.callers(facts, *id));
        let more: Vec<FunctionId> = callers.map(|(caller, _)| caller).filter(inner).collect();
        all.extend(more);
    }
    false
}

/// Whether a function is only reachable from tools.
fn only_in_tools(project: &Project<'_>, tools: &BTreeSet<FunctionId>, asker: FunctionId) -> bool {
    let facts = project.facts;
    let mut seen = BTreeSet::from([asker]);
    let mut queue = vec![asker];
    while let Some(id) = queue.pop() {
        let entry = facts.functions.get(id).and_then(|function| function.entry);
        if tools.contains(&id) || entry == Some(Entry::Tool) {
            continue;
        }
        let callers: Vec<FunctionId> = project.reach.callers(facts, id).map(|(caller, _)| caller).collect();
        if callers.is_empty() || entry.is_some() {
            return false;
        }
        queue.extend(callers.into_iter().filter(|caller| seen.insert(*caller)));
    }
    true
}

/// Reports agents whose built-in confirmation is switched off. Each location is reported once.
fn switched_off(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let off = |call: &Call| call.does.contains(&Deed::Flaw(Flaw::AsksNobody));
    let message = Bilingual::new(
        "the agent started here is configured to do everything without asking",
        "这里启动的智能体被设置为执行任何操作都不询问",
    );
    let all = project.reach.calls(facts).filter(|(_, call)| off(call));
    let mut found: Vec<Finding> = Vec::new();
    for (function, call) in all {
        let place = facts.call_place(function, call);
        // An object built with the switch may be passed to a call on the next line.
        let near =
            |other: &Finding| other.place.path == place.path && other.place.line.abs_diff(place.line) < 2;
        if !found.iter().any(near) {
            found.push(finding(&RULE, Severity::Warning, Confidence::High, place, message.clone()));
        }
    }
    found
}

/// Whether a tool is implemented inside its definition.
fn is_within(tool: &Tool, file: usize, span: &Range<usize>) -> bool {
    file == tool.file && tool.span.start <= span.start && span.end <= tool.span.end
}

fn one(project: &Project<'_>, doing: &[bool], tool: &Tool) -> Finding {
    let (facts, name) = (project.facts, &tool.name);
    let message = Bilingual::new(
        format!("the model can call `{name}`, and nothing in the code asks a person first"),
        format!("模型可以直接调用 `{name}`，代码中没有任何人工确认"),
    );
    let defined = || facts.place(tool.file, tool.span.clone());
    let told = |place| finding(&RULE, Severity::Warning, Confidence::Medium, place, message.clone());
    // The question belongs where the tool is carried out, not where it is described; a function passed along with the
    // description is in that span.
    if let Some((file, span)) = &tool.acts
        && !is_within(tool, *file, span)
    {
        return told(facts.place(*file, span.clone()));
    }
    let Some((function, call)) = tool.function.and_then(|id| Some((id, act(facts, doing, tool, id)?))) else {
        return told(defined());
    };
    let way =
        vec![Step { place: defined(), function: name.clone() }, facts.step(function, call.span.clone())];
    on_the_way(told(facts.call_place(function, call)), way)
}

/// Returns the call with which a tool's function takes effect: one that changes something itself, is named like the tool, or
/// leads to something that changes something.
fn act<'f>(facts: &'f Facts, doing: &[bool], tool: &Tool, function: FunctionId) -> Option<&'f Call> {
    let known = facts.functions.get(function)?;
    let said = words(&tool.name);
    let weight = |call: &Call| {
        let leads = u8::from(call.callees.iter().any(|callee| doing.get(*callee) == Some(&true)));
        if changes(call) && !is_fixed(tool, call) {
            6
        } else if called_like(tool, call) {
            // `handler.send_email(…)` ranks before `dispatch(…)`.
            let own = call.target.rsplit('.').next().unwrap_or_default();
            2 + leads + 2 * u8::from(words(own) == said)
        } else {
            leads
        }
    };
    let weighed = known.calls.iter().map(|call| (weight(call), call)).filter(|(weight, _)| *weight > 0);
    // Of equal ones the first, since the question must come before it.
    let first = |(weight, call): &(u8, &Call)| (*weight, Reverse(call.span.start));
    weighed.max_by_key(first).map(|(_, call)| call)
}

/// Whether a call only runs a fixed command while the tool is for something else: `execSync(`open ${page}`)`.
fn is_fixed(tool: &Tool, call: &Call) -> bool {
    let fixed = |deed: &Deed| matches!(deed, Deed::Run { content, .. } if *content == Taint::NONE);
    tool.effect != Effect::Execute && call.does.iter().any(fixed)
}

/// Whether the name of the callee has the same effect as the tool.
fn called_like(tool: &Tool, call: &Call) -> bool {
    let name = call.target.trim_end_matches("()").rsplit('.').next().unwrap_or_default();
    !name.is_empty() && classify(name, Hints::default()) == tool.effect
}

/// Whether a call changes something outside the program.
fn changes(call: &Call) -> bool {
    call.does.iter().any(|deed| {
        matches!(
            deed,
            Deed::Run { .. }
                | Deed::Publish(_)
                | Deed::Erase(_)
                | Deed::Rows { changes: true }
                | Deed::Open { changes: true, .. }
        )
    })
}
