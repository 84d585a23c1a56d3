//! `tool-loop-without-limit`
//!
//! What it does: finds loops that call a model and tools until the model is done, without a round limit, functions that
//! continue by calling themselves, and agents whose limit is switched off. A loop that waits for a person in each round is not
//! reported.
//!
//! Why it matters: one poisoned page can keep the agent running, sending and paying all night.
//!
//! Reference: OWASP LLM10, ASI08; risk S15.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Call, Deed, FunctionId, Reach, Sink, Taint, is_model};

pub(super) const RULE: Rule = Rule {
    id: RuleId("tool-loop-without-limit"),
    risks: &["S15"],
    severity: Severity::Warning,
    title: Text { en: "the agent's loop has no limit", zh: "智能体循环没有次数上限" },
    harm: Text {
        en: "A model that is led astray keeps calling tools, and the bill keeps growing, until somebody notices.",
        zh: "模型一旦被带偏，就会不停地调用工具、不停地花钱，直到有人发现。",
    },
    fix: Text {
        en: "Limit the rounds: `for _ in range(25):` instead of `while True:`, and tell the user when the limit is reached. In a workflow, set the maximum number of rounds on the node.",
        zh: "限制轮数：用 `for _ in range(25):` 代替 `while True:`，到达上限时告知用户。工作流请在节点上设置最大轮数。",
    },
    example: "- while True:\n+ for _ in range(MAX_ROUNDS):\n      message = ask_model(messages)\n",
    graph: Some(run),
};

/// Whether a call runs what a model wrote, which amounts to a tool call.
fn runs_an_answer(project: &Project<'_>, function: FunctionId, call: &Call) -> bool {
    call.does.iter().any(|deed| match deed {
        Deed::Run { sink: Sink::Code | Sink::Shell, content, .. } => {
            project.reach.sources(function, *content).has(Taint::MODEL)
        }
        _ => false,
    })
}

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let models = Reach::calls_model(facts);
    let mut found = Vec::new();
    for (id, function) in facts.functions.iter().enumerate() {
        if !project.reach.runs(id) {
            continue;
        }
        for one in function.loops.iter().filter(|one| !one.paced) {
            let inside =
                |span: &std::ops::Range<usize>| one.body.start <= span.start && span.end <= one.body.end;
            let runs = |call: &&Call| inside(&call.span) && runs_an_answer(project, id, call);
            if !one.tools && !function.calls.iter().any(|call| runs(&call)) {
                continue;
            }
            let asks = function.calls.iter().filter(|call| inside(&call.span)).any(|call| {
                is_model(call) || call.callees.iter().any(|callee| models.get(*callee) == Some(&true))
            });
            if asks {
                let message = Bilingual::new(
                    "this loop continues as long as the model asks for tools; there is no round limit",
                    "只要模型还想调用工具，这个循环就不会停；没有任何轮数限制",
                );
                let place = facts.place(function.file, one.span.clone());
                found.push(finding(&RULE, Severity::Warning, Confidence::High, place, message));
            }
        }
    }
    for (function, call) in project.reach.calls(facts) {
        if call.does.contains(&Deed::Unlimited) {
            let message =
                Bilingual::new("this agent's round limit is switched off", "这个智能体的轮数上限被关闭了");
            let place = facts.call_place(function, call);
            found.push(finding(&RULE, Severity::Warning, Confidence::High, place, message));
        }
    }
    found
}
