//! Labels: words such as `手机号` or `card number` that announce what follows.
//!
//! A value without a check digit is accepted only if its label precedes it. A label of something else (`订单号`, `version`)
//! withdraws a value from the recognisers that go by format alone.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use ombud_core::DataType;

use crate::recognisers::Recogniser;
use crate::text::{Text, is_word};

/// Number of bytes before a value in which its label is looked for: about 16 Chinese characters.
const WINDOW: usize = 48;

/// A set of types, plus "something else".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Labels(u128);

impl Labels {
    const OTHER: Self = Self(1 << 127);
    /// [`OTHER`](Self::OTHER), but from a word that only says what a text is about: `order`, where `order number`
    /// announces the number itself.
    const VAGUE: Self = Self(1 << 126);

    fn of(kind: DataType) -> Self {
        DataType::ALL.iter().position(|other| *other == kind).map_or(Self(0), |i| Self(1 << i))
    }

    /// True if the nearest label announces this type.
    pub(crate) fn announce(self, kind: DataType) -> bool {
        self.0 & Self::of(kind).0 != 0
    }

    /// True if the nearest label announces something that is not personal data: an order, a version, an amount.
    pub(crate) fn announce_other(self) -> bool {
        self == Self::OTHER || self == Self::VAGUE
    }

    /// The same, by a label that says what a number is: strong enough to override a distinctive format.
    pub(crate) fn announce_other_number(self) -> bool {
        self == Self::OTHER
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Labels of numbers that look like personal data but are not.
const OTHERS: &[&str] = &[
    "order no",
    "order number",
    "order id",
    "tracking number",
    "version",
    "ver",
    "build",
    "commit",
    "sha",
    "hash",
    "md5",
    "checksum",
    "uuid",
    "guid",
    "timestamp",
    "ts",
    "isbn",
    "issn",
    "ean",
    "sku",
    "doi",
    "serial",
    "batch",
    "case no",
    "docket",
    "trace",
    "trace id",
    "request id",
    "offset",
    "clause",
    "chapter",
    "rfc",
    "oid",
    "port",
    "pid",
    "bytes",
    "订单号",
    "订单编号",
    "单号",
    "运单号",
    "快递单号",
    "流水号",
    "交易号",
    "编号",
    "批号",
    "序列号",
    "版本",
    "版本号",
    "时间戳",
    "发票号",
    "发票代码",
    "合同号",
    "工单号",
    "书号",
    "货号",
    "型号",
    "条码",
    "端口",
    "哈希",
    "章节",
];
/// Topics of texts that contain such numbers; a number with a distinctive format is still accepted.
const VAGUE: &[&str] = &[
    "order", "invoice", "tracking", "ticket", "amount", "total", "price", "section", "line", "size", "订单",
    "金额", "总价", "合计", "工单", "批次",
];

/// Finds the label before a value.
pub(crate) struct LabelIndex {
    automaton: Option<AhoCorasick>,
    labels: Vec<Labels>,
}

impl LabelIndex {
    pub(crate) fn new(recognisers: &[&Recogniser]) -> Self {
        let mut words: Vec<(&str, Labels)> = OTHERS.iter().map(|word| (*word, Labels::OTHER)).collect();
        words.extend(VAGUE.iter().map(|word| (*word, Labels::VAGUE)));
        for recogniser in recognisers {
            words.extend(recogniser.labels.iter().map(|word| (*word, Labels::of(recogniser.kind))));
        }
        words.sort_by_key(|(word, _)| *word);
        words.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = kept.1.with(later.1);
            }
            same
        });
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .build(words.iter().map(|(word, _)| *word))
            .ok();
        Self { automaton, labels: words.into_iter().map(|(_, labels)| labels).collect() }
    }

    /// The nearest label before `at`. Words may separate the two, but not a digit or the end of a sentence or line.
    pub(crate) fn before(&self, text: &str, at: usize) -> Labels {
        self.between(text, 0, at)
    }

    /// The same, for a label that starts at `least` or later.
    pub(crate) fn between(&self, text: &str, least: usize, at: usize) -> Labels {
        let Some(automaton) = &self.automaton else { return Labels::default() };
        let from = text.floor_char_boundary(at.saturating_sub(WINDOW)).max(least);
        // A label before a number or the end of a sentence belongs to something else; `ipv4` is one label.
        let window = text.get(from..at).unwrap_or_default();
        let parted = window.rfind(is_parting).map_or(0, |i| text.ceil_char_boundary(from + i + 1) - from);
        let parted = if window.get(..parted).is_some_and(ends_word) { 0 } else { parted };
        let (from, window) = (from + parted, window.get(parted..).unwrap_or_default());
        let mut best: Option<(usize, usize, Labels)> = None;
        for hit in automaton.find_overlapping_iter(window) {
            let length = hit.end() - hit.start();
            let better = best.is_none_or(|(end, longest, _)| (hit.end(), length) > (end, longest));
            if better && is_whole(text, from + hit.start(), from + hit.end()) {
                let labels = self.labels.get(hit.pattern().as_usize()).copied().unwrap_or_default();
                best = Some((hit.end(), length, labels));
            }
        }
        let Some((end, length, labels)) = best else { return Labels::default() };
        let gap = window.get(end..).unwrap_or_default();
        if gap.contains(is_parting) || !leads_on(text, from + end - length, gap) {
            return Labels::default();
        }
        labels
    }
}

