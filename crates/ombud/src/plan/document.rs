//! The plan as a document: the verdict first, on one screen.

use ombud_core::flow::FlowMap;
use ombud_core::{Lang, Say, say};

use super::Drawn;
use super::step::Step;
use crate::document::Part;
use crate::flowmap::{Known, LOCAL_MODEL};

/// Risks named on the first screen.
const TOP: usize = 5;
/// Pieces of evidence per risk.
const SHOWN: usize = 3;

/// The document. `whole` adds the diagram, every risk and where the witnesses disagree.
pub(crate) fn document(drawn: &Drawn, known: &Known, whole: bool) -> Vec<Part> {
    let lang = drawn.lang;
    let (answer, today) = (drawn.verdict.answer.say(lang), known.today);
    let name = known.agent.name.as_deref().map(crate::document::one_line).unwrap_or_default();
    let mut parts = vec![Part::Heading(1, say!(lang, en: "Verdict: {answer}", zh: "结论：{answer}"))];
    let of = if name.is_empty() { String::new() } else { say!(lang, en: " for {name}", zh: "“{name}”") };
    parts.push(Part::Text(say!(lang,
        en: "Protection plan{of}, {today}. It is based on what was checked; what was not is listed at the end. It is not legal advice.",
        zh: "{of}保护计划，{today}。结论只基于检查过的内容，没有检查的列在最后。本计划不是法律意见。")));
    parts.push(Part::List(drawn.verdict.reasons.clone()));
    if !drawn.verdict.limits.is_empty() {
        parts.push(Part::Heading(2, say!(lang, en: "Limits", zh: "条件")));
        parts.push(Part::List(drawn.verdict.limits.clone()));
    }
    risks(drawn, whole, &mut parts);
    steps(drawn, &mut parts);
    section(&mut parts, say!(lang, en: "Done already", zh: "已经做到"), &drawn.done);
    if whole {
        parts.push(Part::Heading(2, say!(lang, en: "Data flows", zh: "数据流向")));
        parts.push(Part::Diagram(drawn.diagram.clone()));
        if drawn.declared {
            parts.push(Part::Text(
                say!(lang, en: "Dashed: not in the published notice.", zh: "虚线：已发布的隐私说明中没有。"),
            ));
        }
        parts.push(flow_table(drawn, &drawn.flow));
    }
    section(
        &mut parts,
        say!(lang, en: "Where code, traffic and notice disagree", zh: "代码、流量、隐私说明不一致之处"),
        &drawn.disagreements,
    );
    section(&mut parts, say!(lang, en: "Not checked", zh: "没有检查"), &drawn.unseen);
    parts
}

fn section(parts: &mut Vec<Part>, heading: String, list: &[String]) {
    if !list.is_empty() {
        parts.push(Part::Heading(2, heading));
        parts.push(Part::List(list.to_vec()));
    }
}

fn risks(drawn: &Drawn, whole: bool, parts: &mut Vec<Part>) {
    let lang = drawn.lang;
    if drawn.open.is_empty() {
        return;
    }
    parts.push(Part::Heading(2, say!(lang, en: "What can happen to your users", zh: "你的用户会遇到什么")));
    let top = if whole { drawn.open.len() } else { TOP };
    let items = drawn.open.iter().take(top).map(|open| {
        let mut below: Vec<String> =
            open.evidence.iter().take(SHOWN).map(|(_, shown)| shown.say(lang)).collect();
        let more = open.evidence.len().saturating_sub(SHOWN);
        if more > 0 {
            below.push(say!(lang, en: "and {more} more", zh: "另有 {more} 处"));
        }
        let (harm, id, name) = (open.risk.harm(lang), &open.risk.id, open.risk.name(lang));
        (say!(lang, en: "{harm} [{id} {name}]", zh: "{harm} [{id} {name}]"), below)
    });
    parts.push(Part::Steps(items.collect()));
    let rest = drawn.open.len().saturating_sub(top);
    if rest > 0 {
        parts.push(Part::Text(say!(lang,
            en: "and {rest} smaller ones: `ombud plan --format md`",
            zh: "另有 {rest} 个较小的风险：`ombud plan --format md`")));
    }
}

fn steps(drawn: &Drawn, parts: &mut Vec<Part>) {
    let lang = drawn.lang;
    if drawn.steps.is_empty() {
        return;
    }
    let total: u32 = drawn.steps.iter().map(|step| step.minutes).sum();
    parts.push(Part::Heading(
        2,
        say!(lang, en: "What to do, in this order ({total} minutes)", zh: "按这个顺序做（共 {total} 分钟）"),
    ));
    let items = drawn.steps.iter().map(|step: &Step| {
        let (title, minutes, command) = (&step.title, step.minutes, &step.command);
        let mut below = vec![say!(lang, en: "type: `{command}`", zh: "输入：`{command}`")];
        if !step.retest.is_empty() {
            let command = say!(lang, en: "<CMD>", zh: "<启动命令>");
            let retest = step.retest.replace("<CMD>", &command);
            below.push(say!(lang, en: "verify: `{retest}`", zh: "验证：`{retest}`"));
        }
        if !step.closes.is_empty() {
            let closes = step.closes.join(if lang == Lang::Zh { "、" } else { ", " });
            below.push(say!(lang, en: "closes: {closes}", zh: "解决：{closes}"));
        }
        (say!(lang, en: "{title} ({minutes} min)", zh: "{title}（{minutes} 分钟）"), below)
    });
    parts.push(Part::Steps(items.collect()));
}

fn flow_table(drawn: &Drawn, flow: &FlowMap) -> Part {
    let lang = drawn.lang;
    let head = vec![
        say!(lang, en: "Recipient", zh: "接收方"),
        say!(lang, en: "Data", zh: "数据"),
        say!(lang, en: "Masked", zh: "脱敏"),
        say!(lang, en: "In the clear", zh: "原文"),
        say!(lang, en: "Shown by", zh: "依据"),
    ];
    let mut rows = Vec::new();
    for (recipient, flow) in &flow.recipients {
        // A model on the operator's own machine has no name of its own.
        let name = match &*recipient.name {
            LOCAL_MODEL => say!(lang, en: "local model", zh: "本地模型"),
            name => crate::document::one_line(name),
        };
        let first = |places: &std::collections::BTreeSet<String>| {
            places.iter().next().map(|place| crate::document::one_line(place)).unwrap_or_default()
        };
        if flow.data.is_empty() {
            let unknown = say!(lang, en: "unknown", zh: "不明");
            rows.push(vec![name.clone(), unknown, "?".into(), "?".into(), first(&flow.evidence)]);
        }
        for (category, amount) in &flow.data {
            let shown = flow.shown.get(category).unwrap_or(&flow.evidence);
            rows.push(vec![
                name.clone(),
                category.say(lang),
                amount.masked.to_string(),
                amount.clear.to_string(),
                first(shown),
            ]);
        }
    }
    Part::Table(head, rows)
}
