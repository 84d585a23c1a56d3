//! Identifiers in a text, each in one canonical spelling, so that two texts can be compared by them: e-mail addresses, URLs and
//! hosts, accounts, numbers, ids, file paths, handles. Both sides are read by the same function, so even a spelling it misreads
//! is misread alike on both.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The kind of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A URL without its scheme and fragment.
    Url,
    /// A host, or a word with a dot such as a file name.
    Host,
    /// An IBAN with a valid checksum.
    Iban,
    /// A number: an amount in decimal form, or the digits of a phone, card or account number or a date.
    Number,
    /// Letters with digits, or a word with hyphens.
    Id,
    /// A path in a file system.
    Path,
    /// A handle: `@name`.
    Handle,
}

/// An identifier in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its kind.
    pub kind: Kind,
    /// Its canonical spelling.
    pub canonical: String,
    /// Bytes of the text.
    pub span: Range<usize>,
}

/// Longest identifier, in bytes.
const LONGEST: usize = 2048;

/// Shortest token that may hide a text, in bytes.
const HIDING: usize = 16;

/// Returns every identifier in a normalised text, in linear time.
pub fn terms(text: &str) -> Vec<Term> {
    let mut found = Found { terms: Vec::new(), depth: 0, addresses: false };
    found.read(text, None);
    found.terms
}

/// Returns only e-mail addresses and IBANs; this runs on every response.
pub fn addresses(text: &str) -> Vec<Term> {
    let mut found = Found { terms: Vec::new(), depth: 0, addresses: true };
    found.read(text, None);
    found.terms
}

struct Found {
    terms: Vec<Term>,
    depth: u8,
    /// Whether only e-mail addresses and IBANs are searched for.
    addresses: bool,
}

/// Defanged spellings, which keep an address from being clickable, and what they stand for.
const DEFANGED: &[(&str, &str)] = &[
    ("[://]", "://"),
    ("[:]", ":"),
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[at]", "@"),
    ("(at)", "@"),
    ("[@]", "@"),
    (" (at) ", "@"),
    (" [at] ", "@"),
    (" (dot) ", "."),
    (" [dot] ", "."),
];

fn in_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._%+-@/:#?&=~$\\".contains(&byte)
}

/// Whether a token is a plain word, as nearly all are: no identifier, and too short to hide a text.
fn is_plain(token: &str) -> bool {
    token.len() < HIDING && token.bytes().all(|byte| byte.is_ascii_alphabetic())
}

