//! `key-in-browser`
//!
//! What it does: finds model clients that run in the browser with their own key: `dangerouslyAllowBrowser`, or a key from a
//! variable that bundlers embed in the page (`NEXT_PUBLIC_…`, `VITE_…`, `REACT_APP_…`, `EXPO_PUBLIC_…`).
//!
//! Why it matters: everyone who opens the page can extract the key.
//!
//! Reference: OpenAI, best practices for API key safety; risks S09 and S15.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Deed, Flaw};

pub(super) const RULE: Rule = Rule {
    id: RuleId("key-in-browser"),
    risks: &["S09", "S15"],
    severity: Severity::Error,
    title: Text { en: "the key is sent to every visitor", zh: "密钥会发给每个访客" },
    harm: Text {
        en: "Any visitor can copy the key from the page, spend your money, and read other users' data in the account.",
        zh: "任何访客都能从网页中拿到密钥，花你的钱，并读取该账户里其他用户的数据。",
    },
    fix: Text {
        en: "Call the model from a route on your server, and keep the key in a non-public environment variable.",
        zh: "由自己的服务端接口调用模型，把密钥放在不公开的环境变量里。",
    },
    example: "- new OpenAI({ apiKey: process.env.NEXT_PUBLIC_OPENAI_KEY, dangerouslyAllowBrowser: true })\n+ await fetch(\"/api/chat\", { method: \"POST\", body })\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let shown =
        |(_, call): &(usize, &crate::facts::Call)| call.does.contains(&Deed::Flaw(Flaw::KeyInBrowser));
    project
        .reach
        .calls(facts)
        .filter(shown)
        .map(|(function, call)| {
            let message = Bilingual::new(
                "this client's key is part of the page sent to every visitor",
                "此客户端的密钥会随网页发给每个访客",
            );
            let place = facts.call_place(function, call);
            finding(&RULE, Severity::Error, Confidence::High, place, message)
        })
        .collect()
}
