//! The flow map as a Mermaid diagram.

use ombud_core::flow::{Flow, Recipient, RecipientKind};
use ombud_core::{Lang, say};

use super::{View, carried, country};
use crate::document::{one_line, quoted};

/// The diagram: people, the agent, and an arrow to each recipient with what it receives.
pub(crate) fn mermaid(view: &View<'_>) -> String {
    let lang = view.lang;
    let (user, agent) = (say!(lang, en: "user", zh: "用户"), say!(lang, en: "agent", zh: "智能体"));
    let head = format!("flowchart LR\n  user([{}]) --> agent[{}]", quoted(&user), quoted(&agent));
    let rows = view.report.flow.recipients.iter().enumerate();
    rows.fold(head, |text, (i, (recipient, flow))| format!("{text}\n{}", row(i, recipient, flow, lang)))
}

fn row(i: usize, recipient: &Recipient, flow: &Flow, lang: Lang) -> String {
    let place = country(recipient, lang);
    let node = quoted(&format!("{} · {place}", one_line(&recipient.name)));
    let (open, close) = if recipient.kind == RecipientKind::Store { ("[(", ")]") } else { ("[", "]") };
    format!("  agent -->|{}| r{i}{open}{node}{close}", quoted(&label(flow, lang)))
}

fn label(flow: &Flow, lang: Lang) -> String {
    let all: Vec<String> =
        flow.data.iter().map(|(category, amount)| carried(*category, *amount, lang)).collect();
    if all.is_empty() {
        say!(lang, en: "nothing personal seen", zh: "未见个人信息")
    } else {
        all.join("; ")
    }
}
