//! `consent-not-functional`
//!
//! What it does: finds consent checks that cannot refuse: a function that always returns yes, a decorator that runs what it
//! wraps whatever the answer is, and a prompt whose answer is never used.
//!
//! Why it matters: the user sees a prompt, or the code looks as if there were one, but the answer changes nothing.
//!
//! Reference: PIPL Art. 14 (voluntary, informed), GDPR Art. 7; risk P03.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{BrokenConsent, Deed};

pub(super) const RULE: Rule = Rule {
    id: RuleId("consent-not-functional"),
    risks: &["P03"],
    severity: Severity::Error,
    title: Text { en: "a consent check that has no effect", zh: "形同虚设的同意检查" },
    harm: Text {
        en: "People believe they were asked, but their answer changes nothing.",
        zh: "用户以为自己被征求过意见，实际上怎么回答都一样。",
    },
    fix: Text {
        en: "Return the user's actual answer, and stop when it is no: `if not ask_consent(user): return`.",
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
                format!("`{name}` always returns yes, so it does not count as consent"),
                format!("`{name}` 永远回答“同意”，因此不算征得了同意"),
            ),
            Some(BrokenConsent::RunsAnyway) => Bilingual::new(
                format!(
                    "`{name}` runs what it wraps whatever the answer is, so it does not count as consent"
                ),
                format!("`{name}` 不论回答如何都会执行被包装的函数，因此不算征得了同意"),
            ),
            None => continue,
        };
        let place = facts.place(function.file, function.span.clone());
        // A function that nothing calls neither protects nor harms anyone.
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
                format!("the answer from `{target}` is not used, so refusing has no effect"),
                format!("`{target}` 的回答没有被使用，用户拒绝也不起作用"),
            );
            let place = facts.call_place(function, call);
            found.push(finding(&RULE, Severity::Error, Confidence::High, place, message));
        }
    }
    found
}
