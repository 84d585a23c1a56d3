//! Every field of every wire that can hold text.

use rstest::rstest;
use serde_json::{Value, json};

use super::harness::*;

fn any(_: &str, _: &bytes::Bytes) -> axum::response::Response {
    json("{}")
}

/// Sends a body with each of several values in place of `@`, and checks that none reaches the provider.
async fn nothing_arrives(path: &str, body: &Value) {
    let rig = Rig::new(any).await;
    for value in [PHONE, EMAIL, CN_ID, KEY] {
        for escaped in [false, true] {
            let text = body.to_string().replace('@', value);
            let text = if escaped { ascii(&text) } else { text };
            assert!(text.contains(value), "the case itself is wrong");
            let answer = rig.post(path, text).await;
            assert_eq!(answer.status(), 200);
            let last = rig.last();
            assert!(!last.contains(value), "{value} arrived: {last}");
            let _: Value = serde_json::from_str(&last).unwrap();
        }
    }
}

/// Returns the same JSON with every non-ASCII character escaped, as Python's `json.dumps` writes it.
fn ascii(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for ch in text.chars() {
        if ch.is_ascii() {
            out.push(ch);
        } else {
            ch.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(out, "\\u{unit:04x}").unwrap());
        }
    }
    out
}

#[rstest]
#[case::system(json!({ "messages": [{ "role": "system", "content": "用户资料 @ 。" }] }))]
#[case::developer(json!({ "messages": [{ "role": "developer", "content": "联系 @ 。" }] }))]
#[case::user(json!({ "messages": [{ "role": "user", "content": "联系 @ 。" }] }))]
#[case::parts(json!({ "messages": [{ "role": "user", "content": [{ "type": "text", "text": "联系 @ 。" }] }] }))]
#[case::assistant(json!({ "messages": [{ "role": "assistant", "content": "联系 @ 。" }] }))]
#[case::tool(json!({ "messages": [{ "role": "tool", "tool_call_id": "c", "content": "联系 @ 。" }] }))]
#[case::tool_json(json!({ "messages": [{ "role": "tool", "tool_call_id": "c", "content": "{\"联系\": \"@\"}" }] }))]
#[case::tool_parts(json!({ "messages": [{ "role": "tool", "content": [{ "type": "text", "text": "联系 @ 。" }] }] }))]
#[case::arguments(json!({ "messages": [{ "role": "assistant", "tool_calls": [{ "id": "c", "type": "function", "function": { "name": "f", "arguments": "{\"to\": \"@\"}" } }] }] }))]
#[case::broken_arguments(json!({ "messages": [{ "role": "assistant", "tool_calls": [{ "function": { "name": "f", "arguments": "{\"to\": \"@" } }] }] }))]
#[case::nested_arguments(json!({ "messages": [{ "role": "assistant", "tool_calls": [{ "function": { "name": "f", "arguments": "{\"a\": \"{\\\"b\\\": \\\"@\\\"}\"}" } }] }] }))]
#[case::old_call(json!({ "messages": [{ "role": "assistant", "function_call": { "name": "f", "arguments": "{\"to\": \"@\"}" } }] }))]
#[case::name_of_id(json!({ "messages": [{ "role": "user", "customer_id": "@", "content": "hi" }] }))]
#[case::name(json!({ "messages": [{ "role": "user", "name": "@", "content": "hi" }] }))]
#[case::refusal(json!({ "messages": [{ "role": "assistant", "refusal": "not to @ " }] }))]
#[case::reasoning(json!({ "messages": [{ "role": "assistant", "reasoning_content": "ask @ " }] }))]
#[case::tool_description(json!({ "messages": [], "tools": [{ "type": "function", "function": { "name": "f", "description": "mail @ ", "parameters": {} } }] }))]
#[case::schema(json!({ "messages": [], "tools": [{ "type": "function", "function": { "name": "f", "parameters": { "properties": { "to": { "type": "string", "description": "default @ ", "enum": ["@"] } } } } }] }))]
#[case::user_field(json!({ "messages": [], "user": "@" }))]
#[case::metadata(json!({ "messages": [], "metadata": { "contact": "@" } }))]
#[case::metadata_key(json!({ "messages": [], "metadata": { "@": "x" } }))]
#[case::prediction(json!({ "messages": [], "prediction": { "type": "content", "content": "to @ " } }))]
#[case::response_format(json!({ "messages": [], "response_format": { "type": "json_schema", "json_schema": { "name": "n", "schema": { "description": "for @ " } } } }))]
#[case::stop(json!({ "messages": [], "stop": ["@"] }))]
#[case::unknown(json!({ "messages": [], "brand_new_field": [{ "deep": { "er": "@" } }] }))]
#[case::unknown_part(json!({ "messages": [{ "role": "user", "content": [{ "type": "brand_new", "body": { "x": "@" } }] }] }))]
#[case::picture_address(json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "https://example.org/a.png?for=@" } }] }] }))]
#[tokio::test(flavor = "multi_thread")]
async fn chat_fields(#[case] body: Value) {
    nothing_arrives("/v1/chat/completions", &body).await;
}

