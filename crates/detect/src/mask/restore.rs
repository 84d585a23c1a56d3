//! Restores tokens to values, in whole texts and in streams cut anywhere.
//!
//! Models change what they copy: they lose capitals, escape the underscore for Markdown, insert emphasis, use a
//! non-breaking hyphen. So a token is matched by its letters and digits, with noise allowed between them. That is safe
//! because only tokens minted by this request can match at all: 40 keyed bits do not occur by chance.

use std::sync::LazyLock;

use ombud_core::DataType;
use ombud_core::exchange::escape_json;

use super::minted::{Meaning, Minted};
use super::surrogate::{Part, Stage};
use super::token::{self, BODY, Token};

/// How a value must be written in place of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Unchanged.
    Plain,
    /// Inside a JSON string: tool-call arguments, structured output.
    Json,
}

/// Counts of what was seen while restoring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tokens restored.
    pub restored: u64,
    /// Tokens of one-way values, left in place.
    pub one_way: u64,
    /// Exact tokens that this request had not minted, left in place.
    pub unknown: u64,
}

impl Tally {
    /// Adds another tally.
    pub fn add(&mut self, other: Self) {
        self.restored += other.restored;
        self.one_way += other.one_way;
        self.unknown += other.unknown;
    }
}

/// Restores a whole text. Returns `None` if nothing was restored.
pub fn restore(minted: &Minted, text: &str, form: Form, tally: &mut Tally) -> Option<String> {
    let mut restorer = Restorer::new(form);
    let mut out = String::new();
    if minted.has_surrogates() {
        restorer.push(minted, text, &mut out);
        restorer.finish(minted, &mut out);
    } else if !minted.is_empty() {
        restorer.scan(minted, text, &mut out, true);
    }
    tally.add(restorer.tally);
    (restorer.tally.restored > 0).then_some(out)
}

