//! What is done already, and what was not looked at.

use ombud_core::flow::{RecipientKind, What, compare};
use ombud_core::{Lang, Say, say};
use ombud_gateway::providers::Trains;

use crate::document::one_line;
use crate::flowmap::{Country, Input, Known, Outcome};
use crate::notice::{Facts, describe, drift, tellable};

/// Names on one line at most.
const NAMED: usize = 5;

/// What is done already, each with what shows it.
pub(crate) fn done(known: &Known, lang: Lang) -> Vec<String> {
    let mut done = Vec::new();
    if let Some(traffic) = known.traffic.read() {
        let requests = traffic.requests;
        if requests > 0 {
            done.push(say!(lang,
                en: "{requests} request(s) went through the gateway and are in the log (`ombud log verify`)",
                zh: "{requests} 个请求经过网关并留有日志（`ombud log verify`）"));
        }
        let masked: u64 = traffic
            .flow
            .recipients
            .values()
            .flat_map(|flow| flow.data.values())
            .map(|amount| amount.masked)
            .sum();
        if masked > 0 {
            done.push(say!(lang, en: "{masked} value(s) were masked before they left", zh: "{masked} 个值在发出前已打码"));
        }
        if let Some(given) = traffic.consents.get("given") {
            done.push(
                say!(lang, en: "consent was given and recorded {given} time(s)", zh: "记录了 {given} 次同意"),
            );
        }
        if traffic.memory.1 > 0 {
            let refused = traffic.memory.1;
            done.push(say!(lang, en: "memory stayed shut without consent {refused} time(s)", zh: "没有同意凭证时，记忆库拒绝了 {refused} 次"));
        }
        if traffic.erased > 0 {
            let erased = traffic.erased;
            done.push(say!(lang, en: "{erased} user(s) were erased on request, with a receipt", zh: "已按要求删除 {erased} 个用户的数据，并有回执"));
        }
    }
    if let Some(attacked) = known.attacked.read() {
        let (resisted, blocked) =
            (attacked.ended(Outcome::Resisted).count(), attacked.ended(Outcome::Blocked).count());
        if blocked > 0 {
            done.push(say!(lang, en: "{blocked} attack case(s) were held back by the gate", zh: "{blocked} 个攻击用例被闸门拦下"));
        }
        if resisted > 0 {
            done.push(say!(lang, en: "the model did not obey in {resisted} attack case(s)", zh: "{resisted} 个攻击用例中，模型没有照做"));
        }
    }
    if let Some(code) = known.code.read()
        && !code.findings.iter().any(super::super::flowmap::Found::stands)
    {
        done.push(say!(lang, en: "`ombud check` found nothing in what it looked at", zh: "`ombud check` 在看过的范围内没有发现问题"));
    }
    if let Input::Read(published) = &known.published
        && drift(known, published).lacks.is_empty()
    {
        let shown = published.path.display();
        done.push(say!(lang, en: "{shown} names all that was seen", zh: "{shown} 写明了看到的一切"));
    }
    done
}

/// What was not looked at, and what would show it.
pub(crate) fn unseen(known: &Known, lang: Lang) -> Vec<String> {
    let mut unseen = Vec::new();
    code(known, lang, &mut unseen);
    traffic(known, lang, &mut unseen);
    attack(known, lang, &mut unseen);
    registry(known, lang, &mut unseen);
    if let Some(damage) = known.published.damage() {
        unseen.push(damage.say(lang));
    }
    if known.agent.audience.is_none() {
        unseen.push(say!(lang,
            en: "who uses it: say so in ombud.toml, [agent] audience = \"adults\" | \"everyone\" | \"minors\"",
            zh: "谁在用：请在 ombud.toml 写明 [agent] audience = \"adults\" | \"everyone\" | \"minors\""));
    }
    if known.agent.jurisdictions.is_empty() {
        unseen.push(say!(lang,
            en: "where its users are, so nothing is said about borders: [agent] jurisdictions = [\"CN\"]",
            zh: "用户在哪里，因此没有判断是否出境：[agent] jurisdictions = [\"CN\"]"));
    }
    unseen.push(say!(lang,
        en: "never looked at: whether answers are right, your server and backups, what recipients really do, labels of AI content, filings with authorities",
        zh: "从不检查：回答对不对、你的服务器和备份、接收方实际怎么做、AI 内容标识、备案登记"));
    unseen
}

