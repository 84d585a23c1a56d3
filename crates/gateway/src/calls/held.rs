//! What kinds of data the arguments of a call hold: what detection finds in them as the tool gets them, also under base64 and the
//! like, and what the tokens stand for that the model wrote. A name that only the conversation makes one has a token and no form.

use std::collections::BTreeSet;

use ombud_core::{DataCategory, Exchange, Origin, Role};
use ombud_detect::mask::{Minted, candidates};
use serde_json::Value;

use crate::attribute::decoded::decoded;
use crate::inspect::Inspector;
use crate::tool::judge::exchange;

/// Who looks, for whom, and how sure a finding must be.
#[derive(Clone, Copy)]
pub struct Eye<'a> {
    /// Detection.
    pub inspector: &'a Inspector,
    /// Digest of the client's key.
    pub client: &'a str,
    /// The least score that counts.
    pub least: f32,
}

/// The arguments as a document. What is no JSON is one text, or nothing in it would be looked at.
pub fn document(arguments: &str) -> Exchange {
    let read = exchange(arguments, Role::ToolCall, &Origin::Model);
    let unread = read.slots.is_empty() && serde_json::from_str::<Value>(arguments).is_err();
    if unread { exchange(&Value::from(arguments).to_string(), Role::ToolCall, &Origin::Model) } else { read }
}

/// The categories of data in arguments, with those that stand there in disguise.
pub fn categories(eye: Eye<'_>, arguments: &str) -> BTreeSet<DataCategory> {
    let open = document(arguments);
    let hidden: Vec<String> = open.slots.iter().flat_map(|slot| decoded(&slot.text)).collect();
    let mut found = eye.found(&open);
    if !hidden.is_empty() {
        found.extend(eye.found(&exchange(&Value::from(hidden).to_string(), Role::ToolCall, &Origin::Model)));
    }
    found
}

/// The categories of the values whose tokens or surrogates the model wrote.
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
    fn a_token_says_what_it_stands_for() {
        let mut minted = Minted::default();
        let token = minted.token(DataType::Person, "Lee", true, &|_, _, _| [1; 5]);
        let written = format!("{{\"to\":\"{token}\"}}");
        assert_eq!(by_tokens(&written, &minted), [DataCategory::IdName].into());
        assert!(by_tokens("{}", &minted).is_empty());
    }
}
