//! `personal-data-hashed`
//!
//! What it does: finds anonymisation made by hand that hides nothing: a phone or identity number put through MD5 or
//! SHA without a key, a bare hash in a function that says that it masks people, Base64 in a function that says that it encrypts, and, in a file
//! that does such things, a key or first vector that is written out. A keyed hash (`hmac`), a slow one (`scrypt`, `argon2`), a hash
//! of a text with something mixed in, and hashes for file names or caches are no finding.
//!
//! Why it matters: there are so few phone numbers that a laptop tries all of them in minutes. What is called anonymous is not.
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
    title: Text { en: "anonymised by hand, and not anonymous", zh: "自制的“匿名化”并不匿名" },
    harm: Text {
        en: "Whoever gets the list works out the users' phone numbers and names again, although they were told that it is anonymous.",
        zh: "拿到名单的人可以还原出用户的电话和身份，而用户却被告知数据是匿名的。",
    },
    fix: Text {
        en: "Use a keyed hash with the key outside the data (`hmac.new(key, phone, \"sha256\")`), a random number per person, or leave the value out; encrypt with a library that chooses key and vector (`Fernet`, `age`). In Swift: `HMAC<SHA256>` with a key from the Keychain, `AES.GCM.seal` to encrypt.",
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

/// Files in which people are hidden by hand.
pub(super) fn files(project: &Project<'_>) -> BTreeSet<usize> {
    let hides = |(function, call): &(FunctionId, &Call)| {
        call.does.iter().any(|deed| wrong(project, *function, deed).is_some())
    };
    let calls = project.reach.calls(project.facts).filter(hides);
    calls.filter_map(|(function, _)| file(project, function)).collect()
}

/// What is said of a key or vector that is written out.
pub(super) fn written_out() -> Bilingual {
    Bilingual::new(
        "the key or the first vector of this encryption stands in the source, so it is the same for everybody who reads it",
        "这里加密用的密钥或初始向量写死在源码里，看到源码的人都能解开",
    )
}

fn wrong(project: &Project<'_>, function: FunctionId, deed: &Deed) -> Option<(Confidence, Bilingual)> {
    match deed {
        Deed::Disguise { how, content } => {
            let people = Taint::PERSON | Taint::RETRIEVED | Taint::FILE | Taint::TOOL | Taint::MODEL;
            let from = project.reach.sources(function, *content);
            // A number or a mask says by itself that it is somebody's, wherever a function is handed it from.
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
            "a person's number is hashed here without a key; all numbers can be tried",
            "这里对个人号码做了不带密钥的哈希；号码可以被穷举还原",
        ),
        Disguise::HashOfPassword => Bilingual::new(
            "a password is hashed here without a salt and quickly, so whoever gets the list works most of them out (`bcrypt`, `argon2`, `scrypt` are made for it)",
            "这里对密码做了不加盐的快速哈希，拿到列表的人能还原其中大部分（应使用 `bcrypt`、`argon2` 或 `scrypt`）",
        ),
        Disguise::HashAsMask => Bilingual::new(
            "this is meant to make people unrecognisable, but a hash without a key can be tried out",
            "这里本意是匿名化，但不带密钥的哈希可以被穷举还原",
        ),
        Disguise::Encoding => Bilingual::new(
            "this is called encryption, but Base64 only writes the same thing in other letters",
            "这里号称加密，但 Base64 只是换一种写法，任何人都能还原",
        ),
    }
}
