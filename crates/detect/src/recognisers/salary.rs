//! Income: an amount after a word such as `月薪` or `salary`, of at least a thousand, or with `k`, `万` or a currency.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "salary",
    kind: DataType::Salary,
    trigger: Trigger::Labels,
    labels: &[
        "月薪",
        "年薪",
        "底薪",
        "时薪",
        "税前工资",
        "税后工资",
        "到手工资",
        "基本工资",
        "工资",
        "薪资",
        "薪水",
        "年收入",
        "月收入",
        "家庭年收入",
        "salary",
        "annual salary",
        "base salary",
        "monthly salary",
        "yearly salary",
        "annual income",
        "monthly income",
        "household income",
        "wage",
        "compensation",
        "take-home pay",
    ],
    find,
};

const UNITS: &[&str] = &[
    "万元", "千元", "万块", "万", "千", "元", "块", "美元", "k", "K", "w", "W", "RMB", "CNY", "USD", "EUR",
    "GBP", "yuan", "dollars",
];
const SIGNS: &[&str] = &["$", "€", "£", "¥", "￥", "US$", "RMB", "CNY", "USD", "EUR", "GBP", "人民币"];
const FILLERS: &[&str] =
    &["大概", "大约", "约", "才", "只有", "有", "到手", "税前", "about ", "around ", "of ", "at "];

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    // Average earnings are nobody's.
    let before = text
        .slice(text.as_str().ceil_char_boundary(label.start.saturating_sub(9))..label.start)
        .to_ascii_lowercase();
    if ["平均", "人均", "最低", "average ", "minimum ", "median "].iter().any(|word| before.ends_with(word))
    {
        return None;
    }
    let from = filled(text, link(text, label.end).value);
    let sign = starts_with(text, from, SIGNS);
    let start = text.run(from + sign, 1, |b| b == b' ');
    let mut end = text.run(start, 16, |b| b.is_ascii_digit() || matches!(b, b',' | b'.'));
    let digits = text.slice(start..end).trim_end_matches([',', '.']);
    end = start + digits.len();
    let whole: String = digits.split('.').next()?.chars().filter(char::is_ascii_digit).collect();
    let gap = text.run(end, 1, |b| b == b' ');
    let unit = starts_with(text, gap, UNITS);
    let amount: u64 = whole.parse().ok()?;
    let believed = unit > 0 || sign > 0 || amount >= 1000 && !(1900..=2100).contains(&amount);
    let stop = if unit > 0 { gap + unit } else { end };
    let cut = text.byte(stop).is_some_and(|b| is_word(b) || b == b'%' || b == b'-');
    (amount > 0 && believed && !cut).then(|| Found::labelled(from..stop, 0.75))
}

fn filled(text: &Text<'_>, at: usize) -> usize {
    let filler = starts_with(text, at, FILLERS);
    text.run(at + filler, 1, |b| b == b' ')
}

/// The length of the longest of these words at `at`.
fn starts_with(text: &Text<'_>, at: usize, words: &[&str]) -> usize {
    let rest = text.as_str().get(at..).unwrap_or_default();
    words.iter().filter(|word| rest.starts_with(**word)).map(|word| word.len()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::Salary,
            &[
                "我月薪[[15000]]，",
                "年薪约[[30万]]。",
                "Salary: [[$85,000]] per year",
                "salary is [[120k]], remote",
                "税前工资大概[[2.5万元]]",
            ],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(
            DataType::Salary,
            &[
                "工资条什么时候发",
                "salary 2024",
                "薪资涨了 5%",
                "salary range",
                "工资发放日是 15 日",
                "平均工资8000元",
                "最低工资2000元",
            ],
        );
    }
}
