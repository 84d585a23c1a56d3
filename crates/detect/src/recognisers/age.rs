//! Ages: a number from 1 to 120 before `岁` and the like, or after `age` with a colon or `aged`.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::label::is_whole;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "age",
    kind: DataType::Age,
    trigger: Trigger::Literals(&[
        "岁",
        "周岁",
        "years old",
        "year-old",
        "year old",
        "y/o",
        "年龄",
        "age",
        "aged",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let written = text.slice(word.clone()).to_ascii_lowercase();
    let span = match written.as_str() {
        "年龄" | "age" | "aged" => after(text, &word, &written)?,
        _ => before(text, word.start)?,
    };
    if is_limit(text, &span, word.end) {
        return None;
    }
    let age: u32 = text.slice(span.clone()).parse().ok()?;
    ((1..=120).contains(&age) && text.is_whole_number(&span)).then(|| Found::labelled(span, 0.72))
}

/// `满18岁方可`, `未满14岁`, `60岁以上`: a rule mentions an age, but nobody's.
fn is_limit(text: &Text<'_>, span: &Range<usize>, end: usize) -> bool {
    let from = text.as_str().ceil_char_boundary(span.start.saturating_sub(9));
    let before = text.slice(from..span.start);
    let to = text.as_str().floor_char_boundary(end + 12);
    let after = text.slice(end..to).trim_start_matches('岁');
    let limits = |words: &[&str]| words.iter().any(|word| after.starts_with(word));
    ["未满", "不满", "至少", "不足", "低于", "高于", "大于", "小于", "超过"]
        .iter()
        .any(|word| before.ends_with(word))
        || limits(&["以上", "以下", "以内", "及以上", "及以下", "方可", "才能", "才可", "或以上"])
}

/// `35岁`, `35 years old`, `35-year-old`.
fn before(text: &Text<'_>, at: usize) -> Option<Range<usize>> {
    let end = text.run_back(at, 1, |b| matches!(b, b' ' | b'-'));
    let start = text.run_back(end, 4, |b| b.is_ascii_digit());
    (start < end && !matches!(text.before(start), Some(b'.' | b'-' | b'~' | b'$'))).then_some(start..end)
}

/// `年龄：35`, `age: 35`, `aged 35`.
fn after(text: &Text<'_>, word: &Range<usize>, written: &str) -> Option<Range<usize>> {
    if !is_whole(text.as_str(), word.start, word.end) {
        return None;
    }
    let start = text.run(word.end, 4, |b| matches!(b, b' ' | b':' | b'=' | b'"'));
    let joined = text.slice(word.end..start).contains([':', '=']) || written == "aged";
    let end = text.run(start, 4, |b| b.is_ascii_digit());
    (joined && end > start && text.byte(end) != Some(b'.')).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::Age,
            &["我今年[[35]]岁", "a [[42]]-year-old man", "\"age\": [[29]]}", "年龄：[[35]]", "aged [[61]]"],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(
            DataType::Age,
            &[
                "5-10岁儿童",
                "Cache-Age: 3600",
                "page: 12",
                "age 12 onwards",
                "3.5岁",
                "满18岁方可申请",
                "未满14岁禁入",
                "60岁以上老人",
            ],
        );
    }
}
