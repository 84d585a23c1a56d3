//! JSON-RPC over lines, as MCP uses it: one message per line, responses in the order of the requests.

use std::io::{BufRead, Read as _, Write};

use anyhow::Result;
use ombud_core::{Lang, Say as _, say};
use serde_json::{Value, json};

use super::{Desk, TOOLS, Tool, schema};

/// Longer messages are rejected.
const LONGEST: u64 = 1 << 20;

/// Revisions that begin with a handshake, and the one that has none.
const HANDSHAKE: &[&str] = &["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
const MODERN: &str = "2026-07-28";
/// Where a request without a handshake names its revision.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// A protocol error: its code, its message and its data.
struct Fault(i32, String, Option<Value>);

/// Responds until the input ends.
pub(super) fn serve(desk: &Desk, mut input: impl BufRead, mut output: impl Write) -> Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let whole = line.ends_with(b"\n") || (line.len() as u64) < LONGEST;
        let answer = if whole { answer(desk, &line) } else { too_long(&mut input, desk.lang)? };
        if let Some(answer) = answer {
            writeln!(output, "{answer}")?;
            output.flush()?;
        }
    }
}

/// Skips the rest of a line.
fn too_long(input: &mut impl BufRead, lang: Lang) -> Result<Option<Value>> {
    loop {
        let mut rest = Vec::new();
        let read = input.by_ref().take(LONGEST).read_until(b'\n', &mut rest)?;
        if read == 0 || rest.ends_with(b"\n") {
            let text = say!(lang, en: "the message is too long", zh: "消息过长");
            return Ok(Some(failed(&Value::Null, Fault(-32600, text, None))));
        }
    }
}

/// The response to a message; `None` for a notification.
fn answer(desk: &Desk, line: &[u8]) -> Option<Value> {
    if line.trim_ascii().is_empty() {
        return None;
    }
    let Ok(message) = serde_json::from_slice::<Value>(line) else {
        let text = say!(desk.lang, en: "the message is not JSON", zh: "消息不是 JSON");
        return Some(failed(&Value::Null, Fault(-32700, text, None)));
    };
    let id = message.get("id").filter(|id| id.is_string() || id.is_number());
    let Some(method) = message.get("method").and_then(Value::as_str) else {
        // A response to a request that was never made is not a request.
        let text = || say!(desk.lang, en: "a request needs a method", zh: "请求缺少 method");
        let is_answer = message.get("result").or_else(|| message.get("error")).is_some();
        return (!is_answer).then(|| failed(id.unwrap_or(&Value::Null), Fault(-32600, text(), None)));
    };
    let id = id?;
    let params = message.get("params").unwrap_or(&Value::Null);
    Some(match result(desk, method, params) {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(fault) => failed(id, fault),
    })
}

fn failed(id: &Value, Fault(code, message, data): Fault) -> Value {
    let mut error = json!({"code": code, "message": message});
    if let (Some(data), Some(fields)) = (data, error.as_object_mut()) {
        fields.insert("data".to_owned(), data);
    }
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

fn result(desk: &Desk, method: &str, params: &Value) -> Result<Value, Fault> {
    let modern = params.get("_meta").and_then(|meta| meta.get(VERSION)).and_then(Value::as_str);
    if let Some(other) = modern.filter(|asked| *asked != MODERN && !HANDSHAKE.contains(asked)) {
        let data = json!({"supported": supported(), "requested": other});
        return Err(Fault(-32022, unsupported(desk.lang), Some(data)));
    }
    match method {
        "initialize" => Ok(greeting(desk, params)),
        "server/discover" => Ok(cached(discovered(desk))),
        "ping" => Ok(json!({})),
        "tools/list" => {
            Ok(cached(json!({"tools": TOOLS.iter().map(|tool| shown(tool, desk.lang)).collect::<Vec<_>>()})))
        }
        "tools/call" => call(desk, params),
        other => Err(Fault(-32601, unknown_method(&crate::document::one_line(other), desk.lang), None)),
    }
}

fn supported() -> Vec<&'static str> {
    HANDSHAKE.iter().copied().chain([MODERN]).collect()
}

