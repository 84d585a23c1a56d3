//! What the demonstration says.

use std::fs;
use std::path::Path;

use anyhow::Result;
use bytes::Bytes;
use ombud_core::{Lang, say};
use serde_json::Value;

use super::Sent;
use crate::output::Terminal;

/// The demonstration's `ombud.toml`: two names that its users have.
pub(super) const CONFIG: &str = "[detect]\nnames = [\"王建国\", \"Emily Carter\"]\n";

/// What the user says. The numbers are well-formed and belong to nobody.
pub(super) fn message(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => {
            "我叫王建国，手机 13912345678，身份证 11010519491231002X。请写信给 fangdong@example.com，说我周五搬家。"
        }
        Lang::En => {
            "I am Emily Carter, phone (415) 555-0132, card 4111 1111 1111 1111. Please write to landlord@example.com that I move in on Friday."
        }
    }
}

pub(super) fn heading(text: &str, terminal: Terminal) -> Result<()> {
    terminal.out(&format!("\n── {text} ──"))
}

pub(super) fn opening(real: bool, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    terminal.out(&if real {
        say!(lang,
            en: "A little agent (Python, 80 lines, it knows nothing of Ombud) talks to api.openai.com with your OPENAI_API_KEY.",
            zh: "一个小智能体（80 行 Python，对 Ombud 一无所知）用你的 OPENAI_API_KEY 与 api.openai.com 对话。")
    } else {
        say!(lang,
            en: "A little agent (Python, 80 lines, it knows nothing of Ombud) talks to a simulated model. No key, no network.",
            zh: "一个小智能体（80 行 Python，对 Ombud 一无所知）与一个模拟模型对话。不需要密钥，也不联网。")
    })?;
    let message = message(lang);
    terminal.out(&say!(lang, en: "Its user says: {message}", zh: "用户说：{message}"))
}

/// Every message of the longest request, as the agent sent it and as the provider received it.
pub(super) fn side_by_side(
    exchanges: &[Sent],
    received: Option<&Vec<Bytes>>,
    terminal: Terminal,
) -> Result<()> {
    let lang = terminal.lang;
    heading(
        &say!(lang, en: "What the agent sent, and what the provider received", zh: "智能体发出的，与服务商收到的"),
        terminal,
    )?;
    let Some(longest) = exchanges.iter().max_by_key(|sent| sent.original.len()) else { return Ok(()) };
    // With the simulated provider the second column is what it really got, not what the log says.
    let arrived =
        received.and_then(|bodies| bodies.iter().max_by_key(|body| body.len())).map(|body| body.to_vec());
    let (sent, got) = (lines(&longest.original), lines(&arrived.unwrap_or_else(|| longest.left.clone())));
    for ((who, sent), (_, got)) in sent.iter().zip(&got) {
        terminal.out(&say!(lang, en: "  {who:<9} sent      {sent}", zh: "  {who:<9} 发出  {sent}"))?;
        terminal.out(&say!(lang, en: "            received  {got}", zh: "            收到  {got}"))?;
    }
    Ok(())
}

/// Role and text of every message of a request.
fn lines(body: &[u8]) -> Vec<(String, String)> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = request.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut found = Vec::new();
    for message in &messages {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        if let Some(text) = message.get("content").and_then(Value::as_str) {
            found.push((role.to_owned(), text.to_owned()));
        }
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            let function = call.get("function").cloned().unwrap_or_default();
            let part = |key: &str| function.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            found.push(("call".to_owned(), format!("{} {}", part("name"), part("arguments"))));
        }
    }
    found
}

/// What the user sees and what the tools did: the real values.
pub(super) fn restored(folder: &Path, said: &str, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    heading(
        &say!(lang, en: "What the user sees, and what the tools did", zh: "用户看到的，与工具实际做的"),
        terminal,
    )?;
    terminal.out(&say!(lang, en: "  answer     {said}", zh: "  回答  {said}"))?;
    let mail = fs::read_to_string(folder.join("outbox.txt")).unwrap_or_default();
    if let Some(to) = mail.lines().next() {
        terminal.out(&say!(lang, en: "  mail sent  {to}", zh: "  邮件  {to}"))?;
    }
    Ok(())
}

pub(super) fn next(terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    heading(&say!(lang, en: "Your turn", zh: "轮到你了"), terminal)?;
    terminal.out(&say!(lang,
        en: "  In your own project:  ombud run -- python agent.py",
        zh: "  在你自己的项目里：ombud run -- python agent.py"))
}
