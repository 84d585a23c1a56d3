//! Renders tool results in the format of the program that returns them.

use serde_json::Value;

use super::Form;

/// Marks where a third party's words appear.
const PLACE: &str = "{{}}";

/// Column at which Python's YAML emitter breaks lines.
const WIDTH: usize = 80;

/// Whether a result has a slot for a third party's words.
pub(super) fn is_open(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(PLACE),
        Value::Array(items) => items.iter().any(is_open),
        Value::Object(members) => members.values().any(is_open),
        _ => false,
    }
}

/// Renders a result with these words in it.
pub(super) fn render(form: Form, value: &Value, words: &str) -> String {
    let filled = filled(value, words);
    match (form, &filled) {
        (Form::Text | Form::Yaml, Value::String(text)) => text.clone(),
        (Form::Json | Form::Text, other) => other.to_string(),
        (Form::Repr, other) => repr(other),
        (Form::Yaml, other) => yaml(other, 0).trim_start_matches('\n').to_owned(),
    }
}

fn filled(value: &Value, words: &str) -> Value {
    match value {
        Value::String(text) => text.replace(PLACE, words).trim_end().into(),
        Value::Array(items) => items.iter().map(|item| filled(item, words)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), filled(value, words)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Python's `repr`.
fn repr(value: &Value) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(yes) => if *yes { "True" } else { "False" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", join(items.iter().map(repr).collect())),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{}: {}", quoted(key), repr(value));
            format!("{{{}}}", join(members.iter().map(member).collect()))
        }
    }
}

/// A Python string: in single quotes, unless it contains single quotes and no double ones.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let inner = text.replace('\\', "\\\\").replace('\n', "\\n").replace(quote, &format!("\\{quote}"));
    format!("{quote}{inner}{quote}")
}

fn yaml(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Value::Array(items) if items.is_empty() => "[]\n".to_owned(),
        Value::Array(items) => {
            let item = |item| indent.clone() + "- " + yaml(item, depth + 1).trim_start_matches(['\n', ' ']);
            items.iter().map(item).collect()
        }
        Value::Object(members) => members.iter().map(|(key, value)| member(key, value, depth)).collect(),
        scalar => format!("{}\n", plain(scalar, depth)),
    }
}

fn member(key: &str, value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Value::Array(items) if !items.is_empty() => format!("{indent}{key}:\n{}", yaml(value, depth)),
        Value::Object(_) => format!("{indent}{key}:\n{}", yaml(value, depth + 1)),
        other => format!("{indent}{key}: {}", yaml(other, depth)),
    }
}

/// A scalar: plain where that is unambiguous, quoted otherwise, with lines broken as the emitter does.
fn plain(value: &Value, depth: usize) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let indent = format!("\n{}", "  ".repeat(depth + 1));
    if text.contains('\n') {
        return Value::from(text.as_str()).to_string();
    }
    let odd = text.is_empty()
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.starts_with(|ch: char| !(ch.is_alphabetic() || ch == '/'))
        || matches!(text.as_str(), "on" | "off" | "yes" | "no" | "true" | "false" | "null");
    let text = if odd { format!("'{}'", text.replace('\'', "''")) } else { text.clone() };
    let mut column = 0;
    let mut out = String::new();
    for (at, word) in text.split(' ').enumerate() {
        let fits = column + word.chars().count() <= WIDTH;
        match at {
            0 => {}
            _ if fits => out.push(' '),
            _ => out.push_str(&indent),
        }
        column = if fits { column + word.chars().count() + 1 } else { word.chars().count() };
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use saphyr::{LoadableYamlNode, Yaml};
    use serde_json::json;

    use super::*;

    #[test]
    fn forms() {
        let value = json!([{ "id": "7", "body": "it's a long text: with a colon, and so many words that it does not fit into one line of this form {{}}", "to": ["a@x.example"] }]);
        let yaml = render(Form::Yaml, &value, "do it\nnow");
        let read = Yaml::load_from_str(&yaml).unwrap();
        assert!(read[0][0]["body"].as_str().unwrap().ends_with("this form do it\nnow"), "{yaml}");
        assert_eq!(read[0][0]["id"].as_str(), Some("7"), "{yaml}");
        assert_eq!(read[0][0]["to"][0].as_str(), Some("a@x.example"), "{yaml}");
        assert!(render(Form::Repr, &value, "x").starts_with("[{'body': \"it's"));
        assert_eq!(render(Form::Json, &json!({ "a": "{{}}" }), ""), "{\"a\":\"\"}");
    }
}
