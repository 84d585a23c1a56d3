//! What the demonstration shows of the output of commands and of the requests.

use std::path::Path;

use anyhow::Result;
use bytes::Bytes;
use ombud_core::event::EventKind;
use ombud_core::{Lang, say};
use ombud_ledger::read::{Contents, Reader};
use serde_json::Value;

use crate::log;

/// What the user says. The numbers are well-formed and belong to nobody.
pub(super) fn message(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "请写信给 fangdong@example.com：我周五搬家，电话 13912345678。请记住：我周五搬家。",
        Lang::En => "Write to landlord@example.com: I move in on Friday, my phone is (415) 555-0132.",
    }
}

/// The finding of a rule: from its first line to the empty line after it.
pub(super) fn finding(text: &str, rule: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.contains(rule));
    let found: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    found.join("\n")
}

/// The first lines that are not empty.
pub(super) fn first(text: &str, count: usize) -> String {
    text.lines().filter(|line| !line.trim().is_empty()).take(count).collect::<Vec<_>>().join("\n")
}

/// The last paragraph: a command's summary.
pub(super) fn closing(text: &str) -> &str {
    text.trim_end().rsplit("\n\n").next().unwrap_or_default()
}

/// A request as the log holds it: what the agent sent and what left.
pub(super) struct Sent {
    original: Vec<u8>,
    left: Vec<u8>,
}

/// The requests in the log of a home.
pub(super) async fn sent(home: &Path) -> Result<Vec<Sent>> {
    let mut reader = Reader::open(home).await?;
    let mut found = Vec::new();
    for record in reader.newest(100).await? {
        let request = record.event.as_ref().is_some_and(|event| matches!(event.kind, EventKind::Request(_)));
        if !request {
            continue;
        }
        if let Contents::Parts(parts) = reader.contents(&record).await?
            && let [original, patches] = parts.as_slice()
        {
            found.push(Sent { original: original.to_vec(), left: log::patched(original, patches) });
        }
    }
    Ok(found)
}

/// Every message of the longest request that was changed, as the agent sent it and as the provider received it. With the
/// simulated provider the second is what it really received, not what the log says.
pub(super) fn side_by_side(requests: &[Sent], received: &[Bytes], lang: Lang) -> String {
    let Some(longest) = requests.iter().max_by_key(|sent| sent.original.len()) else { return String::new() };
    let arrived = received.iter().find(|body| body.len() == longest.left.len()).map(|body| body.to_vec());
    let (sent, got) = (lines(&longest.original), lines(&arrived.unwrap_or_else(|| longest.left.clone())));
    let mut out = Vec::new();
    for ((who, sent), (_, got)) in sent.iter().zip(&got).filter(|((_, sent), (_, got))| sent != got) {
        let (sent, got) = (short(sent), short(got));
        let who = speaker(who, lang);
        out.push(say!(lang, en: "{who:<9} sent      {sent}", zh: "{who}      发出  {sent}"));
        out.push(say!(lang, en: "          received  {got}", zh: "          收到  {got}"));
    }
    out.join("\n")
}

/// The speaker. In Chinese each has two characters, which are as wide as four.
fn speaker(role: &str, lang: Lang) -> &str {
    match (lang, role) {
        (Lang::Zh, "user") => "用户",
        (Lang::Zh, "assistant") => "助手",
        (Lang::Zh, "system" | "developer") => "系统",
        (Lang::Zh, "tool") => "工具",
        (Lang::Zh, "call") => "调用",
        (_, role) => role,
    }
}

/// One line of at most this many characters: what models and tools say can have any length.
fn short(text: &str) -> String {
    const MOST: usize = 110;
    let line: String = text.chars().map(|ch| if ch.is_control() { ' ' } else { ch }).collect();
    if line.chars().count() <= MOST {
        return line;
    }
    line.chars().take(MOST).chain(['…']).collect()
}

/// Role and text of every message of a request.
fn lines(body: &[u8]) -> Vec<(String, String)> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = request.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut found = Vec::new();
    for message in &messages {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        if let Some(text) = message.get("content").and_then(Value::as_str) {
            found.push((role.to_owned(), text.to_owned()));
        }
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            let function = call.get("function").cloned().unwrap_or_default();
            let part = |key: &str| function.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            found.push(("call".to_owned(), format!("{} {}", part("name"), part("arguments"))));
        }
    }
    found
}
