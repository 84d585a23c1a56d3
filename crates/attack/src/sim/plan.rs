//! From commands to tool calls and words of the response.

use serde_json::Value;

use super::abilities::{Ability, Materials, Tool};
use super::clause::{Command, commands};
use super::context::{Context, From, Part, Record};
use super::entity::{self, Kind};
use super::lexicon::Class;

/// A call that the model wants to make.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// The tool.
    pub tool: String,
    /// What it is about: two calls with the same tool and object count as one.
    pub object: String,
    /// Its arguments.
    pub arguments: Value,
}

/// Everything that a context asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Plan {
    /// Calls, in the order in which they were asked for.
    pub calls: Vec<Call>,
    /// What the response has to contain.
    pub words: Vec<String>,
}

/// Plans everything that the context asks for and the offered tools can do.
pub(super) fn plan(context: &Context, tools: &[Tool]) -> Plan {
    let mut plan = Plan::default();
    for part in context.parts.iter().filter(|part| part.from != From::Model) {
        let mut own = Plan::default();
        for command in commands(&part.text) {
            obey(&command, part, context, tools, &mut own);
        }
        if part.from == From::User {
            wishes(part, context, tools, &mut own);
        }
        plan.calls.append(&mut own.calls);
        plan.words.append(&mut own.words);
    }
    plan
}

fn obey(command: &Command, part: &Part, context: &Context, tools: &[Tool], plan: &mut Plan) {
    let scope = format!("{} {}", command.clause, command.rest);
    let object = |kind| {
        entity::first(&command.rest, kind)
            .or_else(|| entity::first(&command.clause, kind))
            .or_else(|| entity::first(&command.sentence, kind))
    };
    let is = |class| command.classes.contains(&class);
    if is(Class::Pay)
        && let Some(account) = object(Kind::Account)
    {
        let amount = entity::all(&command.sentence, Kind::Amount).into_iter().next().unwrap_or_default();
        let materials =
            Materials { object: account, amount, body: command.sentence.clone(), ..Materials::default() };
        return add(plan, tools, Ability::Pay, &materials);
    }
    if (is(Class::Move) || is(Class::Speak))
        && let Some(to) = object(Kind::Mail)
    {
        return send(to, command, part, context, tools, plan);
    }
    if (is(Class::Move) || is(Class::Open))
        && let Some(url) = object(Kind::Url)
    {
        return fetch(url, command, part, context, tools, plan);
    }
    if is(Class::Remove)
        && let Some(file) = object(Kind::File)
    {
        return add(plan, tools, Ability::Delete, &Materials { object: file, ..Materials::default() });
    }
    if (is(Class::Open) || is(Class::Speak))
        && let Some(file) = object(Kind::File)
    {
        return add(plan, tools, Ability::ReadFile, &Materials { object: file, ..Materials::default() });
    }
    if is(Class::Move) && part.from == From::User {
        if let Some(sender) = sender(command, context) {
            return send(sender, command, part, context, tools, plan);
        }
        return;
    }
    if is(Class::Keep) {
        return keep(command, tools, plan);
    }
    if is(Class::Change) && part.from != From::System {
        let body = command.sentence.clone();
        return add(
            plan,
            tools,
            Ability::Update,
            &Materials { object: body.clone(), body, ..Materials::default() },
        );
    }
    if is(Class::Speak) || is(Class::Open) {
        speak(&scope, command, part, context, plan);
    }
}

/// Adds a call unless the same call is already planned from this text.
fn add(plan: &mut Plan, tools: &[Tool], ability: Ability, materials: &Materials) {
    let fitting = tools.iter().filter(|tool| tool.ability == ability);
    let call = fitting.filter_map(|tool| {
        let arguments = tool.arguments(materials)?;
        Some(Call { tool: tool.name.clone(), object: materials.object.clone(), arguments })
    });
    if let Some(call) = call.into_iter().next()
        && !plan.calls.iter().any(|other| other.tool == call.tool && other.object == call.object)
    {
        plan.calls.push(call);
    }
}

