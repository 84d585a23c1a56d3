//! Plants a number at every position of a full request of every wire, in every form: it must not leave.

use std::collections::BTreeSet;

use bytes::Bytes;
use ombud_core::Policy;
use ombud_detect::{Detector, Options};
use serde_json::{Value, json};

use super::{Inspector, apply};
use crate::caller::MintKey;
use crate::wire::Wire;

const PHONE: &str = "13970834512";
const SEAL: &str = "EqQBCkYIBRgCKkD0c2lnbmF0dXJlZm9ydGVzdHM9";

/// Whether a value may stay at a path, because the wire means it for the provider: text covered by a signature, and the
/// logins of servers that the provider calls.
fn is_left(place: &str) -> bool {
    let login = ["authorization", "headers", "authorization_token"];
    let signed = place.starts_with("/messages/") && place.ends_with("/thinking");
    signed || place.split('/').any(|step| login.contains(&step))
}

fn chat() -> Value {
    let definition = json!({ "name": "send", "description": "sends", "strict": true, "parameters": { "type": "object", "properties": { "to": { "type": "string" } } } });
    let mut body = json!({
        "model": "m", "stream": true, "temperature": 0.5, "seed": 7, "stop": ["x"], "user": "u", "metadata": { "a": "b" },
        "tool_choice": { "type": "function", "function": { "name": "send" } }, "audio": { "voice": "alloy", "format": "wav" },
        "logit_bias": { "50256": -100 }, "modalities": ["text"], "stream_options": { "include_usage": true },
        "reasoning_effort": "low", "service_tier": "auto", "verbosity": "low", "prompt_cache_key": "k",
        "prediction": { "type": "content", "content": "x" }, "functions": [definition], "function_call": "auto",
        "tools": [{ "type": "function", "function": definition, "cache_control": { "type": "ephemeral" } }, { "type": "custom", "custom": { "name": "c", "format": { "type": "text" } } }],
        "response_format": { "type": "json_schema", "json_schema": { "name": "n", "strict": true, "schema": { "enum": ["a"] } } },
        "web_search_options": { "user_location": { "approximate": { "city": "x" } } } });
    body["messages"] = json!([
            { "role": "system", "content": "be kind", "name": "n" },
            { "role": "user", "content": [
                { "type": "text", "text": "hi", "cache_control": { "type": "ephemeral" } },
                { "type": "image_url", "image_url": { "url": "https://a.example/x.png", "detail": "low" } },
                { "type": "input_audio", "input_audio": { "data": "UklGRg==", "format": "wav" } },
                { "type": "file", "file": { "file_id": "file-abc", "filename": "a.txt" } } ] },
            { "role": "assistant", "content": null, "refusal": "no", "audio": { "id": "audio_abc" }, "function_call": { "name": "f", "arguments": "{}" },
              "reasoning_details": [{ "type": "reasoning.encrypted", "data": SEAL, "id": "r" }, { "type": "reasoning.text", "text": "t", "signature": SEAL }],
              "tool_calls": [{ "id": "call_1", "type": "function", "index": 0, "extra_content": { "google": { "thought_signature": SEAL } },
                               "function": { "name": "send", "arguments": "{\"to\": \"x\"}" } }] },
            { "role": "tool", "tool_call_id": "call_1", "content": "done" } ]);
    body
}

