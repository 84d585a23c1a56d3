//! One conversation with tools, written and read in every wire, streamed and not.

use std::fmt::Write as _;

use axum::response::Response;
use serde_json::{Value, json};

use super::harness::{events, json as whole};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Chat,
    Responses,
    Messages,
}

/// One step of a conversation.
#[derive(Debug, Clone)]
pub(crate) enum Turn {
    System(String),
    User(String),
    Model(String),
    /// A call with its result: id, tool, arguments, result.
    Used(&'static str, &'static str, String, String),
}

/// A call that the model requests: id, tool, arguments as written.
pub(crate) type Asked = (&'static str, &'static str, String);

/// What the agent received.
#[derive(Debug, PartialEq)]
pub(crate) struct Got {
    pub(crate) text: String,
    pub(crate) calls: Vec<(String, String, Value)>,
    pub(crate) finish: String,
}

pub(crate) fn user(text: &str) -> Turn {
    Turn::User(text.to_owned())
}

/// A result of a mail tool with this text.
pub(crate) fn mail(text: &str) -> Turn {
    Turn::Used("r1", "read_mail", "{\"id\":\"m1\"}".into(), text.to_owned())
}

impl Wire {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
        }
    }

    /// A request that offers some tools.
    pub(crate) fn request(self, turns: &[Turn], stream: bool) -> String {
        let schema =
            |argument: &str| json!({ "type": "object", "properties": { argument: { "type": "string" } } });
        let names = ["send_mail", "read_mail", "pay_invoice", "list_contacts", "fetch_page"];
        // Their names say everything, except the last one's, which says nothing.
        let names = names.iter().map(|name| (*name, "", schema("to")));
        let names = names.chain([("rolodex", "Looks up whom the user knows.", schema("who"))]);
        let tools: Vec<Value> = names
            .map(|(name, does, schema)| match self {
                Self::Chat => {
                    let function = json!({ "name": name, "description": does, "parameters": schema });
                    json!({ "type": "function", "function": function })
                }
                Self::Responses => {
                    json!({ "type": "function", "name": name, "description": does, "parameters": schema })
                }
                Self::Messages => json!({ "name": name, "description": does, "input_schema": schema }),
            })
            .collect();
        let mut items = Vec::new();
        for turn in turns {
            self.turn(turn, &mut items);
        }
        let field = if self == Self::Responses { "input" } else { "messages" };
        json!({ "model": "m", "max_tokens": 9, "stream": stream, "tools": tools, field: items }).to_string()
    }

    fn turn(self, turn: &Turn, items: &mut Vec<Value>) {
        let said = |role: &str, text: &str| json!({ "role": role, "content": text });
        match (self, turn) {
            (Self::Messages, Turn::System(text)) => {
                items.push(said("user", &format!("<context>{text}</context>")));
            }
            (_, Turn::System(text)) => items.push(said("system", text)),
            (_, Turn::User(text)) => items.push(said("user", text)),
            (_, Turn::Model(text)) => items.push(said("assistant", text)),
            (Self::Chat, Turn::Used(id, tool, arguments, result)) => {
                let call = json!({ "id": id, "type": "function", "function": { "name": tool, "arguments": arguments } });
                items.push(json!({ "role": "assistant", "content": null, "tool_calls": [call] }));
                items.push(json!({ "role": "tool", "tool_call_id": id, "content": result }));
            }
            (Self::Responses, Turn::Used(id, tool, arguments, result)) => {
                items.push(
                    json!({ "type": "function_call", "call_id": id, "name": tool, "arguments": arguments }),
                );
                items.push(json!({ "type": "function_call_output", "call_id": id, "output": result }));
            }
            (Self::Messages, Turn::Used(id, tool, arguments, result)) => {
                let input: Value = serde_json::from_str(arguments).unwrap();
                let used = json!({ "type": "tool_use", "id": id, "name": tool, "input": input });
                items.push(json!({ "role": "assistant", "content": [used] }));
                let result = json!({ "type": "tool_result", "tool_use_id": id, "content": result });
                items.push(json!({ "role": "user", "content": [result] }));
            }
        }
    }

    /// A response with text and tool calls.
    pub(crate) fn answer(self, text: &str, calls: &[Asked], stream: bool, cut: usize) -> Response {
        let body = self.answer_text(text, calls, stream, cut);
        if stream { events(body) } else { whole(body) }
    }

    pub(crate) fn answer_text(self, text: &str, calls: &[Asked], stream: bool, cut: usize) -> String {
        match (self, stream) {
            (Self::Chat, false) => {
                let list: Vec<Value> = calls.iter().map(|(id, name, arguments)| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } })).collect();
                json!({ "id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{ "index": 0, "finish_reason": "tool_calls",
                    "message": { "role": "assistant", "content": text, "tool_calls": list } }] }).to_string()
            }
            (Self::Responses, false) => {
                json!({ "id": "r", "model": "m", "status": "completed", "output": items(text, calls) })
                    .to_string()
            }
            (Self::Messages, false) => {
                let mut content = vec![json!({ "type": "text", "text": text })];
                content.extend(calls.iter().map(|(id, name, arguments)| json!({ "type": "tool_use", "id": id, "name": name, "input": serde_json::from_str::<Value>(arguments).unwrap() })));
                json!({ "id": "m", "type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": "tool_use" }).to_string()
            }
            (Self::Chat, true) => chat_stream(text, calls, cut),
            (Self::Responses, true) => responses_stream(text, calls, cut),
            (Self::Messages, true) => messages_stream(text, calls, cut),
        }
    }

    /// Parses a response as the SDKs do for the agent.
    pub(crate) fn read(self, body: &str, stream: bool) -> Got {
        if stream {
            return self.read_stream(body);
        }
        let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{body}"));
        let (mut text, mut calls) = (String::new(), Vec::new());
        let mut call = |id: &Value, name: &Value, arguments: Value| {
            calls.push((id.as_str().unwrap().to_owned(), name.as_str().unwrap().to_owned(), arguments));
        };
        let parsed =
            |text: &Value| serde_json::from_str(text.as_str().unwrap()).unwrap_or_else(|_| text.clone());
        let finish = match self {
            Self::Chat => {
                let choice = &body["choices"][0];
                text.push_str(choice["message"]["content"].as_str().unwrap_or_default());
                for item in choice["message"]["tool_calls"].as_array().into_iter().flatten() {
                    call(&item["id"], &item["function"]["name"], parsed(&item["function"]["arguments"]));
                }
                choice["finish_reason"].clone()
            }
            Self::Responses => {
                for item in body["output"].as_array().unwrap() {
                    match item["type"].as_str().unwrap() {
                        "message" => text.push_str(item["content"][0]["text"].as_str().unwrap()),
                        _ => call(&item["call_id"], &item["name"], parsed(&item["arguments"])),
                    }
                }
                body["status"].clone()
            }
            Self::Messages => {
                for item in body["content"].as_array().unwrap() {
                    match item["type"].as_str().unwrap() {
                        "text" => text.push_str(item["text"].as_str().unwrap()),
                        _ => call(&item["id"], &item["name"], item["input"].clone()),
                    }
                }
                body["stop_reason"].clone()
            }
        };
        Got { text, calls, finish: finish.as_str().unwrap_or_default().to_owned() }
    }

    fn read_stream(self, body: &str) -> Got {
        let frames: Vec<Value> = body
            .split("\n\n")
            .filter_map(|frame| frame.lines().find_map(|line| line.strip_prefix("data: ")))
            .filter_map(|data| serde_json::from_str(data).ok())
            .collect();
        match self {
            Self::Chat => read_chat_stream(&frames),
            Self::Responses => {
                let numbers: Vec<i64> =
                    frames.iter().filter_map(|frame| frame["sequence_number"].as_i64()).collect();
                assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
                let last = frames.iter().find(|frame| frame["type"] == "response.completed").expect("an end");
                let got = Self::Responses.read(&last["response"].to_string(), false);
                // The streamed text and its repetition at the end must agree.
                let streamed: String = frames
                    .iter()
                    .filter(|frame| frame["type"] == "response.output_text.delta")
                    .map(|frame| frame["delta"].as_str().unwrap())
                    .collect();
                assert_eq!(streamed, got.text);
                let done = frames
                    .iter()
                    .filter(|frame| {
                        frame["type"] == "response.output_item.done"
                            && frame["item"]["type"] == "function_call"
                    })
                    .count();
                assert_eq!(done, got.calls.len());
                let added: Vec<u64> = frames
                    .iter()
                    .filter(|frame| frame["type"] == "response.output_item.added")
                    .map(|frame| frame["output_index"].as_u64().unwrap())
                    .collect();
                assert_eq!(added, (0..added.len() as u64).collect::<Vec<_>>());
                got
            }
            Self::Messages => read_messages_stream(&frames),
        }
    }
}

