//! `device-data-without-consent`
//!
//! What it does: follows the data a phone holds about its owner (health, address book, locations, calendar, photos) to a model
//! that runs elsewhere, and looks for a path without consent. The system's permission dialog only says that the app may read
//! the data; it does not count. A check that returns on “no”, and a button that people press to agree, close a path. A model on
//! the phone is not reported.
//!
//! Why it matters: people let an app read their sleep data or address book without knowing that a company receives it.
//!
//! Reference: App Store Review Guidelines 5.1.2(i) (sharing with third-party AI) and 5.1.3; PIPL Art. 23 and 29, GDPR Art. 9;
//! risks P03 and P07.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity, Step};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, FunctionId, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("device-data-without-consent"),
    risks: &["P03", "P07"],
    severity: Severity::Error,
    title: Text {
        en: "data from the phone is sent out without consent",
        zh: "手机里的个人数据未经同意就发给模型",
    },
    harm: Text {
        en: "A user's health data, contacts or whereabouts reach a company, although they only allowed the app to view them.",
        zh: "用户的健康、通讯录或行踪会到达一家公司，而他们只允许过 App 查看。",
    },
    fix: Text {
        en: "Say who receives the data and ask before sending (`guard consent.hasConsented else { return }`, set only by a button); the system's permission dialog is not enough. Or use an on-device model (`LanguageModelSession`).",
        zh: "发送前写明发给谁并单独征求同意（`guard consent.hasConsented else { return }`，且只能由按钮置为真），系统授权弹窗不能代替；或改用端侧模型（`LanguageModelSession`）。",
    },
    example: "+ guard consent.hasConsented else { return }\n  let answer = try await client.ask(\"How did I sleep? \\(samples)\")\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let calls = project.reach.calls(project.facts);
    calls.filter_map(|(function, call)| one(project, function, call)).collect()
}

fn one(project: &Project<'_>, function: FunctionId, call: &Call) -> Option<Finding> {
    let way = call.does.iter().find_map(|deed| unasked(project, function, call, deed))?;
    let message = Bilingual::new(
        "data the phone holds about its owner is sent to a remote model here, and nobody was asked about that",
        "手机里关于用户的数据在这里发给别处的模型，而没有为此征求过同意",
    );
    let place = project.facts.call_place(function, call);
    Some(on_the_way(finding(&RULE, Severity::Error, Confidence::High, place, message), way))
}

/// Returns a path on which device data reaches a remote model without consent.
fn unasked(project: &Project<'_>, function: FunctionId, call: &Call, deed: &Deed) -> Option<Vec<Step>> {
    let Deed::Model { recipient, content } = deed else { return None };
    let sends = !recipient.local && project.reach.sources(function, *content).has(Taint::DEVICE);
    sends
        .then(|| project.reach.unasked_with(project.facts, function, call, *content, Taint::DEVICE))
        .flatten()
}
