//! Whether to publish: one answer, its reasons, and the limits that make it bearable.

use ombud_core::{Lang, Say, say};
use serde::Serialize;

use super::risk::{Open, Proof};
use crate::declared::Audience;
use crate::document::one_line;
use crate::flowmap::{Country, Input, Known, Outcome};
use crate::notice::Facts;

/// Reasons that are named; the others are counted.
const NAMED: usize = 5;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Nothing that was looked at speaks against it.
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
            Self::WithLimits => say!(lang, en: "PUBLISH WITH LIMITS", zh: "有限制地发布"),
            Self::DoNot => say!(lang, en: "DO NOT PUBLISH YET", zh: "先不要发布"),
        }
    }
}

/// The answer with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The answer.
    pub answer: Answer,
    /// Why not simply yes.
    pub reasons: Vec<String>,
    /// What must be so as long as the reasons stand.
    pub limits: Vec<String>,
}

/// Judges. What was not looked at is never taken for safe.
pub(crate) fn verdict(known: &Known, open: &[Open], lang: Lang) -> Verdict {
    let grave: Vec<&Open> = open.iter().filter(|open| open.grave).collect();
    let mut reasons: Vec<String> = grave.iter().take(NAMED).map(|open| reason(open, lang)).collect();
    if let Some(more) = grave.len().checked_sub(NAMED).filter(|more| *more > 0) {
        reasons.push(say!(lang, en: "and {more} more of this weight (see below)", zh: "同样严重的还有 {more} 个（见下）"));
    }
    let blind =
        known.code.read().is_none() && known.traffic.read().is_none() && known.attacked.read().is_none();
    if blind {
        reasons.push(say!(lang,
            en: "nothing was looked at yet: neither the code, nor traffic, nor an attack",
            zh: "还什么都没看过：代码、流量、攻击测试都没有"));
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
        Proof::Tested => say!(lang, en: "a test did it", zh: "测试已证实"),
        Proof::Seen => say!(lang, en: "it was seen in traffic", zh: "流量中已出现"),
        Proof::Read => say!(lang, en: "the project shows it", zh: "项目中可见"),
        Proof::Unknown => say!(lang, en: "not known to be otherwise", zh: "不能排除"),
    };
    say!(lang, en: "{harm} ({proof}, {count} ×)", zh: "{harm}（{proof}，{count} 处）")
}

/// Sources that are missing.
fn gaps(known: &Known, lang: Lang) -> Vec<String> {
    let mut gaps = Vec::new();
    if known.code.read().is_none() {
        gaps.push(
            say!(lang, en: "the code was not looked at (`ombud check`)", zh: "没有看过代码（`ombud check`）"),
        );
    }
    if known.traffic.read().is_none() {
        gaps.push(say!(lang, en: "no traffic was seen (`ombud run -- <CMD>`)", zh: "没有看到实际流量（`ombud run -- <启动命令>`）"));
    }
    match known.attacked.read() {
        None => gaps.push(say!(lang, en: "it was not attacked (`ombud attack -- <CMD>`)", zh: "没有做过攻击测试（`ombud attack -- <启动命令>`）")),
        Some(attacked) => {
            let unknown = attacked.ended(Outcome::NotExposed).chain(attacked.ended(Outcome::Error)).count();
            if unknown > 0 {
                gaps.push(say!(lang, en: "{unknown} attack case(s) showed nothing", zh: "{unknown} 个攻击用例没有得出结果"));
            }
        }
    }
    gaps
}

/// Who may use it, and how, as long as this stands.
fn limits(known: &Known, open: &[Open], lang: Lang) -> Vec<String> {
    let facts = Facts::of(known, lang);
    let mut limits = Vec::new();
    if known.traffic.read().is_none() {
        limits.push(say!(lang, en: "use it yourself, with made-up data", zh: "只自己用，只用编造的数据"));
    } else if known.code.read().is_none() || open.iter().any(|open| open.proof >= Proof::Read) {
        limits.push(say!(lang, en: "only people you know and have told about it", zh: "只给你认识、且已说明情况的人用"));
    }
    if facts.audience != Some(Audience::Minors) && facts.audience != Some(Audience::Everyone) {
        limits.push(say!(lang, en: "adults only", zh: "只给成年人用"));
    } else {
        limits.push(say!(lang, en: "children only with a guardian who agreed", zh: "未成年人须监护人同意"));
    }
    match known.attacked.read() {
        None => limits.push(say!(lang,
            en: "keep tools that send, pay, delete or run commands switched off",
            zh: "能发送、付款、删除、执行命令的工具先关掉")),
        Some(attacked) => {
            let cases: Vec<String> = attacked
                .ended(Outcome::NotExposed)
                .chain(attacked.ended(Outcome::Error))
                .map(|case| one_line(&case.template))
                .collect();
            if !cases.is_empty() {
                let cases = cases.join(", ");
                limits.push(say!(lang, en: "keep what was not tested switched off: {cases}", zh: "没测到的功能先关掉：{cases}"));
            }
        }
    }
    let open_one = |id: &str| open.iter().any(|open| open.risk.id == id);
    if open_one("P05") {
        limits.push(say!(lang,
            en: "tell users not to write about health, money or identity papers",
            zh: "提醒用户不要写健康、财务和证件信息"));
    }
    if open_one("P06") {
        let places: Vec<String> =
            facts.others().map(|receiver| Country(&receiver.profile.country).say(lang)).collect();
        let places = places
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join(", ");
        limits.push(say!(lang, en: "only users who were told where their data goes: {places}", zh: "只给已知道数据去向的用户用：{places}"));
    }
    if matches!(known.published, Input::Absent) {
        limits.push(say!(lang, en: "publish a notice first: `ombud notice -o PRIVACY.md`", zh: "先发布隐私说明：`ombud notice -o PRIVACY.md`"));
    }
    limits
}
