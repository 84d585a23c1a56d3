//! The full notice: what, why, to whom, in which country, whether it is used for training, for how long, and how to opt
//! out.

use ombud_core::{Class, Lang, say};
use ombud_gateway::providers::Trains;

use super::super::facts::{Facts, Receiver};
use super::super::gap::Gap;
use super::{agent, categories, category, country, effect, keeps, purposes, receiver, title, trains};
use crate::declared::Audience;
use crate::document::Part;
use crate::flowmap::{Country, is_value};

/// The full notice.
pub(super) fn full(facts: &Facts) -> Vec<Part> {
    let sections: &[fn(&Facts) -> Vec<Part>] =
        &[who, what, to_whom, consent, tools, how_long, rights, minors, not_known, to_fill_in];
    let mut all =
        vec![Part::Heading(2, say!(facts.lang, en: "The full notice", zh: "完整说明")), intro(facts)];
    if let Some(Part::Heading(_, text)) = all.first_mut() {
        *text = title(facts) + &say!(facts.lang, en: ": in full", zh: "：完整版");
    }
    all.extend(sections.iter().flat_map(|section| section(facts)));
    all
}

fn heading(text: String) -> Part {
    Part::Heading(3, text)
}

fn intro(facts: &Facts) -> Part {
    let (lang, name, today) = (facts.lang, agent(facts), facts.today);
    Part::Text(say!(lang,
        en: "{name} is a computer program. Its answers are made by AI and can be wrong. This notice was written on {today} based on what the program was seen to do.",
        zh: "{name}是计算机程序。回答由 AI 生成，可能出错。本说明写于 {today}，依据是程序的实际行为。"))
}

fn who(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let operator = facts.or_gap(facts.operator.as_ref(), Gap::Operator);
    let contact = facts.or_gap(facts.contact.as_ref(), Gap::Contact);
    vec![
        heading(say!(lang, en: "Who is responsible", zh: "谁负责")),
        Part::List(vec![
            say!(lang, en: "Run by: {operator}", zh: "运营者：{operator}"),
            say!(lang, en: "Contact: {contact}", zh: "联系方式：{contact}"),
        ]),
    ]
}

fn what(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let purposes = match purposes(facts) {
        none if none.is_empty() => vec![Gap::Purposes.mark(lang)],
        some => some,
    };
    let kinds: Vec<String> = facts.categories().iter().map(|entry| category(entry, lang)).collect();
    let mut parts = vec![
        heading(say!(lang, en: "What is processed, and why", zh: "处理哪些信息，用来做什么")),
        Part::Text(
            say!(lang, en: "These kinds of data were seen, or are declared:", zh: "看到或申报的信息种类："),
        ),
        Part::List(if kinds.is_empty() { vec![say!(lang, en: "unknown", zh: "不明")] } else { kinds }),
        Part::Text(say!(lang, en: "It is used for:", zh: "用途：")),
        Part::List(purposes),
    ];
    if facts.categories().values().any(|form| *form == super::Form::Masked) {
        parts.push(Part::Text(say!(lang,
            en: "“Replaced by a code” means: the value stays with the operator; the recipient sees a code in its place. What you write around it is sent as it is.",
            zh: "“换成代号”是指：原值留在运营者处，接收方只看到代号。其余文字会原样发出。")));
    }
    parts
}

fn to_whom(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let head = vec![
        say!(lang, en: "Who", zh: "接收方"),
        say!(lang, en: "Where", zh: "国家或地区"),
        say!(lang, en: "What", zh: "收到什么"),
        say!(lang, en: "Trains AI on it", zh: "是否用于训练"),
        say!(lang, en: "Keeps it", zh: "保存多久"),
    ];
    let rows: Vec<Vec<String>> = facts
        .receivers
        .iter()
        .map(|one| {
            vec![
                one.profile.name.clone(),
                country(one, lang),
                categories(one, lang),
                trains(one, lang),
                keeps(one, lang),
            ]
        })
        .collect();
    let mut parts = vec![heading(say!(lang, en: "Who gets it", zh: "交给谁"))];
    if rows.is_empty() {
        parts.push(Part::Text(say!(lang, en: "No recipient was seen.", zh: "没有看到接收方。")));
        return parts;
    }
    parts.push(Part::Table(head, rows));
    let sources: Vec<String> = facts.receivers.iter().filter_map(|one| source(one, lang)).collect();
    if !sources.is_empty() {
        parts.push(Part::Text(say!(lang, en: "Where these answers come from:", zh: "以上答案的依据：")));
        parts.push(Part::List(sources));
    }
    parts
}

