//! E-mail addresses (RFC 5322 dot-atoms; RFC 6531 letters of other scripts in the local part) with a domain that ends in
//! letters.
//!
//! In Chinese text no space separates an address from the preceding words: Chinese characters belong to the local part
//! only if nothing else does (`张三@example.cn`) or if a dot joins them (`勇.郭57@example.com`). In a URL the `@` is written
//! `%40`. `icon@2x.png`, `pkg@1.2` and `git@host:path` are not addresses.

use std::ops::Range;

use ombud_core::DataType;
use ombud_core::script::is_han;

use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "email",
    kind: DataType::Email,
    trigger: Trigger::Literals(&["@", "%40"]),
    labels: &["email", "e-mail", "mail", "邮箱", "电子邮箱", "邮件", "邮箱地址", "电邮"],
    find,
};

/// RFC 5321 §4.5.3.1.
const LOCAL: usize = 64;
const DOMAIN: usize = 255;

fn find(text: &Text<'_>, at: Range<usize>) -> Option<Found> {
    let end = domain_end(text, at.end)?;
    let start = local_start(text, at.start)?;
    let local = text.slice(start..at.start);
    let path = text.byte(end) == Some(b':')
        && text.byte(end + 1).is_some_and(|b| b.is_ascii_alphabetic() || b == b'~');
    (!(local == "git" || path && !local.contains('.') && local.len() < 8))
        .then(|| Found::validated(start..end, 0.97))
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&*+-/=?^_`{|}~'".contains(&byte)
}

/// Characters that may occur in a local part, and in practice only there.
fn is_plain_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".+-_%~".contains(&byte)
}

fn local_start(text: &Text<'_>, end: usize) -> Option<usize> {
    let window = text.slice(text.as_str().floor_char_boundary(end.saturating_sub(LOCAL + 4))..end);
    let foreign = |ch: char| ch.is_alphabetic() && !ch.is_ascii() && !is_han(ch);
    let local = |ch: &char| u8::try_from(*ch).is_ok_and(is_plain_local) || foreign(*ch);
    let plain = end - window.chars().rev().take_while(local).map(char::len_utf8).sum::<usize>();
    // A leading dot, plus or percent sign is punctuation before the address.
    let mut start = text.run(plain, end - plain, |b| b.is_ascii() && !b.is_ascii_alphanumeric() && b != b'_');
    if start == plain {
        start = widen(text, start, end);
    }
    let long = text.run_back(end, LOCAL * 2 + 1, is_local);
    (start < end && end - start <= LOCAL && end - long <= LOCAL * 2).then_some(start)
}

/// Moves the start of a local part back over the Chinese characters that belong to it.
fn widen(text: &Text<'_>, start: usize, end: usize) -> usize {
    let before = text.slice(text.as_str().floor_char_boundary(start.saturating_sub(LOCAL))..start);
    let han = |text: &str| -> usize {
        text.chars().rev().take_while(|ch| is_han(*ch)).take(4).map(char::len_utf8).sum()
    };
    let last = han(before);
    let rest = before.get(..before.len() - last).unwrap_or_default();
    let joined = rest.strip_suffix(['.', '_', '-']).map_or(0, han);
    let free = !rest.ends_with(|ch: char| ch.is_alphanumeric());
    match last {
        0 => start,
        _ if joined > 0 => start - last - 1 - joined,
        _ if start == end && free => start - last,
        _ => start,
    }
}

fn domain_end(text: &Text<'_>, at: usize) -> Option<usize> {
    let run = text.run(at, DOMAIN, |b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let domain = text.slice(at..run).trim_end_matches(['.', '-']);
    let (host, mut top) = domain.rsplit_once('.')?;
    // `example.com-Office`, `example.com.Next`: what follows does not belong to the domain.
    if let Some(cut) = top.find(|ch: char| !ch.is_ascii_alphabetic()).filter(|_| !top.starts_with("xn--")) {
        top = top.get(..cut)?;
    }
    let labels = host.split('.').all(|label| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    });
    let ended = at + host.len() + 1 + top.len();
    let cut_word = text.byte(ended).is_some_and(|b| b.is_ascii_alphanumeric());
    (labels && (2..=24).contains(&top.len()) && !is_file_type(top) && !cut_word).then_some(ended)
}

fn is_file_type(top: &str) -> bool {
    const TYPES: &[&str] = &[
        "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "html", "py", "rs", "txt",
        "pdf", "tgz",
    ];
    TYPES.iter().any(|kind| kind.eq_ignore_ascii_case(top)) && !top.eq_ignore_ascii_case("rs")
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn addresses_are_found() {
        check(
            DataType::Email,
            &[
                "邮箱[[661135187@qq.com]]，谢谢",
                "mail [[Jane.Doe+list@mail.example.co.uk]].",
                "<[[a_b@example.com]]> ([[x@y.io]])",
                "联系:[[勇.郭57@example.com]]",
                "[[张三@example.cn]]",
                "[[josé.garcía@example.es]]",
                "[[mіchelle@аol.com]]",
                "[[jane＠example．com]]",
                "mailto:[[jane@example.com]]?subject=x",
                "name=[[jane@example.com]]&x=1",
                "to [[a@b.com]],[[c@d.com]];",
                "user?email=[[jane.doe%40example.com]]&n=1",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Email,
            &[
                "icon@2x.png",
                "react@18.2.0",
                "git@github.com:org/repo.git",
                "@app.route",
                "user@localhost",
                "a@b",
                "root@10.0.3.15",
                "@@@@",
                "x@.com",
                "@types/node",
            ],
        );
        let long = format!("{}@example.com", "a".repeat(5000));
        check(DataType::Email, &[&long]);
    }
}
