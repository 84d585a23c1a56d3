//! Secrets in what a server sends encoded: a file as a `blob`, a picture that is none, base64 in the middle of a text. A model reads
//! base64, and clients decode a file of text before they show it, so it is looked into; what is taken out leaves the rest as it was.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ombud_core::exchange::escape_json;

use crate::wire::json::{Doc, Kind, Node};
use crate::wire::splice::Patch;

/// Characters of a run that may hold a secret.
const LEAST: usize = 24;

/// Layers that are taken off.
const DEPTH: usize = 3;

/// The longest run that is decoded, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// What takes the secrets out of a text; nothing where there are none.
pub(super) type Look<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

/// Replacements for the strings below a node that hold secrets under base64.
pub(super) fn opened(doc: &Doc<'_>, root: Node, look: Look<'_>) -> Vec<Patch> {
    let (mut patches, end) = (Vec::new(), doc.after(root));
    for node in doc.nodes().skip_while(|node| *node < root).take_while(|node| *node < end) {
        if doc.kind(node) == Kind::String && doc.span(node).len() >= LEAST {
            let without = inside(&doc.string(node), DEPTH, look);
            patches.extend(
                without.map(|text| Patch { range: doc.span(node), with: escape_json(&text).into_owned() }),
            );
        }
    }
    patches
}

/// The text without the secrets that its runs of base64 hold; nothing if they hold none.
fn inside(text: &str, depth: usize, look: Look<'_>) -> Option<String> {
    let (mut out, mut last, mut changed) = (String::new(), 0, false);
    for (start, run) in runs(text) {
        let Some(without) = without(run, depth, look) else { continue };
        out.push_str(text.get(last..start).unwrap_or_default());
        out.push_str(&without);
        (last, changed) = (start + run.len(), true);
    }
    out.push_str(text.get(last..).unwrap_or_default());
    changed.then_some(out)
}

/// A run without its secrets, encoded again.
fn without(run: &str, depth: usize, look: Look<'_>) -> Option<String> {
    // Lines of a file, as mail and certificates wrap them.
    let whole: String = run.chars().filter(|ch| !ch.is_ascii_whitespace()).collect();
    if whole.len() > LONGEST {
        return None;
    }
    let engines: [&GeneralPurpose; 4] = [&STANDARD, &URL_SAFE, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD];
    let decoded = engines.iter().find_map(|engine| {
        let text = String::from_utf8(engine.decode(&whole).ok()?).ok()?;
        Some((engine, text))
    });
    let (engine, text) = decoded?;
    let deeper = if depth > 1 { inside(&text, depth - 1, look) } else { None };
    let open = look(deeper.as_deref().unwrap_or(&text));
    open.or(deeper).map(|text| engine.encode(text))
}

/// Runs of letters that may be base64, with their places. One that goes on behind the end of a line is one run.
fn runs(text: &str) -> Vec<(usize, &str)> {
    let is_in = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '+' | '/' | '-' | '_' | '=');
    let part = |ch: char| is_in(ch) || matches!(ch, '\n' | '\r');
    let mut found = Vec::new();
    let mut from = 0;
    for piece in text.split_inclusive(|ch: char| !part(ch)) {
        let run = piece.trim_end_matches(|ch: char| !is_in(ch));
        let begun = run.trim_start_matches(|ch: char| !is_in(ch));
        let start = from + (run.len() - begun.len());
        if begun.len() >= LEAST {
            // Words on lines of their own are no lines of one file.
            let lines = begun.split_ascii_whitespace().filter(|line| line.len() >= LEAST).count();
            if lines > 1 || !begun.contains(['\n', '\r']) {
                found.push((start, begun));
            } else {
                let mut at = start;
                for line in begun.split_inclusive(['\n', '\r']) {
                    let own = line.trim_end();
                    found.extend((own.len() >= LEAST).then_some((at, own)));
                    at += line.len();
                }
            }
        }
        from += piece.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn without_secret(text: &str) -> Option<String> {
        let mut look = |text: &str| text.contains("SECRET").then(|| text.replace("SECRET", "***"));
        inside(text, DEPTH, &mut look)
    }

    #[test]
    fn what_is_encoded_loses_its_secrets_and_nothing_else() {
        let file = "HOST=db.internal\nPASSWORD=SECRET\nPORT=5432\n";
        let coded = STANDARD.encode(file);
        let clean = STANDARD.encode(file.replace("SECRET", "***"));
        assert_eq!(without_secret(&coded), Some(clean.clone()));
        assert_eq!(without_secret(&format!("see {coded}, please")), Some(format!("see {clean}, please")));
        let wrapped = format!("{}\n{}", coded.get(..36).unwrap(), coded.get(36..).unwrap());
        assert_eq!(without_secret(&wrapped), Some(clean.clone()));
        assert_eq!(without_secret(&STANDARD.encode(&coded)), Some(STANDARD.encode(&clean)));
        for url in [URL_SAFE.encode(file), STANDARD_NO_PAD.encode(file), URL_SAFE_NO_PAD.encode(file)] {
            assert!(without_secret(&url).is_some(), "{url}");
        }
        for text in [
            "SECRET in the open is for others to find",
            &STANDARD.encode("nothing of the kind stands in here"),
            &STANDARD
                .encode([0xff_u8, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1, 1, 1, 0, 96, 0, 96, 0, 0]),
            "",
        ] {
            assert_eq!(without_secret(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_safe_and_stays_as_it_is(text in "[A-Za-z0-9+/=_\\-\r\n é。]{0,200}") {
            prop_assert_eq!(inside(&text, DEPTH, &mut |_| None), None);
            let same = |text: &str| Some(text.to_owned());
            let mut look = same;
            let _ = inside(&text, DEPTH, &mut look);
        }
    }
}
