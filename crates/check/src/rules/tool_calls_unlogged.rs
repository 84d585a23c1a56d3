//! `tool-calls-unlogged`
//!
//! What it does: a project whose model may send, pay, delete, change or run something needs a record of what it did: a log line
//! in the tool, in what it calls or in the functions that call the model, a tracer, or the gateway (an `ombud.toml`). One
//! finding per project.
//!
//! Why it matters: when something goes wrong, neither the user nor the developer can find out what the agent did.
//!
//! Reference: OWASP ASI09, EU AI Act Art. 12 and 19; risk A01.

use ombud_core::effect::Effect;
use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, carried_by, finding};
use crate::facts::{Call, Deed, FunctionId, Guard, Reach, Tool};

pub(super) const RULE: Rule = Rule {
    id: RuleId("tool-calls-unlogged"),
    risks: &["A01"],
    severity: Severity::Info,
    title: Text {
        en: "there is no record of what the agent did", zh: "事后无法查明智能体做过什么"
    },
    harm: Text {
        en: "When something is wrongly sent, paid or deleted in their name, users cannot be told what happened.",
        zh: "一旦以用户名义发错、付错或删错，无法向用户说明发生了什么。",
    },
    fix: Text {
        en: "Log each tool call with its arguments, or start the agent with `ombud run`, which records every call (`ombud init` writes the configuration).",
        zh: "把每次工具调用及其参数写入日志；或用 `ombud run` 启动智能体，它会记录每次调用（`ombud init` 可生成配置）。",
    },
    example: "  def send_mail(to, text):\n+     log.info(\"send_mail to=%s\", to)\n      server.send_message(message(to, text))\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut grave = facts.tools.iter().filter(|tool| acts(project, tool));
    let Some(first) = grave.next().filter(|_| !project.options.gateway) else { return Vec::new() };
    if is_logged(project) {
        return Vec::new();
    }
    let name = &first.name;
    let message = Bilingual::new(
        format!("the model can call `{name}`, and no log or trace would show that it did"),
        format!("模型可以调用 `{name}`，而没有任何日志或追踪会留下记录"),
    );
    let place = facts.place(first.file, first.span.clone());
    vec![finding(&RULE, Severity::Info, Confidence::Medium, place, message)]
}

/// Whether a tool implemented in this project changes something.
fn acts(project: &Project<'_>, tool: &Tool) -> bool {
    let grave = matches!(
        tool.effect,
        Effect::Send | Effect::Pay | Effect::Delete | Effect::Execute | Effect::Grant | Effect::Change
    );
    grave && carried_by(project.facts, tool).is_some_and(|function| project.reach.runs(function))
}

/// Whether tools or model calls are logged, or a tracer is started.
fn is_logged(project: &Project<'_>) -> bool {
    let facts = project.facts;
    let models = Reach::calls_model(facts);
    let logged = |_: FunctionId, call: &Call| call.does.contains(&Deed::Guard(Guard::Logged));
    // A callee without arguments cannot log what was done: `getClient()` only logs that it connected.
    let told = |caller: FunctionId, call: &Call, callee: FunctionId| {
        let body = |id: FunctionId| facts.functions.get(id).map(|known| (known.file, known.body.clone()));
        let within = || {
            let ((file, outer), (other, inner)) = body(caller).zip(body(callee))?;
            Some(file == other && outer.start <= inner.start && inner.end <= outer.end)
        };
        !call.arguments.is_empty() || within() == Some(true)
    };
    let logs = Reach::leading_by(facts, &logged, &told);
    let of_tools = facts.tools.iter().filter_map(|tool| carried_by(facts, tool));
    let of_models = models.iter().enumerate().filter(|(_, calls)| **calls).map(|(id, _)| id);
    of_tools.chain(of_models).any(|id| logs.get(id) == Some(&true))
}