/// False if a line or cell ends between a label that starts at `start` and its value, unless only marks separate them,
/// with a colon among them, or the label has its line or cell to itself.
fn leads_on(text: &str, start: usize, gap: &str) -> bool {
    if !gap.contains(['\n', '\t', '|']) {
        return true;
    }
    let marks = gap.chars().all(|c| c.is_whitespace() || c.is_ascii_punctuation());
    let (line, _) = gap.split_once('\n').unwrap_or((gap, ""));
    let colon = line.trim_end().ends_with([':', '=']);
    let before = text.get(text.floor_char_boundary(start.saturating_sub(WINDOW))..start).unwrap_or_default();
    let alone = before
        .rsplit(['\n', '\t', '|'])
        .next()
        .is_some_and(|own| own.len() < WINDOW - 2 && !own.contains([',', ';', '.', '。']))
        && line.trim().is_empty();
    // A label at the end of its line, with the value on the next: the words before it belong to it, `客户的手机号⏎138…`.
    (marks || gap.trim_start().starts_with(':')) && (colon || alone || !gap.contains('\n'))
}

/// True if the text ends with a digit that follows a letter.
fn ends_word(text: &str) -> bool {
    matches!(text.as_bytes(), [.., letter, digit] if letter.is_ascii_alphabetic() && digit.is_ascii_digit())
}

/// True for characters that separate a label from a later value.
fn is_parting(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '。' | ';')
}

/// True if an ASCII word at `start..end` is a whole word: it is not part of a longer word, but may be a hump of a
/// compound such as `phoneNumber` or `user_phone`. Words in Chinese characters are always whole.
pub(crate) fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let byte = |at: usize| text.as_bytes().get(at).copied();
    let before = start.checked_sub(1).and_then(byte);
    let (first, last, after) = (byte(start), byte(end.saturating_sub(1)), byte(end));
    let cut_left = first.is_some_and(is_word)
        && before.is_some_and(|b| {
            b.is_ascii_digit()
                || b.is_ascii_alphabetic()
                    && !(b.is_ascii_lowercase() && first.is_some_and(|f| f.is_ascii_uppercase()))
        });
    let cut_right = last.is_some_and(is_word)
        && after.is_some_and(|b| {
            b.is_ascii_alphabetic()
                && !(b.is_ascii_uppercase() && last.is_some_and(|l| l.is_ascii_lowercase()))
        });
    !cut_left && !cut_right
}

/// What separates a label and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    /// Where the value starts.
    pub(crate) value: usize,
    /// Whether a colon, an equals sign, `is` or `是` was in between.
    pub(crate) explicit: bool,
    /// The quotation mark that opens the value.
    pub(crate) quote: Option<u8>,
}

/// Words that lead from a label to its value; the first group does so explicitly.
const EXPLICIT: &[&str] = &[
    "是",
    "为",
    "就是",
    "叫",
    "填",
    "设为",
    "改为",
    "设成",
    "改成了",
    "改成",
    "换成了",
    "换成",
    "设置为",
    "设置成",
    "重置为",
    "修改为",
    "默认是",
    "默认为",
    "is",
    "was",
    "are",
];
const FILLERS: &[&str] =
    &["号码", "号", "账号", "帐号", "id", "ID", "Id", "number", "no.", "No.", "吧", "呢", "哈", "of"];