#[rstest]
#[case::input(json!({ "input": "联系 @ 。" }))]
#[case::instructions(json!({ "instructions": "联系 @ 。", "input": "hi" }))]
#[case::message(json!({ "input": [{ "role": "user", "content": "联系 @ 。" }] }))]
#[case::parts(json!({ "input": [{ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "联系 @ 。" }] }] }))]
#[case::assistant(json!({ "input": [{ "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "联系 @ 。" }] }] }))]
#[case::call(json!({ "input": [{ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"to\": \"@\"}" }] }))]
#[case::output(json!({ "input": [{ "type": "function_call_output", "call_id": "c", "output": "联系 @ 。" }] }))]
#[case::output_parts(json!({ "input": [{ "type": "function_call_output", "call_id": "c", "output": [{ "type": "input_text", "text": "@ " }] }] }))]
#[case::custom_call(json!({ "input": [{ "type": "custom_tool_call", "call_id": "c", "name": "f", "input": "to @ " }] }))]
#[case::open_reasoning(json!({ "input": [{ "type": "reasoning", "id": "r", "summary": [{ "type": "summary_text", "text": "@ asks" }] }] }))]
#[case::tool(json!({ "input": "hi", "tools": [{ "type": "function", "name": "f", "description": "mail @ ", "parameters": { "default": "@" } }] }))]
#[case::prompt(json!({ "prompt": { "id": "p", "variables": { "name": "@" } } }))]
#[case::metadata(json!({ "input": "hi", "metadata": { "a": "@" }, "user": "@" }))]
#[case::format(json!({ "input": "hi", "text": { "format": { "type": "json_schema", "name": "n", "schema": { "title": "@ " } } } }))]
#[tokio::test(flavor = "multi_thread")]
async fn responses_fields(#[case] body: Value) {
    nothing_arrives("/v1/responses", &body).await;
}

#[rstest]
#[case::system(json!({ "system": "用户资料 @ 。", "messages": [] }))]
#[case::system_blocks(json!({ "system": [{ "type": "text", "text": "用户资料 @ 。" }], "messages": [] }))]
#[case::user(json!({ "messages": [{ "role": "user", "content": "联系 @ 。" }] }))]
#[case::blocks(json!({ "messages": [{ "role": "user", "content": [{ "type": "text", "text": "联系 @ 。" }] }] }))]
#[case::tool_use(json!({ "messages": [{ "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "f", "input": { "to": "@", "cc": ["@"] } }] }] }))]
#[case::tool_result(json!({ "messages": [{ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t", "content": "联系 @ 。" }] }] }))]
#[case::tool_result_blocks(json!({ "messages": [{ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t", "content": [{ "type": "text", "text": "联系 @ 。" }] }] }] }))]
#[case::document(json!({ "messages": [{ "role": "user", "content": [{ "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "联系 @ 。" }, "title": "@ " }] }] }))]
#[case::search_result(json!({ "messages": [{ "role": "user", "content": [{ "type": "search_result", "source": "s", "title": "@ ", "content": [{ "type": "text", "text": "@ " }] }] }] }))]
#[case::unsigned_thinking(json!({ "messages": [{ "role": "assistant", "content": [{ "type": "thinking", "thinking": "联系 @ 。", "signature": "" }] }] }))]
#[case::tool(json!({ "messages": [], "tools": [{ "name": "f", "description": "mail @ ", "input_schema": { "default": "@" } }] }))]
#[case::metadata(json!({ "messages": [], "metadata": { "user_id": "@" } }))]
#[case::stop(json!({ "messages": [], "stop_sequences": ["@"] }))]
#[tokio::test(flavor = "multi_thread")]
async fn anthropic_fields(#[case] body: Value) {
    nothing_arrives("/v1/messages", &body).await;
    nothing_arrives("/v1/messages/count_tokens", &body).await;
}

