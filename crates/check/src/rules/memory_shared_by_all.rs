//! `memory-shared-by-all`
//!
//! What it does: finds memories of an agent that serves several people in which everybody gets the same name: a written-out
//! `user_id`, a session key of a workflow that is a constant, a conversation that is one list for the whole program.
//!
//! Why it matters: the agent tells one person what another one said.
//!
//! Reference: OWASP LLM08, ASI06; risk P11.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, FunctionId, Owner, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("memory-shared-by-all"),
    risks: &["P11"],
    severity: Severity::Error,
    title: Text { en: "all users share one memory", zh: "所有用户共用一份记忆" },
    harm: Text {
        en: "One person's diary, health or orders turn up in the answers that another person gets.",
        zh: "一个人的日记、健康状况或订单，会出现在给另一个人的回答里。",
    },
    fix: Text {
        en: "Use the id of the signed-in user as the key of the memory (`user_id=session.user.id`), and keep one conversation for each of them (`histories[user.id]`).",
        zh: "用已登录用户的标识作为记忆的键（`user_id=session.user.id`），并为每个用户分别保存对话（`histories[user.id]`）。",
    },
    example: "- memory.add(messages, user_id=\"user\")\n+ memory.add(messages, user_id=current_user.id)\n",
    graph: Some(run),
};

/// Helpers through which a list is followed back.
const MOST_HELPERS: usize = 8;

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut found = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        let shared = call.does.iter().find_map(|deed| match deed {
            Deed::Shared { name, content } => Some((key(name), *content)),
            Deed::OneHistory { name, content } => Some((list(name), *content)),
            _ => None,
        });
        let shared = shared.or_else(|| common(project, function, call));
        // At a terminal there is one person.
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
    found
}

/// Where a list that is everybody's is handed to what asks the model.
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
            before.callees.contains(&at.0) && project.reach.sources(*caller, given).has(Taint::COMMON)
        };
        let Some((caller, before)) = project.reach.calls(project.facts).find(hands) else { break };
        at = (caller, before, at.2.filled(&before.arguments));
    }
    (at.0, at.1)
}

/// What a model is asked with out of a list that is one for the whole program.
fn common(project: &Project<'_>, function: FunctionId, call: &Call) -> Option<(Bilingual, Taint)> {
    let content = call.does.iter().find_map(|deed| match deed {
        Deed::Model { content, .. } => Some(*content),
        _ => None,
    })?;
    let message = Bilingual::new(
        "what the model is asked holds a list that is one for everybody who writes here, so one person's words come back to another",
        "发给模型的内容来自所有人共用的一个列表，一个人的话会出现在另一个人的对话中",
    );
    project.reach.sources(function, content).has(Taint::COMMON).then_some((message, content))
}

fn key(name: &str) -> Bilingual {
    Bilingual::new(
        format!("everybody is `{name}` in this memory, so one person's words come back to another"),
        format!("在这份记忆里所有人都叫 `{name}`，一个人的话会出现在另一个人的对话中"),
    )
}

fn list(name: &str) -> Bilingual {
    Bilingual::new(
        format!(
            "`{name}` is one conversation for everybody who writes here, so one person's words come back to another"
        ),
        format!("`{name}` 是所有人共用的一份对话，一个人的话会出现在另一个人的对话中"),
    )
}
