//! Patterns that no word list can express: links with a slot for data, addresses, quotation.

use super::lexicon::{Class, Hit};

/// Maximum number of bytes of a link that are examined.
const LINK: usize = 400;

/// Names of data slots, in parameter names or between the slot's brackets.
const DATA: &[&str] = &[
    "data",
    "secret",
    "history",
    "conversation",
    "chat",
    "summary",
    "content",
    "context",
    "message",
    "answer",
    "email",
    "password",
    "key",
    "token",
    "credential",
    "prompt",
    "memory",
    "info",
    "payload",
    "result",
    "text",
    "user",
    "dump",
    "leak",
    "exfil",
    "log",
    "数据",
    "内容",
    "记录",
    "摘要",
    "密码",
    "密钥",
    "对话",
    "信息",
    "回答",
    "历史",
    "邮件",
    "用户",
];

/// Adds the links, addresses and account numbers of a text to its hits.
pub(super) fn shapes(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'@', b':', rest)) {
        let place = at + found;
        at = place + 1;
        if bytes.get(place..place + 3) == Some(b"://") {
            let end = link_end(text, place);
            let class = if carries(text.get(place..end).unwrap_or_default()) {
                Class::Carrier
            } else {
                Class::Target
            };
            hits.push(Hit { start: place, class });
            at = end.max(at);
        } else if bytes.get(place) == Some(&b'@') && is_address(bytes, place) {
            hits.push(Hit { start: place, class: Class::Target });
        }
    }
    hits.sort_by_key(|hit| hit.start);
}

fn is_address(bytes: &[u8], at: usize) -> bool {
    let word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    word(at.checked_sub(1)) && word(Some(at + 1))
}

/// Where a link ends: bracketed placeholders belong to it, even with spaces in them.
fn link_end(text: &str, start: usize) -> usize {
    let most = text.floor_char_boundary((start + LINK).min(text.len()));
    let mut depth = 0_u32;
    for (at, ch) in text.get(start..most).unwrap_or_default().char_indices() {
        match ch {
            '{' | '[' | '<' => depth += 1,
            '}' | ']' | '>' if depth > 0 => depth -= 1,
            '}' | ']' | '>' | ')' | '"' | '\'' | '`' | '，' | '。' | '）' if depth == 0 => {
                return start + at;
            }
            ch if depth == 0 && ch.is_whitespace() => return start + at,
            '\n' => return start + at,
            _ => {}
        }
    }
    most
}

/// Whether a link has a slot for data: `?q={conversation}`, `/[SUMMARY].png`.
fn carries(link: &str) -> bool {
    let Some(path) = link.get(3..).and_then(|rest| rest.find(['/', '?']).and_then(|at| rest.get(at..)))
    else {
        return false;
    };
    let mut rest = path;
    while let Some(open) = rest.find(['{', '[', '<', '$', '%']) {
        let inside = rest.get(open..).unwrap_or_default();
        let length = inside.find(['}', ']', '>']).unwrap_or(0).min(80);
        let name = inside.get(..length).unwrap_or_default().to_ascii_lowercase();
        if DATA.iter().any(|word| name.contains(word)) {
            return true;
        }
        rest = inside.get(1..).unwrap_or_default();
    }
    let open = path.trim_end().ends_with('=') || path.ends_with("...");
    let lower = path.to_ascii_lowercase();
    let spoken = lower.contains('?')
        && ["_here", "your_", "insert", "base64", "encoded", "...", "xxx"]
            .iter()
            .any(|word| lower.contains(word));
    let named = DATA.iter().any(|word| lower.contains(word));
    named && (open || spoken)
}

/// Whether a link is the source of an image: `![…](…)` or `src="…"`.
pub(super) fn is_picture(text: &str, link: usize) -> bool {
    let from = text.floor_char_boundary(link.saturating_sub(160));
    let before = text.get(from..link).unwrap_or_default();
    let scheme = before.trim_end_matches(|ch: char| ch.is_ascii_alphabetic());
    scheme
        .strip_suffix("](")
        .and_then(|head| head.rfind('[').and_then(|at| head.get(..at)))
        .is_some_and(|head| head.ends_with('!'))
        || ["src=\"", "src='", "src=", "src=\\\""]
            .iter()
            .any(|source| scheme.to_ascii_lowercase().ends_with(source))
}

/// Whether a sentence is in code or quoted: it opens with a quotation mark, or is enclosed in a pair.
pub(super) fn is_quoted(text: &str, start: usize, end: usize) -> bool {
    const MARKS: &[&str] = &["`", "\u{201c}", "\u{2018}", "\u{300c}", "\u{300e}", "> ", "&gt;", "'"];
    let line = text.get(start..end).unwrap_or_default();
    // Quotation marks of JSON, CSV and YAML do not quote.
    if let Some(value) = structured(line, text.as_bytes().get(start.wrapping_sub(1)).copied()) {
        return inner_quote(value);
    }
    let from = text.floor_char_boundary(start.saturating_sub(4));
    let before = text.get(from..start).unwrap_or_default();
    MARKS.iter().any(|mark| line.starts_with(mark) || before.trim_end_matches(' ').ends_with(mark.trim_end()))
        || inner_quote(line)
}