/// Where the facts about a receiver were read, and when.
fn source(one: &Receiver, lang: Lang) -> Option<String> {
    let name = &one.profile.name;
    if one.profile.declared {
        return Some(say!(lang, en: "{name}: as the operator declares", zh: "{name}：运营者申报"));
    }
    let source = one.profile.source.as_ref()?;
    let checked = match &one.profile.checked {
        Some(date) => say!(lang, en: "read on {date}", zh: "查阅于 {date}"),
        None => say!(lang, en: "date unknown", zh: "日期不明"),
    };
    let old = if one.profile.stale {
        say!(lang, en: "; may be out of date", zh: "；可能已过时")
    } else {
        String::new()
    };
    Some(say!(lang, en: "{name}: {source} ({checked}{old})", zh: "{name}：{source}（{checked}{old}）"))
}

/// What needs separate consent: sensitive data, recipients that train or may train, other countries.
fn consent(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let asked: Vec<String> = facts.others().filter_map(|one| question(facts, one)).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    vec![
        heading(say!(lang, en: "What you are asked about separately", zh: "需要你单独同意的事")),
        Part::Text(say!(lang,
            en: "Each is asked about on its own. Closing the window is not consent.",
            zh: "每一项都会单独询问。关掉窗口不算同意。")),
        Part::List(asked),
    ]
}

fn question(facts: &Facts, one: &Receiver) -> Option<String> {
    let lang = facts.lang;
    let mut why = Vec::new();
    let sensitive = |value: bool| {
        one.categories.keys().any(|kind| kind.class() == Class::Sensitive && is_value(*kind) == value)
    };
    if sensitive(true) {
        why.push(say!(lang, en: "sensitive data", zh: "含敏感信息"));
    } else if sensitive(false) {
        why.push(say!(lang, en: "it may hold sensitive data", zh: "可能含敏感信息"));
    }
    match one.profile.trains {
        Trains::No => {}
        Trains::Yes => why.push(say!(lang, en: "it is used for training", zh: "会用于训练")),
        Trains::Depends => why.push(say!(lang, en: "it may be used for training", zh: "可能用于训练")),
        Trains::Unknown => {
            why.push(say!(lang, en: "whether it is used for training is unknown", zh: "是否用于训练未知"));
        }
    }
    match facts.is_abroad(one) {
        Some(true) => why.push(say!(lang, en: "it leaves your country", zh: "会传到境外")),
        None if Country(&one.profile.country).is_unknown() => {
            why.push(say!(lang, en: "the country is unknown", zh: "去往哪国不明"));
        }
        _ => {}
    }
    if why.is_empty() {
        return None;
    }
    let (who, why) = (receiver(one, lang), why.join(&say!(lang, en: "; ", zh: "，")));
    let gap = if who.starts_with(|c: char| c.is_ascii()) { " " } else { "" };
    Some(say!(lang, en: "Sending to {who}: {why}", zh: "发给{gap}{who}：{why}"))
}

fn tools(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    if facts.tools.is_empty() {
        return Vec::new();
    }
    let list = facts.tools.iter().map(|(what, tool)| {
        let (name, effect) = (&tool.profile.name, effect(*what, lang));
        let line = say!(lang, en: "{name}: {effect}", zh: "{name}：{effect}");
        if tool.categories.is_empty() {
            return line;
        }
        let data = categories(tool, lang);
        say!(lang, en: "{line}; receives: {data}", zh: "{line}；收到：{data}")
    });
    vec![
        heading(say!(lang, en: "What it can do for you", zh: "它能替你做什么")),
        Part::Text(
            say!(lang, en: "It was seen to use these tools. What you write can leave through them.", zh: "看到它使用过以下工具。你写的内容可能经由工具发出。"),
        ),
        Part::List(list.collect()),
    ]
}

