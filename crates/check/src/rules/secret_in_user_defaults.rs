//! `secret-in-user-defaults`
//!
//! What it does: finds a key, a password or a session token that an app writes to its preferences: `UserDefaults`,
//! `@AppStorage`, the iCloud key-value store. Secrets are recognised by the name under which they are kept. Flags, counts and
//! dates that only refer to one (`hasToken`, `tokenCount`), empty values and the Keychain are not reported.
//!
//! Why it matters: preferences are a plain file. It is part of every backup, and anyone with the unlocked phone or its backup
//! can read it.
//!
//! Reference: OWASP MASVS-STORAGE-1; Apple, Keychain services; risks P09 and S09.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Call, Deed, Flaw};

pub(super) const RULE: Rule = Rule {
    id: RuleId("secret-in-user-defaults"),
    risks: &["P09", "S09"],
    severity: Severity::Warning,
    title: Text { en: "a secret is stored in the preferences", zh: "密钥存放在偏好设置里" },
    harm: Text {
        en: "Anyone who gets a backup of the phone can read the user's key, and make requests and payments in their name.",
        zh: "拿到手机备份的人能读出用户的密钥，并以其名义调用和付费。",
    },
    fix: Text {
        en: "Keep it in the Keychain: `SecItemAdd` with `kSecAttrAccessibleWhenUnlockedThisDeviceOnly`, or a package such as KeychainAccess. Delete what earlier versions left in `UserDefaults`.",
        zh: "放进钥匙串：`SecItemAdd` 配合 `kSecAttrAccessibleWhenUnlockedThisDeviceOnly`，或使用 KeychainAccess 等库；并删除旧版本留在 `UserDefaults` 中的值。",
    },
    example: "- @AppStorage(\"openai_api_key\") var key = \"\"\n+ try Keychain(service: \"app\").set(key, key: \"openai_api_key\")\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let kept = |(_, call): &(usize, &Call)| call.does.contains(&Deed::Flaw(Flaw::SecretInPreferences));
    let calls = project.reach.calls(facts).filter(kept);
    calls
        .map(|(function, call)| {
            let message = Bilingual::new(
                "a key or password is written to the preferences, which are a plain-text file",
                "密钥或密码被写入偏好设置，而那只是一个明文文件",
            );
            let place = facts.call_place(function, call);
            finding(&RULE, Severity::Warning, Confidence::High, place, message)
        })
        .collect()
}
