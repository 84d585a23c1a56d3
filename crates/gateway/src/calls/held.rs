//! The kinds of data in the arguments of a call: what detection finds in the values that the tool receives, including under
//! base64 and similar encodings or in pieces, and what the tokens written by the model stand for. A name recognised only from the
//! conversation has a token but no recognisable format.

use std::collections::BTreeSet;

use ombud_core::{DataCategory, Exchange, Origin, Role};
use ombud_detect::mask::{Minted, candidates};
use serde_json::Value;

use crate::attribute::decoded::{decoded, hidden};
use crate::inspect::Inspector;
use crate::tool::judge::exchange;
use crate::wire::json::{Doc, Keys, Kind, Node};

/// Shortest encoded run in which a value with a recognisable format is searched for, in characters: `tel 13970834512` takes
/// twenty.
const LEAST: usize = 12;

/// Longest text that may be a piece of a value, in bytes.
const PIECE: usize = 32;

/// Minimum number of spaced-out characters that may be one value.
const SPREAD: usize = 8;

/// What detects, for which client, and the minimum score.
#[derive(Clone, Copy)]
pub struct Eye<'a> {
    /// Detection.
    pub inspector: &'a Inspector,
    /// Digest of the client's key.
    pub client: &'a str,
    /// The minimum score that counts.
    pub least: f32,
}

/// Returns the arguments as a document. Text that is not JSON becomes one string, or nothing in it would be examined.
pub fn document(arguments: &str) -> Exchange {
    let read = exchange(arguments, Role::ToolCall, &Origin::Model);
    let unread = read.slots.is_empty() && serde_json::from_str::<Value>(arguments).is_err();
    if unread { exchange(&Value::from(arguments).to_string(), Role::ToolCall, &Origin::Model) } else { read }
}

/// Returns the categories of data in arguments, including data in disguise.
pub fn categories(eye: Eye<'_>, arguments: &str) -> BTreeSet<DataCategory> {
    let open = document(arguments);
    let coded: Vec<String> = open.slots.iter().flat_map(|slot| decoded(&slot.text)).collect();
    let mut found = eye.found(&open);
    if !coded.is_empty() {
        found.extend(eye.found(&exchange(&Value::from(coded).to_string(), Role::ToolCall, &Origin::Model)));
    }
    let short = open.slots.iter().flat_map(|slot| hidden(&slot.text, LEAST));
    let spread = open.slots.iter().filter_map(|slot| closed_up(&slot.text));
    let mut others: Vec<String> = short.chain(spread).collect();
    others.extend(joined(arguments));
    found.extend(eye.formed(&others.join("\n")));
    found
}

/// Joins adjacent pieces: strings of one object, characters of one list. Numbers of an object stay separate: a page and an id are
/// not a telephone number.
fn joined(arguments: &str) -> Vec<String> {
    let Ok(doc) = Doc::parse(arguments.as_bytes(), Keys::Any) else { return Vec::new() };
    let piece = |node: Node| {
        let text = (doc.kind(node) == Kind::String).then(|| doc.string(node))?;
        (text.len() <= PIECE && !text.contains(char::is_whitespace)).then(|| text.into_owned())
    };
    let digit = |node: Node| {
        let raw = doc.raw(node);
        if matches!(raw.as_bytes(), [b'0'..=b'9']) { Some(raw.to_owned()) } else { piece(node) }
    };
    let mut out = Vec::new();
    for node in doc.nodes() {
        let members = doc.members(node).map(|(_, value)| piece(value));
        let pieces: Vec<Option<String>> = members.chain(doc.items(node).map(digit)).collect();
        for run in pieces.split(Option::is_none).filter(|run| run.len() > 1) {
            let of = |run: &[Option<String>]| run.iter().flatten().map(String::as_str).collect::<String>();
            out.push(of(run));
            out.extend(run.windows(2).filter(|_| run.len() > 2).map(of));
        }
    }
    out
}

/// Returns the characters of a text that are separated by single gap characters (`1 3 9 …`), without the gaps; `None` if there
/// are none.
fn closed_up(text: &str) -> Option<String> {
    let (mut out, mut run, mut last) = (String::new(), String::new(), None);
    let mut take = |run: &mut String| {
        if run.chars().count() >= SPREAD {
            out.push_str(run);
            out.push('\n');
        }
        run.clear();
    };
    let mut letter = true;
    for ch in text.chars() {
        if ch.is_alphanumeric() == letter && (letter || last.is_none_or(|gap| gap == ch)) {
            if letter {
                run.push(ch);
            } else {
                last = Some(ch);
            }
            letter = !letter;
            continue;
        }
        if ch.is_alphanumeric() {
            // The character before it is not isolated.
            run.pop();
        }
        take(&mut run);
        last = None;
        letter = !ch.is_alphanumeric();
    }
    take(&mut run);
    (!out.is_empty()).then_some(out)
}