fn read_chat_stream(frames: &[Value]) -> Got {
    let (mut text, mut finish) = (String::new(), String::new());
    let mut calls: Vec<(String, String, String)> = Vec::new();
    for frame in frames {
        let choice = &frame["choices"][0];
        text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        finish.push_str(choice["finish_reason"].as_str().unwrap_or_default());
        for item in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(item["index"].as_u64().unwrap()).unwrap();
            // As in the SDK: an index is a position in the list, without gaps.
            if index == calls.len() {
                calls.push(Default::default());
            }
            let call = &mut calls[index];
            call.0.push_str(item["id"].as_str().unwrap_or_default());
            call.1.push_str(item["function"]["name"].as_str().unwrap_or_default());
            call.2.push_str(item["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    let calls = calls.into_iter().map(|(id, name, arguments)| {
        let parsed = serde_json::from_str(&arguments).unwrap_or(Value::String(arguments));
        (id, name, parsed)
    });
    Got { text, calls: calls.collect(), finish }
}

fn read_messages_stream(frames: &[Value]) -> Got {
    let (mut blocks, mut finish) = (Vec::<(Value, String)>::new(), String::new());
    for frame in frames {
        let at = usize::try_from(frame["index"].as_u64().unwrap_or_default()).unwrap();
        match frame["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!(at, blocks.len());
                blocks.push((frame["content_block"].clone(), String::new()));
            }
            "content_block_delta" => {
                let text = blocks[at].0["type"] == "text";
                let piece = &frame["delta"][if text { "text" } else { "partial_json" }];
                let piece = piece.as_str().unwrap_or_else(|| panic!("{frame}"));
                blocks[at].1.push_str(piece);
            }
            "message_delta" => finish.push_str(frame["delta"]["stop_reason"].as_str().unwrap()),
            _ => {}
        }
    }
    let text = blocks.iter().filter(|block| block.0["type"] == "text").map(|block| block.1.clone()).collect();
    let uses = blocks.iter().filter(|block| block.0["type"] == "tool_use").map(|(block, input)| {
        let of = |key: &str| block[key].as_str().unwrap().to_owned();
        (of("id"), of("name"), serde_json::from_str(input).unwrap_or(Value::Null))
    });
    Got { text, calls: uses.collect(), finish }
}

