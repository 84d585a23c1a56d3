//! `unknown-relay`
//!
//! What it does: finds model calls that carry what a person said to a hard-coded host that belongs to no provider in the
//! registry: resellers and relays of other companies' models, or one's own undeclared server. This machine and an address from
//! the environment are not reported.
//!
//! Why it matters: nobody knows who runs it, in which country, what it keeps and whom it passes users' words on to. A relay
//! reads every word, whatever the provider behind it promises.
//!
//! Reference: PIPL Art. 21 to 23, GDPR Art. 28; risk P02.

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Deed, Facts, FunctionId, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("unknown-relay"),
    risks: &["P02"],
    severity: Severity::Warning,
    title: Text {
        en: "what users say is sent to an unknown host", zh: "用户的话发往一个来历不明的地址"
    },
    harm: Text {
        en: "Someone whom neither you nor the users can identify reads everything they say, and may keep or sell it.",
        zh: "一个用户和你都说不出是谁的人，能看到他们说的每一句话，还可能留存或转卖。",
    },
    fix: Text {
        en: "Use the provider's own address (`ombud providers` lists them). If it is your own server or one you trust, declare it: `[providers.NAME]` with `base` and `country` in ombud.toml.",
        zh: "改用服务商的官方地址（`ombud providers` 可列出）。如果是你自己的或你信任的服务器，请在 ombud.toml 的 `[providers.名称]` 中声明 `base` 和 `country`。",
    },
    example: "- client = OpenAI(base_url=\"https://cheap-gpt.example/v1\")\n+ client = OpenAI()  # the address comes from OPENAI_BASE_URL\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut found: Vec<Finding> = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Model { recipient, content } = deed else { continue };
            let Some(host) = recipient.host.as_deref().filter(|_| recipient.fixed && !recipient.local) else {
                continue;
            };
            let known = recipient.provider.as_deref().and_then(|id| project.providers.by_id(id)).is_some();
            let said = project.reach.sources(function, *content);
            if known || is_of_a_maker(host) || !said.has(Taint::PERSON | Taint::RETRIEVED) {
                continue;
            }
            let message = Bilingual::new(
                format!("what users say is sent to {host}, and nobody knows who runs it"),
                format!("用户说的话会发到 {host}，而没人知道对方是谁"),
            );
            let place = written(facts, function, host).unwrap_or_else(|| facts.call_place(function, call));
            if found.iter().any(|other| other.place == place && other.subject == host) {
                continue;
            }
            let path = project.reach.way(facts, function, call).unwrap_or_default();
            let mut one =
                on_the_way(finding(&RULE, Severity::Warning, Confidence::Medium, place, message), path);
            host.clone_into(&mut one.subject);
            found.push(one);
        }
    }
    found
}

/// Whether a host belongs to a model maker or a well-known service, although its API is elsewhere: `chat.openai.com`.
fn is_of_a_maker(host: &str) -> bool {
    const MAKERS: &[&str] = &[
        "openai.com",
        "chatgpt.com",
        "anthropic.com",
        "claude.ai",
        "google.com",
        "googleapis.com",
        "microsoft.com",
        "bing.com",
        "azure.com",
        "deepseek.com",
        "qwen.ai",
        "aliyuncs.com",
        "aliyun.com",
        "baidu.com",
        "moonshot.cn",
        "bigmodel.cn",
        "doubao.com",
        "x.ai",
        "mistral.ai",
        "poe.com",
        "huggingface.co",
        "character.ai",
    ];
    let own =
        |maker: &&str| host.strip_suffix(*maker).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    MAKERS.iter().any(own)
}

/// Returns where the address is written: in the file of the call, or else in the first file that contains it.
fn written(facts: &Facts, function: FunctionId, host: &str) -> Option<Place> {
    let own = facts.functions.get(function)?.file;
    let wanted = format!("://{host}");
    let at = |file: usize| Some((file, facts.files.get(file)?.text.find(&wanted)? + "://".len()));
    let (file, start) = at(own).or_else(|| (0..facts.files.len()).find_map(at))?;
    Some(facts.place(file, start..start + host.len()))
}

#[cfg(test)]
mod tests {
    use ombud_detect::Detector;

    use crate::{Options, Provider, Providers, check};

    fn found(client: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let source = format!(
            "import os\nfrom openai import OpenAI\nclient = {client}\n\n\ndef main():\n    said = input()\n    \
             client.chat.completions.create(model=\"m\", messages=[{{\"role\": \"user\", \"content\": said}}])\n\n\n\
             if __name__ == \"__main__\":\n    main()\n"
        );
        std::fs::write(dir.path().join("agent.py"), source).unwrap();
        let providers = Providers::new(vec![Provider {
            id: "openai".into(),
            name: "OpenAI".into(),
            also: Vec::new(),
            hosts: vec!["api.openai.com".into()],
            country: "US".into(),
            local: false,
            trains: "no".into(),
            no_minors: false,
            bases: Vec::new(),
        }]);
        let detector = Detector::new(&ombud_detect::Options { without_names: true, ..Default::default() });
        let report = check(dir.path(), &providers, &detector, &Options::default()).unwrap();
        let own = report.findings.iter().filter(|finding| finding.rule == super::RULE.id);
        own.map(|finding| format!("{}:{}", finding.subject, finding.place.line)).collect()
    }

    #[test]
    fn a_host_that_nobody_knows_is_named() {
        assert_eq!(found("OpenAI(base_url=\"https://relay.example/v1\")"), ["relay.example:3"]);
    }

    #[test]
    fn known_local_and_variable_addresses_are_no_finding() {
        for client in [
            "OpenAI()",
            "OpenAI(base_url=\"https://api.openai.com/v1\")",
            "OpenAI(base_url=\"https://chat.openai.com/backend-api\")",
            "OpenAI(base_url=\"http://127.0.0.1:8000/v1\")",
            "OpenAI(base_url=os.environ[\"RELAY\"])",
        ] {
            assert!(found(client).is_empty(), "{client}");
        }
    }
}
