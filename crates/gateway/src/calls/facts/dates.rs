//! Dates and times of day, which are nobody's address and occur in many texts.

/// Whether a value starts with a calendar date, `2026-11-30` or `2026/11/30`, and adds at most a time of day. A telephone number
/// may be grouped in the same way, but its groups are no month and day.
pub(super) fn is_date(value: &str) -> bool {
    let value = value.trim();
    let number = |part: Option<&str>, most: u32| {
        part.filter(|part| part.len() == 2)
            .and_then(|part| part.parse().ok())
            .is_some_and(|part| (1..=most).contains(&part))
    };
    let (day, time) = value.split_once(['T', ' ']).unwrap_or((value, ""));
    let mut parts = day.split(['-', '/']);
    let year = parts
        .next()
        .is_some_and(|year| year.len() == 4 && (year.starts_with("19") || year.starts_with("20")));
    year && number(parts.next(), 12)
        && number(parts.next(), 31)
        && parts.next().is_none()
        && time.chars().all(|ch| ch.is_ascii_digit() || matches!(ch, ':' | '.' | '+' | '-' | 'Z'))
}

/// Whether a text is a date or a time of day, which occur in many texts.
pub(super) fn is_time(text: &str) -> bool {
    let part = |ch: char| {
        ch.is_ascii_digit() || matches!(ch, '-' | ':' | '/' | ' ' | 't' | 'z' | '.' | '年' | '月' | '日')
    };
    text.contains(['-', ':', '/', '年', '月']) && text.chars().all(part)
}
