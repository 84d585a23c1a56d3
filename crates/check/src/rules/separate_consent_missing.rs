//! `separate-consent-missing`
//!
//! What it does: with `--profile kids`, `health` or `companion`, or, if nothing is declared, where the system prompt says that
//! the agent is for such people: finds a model call that carries what people say and can be reached without a consent check: a
//! guardian's consent where children use the agent, separate consent where people talk about their health or feelings. One
//! finding per project, at the first such call.
//!
//! Why it matters: what a child says, or what anyone says about an illness, may be used only after consent to exactly that.
//!
//! Reference: PIPL Art. 28 to 31, GDPR Art. 8 and 9; risks P07, P03.

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity, Step};

use super::{
    Project, Rule, Text, finding, memory_write_without_consent, on_the_way, retrieval_without_consent,
};
use crate::facts::{Call, Deed, FunctionId, Taint};
use crate::profile::Profile;

pub(super) const RULE: Rule = Rule {
    id: RuleId("separate-consent-missing"),
    risks: &["P07", "P03"],
    severity: Severity::Error,
    title: Text { en: "separate consent is missing", zh: "缺少单独同意" },
    harm: Text {
        en: "A child's or a patient's words go to a company without the consent of anyone entitled to give it.",
        zh: "未成年人或患者的话被发给一家公司，而有权同意的人从未同意过。",
    },
    fix: Text {
        en: "Ask for separate consent before the first message (from a guardian, for children under 14), and let nothing pass without it: use a function that returns whether there is consent, and list it in `[check] consent_functions`.",
        zh: "在第一条消息之前单独征求同意（14 岁以下须由监护人同意），没有得到同意就不放行：用一个返回是否同意的函数，并在 `[check] consent_functions` 中写明。",
    },
    example: "+ if not guardian_consent(user):\n+     return ask_guardian(user)\n  answer = client.chat.completions.create(messages=m)\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let declared = project.options.profile;
    // A project with an `ombud.toml` has declared what the agent is for.
    let guess = declared.is_none() && !project.options.gateway;
    let shown = if guess { shown(project) } else { None };
    if shown.is_some_and(|(profile, _)| profile == Profile::Companion) && asked_elsewhere(project) {
        return Vec::new();
    }
    let Some(message) = declared.or(shown.map(|shown| shown.0)).and_then(told) else { return Vec::new() };
    let calls = project.reach.calls(project.facts);
    let unasked =
        calls.filter(|(function, call)| carries(project, *function, call)).filter_map(|(function, call)| {
            let way = project.reach.unasked(project.facts, function, call)?;
            Some((project.facts.call_place(function, call), way))
        });
    // Prefer the call in the file whose prompt says whom the agent is for.
    let beside =
        |place: &Place| shown.is_some_and(|(_, file)| path(project, file) == Some(place.path.as_str()));
    let all: Vec<(Place, Vec<Step>)> = unasked.collect();
    let one = all.iter().find(|(place, _)| beside(place)).or(all.first());
    // Without a declaration, the profile is a guess based on the prompts.
    let (severity, sure) = match declared {
        Some(_) => (Severity::Error, Confidence::High),
        None => (Severity::Warning, Confidence::Medium),
    };
    one.map(|(place, way)| on_the_way(finding(&RULE, severity, sure, place.clone(), message), way.clone()))
        .into_iter()
        .collect()
}

/// Whether other findings already ask for consent to what is remembered. What people confide to a companion is no special
/// category in law, so one consent covers both.
fn asked_elsewhere(project: &Project<'_>) -> bool {
    let rules = [&retrieval_without_consent::RULE, &memory_write_without_consent::RULE];
    rules.into_iter().filter_map(|rule| rule.graph).any(|run| !run(project).is_empty())
}

/// Returns whom the agent is for according to its prompts, and the file that says so.
pub(super) fn shown(project: &Project<'_>) -> Option<(Profile, usize)> {
    let facts = project.facts;
    let runs = facts.prompts.iter().filter(|prompt| project.reach.runs(prompt.function));
    let code = runs.filter_map(|prompt| Some((prompt.words.as_ref()?.shown(), prompt.file)));
    let exports = facts.instructions.iter().filter(|one| one.part.is_some());
    let exports = exports.map(|one| (one.text(facts).to_owned(), one.file));
    code.chain(exports).find_map(|(words, file)| Some((Profile::told(&words)?, file)))
}

fn path<'f>(project: &'f Project<'_>, file: usize) -> Option<&'f str> {
    project.facts.files.get(file).map(|file| file.path.as_str())
}

/// Whether a call sends what people say to a remote model.
fn carries(project: &Project<'_>, function: FunctionId, call: &Call) -> bool {
    call.does.iter().any(|deed| match deed {
        Deed::Model { recipient, content } => {
            !recipient.local
                && project.reach.sources(function, *content).has(Taint::PERSON | Taint::RETRIEVED)
        }
        _ => false,
    })
}

fn told(profile: Profile) -> Option<Bilingual> {
    match profile {
        Profile::Kids => Some(Bilingual::new(
            "what children say is sent to a model here, and no guardian is asked on this path",
            "未成年人说的话在这里发给模型，而这条路径上没有征求监护人同意",
        )),
        Profile::Health => Some(Bilingual::new(
            "what people say about their health is sent to a model here, without separate consent on this path",
            "用户的健康信息在这里发给模型，而这条路径上没有单独征求同意",
        )),
        Profile::Companion => Some(Bilingual::new(
            "what people confide is sent to a model here, without separate consent on this path",
            "用户的倾诉在这里发给模型，而这条路径上没有单独征求同意",
        )),
        _ => None,
    }
}
