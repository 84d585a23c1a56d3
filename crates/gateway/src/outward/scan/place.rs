//! Where an address is and how long it is.

use std::borrow::Cow;

use super::html::without_entities;
use super::{LIMIT, line};
use crate::wire::json::unescape;

/// The deepest nesting of brackets that is followed.
const DEEPEST: usize = 32;

/// The result of looking for an address.
pub(super) enum Place {
    /// There is none.
    None,
    /// Undecided until more text arrives.
    More,
    /// An address, including everything that belongs to it.
    Here {
        /// The address, without escapes.
        target: String,
        /// The first byte after it.
        end: usize,
        /// Whether its end was not seen.
        cut: bool,
    },
}

/// The bracket that closes the one before `from`.
pub(super) fn bracket(text: &str, from: usize, json: bool) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    let limit = if json { quote(text, from).unwrap_or(text.len()) } else { text.len() };
    for (at, byte) in text.bytes().enumerate().take(limit).skip(from) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' if depth == DEEPEST => return None,
            b'[' => depth += 1,
            b']' if depth == 0 => return Some(at).filter(|at| !ends_between(text, from, *at, json)),
            b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn ends_between(text: &str, from: usize, to: usize, json: bool) -> bool {
    text.get(from..to).is_some_and(|inner| line::breaks(inner, json))
}

/// The first quotation mark that is not escaped.
pub(super) fn quote(text: &str, from: usize) -> Option<usize> {
    let mut escaped = false;
    text.bytes().enumerate().skip(from).find_map(|(at, byte)| {
        let own = !escaped && byte == b'"';
        escaped = !escaped && byte == b'\\';
        own.then_some(at)
    })
}

/// Reads the address in parentheses that opened before `from`.
pub(super) fn read(text: &str, from: usize, json: bool, last: bool) -> Place {
    let limit = if json { quote(text, from) } else { None };
    let inner = text.get(..limit.unwrap_or(text.len())).unwrap_or_default();
    let start = from + spaces(inner.get(from..).unwrap_or_default());
    let rest = inner.get(start..).unwrap_or_default();
    let width = target_width(rest);
    let target = || decoded(rest.get(..width).unwrap_or_default().trim_start_matches('<'), json);
    if let Some(end) = closing(inner, start + width) {
        return Place::Here { target: target(), end, cut: false };
    }
    if last || limit.is_some() || line::breaks(rest, json) {
        return Place::None;
    }
    if text.len() < LIMIT {
        return Place::More;
    }
    Place::Here { target: target(), end: text.len(), cut: true }
}

/// Length in bytes of an address in parentheses.
fn target_width(rest: &str) -> usize {
    if rest.starts_with('<') {
        return rest.find(['>', '\n']).unwrap_or(rest.len());
    }
    let mut depth = 0_usize;
    let mut escaped = false;
    let end = rest.bytes().position(|byte| {
        let ends = match byte {
            _ if escaped => false,
            b'(' => {
                depth += 1;
                false
            }
            b')' if depth > 0 => {
                depth -= 1;
                false
            }
            b')' => true,
            _ => byte.is_ascii_whitespace() || byte.is_ascii_control(),
        };
        escaped = !escaped && byte == b'\\';
        ends
    });
    end.unwrap_or(rest.len())
}

/// The first byte after the parenthesis that closes an address and its title.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut quoted = None;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'"' | b'\'' if quoted == Some(byte) => quoted = None,
            b'"' | b'\'' if quoted.is_none() => quoted = Some(byte),
            b')' if quoted.is_none() => return Some(at + 1),
            _ => {}
        }
    }
    // An unclosed quotation mark does not begin a title.
    let first = text.get(from..)?.find(')').map(|at| from + at + 1);
    first.filter(|_| quoted.is_some() && line::breaks(text.get(from..).unwrap_or_default(), false))
}

fn spaces(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_whitespace).count()
}

/// Reads the address of a definition, after its colon.
pub(super) fn word(text: &str, from: usize, last: bool) -> Place {
    let start = from + spaces(text.get(from..).unwrap_or_default());
    let rest = text.get(start..).unwrap_or_default();
    if text.get(from..start).is_some_and(|gap| gap.matches('\n').count() > 1) {
        return Place::None;
    }
    let width = rest.find(char::is_whitespace);
    if width.is_none() && !last && rest.len() < LIMIT {
        return Place::More;
    }
    let width = width.unwrap_or(rest.len());
    let target = decoded(rest.get(..width).unwrap_or_default().trim_matches(['<', '>']), false);
    let cut = width == rest.len() && !last;
    if target.is_empty() { Place::None } else { Place::Here { target, end: start + width, cut } }
}

/// What precedes an address in a text and belongs to it: `http` or `https` before a colon, `www` before a dot.
pub(super) fn lead(tail: &str, rest: &str) -> Option<String> {
    let leads: &[&str] = if rest.starts_with(':') { &["https", "http"] } else { &["www"] };
    let ends = |lead: &&&str| {
        let at = tail.len().checked_sub(lead.len());
        at.and_then(|at| tail.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(lead))
    };
    let lead = leads.iter().find(ends)?;
    let (before, lead) = tail.split_at_checked(tail.len() - lead.len())?;
    let word = before.ends_with(|ch: char| ch.is_ascii_alphanumeric());
    (!word).then(|| lead.to_owned())
}

/// Whether an address continues here. In JSON a slash may be escaped.
pub(super) fn begins(rest: &str) -> bool {
    let dot = rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|ch: char| ch.is_alphanumeric()));
    dot || rest.starts_with("://") || rest.starts_with(":\\/")
}

/// Whether an address may continue here once more text arrives.
pub(super) fn may_begin(rest: &str) -> bool {
    [".", ":", ":/", ":\\"].contains(&rest)
}

/// Number of bytes up to what ends an address in a text.
pub(super) fn extent(rest: &str) -> usize {
    let mut query = false;
    let end = rest.char_indices().find(|&(_, ch)| {
        query |= ch == '?';
        let mark = matches!(ch, '<' | '>' | '"' | '`' | '|' | '{' | '}') || ch.is_control();
        // Chinese text may follow an address without a space.
        let chinese =
            matches!(u32::from(ch), 0x3000..=0x303f | 0xff00..=0xff0d | 0xff1a..=0xff20 | 0x2018..=0x201f);
        ch.is_whitespace() || mark || chinese || !query && ombud_core::script::is_han(ch)
    });
    end.map_or(rest.len(), |(at, _)| at)
}

/// The same without the punctuation of the surrounding sentence.
pub(super) fn trimmed(rest: &str, end: usize) -> usize {
    let mut text = rest.get(..end).unwrap_or_default();
    loop {
        let open = text.matches('(').count();
        let shorter = text
            .strip_suffix(['.', ',', ':', ';', '!', '?', '\'', '*', '_', '~', ']', '\\'])
            .or_else(|| text.strip_suffix(')').filter(|_| text.matches(')').count() > open));
        match shorter {
            Some(shorter) if !shorter.is_empty() => text = shorter,
            _ => return text.len(),
        }
    }
}

/// An address with JSON, Markdown and HTML escapes decoded.
pub(super) fn decoded(raw: &str, json: bool) -> String {
    let plain = if json { Cow::Owned(unescape(raw).0) } else { Cow::Borrowed(raw) };
    let mut out = String::with_capacity(plain.len());
    let mut chars = plain.chars().peekable();
    while let Some(ch) = chars.next() {
        let escapes = ch == '\\' && chars.peek().is_some_and(char::is_ascii_punctuation);
        if !escapes {
            out.push(ch);
        }
    }
    without_entities(&out)
}
