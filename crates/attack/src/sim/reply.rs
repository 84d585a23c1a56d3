//! A reply on the OpenAI wire, whole and as a stream.

use serde_json::{Value, json};

/// The model name it reports.
pub(super) const NAME: &str = "ombud-sim";

/// What the model says.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A text.
    Text(String),
    /// Tool calls: name and arguments.
    Calls(Vec<(String, Value)>),
}

impl Reply {
    /// The reply as a whole response. `made` is the number of calls already in the conversation: each gets its own id.
    pub fn completion(&self, made: usize) -> Value {
        let (message, finish) = match self {
            Self::Text(text) => (json!({ "role": "assistant", "content": text }), "stop"),
            Self::Calls(calls) => (
                json!({ "role": "assistant", "content": null, "tool_calls": tool_calls(calls, made) }),
                "tool_calls",
            ),
        };
        json!({
            "id": "chatcmpl-sim", "object": "chat.completion", "created": 0, "model": NAME,
            "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
            "usage": { "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 }
        })
    }

    /// The reply as stream frames, cut every few characters as a real model's tokens are.
    pub fn frames(&self, made: usize) -> Vec<String> {
        let mut frames = Vec::new();
        let finish = match self {
            Self::Text(text) => {
                frames.extend(pieces(text, 4).iter().map(|piece| frame(&json!({ "content": piece }), None)));
                "stop"
            }
            Self::Calls(calls) => {
                let all = tool_calls(calls, made);
                for (index, mut call) in all.into_iter().enumerate() {
                    call["index"] = index.into();
                    let arguments = call["function"]["arguments"].take();
                    call["function"]["arguments"] = "".into();
                    frames.push(frame(&json!({ "tool_calls": [call] }), None));
                    for piece in pieces(arguments.as_str().unwrap_or_default(), 12) {
                        let part = json!({ "index": index, "function": { "arguments": piece } });
                        frames.push(frame(&json!({ "tool_calls": [part] }), None));
                    }
                }
                "tool_calls"
            }
        };
        frames.push(frame(&json!({}), Some(finish)));
        frames.push("data: [DONE]\n\n".to_owned());
        frames
    }
}

/// Splits a text into pieces of this many characters.
pub(super) fn pieces(text: &str, length: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(length).map(|piece| piece.iter().collect()).collect()
}

/// Calls as they appear in a chat completion; `made` is the number of calls already in the conversation.
pub(super) fn tool_calls(calls: &[(String, Value)], made: usize) -> Vec<Value> {
    let numbered = calls.iter().enumerate();
    numbered
        .map(|(index, (name, arguments))| {
            json!({ "id": format!("call_{}", made + index), "type": "function", "function": { "name": name, "arguments": arguments.to_string() } })
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

    #[test]
    fn the_stream_says_the_same() {
        let reply = Reply::Text("hello there".into());
        let said: String = reply
            .frames(0)
            .iter()
            .filter_map(|frame| serde_json::from_str::<Value>(frame.strip_prefix("data: ")?).ok())
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(said, "hello there");
    }
}
