//! `personal-data-unmasked`
//!
//! What it does: finds model calls that carry what a person said without masking it first. A hard-coded address is an error:
//! such a call cannot be routed through the gateway. Where the source gives no address (the library's default, or one from a
//! configuration), `ombud run` can route it; so there is one warning per recipient, in a project that has no `ombud.toml` and
//! no start by `ombud run`. An address that is the default of a variable applies until the variable is set, so it is such a
//! warning too; a variable alone, this machine and a redactor are not reported.
//!
//! Why it matters: users' names, numbers and stories reach a third party in the clear.
//!
//! Reference: PIPL Art. 23 and 38, GDPR Art. 28; risk P02.

use std::collections::BTreeMap;

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity};

use super::{Advice, Project, Rule, Text, finding, on_the_way};
use crate::facts::{Deed, Facts, File, Owner, Recipient, Taint};
use crate::survey::Language;

pub(super) const RULE: Rule = Rule {
    id: RuleId("personal-data-unmasked"),
    risks: &["P02"],
    severity: Severity::Error,
    title: Text {
        en: "what users say is sent to a provider unmasked", zh: "用户的话未经脱敏就发给服务商"
    },
    harm: Text {
        en: "Users' names, phone numbers and private stories reach a company they have never heard of, in the clear.",
        zh: "用户的姓名、电话和私事会原样到达一家他们从未听说过的公司。",
    },
    fix: Text {
        en: "Read the address from the environment (`os.environ[\"OPENAI_BASE_URL\"]`, or no `base_url` at all) and start the agent with `ombud run` (`ombud init` writes the `ombud.toml` that records this); or mask before the call. A phone app has no environment variables: let it call your own server (`URLRequest(url: backend)`), and run that behind Ombud.",
        zh: "从环境变量读取地址（`os.environ[\"OPENAI_BASE_URL\"]`，或干脆不写 `base_url`），并用 `ombud run` 启动智能体（`ombud init` 会写好说明这一点的 `ombud.toml`）；或在调用前脱敏。手机 App 无法使用环境变量：请改为请求自己的服务端（`URLRequest(url: backend)`），并让服务端经由 Ombud 访问模型。",
    },
    example: "- client = OpenAI(base_url=\"https://api.deepseek.com\")\n+ client = OpenAI()  # OPENAI_BASE_URL is set by `ombud run`\n",
    graph: Some(run),
};

/// Returns separate advice where the source gives no address that could be removed.
pub(super) fn advice(finding: &Finding) -> Option<Advice> {
    const FIX: Text = Text {
        en: "Start the agent with `ombud run`, which masks data in transit (`ombud init` writes the `ombud.toml` that records this); or mask before the call.",
        zh: "用 `ombud run` 启动智能体，途中会自动脱敏（`ombud init` 会写好说明这一点的 `ombud.toml`）；或在调用前脱敏。",
    };
    let open = finding.severity != Severity::Error;
    open.then_some(Advice { harm: RULE.harm, fix: FIX })
}

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let (mut found, mut open) = (Vec::new(), BTreeMap::new());
    let led = is_led(project);
    // In a project that stores what people say, retrieved content counts as said by a person.
    let keeps = (0..facts.stores.len()).any(|store| project.reach.owner(facts, store) == Owner::User);
    let said_here = if keeps { Taint::PERSON | Taint::RETRIEVED } else { Taint::PERSON };
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Model { recipient, content } = deed else { continue };
            let said = project.reach.sources(function, *content);
            if recipient.local || !said.has(Taint::PERSON | Taint::RETRIEVED) {
                continue;
            }
            let way = || project.reach.way(facts, function, call).unwrap_or_default();
            let place = facts.call_place(function, call);
            if recipient.fixed {
                found.push(on_the_way(fixed(project, recipient, place), way()));
            } else if recipient.open && said.has(said_here) && !led {
                let file = facts.functions.get(function).map(|known| known.file);
                let told = if file.is_some_and(|file| is_export(facts, file)) { hosted } else { changeable };
                let one = || on_the_way(told(project, recipient, place), way());
                open.entry((recipient.provider.clone(), file)).or_insert_with(one);
            }
        }
    }
    found.extend(open.into_values());
    found
}

/// Whether the project routes its calls through the gateway.
fn is_led(project: &Project<'_>) -> bool {
    let starts = |file: &File| {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let commands = || ["ombud run", "ombud serve"].iter().any(|command| file.text.contains(command));
        // In source code these words are a comment or a string; in a script or configuration they start something.
        name == "ombud.toml" || (Language::of(name).is_none() && commands())
    };
    project.options.gateway || project.facts.files.iter().any(starts)
}

/// Reports a call whose address cannot be changed from outside.
fn fixed(project: &Project<'_>, recipient: &Recipient, place: Place) -> Finding {
    let (to, known) = named(project, recipient);
    let message = Bilingual::new(
        format!(
            "what users say is sent to {to} unmasked: the address is hard-coded, so nothing can mask it in transit"
        ),
        format!("用户说的话会原样发给 {to}：地址写死在代码里，途中无法脱敏"),
    );
    let sure = if known { Confidence::High } else { Confidence::Medium };
    Finding { subject: to, ..finding(&RULE, Severity::Error, sure, place, message) }
}

/// Reports a call that could be routed through the gateway, where nothing shows that it is.
fn changeable(project: &Project<'_>, recipient: &Recipient, place: Place) -> Finding {
    let (to, known) = named(project, recipient);
    let (whom, chinese) = if known {
        (to.clone(), format!(" {to} "))
    } else {
        ("the provider named in the configuration".to_owned(), "配置中指定的服务商".to_owned())
    };
    let message = Bilingual::new(
        format!(
            "what users say is sent to {whom} unmasked: the code does not mask it, and nothing in this project starts it with `ombud run`, which would"
        ),
        format!(
            "用户说的话会原样发给{}：代码里没有脱敏，项目中也没有用 `ombud run` 启动（它会自动脱敏）",
            chinese.trim_end()
        ),
    );
    Finding { subject: to, ..finding(&RULE, Severity::Warning, Confidence::Medium, place, message) }
}

/// Whether a file is an export that a platform runs, so that the platform makes the model calls.
fn is_export(facts: &Facts, file: usize) -> bool {
    let path = facts.files.get(file).map_or("", |file| file.path.as_str());
    let notebook = matches!(path.rsplit_once('.'), Some((_, "ipynb")));
    !notebook && Language::of(path.rsplit('/').next().unwrap_or(path)).is_none()
}

/// Reports a call made by a platform, where the provider's address is set.
fn hosted(project: &Project<'_>, recipient: &Recipient, place: Place) -> Finding {
    let (to, known) = named(project, recipient);
    let whom = if known { to.clone() } else { "a provider".to_owned() };
    let message = Bilingual::new(
        format!(
            "the platform sends what users say to {whom} unmasked, unless this provider's address on the platform is set to the gateway"
        ),
        format!("用户说的话会由平台原样发给 {whom}：除非在平台上把该服务商的地址设为网关，否则没有脱敏"),
    );
    Finding { subject: to, ..finding(&RULE, Severity::Warning, Confidence::Medium, place, message) }
}

/// Returns the recipient's name, and whether it is a known provider.
fn named(project: &Project<'_>, recipient: &Recipient) -> (String, bool) {
    let known = recipient.provider.as_deref().and_then(|id| project.providers.by_id(id));
    let name = known.map(|known| known.name.clone()).or_else(|| recipient.host.clone());
    (name.unwrap_or_default(), known.is_some())
}
