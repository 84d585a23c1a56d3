//! Whether to publish: one answer, its reasons, and the limits under which it holds.

use std::collections::BTreeSet;

use ombud_core::{Lang, Say, say};
use serde::Serialize;

use super::risk::{Open, Proof};
use crate::declared::Audience;
use crate::document::one_line;
use crate::flowmap::{Code, Country, Input, Known, Outcome, Traffic};
use crate::notice::Facts;

/// Reasons that are named; the rest are counted.
const NAMED: usize = 5;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Nothing that was checked speaks against it.
    Publish,
    /// With the limits that are listed.
    WithLimits,
    /// Not before the reasons are gone.
    DoNot,
}

impl Say for Answer {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Publish => say!(lang, en: "PUBLISH", zh: "可以发布"),
            Self::WithLimits => say!(lang, en: "PUBLISH WITH LIMITS", zh: "可以有条件发布"),
            Self::DoNot => say!(lang, en: "DO NOT PUBLISH YET", zh: "先不要发布"),
        }
    }
}

/// The answer and what it is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The answer.
    pub answer: Answer,
    /// Why not simply yes.
    pub reasons: Vec<String>,
    /// What has to hold as long as the reasons do.
    pub limits: Vec<String>,
}

/// Judges. What was not checked is never taken for safe.
pub(crate) fn verdict(known: &Known, open: &[Open], lang: Lang) -> Verdict {
    let grave: Vec<&Open> = open.iter().filter(|open| open.grave).collect();
    let mut reasons: Vec<String> = grave.iter().take(NAMED).map(|open| reason(open, lang)).collect();
    if let Some(more) = grave.len().checked_sub(NAMED).filter(|more| *more > 0) {
        reasons.push(say!(lang, en: "and {more} more of this weight (see below)", zh: "同样严重的还有 {more} 个（见下）"));
    }
    // A check that could analyse nothing has seen nothing.
    let blind = known.code.read().is_none_or(Code::is_blind)
        && known.traffic.read().is_none()
        && known.attacked.read().is_none();
    if blind {
        reasons.push(say!(lang,
            en: "nothing was checked yet: neither the code, nor traffic, nor an attack",
            zh: "还没有做过任何检查：代码、流量、攻击都没有"));
    }
    let grave = !reasons.is_empty();
    reasons.extend(gaps(known, lang));
    let other = open.iter().filter(|open| !open.grave).count();
    if other > 0 {
        reasons.push(say!(lang, en: "{other} lesser risk(s) are open (see below)", zh: "较轻的风险还有 {other} 个没有解决（见下）"));
    }
    let answer = match (grave, reasons.is_empty()) {
        (true, _) => Answer::DoNot,
        (false, false) => Answer::WithLimits,
        (false, true) => Answer::Publish,
    };
    let limits = if answer == Answer::WithLimits { limits(known, open, lang) } else { Vec::new() };
    Verdict { answer, reasons, limits }
}

fn reason(open: &Open, lang: Lang) -> String {
    let (harm, count) = (open.risk.harm(lang), open.evidence.len());
    let proof = match open.proof {
        Proof::Tested => say!(lang, en: "proved by a test", zh: "测试已证实"),
        Proof::Seen => say!(lang, en: "it was seen in traffic", zh: "流量中已出现"),
        Proof::Read => say!(lang, en: "the project shows it", zh: "项目中可见"),
        Proof::Unknown => say!(lang, en: "it cannot be ruled out", zh: "不能排除"),
    };
    say!(lang, en: "{harm} ({proof}, {count} ×)", zh: "{harm}（{proof}，{count} 处）")
}

/// Sources that are missing.
fn gaps(known: &Known, lang: Lang) -> Vec<String> {
    let code =
        || say!(lang, en: "the code was not checked (`ombud check`)", zh: "没有检查代码（`ombud check`）");
    let traffic = || say!(lang, en: "no traffic was seen (`ombud run -- <CMD>`)", zh: "没有看到实际流量（`ombud run -- <启动命令>`）");
    let attack = || say!(lang, en: "it was not attacked (`ombud attack -- <CMD>`)", zh: "没有做过攻击测试（`ombud attack -- <启动命令>`）");
    let blind = || say!(lang, en: "`ombud check` could analyse no source file here", zh: "`ombud check` 在这里没有能够分析的源码");
    let mut gaps = Vec::new();
    gaps.extend(known.code.read().is_none().then(code));
    gaps.extend(known.code.read().filter(|code| code.is_blind()).map(|_| blind()));
    gaps.extend(known.traffic.read().is_none().then(traffic));
    gaps.extend(known.traffic.read().filter(|traffic| traffic.may_be_simulated()).map(|_| simulated(lang)));
    gaps.extend(known.traffic.read().and_then(|traffic| unerased(traffic, lang)));
    gaps.extend(known.attacked.read().is_none().then(attack));
    let open = untested(known).len();
    if open > 0 {
        gaps.push(say!(lang, en: "{open} attack case(s) had no result", zh: "{open} 个攻击用例没有得出结果"));
    }
    gaps
}

