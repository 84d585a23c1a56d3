//! One line, for the chat or the profile.

use ombud_core::say;

use super::super::facts::Facts;
use super::super::gap::Gap;
use super::{agent, receiver, trains};

/// Receivers that are named; the rest are counted.
const NAMED: usize = 3;

/// The line.
pub(super) fn line(facts: &Facts) -> String {
    let (lang, name) = (facts.lang, agent(facts));
    let all: Vec<String> = facts
        .others()
        .map(|one| {
            let (who, trains) = (receiver(one, lang), trains(one, lang));
            say!(lang, en: "{who}, training: {trains}", zh: "{who}，用于训练：{trains}")
        })
        .collect();
    let mut to = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    if lang == ombud_core::Lang::Zh {
        to = to.replace("; ", "；");
    }
    if let Some(more) = all.len().checked_sub(NAMED).filter(|more| *more > 0) {
        to += &say!(lang, en: "; and {more} more", zh: "；另有 {more} 家");
    }
    let sent = if all.is_empty() {
        say!(lang, en: "What you write stays with the operator, as far as was seen.", zh: "在已检查的范围内，你发的内容没有交给别人。")
    } else {
        say!(lang, en: "What you write is sent to: {to}.", zh: "你发的内容会交给：{to}。")
    };
    let erase = facts.or_gap(facts.erase.as_ref(), Gap::Erase);
    let url = facts.or_gap(facts.url.as_ref(), Gap::Url);
    say!(lang,
        en: "{name} uses AI to respond. {sent} To delete what is stored about you: {erase}. More: {url}",
        zh: "{name}用 AI 生成回答。{sent}删除你的信息：{erase}。详情：{url}")
}
