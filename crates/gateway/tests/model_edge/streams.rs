//! Streamed responses, split in every way.

use std::fmt::Write as _;

use bytes::Bytes;
use futures_util::StreamExt;
use ombud_core::event::EventKind;
use ombud_core::gate::Gate;
use rstest::rstest;
use serde_json::{Value, json};

use super::harness::*;

/// Splits a text into pieces of `size` characters.
fn pieces(text: &str, size: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(size).map(|piece| piece.iter().collect()).collect()
}

/// A gateway that only observes calls: when it asks is tested elsewhere.
async fn observing(script: impl Fn(&str, &Bytes) -> axum::response::Response + Send + Sync + 'static) -> Rig {
    Rig::with(script, |config| config.tools.mode = Some(Gate::Observe)).await
}

fn chat_stream(text: &str, size: usize) -> String {
    let mut out = String::from(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
    );
    for piece in pieces(text, size) {
        write!(
            out,
            "data: {}\n\n",
            json!({ "id": "c", "choices": [{ "index": 0, "delta": { "content": piece } }] })
        )
        .unwrap();
    }
    out + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
}

/// Returns the data of every frame, as JSON.
fn frames(text: &str) -> Vec<Value> {
    text.split("\n\n")
        .filter_map(|frame| frame.lines().find_map(|line| line.strip_prefix("data: ")))
        .filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

fn joined(frames: &[Value], pointer: &str) -> String {
    frames.iter().filter_map(|frame| frame.pointer(pointer).and_then(Value::as_str)).collect()
}

fn streamed(path: &str) -> String {
    let message = json!([{ "role": "user", "content": format!("{PHONE} {EMAIL}") }]);
    let field = if path.ends_with("responses") { "input" } else { "messages" };
    json!({ "model": "m", "stream": true, field: message }).to_string()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn chat_text_is_restored_however_it_is_cut(#[values(1, 2, 3, 5, 7, 11, 40)] size: usize) {
    let rig = Rig::new(move |_, body| {
        let body = String::from_utf8_lossy(body).into_owned();
        let text = format!(
            "打给{}，写信给 **{}**。PHO",
            token(&body, "PHONE"),
            token(&body, "EMAIL").to_lowercase()
        );
        events(chat_stream(&text, size))
    })
    .await;
    let answer =
        rig.post("/v1/chat/completions", streamed("/v1/chat/completions")).await.text().await.unwrap();
    assert_eq!(
        joined(&frames(&answer), "/choices/0/delta/content"),
        format!("打给{PHONE}，写信给 **{EMAIL}**。PHO")
    );
    assert!(answer.ends_with("data: [DONE]\n\n"));
    let record = rig.answer_record().await;
    assert_eq!((record.complete, record.restored, record.finish.as_deref()), (true, 2, Some("stop")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn chat_tool_calls_are_held_restored_and_recorded(#[values(1, 4, 9, 100)] size: usize) {
    let rig = observing(move |_, body| {
        let body = String::from_utf8_lossy(body).into_owned();
        let arguments = format!("{{\"to\": \"{}\"}}", token(&body, "EMAIL"));
        let mut out = format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [{ "index": 0, "id": "call_1", "type": "function", "function": { "name": "send_mail", "arguments": "" } }] } }] }));
        for piece in pieces(&arguments, size) {
            write!(out, "data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [{ "index": 0, "function": { "arguments": piece } }] } }] })).unwrap();
        }
        events(out + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n")
    })
    .await;
    let answer =
        rig.post("/v1/chat/completions", streamed("/v1/chat/completions")).await.text().await.unwrap();
    let arguments = joined(&frames(&answer), "/choices/0/delta/tool_calls/0/function/arguments");
    assert_eq!(serde_json::from_str::<Value>(&arguments).unwrap(), json!({ "to": EMAIL }));
    let event = rig.logged(|event| matches!(event.kind, EventKind::ToolIntent { .. })).await;
    let EventKind::ToolIntent { tool, call, complete, .. } = event.kind else { unreachable!() };
    assert_eq!((tool.as_str(), call.as_deref(), complete), ("send_mail", Some("call_1"), true));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn anthropic_text_tools_and_thinking(#[values(1, 3, 8, 50)] size: usize) {
    let rig = observing(move |_, body| {
        let body = String::from_utf8_lossy(body).into_owned();
        let (phone, email) = (token(&body, "PHONE"), token(&body, "EMAIL"));
        let mut out = String::new();
        let mut event = |value: Value| write!(out, "event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap()).unwrap();
        event(json!({ "type": "message_start", "message": { "model": "m", "content": [] } }));
        event(json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "thinking", "thinking": "" } }));
        event(json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": format!("about {phone}") } }));
        event(json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "signature_delta", "signature": "sig" } }));
        event(json!({ "type": "content_block_stop", "index": 0 }));
        event(json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "text", "text": "" } }));
        for piece in pieces(&format!("to {phone}"), size) {
            event(json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "text_delta", "text": piece } }));
        }
        event(json!({ "type": "content_block_stop", "index": 1 }));
        event(json!({ "type": "content_block_start", "index": 2, "content_block": { "type": "tool_use", "id": "t1", "name": "mail", "input": {} } }));
        for piece in pieces(&format!("{{\"to\": \"{email}\"}}"), size) {
            event(json!({ "type": "content_block_delta", "index": 2, "delta": { "type": "input_json_delta", "partial_json": piece } }));
        }
        event(json!({ "type": "content_block_stop", "index": 2 }));
        event(json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" } }));
        event(json!({ "type": "message_stop" }));
        events(out)
    })
    .await;
    let answer = rig.post("/v1/messages", streamed("/v1/messages")).await.text().await.unwrap();
    let frames = frames(&answer);
    assert!(joined(&frames, "/delta/thinking").starts_with("about PHONE_"));
    assert_eq!(joined(&frames, "/delta/text"), format!("to {PHONE}"));
    assert_eq!(joined(&frames, "/delta/partial_json"), format!("{{\"to\": \"{EMAIL}\"}}"));
    assert!(answer.contains("event: message_stop\n"));
    assert_eq!(rig.answer_record().await.finish.as_deref(), Some("tool_use"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn responses_text_calls_and_numbers(#[values(1, 4, 60)] size: usize) {
    let rig = observing(move |_, body| {
        let body = String::from_utf8_lossy(body).into_owned();
        let (text, arguments) = (format!("call {} P", token(&body, "PHONE")), format!("{{\"to\":\"{}\"}}", token(&body, "EMAIL")));
        let mut out = String::new();
        let mut number = 0;
        let mut event = |mut value: Value| {
            value["sequence_number"] = number.into();
            number += 1;
            write!(out, "event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap()).unwrap();
        };
        event(json!({ "type": "response.created", "response": { "model": "m", "output": [] } }));
        for piece in pieces(&text, size) {
            event(json!({ "type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": piece }));
        }
        event(json!({ "type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": text }));
        event(json!({ "type": "response.output_item.done", "output_index": 0, "item": { "type": "message", "content": [{ "type": "output_text", "text": text }] } }));
        event(json!({ "type": "response.output_item.added", "output_index": 1, "item": { "type": "function_call", "call_id": "c1", "name": "mail", "arguments": "" } }));
        for piece in pieces(&arguments, size) {
            event(json!({ "type": "response.function_call_arguments.delta", "output_index": 1, "delta": piece }));
        }
        event(json!({ "type": "response.function_call_arguments.done", "output_index": 1, "arguments": arguments }));
        event(json!({ "type": "response.output_item.done", "output_index": 1, "item": { "type": "function_call", "call_id": "c1", "name": "mail", "arguments": arguments } }));
        event(json!({ "type": "response.completed", "response": { "status": "completed", "output": [{ "type": "message", "content": [{ "type": "output_text", "text": text }] }] } }));
        events(out)
    })
    .await;
    let answer = rig.post("/v1/responses", streamed("/v1/responses")).await.text().await.unwrap();
    let frames = frames(&answer);
    let of = |kind: &str| frames.iter().filter(|frame| frame["type"] == kind).cloned().collect::<Vec<_>>();
    let text = format!("call {PHONE} P");
    assert_eq!(joined(&of("response.output_text.delta"), "/delta"), text);
    assert_eq!(joined(&of("response.output_text.done"), "/text"), text);
    assert_eq!(joined(&of("response.completed"), "/response/output/0/content/0/text"), text);
    assert_eq!(
        joined(&of("response.function_call_arguments.delta"), "/delta"),
        format!("{{\"to\":\"{EMAIL}\"}}")
    );
    let numbers: Vec<u64> = frames.iter().map(|frame| frame["sequence_number"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_data_passes_byte_for_byte() {
    let text = ": keep-alive\n\n".to_owned() + &chat_stream("nothing here to restore", 3) + "data: trailing";
    let sent = text.clone();
    let rig = Rig::new(move |_, _| events(sent.clone())).await;
    let answer = rig.post("/v1/chat/completions", chat("hi")).await;
    assert!(answer.headers().contains_key("x-ombud-receipt"));
    assert_eq!(answer.text().await.unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_reach_the_client_before_the_stream_ends() {
    let rig = Rig::new(|_, _| {
        let first = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"at once\"}}]}\n\n",
        ))]);
        events(axum::body::Body::from_stream(first.chain(futures_util::stream::pending())))
    })
    .await;
    let mut answer = rig.post("/v1/chat/completions", chat("hi")).await;
    assert!(String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()).contains("at once"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_the_placeholder_of_a_secret_is_withheld(#[values(false, true)] stream: bool) {
    let rig = Rig::new(move |_, body| {
        let arguments = format!("{{\"content\": \"KEY={}\"}}", token(&String::from_utf8_lossy(body), "SECRET"));
        let call = json!({ "index": 0, "id": "c", "type": "function", "function": { "name": "write_file", "arguments": arguments } });
        if stream {
            let frame = json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] });
            events(format!("data: {frame}\n\ndata: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"tool_calls\"}}]}}\n\ndata: [DONE]\n\n"))
        } else {
            json(json!({ "choices": [{ "message": { "tool_calls": [call] }, "finish_reason": "tool_calls" }] }).to_string())
        }
    })
    .await;
    let body = json!({ "stream": stream, "messages": [{ "role": "user", "content": format!("write {KEY} to .env") }] });
    let answer = rig.post("/v1/chat/completions", body.to_string()).await.text().await.unwrap();
    assert!(answer.contains("placeholder of a secret") && !answer.contains("tool_calls"), "{answer}");
    assert!(!answer.contains("KEY=SECRET"), "{answer}");
    let event = rig.logged(|event| matches!(event.kind, EventKind::ToolIntent { .. })).await;
    assert!(matches!(event.kind, EventKind::ToolIntent { decision, .. } if decision == "block: secret"));
}