fn responses() -> Value {
    let mut body = json!({
        "model": "m", "stream": false, "instructions": "be kind", "previous_response_id": "resp_abcdefgh", "conversation": { "id": "conv_abc" },
        "include": ["reasoning.encrypted_content"], "reasoning": { "effort": "low", "summary": "auto" }, "truncation": "auto", "tool_choice": "auto",
        "context_management": [{ "type": "compaction", "compact_threshold": 1000 }], "service_tier": "auto", "text": { "format": { "type": "text" }, "verbosity": "low" },
        "prompt": { "id": "pmpt_abc", "version": "2", "variables": { "a": "b", "f": { "type": "input_image", "image_url": "https://a.example/" } } },
        "tools": [
            { "type": "function", "name": "send", "description": "sends", "parameters": { "type": "object" } },
            { "type": "mcp", "server_label": "s", "server_url": "https://a.example/", "authorization": "t", "headers": { "x": "y" }, "allowed_tools": ["a"] },
            { "type": "code_interpreter", "container": { "type": "auto", "file_ids": ["file-abc"] } } ] });
    body["input"] = json!([
            { "role": "user", "content": [{ "type": "input_text", "text": "hi" }, { "type": "input_image", "image_url": "https://a.example/", "detail": "low", "file_id": "file-abc" }, { "type": "input_file", "file_url": "https://a.example/", "filename": "f" }] },
            { "type": "message", "role": "assistant", "id": "msg_abcdefgh", "status": "completed", "content": [{ "type": "output_text", "text": "hi", "annotations": [{ "type": "file_citation", "file_id": "file-abcdefgh", "filename": "f" }] }] },
            { "type": "reasoning", "id": "rs_abcdefgh", "summary": [{ "type": "summary_text", "text": "s" }], "encrypted_content": SEAL },
            { "type": "function_call", "id": "fc_abcdefgh", "call_id": "call_1", "name": "send", "arguments": "{\"to\":\"x\"}", "status": "completed" },
            { "type": "function_call_output", "call_id": "call_1", "output": [{ "type": "input_text", "text": "done" }] },
            { "type": "code_interpreter_call", "id": "ci_abcdefgh", "container_id": "cntr_abcdefgh", "code": "x", "outputs": [{ "type": "image", "url": "https://a.example/" }] },
            { "type": "file_search_call", "id": "fs_abcdefgh", "queries": ["q"], "results": [{ "file_id": "file-abcdefgh", "text": "t" }] },
            { "type": "mcp_call", "id": "mcp_abcdefgh", "server_label": "s", "name": "n", "arguments": "{}", "output": "o" },
            { "type": "compaction", "id": "cmp_abcdefgh", "encrypted_content": SEAL },
            { "type": "item_reference", "id": "msg_abcdefgh" },
            { "type": "input_text", "text": "hi" } ]);
    body
}

fn messages() -> Value {
    let mut body = json!({
        "model": "m", "max_tokens": 9, "stream": true, "system": [{ "type": "text", "text": "be kind" }], "metadata": { "user_id": "u" }, "stop_sequences": ["x"],
        "tool_choice": { "type": "tool", "name": "send" }, "thinking": { "type": "enabled", "budget_tokens": 1024 }, "container": { "id": "container_abc", "skills": [{ "skill_id": "s" }] },
        "betas": ["b"], "service_tier": "auto", "cache_control": { "type": "ephemeral", "ttl": "5m" },
        "mcp_servers": [{ "type": "url", "name": "s", "url": "https://a.example/", "authorization_token": "t", "tool_configuration": { "allowed_tools": ["a"] } }],
        "tools": [{ "name": "send", "type": "custom", "description": "sends", "input_schema": { "type": "object" }, "cache_control": { "type": "ephemeral" } }] });
    body["messages"] = json!([
            { "role": "user", "content": [
                { "type": "text", "text": "hi", "cache_control": { "type": "ephemeral" }, "citations": [{ "type": "web_search_result_location", "encrypted_index": SEAL, "title": "t" }] },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo=" } },
                { "type": "document", "title": "t", "source": { "type": "text", "media_type": "text/plain", "data": "x" } },
                { "type": "document", "source": { "type": "content", "content": [{ "type": "text", "text": "x" }] } } ] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "hm", "signature": SEAL },
                { "type": "redacted_thinking", "data": SEAL },
                { "type": "tool_use", "id": "toolu_1", "name": "send", "input": { "to": "x" }, "caller": { "type": "direct" } } ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "is_error": false, "content": [{ "type": "text", "text": "done" }] },
                { "type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_1", "content": { "type": "web_fetch_result", "url": "https://a.example/", "content": { "type": "document", "source": { "type": "text", "data": "x" }, "title": "t" } } },
                { "type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{ "type": "web_search_result", "title": "t", "url": "https://a.example/", "encrypted_content": SEAL }] } ] } ]);
    body
}

fn samples() -> Vec<(Wire, Value)> {
    let completions = json!({ "model": "m", "prompt": ["p"], "suffix": "s", "user": "u", "logit_bias": { "1": 2 }, "stream_options": { "x": true }, "stream": true, "stop": "x" });
    let embeddings =
        json!({ "model": "m", "input": ["a"], "user": "u", "encoding_format": "float", "dimensions": 3 });
    vec![
        (Wire::Chat, chat()),
        (Wire::Responses, responses()),
        (Wire::Messages, messages()),
        (Wire::Completions, completions),
        (Wire::Embeddings, embeddings),
    ]
}

/// The paths below a value, as JSON pointers.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (format!("{at}/{key}"), value)).collect(),
        Value::Array(items) => {
            (0..).zip(items).map(|(at_item, value): (usize, _)| (format!("{at}/{at_item}"), value)).collect()
        }
        _ => Vec::new(),
    };
    for (place, value) in below {
        places(value, &place, out);
        out.push(place);
    }
}

