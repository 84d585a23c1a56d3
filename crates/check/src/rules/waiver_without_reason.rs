//! `waiver-without-reason`
//!
//! What it does: finds waivers that do not count: without a reason, for a rule that does not exist, or expired.
//!
//! Why it matters: a finding that is waived without a reason is forgotten, and users live with it.
//!
//! Reference: `waiver.rs`.

use ombud_core::finding::{RuleId, Severity};

use super::{Rule, Text};

pub(crate) const RULE: Rule = Rule {
    id: RuleId("waiver-without-reason"),
    risks: &[],
    severity: Severity::Warning,
    title: Text { en: "a waiver that has no effect", zh: "不生效的豁免" },
    harm: Text {
        en: "The waived problem still affects users, and nobody can tell any more why it was accepted.",
        zh: "这里放过的问题仍然影响用户，却再也看不出当初为什么接受。",
    },
    fix: Text {
        en: "State the reason and an end date: `# ombud: allow RULE only in a sandbox until 2027-01-31` (`//` in TypeScript, JavaScript and Swift); or fix the problem and remove the waiver.",
        zh: "写明理由和期限：`# ombud: allow 规则 仅用于沙箱 until 2027-01-31`（TypeScript、JavaScript 和 Swift 用 `//`）；或者修复问题并删去豁免。",
    },
    example: "- # ombud: allow untrusted-to-exec\n+ # ombud: allow untrusted-to-exec only in a sandbox until 2027-01-31\n",
    graph: None,
};