/// Users whose requested erasure is not complete, as far as is known.
fn unerased(traffic: &Traffic, lang: Lang) -> Option<String> {
    let count = traffic.erased.values().filter(|whole| !**whole).count();
    (count > 0).then(|| {
        say!(lang,
        en: "the erasure of {count} user(s) is not complete (`ombud subject erase <USER>` again)",
        zh: "{count} 个用户的数据没有全部删除（请再次运行 `ombud subject erase <用户>`）")
    })
}

fn simulated(lang: Lang) -> String {
    say!(lang,
        en: "only a model on this machine was seen, perhaps not the provider that your users will get",
        zh: "只看到本机上的模型，未必是用户实际会用到的服务商")
}

/// Templates of cases that had no result.
fn untested(known: &Known) -> Vec<String> {
    let Some(attacked) = known.attacked.read() else { return Vec::new() };
    let cases = attacked.ended(Outcome::NotExposed).chain(attacked.ended(Outcome::Error));
    cases.map(|case| one_line(&case.template)).collect()
}

/// A limit, if it is needed.
type Limit = fn(&Situation<'_>) -> Option<String>;

/// In reading order.
const LIMITS: &[Limit] = &[who, untried_tools, untested_parts, training, places, notice_first];

/// What limits depend on.
struct Situation<'a> {
    known: &'a Known,
    open: &'a [Open],
    facts: Facts,
    lang: Lang,
}

impl Situation<'_> {
    fn is_open(&self, id: &str) -> bool {
        self.open.iter().any(|open| open.risk.id == id)
    }
}

/// Who may use it, and how, under this verdict.
fn limits(known: &Known, open: &[Open], lang: Lang) -> Vec<String> {
    let situation = Situation { known, open, facts: Facts::of(known, lang), lang };
    let needed = LIMITS.iter().filter_map(|limit| limit(&situation));
    std::iter::once(age(&situation)).chain(needed).collect()
}

fn who(at: &Situation<'_>) -> Option<String> {
    let lang = at.lang;
    if at.known.traffic.read().is_none() {
        return Some(say!(lang, en: "use it yourself, with made-up data", zh: "只自己用，只用编造的数据"));
    }
    let shown = at.known.code.read().is_none() || at.open.iter().any(|open| open.proof >= Proof::Read);
    shown.then(|| say!(lang, en: "only people you know and have informed about it", zh: "只给你认识、且已说明情况的人用"))
}

fn age(at: &Situation<'_>) -> String {
    let children = matches!(at.facts.audience, Some(Audience::Minors | Audience::Everyone));
    if children {
        say!(at.lang, en: "children only with a guardian who agreed", zh: "未成年人须监护人同意")
    } else {
        say!(at.lang, en: "adults only", zh: "只给成年人用")
    }
}

fn untried_tools(at: &Situation<'_>) -> Option<String> {
    let told = || {
        say!(at.lang,
        en: "keep tools that send, pay, delete or run commands switched off",
        zh: "能发送、付款、删除、执行命令的工具先关掉")
    };
    at.known.attacked.read().is_none().then(told)
}

fn untested_parts(at: &Situation<'_>) -> Option<String> {
    let cases: BTreeSet<String> = untested(at.known).into_iter().collect();
    let all = cases.iter().cloned().collect::<Vec<_>>().join(", ");
    let told =
        || say!(at.lang, en: "keep what was not tested switched off: {all}", zh: "没测到的功能先关掉：{all}");
    (!cases.is_empty()).then(told)
}

fn training(at: &Situation<'_>) -> Option<String> {
    let told = || {
        say!(at.lang,
        en: "tell users not to write about health, money or identity papers",
        zh: "提醒用户不要写健康、财务和证件信息")
    };
    at.is_open("P05").then(told)
}

fn places(at: &Situation<'_>) -> Option<String> {
    let places: BTreeSet<String> =
        at.facts.others().map(|receiver| Country(&receiver.profile.country).say(at.lang)).collect();
    let places = places.into_iter().collect::<Vec<_>>().join(", ");
    let told = || say!(at.lang, en: "only users who were told where their data goes: {places}", zh: "只给已知道数据去向的用户用：{places}");
    at.is_open("P06").then(told)
}

fn notice_first(at: &Situation<'_>) -> Option<String> {
    let told = || say!(at.lang, en: "publish a notice first: `ombud notice -o PRIVACY.md`", zh: "先发布隐私说明：`ombud notice -o PRIVACY.md`");
    matches!(at.known.published, Input::Absent).then(told)
}
