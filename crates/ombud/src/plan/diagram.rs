//! The data flows as a Mermaid diagram.

use std::collections::BTreeSet;
use std::fmt::Write;

use ombud_core::flow::RecipientKind;
use ombud_core::{Lang, Say, say};

use crate::document::quoted;
use crate::flowmap::{Country, Input, Known};
use crate::notice::{Facts, Form, drift};

/// The diagram: dashed lines are not in the published notice.
pub(crate) fn diagram(known: &Known, lang: Lang) -> String {
    let facts = Facts::of(known, lang);
    let undeclared: BTreeSet<(RecipientKind, String)> = match &known.published {
        Input::Read(published) => {
            let lacks = drift(known, published).lacks.into_iter();
            lacks.map(|lack| (lack.difference.kind, lack.difference.recipient)).collect()
        }
        Input::Absent | Input::Damaged(_) => BTreeSet::new(),
    };
    let user = say!(lang, en: "user", zh: "用户");
    let agent = facts.name.clone().unwrap_or_else(|| say!(lang, en: "agent", zh: "智能体"));
    let mut text = format!("flowchart LR\n  user([{}]) --> agent[{}]", quoted(&user), quoted(&agent));
    for (i, receiver) in facts.receivers.iter().enumerate() {
        let country = Country(&receiver.profile.country).say(lang);
        let label = receiver.categories.iter().map(|(category, form)| {
            let name = category.say(lang);
            match form {
                Form::Masked => say!(lang, en: "{name} (masked)", zh: "{name}（脱敏）"),
                Form::Clear => name,
            }
        });
        let mut label: Vec<String> = label.collect();
        if receiver.unread {
            label.push(say!(lang, en: "not inspected", zh: "未检查"));
        }
        let node = quoted(&format!("{} · {country}", receiver.profile.name));
        let (open, close) = if receiver.kind == RecipientKind::Store { ("[(", ")]") } else { ("[", "]") };
        let arrow = if undeclared.contains(&(receiver.kind, receiver.id.clone())) { "-.->" } else { "-->" };
        let label = if label.is_empty() { "?".to_owned() } else { label.join("; ") };
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  agent {arrow}|{}| r{i}{open}{node}{close}", quoted(&label));
    }
    for (i, (_, tool)) in facts.tools.iter().enumerate() {
        let arrow = if undeclared.contains(&(RecipientKind::Tool, tool.id.clone())) { "-.->" } else { "-->" };
        let _ = write!(text, "\n  agent {arrow} t{i}{{{{{}}}}}", quoted(&tool.profile.name));
    }
    text
}
