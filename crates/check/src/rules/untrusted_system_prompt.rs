//! `untrusted-system-prompt`
//!
//! What it does: finds system prompts built with text that came from the network, a store, an upload or the user of a service:
//! `role: "system"`, `system=…`, `instructions=…`, a message made by a helper, and values filled into the placeholders of a
//! system prompt template.
//!
//! Why it matters: the model takes such text for the developer's instructions.
//!
//! Reference: OWASP LLM01, ASI01; risks S01 and S02.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, Facts, FunctionId, Sites, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("untrusted-system-prompt"),
    risks: &["S01", "S02"],
    severity: Severity::Warning,
    title: Text {
        en: "outside text is written into the system prompt", zh: "外部内容被写入系统提示词"
    },
    harm: Text {
        en: "Anyone who plants a sentence in a page, a file or a profile decides what the agent does for everyone else.",
        zh: "有人在网页、文件或资料里埋一句话，就能决定智能体如何对待其他人。",
    },
    fix: Text {
        en: "Keep the system prompt fixed, and put such text into a separate message with `role: \"user\"`, marked as data.",
        zh: "系统提示词保持固定，把这类内容放进单独的 `role: \"user\"` 消息，并注明它是数据。",
    },
    example: "- {\"role\": \"system\", \"content\": f\"Help. Page: {page}\"}\n+ {\"role\": \"system\", \"content\": \"Help.\"}, {\"role\": \"user\", \"content\": f\"Page, as data: {page}\"}\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let sites = Sites::new(facts, project.reach);
    let mut found: Vec<Finding> = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        let content = call.does.iter().find_map(|deed| match deed {
            Deed::SystemPrompt(content) => Some(*content),
            _ => None,
        });
        let Some(content) = content else { continue };
        let Some(from) = origin(project.reach.sources(function, content)) else { continue };
        for (function, call) in places(facts, &sites, (function, call), content) {
            let one = told(project, function, call, from);
            if !found.iter().any(|other| other.place == one.place) {
                found.push(one);
            }
        }
    }
    found
}

/// Returns where the prompt is built: a function that only sends the prompt it is given is not the place.
fn places<'f>(
    facts: &Facts,
    sites: &Sites<'f>,
    sent: (FunctionId, &'f Call),
    content: Taint,
) -> Vec<(FunctionId, &'f Call)> {
    let mut parameters = content.parameters();
    let alone = content.sources() == Taint::NONE;
    let given = parameters.next().filter(|_| alone && parameters.next().is_none());
    let given = given.filter(|_| is_name(facts, sent));
    let found = given.map(|index| sites.shared((sent.0, index), Taint::STRANGE)).unwrap_or_default();
    if found.is_empty() { vec![sent] } else { found }
}

/// Whether nothing is composed at this location: it is only the name of a value passed in.
fn is_name(facts: &Facts, (function, call): (FunctionId, &Call)) -> bool {
    let file = facts.functions.get(function).and_then(|known| facts.files.get(known.file));
    let text = file.and_then(|file| file.text.get(call.span.clone())).unwrap_or_default();
    !text.is_empty() && text.chars().all(|ch| ch.is_alphanumeric() || matches!(ch, '_' | '.' | '$'))
}

fn told(project: &Project<'_>, function: FunctionId, call: &Call, (en, zh): (&str, &str)) -> Finding {
    let facts = project.facts;
    let message = Bilingual::new(
        format!("{en} becomes part of the system prompt here"),
        format!("{zh}在这里成为系统提示词的一部分"),
    );
    let place = facts.call_place(function, call);
    let path = project.reach.way(facts, function, call).unwrap_or_default();
    on_the_way(finding(&RULE, Severity::Warning, Confidence::Medium, place, message), path)
}

fn origin(sources: Taint) -> Option<(&'static str, &'static str)> {
    let rows = [
        (Taint::WEB, "content from the network", "来自网络的内容"),
        (Taint::UPLOAD, "content that somebody uploaded", "他人上传的内容"),
        (Taint::USER, "content that somebody sent", "他人发来的内容"),
        (Taint::RETRIEVED, "content from a store", "从存储中取出的内容"),
    ];
    rows.into_iter().find(|(sign, ..)| sources.has(*sign)).map(|(_, en, zh)| (en, zh))
}
