//! Normalisation: one spelling for everything that reads the same.
//!
//! People type full-width digits and copy non-breaking spaces from web pages; attackers put invisible characters into
//! numbers or use Cyrillic letters for Latin ones. The recognisers see none of that. The normal form is NFKC, with these
//! differences:
//!
//! * invisible characters (zero width, direction marks, variation selectors, tags, soft hyphens) are removed;
//! * hyphens of all kinds become `-`, spaces of all kinds an ASCII space, decimal digits of all scripts ASCII digits;
//! * Cyrillic and Greek letters that look Latin become Latin in a word that also contains ASCII letters or digits;
//! * HTML character references (`&#64;`, `&nbsp;`) become what they stand for;
//! * combining marks that remain on an ASCII letter or digit after composition are removed;
//! * what is not a spelling of a number or an address stays: superscripts, circled numbers (`①` is a list mark), `…`,
//!   `™`.

mod entity;
mod fold;
mod simplify;

use std::borrow::Cow;
use std::ops::Range;

use ombud_core::OffsetMap;
use unicode_normalization::UnicodeNormalization;

use fold::{Fold, fold, next_suspect};
pub use simplify::simplify;

/// A text in normal form, with the mapping back.
#[derive(Debug, Clone)]
pub struct Normalised<'t> {
    /// The normal form; borrowed if nothing had to change.
    pub text: Cow<'t, str>,
    original: &'t str,
    map: OffsetMap,
    /// Whether HTML character references were decoded.
    references: bool,
}

impl Normalised<'_> {
    /// The bytes of the original behind a range of the normal form, widened to whole characters. Invisible characters at
    /// the end of the range belong to it.
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        if matches!(self.text, Cow::Borrowed(_)) {
            return range.clone();
        }
        // All parts of a character that became several map to the same original position: a range that ends among them
        // covers the whole character.
        let mut end = range.end;
        if range.end > range.start {
            let last = self.map.original(range.end - 1);
            while end < self.text.len() && self.map.original(end) <= last {
                end += 1;
            }
        }
        let mapped = self.map.range(&(range.start..end));
        let start = self.original.floor_char_boundary(mapped.start);
        start..self.original.ceil_char_boundary(mapped.end).max(start)
    }

    /// Whether HTML character references were decoded, so that [`as_written`] is another reading of the same text.
    pub fn has_references(&self) -> bool {
        self.references
    }

    /// The map from the normal form to the original.
    pub fn map(&self) -> &OffsetMap {
        &self.map
    }
}

/// Brings a text into normal form. Text of ASCII, Chinese characters and Latin letters is borrowed after one scan.
pub fn normalise(text: &str) -> Normalised<'_> {
    read(text, true)
}

/// The same, except that HTML character references stay as they are written: what follows one may be recognisable only in
/// this form (`&ndash;sk-…`).
pub fn as_written(text: &str) -> Normalised<'_> {
    read(text, false)
}

fn read(text: &str, references: bool) -> Normalised<'_> {
    let Some(first) = next_suspect(text.as_bytes(), 0) else { return unchanged(text) };
    let mut writer = Writer {
        text,
        out: String::new(),
        map: OffsetMap::builder(),
        copied: 0,
        word: 0..0,
        latin: false,
        references,
        read: false,
    };
    let mut at = first;
    loop {
        at = writer.step(at);
        match next_suspect(text.as_bytes(), at) {
            Some(next) => at = next,
            None => break,
        }
    }
    writer.finish()
}

fn unchanged(text: &str) -> Normalised<'_> {
    let map = OffsetMap::identity(text.len());
    Normalised { text: Cow::Borrowed(text), original: text, map, references: false }
}

struct Writer<'t> {
    text: &'t str,
    out: String,
    map: OffsetMap,
    /// Number of bytes of `text` already copied to `out`.
    copied: usize,
    /// The last word with a look-alike letter in it, and whether it is folded.
    word: Range<usize>,
    latin: bool,
    /// Whether references are decoded, and whether there was one.
    references: bool,
    read: bool,
}

