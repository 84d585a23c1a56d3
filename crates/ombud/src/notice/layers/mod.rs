//! The layers of a notice: the same facts at different lengths.

mod full;
mod line;
mod popup;

use ombud_core::flow::RecipientKind;
use ombud_core::{DataCategory, Effect, Lang, Say, say};
use ombud_gateway::providers::Trains;

use super::Layer;
use super::facts::{Facts, Form, Receiver};
use super::gap::Gap;
use crate::document::{Part, one_line};
use crate::flowmap::Country;

/// The document of one layer, or of all.
pub(crate) fn parts(facts: &Facts, layer: Option<Layer>) -> Vec<Part> {
    let lang = facts.lang;
    match layer {
        Some(Layer::Line) => vec![Part::Text(line::line(facts))],
        Some(Layer::Popup) => popup::popup(facts),
        Some(Layer::Full) => full::full(facts).into_iter().map(|part| shifted(part, -1)).collect(),
        None => {
            let heading = |en: &str, zh: &str| {
                Part::Heading(2, if lang == Lang::En { en.to_owned() } else { zh.to_owned() })
            };
            let mut all = vec![
                Part::Heading(1, title(facts)),
                heading("In one line", "一句话版"),
                Part::Text(line::line(facts)),
            ];
            all.push(heading("Pop-up before the first use", "首次使用前的弹窗"));
            all.extend(popup::popup(facts).into_iter().map(|part| shifted(part, 2)));
            all.extend(full::full(facts));
            all
        }
    }
}

/// Moves a heading down by so many levels, within 1 to 3; other parts are unchanged.
fn shifted(part: Part, levels: i8) -> Part {
    match part {
        Part::Heading(level, text) => Part::Heading(level.saturating_add_signed(levels).clamp(1, 3), text),
        other => other,
    }
}

/// The title of the document.
pub(crate) fn title(facts: &Facts) -> String {
    let (lang, name) = (facts.lang, agent(facts));
    let name = if facts.name.is_none() { name.to_lowercase() } else { name };
    say!(lang, en: "Privacy notice of {name}", zh: "{name}隐私说明")
}

/// The agent's name, for the beginning of a sentence.
fn agent(facts: &Facts) -> String {
    let lang = facts.lang;
    facts.name.clone().unwrap_or_else(|| say!(lang, en: "This assistant", zh: "本助手"))
}

/// A category, and whether it is masked.
fn category((category, form): (&DataCategory, &Form), lang: Lang) -> String {
    let name = category.say(lang);
    match form {
        Form::Masked => {
            say!(lang, en: "{name} (replaced by a code before it leaves)", zh: "{name}（先换成代号再发出）")
        }
        Form::Clear => name,
    }
}

/// All categories of a receiver on one line.
fn categories(receiver: &Receiver, lang: Lang) -> String {
    let all: Vec<String> = receiver.categories.iter().map(|entry| category(entry, lang)).collect();
    let mut line = all.join(&say!(lang, en: "; ", zh: "、"));
    if receiver.unread {
        let more = if line.is_empty() {
            say!(lang, en: "unknown: it was not inspected", zh: "不明：没有检查过")
        } else {
            say!(lang, en: "; and parts that were not inspected", zh: "；另有未检查的部分")
        };
        line += &more;
    } else if line.is_empty() {
        line = say!(lang, en: "unknown", zh: "不明");
    }
    line
}

/// Whether a receiver trains on it, in one word or a few.
fn trains(receiver: &Receiver, lang: Lang) -> String {
    match receiver.profile.trains {
        Trains::No => say!(lang, en: "no", zh: "否"),
        Trains::Yes => say!(lang, en: "yes", zh: "是"),
        Trains::Depends => say!(lang, en: "depends on plan and settings", zh: "视套餐和设置而定"),
        Trains::Unknown => say!(lang, en: "unknown", zh: "未知"),
    }
}

/// How long a receiver keeps it.
fn keeps(receiver: &Receiver, lang: Lang) -> String {
    match receiver.profile.retention_days {
        Some(0) => say!(lang, en: "not kept", zh: "不保存"),
        Some(days) => say!(lang, en: "{days} days", zh: "{days} 天"),
        None => say!(lang, en: "unknown", zh: "未知"),
    }
}

/// Where a receiver is.
fn country(receiver: &Receiver, lang: Lang) -> String {
    Country(&receiver.profile.country).say(lang)
}

/// Name and country; a store is marked as one.
fn receiver(receiver: &Receiver, lang: Lang) -> String {
    let (name, country) = (&receiver.profile.name, country(receiver, lang));
    match receiver.kind {
        RecipientKind::Store => {
            say!(lang, en: "memory store “{name}” ({country})", zh: "记忆库“{name}”（{country}）")
        }
        _ => say!(lang, en: "{name} ({country})", zh: "{name}（{country}）"),
    }
}

/// What data is used for, in the operator's words.
fn purposes(facts: &Facts) -> Vec<String> {
    let worded = |(id, words): (&String, &Option<String>)| {
        words.clone().unwrap_or_else(|| format!("{} {}", one_line(id), Gap::Purposes.mark(facts.lang)))
    };
    facts.purposes.iter().map(worded).collect()
}

/// What a tool does.
fn effect(effect: Effect, lang: Lang) -> String {
    match effect {
        Effect::Read => say!(lang, en: "looks something up", zh: "查看信息"),
        Effect::Fetch => say!(lang, en: "opens web addresses", zh: "访问网址"),
        Effect::Send => say!(lang, en: "sends or publishes something", zh: "发送或发布内容"),
        Effect::Pay => say!(lang, en: "moves money", zh: "付款或转账"),
        Effect::Create => say!(lang, en: "makes something new", zh: "新建内容"),
        Effect::Change => say!(lang, en: "changes something", zh: "修改内容"),
        Effect::Delete => say!(lang, en: "deletes something", zh: "删除内容"),
        Effect::Grant => say!(lang, en: "gives somebody access", zh: "授予他人权限"),
        Effect::Credential => say!(lang, en: "uses a password or key", zh: "使用密码或密钥"),
        Effect::Execute => say!(lang, en: "runs commands", zh: "执行命令"),
        Effect::Unknown => say!(lang, en: "what it does is unknown", zh: "作用不明"),
    }
}
