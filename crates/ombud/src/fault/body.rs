//! Errors in a JSON body, by field. The parser's message may quote a value, which is removed.

use ombud_core::{Lang, say};

use super::file;

/// A longer name or field path, or one with other characters, may be data.
const LONGEST: usize = 60;

/// So many digits in a row are no index into a list, and may be data too.
const LONGEST_NUMBER: usize = 5;

/// Describes what is wrong with a body, from the parser's message: `items[0].text: invalid type: integer `5`, expected a
/// string at line 1 column 9`.
pub(crate) fn body(message: &str, lang: Lang) -> String {
    let message = without_place(message);
    let (path, what) = match message.split_once(": ") {
        Some((path, what)) if is_path(path) && KINDS.iter().any(|kind| what.starts_with(kind)) => {
            // An unknown field is its own path, and may be data.
            (Some(path).filter(|_| !what.starts_with("unknown field ")), what)
        }
        // A path that may be data is left out.
        _ => (None, from_kind(message)),
    };
    let what = file::told(&without_name(&without_type(what)), lang);
    match path {
        Some(path) => say!(lang, en: "`{path}`: {what}", zh: "`{path}`：{what}"),
        None => what,
    }
}

/// Beginnings of the parser's messages.
const KINDS: &[&str] = &[
    "invalid type: ",
    "invalid value: ",
    "invalid length ",
    "missing field `",
    "duplicate field `",
    "unknown field `",
    "unknown variant `",
];

/// The message from the first known beginning on.
fn from_kind(message: &str) -> &str {
    let first = KINDS.iter().filter_map(|kind| message.find(kind)).min();
    first.and_then(|at| message.get(at..)).unwrap_or(message)
}

/// The message without line and column, which the parser puts at the very end: a value may contain the same words.
fn without_place(message: &str) -> &str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match message.rsplit_once(" at line ") {
        Some((what, place))
            if place.split_once(" column ").is_some_and(|(line, column)| digits(line) && digits(column)) =>
        {
            what
        }
        _ => message,
    }
}

/// Replaces the name of an internal type, which means nothing to others.
fn without_type(what: &str) -> String {
    what.split_once(", expected struct ")
        .map_or_else(|| what.to_owned(), |(what, _)| format!("{what}, expected a JSON object"))
}

/// Shows what was written instead of a name only if it can be a name.
fn without_name(what: &str) -> String {
    // The name may contain backticks itself: it extends to the last one before what was expected.
    let Some((kind, rest)) = what.split_once('`') else { return what.to_owned() };
    let end = rest.rfind("`, expected ").or_else(|| rest.rfind('`')).unwrap_or(rest.len());
    let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let rest = rest.strip_prefix('`').unwrap_or_default();
    let ours = matches!(kind, "missing field " | "duplicate field ");
    let may_be = kind != "unknown variant " && !name.bytes().any(|byte| byte.is_ascii_digit());
    if is_path(name) && (ours || may_be) { what.to_owned() } else { format!("{kind}`…`{rest}") }
}

fn is_path(text: &str) -> bool {
    let plain = |ch: char| ch.is_ascii_alphanumeric() || "_.[]".contains(ch);
    let long_number = text.as_bytes().windows(LONGEST_NUMBER).any(|run| run.iter().all(u8::is_ascii_digit));
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(plain) && !long_number
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
                "`text`：类型不对，写的是字符串，应为布尔值（true 或 false）",
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
                "长度不对（0），应为 JSON 对象",
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

    #[test]
    fn a_name_or_a_value_that_looks_like_the_parsers_own_words_is_not_repeated() {
        let names = [
            "13812345678`x`13812345678 Zhang Wei",
            "a`: tel 13812345678",
            "x at line 13812345678",
            "x at line 1 column 2",
            "`, expected `13812345678`, expected Zhang",
            "unknown field `Zhang`",
            "invalid type: string Zhang Wei",
            "invalid value: Zhang: 13812345678",
            "a: missing field `Zhang`",
        ];
        for name in names {
            for message in [
                format!("{name}: unknown field `{name}`, expected `text` at line 1 column 2"),
                format!("unknown field `{name}`, expected one of `text`, `id` at line 1 column 2"),
                format!("unknown field `{name}`, there are no fields"),
                format!("{name}: invalid type: string {name:?}, expected a boolean at line 1 column 2"),
                format!("kind: unknown variant `{name}`, expected `web` or `tool` at line 1 column 2"),
                format!("text: invalid value: string {name:?}, expected a string"),
                format!("{name}: missing field `text` at line 1 column 2"),
            ] {
                for lang in [Lang::En, Lang::Zh] {
                    let told = body(&message, lang);
                    assert!(!told.contains("1381234") && !told.contains("Zhang"), "{message}\n{told}");
                }
            }
        }
    }
}
