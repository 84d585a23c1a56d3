//! Encodings in which a value may have been hidden when it left.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use unicode_normalization::UnicodeNormalization as _;

/// Undoes percent-encoding; invalid sequences are kept as they are.
pub fn percent(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let value = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(value.unwrap_or(*byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether a text holds a value: as it is, percent-encoded, in base64, in hexadecimal, in compatibility characters, with
/// invisible characters, spread out by separators, or under two layers of encoding.
pub fn holds(text: &str, value: &str) -> bool {
    let wanted = plain(value);
    if wanted.is_empty() {
        return false;
    }
    let mut texts = vec![text.to_owned()];
    for _ in 0..2 {
        let deeper: Vec<String> = texts.iter().flat_map(|text| decoded(text)).collect();
        texts.extend(deeper);
    }
    texts.iter().any(|text| {
        let text = plain(text);
        text.contains(&wanted)
            || (wanted.len() >= 6 && packed(&text).contains(&packed(&wanted)) && packed(&wanted).len() >= 6)
    })
}

/// Maps compatibility characters to ordinary ones, lower-cases the text and drops invisible characters.
fn plain(text: &str) -> String {
    let hidden =
        |ch: &char| matches!(ch, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}');
    text.nfkc().filter(|ch| !hidden(ch)).flat_map(char::to_lowercase).collect()
}

/// Keeps letters and digits only.
fn packed(text: &str) -> String {
    text.chars().filter(|ch| ch.is_alphanumeric()).collect()
}

fn decoded(text: &str) -> Vec<String> {
    let mut found = vec![percent(text)];
    let words = text.split(|ch: char| !(ch.is_ascii_alphanumeric() || matches!(ch, '+' | '/' | '-' | '_')));
    for word in words.filter(|word| word.len() >= 8) {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            if let Ok(Ok(text)) = engine.decode(word).map(String::from_utf8) {
                found.push(text);
            }
        }
        if word.len() % 2 == 0 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let bytes: Option<Vec<u8>> = (0..word.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(word.get(at..at + 2)?, 16).ok())
                .collect();
            found.extend(bytes.and_then(|bytes| String::from_utf8(bytes).ok()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_every_form() {
        let value = "QX-7K2M-94TD";
        let base64 = base64::engine::general_purpose::STANDARD.encode(format!("code {value}!"));
        let hex = value.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        for text in [
            value.to_owned(),
            "qx-7k2m-94td".into(),
            format!("https://a.example/?d={base64}"),
            hex,
            "ＱＸ－７Ｋ２Ｍ－９４ＴＤ".into(),
            "Q\u{200b}X-7K2M-94TD".into(),
            "Q X 7 K 2 M 9 4 T D".into(),
            "%51X-7K2M-94TD".into(),
        ] {
            assert!(holds(&text, value), "{text}");
        }
        for text in ["", "QX-7K2M-94T", "a sentence about codes", "https://a.example/?d=cXg="] {
            assert!(!holds(text, value), "{text}");
        }
        assert!(!holds("anything", ""));
    }
}
