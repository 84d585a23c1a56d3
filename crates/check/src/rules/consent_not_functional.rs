//! `consent-not-functional`
//!
//! What it does: finds consent checks that cannot say no: a function that always answers yes, a decorator that runs what it
//! wraps whatever the answer is, and a question whose answer nobody reads.
//!
//! Why it matters: the person sees a question, or the code looks as if there were one, and what they say changes nothing.
//!
//! Reference: PIPL Art. 14 (voluntary, informed), GDPR Art. 7; risk P03.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{BrokenConsent, Deed};

pub(super) const RULE: Rule = Rule {
    id: RuleId("consent-not-functional"),
    risks: &["P03"],
    severity: Severity::Error,
    title: Text { en: "a consent check that cannot say no", zh: "形同虚设的同意检查" },
    harm: Text {
        en: "People believe that they were asked, but their answer changes nothing.",
        zh: "用户以为自己被征求过意见，实际上怎么回答都一样。",
    },
    fix: Text {
        en: "Return what the person really answered, and leave when the answer is no: `if not ask_consent(user): return`.",
        zh: "返回用户的真实回答，并在用户拒绝时停止：`if not ask_consent(user): return`。",
    },
    example: "  def has_consent(user):\n-     return True\n+     return consents.get(user) == \"yes\"\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut found = Vec::new();
    for (id, function) in facts.functions.iter().enumerate() {
        let name = &function.name;
        let message = match function.broken_consent {
            Some(BrokenConsent::AlwaysYes) => Bilingual::new(
                format!("`{name}` always answers yes, so it counts as no consent"),
                format!("`{name}` 永远回答“同意”，因此不算征得了同意"),
            ),
            Some(BrokenConsent::RunsAnyway) => Bilingual::new(
                format!("`{name}` runs what it wraps whatever the answer is, so it counts as no consent"),
                format!("`{name}` 不论回答如何都会执行被包装的函数，因此不算征得了同意"),
            ),
            None => continue,
        };
        let place = facts.place(function.file, function.span.clone());
        // A function that nothing calls protects nobody, and harms nobody.
        if project.reach.runs(id) || function.broken_consent == Some(BrokenConsent::RunsAnyway) {
            found.push(finding(&RULE, Severity::Error, Confidence::High, place, message));
        }
    }
    for (function, call) in project.reach.calls(facts) {
        let broken =
            |id: &usize| facts.functions.get(*id).is_some_and(|callee| callee.broken_consent.is_some());
        if call.does.contains(&Deed::UnusedConsent) && !call.callees.iter().any(broken) {
            let target = &call.target;
            let message = Bilingual::new(
                format!("the answer of `{target}` is not used, so a no changes nothing"),
                format!("`{target}` 的回答没有被使用，用户拒绝也不起作用"),
            );
            let place = facts.call_place(function, call);
            found.push(finding(&RULE, Severity::Error, Confidence::High, place, message));
        }
    }
    found
}
