//! Machine-generated values, judged by their characters alone. Not a recogniser: those for secrets consult it once a name
//! or a label has given them a reason to.

/// How certain it is that nobody chose or spelled a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Made {
    /// A word, a number, a name, a placeholder.
    No,
    /// Possibly machine-generated: short, or without digits.
    Perhaps,
    /// Hyphenated groups of 8, 4, 4, 4 and 12: as often an identifier as a secret.
    Uuid,
    /// Nobody would choose it.
    Surely,
}

/// Judges a value.
pub(super) fn made(value: &str) -> Made {
    let made = if is_uuid(value) { Made::Uuid } else { by_characters(value) };
    // Few values get this far, and looking for many words costs more than counting characters.
    if made == Made::No || stands_for_a_value(value) { Made::No } else { made }
}

fn by_characters(value: &str) -> Made {
    let longest = longest_piece(value);
    let count = |text: &str, test: fn(&u8) -> bool| text.bytes().filter(test).count();
    let (digits, letters) = (count(longest, u8::is_ascii_digit), count(longest, u8::is_ascii_alphabetic));
    let (all_digits, all_letters) = (count(value, u8::is_ascii_digit), count(value, u8::is_ascii_alphabetic));
    let spelled = is_spelled(longest);
    let irregular =
        value.split(|ch: char| !ch.is_ascii_alphanumeric()).filter(|piece| is_irregular(piece)).count();
    match longest.len() {
        _ if irregular >= 2 && all_digits >= 3 && all_digits + all_letters >= 28 => Made::Surely,
        16.. if digits >= 2 && letters >= 2 => Made::Surely,
        28.. if digits == longest.len() => Made::Surely,
        20.. if letters == longest.len() && !spelled || letters >= 32 && !is_camel(longest) => Made::Surely,
        10.. if digits >= 1 && letters >= 1 => Made::Perhaps,
        16.. if digits == longest.len() || !spelled => Made::Perhaps,
        _ if all_digits >= 6 && all_letters >= 4 && all_digits + all_letters >= 20 => Made::Perhaps,
        _ if is_grouped(value) => Made::Perhaps,
        _ if irregular >= 2 && all_digits >= 2 && all_digits + all_letters >= 16 => Made::Perhaps,
        _ => Made::No,
    }
}

/// The longest run of letters and digits.
fn longest_piece(value: &str) -> &str {
    let pieces = value.split(|ch: char| !ch.is_ascii_alphanumeric());
    pieces.max_by_key(|piece| piece.len()).unwrap_or_default()
}

/// True for a piece with digits among letters, or with a capital between lower-case letters.
fn is_irregular(piece: &str) -> bool {
    let has = |test: fn(u8) -> bool| piece.bytes().any(test);
    let humps = piece
        .as_bytes()
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    has(|b| b.is_ascii_digit()) && has(|b| b.is_ascii_alphabetic()) || humps.count() >= 1
}

/// True if the letters could be words: no five consonants in a row, where a capital after a lower-case letter starts a
/// new row.
fn is_spelled(word: &str) -> bool {
    let (mut row, mut last) = (0, b' ');
    for byte in word.bytes() {
        let hump = last.is_ascii_lowercase() && byte.is_ascii_uppercase();
        let vowel = b"aeiouyAEIOUY".contains(&byte);
        row = if vowel || !byte.is_ascii_alphabetic() { 0 } else { 1 + if hump { 0 } else { row } };
        if row >= 5 {
            return false;
        }
        last = byte;
    }
    true
}

/// True if capitals occur as in a function name: few humps, each of them a plausible word.
fn is_camel(word: &str) -> bool {
    let hump = |pair: &&[u8]| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase());
    let humps = word.as_bytes().windows(2).filter(hump).count();
    humps >= 1 && word.len() / (humps + 1) >= 4 && is_spelled(word)
}

/// Groups of 8, 4, 4, 4 and 12 letters and digits.
pub(super) fn is_uuid(value: &str) -> bool {
    let sizes: Vec<usize> = value.split('-').take(6).map(str::len).collect();
    sizes == [8, 4, 4, 4, 12]
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && value.bytes().any(|b| b.is_ascii_digit() && b != b'0')
}

/// Words used as placeholders for a value.
const STANDINS: &[&str] = &[
    "your",
    "example.",
    "-example",
    "_example",
    "example-",
    "example_",
    "changeme",
    "change_me",
    "change-me",
    "placeholder",
    "xxxx",
    "redacted",
    "insert",
    "replace",
    "goes_here",
    "goes-here",
    "todo",
    "dummy",
    "foobar",
    "****",
    "....",
    "----",
    "____",
];

/// True if a value is only a placeholder: `YOUR_API_KEY`, `xxxx`, `<token>`, `${VAR}`, one character repeated.
pub(super) fn stands_for_a_value(value: &str) -> bool {
    let shown = value.get(..value.floor_char_boundary(64)).unwrap_or_default();
    let lower = shown.to_ascii_lowercase();
    let first = value.bytes().next();
    let different = value.bytes().fold(0_u128, |seen, byte| seen | 1 << (byte & 0x7f)).count_ones();
    STANDINS.iter().any(|word| lower.contains(word))
        || matches!(first, Some(b'<' | b'{' | b'%' | b'[' | b'$'))
        || value.contains("${")
        || value.contains("{{")
        || different < 3
        || repeats(value)
}

/// Four or more groups of capitals and digits, each at least five long and all of the same length, as in licence keys.
fn is_grouped(value: &str) -> bool {
    let size = value.split('-').next().map_or(0, str::len);
    let formed = |group: &str| {
        group.len() == size && group.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    size >= 5 && value.split('-').count() >= 4 && value.split('-').all(formed)
}

/// True if a single repeated character makes up a third of the value.
fn repeats(value: &str) -> bool {
    let (mut row, mut last) = (0, 0);
    value.bytes().any(|byte| {
        row = if byte == last { row + 1 } else { 1 };
        last = byte;
        row >= 8 && row * 3 >= value.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_machines_make() {
        for value in [
            "0123456789abcdef0123456789abcdef",
            "a1B2c3D4e5F6g7H8",
            "qwrtpsdfghjklzxcvbnm",
            "1234567890123456789012345678",
            "sk_9f8e7d6c5b4a39281706",
        ] {
            assert_eq!(made(value), Made::Surely, "{value}");
        }
        assert_eq!(made("123e4567-e89b-12d3-a456-426614174000"), Made::Uuid);
        assert_eq!(made("77yg7tx91p4lag"), Made::Perhaps);
    }

    #[test]
    fn what_people_write() {
        for value in [
            "getUserAccessTokenFromStorage",
            "authentication-required",
            "internationalization",
            "maxLengthStringOfTokens",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "YOUR_API_KEY_12345678901234567890",
            "<token-0123456789abcdef0123>",
            "${SECRET_0123456789abcdef0123}",
            "2024-01-05",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(made(value), Made::No, "{value}");
        }
    }
}
