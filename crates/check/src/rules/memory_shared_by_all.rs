//! `memory-shared-by-all`
//!
//! What it does: finds memories of a multi-user agent in which everyone shares one key: a hard-coded `user_id`, a constant
//! workflow session key, or a conversation kept in a single list for the whole program.
//!
//! Why it matters: the agent tells one person what another person said.
//!
//! Reference: OWASP LLM08, ASI06; risk P11.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::retrieval_without_consent::places;
use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, Entry, Facts, Function, FunctionId, Owner, Reach, Sites, Store, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("memory-shared-by-all"),
    risks: &["P11"],
    severity: Severity::Error,
    title: Text { en: "all users share one memory", zh: "所有用户共用一份记忆" },
    harm: Text {
        en: "One person's diary, health or orders turn up in responses to another person.",
        zh: "一个人的日记、健康状况或订单，会出现在给另一个人的回答里。",
    },
    fix: Text {
        en: "Use the signed-in user's id as the memory key (`user_id=session.user.id`), and keep a separate conversation for each user (`histories[user.id]`).",
        zh: "用已登录用户的标识作为记忆的键（`user_id=session.user.id`），并为每个用户分别保存对话（`histories[user.id]`）。",
    },
    example: "- memory.add(messages, user_id=\"user\")\n+ memory.add(messages, user_id=current_user.id)\n",
    graph: Some(run),
};

/// How many helper functions a list is traced back through.
const MOST_HELPERS: usize = 8;
/// How many parameters of a handler are examined.
const MOST_PARAMETERS: usize = 4;

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut found = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        let shared = call.does.iter().find_map(|deed| match deed {
            Deed::Shared { name, content } => Some((key(name), *content)),
            Deed::Unselected { store, content } => Some((unselected(store), *content)),
            Deed::OneHistory { name, content } => Some((list(name), *content)),
            _ => None,
        });
        let shared = shared.or_else(|| common(project, function, call));
        // A terminal program has a single user, whose input does not count as `USER`.
        let Some((message, content)) = shared else { continue };
        let store = call.does.iter().find_map(|deed| match deed {
            Deed::Retrieve(store) => Some(*store),
            _ => None,
        });
        if store.is_some_and(|store| project.reach.owner(facts, store) != Owner::User) {
            continue;
        }
        if !project.reach.sources(function, content).has(Taint::USER) {
            continue;
        }
        let (function, call) = handed_in(project, function, call, content);
        let place = facts.call_place(function, call);
        let path = project.reach.way(facts, function, call).unwrap_or_default();
        found.push(on_the_way(finding(&RULE, Severity::Error, Confidence::High, place, message), path));
    }
    found.extend(kept_for_all(project));
    found
}

/// Reports memories that remote users write to, and that are read into a model's prompt without selecting any one user's part.
fn kept_for_all(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let (sites, asks) = (Sites::new(facts, project.reach), Reach::calls_model(facts));
    let (mut found, mut seen): (Vec<Finding>, BTreeSet<(FunctionId, &str)>) = Default::default();
    // A function that takes a person's key selects that person's part itself.
    let picks = |id: FunctionId| facts.functions.get(id).is_some_and(|function| !function.keys.is_empty());
    for (function, call) in project.reach.calls(facts) {
        let read = call.does.iter().find_map(|deed| match deed {
            Deed::ForAll(id) => Some(*id),
            _ => None,
        });
        let read_in = function;
        let Some((id, store)) = read.and_then(|id| Some((id, facts.stores.get(id)?))) else { continue };
        if project.reach.owner(facts, id) != Owner::User {
            continue;
        }
        // A filter chained to the query narrows it, wherever the result is used.
        let narrowed = says_whose(facts, function, call);
        let reached = told_by_many(project, &asks, store);
        for (function, call) in places(project, &sites, &asks, store, (function, call)) {
            let picked = narrowed
                || picks(read_in)
                || call.callees.iter().any(|callee| picks(*callee))
                || says_whose(facts, function, call);
            let comes_back = reached.contains(&function) && asks.get(function) == Some(&true);
            if picked || !comes_back || !seen.insert((function, &store.name)) {
                continue;
            }
            let path = project.reach.way(facts, function, call).unwrap_or_default();
            let one = finding(
                &RULE,
                Severity::Error,
                Confidence::Medium,
                facts.call_place(function, call),
                memory(&store.name),
            );
            found.push(on_the_way(one, path));
        }
    }
    found
}

/// Returns the functions reachable from entry points for remote users, if what users say there is written to the store and a
/// model is called.
fn told_by_many(project: &Project<'_>, asks: &[bool], store: &Store) -> BTreeSet<FunctionId> {
    let facts = project.facts;
    let writes = |function: FunctionId, call: &Call| {
        call.does.iter().any(|deed| match deed {
            Deed::Store(id, content) => {
                facts.stores.get(*id).is_some_and(|other| other.name == store.name)
                    && project.reach.sources(function, *content).has(Taint::USER | Taint::MODEL)
            }
            _ => false,
        })
    };
    let leads = Reach::leading_from(facts, writes);
    // Also a handler passed to a call: `bot.on("message", answer)`.
    let heard = |id: FunctionId| {
        let said = |index| project.reach.sources(id, Taint::parameter(index)).has(Taint::USER);
        (0..MOST_PARAMETERS).any(said)
    };
    let many = |(id, function): &(FunctionId, &Function)| {
        let told = || function.told.iter().any(|told| told.has(Taint::USER)) || heard(*id);
        let entered = function.entry == Some(Entry::Handler) || function.http || told();
        entered && project.reach.runs(*id) && leads.get(*id) == Some(&true) && asks.get(*id) == Some(&true)
    };
    let mut queue: Vec<FunctionId> =
        facts.functions.iter().enumerate().filter(many).map(|(id, _)| id).collect();
    let mut seen: BTreeSet<FunctionId> = queue.iter().copied().collect();
    while let Some(id) = queue.pop() {
        let calls = facts.functions.get(id).map(|function| &function.calls).into_iter().flatten();
        queue.extend(calls.flat_map(|call| &call.callees).copied().filter(|callee| seen.insert(*callee)));
    }
    seen
}