/// Skips what separates a label and its value: spaces, one colon or equals sign, quotation marks, a word such as `is` or
/// `号`.
pub(crate) fn link(text: &Text<'_>, end: usize) -> Link {
    let mut link = Link { value: end, explicit: false, quote: None };
    for _ in 0..8 {
        let Some(byte) = text.byte(link.value) else { break };
        // After an opening quotation mark everything is part of the value; after a closing one a colon may still follow.
        if link.quote.is_some() && (link.explicit || !matches!(byte, b' ' | b':' | b'=' | b',')) {
            break;
        }
        match byte {
            b' ' => link.value = text.run(link.value, 64, |b| b == b' '),
            b'\t' | b'\n' | b'\r' | b'(' | b'*' | b'\\' => link.value += 1,
            b'"' | b'\'' | b'`' => {
                link.quote = Some(byte);
                link.value += 1;
            }
            b':' | b'=' => {
                link.explicit = true;
                link.quote = None;
                link.value += 1;
                link.value +=
                    declared(text.ahead(link.value, 48)).filter(|_| byte == b':').unwrap_or_default();
            }
            // `<password>value</password>`
            b'>' if link.value == end && is_element(text, end) => {
                link.explicit = true;
                link.value += 1;
            }
            // `=>` and `->`.
            b'>' if matches!(text.before(link.value), Some(b'=' | b'-')) => {
                link.explicit = true;
                link.quote = None;
                link.value += 1;
            }
            b'-' if text.byte(link.value + 1) == Some(b'>') => link.value += 1,
            // `put("key", "value")`
            b',' if !link.explicit => {
                link.quote = None;
                link.value += 1;
            }
            b'#' if text.byte(link.value + 1).is_some_and(|b| b.is_ascii_digit()) => link.value += 1,
            _ => {
                let rest = text.as_str().get(link.value..).unwrap_or_default();
                let starts =
                    |words: &[&str]| words.iter().find(|w| begins_with_word(rest, w)).map(|w| w.len());
                if let Some(length) = starts(EXPLICIT) {
                    link.explicit = true;
                    link.value += length;
                } else if let Some(length) = starts(FILLERS) {
                    link.value += length;
                } else {
                    break;
                }
            }
        }
    }
    link
}

/// Length in bytes of a type between a name and its value: `client_secret: str = "…"`, `const token: string = '…'`.
fn declared(rest: &[u8]) -> Option<usize> {
    let end = rest.iter().position(|byte| *byte == b'=')?;
    let (name, after) = (rest.get(..end)?, rest.get(end + 1..)?);
    let of_type = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.[]| <>?".contains(byte);
    let value = after.iter().find(|byte| **byte != b' ')?;
    let is_type = name.iter().any(u8::is_ascii_alphabetic) && name.iter().all(of_type);
    (is_type && matches!(value, b'"' | b'\'' | b'`')).then_some(end + 1)
}

/// True if a label that ends here is the name of an element that is closed on the same line.
fn is_element(text: &Text<'_>, end: usize) -> bool {
    let start = text.run_back(end, 40, |b| is_word(b) || matches!(b, b'_' | b'-' | b':'));
    let rest = text.ahead(end, 160);
    let line = rest.split(|b| *b == b'\n').next().unwrap_or_default();
    text.before(start) == Some(b'<') && line.windows(2).any(|two| two == b"</")
}

fn begins_with_word(rest: &str, word: &str) -> bool {
    rest.starts_with(word)
        && !(word.ends_with(|c: char| c.is_ascii_alphanumeric())
            && rest.as_bytes().get(word.len()).is_some_and(|b| is_word(*b) || *b == b'_' || *b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognisers::chosen;

    fn labels(before: &str) -> Labels {
        LabelIndex::new(&chosen(None)).before(before, before.len())
    }

    #[test]
    fn the_nearest_label_counts() {
        assert!(labels("手机号不变,订单号:").announce_other());
        assert!(labels("订单号不变,手机号:").announce(DataType::Phone));
        assert!(!labels("手机 138 转 ").announce(DataType::Phone), "a digit stands between");
        assert!(!labels("改手机。金额是").announce(DataType::Phone));
    }

    #[test]
    fn a_line_ends_what_a_label_says() {
        assert!(labels("Phone:\n").announce(DataType::Phone));
        assert!(labels("**Phone**:\n\n").announce(DataType::Phone));
        assert!(labels("手机号\n").announce(DataType::Phone));
        assert!(labels("电话\t").announce(DataType::Phone));
        assert!(labels("| 电话 | ").announce(DataType::Phone));
        for text in [
            "姓名,手机号,订单号\n",
            "name,phone,order\nAnn Lee,",
            "| 编号 |\n|---|\n| x | ",
            "the order, please\n- ",
        ] {
            assert_eq!(labels(text), Labels::default(), "{text}");
        }
    }

    #[test]
    fn labels_are_whole_words_or_humps() {
        assert!(labels("userPhone = ").announce(DataType::Phone));
        assert!(labels("user_phone: ").announce(DataType::Phone));
        assert!(!labels("telephoned ").announce(DataType::Phone));
    }

    #[test]
    fn links_are_skipped() {
        let index = LabelIndex::new(&chosen(None));
        let skip = |gap: &str| {
            let text = format!("{gap}value1");
            let link = link(&Text::new(&text, &index), 0);
            (link.value == gap.len(), link.explicit)
        };
        assert_eq!(skip(": "), (true, true));
        assert_eq!(skip("\" : \""), (true, true));
        assert_eq!(skip("号是"), (true, true));
        assert_eq!(skip(" number is "), (true, true));
        assert_eq!(skip(" "), (true, false));
        assert_eq!(skip(" and then "), (false, false));
    }
}
