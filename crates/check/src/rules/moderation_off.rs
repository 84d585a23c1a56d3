//! `moderation-off`
//!
//! What it does: finds chat apps of a low-code platform that are open to the public and in which the platform's own content
//! review is switched off. One finding per app. In code: provider filters that are set to let everything through
//! (`HarmBlockThreshold.BLOCK_NONE`, `safety_checker=None`), in a project that calls no moderation service. One finding per
//! file.
//!
//! Why it matters: nothing stands between a harmful response and the person who reads it, who may be a child.
//!
//! Reference: Interim Measures for Generative AI Services Art. 4 and 14; risks C01 and C03.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::check::is_test;
use crate::code::names;
use crate::facts::{Call, Deed, File, Flaw, Switch};
use crate::survey::Language;

/// Moderation services recognised by a client or URL, where the name of the call does not show it.
const SERVICES: &[&str] = &["ContentSafetyClient", "/moderations", "/contentsafety/", "TextModeration"];

pub(super) const RULE: Rule = Rule {
    id: RuleId("moderation-off"),
    risks: &["C01", "C03"],
    severity: Severity::Info,
    title: Text { en: "content review is switched off", zh: "内容审查未开启" },
    harm: Text {
        en: "Harmful responses reach the people who use the app, including children, and harmful requests reach the model.",
        zh: "有害回答会直接展示给用户（包括未成年人），有害请求也会直接进入模型。",
    },
    fix: Text {
        en: "Turn on review of inputs and outputs in the app's features, with keywords or a moderation API. In code, keep the provider's filters at `BLOCK_MEDIUM_AND_ABOVE` and the `safety_checker` on, or call a moderation API before and after.",
        zh: "在应用的功能设置中开启对输入和输出的内容审查，可用关键词或审查接口。代码中保留服务商的过滤（`BLOCK_MEDIUM_AND_ABOVE`）和 `safety_checker`，或在前后调用审查接口。",
    },
    example: "  sensitive_word_avoidance:\n-   enabled: false\n+   enabled: true\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let one = |(file, span): &(usize, std::ops::Range<usize>)| {
        let message = Bilingual::new(
            "people chat with this app, and neither inputs nor outputs are reviewed",
            "有人与此应用对话，而输入和输出都没有经过内容审查",
        );
        finding(&RULE, Severity::Info, Confidence::High, facts.place(*file, span.clone()), message)
    };
    facts.unreviewed.iter().map(one).chain(let_through(project)).collect()
}

/// Reports filters that code switches off, if nothing else moderates inputs and outputs.
fn let_through(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let moderates =
        |call: &Call| names(&call.target, &["moderation*", "moderate*", "llamaguard", "sensitive"]);
    let asks = |file: &File| {
        Language::of(file.path.rsplit('/').next().unwrap_or(&file.path)).is_some()
            && !is_test(&file.path)
            && SERVICES.iter().any(|service| file.text.contains(service))
    };
    if project.reach.calls(facts).any(|(_, call)| moderates(call)) || facts.files.iter().any(asks) {
        return Vec::new();
    }
    let off = |call: &Call| call.does.contains(&Deed::Flaw(Flaw::Switch(Switch::FilterOff)));
    let mut seen = BTreeSet::new();
    let message = Bilingual::new(
        "the filters for harmful content are switched off here, and nothing else reviews the model's output",
        "这里关闭了对有害内容的过滤，而且没有其他审查",
    );
    let places = project.reach.calls(facts).filter(|(_, call)| off(call));
    let places = places.map(|(function, call)| facts.call_place(function, call));
    let mut found: Vec<_> = places.collect();
    found.sort_by_key(|place| place.span.start);
    found.retain(|place| seen.insert(place.path.clone()));
    let told = |place| finding(&RULE, Severity::Info, Confidence::High, place, message.clone());
    found.into_iter().map(told).collect()
}
