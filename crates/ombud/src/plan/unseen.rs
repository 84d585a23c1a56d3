//! What was not checked, stated as clearly as what was found.

use ombud_core::{Lang, Say, say};
use ombud_gateway::providers::Trains;
use serde::Deserialize;
use serde_json::Value;

use super::risk::is_known;
use crate::document::one_line;
use crate::flowmap::{Attacked, Bilingual, Code, Country, Input, Known, Outcome, Profile, Traffic};
use crate::notice::{Facts, Receiver};

/// Names on one line, at most.
const NAMED: usize = 5;

/// What was not checked, and what would show it.
pub(crate) fn unseen(known: &Known, lang: Lang) -> Vec<String> {
    let mut unseen = Vec::new();
    unseen.extend(of_code(&known.code, lang));
    unseen.extend(of_traffic(&known.traffic, lang));
    unseen.extend(of_attack(&known.attacked, lang));
    for receiver in Facts::of(known, lang).others() {
        unseen.extend(of_registry(receiver, lang));
    }
    unseen.extend(known.published.damage().map(|damage| damage.say(lang)));
    unseen.extend(audience(known, lang));
    unseen.extend(jurisdictions(known, lang));
    unseen.push(never(lang));
    unseen
}

fn never(lang: Lang) -> String {
    say!(lang,
        en: "never checked: whether responses are correct, your server and backups, what recipients really do, labels of AI content, filings with authorities",
        zh: "从不检查：回答对不对、你的服务器和备份、接收方实际怎么做、AI 内容标识、备案登记")
}

fn audience(known: &Known, lang: Lang) -> Option<String> {
    let told = || {
        say!(lang,
        en: "who uses it: say so in ombud.toml, [agent] audience = \"adults\" | \"everyone\" | \"minors\"",
        zh: "谁在用：请在 ombud.toml 写明 [agent] audience = \"adults\" | \"everyone\" | \"minors\"")
    };
    known.agent.audience.is_none().then(told)
}

fn jurisdictions(known: &Known, lang: Lang) -> Option<String> {
    let told = || {
        say!(lang,
        en: "where its users are, so transfers abroad were not assessed: [agent] jurisdictions = [\"CN\"]",
        zh: "用户在哪里，因此没有判断是否出境：[agent] jurisdictions = [\"CN\"]")
    };
    known.agent.jurisdictions.is_empty().then(told)
}

/// What an absent or damaged source leaves unknown, or what `parts` finds in one that was read.
fn of<T>(input: &Input<T>, absent: String, parts: impl Fn(&T) -> Vec<String>, lang: Lang) -> Vec<String> {
    match input {
        Input::Absent => vec![absent],
        Input::Damaged(damage) => vec![damage.say(lang)],
        Input::Read(value) => parts(value),
    }
}

fn of_code(code: &Input<Code>, lang: Lang) -> Vec<String> {
    let absent = say!(lang, en: "the code: `ombud check`", zh: "代码：`ombud check`");
    of(code, absent, |code| parts(code, lang).into_iter().chain(strange(code, lang)).collect(), lang)
}

fn parts(code: &Code, lang: Lang) -> Option<String> {
    let parts = listed(&code.not_looked_at, lang)?;
    Some(say!(lang, en: "parts of the code: {parts}", zh: "部分代码：{parts}"))
}

/// Findings that the plan cannot weigh.
fn strange(code: &Code, lang: Lang) -> Option<String> {
    let found =
        code.findings.iter().filter(|found| found.stands() && !found.risks().iter().any(|id| is_known(id)));
    let rules = joined(found.map(|found| one_line(&found.rule)), ", ")?;
    Some(
        say!(lang, en: "findings of rules that this plan does not know: {rules}", zh: "本计划不认识的规则所报的问题：{rules}"),
    )
}

fn of_traffic(traffic: &Input<Traffic>, lang: Lang) -> Vec<String> {
    let absent =
        say!(lang, en: "real traffic: `ombud run -- <CMD>`", zh: "实际流量：`ombud run -- <启动命令>`");
    of(traffic, absent, |traffic| unread(traffic, lang), lang)
}

fn unread(traffic: &Traffic, lang: Lang) -> Vec<String> {
    let mut unread = Vec::new();
    for (recipient, flow) in &traffic.flow.recipients {
        let who = one_line(&recipient.name);
        unread.extend((!recipient.inspected).then(|| past(&who, flow.requests, lang)));
        unread.extend((flow.opaque > 0).then(|| opaque(&who, flow.opaque, lang)));
    }
    unread.extend((traffic.unknown > 0).then(|| newer(traffic.unknown, lang)));
    unread.extend(traffic.may_be_simulated().then(|| stand_in(lang)));
    unread
}

/// What a model on this machine cannot show.
pub(crate) fn stand_in(lang: Lang) -> String {
    say!(lang,
        en: "the provider your users will get: requests went to a model on this machine. If that was only a substitute, run once with the real one",
        zh: "用户实际会用到的服务商：请求发给了本机上的模型。如果它只是替身，请用真实服务商再运行一次")
}

fn past(who: &str, requests: u64, lang: Lang) -> String {
    say!(lang, en: "{requests} connection(s) to {who}, which were not inspected", zh: "发往 {who} 的 {requests} 次连接，没有检查内容")
}