fn code(known: &Known, lang: Lang, unseen: &mut Vec<String>) {
    match &known.code {
        Input::Absent => unseen.push(say!(lang, en: "the code: `ombud check`", zh: "代码：`ombud check`")),
        Input::Damaged(damage) => unseen.push(damage.say(lang)),
        Input::Read(code) => {
            let parts = listed(&code.not_looked_at);
            if !parts.is_empty() {
                unseen.push(say!(lang, en: "parts of the code: {parts}", zh: "部分代码：{parts}"));
            }
            let strange: Vec<String> = code
                .findings
                .iter()
                .filter(|found| found.stands() && found.risks().is_empty())
                .map(|found| one_line(&found.rule))
                .collect();
            if !strange.is_empty() {
                let strange = strange.join(", ");
                unseen.push(say!(lang, en: "findings of rules that this plan does not know: {strange}", zh: "本计划不认识的规则所报的问题：{strange}"));
            }
        }
    }
}

fn traffic(known: &Known, lang: Lang, unseen: &mut Vec<String>) {
    let traffic = match &known.traffic {
        Input::Absent => {
            unseen.push(say!(lang, en: "real traffic: `ombud run -- <CMD>`", zh: "实际流量：`ombud run -- <启动命令>`"));
            return;
        }
        Input::Damaged(damage) => {
            unseen.push(damage.say(lang));
            return;
        }
        Input::Read(traffic) => traffic,
    };
    for (recipient, flow) in &traffic.flow.recipients {
        let (who, requests, opaque) = (one_line(&recipient.name), flow.requests, flow.opaque);
        if !recipient.inspected {
            unseen.push(say!(lang, en: "{requests} connection(s) to {who}, which went past unread", zh: "发往 {who} 的 {requests} 次连接，没有检查内容"));
        }
        if opaque > 0 {
            unseen.push(say!(lang, en: "{opaque} picture(s), recording(s) or file(s) sent to {who}", zh: "发给 {who} 的 {opaque} 个图片、录音或文件"));
        }
    }
    if traffic.unknown > 0 {
        let count = traffic.unknown;
        unseen.push(say!(lang, en: "{count} log entries of a newer version of Ombud", zh: "{count} 条由更新版本写入的日志"));
    }
}

fn attack(known: &Known, lang: Lang, unseen: &mut Vec<String>) {
    let attacked = match &known.attacked {
        Input::Absent => {
            unseen.push(say!(lang, en: "attacks: `ombud attack -- <CMD>`", zh: "攻击测试：`ombud attack -- <启动命令>`"));
            return;
        }
        Input::Damaged(damage) => {
            unseen.push(damage.say(lang));
            return;
        }
        Input::Read(attacked) => attacked,
    };
    let names = |verdict| {
        let all: Vec<String> =
            attacked.ended(verdict).map(|case| format!("{} ({})", case.id(), case.title(lang))).collect();
        all.join("; ")
    };
    let (away, failed) = (names(Outcome::NotExposed), names(Outcome::Error));
    if !away.is_empty() {
        unseen.push(
            say!(lang, en: "attacks that never reached the model: {away}", zh: "没有送达模型的攻击：{away}"),
        );
    }
    if !failed.is_empty() {
        unseen.push(
            say!(lang, en: "attacks that could not be run: {failed}", zh: "没能跑起来的攻击：{failed}"),
        );
    }
    let rest = listed(&attacked.not_tested);
    if !rest.is_empty() {
        unseen.push(say!(lang, en: "attacks that were not tried: {rest}", zh: "没有尝试的攻击：{rest}"));
    }
}

