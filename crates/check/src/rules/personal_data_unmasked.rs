//! `personal-data-unmasked`
//!
//! What it does: finds model calls that carry what a person said, whose address is written out in the source, and before
//! which nothing masked it. An address from the environment, the SDK's own default, this machine and a redactor are no finding:
//! `ombud run` can lead such a call through the gateway, which masks.
//!
//! Why it matters: names, numbers and stories of the users reach a third party in the clear.
//!
//! Reference: PIPL Art. 23 and 38, GDPR Art. 28; risk P02.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Deed, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("personal-data-unmasked"),
    risks: &["P02"],
    severity: Severity::Error,
    title: Text {
        en: "users' words go to a provider unmasked", zh: "用户的话未经脱敏就发给服务商"
    },
    harm: Text {
        en: "Names, phone numbers and private stories of the users reach a company they have never heard of, in the clear.",
        zh: "用户的姓名、电话和私事会原样到达一家他们从未听说过的公司。",
    },
    fix: Text {
        en: "Take the address from the environment (`os.environ[\"OPENAI_BASE_URL\"]`, or no `base_url` at all) and start the agent with `ombud run`; or mask before the call. An app on a phone takes no variable: let it ask your own server (`URLRequest(url: backend)`), and run that one behind Ombud.",
        zh: "从环境变量读取地址（`os.environ[\"OPENAI_BASE_URL\"]`，或干脆不写 `base_url`），并用 `ombud run` 启动智能体；或在调用前脱敏。手机 App 无法使用环境变量：请改为请求自己的服务端（`URLRequest(url: backend)`），并让服务端经由 Ombud 访问模型。",
    },
    example: "- client = OpenAI(base_url=\"https://api.deepseek.com\")\n+ client = OpenAI()  # OPENAI_BASE_URL is set by `ombud run`\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut found = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Model { recipient, content } = deed else { continue };
            let said = project.reach.sources(function, *content);
            if !recipient.fixed || recipient.local || !said.has(Taint::PERSON | Taint::RETRIEVED) {
                continue;
            }
            let known = recipient.provider.as_deref().and_then(|id| project.providers.by_id(id));
            let to =
                known.map(|known| known.name.clone()).or_else(|| recipient.host.clone()).unwrap_or_default();
            let message = Bilingual::new(
                format!(
                    "what users say goes to {to} as it is: the address is fixed here, so nothing can mask it on the way"
                ),
                format!("用户说的话会原样发给 {to}：地址写死在代码里，途中无法脱敏"),
            );
            let place = facts.call_place(function, call);
            let path = project.reach.way(facts, function, call).unwrap_or_default();
            let sure = if known.is_some() { Confidence::High } else { Confidence::Medium };
            let mut one = on_the_way(finding(&RULE, Severity::Error, sure, place, message), path);
            one.subject = to;
            found.push(one);
        }
    }
    found
}
