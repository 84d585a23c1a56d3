//! The pop-up before the first use: at most 120 Chinese characters, two lists, and choices of equal weight.

use ombud_core::{Lang, say};

use super::super::facts::Facts;
use super::super::gap::Gap;
use super::{agent, category, keeps, purposes, receiver, trains};
use crate::document::Part;

/// Maximum length of the prose, in Chinese characters; for English, in words.
pub(super) const MOST: usize = 120;

/// The pop-up.
pub(super) fn popup(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let kinds: Vec<String> = facts.categories().iter().map(|entry| category(entry, lang)).collect();
    let receivers: Vec<String> = facts
        .receivers
        .iter()
        .map(|one| {
            let (who, trains, keeps) = (receiver(one, lang), trains(one, lang), keeps(one, lang));
            say!(lang, en: "{who}; trains on it: {trains}; keeps it: {keeps}", zh: "{who}；用于训练：{trains}；保存：{keeps}")
        })
        .collect();
    let none = || say!(lang, en: "nothing was seen", zh: "没有发现");
    let or_none = |list: Vec<String>| if list.is_empty() { vec![none()] } else { list };
    vec![
        Part::Heading(1, say!(lang, en: "Before you start", zh: "用之前，请先看这几点")),
        Part::Text(prose(facts)),
        Part::Heading(2, say!(lang, en: "What is processed", zh: "处理哪些信息")),
        Part::List(or_none(kinds)),
        Part::Heading(2, say!(lang, en: "Who gets it", zh: "交给谁")),
        Part::List(or_none(receivers)),
        Part::Buttons(vec![
            say!(lang, en: "I agree", zh: "同意"),
            say!(lang, en: "I do not agree", zh: "不同意"),
            say!(lang, en: "Choose one by one", zh: "逐项选择"),
        ]),
    ]
}

/// The prose, with the purposes if they fit.
fn prose(facts: &Facts) -> String {
    let long = sentences(facts, true);
    if length(&long, facts.lang) <= MOST { long } else { sentences(facts, false) }
}

fn sentences(facts: &Facts, with_purposes: bool) -> String {
    let (lang, name) = (facts.lang, agent(facts));
    let contact = facts.or_gap(facts.contact.as_ref(), Gap::Contact);
    let listed = purposes(facts).join(&say!(lang, en: "; ", zh: "、"));
    let purpose = if !with_purposes {
        say!(lang, en: " What for: see the full notice.", zh: "用途见完整说明。")
    } else if listed.is_empty() {
        let gap = Gap::Purposes.mark(lang);
        say!(lang, en: " What for: {gap}.", zh: "用途：{gap}。")
    } else {
        say!(lang, en: " What for: {listed}.", zh: "用途：{listed}。")
    };
    say!(lang,
        en: "{name} is an AI, not a person. What you write is processed as listed below.{purpose} You can say no, change your mind at any time, and have it deleted. Questions and complaints: {contact}.",
        zh: "{name}是 AI，不是真人。你发的内容按下面的清单处理。{purpose}你可以不同意，也可以随时撤回并要求删除。问题和投诉：{contact}。")
}

/// Chinese: characters; English: words.
pub(super) fn length(text: &str, lang: Lang) -> usize {
    match lang {
        Lang::Zh => text.chars().filter(|c| !c.is_whitespace()).count(),
        Lang::En => text.split_whitespace().count(),
    }
}
