//! Which record of a list the user's words pick out: they contain the value of one of its short columns, and no other row's value
//! in that column. “Hearth's order” is the row whose buyer is “Hearth Grocers”, “the planned one” the row whose state is
//! “planned”.

use super::super::Prepared;
use super::record::has_rows;
use crate::attribute::fields::Field;
use crate::attribute::{Source, weight};
use ombud_core::script::is_han;

/// Maximum number of fields per record and rows per column examined.
const MOST: usize = 64;

/// Longest label of a row, in bytes and in words.
const LONGEST: usize = 64;
const MOST_WORDS: usize = 6;

/// Parts of the names of free-text columns: what people write there does not name the row.
const TEXTS: &str = "remark note comment text message body said quote letter reason request query ocr content description purpose reply \
    feedback review html transcription 备注 留言 说明 内容 评价 点评 描述 正文 原因 理由 反馈 回复 转发 来信";

/// Whether the user's words pick out the record of a field.
pub(super) fn picks(known: &Prepared, source: &Source, field: &Field) -> bool {
    let own = source.index.record(field.record).iter().take(MOST);
    has_rows(source) && own.filter(|label| is_a_label(label)).any(|label| picks_by(known, source, label))
}

fn is_a_label(label: &Field) -> bool {
    let text = TEXTS.split_ascii_whitespace().any(|text| label.key.contains(text));
    let coded = weight(&label.value) >= 3 && label.value.bytes().any(|byte| byte.is_ascii_digit());
    let named = weight(&label.value) >= 3 && label.value.chars().any(char::is_alphabetic);
    let short = label.value.len() <= LONGEST && label.value.split_whitespace().count() <= MOST_WORDS;
    !text && short && (coded || named) && !is_a_day(&label.value)
}

/// Whether a value is a day or a time, which is not a name: the user mentions many.
fn is_a_day(value: &str) -> bool {
    value.contains(['-', ':', '/', '年']) && !value.chars().any(|ch| ch.is_alphabetic() && !is_han(ch))
}

/// Whether the user's words contain this label, and no other row's value in the same column.
fn picks_by(known: &Prepared, source: &Source, label: &Field) -> bool {
    let column = source.index.fields.iter().filter(|other| {
        other.key == label.key && other.around == label.around && other.record != label.record
    });
    let mut others = column.take(MOST).peekable();
    // A lone row is not picked out of anything.
    others.peek().is_some() && says(known, &label.value) && !others.any(|other| says(known, &other.value))
}

/// Whether the user says a value: a code or a short word as a whole, or half the words of a name.
fn says(known: &Prepared, value: &str) -> bool {
    let coded = !value.contains(' ') && value.bytes().any(|byte| byte.is_ascii_digit());
    if coded || weight(value) < 4 {
        known.says(value)
    } else {
        known.mentions_thing(value) || says_its_first_word(known, value)
    }
}

/// Whether the user says its first word, “Quayside” for “Quayside Arts Centre”: enough if no other row begins with it, since a
/// shared first word picks nothing out.
fn says_its_first_word(known: &Prepared, value: &str) -> bool {
    let first = value.split(|ch: char| !ch.is_alphanumeric()).next().unwrap_or_default();
    first.is_ascii() && weight(first) >= 5 && known.says(first)
}

/// Whether no other row has this field's value in its column, so that the column identifies rows.
pub(super) fn tells_apart(source: &Source, field: &Field) -> bool {
    let column = || source.index.fields.iter().filter(|other| other.key == field.key).take(MOST);
    column().count() > 1
        && column().all(|other| other.record == field.record || other.value != field.value)
        && !TEXTS.split_ascii_whitespace().any(|text| field.key.contains(text))
}