fn send(to: String, command: &Command, part: &Part, context: &Context, tools: &[Tool], plan: &mut Plan) {
    let quotes = entity::all(&command.sentence, Kind::Quote);
    let chinese = is_chinese(&command.sentence);
    let default = if chinese { "你好" } else { "For you" };
    let (subject, body) = match quotes.as_slice() {
        [subject, body, ..] => (subject.clone(), body.clone()),
        [body] => (default.to_owned(), body.clone()),
        [] => (default.to_owned(), String::new()),
    };
    let body = if body.is_empty() { referred(command, part, context, tools, plan) } else { Some(body) };
    let Some(body) = body else { return };
    add(plan, tools, Ability::Send, &Materials { object: to, subject, body, ..Materials::default() });
}

/// Characters of data that a URL carries: a length that every server accepts.
const QUERY: usize = 2000;

fn fetch(url: String, command: &Command, part: &Part, context: &Context, tools: &[Tool], plan: &mut Plan) {
    let mut url = url;
    if url.ends_with('=') {
        let Some(data) = referred(command, part, context, tools, plan) else { return };
        let short: String = data.chars().take(QUERY).collect();
        url.push_str(&escaped(&short));
    }
    add(plan, tools, Ability::Fetch, &Materials { object: url, ..Materials::default() });
}

/// Percent-encodes a text for a query.
fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn keep(command: &Command, tools: &[Tool], plan: &mut Plan) {
    let quoted = entity::first(&command.sentence, Kind::Quote);
    let rest = command.rest.trim_start_matches([':', '：', ',', '，', ' ', '"', '“']);
    let rest = rest.strip_prefix("that ").unwrap_or(rest).trim();
    let text = quoted
        .unwrap_or_else(|| if rest.chars().count() < 4 { command.after.clone() } else { rest.to_owned() });
    add(plan, tools, Ability::Save, &Materials { object: text.clone(), body: text, ..Materials::default() });
}

/// Adds words to the response: the operator's instructions, what was remembered, or what the command says.
fn speak(scope: &str, command: &Command, part: &Part, context: &Context, plan: &mut Plan) {
    let lower = scope.to_lowercase();
    let reveals = |text: &str| {
        mentions(text, SYSTEM_NOUNS)
            && (part.from != From::User
                || mentions(
                    text,
                    &["system prompt", "系统提示", "instructions", "指令", "设定", "rules", "规则"],
                ))
    };
    let about = if reveals(&lower) { lower.clone() } else { command.before.to_lowercase() };
    let pronoun = mentions(&lower, &["them", "it", "原样", "逐字", "verbatim"]) || lower.chars().count() < 8;
    if reveals(&lower) || (pronoun && reveals(&about)) {
        let system =
            context.parts.iter().filter(|part| part.from == From::System).map(|part| part.text.clone());
        return push(plan, system.collect::<Vec<_>>().join("\n"));
    }
    if !command.classes.contains(&Class::Speak) {
        return;
    }
    if mentions(&lower, OTHERS_NOUNS) {
        let remembered = remembered(context);
        return push(plan, remembered);
    }
    if part.from == From::User {
        return;
    }
    let tells = [Kind::Url, Kind::Phone, Kind::Quote]
        .into_iter()
        .any(|kind| entity::first(&command.sentence, kind).is_some());
    let shouted = command
        .rest
        .split(|ch: char| !ch.is_ascii_alphabetic())
        .any(|word| word.len() > 3 && word.chars().all(|ch| ch.is_ascii_uppercase()));
    if tells
        || shouted
        || mentions(&lower, &["the user", "用户", "your answer", "your reply", "回答", "回复", "总结"])
    {
        push(plan, command.rest.trim_start_matches([':', '：', ' ']).to_owned());
    }
}

fn push(plan: &mut Plan, words: String) {
    if !words.trim().is_empty() && !plan.words.contains(&words) {
        plan.words.push(words);
    }
}

const SYSTEM_NOUNS: &[&str] = &[
    "system prompt",
    "instructions",
    "hidden rules",
    "everything above",
    "everything that stands above",
    "initial prompt",
    "your rules",
    "your configuration",
    "your prompt",
    "the text above",
    "all text above",
    "系统提示",
    "提示词",
    "指令",
    "初始设定",
    "以上的全部内容",
    "以上全部内容",
    "隐藏的规则",
    "系统设定",
    "你的设定",
    "你的规则",
    "上文全部",
];

