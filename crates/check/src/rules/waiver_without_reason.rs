//! `waiver-without-reason`
//!
//! What it does: finds waivers that do not count: without a reason, of a rule that does not exist, or past their day.
//!
//! Why it matters: a finding that somebody set aside without saying why is forgotten, and users live with it.
//!
//! Reference: `waiver.rs`.

use ombud_core::finding::{RuleId, Severity};

use super::{Rule, Text};

pub(crate) const RULE: Rule = Rule {
    id: RuleId("waiver-without-reason"),
    risks: &[],
    severity: Severity::Warning,
    title: Text { en: "a waiver that does not count", zh: "不生效的豁免" },
    harm: Text {
        en: "What was set aside here still concerns the users, and nobody can see any more why it was accepted.",
        zh: "这里放过的问题仍然影响用户，却再也看不出当初为什么接受。",
    },
    fix: Text {
        en: "Say why, and until when: `# ombud: allow RULE only in a sandbox until 2027-01-31`; or mend the finding and take the waiver out.",
        zh: "写明理由和期限：`# ombud: allow 规则 仅用于沙箱 until 2027-01-31`；或者修复问题并删去豁免。",
    },
    example: "- # ombud: allow untrusted-to-exec\n+ # ombud: allow untrusted-to-exec only in a sandbox until 2027-01-31\n",
    graph: None,
};
