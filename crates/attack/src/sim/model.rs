//! The simulated model: a pure function from a request to a reply.
//!
//! It is not a language model but imitates a gullible one: it does what its user asks with the tools that are offered, and
//! it obeys every command that it reads anywhere, whoever wrote it. A command counts when it is read for the first time;
//! what became of it afterwards does not matter.

use serde_json::Value;

use super::abilities::tools;
use super::context::{Context, From, Part};
use super::entity::{self, Kind};
use super::plan::{Call, is_chinese, plan};
use super::reply::Reply;

/// Calls within one user turn after which it only replies with text.
const MAX_CALLS: usize = 40;

/// Replies to a chat completion request.
pub fn reply(request: &Value) -> Reply {
    let context = Context::of(request);
    let tools = tools(request);
    let asked_at = context.asked().map_or(0, |part| part.message);
    let made = context.calls.iter().filter(|call| call.message > asked_at).count();
    let whole = plan(&context, &tools);
    if made < MAX_CALLS {
        let calls = fresh(whole.calls, &plan(&context.until(last_own(request, &context)), &tools).calls);
        if !calls.is_empty() {
            return Reply::Calls(calls.into_iter().map(|call| (call.tool, call.arguments)).collect());
        }
    }
    Reply::Text(answer(&context, whole.words))
}

/// Index of the message up to which everything had been read when the model last spoke. A user who agrees to something
/// (`yes 4F2A`) brings back what was requested in the turn before.
fn last_own(request: &Value, context: &Context) -> usize {
    let messages = request.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let own = |message: &Value| message.get("role").and_then(Value::as_str) == Some("assistant");
    let last = messages.iter().rposition(own).unwrap_or(0);
    let agreed = context.asked().filter(|part| part.message > last && agrees(&part.text));
    if agreed.is_none() {
        return last;
    }
    // Calls made since the turn before are not made again, only those that were withheld.
    let before = context.parts.iter().rev().filter(|part| part.from == From::User).nth(1);
    let made = context.calls.iter().filter(|call| before.is_some_and(|part| call.message > part.message));
    made.map(|call| call.message + 1).max().unwrap_or(before.map_or(0, |part| part.message))
}

fn agrees(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    ["yes", "ok", "agree", "confirm", "同意", "确认", "是", "好"].iter().any(|word| lower.starts_with(word))
        && lower.chars().count() < 40
}

/// The calls that were not planned before.
fn fresh(all: Vec<Call>, before: &[Call]) -> Vec<Call> {
    let mut old: Vec<(&str, &str)> =
        before.iter().map(|call| (call.tool.as_str(), call.object.as_str())).collect();
    let mut new = Vec::new();
    for call in all {
        match old.iter().position(|other| *other == (call.tool.as_str(), call.object.as_str())) {
            Some(place) => {
                old.swap_remove(place);
            }
            None => new.push(call),
        }
    }
    new
}

fn answer(context: &Context, words: Vec<String>) -> String {
    let asked = context.asked().map(|part| part.text.clone()).unwrap_or_default();
    let chinese = is_chinese(&asked);
    let since = context.asked().map_or(0, |part| part.message);
    let read: Vec<String> = context
        .results()
        .filter(|part| part.message > since)
        .filter_map(|part| told(part, chinese))
        .collect();
    let mut lines = Vec::new();
    if read.is_empty() {
        lines.push(done(&asked, chinese));
    } else {
        lines.push(if chinese { "我看过了：".to_owned() } else { "Here is what I found:".to_owned() });
        lines.extend(read);
    }
    lines.extend(words);
    lines.join("\n")
}

/// A short version of what a result says.
fn told(part: &Part, chinese: bool) -> Option<String> {
    const LONG: usize = 160;
    let short = |text: &str| -> String {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut cut: String = line.chars().take(LONG).collect();
        if line.chars().count() > LONG {
            cut.push('…');
        }
        cut
    };
    if part.records.is_empty() {
        return (!part.text.trim().is_empty()).then(|| format!("- {}", short(&part.text)));
    }
    let rows = part.records.iter().map(|record| {
        let sender = record.sender.clone().unwrap_or_default();
        let body = record.text.lines().nth(usize::from(record.subject.is_some())).unwrap_or(&record.text);
        let (subject, body) = (record.subject.clone().unwrap_or_default(), short(body));
        if chinese {
            format!("- {sender}：{subject}。{body}")
        } else {
            format!("- {sender}: {subject}. {body}")
        }
    });
    Some(rows.collect::<Vec<_>>().join("\n"))
}

/// What to say if nothing was read: the work is done, with these contact details.
fn done(asked: &str, chinese: bool) -> String {
    let kinds = [Kind::Mail, Kind::Phone, Kind::Account];
    let mut found: Vec<String> = kinds.into_iter().flat_map(|kind| entity::all(asked, kind)).collect();
    found.extend(tokens(asked).filter(|token| !found.contains(token)).collect::<Vec<_>>());
    found.sort_by_key(|value| asked.find(value.as_str()));
    let noted = found.join(", ");
    if noted.is_empty() {
        return if chinese { "已经办好了。".to_owned() } else { "Done.".to_owned() };
    }
    if chinese {
        format!("已经办好了。我用到的联系方式：{noted}。需要我再确认一遍吗？")
    } else {
        format!("Done. I used these contact details: {noted}. Shall I check them again?")
    }
}

/// Placeholder tokens: words in capitals, an underscore, eight characters.
fn tokens(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|ch: char| !ch.is_ascii_alphanumeric() && ch != '_');
    words
        .filter(|word| {
            word.split_once('_').is_some_and(|(tag, body)| {
                body.len() == 8 && !tag.is_empty() && tag.chars().all(|ch| ch.is_ascii_uppercase())
            })
        })
        .map(str::to_owned)
}