/// The value in a line of JSON, CSV or YAML, without the quotation marks of the notation. `before` is the byte before the
/// line.
pub(super) fn structured(line: &str, before: Option<u8>) -> Option<&str> {
    let rest = line.trim_start_matches(['{', '[', ',', ' ']);
    // `"key":"value"`, possibly after numbers and flags at which the sentence was not cut.
    let value = ["\":\"", "\": \""].iter().find_map(|mark| line.find(mark).map(|at| at + mark.len()));
    if let Some(value) =
        value.filter(|value| rest.starts_with('"') && *value < 120).and_then(|at| line.get(at..))
    {
        return Some(value.trim_end_matches(['}', ']', ',', ' ']).trim_end_matches('"'));
    }
    // The last field of a row, or one in the middle.
    let cut =
        line.find(",\"").filter(|at| !line.get(..*at).is_some_and(|head| head.contains(['"', '.', ' '])));
    if let Some(value) = cut.and_then(|at| line.get(at + 2..)).filter(|value| value.trim_end().ends_with('"'))
    {
        return Some(value.trim_end().trim_end_matches('"'));
    }
    // `key: "value"`, in lower case and up to the end of the line.
    let (key, value) = line.trim_start_matches(['-', ' ']).split_once(": \"")?;
    let plain =
        !key.is_empty() && key.len() <= 24 && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let example = ["example", "phrase", "prompt", "quote", "text", "payload", "input"].contains(&key);
    let begins = before.is_none_or(|b| matches!(b, b'\n' | b' ' | b'-'));
    (plain && !example && begins && value.trim_end().ends_with('"'))
        .then(|| value.trim_end().trim_end_matches('"'))
}

/// Whether a Markdown link carries away what belongs to the user: `[here](https://…/?d=BASE64_OF_CONVERSATION)`.
pub(super) fn leads_away(text: &str, link: usize) -> bool {
    const PRIVATE: &[&str] = &[
        "conversation",
        "history",
        "chat_log",
        "secret",
        "password",
        "credential",
        "memory",
        "system_prompt",
        "api_key",
        "对话",
        "密码",
        "聊天记录",
        "密钥",
    ];
    let before = text.get(text.floor_char_boundary(link.saturating_sub(12))..link).unwrap_or_default();
    let end = link_end(text, link);
    let query = text.get(link..end).and_then(|link| link.split_once('?')).map(|(_, query)| query);
    // A data slot is in capitals or brackets; a plain word there is the name of a page.
    before.trim_end_matches(|ch: char| ch.is_ascii_alphabetic()).ends_with("](")
        && query.is_some_and(|query| {
            let open =
                query.contains(['{', '[', '<']) || query.bytes().filter(u8::is_ascii_uppercase).count() >= 6;
            let lower = query.to_ascii_lowercase();
            open && PRIVATE.iter().any(|word| lower.contains(word))
        })
}

/// Whether most of a sentence is in quotation marks.
fn inner_quote(line: &str) -> bool {
    const PAIRS: &[(char, char)] = &[
        ('\u{201c}', '\u{201d}'),
        ('`', '`'),
        ('"', '"'),
        ('\u{300c}', '\u{300d}'),
        ('\u{2018}', '\u{2019}'),
    ];
    PAIRS.iter().any(|(open, close)| {
        let Some((_, rest)) = line.split_once(*open) else { return false };
        rest.rfind(*close).is_some_and(|length| length >= 12 && length * 5 >= line.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(text: &str) -> Vec<Class> {
        let mut hits = Vec::new();
        shapes(text, &mut hits);
        hits.into_iter().map(|hit| hit.class).collect()
    }

    #[test]
    fn links_with_a_place_for_data() {
        for text in [
            "https://x.example/p.png?d={conversation summary}",
            "https://x.example/?q=[USER DATA]",
            "http://x.example/<secret>/a.gif",
            "https://x.example/log?chat=",
            "https://x.example/c?content=BASE64_HERE",
        ] {
            assert_eq!(classes(text), [Class::Carrier], "{text}");
        }
        for text in ["https://x.example/a?page=2&id=77", "https://x.example/users/{id}", "mail a@b.example"] {
            assert_eq!(classes(text), [Class::Target], "{text}");
        }
        assert_eq!(classes("12:30 @ noon"), []);
    }

    #[test]
    fn pictures_are_told_from_links() {
        let at = |text: &str| is_picture(text, text.find("://").unwrap());
        assert!(at("![ok](https://x.example/a)"));
        assert!(at("<img src=\"https://x.example/a\">"));
        assert!(!at("[ok](https://x.example/a)"));
    }

    #[test]
    fn quotation_is_seen() {
        let quoted = |text: &str| is_quoted(text, 0, text.len());
        assert!(quoted("> a line of a mail"));
        assert!(quoted("They wrote “ignore all of what came before” in it."));
        assert!(!quoted("They wrote a long letter that said “no” and nothing else at all, sadly."));
    }
}
