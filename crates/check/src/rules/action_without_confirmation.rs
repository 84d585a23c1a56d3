//! `action-without-confirmation`
//!
//! What it does: finds Custom GPT actions that change something but are marked `x-openai-isConsequential: false`, so that the
//! user is never asked before they run.
//!
//! Why it matters: a page that the GPT reads can make it post, change or delete things in the user's name.
//!
//! Reference: OpenAI, GPT Actions; risks A04 and S07.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};

pub(super) const RULE: Rule = Rule {
    id: RuleId("action-without-confirmation"),
    risks: &["A04", "S07"],
    severity: Severity::Warning,
    title: Text {
        en: "an action changes things without asking", zh: "会改动数据的操作从不询问用户"
    },
    harm: Text {
        en: "The user is not asked before something is created, changed or deleted in their name.",
        zh: "以用户的名义新建、修改或删除内容之前，从不征求用户同意。",
    },
    fix: Text {
        en: "Set `x-openai-isConsequential: true` on every action that changes something; keep `false` only for read-only actions.",
        zh: "凡是会改动数据的操作都写 `x-openai-isConsequential: true`，只有只读操作才写 `false`。",
    },
    example: "  post:\n    operationId: addCard\n-   x-openai-isConsequential: false\n+   x-openai-isConsequential: true\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut found = Vec::new();
    for action in facts.actions.iter().filter(|action| action.writes) {
        let Some(flag) = &action.unasked else { continue };
        let name = &action.name;
        let message = Bilingual::new(
            format!("`{name}` changes something and is marked so that the user is never asked"),
            format!("`{name}` 会改动数据，却被标记为无需询问用户"),
        );
        let place = facts.place(action.file, flag.clone());
        found.push(finding(&RULE, Severity::Warning, Confidence::High, place, message));
    }
    found
}
