//! Decoders for encoded text: each finds its own runs in one linear pass.

mod base64;
mod escapes;
mod hex;
mod invisible;
mod letters;

use super::view::View;

pub(super) use escapes::reference;
pub(super) use invisible::Smuggled;

/// Minimum length of decoded text, in bytes; anything shorter is not meaningful.
const LEAST: usize = 12;

/// Text hidden in invisible characters of a text that is not normalised yet.
pub(super) fn invisible(view: &View<'_>, found: &mut Vec<Smuggled>) {
    invisible::find(view, found);
}

/// Encoded text in a normalised text.
pub(super) fn encoded(view: &View<'_>, out: &mut Vec<View<'static>>) {
    base64::find(view, out);
    hex::find(view, out);
    escapes::find(view, out);
    letters::find(view, out);
}

/// The decoded bytes as text, if they are text: UTF-8 without control characters.
fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() >= LEAST)?;
    let odd = |ch: char| (ch.is_control() && !matches!(ch, '\n' | '\r' | '\t')) || ch == '\u{fffd}';
    (!text.chars().any(odd)).then_some(text)
}

/// The result of a decoder, for its tests.
#[cfg(test)]
fn decoded(find: fn(&View<'_>, &mut Vec<View<'static>>), text: &str) -> Vec<String> {
    let mut out = Vec::new();
    find(&View::of(text), &mut out);
    out.into_iter().map(|view| view.text.into_owned()).collect()
}
