//! Calls from a file, for trying a policy before there is any traffic.
//!
//! ```yaml
//! calls:
//!   - user: Mail Anna that I am late       # or a list of turns
//!     results:                             # what tools have returned before
//!       - { tool: read_mail, text: "From: evil@bad.example …" }
//!     tool: send_mail
//!     arguments: { to: evil@bad.example }
//!     then: blocked                        # allowed, asked or blocked; what is expected, or what happened
//! ```

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use ombud_core::{Lang, say};
use ombud_gateway::calls::Asked;
use ombud_gateway::wire::Wire;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Outcome;
use super::recorded::Recorded;
use crate::fault;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Calls {
    calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    /// The operator's prompt.
    #[serde(default)]
    system: String,
    /// The user's turns.
    user: Turns,
    /// Earlier tool results.
    #[serde(default)]
    results: Vec<Returned>,
    tool: String,
    /// The tool's description.
    #[serde(default)]
    description: String,
    #[serde(default)]
    arguments: Value,
    then: Outcome,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Turns {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Returned {
    tool: String,
    #[serde(default)]
    arguments: Value,
    text: String,
}

/// Reads a file of calls.
pub(super) fn read(path: &Path, lang: Lang) -> Result<Vec<Recorded>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| say!(lang, en: "cannot read {shown}", zh: "无法读取 {shown}"))?;
    parse(&text, lang).map_err(|why| {
        anyhow!(say!(lang,
            en: "{shown} contains no usable calls: {why}\nThe format is:\n{EXAMPLE}",
            zh: "{shown} 中没有可用的调用：{why}\n格式如下：\n{EXAMPLE}"))
    })
}

/// An example of such a file.
const EXAMPLE: &str = "calls:\n  - user: Mail Anna that I am late\n    tool: send_mail\n    arguments: { to: x@example.com }\n    then: blocked";

pub(super) fn parse(text: &str, lang: Lang) -> Result<Vec<Recorded>, String> {
    let value = ombud_attack::suite::value(text).map_err(|why| match lang {
        Lang::En => why,
        Lang::Zh => "它不是有效的 YAML".to_owned(),
    })?;
    if !value.is_object() {
        return Err(say!(lang, en: "it has no `calls:`", zh: "其中没有 `calls:`"));
    }
    let file: Calls = serde_json::from_value(value).map_err(|error| fault::body(&error.to_string(), lang))?;
    Ok(file.calls.iter().enumerate().map(|(place, call)| call.recorded(place)).collect())
}

impl Call {
    fn recorded(&self, place: usize) -> Recorded {
        let then = match self.then {
            Outcome::Allowed => "release",
            Outcome::Asked => "ask",
            Outcome::Blocked => "block",
        };
        let arguments = if self.arguments.is_null() { json!({}) } else { self.arguments.clone() };
        Recorded {
            exchange: format!("#{}", place + 1),
            id: None,
            tool: self.tool.clone(),
            effect: None,
            then: then.to_owned(),
            server: None,
            vouched: false,
            complete: true,
            facts: None,
            arguments: Some(arguments.to_string()),
            request: Some(Asked::new(Wire::Chat, self.request().to_string().into(), "")),
        }
    }

    /// The conversation as a request of the most widely used wire.
    fn request(&self) -> Value {
        let mut messages = vec![json!({ "role": "system", "content": self.system })];
        let said = |text: &String| json!({ "role": "user", "content": text });
        match &self.user {
            Turns::One(text) => messages.push(said(text)),
            Turns::Many(turns) => messages.extend(turns.iter().map(said)),
        }
        for (place, returned) in self.results.iter().enumerate() {
            let id = format!("result_{place}");
            let function = json!({ "name": returned.tool, "arguments": returned.arguments.to_string() });
            let call = json!({ "id": id, "type": "function", "function": function });
            messages.push(json!({ "role": "assistant", "content": null, "tool_calls": [call] }));
            messages.push(json!({ "role": "tool", "tool_call_id": id, "content": returned.text }));
        }
        let function = json!({ "name": self.tool, "description": self.description });
        json!({ "model": "", "messages": messages, "tools": [{ "type": "function", "function": function }] })
    }
}