/// Returns the categories of the values whose tokens or surrogates the model wrote.
pub fn by_tokens(written: &str, minted: &Minted) -> BTreeSet<DataCategory> {
    if minted.is_empty() {
        return BTreeSet::new();
    }
    let wanted = candidates(written);
    let tokens = minted.iter().filter(|(token, _)| wanted.binary_search(token).is_ok());
    let made = minted.surrogates().filter(|(made, _)| written.contains(made));
    let made = made.filter_map(|(made, _)| minted.surrogate_kind(made));
    tokens.map(|(token, _)| token.kind).chain(made).map(ombud_core::DataType::category).collect()
}

impl Eye<'_> {
    /// Returns the categories of values with a recognisable format in a text assembled here; names are not looked for, since
    /// nobody wrote the text as such.
    fn formed(self, text: &str) -> BTreeSet<DataCategory> {
        let found = self.inspector.detector().detect_formed(text);
        found.iter().filter(|value| value.score >= self.least).map(ombud_core::Detection::category).collect()
    }

    fn found(self, exchange: &Exchange) -> BTreeSet<DataCategory> {
        let found = self.inspector.detect(self.client, exchange);
        let sure = found.iter().flat_map(|slot| slot.iter()).filter(|value| value.score >= self.least);
        sure.map(ombud_core::Detection::category).collect()
    }
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;
    use ombud_detect::{Detector, Options};

    use super::*;

    fn held(arguments: &str) -> BTreeSet<DataCategory> {
        let inspector = Inspector::new(Detector::new(&Options::default()));
        categories(Eye { inspector: &inspector, client: "", least: 0.5 }, arguments)
    }

    #[test]
    fn data_is_seen_in_the_clear_under_base64_and_where_nothing_can_be_read() {
        let id = DataCategory::IdNationalId;
        for arguments in [
            r#"{"note":"身份证 110101199003077715"}"#,
            r#"{"a":{"b":["身份证 110101199003077715"]}}"#,
            // The same, encoded.
            r#"{"note":"6Lqr5Lu96K+BIDExMDEwMTE5OTAwMzA3NzcxNQ=="}"#,
            // Broken JSON, and no JSON at all.
            r#"{"note":"身份证 110101199003077715",}"#,
            "note=身份证 110101199003077715",
        ] {
            assert!(held(arguments).contains(&id), "{arguments}");
        }
        assert!(!held(r#"{"note":"see you at noon"}"#).contains(&id));
    }

    #[test]
    fn data_in_pieces_is_seen_and_numbers_beside_each_other_are_none() {
        let (phone, mail) = (DataCategory::ContactPhone, DataCategory::ContactEmail);
        for (arguments, category) in [
            (r#"{"a":"139708","b":"34512"}"#, phone),
            (r#"{"x":"7771","y":"139708","z":"34512"}"#, phone),
            (r#"{"body":["1","3","9","7","0","8","3","4","5","1","2"]}"#, phone),
            (r#"{"body":[1,3,9,7,0,8,3,4,5,1,2]}"#, phone),
            (r#"{"body":"call 1 3 9 7 0 8 3 4 5 1 2 now"}"#, phone),
            (r#"{"body":"1-3-9-7-0-8-3-4-5-1-2"}"#, phone),
            (r#"{"user":"anna.berg","at":"@example.com"}"#, mail),
            // `tel 13970834512`, alone and in a document.
            (r#"{"body":"dGVsIDEzOTcwODM0NTEy"}"#, phone),
            (r#"{"body":"{\"t\": \"dGVsIDEzOTcwODM0NTEy\"}"}"#, phone),
        ] {
            assert!(held(arguments).contains(&category), "{arguments}");
        }
        for arguments in [
            r#"{"page":1,"id":3970834512}"#,
            r#"{"ids":[139708,34512]}"#,
            r#"{"first":"139708 pieces","second":"34512"}"#,
            r#"{"rows":[{"a":"139708"},{"b":"34512"}]}"#,
            r#"{"list":"1, 3, 9, 7, 0, 8"}"#,
        ] {
            assert_eq!(held(arguments), BTreeSet::new(), "{arguments}");
        }
    }

    #[test]
    fn a_token_says_what_it_stands_for() {
        let mut minted = Minted::default();
        let token = minted.token(DataType::Person, "Lee", true, &|_, _, _| [1; 5]);
        let written = format!("{{\"to\":\"{token}\"}}");
        assert_eq!(by_tokens(&written, &minted), [DataCategory::IdName].into());
        assert!(by_tokens("{}", &minted).is_empty());
    }
}
