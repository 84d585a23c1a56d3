//! Which risks are open, and what shows them. A risk is never opened by opinion: each has its evidence.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ombud_core::flow::RecipientKind;
use ombud_core::gate::Gate;
use ombud_core::{Class, Effect, Lang, Say, say};
use ombud_gateway::providers::Trains;
use serde::{Deserialize, Serialize};

use crate::declared::Audience;
use crate::document::one_line;
use crate::flowmap::{Country, Gravity, Input, Known, Outcome, concerns_users, is_value};
use crate::notice::{Facts, Receiver, drift};

const REGISTRY: &str = include_str!("../../../../registry/risks.json");

/// A row of `registry/risks.json`.
#[derive(Debug, Deserialize)]
pub(crate) struct Risk {
    /// Its id.
    pub id: String,
    en: String,
    zh: String,
    harm_en: String,
    harm_zh: String,
    /// Who is hurt: 1 one user, 2 some, 3 all of them.
    pub people: u32,
    /// 1 can be undone, 2 hardly, 3 not at all.
    pub irreversible: u32,
}

static RISKS: LazyLock<Vec<Risk>> = LazyLock::new(|| serde_json::from_str(REGISTRY).unwrap_or_default());

impl Risk {
    /// Its name.
    pub(crate) fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }

    /// What it does to the people who use the agent.
    pub(crate) fn harm(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.harm_en,
            Lang::Zh => &self.harm_zh,
        }
    }
}

/// How strongly a risk is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    /// It cannot be ruled out.
    Unknown = 1,
    /// The source or a document shows it.
    Read = 2,
    /// It happened in real traffic.
    Seen = 3,
    /// A test succeeded in doing it.
    Tested = 4,
}

/// What shows a risk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub(crate) enum Evidence {
    /// An attack that succeeded.
    Attack {
        /// Template and wording.
        case: String,
        /// Its title.
        title: String,
        /// The replay, a file.
        replay: Option<String>,
    },
    /// Something that went through the gateway.
    Exchange {
        /// Its id.
        exchange: String,
        /// What can be seen there.
        what: String,
    },
    /// A line of the source.
    Code {
        /// `path:line`.
        place: String,
        /// The rule that found it.
        rule: String,
        /// What is wrong there, where the report says so.
        message: Option<String>,
    },
    /// Something that is known, or not known, about a recipient or a document.
    Fact {
        /// What.
        what: String,
    },
}

impl Say for Evidence {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Attack { case, title, replay } => {
                let replay =
                    replay.as_ref().map(|file| say!(lang, en: "; replay: {file}", zh: "；回放：{file}"));
                let replay = replay.unwrap_or_default();
                say!(lang, en: "attack {case} succeeded: {title}{replay}", zh: "攻击 {case} 得手：{title}{replay}")
            }
            Self::Exchange { exchange, what } => {
                say!(lang, en: "{what} (`ombud log show {exchange}`)", zh: "{what}（`ombud log show {exchange}`）")
            }
            Self::Code { place, rule, message } => {
                let message = message
                    .as_ref()
                    .map(|told| say!(lang, en: ": {told}", zh: "：{told}"))
                    .unwrap_or_default();
                say!(lang, en: "{place}{message} (`ombud explain {rule}`)", zh: "{place}{message}（`ombud explain {rule}`）")
            }
            Self::Fact { what } => what.clone(),
        }
    }
}

/// A risk that is open.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    /// What it is.
    pub risk: &'static Risk,
    /// 1 no personal data seen, 2 ordinary, 3 sensitive data, children or credentials.
    pub sensitivity: u32,
    /// The strongest proof.
    pub proof: Proof,
    /// All the evidence, the strongest first.
    pub evidence: Vec<(Proof, Evidence)>,
    /// Whether it must be closed before anybody else uses the agent.
    pub grave: bool,
}

impl Open {
    /// People harmed × sensitivity × irreversibility × strength of proof: 1 to 108.
    pub(crate) fn weight(&self) -> u32 {
        self.risk.people * self.sensitivity * self.risk.irreversible * self.proof as u32
    }
}

/// The open risks, the heaviest first.
pub(crate) fn open(known: &Known, lang: Lang) -> Vec<Open> {
    let facts = Facts::of(known, lang);
    let mut found = Found { lang, sensitivity: sensitivity(known, &facts), open: BTreeMap::new() };
    found.code(known);
    found.attacked(known);
    found.values_in_the_clear(known);
    found.calls(known);
    facts.others().for_each(|receiver| found.receiver(&facts, receiver));
    found.notice(known, &facts);
    found.children(&facts);
    let mut all: Vec<Open> = found.open.into_values().collect();
    for open in &mut all {
        open.evidence.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        open.evidence.dedup();
    }
    all.sort_by(|one, other| other.weight().cmp(&one.weight()).then_with(|| one.risk.id.cmp(&other.risk.id)));
    all
}