/// Every token that `text` may contain, in any of the forms that [`restore`] understands, whoever minted it.
pub fn candidates(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_start(text.as_bytes(), at, &STARTS) {
        let rest = text.get(start..).unwrap_or_default();
        for &kind in kinds_from(rest) {
            let Lenient::Token(token, len) = read_kind(rest, kind) else { continue };
            found.push(token);
            if let Suffix::Letter(letter, _) = suffix(rest.get(len..).unwrap_or_default(), true) {
                found.push(token.alias(letter));
            }
        }
        at = start + 1;
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Restores a text that arrives in pieces. Holds back only what may still become a token.
#[derive(Debug)]
pub struct Restorer {
    form: Form,
    /// The start of an incomplete token.
    pending: String,
    /// The same for surrogates, which are looked for first.
    stage: Stage,
    /// What was seen so far.
    pub tally: Tally,
}

impl Restorer {
    /// A restorer for one channel of a response.
    pub fn new(form: Form) -> Self {
        Self { form, pending: String::new(), stage: Stage::default(), tally: Tally::default() }
    }

    /// Changes the form for the text that follows.
    pub fn set_form(&mut self, form: Form) {
        self.form = form;
    }

    /// Text that is held back: at most [`MAX_HELD`] bytes, or the length of the longest surrogate.
    pub fn pending(&self) -> &str {
        if self.pending.is_empty() { self.stage.held() } else { &self.pending }
    }

    /// Takes the next piece and appends to `out` what is settled.
    pub fn push(&mut self, minted: &Minted, piece: &str, out: &mut String) {
        if minted.is_empty() {
            out.push_str(piece);
        } else if minted.has_surrogates() {
            self.push_parts(minted, piece, out, false);
        } else {
            self.push_text(minted, piece, out);
        }
    }

    /// Ends the channel: what was held back is not a token.
    pub fn finish(&mut self, minted: &Minted, out: &mut String) {
        self.push_parts(minted, "", out, true);
        self.finish_text(minted, out);
    }

    fn push_parts(&mut self, minted: &Minted, piece: &str, out: &mut String, last: bool) {
        for part in self.stage.push(&minted.surrogates, piece, last) {
            match part {
                Part::Text(text) => self.push_text(minted, &text, out),
                Part::Value(value) => {
                    self.finish_text(minted, out);
                    self.put_value(value, out);
                }
            }
        }
    }

    fn push_text(&mut self, minted: &Minted, piece: &str, out: &mut String) {
        if self.pending.is_empty() {
            self.scan(minted, piece, out, false);
        } else {
            let mut text = std::mem::take(&mut self.pending);
            text.push_str(piece);
            self.scan(minted, &text, out, false);
        }
    }

    fn finish_text(&mut self, minted: &Minted, out: &mut String) {
        let rest = std::mem::take(&mut self.pending);
        self.scan(minted, &rest, out, true);
    }

    fn put_value(&mut self, value: &str, out: &mut String) {
        self.tally.restored += 1;
        match self.form {
            Form::Plain => out.push_str(value),
            Form::Json => out.push_str(&escape_json(value)),
        }
    }

    fn scan(&mut self, minted: &Minted, text: &str, out: &mut String, last: bool) {
        let mut done = 0;
        let mut at = 0;
        // In a complete text, only what this request minted matters, plus the exact form of what it did not mint.
        let own = (last && memchr::memchr(b'_', text.as_bytes()).is_none()).then(|| starts(minted.kinds()));
        let starts = own.as_ref().unwrap_or(&STARTS);
        while let Some(start) = next_start(text.as_bytes(), at, starts) {
            let Some(rest) = text.get(start..) else { break };
            let kinds = if last { minted.kinds() } else { kinds_from(rest) };
            match read(rest, kinds, minted, last) {
                Read::Token(token, len, meaning) => {
                    out.push_str(text.get(done..start).unwrap_or_default());
                    self.put(token, rest.get(..len).unwrap_or_default(), meaning, out);
                    done = start + len;
                    at = done;
                }
                Read::More if !last => {
                    out.push_str(text.get(done..start).unwrap_or_default());
                    rest.clone_into(&mut self.pending);
                    return;
                }
                Read::More | Read::No => at = start + 1,
            }
        }
        out.push_str(text.get(done..).unwrap_or_default());
    }

    fn put(&mut self, _token: Token, written: &str, meaning: Option<Meaning<'_>>, out: &mut String) {
        match meaning {
            Some(Meaning::Value(value)) => self.put_value(value, out),
            Some(Meaning::OneWay) => {
                self.tally.one_way += 1;
                out.push_str(written);
            }
            None => {
                self.tally.unknown += 1;
                out.push_str(written);
            }
        }
    }
}

/// The next position from `from` on where a tag may start, by its first two letters.
fn next_start(bytes: &[u8], from: usize, starts: &Starts) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let hit = rest.iter().enumerate().position(|(i, &first)| {
        first.is_ascii_alphabetic()
            && match rest.get(i + 1) {
                Some(&second) if second.is_ascii_alphabetic() => begins_tag(first, second, starts),
                // The end of the piece, or noise inside the tag.
                Some(second) => !second.is_ascii_digit() && begins_any(first, starts),
                None => begins_any(first, starts),
            }
    })?;
    Some(from + hit)
}

fn begins_tag(first: u8, second: u8, starts: &Starts) -> bool {
    letter(first)
        .zip(letter(second))
        .is_some_and(|(row, column)| starts.get(row).is_some_and(|seconds| seconds >> column & 1 == 1))
}

fn begins_any(first: u8, starts: &Starts) -> bool {
    letter(first).is_some_and(|row| starts.get(row).is_some_and(|&seconds| seconds != 0))
}

fn letter(byte: u8) -> Option<usize> {
    byte.is_ascii_alphabetic().then(|| usize::from(byte.to_ascii_uppercase() - b'A'))
}

/// For each first letter of a tag, the set of second letters.
type Starts = [u32; 26];

/// The starts of all tags.
static STARTS: LazyLock<Starts> = LazyLock::new(|| starts(DataType::ALL));

fn starts(kinds: &[DataType]) -> Starts {
    let mut starts = [0; 26];
    for kind in kinds {
        let mut letters = kind.tag().bytes().filter_map(letter);
        if let (Some(first), Some(second)) = (letters.next(), letters.next())
            && let Some(seconds) = starts.get_mut(first)
        {
            *seconds |= 1 << second;
        }
    }
    starts
}

/// The types whose tags start with the first letter of a text.
fn kinds_from(text: &str) -> &'static [DataType] {
    let row = text.bytes().next().and_then(letter);
    row.and_then(|row| KINDS.get(row)).map_or(&[], Vec::as_slice)
}