fn unsupported(lang: Lang) -> String {
    say!(lang, en: "this revision of MCP is not supported", zh: "不支持这一版 MCP 协议")
}

fn unknown_method(method: &str, lang: Lang) -> String {
    say!(lang, en: "there is no method `{method}`", zh: "没有方法 `{method}`")
}

/// The response to the handshake: the client's revision if it is known, otherwise the newest that has a handshake.
fn greeting(desk: &Desk, params: &Value) -> Value {
    let asked = params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let version = HANDSHAKE.iter().find(|known| **known == asked).or_else(|| HANDSHAKE.last());
    json!({
        "protocolVersion": version,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "ombud", "title": "Ombud", "version": env!("CARGO_PKG_VERSION")},
        "instructions": instructions(desk.lang),
    })
}

fn discovered(desk: &Desk) -> Value {
    json!({
        "supportedVersions": supported(),
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "ombud", "title": "Ombud", "version": env!("CARGO_PKG_VERSION")},
        "instructions": instructions(desk.lang),
    })
}

/// Adds what the newest revision requires beside a list: it is complete, and the same for everybody while the server runs.
fn cached(mut result: Value) -> Value {
    if let Some(fields) = result.as_object_mut() {
        fields.insert("resultType".to_owned(), json!("complete"));
        fields.insert("ttlMs".to_owned(), json!(3_600_000));
        fields.insert("cacheScope".to_owned(), json!("public"));
    }
    result
}

fn instructions(lang: Lang) -> String {
    say!(lang,
        en: "Ombud checks what protects the users of an AI agent. Call `check` before you finish a change; fix what it reports (`fix` does what can be done automatically), and call `explain_rule` where the reason is not clear. Tell the person what you did not fix. Do not waive a finding without their consent.",
        zh: "Ombud 检查 AI 智能体对用户的保护。完成改动之前请调用 `check`，修复它指出的问题（能自动修复的可用 `fix`）；不清楚原因时可用 `explain_rule`。没有修复的问题，请告诉交给你任务的人；未经其同意，不要豁免任何问题。")
}

fn shown(tool: &Tool, lang: Lang) -> Value {
    json!({
        "name": tool.name,
        "description": (tool.about)(lang),
        "inputSchema": schema::told((tool.takes)(), "takes", tool.chinese, lang),
        "outputSchema": schema::told((tool.gives)(), "gives", tool.chinese, lang),
        "annotations": {
            "readOnlyHint": tool.reads_only,
            "destructiveHint": !tool.reads_only,
            "idempotentHint": true,
            "openWorldHint": false,
        },
    })
}

fn call(desk: &Desk, params: &Value) -> Result<Value, Fault> {
    let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
    let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
        let name = crate::document::one_line(name);
        let text = say!(desk.lang, en: "there is no tool `{name}`", zh: "没有工具 `{name}`");
        return Err(Fault(-32602, text, None));
    };
    let given = params.get("arguments").cloned().unwrap_or(Value::Null);
    Ok(match (tool.run)(desk, given) {
        // Clients that do not read structured content get it as text.
        Ok(found) => json!({
            "resultType": "complete",
            "content": [{"type": "text", "text": found.to_string()}],
            "structuredContent": found,
            "isError": false,
        }),
        Err(error) => json!({
            "resultType": "complete",
            "content": [{"type": "text", "text": told(&error, desk.lang)}],
            "isError": true,
        }),
    })
}

/// What went wrong, in the user's language.
fn told(error: &anyhow::Error, lang: Lang) -> String {
    let one = |cause: &(dyn std::error::Error + 'static)| {
        let check = cause.downcast_ref::<ombud_check::Error>().map(|error| error.say(lang));
        check.unwrap_or_else(|| cause.to_string())
    };
    error.chain().map(one).collect::<Vec<_>>().join(": ")
}
