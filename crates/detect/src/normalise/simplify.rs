//! Traditional Chinese characters read as simplified ones.
//!
//! Labels, lists and the name model know simplified characters. Both forms of a character have three bytes, so the result
//! has the length of the text, and offsets are the same in both. Characters that simplified text also uses (those of GB
//! 2312) stay, so that simplified text never changes: 著名 is not 着名.
//!
//! `traditional.txt` contains the pairs, derived from the one-character table of `OpenCC` (Apache-2.0): the first of
//! several simplified forms.

use std::borrow::Cow;
use std::sync::LazyLock;

const PAIRS: &str = include_str!("traditional.txt");

/// The range of the first block of unified ideographs.
const FIRST: u32 = 0x4e00;
const LAST: u32 = 0x9fff;

/// The simplified form of each ideograph, or zero.
static SIMPLE: LazyLock<Box<[u16]>> = LazyLock::new(|| {
    let mut table = vec![0; (LAST - FIRST + 1) as usize].into_boxed_slice();
    let mut characters = PAIRS.chars().filter(|ch| !ch.is_ascii());
    while let (Some(traditional), Some(simple)) = (characters.next(), characters.next()) {
        if let (Some(place), Ok(simple)) =
            (table.get_mut(place(traditional)), u16::try_from(u32::from(simple)))
        {
            *place = simple;
        }
    }
    table
});

fn place(ch: char) -> usize {
    u32::from(ch).wrapping_sub(FIRST) as usize
}

/// Returns the text with traditional characters simplified; same length, and borrowed if nothing changes.
pub fn simplify(text: &str) -> Cow<'_, str> {
    match next(text, 0) {
        None => Cow::Borrowed(text),
        Some(first) => Cow::Owned(written(text, first)),
    }
}

fn written(text: &str, mut found: (usize, char)) -> String {
    let mut out = String::with_capacity(text.len());
    loop {
        let (at, simple) = found;
        out.push_str(text.get(out.len()..at).unwrap_or_default());
        out.push(simple);
        match next(text, out.len()) {
            Some(following) => found = following,
            None => break,
        }
    }
    out.push_str(text.get(out.len()..).unwrap_or_default());
    out
}

/// The first traditional character from `from` on, and its simplified form.
fn next(text: &str, from: usize) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&lead) = bytes.get(at) {
        if !(0xe4..=0xe9).contains(&lead) {
            at += 1;
            continue;
        }
        let ch = text.get(at..)?.chars().next()?;
        match SIMPLE.get(place(ch)) {
            Some(&simple) if simple != 0 => return Some((at, char::from_u32(simple.into())?)),
            _ => at += 3,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn traditional_text_becomes_simplified() {
        assert_eq!(
            simplify("請聯絡陳大文先生，電話 9123 4567，地址：臺北市信義路五段7號"),
            "请联络陈大文先生，电话 9123 4567，地址：台北市信义路五段7号"
        );
        assert_eq!(simplify("身份證號碼與銀行卡"), "身份证号码与银行卡");
    }

    #[test]
    fn simplified_and_other_text_is_borrowed() {
        for text in ["著名的乾隆皇帝看了一眼瞭望塔", "plain", "日本のテキスト", "한국어 🙂 é", ""]
        {
            assert!(matches!(simplify(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn pairs_are_whole_and_settled() {
        let characters: Vec<char> = PAIRS.chars().filter(|ch| *ch != '\n').collect();
        assert_eq!(characters.len() % 2, 0);
        for pair in characters.chunks(2) {
            assert!(pair.iter().all(|ch| (FIRST..=LAST).contains(&u32::from(*ch))), "{pair:?}");
            assert!(matches!(simplify(&pair[1].to_string()), Cow::Borrowed(_)), "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn places_stay(text in "[陳王號a，é🙂 ]{0,40}|\\PC{0,40}") {
            let simple = simplify(&text);
            prop_assert_eq!(simple.len(), text.len());
            prop_assert!(text.char_indices().map(|(at, _)| at).eq(simple.char_indices().map(|(at, _)| at)));
        }
    }
}