/// For each letter, the types whose tags start with it.
static KINDS: LazyLock<[Vec<DataType>; 26]> = LazyLock::new(|| {
    let begins = |row: usize| move |kind: &&DataType| kind.tag().bytes().next().and_then(letter) == Some(row);
    std::array::from_fn(|row| DataType::ALL.iter().filter(begins(row)).copied().collect())
});

enum Read<'a> {
    /// A token and its length in bytes; no meaning if the exact form was read but this request did not mint it.
    Token(Token, usize, Option<Meaning<'a>>),
    /// The text ends inside what may be a token.
    More,
    No,
}

/// Maximum number of noise characters within one token.
const MAX_NOISE: usize = 8;

/// Maximum number of noise characters between a token and the letter of a short form.
const SUFFIX_NOISE: usize = 2;

/// Maximum number of bytes that [`Restorer::pending`] can hold: tag, body, the letter of a short form, and noise of up to
/// three bytes per character.
pub const MAX_HELD: usize = token::MAX_TAG + 1 + BODY + 1 + 3 * (MAX_NOISE + SUFFIX_NOISE);

/// Characters that models write between tag and body instead of, or in addition to, the underscore.
fn is_separator(ch: char) -> bool {
    matches!(
        ch,
        '_' | '-' | ' ' | '<' | '>' | '[' | ']' | '\u{a0}' | '\u{202f}' | '\u{2010}'
            ..='\u{2014}' | '\u{2212}' | '\u{ff3f}'
    ) || is_noise(ch)
}

/// Characters that do not belong to a token but do not end it: emphasis, escapes, invisible ones.
fn is_noise(ch: char) -> bool {
    matches!(ch, '*' | '`' | '\\' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Reads a token of these types at the start of `text`, whose first character is a letter, or the exact form of any
/// token. `last` says that nothing follows the text.
fn read<'a>(text: &str, kinds: &[DataType], minted: &'a Minted, last: bool) -> Read<'a> {
    let mut more = false;
    for &kind in kinds {
        match read_kind(text, kind) {
            Lenient::Token(token, len) => match settle(text, token, len, minted, last) {
                Read::No => {}
                read => return read,
            },
            Lenient::More => more = true,
            Lenient::No => {}
        }
    }
    if more {
        return Read::More;
    }
    match token::read(text.as_bytes()) {
        Some(token) => Read::Token(token, token.width(), None),
        None => Read::No,
    }
}

/// Decides between a full name and a short form of it, and whether this request minted what was read.
fn settle<'a>(text: &str, token: Token, len: usize, minted: &'a Minted, last: bool) -> Read<'a> {
    if minted.has_aliases(&token) {
        match suffix(text.get(len..).unwrap_or_default(), last) {
            Suffix::More => return Read::More,
            Suffix::Letter(letter, width) => {
                let alias = token.alias(letter);
                if let Some(meaning) = minted.meaning(&alias) {
                    return Read::Token(alias, len + width, Some(meaning));
                }
            }
            Suffix::None => {}
        }
    }
    minted.meaning(&token).map_or(Read::No, |meaning| Read::Token(token, len, Some(meaning)))
}

/// True if what follows a token could be read as the letter of a short form.
pub(crate) fn may_follow(after: &str) -> bool {
    let next = after.trim_start_matches(is_noise).chars().next();
    next.and_then(|c| u8::try_from(c).ok()).is_some_and(|b| token::ALIASES.contains(&b.to_ascii_lowercase()))
}

/// What follows the eight characters of a token.
enum Suffix {
    /// The letter of a short form, and the number of bytes up to its end.
    Letter(u8, usize),
    /// The text ends where the letter may follow.
    More,
    None,
}

fn suffix(rest: &str, last: bool) -> Suffix {
    for (noise, (at, ch)) in rest.char_indices().enumerate() {
        if is_noise(ch) && noise < SUFFIX_NOISE {
            continue;
        }
        let letter = u8::try_from(ch).map_or(0, |byte| byte.to_ascii_lowercase());
        if !token::ALIASES.contains(&letter) {
            return Suffix::None;
        }
        return match rest.get(at + 1..).and_then(|after| after.chars().next()) {
            Some(next) if next.is_ascii_alphanumeric() => Suffix::None,
            None if !last => Suffix::More,
            _ => Suffix::Letter(letter, at + 1),
        };
    }
    if last { Suffix::None } else { Suffix::More }
}

