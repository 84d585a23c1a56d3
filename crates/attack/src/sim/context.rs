//! What a model reads: every text of a request, in plain words, with its author.

use serde_json::Value;

/// The author of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// The operator.
    System,
    /// The user.
    User,
    /// A tool, with the arguments of its call.
    Tool {
        /// Its name.
        name: String,
        /// Its arguments as JSON.
        arguments: String,
    },
    /// The model itself.
    Model,
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Who wrote it.
    pub from: From,
    /// Number of its message.
    pub message: usize,
    /// Its words.
    pub text: String,
    /// Records in it: mails, rows.
    pub records: Vec<Record>,
}

/// A record in a tool's result: an object with texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Record {
    /// The sender, if given.
    pub sender: Option<String>,
    /// The subject or title, if given.
    pub subject: Option<String>,
    /// Its words.
    pub text: String,
}

/// A call that the model made earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    /// Number of its message.
    pub message: usize,
    /// The tool.
    pub tool: String,
}

/// A conversation as the model reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// Texts in order.
    pub parts: Vec<Part>,
    /// Calls in order.
    pub calls: Vec<Made>,
}

impl Context {
    /// Reads a request.
    pub(super) fn of(request: &Value) -> Self {
        let messages =
            request.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut context = Self::default();
        let mut names: Vec<(String, String, String)> = Vec::new();
        for (number, message) in messages.iter().enumerate() {
            for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
                let function = call.get("function").unwrap_or(call);
                let part = |value: &Value, key: &str| {
                    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                let (id, tool, arguments) =
                    (part(call, "id"), part(function, "name"), part(function, "arguments"));
                context.calls.push(Made { message: number, tool: tool.clone() });
                names.push((id, tool, arguments));
            }
            let from = author(message, &names);
            let text = content(message);
            if !text.is_empty() {
                context.parts.push(read(from, number, &text));
            }
        }
        context
    }

    /// The part of the context that precedes a message.
    pub(super) fn until(&self, message: usize) -> Self {
        Self {
            parts: self.parts.iter().filter(|part| part.message < message).cloned().collect(),
            calls: self.calls.iter().filter(|call| call.message < message).cloned().collect(),
        }
    }

    /// The user's latest words.
    pub(super) fn asked(&self) -> Option<&Part> {
        self.parts.iter().rev().find(|part| part.from == From::User)
    }

    /// Texts returned by tools.
    pub(super) fn results(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| matches!(part.from, From::Tool { .. }))
    }

    /// Records of all results.
    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.results().flat_map(|part| part.records.iter())
    }
}

fn author(message: &Value, names: &[(String, String, String)]) -> From {
    let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
    match role {
        "user" => From::User,
        "assistant" => From::Model,
        "tool" | "function" => {
            let id = message.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
            let call = names.iter().rev().find(|call| call.0 == id);
            let (name, arguments) = call.map(|call| (call.1.clone(), call.2.clone())).unwrap_or_default();
            From::Tool { name, arguments }
        }
        _ => From::System,
    }
}

/// The text of a message, whether its content is a string or an array of parts.
pub(super) fn content(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}

fn read(from: From, message: usize, text: &str) -> Part {
    let mut records = Vec::new();
    let parsed =
        matches!(from, From::Tool { .. }).then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    let text = match parsed {
        Some(value @ (Value::Object(_) | Value::Array(_))) => leaves(&value, &mut records, 0),
        _ => words(text),
    };
    Part { from, message, text, records }
}

/// The words of a JSON document; objects with a body become records.
fn leaves(value: &Value, records: &mut Vec<Record>, depth: usize) -> String {
    if depth > 32 {
        return String::new();
    }
    match value {
        Value::String(text) => words(text),
        Value::Array(items) => {
            items.iter().map(|item| leaves(item, records, depth + 1)).collect::<Vec<_>>().join("\n")
        }
        Value::Object(members) => {
            let part = |keys: &[&str]| keys.iter().find_map(|key| members.get(*key)?.as_str()).map(words);
            let all: Vec<String> = members
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "id" | "from" | "to" | "date" | "type"))
                .map(|(_, value)| leaves(value, records, depth + 1))
                .collect();
            let text = all.join("\n");
            if let Some(body) = part(&["body", "text", "content", "document"]) {
                let (sender, subject) = (part(&["from", "sender"]), part(&["subject", "title"]));
                let text = subject.iter().cloned().chain([body]).collect::<Vec<_>>().join("\n");
                records.push(Record { sender, subject, text });
            }
            text
        }
        _ => String::new(),
    }
}

/// The words of a text: without markup, with what a page hides, without invisible characters.
fn words(text: &str) -> String {
    let seen: String = text
        .chars()
        .filter(|ch| !matches!(ch, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}'))
        .collect();
    if seen.contains("</") || seen.contains("<!--") || seen.contains("/>") {
        without_markup(&seen)
    } else {
        seen
    }
}

fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = comment.find("-->").unwrap_or(comment.len());
            out.push('\n');
            out.push_str(comment.get(..end).unwrap_or_default());
            out.push('\n');
            rest = comment.get(end..).unwrap_or_default().trim_start_matches("-->");
            continue;
        }
        let tag = rest
            .get(1..)
            .and_then(|tag| tag.chars().next())
            .is_some_and(|ch| ch.is_ascii_alphabetic() || matches!(ch, '/' | '!'));
        let end = rest.find('>').filter(|_| tag);
        out.push(if tag { '\n' } else { '<' });
        rest = rest.get(end.map_or(1, |end| end + 1)..).unwrap_or_default();
    }
    out.push_str(rest);
    out.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_words_are_read() {
        let page = "<p style=\"color:white\">a\u{200b}b</p><!-- c --> 1 < 2 <b>d</b>";
        let read: Vec<String> = words(page).split_whitespace().map(str::to_owned).collect();
        assert_eq!(read, ["ab", "c", "1", "<", "2", "d"]);
    }
}