/// What the registry does not know, or knew too long ago.
fn registry(known: &Known, lang: Lang, unseen: &mut Vec<String>) {
    for receiver in Facts::of(known, lang).others() {
        let (name, profile) = (&receiver.profile.name, &receiver.profile);
        let mut gaps = Vec::new();
        if Country(&profile.country).is_unknown() {
            gaps.push(say!(lang, en: "country", zh: "所在国家"));
        }
        if profile.trains == Trains::Unknown {
            gaps.push(say!(lang, en: "training", zh: "是否训练"));
        }
        if profile.retention_days.is_none() {
            gaps.push(say!(lang, en: "how long it keeps data", zh: "保存多久"));
        }
        if !gaps.is_empty() {
            let (gaps, id) = (gaps.join(&say!(lang, en: ", ", zh: "、")), one_line(&receiver.id));
            unseen.push(say!(lang,
                en: "{name}: not known: {gaps}. If you know: [notice.recipients.\"{id}\"] in ombud.toml",
                zh: "{name}：不清楚{gaps}。如果你知道，请写进 ombud.toml 的 [notice.recipients.\"{id}\"]"));
        }
        if profile.stale {
            let date = profile.checked.clone().unwrap_or_else(|| say!(lang, en: "undated", zh: "日期不明"));
            unseen.push(say!(lang,
                en: "{name}: what is known is old ({date}); read its terms again",
                zh: "{name}：资料已旧（{date}），请重新查看其条款"));
        }
    }
}

/// Where the witnesses disagree.
pub(crate) fn disagreements(known: &Known, lang: Lang) -> Vec<String> {
    let (code, traffic) = (tellable(&known.code_flow()), tellable(&known.traffic_flow()));
    let mut all = Vec::new();
    let mut tell = |one, other, en: &str, zh: &str| {
        for difference in compare(one, other) {
            // Code does not know the tools by the names that the model uses.
            let told = matches!(difference.what, What::Recipient { .. } | What::Category { .. });
            if !told || difference.kind == RecipientKind::Tool {
                continue;
            }
            let what = describe(&difference, known, lang);
            let evidence: Vec<String> =
                difference.evidence.iter().take(3).map(|place| one_line(place)).collect();
            let evidence = evidence.join(", ");
            let where_ = if lang == Lang::En { en } else { zh };
            all.push(say!(lang, en: "{where_}: {what} [{evidence}]", zh: "{where_}：{what} [{evidence}]"));
        }
    };
    if known.code.read().is_some() && known.traffic.read().is_some() {
        tell(&traffic, &code, "in traffic, not in the code that was read", "流量中有、读到的代码中没有");
        tell(&code, &traffic, "in the code, not yet in traffic", "代码中有、流量中还没出现");
    }
    if let Input::Read(published) = &known.published {
        let drift = drift(known, published);
        for lack in &drift.lacks {
            let what = lack.told(known, lang);
            all.push(say!(lang, en: "not in the notice: {what}", zh: "隐私说明中没有：{what}"));
        }
        for difference in &drift.unseen {
            let what = describe(difference, known, lang);
            all.push(say!(lang, en: "in the notice, seen by nobody: {what}", zh: "隐私说明中有、但没有看到：{what}"));
        }
    }
    all
}

/// Values of a report, as far as they are words.
fn listed(values: &[serde_json::Value]) -> String {
    let words: Vec<String> = values
        .iter()
        .map(|value| match value {
            serde_json::Value::String(text) => one_line(text),
            other => one_line(&other.to_string()),
        })
        .collect();
    let more = words.len().saturating_sub(NAMED);
    let mut line = words.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        line = format!("{line} … (+{more})");
    }
    line
}
