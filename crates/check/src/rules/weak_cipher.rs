//! `weak-cipher`
//!
//! What it does: finds encryption that does not hide what it encrypts: ECB mode, DES and RC4, `createCipher` with a password,
//! a key or a first vector that is written out.
//!
//! Why it matters: the file looks unreadable and is not: patterns and equal messages show through.
//!
//! Reference: NIST SP 800-38A; risk P09.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Call, Deed, Flaw};

pub(super) const RULE: Rule = Rule {
    id: RuleId("weak-cipher"),
    risks: &["P09"],
    severity: Severity::Warning,
    title: Text { en: "encryption that does not hide", zh: "形同虚设的加密" },
    harm: Text {
        en: "Somebody who finds the file can work out what the users said, although it was meant to be encrypted.",
        zh: "拿到文件的人可以推断出用户说过的话，尽管它本应是加密的。",
    },
    fix: Text {
        en: "Use a library that chooses for you: `cryptography.fernet.Fernet`, `age`, or AES-256-GCM with a new random vector for every message (`AES.GCM.seal` of CryptoKit in an app).",
        zh: "使用替你做好选择的库：`cryptography.fernet.Fernet`、`age`，或 AES-256-GCM 并为每条消息随机生成初始向量（App 用 CryptoKit 的 `AES.GCM.seal`）。",
    },
    example: "- AES.new(key, AES.MODE_ECB)\n+ Fernet(key)\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let calls = project.reach.calls(facts);
    let found = calls.filter_map(|(function, call)| Some((facts.call_place(function, call), told(call)?)));
    found
        .map(|(place, message)| finding(&RULE, Severity::Warning, Confidence::High, place, message))
        .collect()
}

/// Why what a call encrypts is not hidden.
fn told(call: &Call) -> Option<Bilingual> {
    let flaw = |flaw| call.does.contains(&Deed::Flaw(flaw));
    if flaw(Flaw::WeakCipher) {
        return Some(Bilingual::new(
            "what is encrypted here can be worked out without the key",
            "这里加密的内容无需密钥也能被推断出来",
        ));
    }
    flaw(Flaw::FixedKey).then(|| {
        Bilingual::new(
            "the key or the first vector of this encryption stands in the source, so it is the same for everybody who reads it",
            "这里加密用的密钥或初始向量写死在源码里，看到源码的人都能解开",
        )
    })
}