fn items(text: &str, calls: &[Asked]) -> Vec<Value> {
    let part = json!({ "type": "output_text", "text": text, "annotations": [] });
    let mut items = vec![
        json!({ "id": "msg", "type": "message", "role": "assistant", "status": "completed", "content": [part] }),
    ];
    items.extend(calls.iter().map(|(id, name, arguments)| json!({ "id": format!("fc_{id}"), "type": "function_call", "call_id": id, "name": name, "arguments": arguments, "status": "completed" })));
    items
}

fn pieces(text: &str, size: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(size.max(1)).map(|piece| piece.iter().collect()).collect()
}

fn chat_stream(text: &str, calls: &[Asked], cut: usize) -> String {
    let mut out = String::new();
    let mut chunk = |delta: Value, finish: Value| {
        write!(out, "data: {}\n\n", json!({ "id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })).unwrap();
    };
    chunk(json!({ "role": "assistant", "content": "" }), Value::Null);
    for piece in pieces(text, cut) {
        chunk(json!({ "content": piece }), Value::Null);
    }
    for (at, (id, name, _)) in calls.iter().enumerate() {
        chunk(
            json!({ "tool_calls": [{ "index": at, "id": id, "type": "function", "function": { "name": name, "arguments": "" } }] }),
            Value::Null,
        );
    }
    let columns: Vec<Vec<String>> = calls.iter().map(|call| pieces(&call.2, cut)).collect();
    for row in 0..columns.iter().map(Vec::len).max().unwrap_or(0) {
        for (at, column) in columns.iter().enumerate() {
            if let Some(piece) = column.get(row) {
                chunk(
                    json!({ "tool_calls": [{ "index": at, "function": { "arguments": piece } }] }),
                    Value::Null,
                );
            }
        }
    }
    chunk(json!({}), json!("tool_calls"));
    out + "data: [DONE]\n\n"
}

fn messages_stream(text: &str, calls: &[Asked], cut: usize) -> String {
    let mut out = String::new();
    let mut event =
        |value: Value| write!(out, "event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap()).unwrap();
    event(json!({ "type": "message_start", "message": { "id": "m", "model": "m", "content": [] } }));
    event(
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
    );
    for piece in pieces(text, cut) {
        event(
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": piece } }),
        );
    }
    event(json!({ "type": "content_block_stop", "index": 0 }));
    for (at, (id, name, arguments)) in calls.iter().enumerate() {
        let at = at + 1;
        event(
            json!({ "type": "content_block_start", "index": at, "content_block": { "type": "tool_use", "id": id, "name": name, "input": {} } }),
        );
        for piece in pieces(arguments, cut) {
            event(
                json!({ "type": "content_block_delta", "index": at, "delta": { "type": "input_json_delta", "partial_json": piece } }),
            );
        }
        event(json!({ "type": "content_block_stop", "index": at }));
    }
    event(
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 3 } }),
    );
    event(json!({ "type": "message_stop" }));
    out
}

fn responses_stream(text: &str, calls: &[Asked], cut: usize) -> String {
    let mut out = String::new();
    let mut number = 0;
    let mut event = |mut value: Value| {
        value["sequence_number"] = number.into();
        number += 1;
        write!(out, "event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap()).unwrap();
    };
    let all = items(text, calls);
    event(
        json!({ "type": "response.created", "response": { "id": "r", "model": "m", "status": "in_progress", "output": [] } }),
    );
    event(
        json!({ "type": "response.output_item.added", "output_index": 0, "item": { "id": "msg", "type": "message", "role": "assistant", "content": [] } }),
    );
    for piece in pieces(text, cut) {
        event(
            json!({ "type": "response.output_text.delta", "item_id": "msg", "output_index": 0, "content_index": 0, "delta": piece }),
        );
    }
    event(
        json!({ "type": "response.output_text.done", "item_id": "msg", "output_index": 0, "content_index": 0, "text": text }),
    );
    event(json!({ "type": "response.output_item.done", "output_index": 0, "item": all[0] }));
    for (at, (id, name, arguments)) in calls.iter().enumerate() {
        let at = at + 1;
        event(
            json!({ "type": "response.output_item.added", "output_index": at, "item": { "id": format!("fc_{id}"), "type": "function_call", "call_id": id, "name": name, "arguments": "", "status": "in_progress" } }),
        );
        for piece in pieces(arguments, cut) {
            event(
                json!({ "type": "response.function_call_arguments.delta", "item_id": format!("fc_{id}"), "output_index": at, "delta": piece }),
            );
        }
        event(
            json!({ "type": "response.function_call_arguments.done", "item_id": format!("fc_{id}"), "output_index": at, "arguments": arguments }),
        );
        event(json!({ "type": "response.output_item.done", "output_index": at, "item": all[at] }));
    }
    event(
        json!({ "type": "response.completed", "response": { "id": "r", "model": "m", "status": "completed", "output": all } }),
    );
    out
}
