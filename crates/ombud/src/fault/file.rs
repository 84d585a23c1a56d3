//! Errors in a TOML file. serde and the TOML parser have few messages; each is put into the user's language, and values are
//! removed.

use ombud_core::{Lang, say};

/// Location and description of an error: `ombud.toml:3:8: …`. Nothing of the line itself is shown, as it may hold a key.
pub(crate) fn configuration(path: &str, text: &str, error: &toml::de::Error, lang: Lang) -> String {
    let place = error.span().map_or_else(String::new, |span| {
        place(text, key(text, span.start, error.message()).unwrap_or(span.start))
    });
    let colon = say!(lang, en: ": ", zh: "：");
    format!("{path}{place}{colon}{}", told(error.message(), lang))
}

/// The offset of the unknown field: the parser may only report the table that it is in.
fn key(text: &str, from: usize, message: &str) -> Option<usize> {
    let name = message.strip_prefix("unknown field `")?.split('`').next()?;
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let bare = line.trim_start();
        if bare.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('=')) {
            return Some(at + line.len() - bare.len());
        }
        at += line.len();
    }
    None
}

/// `:line:column`, both from 1, the column in characters.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(":{line}:{column}")
}

/// A parser message in the user's language, without values.
pub(super) fn told(message: &str, lang: Lang) -> String {
    if message.starts_with("unknown ") && message.ends_with(NO_FIELDS) {
        return say!(lang, en: "unknown field, there are no fields here", zh: "这里不能有任何字段");
    }
    // A value may contain the same words: what was expected follows the last of them.
    let (what, expected) = match message.rsplit_once(", expected ") {
        Some((what, expected)) => (what, Some(expected)),
        None => (message, None),
    };
    let what = without_value(what);
    if lang == Lang::En {
        let plain = |expected| match expected {
            "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
            "i64" => "a whole number",
            "f64" => "a number",
            other => other,
        };
        return expected
            .map_or_else(|| what.clone(), |expected| format!("{what}, expected {}", plain(expected)));
    }
    let what = chinese(&what);
    expected.map_or_else(|| what.clone(), |expected| format!("{what}，{}", alternatives(expected)))
}

/// serde's message for an object without fields.
const NO_FIELDS: &str = ", there are no fields";

/// serde's names for what was written, in front of the value.
const SHAPES: &[&str] = &[
    "string",
    "integer",
    "boolean",
    "floating point",
    "sequence",
    "map",
    "null",
    "unit value",
    "character",
    "datetime",
    "table",
    "array",
];

/// `invalid type: string "sk-…"` without the value.
fn without_value(what: &str) -> String {
    let kind = ["invalid type: ", "invalid value: "].into_iter().find(|kind| what.starts_with(kind));
    let Some(kind) = kind else { return what.to_owned() };
    let rest = what.strip_prefix(kind).unwrap_or_default();
    let shape = SHAPES.iter().find(|shape| rest.starts_with(**shape)).copied().unwrap_or_default();
    format!("{kind}{shape}").trim_end_matches([':', ' ']).to_owned()
}

/// The messages of serde, and those of the TOML parser that users meet.
const SENTENCES: &[(&str, &str)] = &[
    ("unknown field ", "不认识的字段 "),
    ("unknown variant ", "不认识的取值 "),
    ("unknown data category ", "不认识的数据类别 "),
    ("missing field ", "缺少字段 "),
    ("duplicate field ", "字段重复 "),
    ("duplicate key", "键重复"),
    ("invalid type: ", "类型不对，写的是"),
    ("invalid type", "类型不对"),
    ("invalid value: ", "取值不对，写的是"),
    ("invalid value", "取值不对"),
    ("not an expression in CEL, see character ", "不是 CEL 表达式，出错位置（第几个字符）："),
    ("unknown name in a condition: ", "条件里有不认识的名称："),
    ("unknown function in a condition: ", "条件里有不认识的函数："),
    ("condition too long, at most ", "条件太长，最多 "),
    ("wanted string or table", "类型不对，应为字符串或表"),
    ("unclosed ", "未闭合的 "),
    ("missing ", "缺少 "),
    ("extra ", "多余的 "),
    ("invalid ", "无效的 "),
];

fn chinese(what: &str) -> String {
    if let Some(length) = what.strip_prefix("invalid length ") {
        return format!("长度不对（{length}）");
    }
    SENTENCES
        .iter()
        .find_map(|(english, chinese)| {
            let rest = words(what.strip_prefix(english)?);
            // Chinese words need no space between them.
            let chinese =
                if rest.starts_with(|ch: char| ch.is_ascii()) { chinese } else { chinese.trim_end() };
            Some(format!("{chinese}{rest}"))
        })
        .unwrap_or_else(|| format!("无法使用（{what}）"))
}

