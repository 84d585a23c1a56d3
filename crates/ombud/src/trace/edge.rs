//! The trace of a call at the tool edge: which server was called, what was decided, where the arguments appear, how it
//! ended.

use anyhow::Result;
use ombud_core::event::{EventKind, ToolCallRecord, ToolResultRecord};
use ombud_core::gate::{quoted, told_unseen};
use ombud_core::{Say, say};
use ombud_ledger::read::{Reader, Record};
use serde::Serialize;
use serde_json::Value;

use super::parts;
use crate::cli::Format;
use crate::output::Terminal;
use crate::words;

/// One entry in the history of a call.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Entry {
    Call { t: String, record: ToolCallRecord, details: Option<Value>, erased: bool },
    Result { t: String, record: ToolResultRecord, content: Option<String>, erased: bool },
}

/// Prints the trace if the exchange belongs to the tool edge; returns whether it does.
pub(super) async fn print(
    reader: &Reader,
    records: &[Record],
    exchange: &str,
    format: Format,
    terminal: Terminal,
) -> Result<bool> {
    let entries = read(reader, records).await?;
    if entries.is_empty() {
        return Ok(false);
    }
    if format == Format::Json {
        terminal.out(&serde_json::json!({ "exchange": exchange, "tool_edge": entries }).to_string())?;
        return Ok(true);
    }
    for entry in &entries {
        match entry {
            Entry::Call { t, record, details, erased } => {
                call(t, record, details.as_ref(), *erased, terminal)?;
            }
            Entry::Result { t, record, content, erased } => {
                result(t, record, content.as_deref(), *erased, terminal)?;
            }
        }
    }
    Ok(true)
}

async fn read(reader: &Reader, records: &[Record]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for record in records {
        let Some(event) = &record.event else { continue };
        let t = event.t.clone();
        match &event.kind {
            EventKind::ToolCall(call) => {
                let parts = parts(reader, record).await?;
                let details = parts.iter().flatten().next();
                let details = details.and_then(|details| serde_json::from_slice(details).ok());
                entries.push(Entry::Call { t, record: (**call).clone(), details, erased: parts.is_none() });
            }
            EventKind::ToolResult(result) => {
                let parts = parts(reader, record).await?;
                let content = parts.iter().flatten().next();
                let content = content.map(|content| String::from_utf8_lossy(content).into_owned());
                entries.push(Entry::Result {
                    t,
                    record: (**result).clone(),
                    content,
                    erased: parts.is_none(),
                });
            }
            _ => {}
        }
    }
    Ok(entries)
}

fn clean(text: &str) -> String {
    text.chars().map(|ch| if ch.is_control() { '\u{fffd}' } else { ch }).take(200).collect()
}

fn call(
    t: &str,
    record: &ToolCallRecord,
    details: Option<&Value>,
    erased: bool,
    terminal: Terminal,
) -> Result<()> {
    let lang = terminal.lang;
    let (time, server, tool) =
        (t.get(..19).unwrap_or(t).replace('T', " "), clean(&record.server), clean(&record.tool));
    let (does, decision, via) = (record.effect.say(lang), told_unseen(&record.decision, lang), &record.via);
    terminal.out(&say!(lang,
        en: "{time} UTC, call to {tool} at {server} ({via}; {does}): {decision}",
        zh: "{time} UTC，在 {server}（{via}）调用 {tool}（{does}）：{decision}"))?;
    if let Some(weighed) = &record.weighed {
        terminal.out(&format!("  {}", super::print::weighed(weighed, lang)))?;
    }
    if record.vouched {
        terminal.out(&say!(lang,
            en: "  the model edge had already released this call", zh: "  模型侧已放行过这一次调用"))?;
    }
    if erased {
        return terminal.out(&say!(lang, en: "  (contents erased)", zh: "  （内容已删除）"));
    }
    let text = |key| details.and_then(|details| details.get(key)).and_then(Value::as_str);
    if let Some(arguments) = text("arguments") {
        let arguments = quoted(arguments);
        terminal.out(&say!(lang, en: "  arguments {arguments}", zh: "  参数 {arguments}"))?;
    }
    let rows = details.and_then(|details| details.get("overlaps")?.as_array());
    for row in rows.into_iter().flatten() {
        terminal.out(&overlap(row, terminal))?;
    }
    Ok(())
}

fn overlap(row: &Value, terminal: Terminal) -> String {
    let lang = terminal.lang;
    let text = |key| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let origin = row
        .get("origin")
        .and_then(|origin| serde_json::from_value::<ombud_core::Origin>(origin.clone()).ok());
    let origin = origin.map(|origin| clean(&origin.say(lang))).unwrap_or_default();
    let (path, value) = (clean(text("path")), quoted(text("value")));
    say!(lang,
        en: "  {path} {value}  overlaps with {origin}",
        zh: "  {path} {value}  与{origin}重合")
}

fn result(
    t: &str,
    record: &ToolResultRecord,
    content: Option<&str>,
    erased: bool,
    terminal: Terminal,
) -> Result<()> {
    let lang = terminal.lang;
    let time = t.get(..19).unwrap_or(t).replace('T', " ");
    let (outcome, bytes, ms) = (clean(&words::state(&record.outcome, lang)), record.bytes, record.ms);
    let replaced: u64 = record.masked.values().sum();
    terminal.out(&say!(lang,
        en: "{time} UTC, result: {outcome}, {bytes} bytes after {ms} ms, {replaced} value(s) replaced on the way back",
        zh: "{time} UTC，结果：{outcome}，{ms} 毫秒后收到 {bytes} 字节，返回途中脱敏 {replaced} 个值"))?;
    match content {
        Some(content) => terminal.out(&format!("  {}", quoted(content))),
        None if erased => terminal.out(&say!(lang, en: "  (contents erased)", zh: "  （内容已删除）")),
        None => Ok(()),
    }
}