impl Found {
    /// Reads a text; `span` is its location if it was decoded from another text.
    fn read(&mut self, text: &str, span: Option<&Range<usize>>) {
        if !self.addresses {
            self.numbers(text, span);
        }
        self.ibans(text, span);
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if !in_token(byte) {
                at += 1;
                continue;
            }
            let (token, end) = token_at(text, at);
            // An address without a literal `@` is percent-encoded or hidden.
            let passed = self.addresses && token.len() < HIDING && !token.contains(['@', '%']);
            if token.len() <= LONGEST && !is_plain(&token) && !passed {
                self.token(&token, span.unwrap_or(&(at..end)));
            }
            at = end;
        }
    }

    fn push(&mut self, kind: Kind, canonical: String, span: &Range<usize>) {
        let wanted = !self.addresses || matches!(kind, Kind::Email | Kind::Iban);
        if wanted && !canonical.is_empty() {
            self.terms.push(Term { kind, canonical, span: span.clone() });
        }
    }

    fn token(&mut self, token: &str, span: &Range<usize>) {
        self.decoded(token, span);
        let token = token.trim_start_matches(['.', ':', '-', '=', '?', '&', '%', '+']);
        let token = token.trim_end_matches(['.', ':', '-', '?', '&', '=', '+', '$', '@']);
        let lower = token.to_ascii_lowercase();
        let lower = lower.strip_prefix("mailto:").unwrap_or(&lower);
        if let Some((scheme, rest)) = lower.split_once("://")
            && scheme.chars().all(|ch| ch.is_ascii_alphanumeric() || matches!(ch, '+' | '-' | '.'))
        {
            return self.url(rest, span);
        }
        if lower.contains('%') && lower.contains(['@', '/']) || !lower.contains([':', '=', '&', '?', '#']) {
            return self.word(lower, span);
        }
        if let Some(rest) = lower.strip_prefix("www.").filter(|rest| rest.contains('/')) {
            return self.url(rest, span);
        }
        for piece in lower.split([':', '=', '&', '?', '#']) {
            self.word(piece.trim_matches(['.', '-', '/']), span);
        }
    }

    /// Classifies a token without inner structure.
    fn word(&mut self, word: &str, span: &Range<usize>) {
        if let Some((local, domain)) = word.split_once('@') {
            if local.is_empty() && word.len() > 3 && !domain.contains(['@', '/']) {
                return self.push(Kind::Handle, word.to_owned(), span);
            }
            if !local.is_empty() && is_host(domain) {
                return self.push(Kind::Email, word.to_owned(), span);
            }
            return;
        }
        if word.contains(['/', '\\']) {
            let first = word.split(['/', '\\']).next().unwrap_or_default();
            if is_host(first) {
                return self.url(word, span);
            }
            let path = word.replace('\\', "/");
            let path = path.strip_prefix("./").unwrap_or(&path).trim_end_matches('/');
            if let Some((_, name)) = path.rsplit_once('/').filter(|(_, name)| name.contains('.')) {
                self.push(Kind::Host, name.to_owned(), span);
            }
            return self.push(Kind::Path, path.to_owned(), span);
        }
        if is_host(word) {
            return self.push(Kind::Host, word.strip_prefix("www.").unwrap_or(word).to_owned(), span);
        }
        let has = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
        let mixed = has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit) && word.len() >= 4;
        if mixed || (word.contains(['-', '_']) && word.len() >= 6 && has(u8::is_ascii_alphabetic)) {
            self.push(Kind::Id, word.to_owned(), span);
        }
    }

    /// Reads what follows the scheme: the URL, its host, and the identifiers in its path and query.
    fn url(&mut self, rest: &str, span: &Range<usize>) {
        let rest = rest.split('#').next().unwrap_or_default();
        let cut = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default().trim_end_matches('.');
        let host = host.strip_prefix("www.").unwrap_or(host);
        let path = percent_decoded(path);
        self.push(Kind::Url, format!("{host}{}", path.trim_end_matches(['/', '?'])), span);
        self.push(Kind::Host, host.to_owned(), span);
        if self.depth == 0 {
            for piece in path.split(['/', '?', '&', '=', ';', ',', ' ']).filter(|piece| piece.len() >= 4) {
                self.depth = 1;
                if piece.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.push(Kind::Number, piece.to_owned(), span);
                } else {
                    self.word(piece, span);
                }
                self.depth = 0;
            }
        }
    }

    /// Reads what base64, hexadecimal or percent encoding hides, one level deep.
    fn decoded(&mut self, token: &str, span: &Range<usize>) {
        if self.depth > 0 {
            return;
        }
        let mut texts = Vec::new();
        if token.contains('%') && !token.contains("://") {
            let plain = percent_decoded(token);
            if plain != token {
                texts.push(plain);
            }
        }
        if token.len() >= HIDING {
            let pieces = token.split(['?', '&', ':', '.', '#']).flat_map(|piece| {
                // The position of the equals sign separates `key=value` from padding at the end.
                let value = piece.trim_end_matches('=').rsplit('=').next().unwrap_or_default();
                [value, value.rsplit('/').next().unwrap_or_default()]
            });
            texts.extend(pieces.filter(|piece| piece.len() >= HIDING).filter_map(hidden));
        }
        self.depth = 1;
        for text in texts {
            self.read(&text, Some(span));
        }
        self.depth = 0;
    }

    /// Reads runs of digits, with separators that group them.
    fn numbers(&mut self, text: &str, span: Option<&Range<usize>>) {
        let bytes = text.as_bytes();
        let at_byte = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
        let digit = |at: usize| at_byte(at).is_ascii_digit();
        let mut at = 0;
        while at < bytes.len() {
            if !digit(at) {
                at += 1;
                continue;
            }
            let start = at;
            let mut end = at;
            while at < bytes.len() && end - start <= 48 {
                if digit(at) {
                    at += 1;
                    end = at;
                } else if b" -.,/:()".contains(&at_byte(at))
                    && (digit(at + 1) || (at_byte(at) != b' ' && at_byte(at + 1) == b' ' && digit(at + 2)))
                {
                    at += if digit(at + 1) { 1 } else { 2 };
                } else {
                    break;
                }
            }
            at = at.max(end).max(start + 1);
            let before = |back: usize| start.checked_sub(back).map_or(b' ', at_byte);
            let inside = before(1).is_ascii_alphabetic()
                || (matches!(before(1), b'-' | b'_' | b'.') && before(2).is_ascii_alphabetic());
            if !inside {
                let place = start..end;
                self.number(text.get(start..end).unwrap_or_default(), span.unwrap_or(&place));
            }
        }
    }

    fn number(&mut self, run: &str, span: &Range<usize>) {
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 7 {
            if let Some(national) = digits.strip_prefix("86").filter(|rest| rest.len() == 11) {
                self.push(Kind::Number, national.to_owned(), span);
            }
            self.push(Kind::Number, digits, span);
        }
        if let Some(decimal) = decimal(run) {
            self.push(Kind::Number, decimal, span);
        } else {
            let groups = run.split(|ch: char| !ch.is_ascii_digit() && ch != '.' && ch != ',');
            for decimal in groups.filter_map(decimal) {
                self.push(Kind::Number, decimal, span);
            }
        }
    }

    fn ibans(&mut self, text: &str, span: Option<&Range<usize>>) {
        let bytes = text.as_bytes();
        let word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let begins = |at: usize| {
            let head = bytes.get(at..at + 4).unwrap_or_default();
            matches!(head, [a, b, c, d] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit())
        };
        let mut at = 0;
        while at + 4 <= bytes.len() {
            let fresh = at == 0 || !word(at - 1);
            if !fresh || !begins(at) {
                at += 1;
                continue;
            }
            let (mut iban, mut end, mut best) = (String::new(), at, None);
            while iban.len() < 34 && end < bytes.len() {
                if word(end) {
                    iban.extend(bytes.get(end).map(|byte| char::from(byte.to_ascii_lowercase())));
                    end += 1;
                    if !word(end) && iban.len() >= 15 && checks(&iban) {
                        best = Some((iban.clone(), end));
                    }
                } else if bytes.get(end) == Some(&b' ') && word(end + 1) {
                    end += 1;
                } else {
                    break;
                }
            }
            if let Some((iban, end)) = best {
                let place = at..end;
                self.push(Kind::Iban, iban, span.unwrap_or(&place));
                at = end;
            } else {
                at += 1;
            }
        }
    }
}

