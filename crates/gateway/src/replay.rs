//! From what the log keeps of an exchange back to what can be shown of it: the slots of the request with what replaced
//! their values, and the texts of the response. Pure; the caller has decrypted the bytes.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use ombud_core::{DataType, Edge, Exchange, Slot};
use ombud_detect::mask::{Minted, Token, token};
use serde::Deserialize;

use crate::wire::Wire;

mod answer;

pub use answer::{Piece, PieceKind, answer};

/// A request as it was recorded.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its slots, parsed again from the recorded body; none if no wire could read it.
    pub exchange: Exchange,
    /// What was replaced, in the order of the slots and of their texts.
    pub replaced: Vec<Replaced>,
}

/// A value that was replaced when the request left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Index of the slot in the exchange.
    pub slot: usize,
    /// Byte range in the slot's text.
    pub span: Range<usize>,
    /// What replaced it when the request left.
    pub stands: Stands,
}

/// What replaced a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// A token.
    Token(Token),
    /// A made-up value of this type.
    Surrogate(DataType, String),
}

impl Stands {
    /// The type of the value.
    pub fn kind(&self) -> DataType {
        match self {
            Self::Token(token) => token.kind,
            Self::Surrogate(kind, _) => *kind,
        }
    }

    /// The token, if it is one.
    pub fn token(&self) -> Option<Token> {
        match self {
            Self::Token(token) => Some(*token),
            Self::Surrogate(..) => None,
        }
    }
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => token.fmt(f),
            Self::Surrogate(_, made) => f.write_str(made),
        }
    }
}