enum Lenient {
    Token(Token, usize),
    More,
    No,
}

fn read_kind(text: &str, kind: DataType) -> Lenient {
    let tag = kind.tag().as_bytes();
    let mut letters = 0;
    let mut body = [0; BODY];
    let mut digits = 0;
    let mut noise = 0;
    for (i, ch) in text.char_indices() {
        if letters < tag.len() {
            if ch.is_ascii() && tag.get(letters) == Some(&(ch as u8).to_ascii_uppercase()) {
                letters += 1;
                continue;
            }
            if letters == 0 || !is_noise(ch) {
                return Lenient::No;
            }
        } else if let Some(digit) = token::body_char(ch) {
            if let Some(place) = body.get_mut(digits) {
                *place = digit;
            }
            digits += 1;
            if digits == BODY {
                return Lenient::Token(Token { kind, body, alias: 0 }, i + ch.len_utf8());
            }
            continue;
        } else if !(is_noise(ch) || digits == 0 && is_separator(ch)) {
            return Lenient::No;
        }
        noise += 1;
        if noise > MAX_NOISE {
            return Lenient::No;
        }
    }
    Lenient::More
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mask::mask;
    use ombud_core::Detection;

    fn mint(kind: DataType, value: &str, attempt: u32) -> [u8; 5] {
        // FNV-1a, good enough for tests.
        let text = format!("{kind}{value}{attempt}");
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        let bytes = hash.to_be_bytes();
        [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]]
    }

    fn phone() -> (Minted, String) {
        let mut minted = Minted::default();
        let token = minted.token(DataType::Phone, "138 0013 8000", true, &mint).to_string();
        (minted, token)
    }

    fn whole(minted: &Minted, text: &str) -> String {
        restore(minted, text, Form::Plain, &mut Tally::default()).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn the_noise_that_models_make() {
        let (minted, token) = phone();
        let (tag, body) = token.split_once('_').unwrap();
        for written in [
            token.clone(),
            token.to_lowercase(),
            format!("{tag}\\_{body}"),
            format!("{tag}-{body}"),
            format!("{tag}\u{2011}{body}"),
            format!("{tag}\u{a0}{body}"),
            format!("{tag}{body}"),
            format!("{tag}_**{body}"),
            format!("{tag}_{}\u{200b}{}", &body[..4], &body[4..]),
        ] {
            assert_eq!(whole(&minted, &format!("致电<{written}>吧")), "致电<138 0013 8000>吧", "{written}");
        }
    }

    #[test]
    fn only_what_was_minted() {
        let (minted, token) = phone();
        let mut tally = Tally::default();
        let other = format!("EMAIL_{}", &token[6..]);
        assert_eq!(
            restore(
                &minted,
                &format!("{other} PHONE_00000000 phone number 12345678"),
                Form::Plain,
                &mut tally
            ),
            None
        );
        assert_eq!(tally.unknown, 2);
    }

    #[test]
    fn one_way_tokens_stay() {
        let mut minted = Minted::default();
        let token = minted.token(DataType::Secret, "sk-1", false, &mint).to_string();
        let mut tally = Tally::default();
        assert_eq!(restore(&minted, &token, Form::Plain, &mut tally), None);
        assert_eq!(tally, Tally { one_way: 1, ..Tally::default() });
    }

    #[test]
    fn candidates_are_found_in_every_form() {
        let found = candidates("see phone 7q2k4m8n and EMAIL_0123456J, not PHONE_UUUUUUUU");
        assert_eq!(
            found.iter().map(Token::to_string).collect::<Vec<_>>(),
            ["PHONE_7Q2K4M8N", "EMAIL_0123456J"]
        );
    }

    #[test]
    fn json_form_escapes() {
        let mut minted = Minted::default();
        let token = minted.token(DataType::Location, "1 \"A\" St\n2", true, &mint);
        let restored = restore(&minted, &format!("{{\"a\":\"{token}\"}}"), Form::Json, &mut Tally::default());
        assert_eq!(restored.as_deref(), Some("{\"a\":\"1 \\\"A\\\" St\\n2\"}"));
    }

    #[test]
    fn plain_words_are_not_held_back() {
        let (minted, _) = phone();
        let mut restorer = Restorer::new(Form::Plain);
        let mut out = String::new();
        restorer.push(&minted, "nothing to see. ", &mut out);
        assert_eq!((out.as_str(), restorer.pending()), ("nothing to see. ", ""));
        restorer.push(&minted, "a PHO", &mut out);
        assert_eq!((out.as_str(), restorer.pending()), ("nothing to see. a ", "PHO"));
    }

    fn pieces(text: &str, cuts: &[usize]) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        let mut bounds: Vec<usize> =
            cuts.iter().map(|cut| cut % (chars.len() + 1)).chain([0, chars.len()]).collect();
        bounds.sort_unstable();
        bounds.windows(2).map(|pair| chars[pair[0]..pair[1]].iter().collect()).collect()
    }

    /// A value of a type that has surrogates.
    fn value() -> impl Strategy<Value = (DataType, String)> {
        prop_oneof![
            "1[3-9][0-9]{9}".prop_map(|value| (DataType::Phone, value)),
            "\\+1 \\([2-9][0-8][0-9]\\) [2-9][0-9]{2}-[0-9]{4}".prop_map(|value| (DataType::Phone, value)),
            "[王李张][一-龥]{1,2}".prop_map(|value| (DataType::Person, value)),
            "[A-Z][a-z]{2,7} [A-Z][a-z]{2,9}".prop_map(|value| (DataType::Person, value)),
            "[a-z]{3,12}@[a-z]{3,8}\\.com".prop_map(|value| (DataType::Email, value)),
            "[1-9]{2}\\.[1-9]{2}\\.[1-9]\\.[1-9]".prop_map(|value| (DataType::Ip, value)),
            "4[0-9]{15}".prop_map(|value| (DataType::Card, value)),
        ]
    }

    proptest! {
        #[test]
        fn mask_then_restore_is_the_identity_however_it_is_cut(
            parts in prop::collection::vec(("\\PC{0,12}", 0..DataType::ALL.len(), "[^\\x00]{1,16}"), 0..6),
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let mut text = String::new();
            let mut detections = Vec::new();
            for (before, kind, value) in &parts {
                text.push_str(before);
                let start = text.len();
                text.push_str(value);
                detections.push(Detection { span: start..text.len(), kind: DataType::ALL[*kind], score: 1.0, recogniser: "test" });
            }
            let mut minted = Minted::default();
            let masked = mask(&text, &detections, &|_| true, &mut minted, &mint);
            let mut restorer = Restorer::new(Form::Plain);
            let mut out = String::new();
            for piece in pieces(&masked, &cuts) {
                restorer.push(&minted, &piece, &mut out);
                prop_assert!(restorer.pending().len() <= MAX_HELD);
            }
            restorer.finish(&minted, &mut out);
            prop_assert_eq!(out, text);
        }

        #[test]
        fn surrogates_come_back_however_they_are_cut(
            parts in prop::collection::vec(("[ ,。a-z我在]{0,12}[ ，]", value()), 1..6),
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let pieced: Vec<&str> = parts.iter().flat_map(|(before, (_, value))| [before.as_str(), value.as_str(), " "]).collect();
            let text = pieced.concat();
            let (mut minted, mut masked) = (Minted::default(), String::new());
            for (before, (kind, value)) in &parts {
                masked.push_str(before);
                masked.push_str(&minted.surrogate(*kind, value, &mint, &|made| text.contains(made)));
                masked.push(' ');
            }
            let surrogates: std::collections::BTreeSet<&str> = minted.surrogates().map(|(made, _)| made).collect();
            prop_assert_eq!(surrogates.len(), minted.surrogates().count(), "no two values share one");
            let mut restorer = Restorer::new(Form::Plain);
            let mut out = String::new();
            for piece in pieces(&masked, &cuts) {
                restorer.push(&minted, &piece, &mut out);
            }
            restorer.finish(&minted, &mut out);
            prop_assert_eq!(out, text);
        }

        #[test]
        fn any_text_passes_unchanged_however_it_is_cut(
            text in "([a-zA-Z_ ]|PHONE_|phone|[0-9A-Z]{8}|\\PC){0,40}",
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let (minted, _) = phone();
            let mut restorer = Restorer::new(Form::Plain);
            let mut out = String::new();
            for piece in pieces(&text, &cuts) {
                restorer.push(&minted, &piece, &mut out);
            }
            restorer.finish(&minted, &mut out);
            prop_assert_eq!(out, text);
        }
    }
}