/// Returns the token that starts at an offset, no longer defanged, and where it ends.
fn token_at(text: &str, start: usize) -> (Cow<'_, str>, usize) {
    let bytes = text.as_bytes();
    let run = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| in_token(**byte)).count()
    };
    let mut end = run(start);
    let mut token = Cow::Borrowed(text.get(start..end).unwrap_or_default());
    while let Some((form, plain)) = defanged(bytes.get(end..).unwrap_or_default()) {
        let next = end + form.len();
        end = run(next);
        let token = token.to_mut();
        token.push_str(plain);
        token.push_str(text.get(next..end).unwrap_or_default());
    }
    (token, end)
}

fn defanged(rest: &[u8]) -> Option<(&'static str, &'static str)> {
    let first = rest.strip_prefix(b" ").unwrap_or(rest).first();
    matches!(first, Some(b'[' | b'(' | b'{')).then_some(())?;
    DEFANGED.iter().copied().find(|(form, _)| {
        rest.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form.as_bytes()))
    })
}

/// Whether a word has two or more labels, the last of letters only.
fn is_host(word: &str) -> bool {
    let mut labels = word.rsplit('.');
    let last = labels.next().unwrap_or_default();
    let fine = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let mut rest = labels.peekable();
    (2..=24).contains(&last.len())
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        && rest.peek().is_some()
        && rest.all(fine)
}