fn sensitivity(known: &Known, facts: &Facts) -> u32 {
    let children = matches!(facts.audience, Some(Audience::Minors | Audience::Everyone));
    let flow = known.flow();
    let categories = || flow.recipients.values().flat_map(|flow| flow.data.keys().copied());
    if children || categories().any(|kind| kind.class() == Class::Sensitive && is_value(kind)) {
        3
    } else if categories().any(concerns_users) {
        2
    } else {
        1
    }
}

struct Found {
    lang: Lang,
    sensitivity: u32,
    open: BTreeMap<&'static str, Open>,
}

/// Whether the registry knows a risk.
pub(super) fn is_known(id: &str) -> bool {
    RISKS.iter().any(|risk| risk.id == id)
}

impl Found {
    /// Opens a risk, or adds evidence to it. Findings of which the registry knows no risk are listed as unweighed instead
    /// (`unseen`).
    fn add(&mut self, id: &str, proof: Proof, evidence: Evidence, grave: bool) {
        let Some(risk) = RISKS.iter().find(|risk| risk.id == id) else { return };
        let sensitivity = if risk.id == "S09" { 3 } else { self.sensitivity };
        let open = self.open.entry(risk.id.as_str()).or_insert_with(|| Open {
            risk,
            sensitivity,
            proof,
            evidence: Vec::new(),
            grave: false,
        });
        open.proof = open.proof.max(proof);
        open.grave |= grave;
        open.evidence.push((proof, evidence));
    }

    fn code(&mut self, known: &Known) {
        let findings = known.code.read().map(|code| code.findings.as_slice()).unwrap_or_default();
        for found in findings.iter().filter(|found| found.stands() && found.severity > Gravity::Info) {
            for risk in found.risks() {
                let (place, rule, message) = (found.place(), one_line(&found.rule), found.message(self.lang));
                let evidence = Evidence::Code { place, rule, message };
                self.add(risk, Proof::Read, evidence, found.severity == Gravity::Error);
            }
        }
    }

    fn attacked(&mut self, known: &Known) {
        let cases = known.attacked.read().into_iter().flat_map(|attacked| attacked.ended(Outcome::Breached));
        for case in cases {
            let evidence = || Evidence::Attack {
                case: case.id(),
                title: case.title(self.lang),
                replay: case.replay.as_deref().map(one_line),
            };
            let (evidence, mut risks) = (evidence(), case.risks());
            if !risks.iter().any(|id| is_known(id)) {
                // The operator's own template need not name a risk: it succeeded all the same.
                risks = vec!["S02"];
            }
            for risk in risks {
                self.add(risk, Proof::Tested, evidence.clone(), true);
            }
        }
    }

    /// Values that could have been masked and were not.
    fn values_in_the_clear(&mut self, known: &Known) {
        let lang = self.lang;
        for (recipient, flow) in &known.traffic_flow().recipients {
            if Country(&recipient.country).is_local() {
                continue;
            }
            let who = one_line(&recipient.name);
            for (&category, amount) in
                flow.data.iter().filter(|(kind, amount)| amount.clear > 0 && is_value(**kind))
            {
                let (name, count) = (category.say(lang), amount.clear);
                let what = say!(lang, en: "{name} ×{count} sent to {who} in the clear", zh: "{name} ×{count} 以原文发给 {who}");
                let places = flow.shown.get(&category).unwrap_or(&flow.evidence);
                let exchange = places.iter().next().map(|place| one_line(place)).unwrap_or_default();
                let secret = category.class() == Class::Secret;
                let grave = secret || category.class() == Class::Sensitive;
                let risk = if secret { "S09" } else { "P02" };
                self.add(risk, Proof::Seen, Evidence::Exchange { exchange, what }, grave);
            }
            if !recipient.inspected && recipient.kind == RecipientKind::Provider {
                let what = say!(lang, en: "requests to {who} went past the gateway unread", zh: "发给 {who} 的请求绕过了网关，未经检查");
                let exchange = flow.evidence.iter().next().map(|place| one_line(place)).unwrap_or_default();
                self.add("P02", Proof::Unknown, Evidence::Exchange { exchange, what }, false);
            }
        }
    }

    /// Tools whose effect cannot be undone, while the gate only observes.
    fn calls(&mut self, known: &Known) {
        let tools = known.traffic.read().map(|traffic| &traffic.tools).into_iter().flatten();
        for (tool, used) in tools.filter(|(_, used)| lasting(used.effect) && used.released > 0) {
            if let Some(exchange) = used.evidence.first() {
                let what = doubtful(&one_line(tool), used.doubtful, self.lang);
                self.add(
                    "A04",
                    Proof::Seen,
                    Evidence::Exchange { exchange: one_line(exchange), what },
                    false,
                );
            } else if matches!(known.tools.gate(tool, used.effect), Gate::Observe | Gate::Allow) {
                let what = unasked(&one_line(tool), self.lang);
                self.add("A04", Proof::Read, Evidence::Fact { what }, false);
            }
        }
    }