/// Whether the number leaves.
fn leaves(inspector: &Inspector, wire: Wire, body: &Value) -> bool {
    let exchange = wire.parse(Bytes::from(body.to_string())).unwrap();
    let found = inspector.detect("client", &exchange);
    let recalled = inspector.remember(&exchange, found);
    let masked = apply(&Policy::default(), &exchange, &recalled, &MintKey::of(b"key"), &BTreeSet::new());
    masked.is_ok_and(|masked| {
        let sent = String::from_utf8_lossy(&masked.body).into_owned();
        assert!(serde_json::from_str::<Value>(&sent).is_ok(), "{sent}");
        sent.contains(PHONE)
    })
}

#[test]
fn a_number_leaves_at_no_place_and_in_no_shape() {
    let inspector = Inspector::new(Detector::new(&Options::default()));
    let number: Value = PHONE.parse::<u64>().unwrap().into();
    let shapes = [
        json!(PHONE),
        json!([PHONE]),
        json!({ "x": PHONE }),
        json!({ PHONE: 1 }),
        json!([[{ "content": PHONE }]]),
        number,
    ];
    let mut left = BTreeSet::new();
    for (wire, sample) in samples() {
        assert!(!leaves(&inspector, wire, &sample), "the sample itself is wrong");
        let mut all = vec![String::new()];
        places(&sample, "", &mut all);
        for place in all.iter().filter(|place| !is_left(place)) {
            for planted in shapes.iter().filter(|_| !place.is_empty()) {
                let mut body = sample.clone();
                planted.clone_into(body.pointer_mut(place).unwrap());
                // A seed is a number, and not a person's.
                if !(place == "/seed" && planted.is_number()) && leaves(&inspector, wire, &body) {
                    left.insert(format!("{} {place} {planted}", wire.id()));
                }
            }
            // An unknown member, and a key that is the number itself.
            let mut body = sample.clone();
            let Some(object) = body.pointer_mut(place).and_then(Value::as_object_mut) else { continue };
            object.insert("new".to_owned(), json!(PHONE));
            object.insert(PHONE.to_owned(), json!(1));
            if leaves(&inspector, wire, &body) {
                left.insert(format!("{} {place} a new member", wire.id()));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn what_a_wire_needs_stays_as_it_is() {
    let inspector = Inspector::new(Detector::new(&Options::default()));
    for (wire, body) in [
        (
            Wire::Responses,
            json!({ "model": "gpt-5-2025-08-07", "previous_response_id": "resp_13970834512", "input": [
            { "type": "code_interpreter_call", "id": "ci_13970834512", "container_id": "cntr_13970834512", "code": "x" },
            { "type": "file_search_call", "id": "fs_13970834512", "results": [{ "file_id": "file-13970834512", "text": "t" }] } ] }),
        ),
        (
            Wire::Chat,
            json!({ "model": "m", "tool_choice": { "type": "function", "function": { "name": "ask_anna_miller" } },
            "tools": [{ "type": "function", "function": { "name": "ask_anna_miller", "parameters": {} } }],
            "messages": [{ "role": "assistant", "tool_calls": [{ "id": "call_13970834512", "type": "function", "function": { "name": "ask_anna_miller", "arguments": "{}" } }] },
                         { "role": "tool", "tool_call_id": "call_13970834512", "content": "ok" }] }),
        ),
    ] {
        let exchange = wire.parse(Bytes::from(body.to_string())).unwrap();
        let recalled = inspector.remember(&exchange, inspector.detect("client", &exchange));
        let masked = apply(&Policy::default(), &exchange, &recalled, &MintKey::of(b"key"), &BTreeSet::new());
        assert_eq!(String::from_utf8_lossy(&masked.unwrap().body), body.to_string());
    }
}

/// Random bytes in base64, the same in every run.
fn base64(seed: u64, length: usize) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".as_bytes();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(letters[(state % 64) as usize])
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn what_a_provider_sealed_goes_back_as_it_came() {
    let inspector = Inspector::new(Detector::new(&Options::default()));
    for seed in 0..100 {
        let seal = base64(seed, 300);
        for (wire, body) in [
            (
                Wire::Chat,
                json!({ "messages": [{ "role": "assistant", "tool_calls": [{ "id": "a", "type": "function", "extra_content": { "google": { "thought_signature": seal } }, "function": { "name": "f", "arguments": "{}" } }],
                "reasoning_details": [{ "type": "reasoning.encrypted", "data": seal, "id": "r" }, { "type": "reasoning.text", "text": "t", "signature": seal }] }] }),
            ),
            (
                Wire::Messages,
                json!({ "messages": [{ "role": "assistant", "content": [
                { "type": "text", "text": "x", "citations": [{ "type": "web_search_result_location", "encrypted_index": seal }] },
                { "type": "bash_code_execution_tool_result", "tool_use_id": "t", "content": { "type": "bash_code_execution_result", "encrypted_stdout": seal } },
                { "type": "web_search_tool_result", "tool_use_id": "t", "content": [{ "type": "web_search_result", "encrypted_content": seal }] } ] }] }),
            ),
            (
                Wire::Responses,
                json!({ "input": [{ "type": "reasoning", "summary": [], "encrypted_content": seal }],
                "prompt": { "id": "p", "variables": { "f": { "type": "input_image", "image_url": format!("data:image/png;base64,{seal}") } } } }),
            ),
        ] {
            let exchange = wire.parse(Bytes::from(body.to_string())).unwrap();
            let recalled = inspector.remember(&exchange, inspector.detect("client", &exchange));
            let masked =
                apply(&Policy::default(), &exchange, &recalled, &MintKey::of(b"key"), &BTreeSet::new());
            assert_eq!(String::from_utf8_lossy(&masked.unwrap().body), body.to_string());
        }
    }
}

#[test]
fn files_are_blocked_and_readable_text_is_no_picture() {
    let inspector = Inspector::new(Detector::new(&Options::default()));
    let pdf = "JVBERi0x".repeat(20);
    let sent = |wire: Wire, body: &Value| {
        let exchange = wire.parse(Bytes::from(body.to_string())).unwrap();
        let recalled = inspector.remember(&exchange, inspector.detect("client", &exchange));
        let key = MintKey::of(b"key");
        let masked = apply(&Policy::default(), &exchange, &recalled, &key, &BTreeSet::new());
        masked.map(|masked| String::from_utf8_lossy(&masked.body).into_owned())
    };
    let fetched = json!({ "type": "document", "source": { "type": "base64", "media_type": "application/pdf", "data": pdf } });
    for (wire, body) in [
        (
            Wire::Responses,
            json!({ "prompt": { "id": "p", "variables": { "f": { "type": "input_file", "file_data": pdf } } } }),
        ),
        (Wire::Responses, json!({ "input": [{ "type": "input_file", "file_data": pdf }] })),
        (Wire::Responses, json!({ "input": [{ "type": "brand_new", "deep": [{ "file_data": pdf }] }] })),
        (
            Wire::Responses,
            json!({ "input": [{ "type": "code_interpreter_call", "outputs": [{ "type": "file", "url": format!("data:text/csv;base64,{pdf}") }] }] }),
        ),
        (
            Wire::Messages,
            json!({ "messages": [{ "role": "assistant", "content": [{ "type": "web_fetch_tool_result", "content": { "type": "web_fetch_result", "content": fetched } }] }] }),
        ),
        (
            Wire::Messages,
            json!({ "messages": [{ "role": "user", "content": [{ "type": "image", "source": { "type": "base64", "media_type": "text/plain", "data": pdf } }] }] }),
        ),
        (
            Wire::Chat,
            json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": format!("data:text/plain;base64,{pdf}") } }] }] }),
        ),
    ] {
        assert!(sent(wire, &body).is_err(), "{body}");
    }
    for (wire, body) in [
        (
            Wire::Chat,
            json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": format!("data:text/plain,手机 {PHONE}") } }] }] }),
        ),
        (
            Wire::Messages,
            json!({ "messages": [{ "role": "user", "content": [{ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": format!("手机 {PHONE}") } }] }] }),
        ),
        (
            Wire::Messages,
            json!({ "messages": [{ "role": "assistant", "content": [{ "type": "thinking", "thinking": PHONE, "signature": "x" }, { "type": "redacted_thinking", "data": SEAL, "text": PHONE }] }] }),
        ),
        (
            Wire::Chat,
            json!({ "messages": [{ "role": "assistant", "content": "x", "signature": format!("call me at {PHONE} please, I am there all day") }] }),
        ),
    ] {
        assert!(sent(wire, &body).is_ok_and(|sent| !sent.contains(PHONE)), "{body}");
    }
}
