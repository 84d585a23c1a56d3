//! `personal-data-hashed`
//!
//! What it does: finds home-made anonymisation that hides nothing: a phone or identity number hashed with MD5 or SHA without a
//! key, a bare hash in a function that claims to mask people, Base64 in a function that claims to encrypt, and, in a file that
//! does such things, a hard-coded key or initialisation vector. A keyed hash (`hmac`), a slow one (`scrypt`, `argon2`), a hash
//! of a salted text, and hashes for file names or caches are not reported.
//!
//! Why it matters: there are so few phone numbers that a laptop can try all of them in minutes. What is called anonymous is
//! not.
//!
//! Reference: GDPR Recital 26, PIPL Art. 73 (4); Article 29 Working Party, Opinion 05/2014; risks P09, P02.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Call, Deed, Disguise, Flaw, FunctionId, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("personal-data-hashed"),
    risks: &["P09", "P02"],
    severity: Severity::Warning,
    title: Text {
        en: "home-made anonymisation is not anonymous", zh: "自制的“匿名化”并不匿名"
    },
    harm: Text {
        en: "Anyone who gets the list can recover the users' phone numbers and identities, although the users were told that it is anonymous.",
        zh: "拿到名单的人可以还原出用户的电话和身份，而用户却被告知数据是匿名的。",
    },
    fix: Text {
        en: "Use a keyed hash and keep the key apart from the data (`hmac.new(key, phone, \"sha256\")`), use a random number per person, or drop the value; encrypt with a library that generates the key and IV itself (`Fernet`, `age`). In Swift: `HMAC<SHA256>` with a key from the Keychain, `AES.GCM.seal` to encrypt.",
        zh: "使用带密钥的哈希并把密钥与数据分开保存（`hmac.new(key, phone, \"sha256\")`），或为每个人分配随机编号，或干脆不保留该值；加密请用自行生成密钥和向量的库（`Fernet`、`age`）。Swift 请用 `HMAC<SHA256>`（密钥存钥匙串）和 `AES.GCM.seal`。",
    },
    example: "- hashlib.md5(user.phone.encode()).hexdigest()\n+ hmac.new(PEPPER, user.phone.encode(), \"sha256\").hexdigest()\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let hiding = files(project);
    if hiding.is_empty() {
        return Vec::new();
    }
    let calls = project.reach.calls(project.facts);
    calls.filter_map(|(function, call)| one(project, &hiding, function, call)).collect()
}

fn one(
    project: &Project<'_>,
    hiding: &BTreeSet<usize>,
    function: FunctionId,
    call: &Call,
) -> Option<Finding> {
    let here = || file(project, function).is_some_and(|file| hiding.contains(&file));
    let fixed = || (call.does.contains(&Deed::Flaw(Flaw::FixedKey)) && here()).then(written_out);
    let hidden = call.does.iter().find_map(|deed| wrong(project, function, deed));
    let (confidence, message) = hidden.or_else(|| Some((Confidence::High, fixed()?)))?;
    let place = project.facts.call_place(function, call);
    Some(finding(&RULE, Severity::Warning, confidence, place, message))
}

fn file(project: &Project<'_>, function: FunctionId) -> Option<usize> {
    project.facts.functions.get(function).map(|function| function.file)
}

/// Returns the files that contain home-made anonymisation.
pub(super) fn files(project: &Project<'_>) -> BTreeSet<usize> {
    let hides = |(function, call): &(FunctionId, &Call)| {
        call.does.iter().any(|deed| wrong(project, *function, deed).is_some())
    };
    let calls = project.reach.calls(project.facts).filter(hides);
    calls.filter_map(|(function, _)| file(project, function)).collect()
}

/// The message for a hard-coded key or initialisation vector.
pub(super) fn written_out() -> Bilingual {
    Bilingual::new(
        "the key or initialisation vector of this encryption is hard-coded, so everyone who reads the source knows it",
        "这里加密用的密钥或初始向量写死在源码里，看到源码的人都能知道它",
    )
}

fn wrong(project: &Project<'_>, function: FunctionId, deed: &Deed) -> Option<(Confidence, Bilingual)> {
    match deed {
        Deed::Disguise { how, content } => {
            let people = Taint::PERSON | Taint::RETRIEVED | Taint::FILE | Taint::TOOL | Taint::MODEL;
            let from = project.reach.sources(function, *content);
            // For a number or a mask the name shows that it is personal, wherever the argument comes from.
            let named = matches!(how, Disguise::HashOfNumber | Disguise::HashAsMask) && content.is_symbolic();
            let said = (from.has(people) || named) && !from.has(Taint::ENCRYPTED);
            said.then(|| (Confidence::High, told(*how)))
        }
        _ => None,
    }
}

fn told(how: Disguise) -> Bilingual {
    match how {
        Disguise::HashOfNumber => Bilingual::new(
            "a personal number is hashed here without a key; all possible numbers can be tried",
            "这里对个人号码做了不带密钥的哈希；号码可以被穷举还原",
        ),
        Disguise::HashOfPassword => Bilingual::new(
            "a password is hashed here with a fast hash and no salt, so anyone who gets the list can recover most of them (use `bcrypt`, `argon2` or `scrypt`)",
            "这里对密码做了不加盐的快速哈希，拿到列表的人能还原其中大部分（应使用 `bcrypt`、`argon2` 或 `scrypt`）",
        ),
        Disguise::HashAsMask => Bilingual::new(
            "this is meant to anonymise people, but a hash without a key can be reversed by trying all values",
            "这里本意是匿名化，但不带密钥的哈希可以被穷举还原",
        ),
        Disguise::Encoding => Bilingual::new(
            "this is called encryption, but anyone can decode Base64",
            "这里号称加密，但 Base64 只是换一种写法，任何人都能还原",
        ),
    }
}
