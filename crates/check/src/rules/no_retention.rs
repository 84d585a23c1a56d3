//! `no-retention`
//!
//! What it does: a project that keeps what users say needs something that removes it after a time: a time to live, a statement
//! that deletes data older than a date, a scheduled deletion, or `[notice] retention` in ombud.toml. One finding per project,
//! at the first write.
//!
//! Why it matters: data kept forever will eventually be found by someone it was not meant for.
//!
//! Reference: PIPL Art. 19, GDPR Art. 5 (1) (e); risk P10.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::no_erase_path::{deletes, keeps};
use super::{Project, Rule, Text, finding};
use crate::facts::{Call, Deed, FunctionId, Guard};
use crate::survey::Language;

pub(super) const RULE: Rule = Rule {
    id: RuleId("no-retention"),
    risks: &["P10"],
    severity: Severity::Info,
    title: Text { en: "users' data is kept forever", zh: "用户数据被永久保存" },
    harm: Text {
        en: "What users said years ago is still there when the store leaks or is sold.",
        zh: "多年前说过的话一直留着，等到泄露或转让的那一天。",
    },
    fix: Text {
        en: "Set a time to live (`ex=`, `expireAfterSeconds`), or delete old data on a schedule, and declare the period: `[notice] retention` in ombud.toml.",
        zh: "设置有效期（`ex=`、`expireAfterSeconds`），或定时删除超过期限的数据，并写明期限：ombud.toml 的 `[notice] retention`。",
    },
    example: "- r.set(f\"chat:{user}\", text)\n+ r.set(f\"chat:{user}\", text, ex=30 * 24 * 3600)\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    if project.options.retention
        || project.reach.calls(facts).any(|(function, call)| ends(project, function, call))
    {
        return Vec::new();
    }
    let Some((function, call)) = project
        .reach
        .calls(facts)
        .find(|(function, call)| is_code(project, *function) && keeps(project, *function, call).is_some())
    else {
        return Vec::new();
    };
    let message = Bilingual::new(
        "what users say is kept here, and nothing deletes it after a time",
        "用户说的话保存在这里，而没有任何机制会在到期后删除",
    );
    let place = facts.call_place(function, call);
    vec![finding(&RULE, Severity::Info, Confidence::Medium, place, message)]
}

/// Whether a function is code. A low-code export has no setting for retention, so its absence says nothing.
fn is_code(project: &Project<'_>, function: FunctionId) -> bool {
    let file =
        project.facts.functions.get(function).and_then(|function| project.facts.files.get(function.file));
    file.is_some_and(|file| Language::of(&file.path).is_some())
}

/// Whether a call expires data by age, or schedules something that deletes.
fn ends(project: &Project<'_>, function: FunctionId, call: &Call) -> bool {
    let shows = |guard: Guard| call.does.contains(&Deed::Guard(guard));
    let clears = |callee: &FunctionId| {
        let inner = project.facts.functions.get(*callee);
        inner.is_some_and(|inner| inner.calls.iter().any(|call| deletes(project.facts, *callee, call)))
    };
    shows(Guard::Expires)
        || shows(Guard::Scheduled)
            && (call.callees.iter().any(clears) || deletes(project.facts, function, call))
}
