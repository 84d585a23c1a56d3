//! `secret-in-source`
//!
//! What it does: finds API keys, private keys and database logins in source and configuration, `.env` files excepted.
//!
//! Why it matters: whoever reads the repository or the published app can act, and pay, in the developer's name, and read
//! what the users stored.
//!
//! Instead of `OpenAI(api_key="sk-…")` write `OpenAI()` and keep the key in the environment.

use ombud_core::Class;
use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Context, Project, Rule, Text, finding, place};
use crate::walk::Source;

pub(crate) const ID: RuleId = RuleId("secret-in-source");

pub(super) const RULE: Rule = Rule {
    id: ID,
    risks: &["S09"],
    severity: Severity::Error,
    title: Text { en: "a credential stands in the source", zh: "源码中含有密钥" },
    harm: Text {
        en: "Whoever reads the repository or the exported app can act and pay in your name, and read what your users stored.",
        zh: "任何能看到代码库或导出文件的人都能冒用你的身份、花你的钱，并读取你的用户存下的内容。",
    },
    fix: Text {
        en: "Revoke it with its issuer first, then keep the new one in the environment, and out of the history of the repository.",
        zh: "先到签发方作废它，再把新密钥放进环境变量，不要留在代码库历史里。",
    },
    example: "- client = OpenAI(api_key=\"sk-…\")\n+ client = OpenAI()  # OPENAI_API_KEY\n",
    graph: Some(exported),
};

/// Vendor formats and checksums score at least this; guesses from context stay below.
const SURE: f32 = 0.9;

pub(crate) fn run(source: &Source, context: &Context<'_>) -> Vec<Finding> {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    if name.starts_with(".env") {
        return Vec::new();
    }
    let secret = |kind: ombud_core::DataType| kind.category().class() == Class::Secret;
    let found = context.detector.detect(&source.text).into_iter();
    found
        .filter(|found| secret(found.kind) && found.score >= SURE)
        .map(|found| Finding {
            rule: ID,
            severity: Severity::Error,
            confidence: Confidence::High,
            place: place(source, found.span),
            subject: found.recogniser.to_owned(),
            message: Bilingual::new("a credential stands here in the clear", "这里有一个明文的密钥"),
            path: Vec::new(),
        })
        .collect()
}

/// What the export of a low-code app carries in its own fields for secrets, whatever it looks like.
fn exported(project: &Project<'_>) -> Vec<Finding> {
    let one = |(file, span): &(usize, std::ops::Range<usize>)| {
        let message = Bilingual::new("the export carries a secret in the clear", "导出文件里带着明文密钥");
        finding(&RULE, Severity::Error, Confidence::High, project.facts.place(*file, span.clone()), message)
    };
    project.facts.secrets.iter().map(one).collect()
}