fn opaque(who: &str, count: u64, lang: Lang) -> String {
    say!(lang, en: "{count} image(s), recording(s) or file(s) sent to {who}", zh: "发给 {who} 的 {count} 份图片、录音或文件")
}

fn newer(count: u64, lang: Lang) -> String {
    say!(lang, en: "{count} log entries of a newer version of Ombud", zh: "{count} 条由较新版本的 Ombud 写入的日志")
}

fn of_attack(attacked: &Input<Attacked>, lang: Lang) -> Vec<String> {
    let absent =
        say!(lang, en: "attacks: `ombud attack -- <CMD>`", zh: "攻击测试：`ombud attack -- <启动命令>`");
    let parts =
        |attacked: &Attacked| [away, failed, untried].iter().filter_map(|one| one(attacked, lang)).collect();
    of(attacked, absent, parts, lang)
}

fn away(attacked: &Attacked, lang: Lang) -> Option<String> {
    let cases = cases(attacked, Outcome::NotExposed, lang)?;
    Some(
        say!(lang, en: "attacks that the agent had no tool or memory for, or did not come to: {cases}", zh: "智能体没有相应工具或记忆、或没有用到的攻击：{cases}"),
    )
}

fn failed(attacked: &Attacked, lang: Lang) -> Option<String> {
    let cases = cases(attacked, Outcome::Error, lang)?;
    Some(say!(lang, en: "attacks that could not be run: {cases}", zh: "未能运行的攻击：{cases}"))
}

fn untried(attacked: &Attacked, lang: Lang) -> Option<String> {
    // Cases that were tried without a result are among those above.
    let rest: Vec<Value> = attacked.not_tested.iter().filter(|one| one.is_string()).cloned().collect();
    let rest = listed(&rest, lang)?;
    Some(say!(lang, en: "attacks that were not tried: {rest}", zh: "没有尝试的攻击：{rest}"))
}

fn cases(attacked: &Attacked, verdict: Outcome, lang: Lang) -> Option<String> {
    let cases: Vec<String> =
        attacked.ended(verdict).map(|case| named(&case.id(), &case.title(lang), lang)).collect();
    shortened(cases, lang)
}

/// What the registry does not know, or has not checked for too long.
fn of_registry(receiver: &Receiver, lang: Lang) -> Vec<String> {
    let (name, id) = (&receiver.profile.name, one_line(&receiver.id));
    let unknown =
        joined(gaps(&receiver.profile, lang).into_iter(), &say!(lang, en: ", ", zh: "、")).map(|gaps| {
            say!(lang,
            en: "{name}: unknown: {gaps}. If you know: [notice.recipients.\"{id}\"] in ombud.toml",
            zh: "{name}：不清楚{gaps}。如果你知道，请写进 ombud.toml 的 [notice.recipients.\"{id}\"]")
        });
    unknown.into_iter().chain(receiver.profile.stale.then(|| old(&receiver.profile, lang))).collect()
}

fn gaps(profile: &Profile, lang: Lang) -> Vec<String> {
    let gaps = [
        (Country(&profile.country).is_unknown(), say!(lang, en: "country", zh: "所在国家或地区")),
        (profile.trains == Trains::Unknown, say!(lang, en: "training", zh: "是否用于训练")),
        (profile.retention_days.is_none(), say!(lang, en: "how long it keeps data", zh: "保存多久")),
    ];
    gaps.into_iter().filter(|gap| gap.0).map(|gap| gap.1).collect()
}

fn old(profile: &Profile, lang: Lang) -> String {
    let name = &profile.name;
    let date = profile.checked.clone().unwrap_or_else(|| say!(lang, en: "undated", zh: "日期不明"));
    say!(lang,
        en: "{name}: what is known is old ({date}); read its terms again",
        zh: "{name}：资料已旧（{date}），请重新查看其条款")
}

/// Values of a report, as far as they are words; `None` if there are none.
fn listed(values: &[Value], lang: Lang) -> Option<String> {
    shortened(values.iter().map(|value| word(value, lang)).collect(), lang)
}

/// A place and a text in both languages, a text, or whatever a later version writes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Gap {
    Placed { path: String, text: Bilingual },
    Text(String),
    Other(Value),
}

fn word(value: &Value, lang: Lang) -> String {
    match Gap::deserialize(value) {
        Ok(Gap::Placed { path, text }) => named(&one_line(&path), &text.of(lang), lang),
        Ok(Gap::Text(text)) => one_line(&text),
        Ok(Gap::Other(value)) => one_line(&value.to_string()),
        Err(_) => String::new(),
    }
}

fn named(id: &str, title: &str, lang: Lang) -> String {
    say!(lang, en: "{id} ({title})", zh: "{id}（{title}）")
}

fn shortened(words: Vec<String>, lang: Lang) -> Option<String> {
    let more = words.len().saturating_sub(NAMED);
    let line = joined(words.into_iter().take(NAMED), &say!(lang, en: "; ", zh: "；"))?;
    Some(if more > 0 {
        say!(lang, en: "{line}; and {more} more", zh: "{line}；另有 {more} 项")
    } else {
        line
    })
}

fn joined(words: impl Iterator<Item = String>, gap: &str) -> Option<String> {
    let line = words.collect::<Vec<_>>().join(gap);
    (!line.is_empty()).then_some(line)
}
