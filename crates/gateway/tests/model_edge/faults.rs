//! Bad input, and everything that can fail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use ombud_core::event::{EventKind, Party};
use ombud_gateway::upstream::Patience;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::harness::*;

#[rstest]
#[case::not_json("{", "ombud_not_json")]
#[case::no_object("[]", "ombud_not_json")]
#[case::empty("", "ombud_not_json")]
#[case::duplicate(r#"{"messages": [], "messages": []}"#, "ombud_duplicate_key")]
#[case::escaped_duplicate(r#"{"messages": [], "mess\u0061ges": []}"#, "ombud_duplicate_key")]
#[case::inner_duplicate(r#"{"messages": [{"content": "a", "content": "b"}]}"#, "ombud_duplicate_key")]
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_does_not_leave(#[case] body: &'static str, #[case] code: &str) {
    let rig = Rig::new(echo).await;
    let answer = rig.post("/v1/chat/completions", body).await;
    assert_eq!(answer.status(), 400);
    let error: Value = value(answer).await;
    assert_eq!(error["error"]["code"], code);
    let answer = rig.post("/v1/messages", body).await;
    let error: Value = value(answer).await;
    assert_eq!((&error["type"], &error["error"]["type"]), (&json!("error"), &json!(code)));
    assert!(rig.bodies().is_empty());
    rig.logged(|event| matches!(&event.kind, EventKind::Refused { code: found, .. } if found == code)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_utf8_nesting_size_and_compression() {
    let rig = Rig::new(echo).await;
    let deep = format!("{{\"messages\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let cases: Vec<(Vec<u8>, &str, u16)> = vec![
        (b"{\"messages\": \"\xff\xfe\"}".to_vec(), "ombud_not_utf8", 400),
        (deep.into_bytes(), "ombud_too_deep", 400),
        (vec![b' '; 100 * 1024 * 1024], "ombud_body_too_large", 413),
    ];
    for (body, code, status) in cases {
        let answer = rig.post("/v1/chat/completions", body).await;
        assert_eq!(answer.status(), status);
        assert!(answer.text().await.unwrap().contains(code));
    }
    let request =
        rig.client.post(format!("{}/v1/chat/completions", rig.url)).header("content-encoding", "gzip");
    assert_eq!(request.body("x").send().await.unwrap().status(), 415);
    assert!(rig.bodies().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_providers_are_refused_unless_the_operator_lets_them_pass() {
    let rig =
        Rig::with(|_, _| json("{\"ok\":true}"), |config| config.pass = vec!["/files".into(), "/".into()])
            .await;
    let got = rig.client.get(format!("{}/v1/chat/completions", rig.url)).send().await.unwrap();
    assert_eq!(got.status(), 405);
    assert!(got.text().await.unwrap().contains("ombud_wrong_method"));
    for (path, status, code) in [
        ("/v1/audio/speech", 403, "ombud_path_not_readable"),
        ("/", 403, "ombud console"),
        ("/p/nobody/v1/chat/completions", 404, "ombud_unknown_provider"),
        ("/p/mock/v1/../../x/chat/completions", 403, ""),
    ] {
        let answer = rig.post(path, chat("hi")).await;
        let (found, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        // The client library resolves `..` itself; then the path is a different one.
        assert!(found == status || code.is_empty(), "{path}: {found} {text}");
        assert!(text.contains(code), "{path}: {text}");
    }
    assert_eq!(rig.post("/v1/files", "anything at all").await.text().await.unwrap(), "{\"ok\":true}");
    assert_eq!(rig.last(), "anything at all");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_data_in_it_and_a_body_that_nobody_reads_do_not_leave() {
    let rig = Rig::new(|_, _| json("{}")).await;
    for (query, status) in [
        ("?phone=13912345678", 403),
        ("?q=wang.wei%40example.com", 403),
        ("?13912345678", 403),
        ("/13912345678", 403),
        ("?api-version=2024-10-21&key=AIzaSyD-1234567890abcdefghijklmnopqrstu", 200),
        ("?subscription-key=0123456789abcdef0123456789abcdef", 200),
        ("?api_key=sk-proj-aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2mN5pQ8sT", 200),
        ("/gpt-5-2025-08-07", 200),
    ] {
        let request = rig.client.get(format!("{}/v1/models{query}", rig.url));
        let answer = request.body("call 13912345678").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{query}");
        if status == 403 {
            assert!(answer.text().await.unwrap().contains("ombud_value_in_address"), "{query}");
        } else {
            assert_eq!(rig.last(), "", "{query}");
        }
    }
    assert_eq!(rig.post("/v1/chat/completions?to=13912345678", chat("hi")).await.status(), 403);
    assert_eq!(rig.bodies().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_models_passes() {
    let rig = Rig::new(|path, _| json(format!("{{\"path\":\"{path}\"}}"))).await;
    let answer = rig.client.get(format!("{}/v1/models", rig.url)).send().await.unwrap();
    assert_eq!(value(answer).await["path"], "/v1/models");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let rig = Rig::before(&format!("http://127.0.0.1:{port}"), Arc::default(), |_| {}).await;
    let answer = rig.post("/v1/chat/completions", chat("hi")).await;
    assert_eq!(answer.status(), 502);
    assert!(answer.text().await.unwrap().contains("ombud_provider_unreachable"));
    let record = rig.answer_record().await;
    assert_eq!((record.fault, record.status), (Party::Network, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    let rig = Rig::before(&base, Arc::default(), |config| {
        config.patience = Patience { read: Duration::from_millis(200), ..Patience::default() };
    })
    .await;
    let answer = rig.post("/v1/chat/completions", chat("hi")).await;
    assert_eq!(answer.status(), 504);
    assert_eq!(rig.answer_record().await.fault, Party::Provider);
}

/// A provider that sends these bytes and closes.
async fn raw_provider(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    base
}

#[rstest]
#[case::cut(
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"choices\":",
    "ombud_answer_cut"
)]
#[case::garbage(
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
    "ombud_answer_not_readable"
)]
#[case::no_json(
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n{{{",
    "ombud_answer_not_readable"
)]
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_none(#[case] bytes: &'static [u8], #[case] code: &str) {
    let rig = Rig::before(&raw_provider(bytes).await, Arc::default(), |_| {}).await;
    let answer = rig.post("/v1/chat/completions", chat("hi")).await;
    assert_eq!(answer.status(), 502);
    assert!(answer.text().await.unwrap().contains(code));
    let record = rig.answer_record().await;
    assert_eq!((record.fault, record.code.as_deref()), (Party::Provider, Some(code)));
}

/// SDKs follow redirects on their own: given the address, they would send their body, unmasked, to somebody else.
#[rstest]
#[case::elsewhere("307", "location: http://127.0.0.1:9/v1/chat/completions?k=secret\r\n")]
#[case::a_slash_more("308", "location: /v1/chat/completions/\r\n")]
#[case::no_address("302", "location: http://[\r\n")]
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_stays_here(#[case] status: &str, #[case] location: &str) {
    let bytes = format!("HTTP/1.1 {status} Moved\r\ncontent-length: 0\r\n{location}\r\n").leak().as_bytes();
    let rig = Rig::before(&raw_provider(bytes).await, Arc::default(), |_| {}).await;
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let answer = rig.post(path, chat("hi")).await;
        assert_eq!(answer.status(), 502);
        assert!(!answer.headers().contains_key("location"));
        let text = answer.text().await.unwrap();
        assert!(text.contains("ombud_redirected") && !text.contains("secret"), "{text}");
    }
    let record = rig.answer_record().await;
    assert_eq!((record.fault, record.code.as_deref()), (Party::Unknown, Some("ombud_redirected")));
}

/// A provider that responds with a tool call under this content encoding.
fn calls_encoded(encoding: &'static str) -> impl Fn(&str, &Bytes) -> axum::response::Response {
    move |_, _| {
        let call = json!({ "id": "c1", "type": "function",
            "function": { "name": "send_mail", "arguments": "{\"to\":\"eve@evil.example\"}" } });
        let answer = json!({ "choices": [{ "index": 0, "finish_reason": "tool_calls",
            "message": { "role": "assistant", "content": null, "tool_calls": [call] } }] });
        let mut response = super::harness::json(answer.to_string());
        response.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        response
    }
}

fn offers_mail() -> String {
    json!({ "model": "m", "messages": [{ "role": "user", "content": "hi" }],
        "tools": [{ "type": "function", "function": { "name": "send_mail", "parameters": { "type": "object" } } }] })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn how_an_answer_is_encoded_lets_no_call_through() {
    let rig = Rig::new(calls_encoded("identity")).await;
    let answer = value(rig.post("/v1/chat/completions", offers_mail()).await).await;
    let message = &answer["choices"][0]["message"];
    assert!(message.get("tool_calls").is_none() && message["content"].is_string(), "{answer}");

    let rig = Rig::new(calls_encoded("gzip")).await;
    let answer = rig.post("/v1/chat/completions", offers_mail()).await;
    assert_eq!(answer.status(), 502);
    let text = answer.text().await.unwrap();
    assert!(text.contains("ombud_answer_compressed") && !text.contains("eve"), "{text}");
}

/// Parsers take the last of two equal keys, and so does the judge.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_an_answer_has_twice_hides_no_call() {
    let call = r#"[{"id":"c1","type":"function","function":{"name":"send_mail","arguments":"{\"to\":\"a@b.example\"}","arguments":"{\"to\":\"eve@evil.example\"}"}}]"#;
    let whole = format!(
        r#"{{"choices":[{{"index":0,"finish_reason":"tool_calls","message":{{"role":"assistant","tool_calls":[],"tool_calls":{call}}}}}]}}"#
    );
    let rig = Rig::new(move |_, _| super::harness::json(whole.clone())).await;
    let answer = value(rig.post("/v1/chat/completions", offers_mail()).await).await;
    let message = &answer["choices"][0]["message"];
    let text = message["content"].as_str().unwrap();
    assert!(message.get("tool_calls").is_none() && text.contains("eve@evil.example"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_before_the_answer_is_the_provider_s_fault() {
    for bytes in [&b""[..], b"\x00\x01garbage\r\n\r\n"] {
        let rig = Rig::before(&raw_provider(bytes).await, Arc::default(), |_| {}).await;
        let answer = rig.post("/v1/chat/completions", chat("hi")).await;
        assert!(answer.text().await.unwrap().contains("ombud_answer_cut"));
        assert_eq!(rig.answer_record().await.fault, Party::Provider);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_provider_passes_as_it_came() {
    let page = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html\r\ncontent-length: 9\r\nx-request-id: r-1\r\n\r\n<h1>x</h1".as_bytes();
    let rig = Rig::before(&raw_provider(page).await, Arc::default(), |_| {}).await;
    let answer = rig.post("/v1/chat/completions", chat("hi")).await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (503, "<h1>x</h1"));
    let record = rig.answer_record().await;
    assert_eq!((record.fault, record.request_id.as_deref()), (Party::Provider, Some("r-1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_is_passed_on_as_far_as_it_came() {
    let bytes = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000\r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab\"}}]}\n\ndata: {\"cho";
    let rig = Rig::before(&raw_provider(bytes).await, Arc::default(), |_| {}).await;
    let mut answer = rig.post("/v1/chat/completions", chat("hi")).await.bytes_stream();
    let mut text = Vec::new();
    let mut broke = false;
    while let Some(piece) = answer.next().await {
        match piece {
            Ok(piece) => text.extend_from_slice(&piece),
            Err(_) => broke = true,
        }
    }
    assert!(broke, "a truncated stream must not look complete");
    assert!(String::from_utf8_lossy(&text).ends_with("\"ab\"}}]}\n\ndata: {\"cho"));
    let record = rig.answer_record().await;
    assert_eq!((record.complete, record.fault), (false, Party::Provider));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_cancels_the_provider() {
    let gone = Arc::new(Mutex::new(false));
    let flag = Arc::clone(&gone);
    let rig = Rig::new(move |_, _| {
        struct Guard(Arc<Mutex<bool>>);
        impl Drop for Guard {
            fn drop(&mut self) {
                *self.0.lock().unwrap() = true;
            }
        }
        let guard = Guard(Arc::clone(&flag));
        let endless = futures_util::stream::unfold(guard, |guard| async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from("data: {\"choices\":[]}\n\n")), guard))
        });
        events(axum::body::Body::from_stream(endless))
    })
    .await;
    let mut answer = rig.post("/v1/chat/completions", chat("hi")).await;
    answer.chunk().await.unwrap();
    drop(answer);
    let record = rig.answer_record().await;
    assert_eq!((record.fault, record.code.as_deref()), (Party::Client, Some("client_gone")));
    for _ in 0..400 {
        if *gone.lock().unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the provider was never cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_on_record_with_what_was_sent_and_what_left() {
    let rig = Rig::new(echo).await;
    let answer = rig.post("/v1/chat/completions", chat(&format!("call {PHONE}"))).await;
    let receipt = answer.headers()["x-ombud-receipt"].to_str().unwrap().to_owned();
    let mut reader = ombud_ledger::Reader::open(&rig.home.path().join("state")).await.unwrap();
    let records = reader.exchange(&receipt).await.unwrap();
    let ombud_ledger::Contents::Parts(parts) = reader.contents(&records[0]).await.unwrap() else { panic!() };
    assert_eq!(String::from_utf8_lossy(&parts[0]), chat(&format!("call {PHONE}")));
    let leaf = String::from_utf8_lossy(&records[0].leaf);
    assert!(leaf.contains("\"PHONE\":1") && !leaf.contains(PHONE));
    assert_eq!(rig.gateway.flow().recipients.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_asks_no_more_often_and_a_conversation_no_longer_than_the_operator_allows() {
    let answer = |_: &str, _: &bytes::Bytes| {
        json(
            r#"{"choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":60,"completion_tokens":50}}"#,
        )
    };
    let rig = Rig::with(answer, |config| config.limits.tokens = Some(100)).await;
    assert_eq!(rig.post("/v1/chat/completions", chat("one")).await.status(), 200);
    assert_eq!(rig.answer_record().await.tokens, Some((60, 50)));
    let spent = rig.post("/v1/chat/completions", chat("one")).await;
    assert_eq!((spent.status().as_u16(), rig.bodies().len()), (403, 1));
    assert!(spent.text().await.unwrap().contains("ombud_token_budget"));
    assert_eq!(rig.post("/v1/chat/completions", chat("two")).await.status(), 200);

    let rig = Rig::with(answer, |config| config.limits.requests_per_minute = Some(1)).await;
    assert_eq!(rig.post("/v1/chat/completions", chat("one")).await.status(), 200);
    let often = rig.post("/v1/chat/completions", chat("two")).await;
    assert_eq!(often.status(), 429);
    assert!(often.headers().contains_key("retry-after") && rig.bodies().len() == 1);
    assert_eq!(rig.post_as("client-two", "", "/v1/chat/completions", chat("two")).await.status(), 200);
}