/// Whether the arguments of a call, by their names, say whose data is meant.
fn says_whose(facts: &Facts, function: FunctionId, call: &Call) -> bool {
    let file = facts.functions.get(function).and_then(|known| facts.files.get(known.file));
    let text = file.and_then(|file| file.text.get(call.span.clone())).unwrap_or_default();
    let given = text.split_once('(').map_or("", |(_, given)| given);
    // In an SQL statement, only the condition and its bound values count.
    let small = given.to_ascii_lowercase();
    let given = match small.find("select ") {
        Some(start) => {
            let end = small.rfind(['"', '\'', '`']).unwrap_or(start);
            let condition = small.find("where").unwrap_or(end);
            given.get(condition..).unwrap_or_default()
        }
        None => given,
    };
    // The sort order does not say whose data the rows are.
    let sorts = call.target.ends_with("order_by");
    let given = if sorts { "" } else { given.split("orderBy").next().unwrap_or(given) };
    crate::code::says_whose(given) || file.is_some_and(|file| is_narrowed(&file.text, call.span.end))
}

/// Whether a store query is narrowed by what follows it: `….where(…)`, `.eq("user", id)`.
fn is_narrowed(text: &str, end: usize) -> bool {
    const NARROWS: &[&str] = &[
        ".where(",
        ".filter(",
        ".filter_by(",
        ".eq(",
        ".match(",
        ".get(",
        ".in_(",
        ".count(",
        ".delete(",
        ".first(",
        ".single(",
        ".maybeSingle(",
    ];
    let mut lines = text.get(end..).unwrap_or_default().lines();
    let first = lines.next().unwrap_or_default();
    let chained = lines.take_while(|line| line.trim_start().starts_with(['.', ')']));
    let first = first.split(';').next().unwrap_or_default();
    std::iter::once(first).chain(chained).any(|line| NARROWS.iter().any(|narrow| line.contains(narrow)))
}

fn memory(name: &str) -> Bilingual {
    Bilingual::new(
        format!(
            "`{name}` is written to by everyone and read without selecting one user's part, so one person's words reach another"
        ),
        format!("`{name}` 由所有人写入，读取时却不区分是谁的内容，一个人的话会出现在另一个人的对话中"),
    )
}

/// Follows a shared list back to the call that passes it to the function calling the model.
fn handed_in<'f>(
    project: &'f Project<'_>,
    function: FunctionId,
    call: &'f Call,
    content: Taint,
) -> (FunctionId, &'f Call) {
    let mut at = (function, call, content);
    for _ in 0..MOST_HELPERS {
        if at.2.sources().has(Taint::COMMON) || !at.2.is_symbolic() {
            break;
        }
        let hands = |(caller, before): &(FunctionId, &Call)| {
            let given = at.2.filled(&before.arguments);
            project.reach.runs(*caller) && project.reach.sources(*caller, given).has(Taint::COMMON)
        };
        let Some((caller, before)) = project.reach.callers(project.facts, at.0).find(hands) else { break };
        at = (caller, before, at.2.filled(&before.arguments));
    }
    (at.0, at.1)
}

/// Reports a model call whose input comes from a list shared by the whole program.
fn common(project: &Project<'_>, function: FunctionId, call: &Call) -> Option<(Bilingual, Taint)> {
    let content = call.does.iter().find_map(|deed| match deed {
        Deed::Model { content, .. } => Some(*content),
        _ => None,
    })?;
    let message = Bilingual::new(
        "the model's input comes from a list shared by all users, so one person's words reach another",
        "发给模型的内容来自所有人共用的一个列表，一个人的话会出现在另一个人的对话中",
    );
    project.reach.sources(function, content).has(Taint::COMMON).then_some((message, content))
}

fn key(name: &str) -> Bilingual {
    Bilingual::new(
        format!("every user is `{name}` in this memory, so one person's words reach another"),
        format!("在这份记忆里所有人都叫 `{name}`，一个人的话会出现在另一个人的对话中"),
    )
}

fn unselected(store: &str) -> Bilingual {
    Bilingual::new(
        format!("`{store}` is read without selecting one user's part, so one person's words reach another"),
        format!("读取 `{store}` 时没有只取某个用户的部分，一个人的话会出现在另一个人的对话中"),
    )
}

fn list(name: &str) -> Bilingual {
    Bilingual::new(
        format!("`{name}` is one conversation shared by all users, so one person's words reach another"),
        format!("`{name}` 是所有人共用的一份对话，一个人的话会出现在另一个人的对话中"),
    )
}