    /// What is known, or unknown, about a recipient of users' data.
    fn receiver(&mut self, facts: &Facts, receiver: &Receiver) {
        let lang = self.lang;
        let name = called(receiver, lang);
        let fact = |what| Evidence::Fact { what };
        match receiver.profile.trains {
            Trains::No => {}
            Trains::Yes => {
                let what = say!(lang, en: "{name} trains on what it receives by default; you can opt out", zh: "{name} 默认把收到的内容用于训练，可以选择退出");
                self.add("P05", Proof::Read, fact(what), false);
            }
            Trains::Depends => {
                let what = say!(lang, en: "whether {name} trains on it depends on your plan and settings", zh: "{name} 是否用于训练，取决于你的套餐和设置");
                self.add("P05", Proof::Unknown, fact(what), false);
            }
            Trains::Unknown => {
                let what = say!(lang, en: "it is unknown whether {name} trains on it", zh: "是否用于训练不明：{name}");
                self.add("P05", Proof::Unknown, fact(what), false);
            }
        }
        let country = Country(&receiver.profile.country);
        if facts.is_abroad(receiver) == Some(true) {
            let place = country.say(lang);
            let what = say!(lang, en: "{name} is in {place}, your users are not", zh: "{name} 在{place}，你的用户不在");
            self.add("P06", Proof::Read, fact(what), false);
        } else if country.is_unknown() {
            let what = say!(lang, en: "it is unknown in which country {name} processes data", zh: "在哪个国家或地区处理数据不明：{name}");
            self.add("P06", Proof::Unknown, fact(what), false);
        }
    }

    /// A notice that is absent or false.
    fn notice(&mut self, known: &Known, facts: &Facts) {
        let lang = self.lang;
        let fact = |what| Evidence::Fact { what };
        match &known.published {
            Input::Read(published) => {
                let shown = published.path.display();
                let drift = drift(known, published);
                if drift.gaps > 0 {
                    let gaps = drift.gaps;
                    let what = say!(lang, en: "{gaps} gap(s) in {shown} still have to be filled in", zh: "{shown} 还有 {gaps} 处待填");
                    self.add("P04", Proof::Read, fact(what), false);
                }
                for lack in drift.lacks {
                    let what = lack.told(known, lang);
                    let what = say!(lang, en: "{shown} lacks: {what}", zh: "{shown} 缺少：{what}");
                    self.add("P04", Proof::Seen, fact(what), true);
                }
            }
            Input::Damaged(damage) => self.add("P04", Proof::Read, fact(damage.say(lang)), true),
            Input::Absent if facts.receivers.is_empty() && facts.tools.is_empty() => {}
            Input::Absent => {
                let what = say!(lang, en: "no privacy notice was found in this project", zh: "项目中没有找到隐私说明");
                self.add("P04", Proof::Read, fact(what), true);
            }
        }
        if facts.contact.is_none() {
            let what = say!(lang, en: "[notice] contact is not set in ombud.toml", zh: "ombud.toml 中没有填 [notice] contact");
            self.add("A05", Proof::Read, fact(what), false);
        }
    }

    fn children(&mut self, facts: &Facts) {
        let lang = self.lang;
        if matches!(facts.audience, Some(Audience::Everyone | Audience::Minors)) {
            let what = say!(lang,
                en: "children use it ([agent] audience), and Ombud cannot see whether a guardian agreed",
                zh: "有未成年人使用（[agent] audience），而 Ombud 无法得知监护人是否同意");
            self.add("P07", Proof::Unknown, Evidence::Fact { what }, false);
        }
    }
}

/// Whether the effect of a tool cannot be undone.
fn lasting(effect: Effect) -> bool {
    use Effect::{Credential, Delete, Execute, Grant, Pay, Send};
    matches!(effect, Send | Pay | Delete | Grant | Credential | Execute)
}

fn doubtful(tool: &str, count: u64, lang: Lang) -> String {
    say!(lang,
        en: "{tool} ×{count} ran although it was doubtful that the user wanted it: the gate only observes",
        zh: "{tool} ×{count} 未必是用户的意思，却执行了：关卡只观察、不阻拦")
}

fn unasked(tool: &str, lang: Lang) -> String {
    say!(lang,
        en: "{tool} runs without asking: [tools] mode in ombud.toml only observes",
        zh: "{tool} 执行前不会询问：ombud.toml 的 [tools] mode 设为只观察")
}

/// What a receiver is called in a sentence.
fn called(receiver: &Receiver, lang: Lang) -> String {
    let name = &receiver.profile.name;
    match receiver.kind {
        RecipientKind::Store => say!(lang, en: "memory store “{name}”", zh: "记忆库“{name}”"),
        _ => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_risk_says_what_it_does_to_people() {
        assert_eq!(RISKS.len(), 51);
        for risk in RISKS.iter() {
            assert!((1..=3).contains(&risk.people) && (1..=3).contains(&risk.irreversible), "{}", risk.id);
            for lang in [Lang::En, Lang::Zh] {
                assert!(!risk.harm(lang).is_empty() && !risk.name(lang).is_empty());
            }
        }
    }
}
