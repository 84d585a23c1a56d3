//! HTML in a response: which tags fetch, where they end, and what addresses they name.

use ombud_core::gate::Fetched;

use super::LIMIT;

/// Tags that lead somewhere only when the reader follows them.
const FOLLOWED: &[&str] = &["a", "area", "form", "button"];

/// Tags that fetch automatically.
const FETCHING: &[&str] = &[
    "img", "image", "picture", "source", "iframe", "frame", "embed", "object", "video", "audio", "track",
    "script", "link", "base", "meta", "input", "use", "feimage", "body", "table", "td", "bgsound",
];

/// What a tag's name was found to be.
pub(super) enum Name {
    /// Not a relevant tag.
    None,
    /// Undecided until more text arrives.
    More,
    /// The name ends at this offset.
    Of(usize, Fetched),
}

/// The name of the tag that begins here.
pub(super) fn name(rest: &str, last: bool) -> Name {
    let name: String = rest.bytes().skip(1).take_while(u8::is_ascii_alphanumeric).map(char::from).collect();
    let end = name.len() + 1;
    if end == rest.len() && !last {
        let lower = name.to_ascii_lowercase();
        let may = FOLLOWED.iter().chain(FETCHING).any(|tag| tag.starts_with(&lower));
        return if may { Name::More } else { Name::None };
    }
    let is = |tags: &[&str]| tags.iter().any(|tag| name.eq_ignore_ascii_case(tag));
    if is(FETCHING) {
        Name::Of(end, Fetched::ByItself)
    } else if is(FOLLOWED) {
        Name::Of(end, Fetched::ByReader)
    } else {
        Name::None
    }
}

/// Where a tag ends.
pub(super) enum End {
    /// Before this byte.
    At(usize),
    /// It is not a tag, or another one begins inside it that names the same addresses.
    Other,
    /// Its end has not arrived.
    Open,
}

/// Finds the end of the tag that begins here.
pub(super) fn end(rest: &str, json: bool) -> End {
    let mut quoted = None;
    let mut before = b'<';
    for (at, byte) in rest.bytes().enumerate().take(LIMIT) {
        match byte {
            b'"' if json && before != b'\\' => return End::Other,
            b'"' | b'\'' if quoted == Some(byte) => quoted = None,
            b'"' | b'\'' if quoted.is_none() && matches!(before, b'=' | b'\\') => quoted = Some(byte),
            b'>' if quoted.is_none() => return End::At(at + 1),
            byte if before == b'<' && at > 1 && quoted.is_none() && byte.is_ascii_alphabetic() => {
                return End::Other;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    // An HTML parser may see the end of the tag inside quotes that were never closed.
    let inside = quoted.and_then(|_| rest.find('>')).filter(|_| rest.len() >= LIMIT);
    inside.map_or(End::Open, |at| End::At(at + 1))
}

/// Every address in a tag.
pub(super) fn targets(tag: &str) -> Vec<String> {
    let plain = without_entities(tag).replace('\\', "/");
    // Browsers drop tabs and line breaks inside an address.
    let joined: String = plain.chars().filter(|ch| !matches!(ch, '\t' | '\n' | '\r')).collect();
    let mut found = addresses(&plain);
    found.extend(addresses(&joined));
    found.sort_unstable();
    found.dedup();
    found
}

fn addresses(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = next(&lower, from) {
        let rest = text.get(start..).unwrap_or_default();
        let width = rest.find(|ch: char| ch.is_whitespace() || matches!(ch, '"' | '\'' | '>' | ')' | '`'));
        let width = width.unwrap_or(rest.len()).max(1);
        found.push(rest.get(..width).unwrap_or_default().trim_end_matches([',', ';']).to_owned());
        from = start + width;
    }
    found
}

/// The offset where the next address begins.
fn next(lower: &str, from: usize) -> Option<usize> {
    let rest = lower.get(from..)?;
    let first = |what: &str| rest.find(what);
    let at = [first("//"), first("http:"), first("https:")].into_iter().flatten().min()?;
    Some(from + at)
}

/// Named character references that matter in an address.
const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("colon", ":"),
    ("sol", "/"),
    ("bsol", "\\"),
    ("period", "."),
    ("quest", "?"),
    ("equals", "="),
    ("num", "#"),
    ("commat", "@"),
    ("percnt", "%"),
    ("lowbar", "_"),
    ("lpar", "("),
    ("rpar", ")"),
    ("Tab", ""),
    ("NewLine", ""),
    ("nbsp", " "),
];

/// A text with its HTML character references decoded.
pub(super) fn without_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let (plain, width) = entity(after).unwrap_or_else(|| ("&".to_owned(), 1));
        out.push_str(&plain);
        rest = after.get(width..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn entity(text: &str) -> Option<(String, usize)> {
    let name: String =
        text.chars().skip(1).take(10).take_while(|ch| ch.is_ascii_alphanumeric() || *ch == '#').collect();
    let ended = text.get(name.len() + 1..)?.starts_with(';');
    let width = name.len() + 1 + usize::from(ended);
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
        return Some((char::from_u32(code)?.to_string(), width));
    }
    let (_, plain) = ENTITIES.iter().find(|(known, _)| ended && *known == name)?;
    Some(((*plain).to_owned(), width))
}