fn how_long(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let retention = facts.or_gap(facts.retention.as_ref(), Gap::Retention);
    let mut list = vec![say!(lang, en: "The operator keeps it: {retention}", zh: "运营者处：{retention}")];
    if facts.logged {
        list.push(say!(lang,
            en: "An encrypted log of the requests is kept, so that faults can be traced. Deleting destroys its keys.",
            zh: "为查明故障，请求另存一份加密日志。删除时会销毁密钥。"));
    }
    list.push(say!(lang, en: "Recipients: see the table above", zh: "接收方处：见上表"));
    vec![heading(say!(lang, en: "How long it is kept", zh: "保存多久")), Part::List(list)]
}

fn rights(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let erase = facts.or_gap(facts.erase.as_ref(), Gap::Erase);
    let contact = facts.or_gap(facts.contact.as_ref(), Gap::Contact);
    let authority = if facts.jurisdictions.contains("CN") {
        say!(lang, en: "You can also complain to the local cyberspace administration.", zh: "也可以向当地网信部门投诉。")
    } else {
        say!(lang, en: "You can also complain to your local data protection authority.", zh: "也可以向所在地的个人信息保护机构投诉。")
    };
    vec![
        heading(
            say!(lang, en: "How to see, delete, withdraw and complain", zh: "怎样查看、删除、撤回和投诉"),
        ),
        Part::List(vec![
            say!(lang, en: "Delete what is stored about you: {erase}", zh: "删除你的信息：{erase}"),
            say!(lang, en: "See or correct it, or withdraw your consent: {contact}", zh: "查看、更正或撤回同意：{contact}"),
            say!(lang, en: "Complain: {contact}. {authority}", zh: "投诉：{contact}。{authority}"),
        ]),
        Part::Text(say!(lang,
            en: "What has already gone to a recipient cannot be recalled from here. Ask the recipient as well.",
            zh: "已经发给接收方的内容，我们无法收回。还需要向接收方提出。")),
    ]
}

fn minors(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let text = match facts.audience {
        Some(Audience::Adults) => say!(lang, en: "For adults only.", zh: "仅供成年人使用。"),
        Some(Audience::Everyone | Audience::Minors) => say!(lang,
            en: "Children need the consent of a parent or guardian before they use it.",
            zh: "未满 14 周岁的，使用前须经监护人同意。"),
        None => Gap::Audience.mark(lang),
    };
    vec![heading(say!(lang, en: "Children", zh: "未成年人")), Part::Text(text)]
}

/// What the notice cannot say, stated to the user too.
fn not_known(facts: &Facts) -> Vec<Part> {
    let lang = facts.lang;
    let mut list = Vec::new();
    for one in facts.others() {
        let name = &one.profile.name;
        let mut gaps = Vec::new();
        if Country(&one.profile.country).is_unknown() {
            gaps.push(say!(lang, en: "where it processes data", zh: "在哪个国家处理"));
        }
        if matches!(one.profile.trains, Trains::Unknown) {
            gaps.push(say!(lang, en: "whether it trains on it", zh: "是否用于训练"));
        }
        if one.profile.retention_days.is_none() {
            gaps.push(say!(lang, en: "how long it keeps it", zh: "保存多久"));
        }
        if !gaps.is_empty() {
            let gaps = gaps.join(&say!(lang, en: ", ", zh: "、"));
            list.push(say!(lang, en: "{name}: {gaps}", zh: "{name}：{gaps}"));
        }
    }
    if list.is_empty() {
        return Vec::new();
    }
    vec![heading(say!(lang, en: "What is not known", zh: "还不清楚的事")), Part::List(list)]
}

fn to_fill_in(facts: &Facts) -> Vec<Part> {
    use ombud_core::Say;
    let lang = facts.lang;
    let gaps = facts.gaps();
    if gaps.is_empty() {
        return Vec::new();
    }
    let list = gaps.iter().map(|gap| {
        let (what, key) = (gap.say(lang), gap.key());
        say!(lang, en: "{what}: `{key}` in ombud.toml", zh: "{what}：ombud.toml 中的 `{key}`")
    });
    vec![
        heading(say!(lang, en: "【TO FILL IN】 before publishing", zh: "【待填】发布前请补全")),
        Part::List(list.collect()),
    ]
}