/// A recorded replacement: start and end in bytes of the original body, what was written there, and the type of a
/// surrogate.
#[derive(Debug, Clone, Deserialize)]
pub struct Row(pub usize, pub usize, pub String, #[serde(default)] pub Option<DataType>);

/// The recorded replacements; none if the list cannot be read.
pub fn rows(json: &[u8]) -> Vec<Row> {
    serde_json::from_slice(json).unwrap_or_default()
}

/// Parses a request again. `wire` is the id in its record, `patches` the second part of its payload. An unreadable body or
/// list gives a request without slots or without replacements.
pub fn request(wire: &str, body: Bytes, patches: &[u8]) -> Request {
    let exchange =
        Wire::by_id(wire).and_then(|wire| wire.parse(body.clone()).ok()).unwrap_or_else(|| unread(body));
    let replaced = rows(patches).iter().filter_map(|row| place(&exchange.slots, row)).collect();
    Request { exchange, replaced }
}

fn unread(body: Bytes) -> Exchange {
    Exchange {
        edge: Edge::Model,
        wire: "unread",
        body,
        slots: Vec::new(),
        opaque: Vec::new(),
        tools: Vec::new(),
        calls: Vec::new(),
        model: None,
        stream: false,
    }
}

impl Request {
    /// What the tokens of the request stand for. `one_way` tells which tokens are not restored in the response.
    pub fn minted(&self, one_way: &dyn Fn(&Token) -> bool) -> Minted {
        let mut minted = Minted::default();
        for replaced in &self.replaced {
            let value =
                self.exchange.slots.get(replaced.slot).and_then(|slot| slot.text.get(replaced.span.clone()));
            match (value, &replaced.stands) {
                (Some(value), Stands::Token(token)) => minted.insert(*token, value, !one_way(token)),
                (Some(value), Stands::Surrogate(kind, made)) => minted.insert_surrogate(*kind, value, made),
                (None, _) => {}
            }
        }
        minted
    }
}

/// The position of a replacement in the text of its slot.
fn place(slots: &[Slot], row: &Row) -> Option<Replaced> {
    let Row(start, end, with, kind) = row;
    // The innermost slot: a document that is a slot itself may contain further slots.
    let before = slots.partition_point(|slot| slot.span.start <= *start);
    let at = slots.get(..before)?.iter().rposition(|slot| slot.span.end >= *end)?;
    let slot = slots.get(at)?;
    let span = text_offset(slot, *start)..text_offset(slot, *end);
    slot.text.get(span.clone())?;
    let stands = if let Some(kind) = kind {
        Stands::Surrogate(*kind, with.clone())
    } else {
        let found = token::spans(with).into_iter().next()?;
        Stands::Token(token::read(with.as_bytes().get(found)?)?)
    };
    Some(Replaced { slot: at, span, stands })
}

/// The first offset of the slot's text that maps to `body` or later: the inverse of [`Slot::body_range`].
fn text_offset(slot: &Slot, body: usize) -> usize {
    let wanted = body.saturating_sub(slot.span.start);
    let (mut low, mut high) = (0, slot.text.len());
    while low < high {
        let middle = low.midpoint(high);
        if slot.map.original(middle) < wanted {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use ombud_core::{DataType, Policy};
    use ombud_detect::memory::Recalled;
    use ombud_detect::{Detector, Options};
    use proptest::prelude::*;

    use super::*;
    use crate::inspect;
    use crate::recall::Detections;
    use crate::record;

    /// What the log would keep of a body.
    fn recorded(body: &str) -> (Vec<u8>, usize) {
        let exchange = Wire::Chat.parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let detector = Detector::new(&Options::default());
        let found: Vec<Detections> =
            exchange.slots.iter().map(|slot| detector.detect(&slot.text).into()).collect();
        let key = crate::caller::MintKey::of(b"key");
        let recalled = Recalled { detections: found, kin: std::sync::Arc::default() };
        let masked = inspect::apply(&Policy::default(), &exchange, &recalled, &key, &[].into()).unwrap();
        (record::patches(&masked.patches, &masked.minted), masked.patches.len())
    }

    fn body(text: &str, number: u64) -> String {
        serde_json::json!({ "model": "m", "messages": [
            { "role": "system", "content": "be brief" },
            { "role": "user", "content": text },
            { "role": "assistant", "tool_calls": [{ "id": "c1", "type": "function", "function": {
                "name": "send_mail", "arguments": serde_json::json!({ "phone": number, "to": text }).to_string() } }] },
        ] })
        .to_string()
    }

    #[test]
    fn values_are_found_again_through_every_layer() {
        let body = body("请打 \"13912345678\"\n😀 或 wang.wei@example.com", 13_912_345_678);
        let (patches, count) = recorded(&body);
        let request = request("openai.chat", body.into(), &patches);
        assert_eq!(request.replaced.len(), count);
        let values: Vec<&str> = request
            .replaced
            .iter()
            .map(|replaced| &request.exchange.slots[replaced.slot].text[replaced.span.clone()])
            .collect();
        assert!(values.len() >= 5, "{values:?}");
        for (value, replaced) in values.iter().zip(&request.replaced) {
            let expected = if replaced.stands.kind() == DataType::Email {
                "wang.wei@example.com"
            } else {
                "13912345678"
            };
            assert_eq!(*value, expected);
        }
        let minted = request.minted(&|token| token.kind == DataType::Email);
        assert_eq!(minted.len(), 2);
    }

    #[test]
    fn what_cannot_be_read_has_no_slots() {
        for (wire, body, patches) in [
            ("openai.chat", "{", "[[0,1,\"PHONE_00000000\"]]"),
            ("later", "{}", "nonsense"),
            ("unread", "x", "[]"),
        ] {
            let request = request(wire, body.into(), patches.as_bytes());
            assert!(request.exchange.slots.is_empty() && request.replaced.is_empty(), "{wire}");
        }
    }

    proptest! {
        #[test]
        fn foreign_patches_never_panic(start in 0..400_usize, end in 0..400_usize, with in "\\PC{0,20}") {
            let body = body("a 中 \u{1f600} \\ \n", 7);
            let patches = serde_json::to_vec(&[(start, end, with)]).unwrap();
            for replaced in request("openai.chat", body.into(), &patches).replaced {
                prop_assert!(replaced.span.start <= replaced.span.end);
            }
        }
    }
}
