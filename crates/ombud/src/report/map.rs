//! What goes where, for people.

use ombud_core::flow::RecipientKind;
use ombud_core::{Say, say};

use super::View;

/// One block a recipient: what it is, where it is, what it receives and which lines show it.
pub(crate) fn text(view: &View<'_>) -> String {
    let lang = view.lang;
    let mut lines: Vec<String> = Vec::new();
    for (recipient, flow) in &view.report.flow.recipients {
        let kind = match recipient.kind {
            RecipientKind::Provider => say!(lang, en: "model provider", zh: "模型服务商"),
            RecipientKind::Store => say!(lang, en: "store", zh: "存储"),
            RecipientKind::Tool => say!(lang, en: "tool", zh: "工具"),
            RecipientKind::Host => say!(lang, en: "host", zh: "主机"),
        };
        let country = match recipient.country.as_str() {
            "unknown" => say!(lang, en: "country unknown", zh: "国家或地区不明"),
            known => known.to_owned(),
        };
        let name = &recipient.name;
        lines.push(say!(lang, en: "{name} ({kind}, {country})", zh: "{name}（{kind}，{country}）"));
        for (category, amount) in &flow.data {
            let (id, what) = (category.id(), category.say(lang));
            let masked = if amount.clear == 0 && amount.masked > 0 {
                say!(lang, en: ", masked", zh: "，已脱敏")
            } else {
                String::new()
            };
            let at = flow.shown.get(category).map(|at| at.iter().cloned().collect::<Vec<_>>().join(", "));
            let at = at.unwrap_or_default();
            lines.push(
                say!(lang, en: "  ← {what} [{id}]{masked}  {at}", zh: "  ← {what} [{id}]{masked}  {at}"),
            );
        }
        if flow.data.is_empty() {
            let at = flow.evidence.iter().cloned().collect::<Vec<_>>().join(", ");
            lines.push(say!(lang, en: "  ← nothing that the code shows to be personal  {at}", zh: "  ← 代码中看不出有个人信息  {at}"));
        }
    }
    if lines.is_empty() {
        lines.push(say!(lang, en: "No recipient was found in code that can run.", zh: "在可执行的代码中没有发现任何接收方。"));
    }
    if !view.report.gaps.is_empty() {
        let count = view.report.gaps.len();
        lines.push(say!(lang, en: "{count} thing(s) were not looked at; `ombud check` names them.", zh: "有 {count} 项没有检查；`ombud check` 会逐一列出。"));
    }
    lines.join("\n")
}
