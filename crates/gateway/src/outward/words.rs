//! What replaces an image or link. It contains no markup taken from the response, and nothing that ends a JSON string.

use ombud_core::gate::{Fetched, LinkDecision};
use ombud_core::{Lang, say};

use super::scan::{Form, Found};
use super::target::Target;

/// Maximum length of an image's alt text that is kept, in characters.
const MOST_WORDS: usize = 200;

/// The replacement; `None` if the original stays.
pub fn instead(found: &Found<'_>, target: &Target, decision: LinkDecision, lang: Lang) -> Option<String> {
    let taken = match decision {
        LinkDecision::Keep | LinkDecision::Note(_) => return None,
        LinkDecision::Show(doubt) => doubt.is_data(),
        LinkDecision::Remove(_) => true,
    };
    let note = note(found.fetched, taken, &plain(&target.host), lang);
    if taken {
        return Some(match found.form {
            Form::Image(words) => format!("{} {note}", plain(words)).trim().to_owned(),
            Form::Link(_) | Form::Definition => format!(" {note}"),
            Form::Bare | Form::Tag(_) => note,
        });
    }
    shown(found, target, &note)
}

/// Names the host next to what the reader may follow.
fn shown(found: &Found<'_>, target: &Target, note: &str) -> Option<String> {
    let address = address(&target.url);
    match found.form {
        Form::Image(words) if plain(words).is_empty() => Some(format!("[{note}]({address})")),
        Form::Image(words) => Some(format!("[{} {note}]({address})", plain(words))),
        Form::Link(words) if says(words, &target.host) => None,
        Form::Link(_) if found.fetched == Fetched::ByItself => Some(format!(" [{note}]({address})")),
        Form::Link(_) => Some(format!("{} {note}", found.raw)),
        // A reader sees the host of an address or a definition, unless an image uses it.
        Form::Definition | Form::Bare if found.fetched == Fetched::ByReader => None,
        Form::Definition => Some(format!(" {note}")),
        Form::Bare => Some(note.to_owned()),
        Form::Tag(name) if name.eq_ignore_ascii_case("a") => Some(format!("{note} {}", found.raw)),
        Form::Tag(_) => Some(format!("[{note}]({address})")),
    }
}

/// Replaces the operator's prompt.
pub fn left_out(lang: Lang) -> String {
    say!(lang, en: "(left out: how this assistant is set up)", zh: "（此处略去该助手的内部设定）")
}

/// The note beside it, with the host as code so that nothing turns it into a link.
fn note(fetched: Fetched, taken: bool, host: &str, lang: Lang) -> String {
    match (fetched, taken) {
        (Fetched::ByItself, false) => {
            say!(lang, en: "(not loaded: image from `{host}`)", zh: "（未加载来自 `{host}` 的图片）")
        }
        (Fetched::ByItself, true) => {
            say!(lang, en: "(removed: image from `{host}`)", zh: "（已去掉来自 `{host}` 的图片）")
        }
        (Fetched::ByReader, false) => say!(lang, en: "(leads to `{host}`)", zh: "（链接指向 `{host}`）"),
        (Fetched::ByReader, true) => {
            say!(lang, en: "(removed: link to `{host}`)", zh: "（已去掉指向 `{host}` 的链接）")
        }
    }
}

/// Text without anything that could be markup.
fn plain(words: &str) -> String {
    let markup = |ch: char| {
        ch.is_control()
            || matches!(ch, '[' | ']' | '(' | ')' | '!' | '<' | '>' | '`' | '"' | '\\' | '&' | '{' | '}')
    };
    let words: String = words.chars().map(|ch| if markup(ch) { ' ' } else { ch }).take(MOST_WORDS).collect();
    words
        .split_whitespace()
        .filter(|word| !word.contains("://") && !word.contains("www."))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether the text of a link contains its host as a whole name.
fn says(words: &str, host: &str) -> bool {
    let words = words.to_lowercase();
    let at = words.find(host);
    at.is_some_and(|at| {
        let letter = |ch: char| ch.is_alphanumeric() || matches!(ch, '-' | '.' | '@');
        let before = words.get(..at).unwrap_or_default().trim_end_matches("www.");
        let after = words.get(at + host.len()..).unwrap_or_default();
        !before.ends_with(letter) && !after.starts_with(letter)
    })
}

/// An address with everything escaped that could end a link or a JSON string.
fn address(url: &str) -> String {
    url.replace('(', "%28")
        .replace(')', "%29")
        .replace('"', "%22")
        .replace('\\', "%5C")
        .replace(['<', '>', ' '], "%20")
}
