//! Chinese words in isolation: in a cell, a JSON value, at the start of a sentence. Without a sentence around it, the
//! model takes what starts with a family name for a name: 籍贯, 燕麦.
//!
//! A listed word is not a name there unless something announces one, `联系人：高兴`. Within a sentence the model decides.

use std::ops::Range;
use std::sync::LazyLock;

use super::lexicon::{Lexicon, key, list};
use super::token::{Kind, Token};

static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common_zh.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// Score that an isolated name without a family name must reach.
const SURE: f32 = 0.97;
/// The same for a word at one end of a sentence.
const AT_AN_END: f32 = 0.98;

/// The same for a word between commas.
const NEARLY: f32 = 0.995;

/// Words that announce a name.
const FRAMES: &[&str] = &[
    "姓名",
    "名字",
    "名叫",
    "我叫",
    "叫做",
    "我是",
    "联系人",
    "负责人",
    "作者",
    "记者",
    "昵称",
    "收件人",
    "寄件人",
    "经办人",
    "申请人",
    "客户",
    "用户",
    "同事",
    "老师",
    "先生",
    "女士",
    "法人",
    "代表",
    "患者",
    "乘客",
    "学生",
    "name",
    "contact",
    "user",
    "author",
    "owner",
    "customer",
    "from",
    "to",
    "cc",
    "人员",
    "人",
];

/// True if a name in Chinese characters is an isolated word.
pub(super) fn vetoes(text: &str, span: &[Token], score: f32, lexicon: Lexicon<'_>) -> bool {
    let (Some(first), Some(last)) = (span.first(), span.last()) else { return false };
    if !(2..=4).contains(&span.len()) || span.iter().any(|token| token.kind != Kind::Han) {
        return false;
    }
    let bytes = first.start..last.end;
    let name = text.get(bytes.clone()).unwrap_or_default();
    let before = text.get(..bytes.start).and_then(|before| before.chars().next_back());
    let after = text.get(bytes.end..).and_then(|after| after.chars().next());
    let (begins, ends) = (is_edge(before), is_edge(after));
    if !begins && !ends || is_framed(text, &bytes) {
        return false;
    }
    if is_word(name) && lexicon.bits(key(span.iter().map(|token| token.id))) & list::FAMILY == 0 {
        // A comma may address somebody, `建军，你来`, but it also separates list items.
        let comma = matches!(after, Some(',' | '，' | '、')) || matches!(before, Some(',' | '，' | '、'));
        return begins && ends && !(comma && score >= NEARLY) || score < AT_AN_END;
    }
    if begins && !ends && score < AT_AN_END && runs_on(name) {
        return true;
    }
    let cell = begins
        && ends
        && !matches!((before, after), (_, Some(',' | '、' | '，')) | (Some(',' | '、' | '，'), _));
    // `秀英 赵` contains a space, which only names do.
    let whole = !name.contains(char::is_whitespace);
    cell && whole && score < SURE && !is_named(name, span, lexicon)
}

/// True if the family name or the whole is in a list of names, or it has a familiar form of address.
fn is_named(name: &str, span: &[Token], lexicon: Lexicon<'_>) -> bool {
    let bits = |count: usize| lexicon.bits(key(span.iter().take(count).map(|token| token.id)));
    name.starts_with(['小', '老', '阿'])
        || (bits(1) | bits(2)) & list::GIVEN != 0
        || bits(span.len()) & list::FAMILY != 0
}

fn is_word(name: &str) -> bool {
    WORDS.binary_search(&name).is_ok()
}

/// True for a word followed by a character of the sentence: 方向错.
fn runs_on(name: &str) -> bool {
    const NEXT: &str = "的了太也都是在有就不和很要会上里中下字们吗呢又还";
    let Some((at, last)) = name.char_indices().next_back() else { return false };
    NEXT.contains(last)
        && name.get(..at).is_some_and(|word| is_word(word) || last == '字' && word.chars().count() == 1)
}

/// True for the end of the text and for characters that are neither letters nor digits.
fn is_edge(c: Option<char>) -> bool {
    c.is_none_or(|c| !c.is_alphanumeric())
}

/// True if a name label precedes, separated only by marks, or a form of address follows.
fn is_framed(text: &str, span: &Range<usize>) -> bool {
    let from = text.floor_char_boundary(span.start.saturating_sub(36));
    let before = text.get(from..span.start).unwrap_or_default();
    let label = before.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '\n').to_ascii_lowercase();
    let near = before.len() - label.len() <= 8;
    near && FRAMES.iter().any(|frame| label.ends_with(frame))
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use super::WORDS;
    use crate::Detector;

    fn people(text: &str) -> Vec<String> {
        static DETECTOR: std::sync::LazyLock<Detector> = std::sync::LazyLock::new(Detector::default);
        let found = DETECTOR.detect(text);
        found.into_iter().filter(|d| d.kind == DataType::Person).map(|d| text[d.span].to_owned()).collect()
    }

    #[test]
    fn words_that_stand_alone_are_no_names() {
        for text in [
            "{\"原料\":\"燕麦\",\"份\":2}",
            "{\"字段\":\"籍贯\"}",
            "| 项目 | 值 |\n|---|---|\n| 籍贯 | 空 |\n",
            "- 孙女\n- 易拉罐\n",
            "郑重声明：本店概不退换",
        ] {
            assert_eq!(people(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn names_that_are_words_are_found_where_one_is_due() {
        for (text, name) in [
            ("联系人：高兴，电话稍后发", "高兴"),
            ("{\"姓名\":\"易平\",\"部门\":\"财务\"}", "易平"),
            ("{\"负责人\":\"陈晓燕\"}", "陈晓燕"),
            ("王建国\n李秀英\n", "王建国"),
        ] {
            assert!(people(text).iter().any(|found| found == name), "{text} {:?}", people(text));
        }
    }

    #[test]
    fn the_list_is_sorted_without_doubles() {
        assert!(WORDS.len() > 5_000);
        assert!(WORDS.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