#[rstest]
#[case(json!({ "model": "e", "input": "联系 @ 。" }))]
#[case(json!({ "model": "e", "input": ["a", "联系 @ 。"] }))]
#[tokio::test(flavor = "multi_thread")]
async fn embedding_fields(#[case] body: Value) {
    nothing_arrives("/v1/embeddings", &body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_in_arguments_becomes_a_string_and_settings_stay() {
    let rig = Rig::new(any).await;
    let body = format!(
        r#"{{"seed": 13912345678, "temperature": 1e0, "messages": [{{"role":"assistant","content":null,"tool_calls":[{{"id":"c","function":{{"name":"f","arguments":"{{\"phone\": {PHONE}, \"n\": 3}}"}}}}]}}]}}"#
    );
    rig.post("/v1/chat/completions", body).await;
    let last = rig.last();
    let token = token(&last, "PHONE");
    assert!(last.contains(&format!(r#"{{\"phone\": \"{token}\", \"n\": 3}}"#)), "{last}");
    assert!(last.contains(r#""seed": 13912345678, "temperature": 1e0"#), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_data_arrives_byte_for_byte() {
    let rig = Rig::new(any).await;
    let odd = "{ \"model\":\"m\",\"z\": 1.0,\n\t\"big\": 12345678901234567890123, \"messages\":[{\"role\":\"user\",\"content\":\"caf\\u00e9 \\/ \\ud83d\\ude00\"}], \"x\":{}}  ";
    rig.post("/v1/chat/completions", odd).await;
    assert_eq!(rig.last(), odd);
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_blocks_and_pictures_are_untouched() {
    let rig = Rig::new(any).await;
    let body = json!({ "model": "m", "messages": [
        { "role": "assistant", "content": [
            { "type": "thinking", "thinking": format!("call {PHONE}"), "signature": "EqQBCkYIBRgCKkD0c2lnbmF0dXJl" },
            { "type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix0Ux9ANNA" } ] },
        { "role": "user", "content": [ { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "MTM5MTIzNDU2Nzg=" } } ] },
    ]})
    .to_string();
    assert_eq!(rig.post("/v1/messages", body.clone()).await.status(), 200);
    assert_eq!(rig.last(), body);
}

#[rstest]
#[case("/v1/embeddings", json!({ "model": "e", "input": [[1234, 5678]] }))]
#[case("/v1/embeddings", json!({ "model": "e", "input": [1234, 5678] }))]
#[case("/v1/messages", json!({ "messages": [{ "role": "user", "content": [{ "type": "document", "source": { "type": "base64", "media_type": "application/pdf", "data": "JVBERi0=" } }] }] }))]
#[case("/v1/chat/completions", json!({ "messages": [{ "role": "user", "content": [{ "type": "file", "file": { "file_data": "data:application/pdf;base64,JVBERi0=" } }] }] }))]
#[tokio::test(flavor = "multi_thread")]
async fn text_that_cannot_be_read_does_not_leave(#[case] path: &str, #[case] body: Value) {
    let rig = Rig::new(any).await;
    let answer = rig.post(path, body.to_string()).await;
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await.unwrap().contains("ombud_part_not_readable"));
    assert!(rig.bodies().is_empty());
}
