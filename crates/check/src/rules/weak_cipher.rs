//! `weak-cipher`
//!
//! What it does: finds encryption that does not hide its content: ECB mode, DES and RC4, `createCipher` with a password, a
//! hard-coded key or initialisation vector, unless it is part of home-made anonymisation (`personal-data-hashed`).
//!
//! Why it matters: the file looks unreadable but is not: patterns and equal messages show through.
//!
//! Reference: NIST SP 800-38A; risk P09.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, personal_data_hashed};
use crate::facts::{Deed, Flaw};

pub(super) const RULE: Rule = Rule {
    id: RuleId("weak-cipher"),
    risks: &["P09"],
    severity: Severity::Warning,
    title: Text { en: "encryption that does not protect", zh: "形同虚设的加密" },
    harm: Text {
        en: "Anyone who gets the file can work out what users said, although it was meant to be encrypted.",
        zh: "拿到文件的人可以推断出用户说过的话，尽管它本应是加密的。",
    },
    fix: Text {
        en: "Use a library with safe defaults: `cryptography.fernet.Fernet`, `age`, or AES-256-GCM with a fresh random IV for every message (in an app, CryptoKit's `AES.GCM.seal`).",
        zh: "使用替你做好选择的库：`cryptography.fernet.Fernet`、`age`，或 AES-256-GCM 并为每条消息随机生成初始向量（App 用 CryptoKit 的 `AES.GCM.seal`）。",
    },
    example: "- AES.new(key, AES.MODE_ECB)\n+ Fernet(key)\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut hiding = None;
    let mut found = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        let message = if call.does.contains(&Deed::Flaw(Flaw::WeakCipher)) {
            Bilingual::new(
                "what is encrypted here can be deduced without the key",
                "这里加密的内容无需密钥也能被推断出来",
            )
        } else if call.does.contains(&Deed::Flaw(Flaw::FixedKey)) {
            // In a file with home-made anonymisation, this is reported by that rule.
            let hiding = hiding.get_or_insert_with(|| personal_data_hashed::files(project));
            let file = facts.functions.get(function).map(|function| function.file);
            if file.is_some_and(|file| hiding.contains(&file)) {
                continue;
            }
            personal_data_hashed::written_out()
        } else {
            continue;
        };
        let place = facts.call_place(function, call);
        found.push(finding(&RULE, Severity::Warning, Confidence::High, place, message));
    }
    found
}
