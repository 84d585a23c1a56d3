//! Translates requests of other wires into the chat completion request that the simulated model reads.

use serde_json::{Value, json};

/// Translates a request of Anthropic's Messages API.
pub(super) fn messages(request: &Value) -> Value {
    let mut all = Vec::new();
    said(&mut all, "system", request.get("system"));
    for message in list(request.get("messages")) {
        let (role, content) = (text(message, "role"), message.get("content"));
        // Tool results come before the words of the same message, since the calls were made earlier.
        for block in list(content) {
            match text(block, "type") {
                "tool_use" => {
                    let arguments = block.get("input").map(Value::to_string).unwrap_or_default();
                    all.push(call(text(block, "id"), block, &arguments));
                }
                kind if kind.ends_with("tool_result") => {
                    all.push(result(text(block, "tool_use_id"), block.get("content")));
                }
                _ => {}
            }
        }
        said(&mut all, role, content);
    }
    with_tools(request, all, "input_schema")
}

/// Translates a request of OpenAI's Responses API; its messages follow those of the conversation it continues.
pub(super) fn responses(request: &Value, mut before: Vec<Value>) -> Value {
    said(&mut before, "system", request.get("instructions"));
    if request.get("input").is_some_and(Value::is_string) {
        said(&mut before, "user", request.get("input"));
    }
    for item in list(request.get("input")) {
        match text(item, "type") {
            "function_call" => {
                before.push(call(text(item, "call_id"), item, text(item, "arguments")));
            }
            kind if kind.ends_with("_output") => {
                before.push(result(text(item, "call_id"), item.get("output")));
            }
            _ => said(&mut before, text(item, "role"), item.get("content")),
        }
    }
    with_tools(request, before, "parameters")
}

/// Translates a request of the legacy completions API: one text without roles.
pub(super) fn completions(request: &Value) -> Value {
    let mut all = Vec::new();
    said(&mut all, "user", request.get("prompt"));
    json!({ "messages": all })
}

/// The texts to embed; an array of token numbers counts as one text.
pub(super) fn embedded(request: &Value) -> Vec<String> {
    match request.get("input") {
        Some(Value::Array(items)) if !items.iter().all(Value::is_number) => {
            items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
        }
        Some(input) => vec![input.as_str().map_or_else(|| input.to_string(), str::to_owned)],
        None => Vec::new(),
    }
}

fn with_tools(request: &Value, messages: Vec<Value>, schema: &str) -> Value {
    let tools: Vec<Value> = list(request.get("tools"))
        .map(|tool| json!({ "name": tool["name"], "description": tool["description"], "parameters": tool[schema] }))
        .collect();
    let mut chat = json!({ "tools": tools });
    chat["messages"] = messages.into();
    chat
}

/// Adds what somebody said, unless it is empty.
fn said(all: &mut Vec<Value>, role: &str, content: Option<&Value>) {
    let text = words(content);
    if !text.is_empty() {
        all.push(json!({ "role": role, "content": text }));
    }
}

fn call(id: &str, named: &Value, arguments: &str) -> Value {
    json!({ "role": "assistant", "tool_calls": [{ "id": id, "function": { "name": named["name"], "arguments": arguments } }] })
}

fn result(id: &str, content: Option<&Value>) -> Value {
    json!({ "role": "tool", "tool_call_id": id, "content": words(content) })
}

/// A text, or the joined texts of its parts.
fn words(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        parts => list(parts)
            .map(|part| text(part, "text"))
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
