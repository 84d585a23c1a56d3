//! Words and calls of a response, whole or streamed, on the three wires.

use std::collections::BTreeMap;

use serde_json::Value;

use super::trace::Call;

/// What a model said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spoken {
    /// The words.
    pub text: String,
    /// The calls.
    pub calls: Vec<Call>,
}

/// Reads a response. One that cannot be read counts as empty.
pub(super) fn read(body: &[u8], streamed: bool) -> Spoken {
    let text = String::from_utf8_lossy(body);
    if streamed {
        stream(&text)
    } else {
        serde_json::from_str(&text).map(|value| whole(&value)).unwrap_or_default()
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn id(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn whole(value: &Value) -> Spoken {
    let mut spoken = Spoken::default();
    for message in list(value, "choices").iter().filter_map(|choice| choice.get("message")) {
        spoken.text += &text(message, "content");
        for call in list(message, "tool_calls") {
            let function = call.get("function").unwrap_or(call);
            spoken.calls.push(Call {
                id: id(call, "id"),
                tool: text(function, "name"),
                arguments: text(function, "arguments"),
            });
        }
    }
    list(value, "content").iter().chain(list(value, "output")).for_each(|item| block(item, &mut spoken));
    spoken
}

/// Reads a block of an Anthropic message, or an item of an OpenAI response.
fn block(item: &Value, spoken: &mut Spoken) {
    match text(item, "type").as_str() {
        "text" => spoken.text += &text(item, "text"),
        "message" => list(item, "content").iter().for_each(|part| spoken.text += &text(part, "text")),
        "tool_use" => {
            let arguments = item.get("input").map(Value::to_string).unwrap_or_default();
            spoken.calls.push(Call { id: id(item, "id"), tool: text(item, "name"), arguments });
        }
        "function_call" => {
            spoken.calls.push(Call {
                id: id(item, "call_id"),
                tool: text(item, "name"),
                arguments: text(item, "arguments"),
            });
        }
        _ => {}
    }
}

fn stream(body: &str) -> Spoken {
    let mut spoken = Spoken::default();
    let mut calls: BTreeMap<u64, Call> = BTreeMap::new();
    let frames = body
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?.trim()).ok());
    for frame in frames {
        for delta in list(&frame, "choices").iter().filter_map(|choice| choice.get("delta")) {
            spoken.text += &text(delta, "content");
            for part in list(delta, "tool_calls") {
                let function = part.get("function").unwrap_or(part);
                let call =
                    calls.entry(part.get("index").and_then(Value::as_u64).unwrap_or_default()).or_default();
                call.id = id(part, "id").or_else(|| call.id.take());
                call.tool += &text(function, "name");
                call.arguments += &text(function, "arguments");
            }
        }
        event(&frame, &mut spoken, &mut calls);
    }
    spoken.calls.extend(calls.into_values());
    spoken
}

fn event(frame: &Value, spoken: &mut Spoken, calls: &mut BTreeMap<u64, Call>) {
    let index = frame.get("index").and_then(Value::as_u64).unwrap_or_default();
    match text(frame, "type").as_str() {
        "content_block_start" => {
            if let Some(item) = frame.get("content_block").filter(|item| text(item, "type") == "tool_use") {
                calls.insert(
                    index,
                    Call { id: id(item, "id"), tool: text(item, "name"), arguments: String::new() },
                );
            }
        }
        "content_block_delta" => {
            if let Some(delta) = frame.get("delta") {
                spoken.text += &text(delta, "text");
                if let Some(call) = calls.get_mut(&index) {
                    call.arguments += &text(delta, "partial_json");
                }
            }
        }
        "response.output_item.done" => {
            if let Some(item) = frame.get("item") {
                block(item, spoken);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_is_read() {
        let call = |id: &str| Call { id: Some(id.into()), tool: "pay".into(), arguments: "{\"n\":1}".into() };
        for (streamed, body) in [
            (
                false,
                r#"{"choices":[{"message":{"content":"hi","tool_calls":[{"id":"c","function":{"name":"pay","arguments":"{\"n\":1}"}}]}}]}"#,
            ),
            (
                false,
                r#"{"content":[{"type":"text","text":"hi"},{"type":"tool_use","id":"c","name":"pay","input":{"n":1}}]}"#,
            ),
            (
                false,
                r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]},{"type":"function_call","call_id":"c","name":"pay","arguments":"{\"n\":1}"}]}"#,
            ),
            (
                true,
                "data: {\"choices\":[{\"delta\":{\"content\":\"h\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"i\",\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"pay\",\"arguments\":\"{\\\"n\\\"\"}}]}}]}\n\ndata: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}}]}\n\ndata: [DONE]\n\n",
            ),
            (
                true,
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"text\":\"hi\"}}\n\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"pay\"}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"partial_json\":\"{\\\"n\\\":1}\"}}\n\n",
            ),
        ] {
            let spoken = read(body.as_bytes(), streamed);
            assert_eq!((spoken.text.as_str(), spoken.calls), ("hi", vec![call("c")]), "{body}");
        }
        assert_eq!(read(b"\xff<html>", false), Spoken::default());
    }
}