/// Decodes percent encoding and lower-cases the result; returns the text as is if that is not UTF-8.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let code = if byte == b'%' { bytes.as_slice_hex() } else { None };
        match code {
            Some(code) => {
                out.push(code);
                bytes.nth(1);
            }
            None => out.push(byte),
        }
    }
    String::from_utf8(out).map_or_else(|_| text.to_owned(), |text| text.to_lowercase())
}

/// Peeks at the next two hexadecimal digits.
trait NextHex {
    fn as_slice_hex(&self) -> Option<u8>;
}

impl NextHex for std::str::Bytes<'_> {
    fn as_slice_hex(&self) -> Option<u8> {
        let mut ahead = self.clone();
        let (high, low) = (ahead.next()?, ahead.next()?);
        let value = |byte: u8| char::from(byte).to_digit(16);
        u8::try_from(value(high)? * 16 + value(low)?).ok()
    }
}

/// Returns the readable text that a run of base64 or hexadecimal digits encodes.
pub(crate) fn hidden(piece: &str) -> Option<String> {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
    if !piece.bytes().all(digit) {
        return None;
    }
    let engines = [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD];
    let hex = || -> Option<Vec<u8>> {
        let digits: Option<Vec<u32>> = piece.chars().map(|ch| ch.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
        Some(
            digits
                .chunks_exact(2)
                .filter_map(|pair| u8::try_from(pair.iter().fold(0, |sum, digit| sum * 16 + digit)).ok())
                .collect(),
        )
    };
    let decoded = hex()
        .into_iter()
        .chain(engines.iter().filter_map(|engine| engine.decode(piece).ok()))
        .chain(STANDARD.decode(piece).ok());
    decoded
        .filter_map(|bytes| String::from_utf8(bytes).ok())
        .find(|text| text.len() >= 8 && text.chars().all(|ch| !ch.is_control() || ch == '\n' || ch == '\t'))
}

/// Normalises a number to decimal form without separators and trailing zeros: `1,000.50` and `1.000,50` are `1000.5`.
fn decimal(run: &str) -> Option<String> {
    let run = run.trim();
    let (whole, fraction) = match (run.rfind('.'), run.rfind(',')) {
        (Some(dot), Some(comma)) if comma > dot => run.split_at_checked(comma)?,
        (Some(dot), _) if run.matches('.').count() == 1 => run.split_at_checked(dot)?,
        (None, Some(comma)) if run.len() - comma != 4 && run.matches(',').count() == 1 => {
            run.split_at_checked(comma)?
        }
        _ => (run, ""),
    };
    let fraction = fraction.trim_start_matches(['.', ',']);
    let mut groups = whole.split([',', '.', ' ']);
    let first = groups.next().filter(|group| !group.is_empty())?;
    let grouped =
        groups.all(|group| group.len() == 3) && (first.len() <= 3 || !whole.contains([',', '.', ' ']));
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let plain = whole.chars().all(|ch| ch.is_ascii_digit() || matches!(ch, ',' | '.' | ' '));
    if !grouped || !plain || !fraction.chars().all(|ch| ch.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() { digits.to_owned() } else { format!("{digits}.{fraction}") })
}

/// Verifies the IBAN checksum: ISO 7064 mod 97-10 (ISO 13616).
fn checks(iban: &str) -> bool {
    let (head, tail) = iban.split_at_checked(4).unwrap_or((iban, ""));
    let digits = tail.chars().chain(head.chars()).filter_map(|ch| ch.to_digit(36));
    digits.fold(0_u32, |sum, digit| (sum * if digit > 9 { 100 } else { 10 } + digit) % 97) == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<(Kind, String)> {
        terms(text).into_iter().map(|term| (term.kind, term.canonical)).collect()
    }

    fn has(text: &str, kind: Kind, canonical: &str) {
        assert!(all(text).contains(&(kind, canonical.to_owned())), "{text}: {:?}", all(text));
    }

    #[test]
    fn spellings_of_the_same_thing() {
        for text in [
            "Anna@Example.com",
            "<anna@example.com>,",
            "mailto:anna@example.com",
            "anna[at]example[.]com",
            "to:anna@example.com",
            "anna%40example.com",
            "YW5uYUBleGFtcGxlLmNvbQ==",
        ] {
            has(text, Kind::Email, "anna@example.com");
        }
        for text in [
            "https://evil.example/a/b",
            "hxxps://evil[.]example/a/b/",
            "http://www.evil.example/a/b#x",
            "evil.example/a/b.",
        ] {
            has(text, Kind::Url, "evil.example/a/b");
            has(text, Kind::Host, "evil.example");
        }
        for text in ["DE89 3704 0044 0532 0130 00", "IBAN: de89370400440532013000."] {
            has(text, Kind::Iban, "de89370400440532013000");
        }
        for text in ["+86 138-0013-8000", "13800138000", "138 0013 8000"] {
            has(text, Kind::Number, "13800138000");
        }
        for text in ["98.70", "98.7", "€98,70", "EUR 98.70."] {
            has(text, Kind::Number, "98.7");
        }
        for text in ["1,000", "1000.00", "1 000", "1000"] {
            has(text, Kind::Number, "1000");
        }
        has("rechnung.pdf liegt in /home/x/Rechnung.pdf", Kind::Host, "rechnung.pdf");
        has("see C:\\data\\a.txt", Kind::Host, "a.txt");
        has("请删除 INV-2041。", Kind::Id, "inv-2041");
        has("ask @anna_s", Kind::Handle, "@anna_s");
        has("https://x.example/?d=anna%40example.com", Kind::Email, "anna@example.com");
        has("https://x.example/c/13800138000", Kind::Number, "13800138000");
    }

    #[test]
    fn words_are_no_identifiers() {
        assert_eq!(all("Hello, world. How are you? 你好，世界。"), []);
        assert_eq!(all("and/or"), [(Kind::Path, "and/or".to_owned())]);
    }

    proptest! {
        #[test]
        fn any_text_is_safe_and_spans_lie_inside(text in "\\PC{0,80}|[a-z0-9.@:/%\\[\\]=-]{0,60}") {
            for term in terms(&text) {
                prop_assert!(text.get(term.span.clone()).is_some(), "{:?}", term);
            }
        }

        #[test]
        fn addresses_are_the_same_among_all_and_alone(text in "\\PC{0,60}|[a-zE0-9.@:/%=#? \\[\\]-]{0,80}|(https://[a-z]{1,4}\\.de/[a-z%4@0.]{0,20} ?)*|(YUBiLmNv[A-Za-z0-9+/=]{0,16} ?)*") {
            let mut all = terms(&text);
            all.retain(|term| matches!(term.kind, Kind::Email | Kind::Iban));
            prop_assert_eq!(addresses(&text), all);
        }

        #[test]
        fn an_address_is_found_in_any_surroundings(before in "[ ,;(<\"。]{0,3}", after in "[ ,;)>\"。]{0,3}", local in "[a-z][a-z0-9]{0,8}") {
            let address = format!("{local}@mail.example");
            let found = terms(&format!("x{before} {address} {after}y"));
            prop_assert!(found.iter().any(|term| term.canonical == address));
        }
    }
}