/// serde's names for kinds of values.
const KINDS: &[(&str, &str)] = &[
    ("null", "空值（null）"),
    ("unit value", "空值（null）"),
    ("character", "字符"),
    ("datetime", "日期时间"),
    ("string", "字符串"),
    ("integer", "整数"),
    ("boolean", "布尔值（true 或 false）"),
    ("a boolean", "布尔值（true 或 false）"),
    ("floating point", "小数"),
    ("sequence", "列表"),
    ("a sequence", "列表"),
    ("map", "表"),
    ("a map", "表"),
    ("a string", "字符串"),
    ("a JSON object", "JSON 对象"),
    ("a borrowed string", "字符串"),
    ("string or table", "字符串或表"),
    ("path string", "文件路径（字符串）"),
    ("table", "表"),
    ("array", "列表"),
    ("u16", "非负整数"),
    ("u32", "非负整数"),
    ("u64", "非负整数"),
    ("usize", "非负整数"),
    ("i64", "整数"),
    ("f64", "数"),
];

fn words(of: &str) -> &str {
    KINDS.iter().find(|(english, _)| *english == of).map_or(of, |(_, chinese)| chinese)
}

/// What is accepted: ``one of `a`, `b` `` and `` `a` or `b` ``, or a kind of value.
fn alternatives(expected: &str) -> String {
    let list = expected.strip_prefix("one of ").unwrap_or(expected);
    if list.contains('`') {
        return format!("这里可以是 {}", list.replace("` or `", "`、`").replace(", ", "、"));
    }
    let kind = words(list);
    let blank = if kind.starts_with(|ch: char| ch.is_ascii()) { " " } else { "" };
    format!("应为{blank}{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::File;

    fn of(text: &str, lang: Lang) -> String {
        configuration("ombud.toml", text, &toml::from_str::<File>(text).unwrap_err(), lang)
    }

    #[test]
    fn a_misspelt_key_is_told_with_its_place_and_the_right_ones() {
        let text = "[agent]\nname = \"x\"\naudiense = \"adults\"\n";
        let told = of(text, Lang::Zh);
        assert!(told.starts_with("ombud.toml:3:1：不认识的字段 `audiense`，这里可以是 `name`、"), "{told}");
        assert!(
            of(text, Lang::En)
                .starts_with("ombud.toml:3:1: unknown field `audiense`, expected one of `name`, ")
        );
    }

    #[test]
    fn a_condition_that_cannot_be_read_is_told_without_its_text() {
        let text = "[[tools.when]]\nif = \"arg.to == 'secret' &&\"\ngate = \"ask\"\n";
        assert_eq!(of(text, Lang::En), "ombud.toml:2:6: not an expression in CEL, see character 22");
        assert_eq!(of(text, Lang::Zh), "ombud.toml:2:6：不是 CEL 表达式，出错位置（第几个字符）：22");
        let text = "[tools.x]\nwhen = [{ if = \"args.a == 1\", gate = \"ask\" }]\n";
        assert!(
            of(text, Lang::En)
                .contains("unknown name in a condition: `args`, expected one of `tool`, `effect`, ")
        );
        assert!(of(text, Lang::Zh).contains("条件里有不认识的名称：`args`，这里可以是 `tool`、`effect`、"));
    }

    #[test]
    fn a_wrong_value_is_not_repeated() {
        let text = "[gateway]\ntimeout_s = \"sk-verysecret\"\n";
        for lang in [Lang::En, Lang::Zh] {
            let told = of(text, lang);
            assert!(!told.contains("verysecret"), "{told}");
            assert!(told.starts_with("ombud.toml:2:13"), "{told}");
        }
        assert!(
            of(text, Lang::Zh).ends_with("类型不对，写的是字符串，应为非负整数"),
            "{}",
            of(text, Lang::Zh)
        );
    }

    #[test]
    fn a_field_in_a_table_is_told_where_it_stands_and_shapes_in_words() {
        assert!(
            of("[tools.send_mail]\ngat = \"ask\"\n", Lang::En)
                .starts_with("ombud.toml:2:1: unknown field `gat`")
        );
        let negative = of("[gateway]\ntimeout_s = -1\n", Lang::En);
        assert!(negative.ends_with("expected a whole number that is not negative"), "{negative}");
        let mode = of("[tools]\nmode = true\n", Lang::Zh);
        assert!(mode.ends_with("类型不对，应为字符串或表"), "{mode}");
        let open = of("[agent\n", Lang::Zh);
        assert!(open.contains("未闭合的表"), "{open}");
    }

    #[test]
    fn broken_syntax_is_told_in_chinese() {
        for text in ["[agent\n", "name = \"x\n", "= 3", "a = 1\na = 2\n", "x = [1, \"sk-verysecret\" 2]"] {
            let told = of(text, Lang::Zh);
            assert!(!told.contains("verysecret"), "{told}");
            assert!(told.chars().filter(|ch| !ch.is_ascii()).count() > 3, "{told}");
        }
    }
}
