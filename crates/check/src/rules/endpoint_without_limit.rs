//! `endpoint-without-limit`
//!
//! What it does: finds a model call that anyone can trigger over HTTP, if the project has no recognised rate limit and the call
//! has no token limit. One finding per project.
//!
//! Why it matters: one visitor in a loop spends the developer's money, and the agent stops responding to everyone else.
//!
//! Reference: OWASP LLM10, API4; risk S15.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, FunctionId, Guard, is_model};

pub(super) const RULE: Rule = Rule {
    id: RuleId("endpoint-without-limit"),
    risks: &["S15"],
    severity: Severity::Info,
    title: Text { en: "anyone can call the model without limit", zh: "任何人都能无限次调用模型" },
    harm: Text {
        en: "One visitor in a loop can use up your budget, and the agent stops responding to everyone else.",
        zh: "一个访客不停地请求就能耗光你的额度，其他用户就再也得不到回答。",
    },
    fix: Text {
        en: "Limit requests per caller (slowapi, flask-limiter, express-rate-limit, @upstash/ratelimit) and the length of responses (`max_tokens=1000`).",
        zh: "限制每个调用者的请求频率（slowapi、flask-limiter、express-rate-limit、@upstash/ratelimit），并限制回答长度（`max_tokens=1000`）。",
    },
    example: "+ @limiter.limit(\"10/minute\")\n  def chat(): …\n-     client.chat.completions.create(messages=m)\n+     client.chat.completions.create(messages=m, max_tokens=1000)\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let limited = |call: &Call| call.does.contains(&Deed::Guard(Guard::RateLimited));
    if project.reach.calls(facts).any(|(_, call)| limited(call)) {
        return Vec::new();
    }
    let doors = project.doors;
    let bounded = |call: &Call| call.does.contains(&Deed::Guard(Guard::AnswerBounded));
    let mut calls =
        project.reach.calls(facts).filter(|(_, call)| is_model(call) && !bounded(call) && !stays(call));
    let first = calls.find(|(function, _)| doors.lead_to(*function));
    first.map(|(function, call)| one(project, function, call)).into_iter().collect()
}

/// Whether the model runs on this machine.
fn stays(call: &Call) -> bool {
    call.does.iter().any(|deed| matches!(deed, Deed::Model { recipient, .. } if recipient.local))
}

fn one(project: &Project<'_>, function: FunctionId, call: &Call) -> Finding {
    let message = Bilingual::new(
        "anyone who finds the address can trigger this model call, with no limit on number or length",
        "任何人找到这个地址都能触发这次模型调用，次数和长度都不受限制",
    );
    let place = project.facts.call_place(function, call);
    let path = project.reach.way(project.facts, function, call).unwrap_or_default();
    on_the_way(finding(&RULE, Severity::Info, Confidence::Medium, place, message), path)
}
