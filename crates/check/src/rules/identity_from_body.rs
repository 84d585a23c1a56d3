//! `identity-from-body`
//!
//! What it does: finds calls that read or write one person's memory or data under a key taken from the body, query or path of a
//! request, where nothing on the way authenticates the caller: no session, no verified token, no dependency or middleware that
//! identifies them.
//!
//! Why it matters: anyone who changes one number in the request reads another person's diary, or writes into it.
//!
//! Reference: OWASP API1 and LLM06, CWE-639; risks P11, S10.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, FunctionId, Reach, Sink, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("identity-from-body"),
    risks: &["P11", "S10"],
    severity: Severity::Error,
    title: Text {
        en: "the request itself decides whose data it gets",
        zh: "请求自己说要谁的数据，就给谁的数据",
    },
    harm: Text {
        en: "Anyone who puts another user's id in the request can read what that person told the agent, or write into their memory.",
        zh: "任何人只要在请求里填上别人的用户标识，就能读到那个人对智能体说过的话，或往其记忆里写入内容。",
    },
    fix: Text {
        en: "Take the id from the session or from a verified token (`current_user.id`, `jwt.decode(token, key, …)[\"sub\"]`), never from the body, query or path.",
        zh: "用户标识应取自会话或经过校验的令牌（`current_user.id`、`jwt.decode(token, key, …)[\"sub\"]`），不要取自请求体、查询参数或路径。",
    },
    example: "- memory.search(q, user_id=request.json[\"user_id\"])\n+ memory.search(q, user_id=current_user.id)\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let doors = project.doors;
    let keeps = Reach::leading(facts, is_kept);
    project
        .reach
        .calls(facts)
        .filter(|(function, _)| doors.lead_to(*function))
        .filter(|(function, call)| {
            is_free(project, *function, call) || picks(project, &keeps, *function, call)
        })
        .map(|(function, call)| one(project, function, call))
        .fold(Vec::new(), |mut all, found| {
            let seen = all.iter().any(|other: &Finding| other.place == found.place);
            all.extend((!seen).then_some(found));
            all
        })
}

/// Whether the client chose the key of a call.
fn is_free(project: &Project<'_>, function: FunctionId, call: &Call) -> bool {
    call.does.iter().any(|deed| {
        let Deed::Keyed(key) = deed else { return false };
        chosen(project.reach.sources(function, *key))
    })
}

/// Whether a call passes a client-chosen value to a function of the project that reads or writes the data of the person named
/// by that parameter: `tokens.save(user_id, …)`. Reported at calls made directly by an HTTP handler.
fn picks(project: &Project<'_>, keeps: &[bool], function: FunctionId, call: &Call) -> bool {
    let facts = project.facts;
    let door = facts.functions.get(function).is_some_and(|known| known.http);
    let free = |index: &usize| {
        let key = call.arguments.get(*index).copied().unwrap_or_default();
        chosen(project.reach.sources(function, key))
    };
    let entered = call.callees.iter().filter(|callee| keeps.get(**callee) == Some(&true));
    let mut known = entered.filter_map(|callee| facts.functions.get(*callee));
    door && known.any(|callee| callee.keys.iter().any(free))
}

/// Whether a call reads or writes stored data.
fn is_kept(call: &Call) -> bool {
    const READS: &[&str] = &["open", "read_text", "readFile", "readFileSync"];
    let kept = |deed: &Deed| {
        matches!(
            deed,
            Deed::Persist { .. }
                | Deed::Store(..)
                | Deed::Retrieve(_)
                | Deed::Erase(_)
                | Deed::Run { sink: Sink::Sql, .. }
        )
    };
    let name = call.target.rsplit('.').next().unwrap_or_default();
    call.does.iter().any(kept) || READS.contains(&name) || call.target == "json.load"
}

/// Whether a client chose a value freely.
fn chosen(from: Taint) -> bool {
    from.has(Taint::BODY) && !from.has(Taint::VERIFIED | Taint::MODEL | Taint::RETRIEVED)
}

fn one(project: &Project<'_>, function: FunctionId, call: &Call) -> Finding {
    let facts = project.facts;
    let message = Bilingual::new(
        "the request decides whose data is read or written here, and nothing checks that it is the caller's",
        "这里读写谁的数据由请求内容决定，而没有任何代码核实那就是调用者本人",
    );
    let path = project.reach.way(facts, function, call).unwrap_or_default();
    // It has to be fixed where the handler passes the key on.
    let (door, through) = project.doors.first(facts, function, call);
    let place = facts.call_place(door, through);
    on_the_way(finding(&RULE, Severity::Error, Confidence::High, place, message), path)
}