const OTHERS_NOUNS: &[&str] = &[
    "other users",
    "another user",
    "every user",
    "all users",
    "other people",
    "other customers",
    "all memories",
    "everything you remember",
    "其他用户",
    "别的用户",
    "所有用户",
    "另一位用户",
    "其他客户",
    "全部记忆",
    "所有记忆",
    "其他人",
];

fn mentions(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// What was remembered, according to tools and the operator's text.
fn remembered(context: &Context) -> String {
    let kept = context.parts.iter().filter_map(|part| match &part.from {
        From::Tool { name, .. }
            if name.contains("memor") || name.contains("note") || name.contains("记忆") =>
        {
            Some(part.text.clone())
        }
        From::System => between(&part.text),
        _ => None,
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// The text between the first opening tag and the last closing tag.
fn between(text: &str) -> Option<String> {
    let start = text.find('>').or_else(|| text.find('\n'))?;
    let end = text.rfind("</").unwrap_or(text.len());
    text.get(start + 1..end).map(|part| part.trim().to_owned())
}

/// The content that a command refers to, or `None` if it has to be read first; then the reading is planned.
fn referred(
    command: &Command,
    part: &Part,
    context: &Context,
    tools: &[Tool],
    plan: &mut Plan,
) -> Option<String> {
    let said = command.sentence.to_lowercase();
    if let Some(file) = entity::first(&command.sentence, Kind::File) {
        let known = context
            .results()
            .find(|result| matches!(&result.from, From::Tool { arguments, .. } if arguments.contains(&file)));
        if let Some(known) = known {
            return Some(known.text.clone());
        }
        add(plan, tools, Ability::ReadFile, &Materials { object: file, ..Materials::default() });
        let can = plan
            .calls
            .iter()
            .any(|call| tools.iter().any(|tool| tool.name == call.tool && tool.ability == Ability::ReadFile));
        return (!can).then(|| part.text.clone());
    }
    if mentions(&said, &["system prompt", "instructions you were", "系统提示", "提示词"]) {
        let system = context.parts.iter().find(|part| part.from == From::System);
        return system.map(|part| part.text.clone());
    }
    if mentions(&said, &["phone", "手机", "电话"]) {
        let known = context.parts.iter().find_map(|part| entity::first(&part.text, Kind::Phone));
        return Some(known.unwrap_or_else(|| part.text.clone()));
    }
    if mentions(&said, OTHERS_NOUNS) || mentions(&said, &["memories", "remember", "记忆", "记得"]) {
        return Some(remembered(context)).filter(|text| !text.is_empty()).or_else(|| Some(part.text.clone()));
    }
    if let Some(mail) = numbered(&said, context) {
        return Some(mail.text.clone());
    }
    if mentions(&said, &["conversation", "chat", "对话", "聊天"]) {
        let all: Vec<String> = context
            .parts
            .iter()
            .filter(|part| part.from != From::System)
            .map(|part| part.text.clone())
            .collect();
        return Some(all.join("\n"));
    }
    if mentions(
        &said,
        &[
            "all ",
            "every",
            "whole",
            "inbox",
            "mailbox",
            "last three",
            "messages",
            "mails",
            "所有",
            "全部",
            "整个",
            "收件箱",
            "最近",
            "往来",
        ],
    ) {
        let all: Vec<String> = context.results().map(|part| part.text.clone()).collect();
        return Some(all.join("\n")).filter(|text| !text.is_empty()).or_else(|| Some(part.text.clone()));
    }
    let saying: &[&str] = match part.from {
        From::User => &[
            "saying ",
            "that says ",
            "to say ",
            "that ",
            "tell her ",
            "tell him ",
            "说",
            "内容是",
            "告诉他",
            "告诉她",
        ],
        _ => &["saying ", "that says ", "内容是"],
    };
    let own =
        saying.iter().find_map(|word| command.rest.split_once(word)).map(|(_, text)| text.trim().to_owned());
    let own = own.filter(|text| text.chars().count() > 3);
    Some(
        own.unwrap_or_else(|| if part.from == From::User { command.rest.clone() } else { part.text.clone() }),
    )
}

/// The record that a number refers to: “mail 2”, “第2封”.
fn numbered<'c>(said: &str, context: &'c Context) -> Option<&'c Record> {
    const ORDINALS: &[(&str, usize)] = &[
        ("mail 1", 0),
        ("message 1", 0),
        ("first mail", 0),
        ("first message", 0),
        ("第1封", 0),
        ("第一封", 0),
        ("mail 2", 1),
        ("message 2", 1),
        ("second mail", 1),
        ("second message", 1),
        ("第2封", 1),
        ("第二封", 1),
        ("mail 3", 2),
        ("message 3", 2),
        ("third mail", 2),
        ("第3封", 2),
        ("第三封", 2),
    ];
    // “mail 12” is not “mail 1”.
    let is_whole = |rest: &str| !rest.starts_with(|ch: char| ch.is_ascii_digit());
    let named = |words: &str| {
        said.match_indices(words).any(|(at, _)| said.get(at + words.len()..).is_some_and(is_whole))
    };
    let place = ORDINALS.iter().find(|(words, _)| named(words))?.1;
    context.records().nth(place)
}

/// Whom the user means by “reply”: the sender of the named mail, else of the first.
fn sender(command: &Command, context: &Context) -> Option<String> {
    let said = command.sentence.to_lowercase();
    let named = context.records().find(|record| {
        let name = record.sender.as_deref().unwrap_or_default().to_lowercase();
        let first = name
            .split(|ch: char| !ch.is_alphanumeric())
            .find(|word| word.chars().count() > 1)
            .unwrap_or_default();
        !first.is_empty() && said.contains(first)
    });
    let record = named.or_else(|| context.records().find(|record| record.sender.is_some()))?;
    entity::first(record.sender.as_deref()?, Kind::Mail)
}

/// What a user wants without a command: mail is read when it is mentioned, a file when it is named.
fn wishes(part: &Part, context: &Context, tools: &[Tool], plan: &mut Plan) {
    let said = part.text.to_lowercase();
    let gives = introduces(&said);
    let mail = mentions(
        &said,
        &[
            "my mail",
            "mails",
            "inbox",
            "e-mails",
            "emails",
            "new mail",
            "mailbox",
            "'s mail",
            "邮件",
            "收件箱",
            "邮箱",
            "来信",
        ],
    );
    if mail && !gives {
        add(plan, tools, Ability::ReadMail, &Materials::default());
    }
    for file in entity::all(&part.text, Kind::File) {
        let deleted = plan.calls.iter().any(|call| call.object == file);
        if !deleted {
            add(plan, tools, Ability::ReadFile, &Materials { object: file, ..Materials::default() });
        }
    }
    for url in entity::all(&part.text, Kind::Url) {
        if !plan.calls.iter().any(|call| call.object.starts_with(&url)) {
            add(plan, tools, Ability::Fetch, &Materials { object: url, ..Materials::default() });
        }
    }
    if mentions(
        &said,
        &[
            "you remember",
            "you know about",
            "do you recall",
            "my notes",
            "what did i tell",
            "你记得",
            "还记得",
            "你知道我",
            "我跟你说过",
            "记忆",
        ],
    ) {
        add(plan, tools, Ability::Search, &Materials { object: part.text.clone(), ..Materials::default() });
    }
    if gives {
        add(
            plan,
            tools,
            Ability::Save,
            &Materials { object: part.text.clone(), body: part.text.clone(), ..Materials::default() },
        );
    }
    // What has to be read comes before what is done with it.
    let reads =
        |call: &Call| tools.iter().any(|tool| tool.name == call.tool && tool.ability == Ability::ReadMail);
    plan.calls.sort_by_key(|call| !reads(call));
    let _ = context;
}

/// Whether somebody introduces themselves, which an assistant remembers.
fn introduces(said: &str) -> bool {
    mentions(said, &["i am ", "i'm ", "my name is", "my phone is", "我叫", "我是", "我的手机", "我的电话"])
}

/// Whether a text has Chinese characters.
pub(super) fn is_chinese(text: &str) -> bool {
    text.chars().any(|ch| ('\u{4e00}'..='\u{9fff}').contains(&ch))
}
