//! Characters written as numbers (`%41`, `&#65;`, `\u0041`, `\x41`), and letters in frames, circles and small capitals.

use ombud_core::Hiding;

use super::super::view::{Derived, View};

/// One way of writing a character.
struct Code {
    /// Bytes that may start it.
    leads: &'static [u8],
    /// Reads the character at the start of a text; returns the length in bytes and the character.
    read: fn(&str) -> Option<(usize, char)>,
    /// Minimum number that makes a stretch.
    least: usize,
    /// Maximum number of bytes between two of them in one stretch.
    gap: usize,
    hiding: Hiding,
}

const CODES: &[Code] = &[
    Code { leads: b"%", read: percent, least: 4, gap: 24, hiding: Hiding::Percent },
    Code { leads: b"&", read: reference, least: 6, gap: 12, hiding: Hiding::Entities },
    Code { leads: b"\\", read: escape, least: 6, gap: 12, hiding: Hiding::Hex },
    Code { leads: &[0xf0, 0xe2, 0xe1], read: framed, least: 8, gap: 6, hiding: Hiding::Letters },
];

pub(super) fn find(view: &View<'_>, out: &mut Vec<View<'static>>) {
    for code in CODES {
        stretches(view, code, out);
    }
}

fn next_lead(bytes: &[u8], from: usize, leads: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let at = match leads {
        [a] => memchr::memchr(*a, rest),
        [a, b, c] => memchr::memchr3(*a, *b, *c, rest),
        _ => None,
    };
    Some(from + at?)
}

/// A stretch that is being read.
#[derive(Default)]
struct Stretch {
    derived: Derived,
    count: usize,
    end: usize,
}

fn stretches(view: &View<'_>, code: &Code, out: &mut Vec<View<'static>>) {
    let text: &str = &view.text;
    let mut stretch = Stretch::default();
    let mut at = 0;
    while let Some(place) = next_lead(text.as_bytes(), at, code.leads) {
        let Some((length, ch)) = text.get(place..).and_then(code.read) else {
            at = place + 1;
            continue;
        };
        if stretch.count > 0 && place - stretch.end > code.gap {
            let end = stretch.end;
            finish(view, code, std::mem::take(&mut stretch), out);
            stretch.end = end;
        }
        let from = if stretch.count == 0 { word_start(text, stretch.end, place) } else { stretch.end };
        stretch.derived.copy(text.get(from..place).unwrap_or_default(), from);
        stretch.derived.put(ch, place);
        stretch.count += 1;
        stretch.end = place + length;
        at = stretch.end;
    }
    finish(view, code, stretch, out);
}

fn finish(view: &View<'_>, code: &Code, mut stretch: Stretch, out: &mut Vec<View<'static>>) {
    if stretch.count < code.least || stretch.derived.text.len() < super::LEAST {
        return;
    }
    let rest = view.text.get(stretch.end..).unwrap_or_default();
    let word = rest.bytes().take(code.gap).take_while(u8::is_ascii_alphanumeric).count();
    stretch.derived.copy(rest.get(..word).unwrap_or_default(), stretch.end);
    out.push(view.child(stretch.derived, stretch.end + word, Some(code.hiding)));
}

/// Start of the word that continues with the character at `at`.
fn word_start(text: &str, least: usize, at: usize) -> usize {
    let before = text.as_bytes().get(least.max(at.saturating_sub(24))..at).unwrap_or_default();
    at - before.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count()
}

fn hex(text: &str, from: usize, digits: usize) -> Option<u32> {
    let part = text.get(from..from + digits)?;
    part.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(part, 16).ok())?
}

fn percent(text: &str) -> Option<(usize, char)> {
    let byte = |at: usize| {
        let lead = text.as_bytes().get(at) == Some(&b'%');
        lead.then(|| hex(text, at + 1, 2)).flatten().and_then(|value| u8::try_from(value).ok())
    };
    let first = byte(0)?;
    let count = match first {
        0x20..=0x7e | b'\n' => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [0; 4];
    for (i, place) in bytes.iter_mut().take(count).enumerate() {
        *place = byte(3 * i)?;
    }
    let ch = std::str::from_utf8(bytes.get(..count)?).ok()?.chars().next()?;
    Some((3 * count, ch))
}

/// A numeric HTML character reference.
pub(in super::super) fn reference(text: &str) -> Option<(usize, char)> {
    let digits = text.strip_prefix("&#")?;
    let end = digits.bytes().take(9).position(|b| b == b';')?;
    let number = digits.get(..end)?;
    let value = match number.strip_prefix(['x', 'X']) {
        Some(number) => u32::from_str_radix(number, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((end + 3, char::from_u32(value).filter(|ch| !ch.is_control() || *ch == '\n')?))
}

fn escape(text: &str) -> Option<(usize, char)> {
    let (digits, length) = match text.as_bytes().get(1)? {
        b'u' => (4, 6),
        b'x' => (2, 4),
        _ => return None,
    };
    let value = hex(text, 2, digits)?;
    Some((length, char::from_u32(value).filter(|ch| !ch.is_control() || *ch == '\n')?))
}

/// Rows of 26 Latin letters, by their first code point.
const ROWS: &[u32] = &[0x249c, 0x24b6, 0x24d0, 0x1f110, 0x1f130, 0x1f150, 0x1f170, 0x1f1e6];
/// Small capitals from a to z, where they exist outside the IPA letters.
const SMALL: &str = "ᴀ-ᴄᴅᴇ---ɪᴊᴋ-ᴍ-ᴏᴘ---ᴛᴜᴠᴡ--ᴢ";

fn framed(text: &str) -> Option<(usize, char)> {
    let ch = text.chars().next()?;
    let code = u32::from(ch);
    let in_row = ROWS.iter().find(|first| (**first..**first + 26).contains(&code)).map(|first| code - first);
    let small = || SMALL.chars().position(|small| small == ch).and_then(|at| u32::try_from(at).ok());
    let letter = in_row.or_else(|| (0x1d00..0x1d30).contains(&code).then(small).flatten())?;
    Some((ch.len_utf8(), char::from_u32(u32::from('a') + letter)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        find(&View::of(text), &mut out);
        out.into_iter()
            .map(|view| {
                let span = view.original(&(0..view.text.len()));
                (text[span].to_owned(), view.text.into_owned())
            })
            .collect()
    }

    #[test]
    fn stretches_are_decoded_where_they_stand() {
        let found = decoded("see https://x.example/?q=put%20all%20of%20it%20here now");
        assert_eq!(found, [("put%20all%20of%20it%20here".into(), "put all of it here".into())]);
        let found = decoded("%E5%BF%BD%E7%95%A5%E4%B9%8B%E5%89%8D. ok");
        assert_eq!(found[0].1, "忽略之前");
        let found = decoded(r"x \u5ffd\u7565\u4e4b\u524d\u7684\u6307\u4ee4 y");
        assert_eq!(found, [(r"\u5ffd\u7565\u4e4b\u524d\u7684\u6307\u4ee4".into(), "忽略之前的指令".into())]);
        let found = decoded("&#105;&#103;&#110;&#111;&#x72;&#101; &#105;&#103;&#110;&#111;&#x72;&#101;");
        assert_eq!(found[0].1, "ignore ignore");
        let found = decoded("🅸🅶🅽🅾🆁🅴 🅰🅻🅻 🅸🆃");
        assert_eq!(found[0].1, "ignore all it");
    }

    #[test]
    fn a_few_escapes_are_ordinary() {
        assert_eq!(decoded("50% of it, 100%25, caf\\u00e9 &amp; &#39;s ①②③④⑤⑥⑦⑧⑨"), []);
    }
}
