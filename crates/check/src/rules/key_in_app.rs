//! `key-in-app`
//!
//! What it does: finds a key that ships inside an app, in `Info.plist` or a build setting that ends up there, and is used to
//! call a model provider: as `Authorization` or `x-api-key` of a request, or as the key of a client. A key that the user
//! entered, one from the app's own server and one from the Keychain are not reported.
//!
//! Why it matters: an app is an archive that anyone can unpack. Keeping the key out of the repository does not keep it out of
//! the app.
//!
//! Reference: OWASP MASVS-CRYPTO-2 and MASVS-STORAGE-1; OpenAI, best practices for API key safety; risks S09 and S15.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Call, Deed, Flaw};

pub(super) const RULE: Rule = Rule {
    id: RuleId("key-in-app"),
    risks: &["S09", "S15"],
    severity: Severity::Error,
    title: Text { en: "everyone who has the app has the key", zh: "拿到 App 的人就拿到了密钥" },
    harm: Text {
        en: "Anyone can unpack the app, extract the key, spend your money, and read other users' data in the account.",
        zh: "任何人都能解包 App 取出密钥，花你的钱，并读取该账户里其他用户的数据。",
    },
    fix: Text {
        en: "Let the app call your own server, which holds the key, authenticates callers (App Attest or a login) and reaches the model through Ombud. Revoke the key that was shipped.",
        zh: "让 App 请求你自己的服务端：密钥放在服务端，由它校验请求者（App Attest 或登录），并经由 Ombud 访问模型。已随 App 发布的密钥请作废。",
    },
    example: "- OpenAI(apiToken: Bundle.main.object(forInfoDictionaryKey: \"OPENAI_KEY\") as! String)\n+ URLSession.shared.data(for: URLRequest(url: backend.appending(path: \"chat\")))\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let carried = |(_, call): &(usize, &Call)| call.does.contains(&Deed::Flaw(Flaw::KeyInApp));
    let calls = project.reach.calls(facts).filter(carried);
    calls
        .map(|(function, call)| {
            let message = Bilingual::new(
                "this key is part of the app, and anyone who has the app can read it",
                "这个密钥是 App 的一部分，拿到 App 的人都能读出来",
            );
            let place = facts.call_place(function, call);
            finding(&RULE, Severity::Error, Confidence::High, place, message)
        })
        .collect()
}
