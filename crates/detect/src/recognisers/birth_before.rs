//! Birth dates before the word that marks them: `1978年6月12日出生`, `1978-06-12出生`.

use std::ops::Range;

use ombud_core::DataType;

use super::birth_date::{chinese, numeric};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "birth_before",
    kind: DataType::BirthDate,
    trigger: Trigger::Literals(&["出生", "日生", "号生", "生人"]),
    labels: &[],
    find,
};

/// Length of the longest date in bytes.
const LONGEST: usize = 24;

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    // `日生`: the first character belongs to the date.
    let own = if text.slice(word.clone()).ends_with('生') && !text.slice(word.clone()).starts_with('出') {
        3
    } else {
        0
    };
    let end = word.start + own;
    let from = text.as_str().ceil_char_boundary(end.saturating_sub(LONGEST));
    let before = text.slice(from..end);
    let part = |c: char| c.is_ascii_digit() || "年月日号-/. ".contains(c);
    let length: usize = before.chars().rev().take_while(|c| part(*c)).map(char::len_utf8).sum();
    let date = before.get(before.len() - length..)?;
    let blank = date.len() - date.trim_start().len();
    let date = date.trim();
    let whole = chinese(date).or_else(|| numeric(date)) == Some(date.len())
        && date.contains(|c: char| c == '年' || !c.is_ascii_digit());
    let start = end - length + blank;
    let cut = text.before(start).is_some_and(|b| b.is_ascii_alphanumeric());
    // `3月8日生日快乐` is a greeting.
    let greets = text.slice(word.end..word.end + 3) == "日";
    (whole && !cut && !greets && date.len() >= 8).then(|| Found::labelled(start..start + date.len(), 0.85))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn dates_are_found() {
        check(
            DataType::BirthDate,
            &["原告，男，[[1978年6月12日]]出生，汉族", "[[1978-06-12]]出生", "他[[1990年3月4日]]生，住在"],
        );
    }

    #[test]
    fn other_dates_are_not() {
        check(DataType::BirthDate, &["1978年6月12日发生", "先生", "3月8日生日快乐", "100出生"]);
    }
}
