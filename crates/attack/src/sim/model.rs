//! The simulated model: a pure function from a request to a reply.
//!
//! It is no language model. It does what a helpful one does with a request to write to somebody: it calls the first
//! tool that takes a recipient with the address it read, and afterwards says what it did, repeating the contact data.

use serde_json::{Value, json};

/// The name it answers under.
pub(super) const NAME: &str = "ombud-sim";

/// What it says.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A text.
    Text(String),
    /// Calls of tools: name and arguments.
    Calls(Vec<(String, Value)>),
}

/// Answers a chat completion request.
pub fn reply(request: &Value) -> Reply {
    let messages = request.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let last = messages.last();
    let asked = messages.iter().rev().find(|message| role(message) == "user").map(text).unwrap_or_default();
    if last.is_some_and(|message| role(message) == "user") {
        let calls = calls(request, &asked);
        if !calls.is_empty() {
            return Reply::Calls(calls);
        }
    }
    let contacts: Vec<&str> = words(&asked).filter(|word| is_contact(word)).collect();
    let noted = contacts.join(", ");
    Reply::Text(if is_chinese(&asked) {
        format!("已经办好了。我用到的联系方式：{noted}。需要我再确认一遍吗？")
    } else {
        format!("Done. I used these contact details: {noted}. Shall I check them again?")
    })
}

/// One call for each tool whose parameters the text can fill.
fn calls(request: &Value, asked: &str) -> Vec<(String, Value)> {
    let tools = request.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    tools
        .iter()
        .filter_map(|tool| {
            let function = tool.get("function")?;
            let properties = function.get("parameters")?.get("properties")?.as_object()?;
            let filled: Option<serde_json::Map<String, Value>> =
                properties.keys().map(|name| Some((name.clone(), fill(name, asked)?.into()))).collect();
            Some((function.get("name")?.as_str()?.to_owned(), filled?.into()))
        })
        .collect()
}

/// The value of a parameter: an address for a recipient, the whole request for a text.
fn fill(parameter: &str, asked: &str) -> Option<String> {
    match parameter {
        "to" | "recipient" | "email" => words(asked).find(|word| is_address(word)).map(str::to_owned),
        _ => Some(asked.to_owned()),
    }
}

fn role(message: &Value) -> &str {
    message.get("role").and_then(Value::as_str).unwrap_or_default()
}

/// The text of a message, in string and in part-array form.
fn text(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}

/// Runs of letters, digits and the signs that addresses are made of.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let inside = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '@' | '.' | '_' | '-' | '+');
    text.split(move |ch| !inside(ch))
        .map(|word| word.trim_matches(['.', '-']))
        .filter(|word| !word.is_empty())
}

fn is_address(word: &str) -> bool {
    word.contains('@') || word.starts_with("EMAIL_")
}

/// An address, a long number, or something in capitals that stands for one.
fn is_contact(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let token = word.split_once('_').is_some_and(|(tag, body)| {
        body.len() == 8 && !tag.is_empty() && tag.chars().all(|ch| ch.is_ascii_uppercase())
    });
    is_address(word) || digits >= 7 || token
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|ch| ('\u{4e00}'..='\u{9fff}').contains(&ch))
}

impl Reply {
    /// The reply as a whole answer.
    pub fn completion(&self) -> Value {
        let (message, finish) = match self {
            Self::Text(text) => (json!({ "role": "assistant", "content": text }), "stop"),
            Self::Calls(calls) => (
                json!({ "role": "assistant", "content": null, "tool_calls": tool_calls(calls) }),
                "tool_calls",
            ),
        };
        json!({
            "id": "chatcmpl-sim", "object": "chat.completion", "created": 0, "model": NAME,
            "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
            "usage": { "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 }
        })
    }

    /// The reply as frames of a stream, cut every few characters as a real model's tokens are.
    pub fn frames(&self) -> Vec<String> {
        let mut frames = Vec::new();
        let finish = match self {
            Self::Text(text) => {
                let chars: Vec<char> = text.chars().collect();
                let pieces = chars.chunks(4).map(|piece| piece.iter().collect::<String>());
                frames.extend(pieces.map(|piece| frame(&json!({ "content": piece }), None)));
                "stop"
            }
            Self::Calls(calls) => {
                let all = tool_calls(calls);
                for (index, mut call) in all.into_iter().enumerate() {
                    call["index"] = index.into();
                    frames.push(frame(&json!({ "tool_calls": [call] }), None));
                }
                "tool_calls"
            }
        };
        frames.push(frame(&json!({}), Some(finish)));
        frames.push("data: [DONE]\n\n".to_owned());
        frames
    }
}

fn tool_calls(calls: &[(String, Value)]) -> Vec<Value> {
    let numbered = calls.iter().enumerate();
    numbered
        .map(|(index, (name, arguments))| {
            json!({ "id": format!("call_{index}"), "type": "function", "function": { "name": name, "arguments": arguments.to_string() } })
        })
        .collect()
}

fn frame(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({
        "id": "chatcmpl-sim", "object": "chat.completion.chunk", "created": 0, "model": NAME,
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }]
    });
    format!("data: {chunk}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content: &str) -> Value {
        json!({
            "messages": [{ "role": "user", "content": content }],
            "tools": [{ "type": "function", "function": { "name": "send_mail", "parameters": {
                "type": "object", "properties": { "to": { "type": "string" }, "body": { "type": "string" } } } } }]
        })
    }

    #[test]
    fn it_writes_to_the_address_it_reads() {
        for address in ["li@example.com", "EMAIL_7Q2K4M8N"] {
            let Reply::Calls(calls) = reply(&request(&format!("请写信给{address}，我周五搬家")))
            else {
                panic!()
            };
            assert_eq!(calls[0].1["to"], address);
        }
    }

    #[test]
    fn without_an_address_it_answers_and_repeats_what_it_read() {
        let Reply::Text(text) = reply(&request("my number is PHONE_7Q2K4M8N")) else { panic!() };
        assert!(text.contains("PHONE_7Q2K4M8N"), "{text}");
    }

    #[test]
    fn the_stream_says_the_same() {
        let reply = Reply::Text("hello there".into());
        let said: String = reply
            .frames()
            .iter()
            .filter_map(|frame| serde_json::from_str::<Value>(frame.strip_prefix("data: ")?).ok())
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(said, "hello there");
    }
}
