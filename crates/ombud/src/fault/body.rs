//! Mistakes in a JSON body, by the field in which they are. The parser's sentence may quote a value, which is taken out.

use ombud_core::{Lang, say};

use super::file;

/// A name or a path of fields that is longer, or is written otherwise, may be data.
const LONGEST: usize = 60;

/// What is wrong with a body, from what the parser says: `items[0].text: invalid type: integer `5`, expected a string at line 1
/// column 9`.
pub(crate) fn body(message: &str, lang: Lang) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    // A field that nobody knows is its own path, and may be data.
    let message = message.find("unknown field `").map_or(message, |at| message.get(at..).unwrap_or(message));
    let (path, what) = match message.split_once(": ") {
        Some((path, what)) if is_path(path) => (Some(path), what),
        _ => (None, message),
    };
    let what = file::told(&without_name(&without_type(what)), lang);
    match path {
        Some(path) => say!(lang, en: "`{path}`: {what}", zh: "`{path}`：{what}"),
        None => what,
    }
}

/// What this program calls an object inside says nothing to others.
fn without_type(what: &str) -> String {
    what.split_once(", expected struct ")
        .map_or_else(|| what.to_owned(), |(what, _)| format!("{what}, expected a JSON object"))
}

/// What was written where a name was wanted is shown only if it can be a name.
fn without_name(what: &str) -> String {
    let mut parts = what.splitn(3, '`');
    let (Some(kind), Some(name), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return what.to_owned();
    };
    let named =
        kind != "unknown variant " && is_path(name) && !name.bytes().any(|byte| byte.is_ascii_digit());
    if named || kind == "missing field " { what.to_owned() } else { format!("{kind}`…`{rest}") }
}

fn is_path(text: &str) -> bool {
    let plain = |ch: char| ch.is_ascii_alphanumeric() || "_.[]".contains(ch);
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_and_what_was_expected_are_named_and_no_value() {
        let cases = [
            ("missing field `text` at line 1 column 2", "missing field `text`", "缺少字段 `text`"),
            (
                "text: invalid type: string \"139 7083 4512\", expected a boolean at line 1 column 5",
                "`text`: invalid type: string, expected a boolean",
                "`text`：类型不对，这里写的是 字符串，这里可以是 布尔值（true 或 false）",
            ),
            (
                "sources[0].kind: unknown variant `13970834512`, expected `web` or `tool` at line 1 column 5",
                "`sources[0].kind`: unknown variant `…`, expected `web` or `tool`",
                "`sources[0].kind`：不认识的取值 `…`，这里可以是 `web`、`tool`",
            ),
            (
                "session: unknown field `session`, expected `text`",
                "unknown field `session`, expected `text`",
                "不认识的字段 `session`，这里可以是 `text`",
            ),
            (
                "invalid length 0, expected struct TextIn with 1 element at line 1 column 2",
                "invalid length 0, expected a JSON object",
                "长度不对 0，这里可以是 JSON 对象",
            ),
            (
                "139 7083 4512: unknown field `139 7083 4512`, expected `text`",
                "unknown field `…`, expected `text`",
                "不认识的字段 `…`，这里可以是 `text`",
            ),
            (
                "unknown field `a13970834512`, expected `text`",
                "unknown field `…`, expected `text`",
                "不认识的字段 `…`，这里可以是 `text`",
            ),
        ];
        for (message, en, zh) in cases {
            assert_eq!((body(message, Lang::En).as_str(), body(message, Lang::Zh).as_str()), (en, zh));
        }
    }
}