impl<'t> Writer<'t> {
    /// Handles the character at `at`; returns where to continue.
    fn step(&mut self, at: usize) -> usize {
        let Some(ch) = self.text.get(at..).and_then(|rest| rest.chars().next()) else {
            return self.text.len();
        };
        if ch == '&' {
            return self.reference(at);
        }
        let end = at + ch.len_utf8();
        match fold(ch) {
            Fold::Keep => {}
            Fold::Remove => self.replace(at..end, ""),
            Fold::Ascii(ascii) => self.replace(at..end, ascii.encode_utf8(&mut [0; 4])),
            Fold::LookAlike(latin) => {
                if at >= self.word.end {
                    self.word = self.word_around(at);
                    self.latin = self.slice(self.word.clone()).bytes().any(|b| b.is_ascii_alphanumeric());
                }
                if !self.latin {
                    return self.word.end.max(end);
                }
                self.replace(at..end, latin.encode_utf8(&mut [0; 4]));
            }
            Fold::Mark => return self.compose(at),
            Fold::Compatible => {
                let mut buffer = [0; 4];
                let encoded = ch.encode_utf8(&mut buffer);
                let normal: String = encoded.nfkc().collect();
                if *normal != *encoded {
                    self.replace(at..end, &normal);
                }
            }
        }
        end
    }

    /// Replaces a reference by its character; returns where it ends.
    fn reference(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes().get(at..).unwrap_or_default();
        let Some((ch, length)) = entity::reference(bytes).filter(|_| self.references) else { return at + 1 };
        self.read = true;
        let range = at..at + length;
        let mut buffer = [0; 4];
        match fold(ch) {
            Fold::Remove => self.replace(range.clone(), ""),
            Fold::Ascii(ascii) => self.replace(range.clone(), ascii.encode_utf8(&mut buffer)),
            _ => self.replace(range.clone(), ch.encode_utf8(&mut buffer)),
        }
        range.end
    }

    fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// Composes the marks from `at` on with the character before them; returns where they end.
    fn compose(&mut self, at: usize) -> usize {
        let marks: usize = self
            .slice(at..self.text.len())
            .chars()
            .take_while(|ch| matches!(fold(*ch), Fold::Mark))
            .map(char::len_utf8)
            .sum();
        let end = at + marks;
        let base = self.slice(self.copied..at).chars().next_back();
        let start = at - base.map_or(0, char::len_utf8);
        let ascii = base.is_some_and(|ch| ch.is_ascii_alphanumeric());
        let composed: String =
            self.slice(start..end).nfkc().filter(|ch| !(ascii && matches!(fold(*ch), Fold::Mark))).collect();
        if composed != self.slice(start..end) {
            self.replace(start..end, &composed);
        }
        end
    }

    /// Writes `new` in place of a range of the original.
    fn replace(&mut self, range: Range<usize>, new: &str) {
        if self.out.capacity() == 0 {
            self.out.reserve(self.text.len());
        }
        self.out.push_str(self.slice(self.copied..range.start));
        for (i, _) in new.bytes().enumerate() {
            self.map.anchor(self.out.len() + i, range.start);
        }
        self.out.push_str(new);
        self.map.anchor(self.out.len(), range.end);
        self.copied = range.end;
    }

    /// The word around a look-alike letter: letters, digits and invisible characters between them.
    fn word_around(&self, at: usize) -> Range<usize> {
        let inside =
            |ch: &char| ch.is_alphanumeric() && !is_ideograph(*ch) || matches!(fold(*ch), Fold::Remove);
        let before = self.slice(self.word.end..at);
        let left: usize = before.chars().rev().take_while(inside).map(char::len_utf8).sum();
        let right: usize =
            self.slice(at..self.text.len()).chars().take_while(inside).map(char::len_utf8).sum();
        at - left..at + right
    }

    fn finish(mut self) -> Normalised<'t> {
        if self.copied == 0 {
            return unchanged(self.text);
        }
        self.out.push_str(self.slice(self.copied..self.text.len()));
        self.map.close(self.out.len(), self.text.len());
        let Self { text, out, map, read, .. } = self;
        Normalised { text: Cow::Owned(out), original: text, map, references: read }
    }
}

fn is_ideograph(ch: char) -> bool {
    matches!(ch, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(text: &str) -> String {
        normalise(text).text.into_owned()
    }

    #[test]
    fn spellings_of_a_number_become_one() {
        assert_eq!(form("１３８－１２３４－５６７８"), "138-1234-5678");
        assert_eq!(form("138\u{200b}1234\u{feff}5678"), "13812345678");
        assert_eq!(form("138\u{a0}1234\u{2011}5678"), "138 1234-5678");
        assert_eq!(form("𝟏𝟑𝟖١٢٣"), "138123");
        assert_eq!(form("1\u{336}3\u{336}8\u{336}"), "138");
        assert_eq!(form("13\u{e0041}8\u{fe0f}"), "138");
    }

    #[test]
    fn look_alikes_fold_only_beside_latin() {
        assert_eq!(form("а\u{43e}l.com"), "aol.com");
        assert_eq!(form("Мiсhеlle"), "Michelle");
        assert_eq!(form("Москва сохраняет тон"), "Москва сохраняет тон");
        assert_eq!(form("ρα\u{3bf} и 5е"), "ρα\u{3bf} и 5e");
    }

    #[test]
    fn ordinary_text_is_borrowed() {
        for text in [
            "plain ASCII",
            "中文、没有变化。《书》",
            "café Zürich",
            "a “quote” — dash…",
            "Привет, мир",
            "🙂 ok",
        ] {
            assert!(matches!(normalise(text).text, Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn references_of_html_are_read() {
        assert_eq!(form("138&nbsp;1234&#8209;5678"), "138 1234-5678");
        assert_eq!(form("a&#64;b&period;example"), "a@b.example");
        assert_eq!(form("Jos&eacute; &amp; 138&shy;1"), "José & 1381");
        assert_eq!(form("?a=1&copy=2&b=&;"), "?a=1&copy=2&b=&;");
        let text = "call 138&nbsp;1234&nbsp;5678 now";
        let normal = normalise(text);
        let at = normal.text.find("138").expect("there");
        assert_eq!(&text[normal.original(&(at..at + 13))], "138&nbsp;1234&nbsp;5678");
    }

    #[test]
    fn marks_compose() {
        assert_eq!(form("cafe\u{301}"), "café");
        assert_eq!(form("ｅ\u{301}"), "e\u{301}", "a mark after a folded character is kept apart");
    }

    #[test]
    fn spans_come_back_whole() {
        let text = "电话：１３８\u{200b}1，好";
        let normal = normalise(text);
        let at = normal.text.find("1381").expect("folded");
        assert_eq!(&text[normal.original(&(at..at + 4))], "１３８\u{200b}1");
        // One character becomes four; ending among them covers it.
        let text = "a㎏b⑴";
        let normal = normalise(text);
        let k = normal.text.find('k').expect("folded");
        assert_eq!(&text[normal.original(&(k..k + 1))], "㎏");
        assert_eq!(&text[normal.original(&(k + 1..k + 3))], "㎏b");
    }

    #[test]
    fn a_million_marks_end() {
        let text = format!("a{}", "\u{301}\u{316}".repeat(250_000));
        assert_eq!(form(&text).chars().next(), Some('á'));
        let text = "а".repeat(500_000);
        assert_eq!(form(&text), text);
    }

    proptest! {
        #[test]
        fn every_range_maps_to_characters_and_keeps_order(text in "\\PC{0,40}|[a0１，\u{200b}\u{301}а㎏ﷺ中\u{fe0f} -]{0,40}") {
            let normal = normalise(&text);
            let cuts: Vec<usize> = normal.text.char_indices().map(|(i, _)| i).chain([normal.text.len()]).collect();
            prop_assert_eq!(normal.original(&(0..normal.text.len())).end, text.len());
            for (i, &start) in cuts.iter().enumerate() {
                for &end in &cuts[i..] {
                    let span = normal.original(&(start..end));
                    prop_assert!(text.get(span.clone()).is_some(), "{:?} of {:?}", span, text);
                    if end > start {
                        prop_assert!(!text[span].is_empty());
                    }
                }
            }
        }

        #[test]
        fn the_covered_original_normalises_to_the_range(text in "[a0１，\u{200b}中\u{fe0f} -]{0,40}|(&#4[89];|&nbsp;|[a&#;]){0,12}") {
            let normal = normalise(&text);
            let cuts: Vec<usize> = normal.text.char_indices().map(|(i, _)| i).chain([normal.text.len()]).collect();
            for (i, &start) in cuts.iter().enumerate() {
                for &end in &cuts[i..] {
                    let covered = &text[normal.original(&(start..end))];
                    prop_assert_eq!(form(covered), &normal.text[start..end]);
                }
            }
        }

        #[test]
        fn the_normal_form_is_stable(text in "[a0１，\u{200b}中\u{fe0f} -]{0,40}|\\PC{0,40}") {
            let once = form(&text);
            prop_assert!(matches!(normalise(&once).text, Cow::Borrowed(_)) || form(&once).len() <= once.len());
        }
    }
}
