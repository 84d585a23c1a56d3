//! Where the texts of a context came from, and where a value of a response or tool call appears in it. A hit only says "appears
//! there too", never that one thing caused the other.

pub mod constant;
pub mod declared;
pub mod decoded;
pub mod envelope;
pub mod fields;
pub mod identifier;
pub mod index;
pub mod layer;
mod sentence;
pub mod sieve;
pub mod verbatim;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use ombud_core::intent::Intent;
use ombud_core::script::is_han;
use ombud_core::{Exchange, Origin, Role, Slot};

use crate::recall::{Keep, Recall};
use crate::wire::json::{Doc, Keys, unescape};
use envelope::Passage;
use identifier::Kind;
use index::{Form, Index, fold};

/// Texts shorter than this many bytes are prepared each time instead of cached: that is just as fast.
const WORTH_KEEPING: usize = 16;

/// Maximum number of occurrences of one value examined per slot.
const MOST_PLACES: usize = 16;

/// Bytes of prepared texts per cache generation. A prepared text takes about eight times its length, and each of the two
/// generations must hold two contexts of 256 KiB: a context that does not fit would be prepared again on every turn.
const ROOM: usize = 4 << 20;

/// Prepares and caches texts, so that a turn costs only what is new in it.
pub struct Attributor {
    known: Recall<Arc<Index>>,
}

impl Default for Attributor {
    fn default() -> Self {
        Self { known: Recall::of(ROOM) }
    }
}

impl Keep for Arc<Index> {
    fn weight(&self) -> usize {
        Index::weight(self)
    }
}

/// A slot of a context.
#[derive(Debug)]
pub struct Source {
    /// Its index in the exchange.
    pub slot: usize,
    /// Its role.
    pub role: Role,
    /// Its origin, except where a passage has its own.
    pub origin: Origin,
    /// Its start offset in the body.
    pub start: usize,
    /// Its prepared text.
    pub index: Arc<Index>,
    /// Its parts that have an origin of their own.
    pub passages: Vec<Passage>,
}

/// How a value was matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// By the token that replaced it: exact.
    Token,
    /// By an identifier.
    Identifier,
    /// By its words.
    Text,
}

impl By {
    /// The id in records.
    pub fn id(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Identifier => "identifier",
            Self::Text => "text",
        }
    }
}

/// One occurrence of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index into [`Context::sources`].
    pub source: usize,
    /// Origin at that location.
    pub origin: Origin,
    /// How it was matched.
    pub by: By,
    /// Bytes of the slot's text.
    pub span: Range<usize>,
}

/// Everything the model read in one request, prepared for searching.
#[derive(Debug, Default)]
pub struct Context {
    /// The text slots, in order.
    pub sources: Vec<Source>,
}

impl Attributor {
    /// Prepares the context of a client's exchange.
    pub fn context(&self, client: &str, exchange: &Exchange) -> Context {
        let texts = exchange.slots.iter().enumerate().filter(|(_, slot)| slot.is_text());
        let sources = texts.map(|(number, slot)| {
            let index = self.index(client, slot, exchange);
            let passages = match slot.role {
                Role::System | Role::Developer | Role::User => index.passages(&slot.text).to_vec(),
                _ => Vec::new(),
            };
            Source {
                slot: number,
                role: slot.role,
                origin: slot.origin.clone(),
                start: slot.span.start,
                index,
                passages,
            }
        });
        Context { sources: sources.collect() }
    }

    /// Returns the prepared system and developer prompts of an exchange.
    pub fn instructions(&self, client: &str, exchange: &Exchange) -> Vec<Arc<Index>> {
        self.prompts(client, exchange).into_iter().map(|prompt| prompt.1).collect()
    }

    /// The same, with their slot indices.
    pub fn prompts(&self, client: &str, exchange: &Exchange) -> Vec<(usize, Arc<Index>)> {
        let slots = exchange.slots.iter().enumerate();
        let own = slots.filter(|(_, slot)| matches!(slot.role, Role::System | Role::Developer));
        own.map(|(number, slot)| (number, self.index(client, slot, exchange))).collect()
    }

    fn index(&self, client: &str, slot: &Slot, exchange: &Exchange) -> Arc<Index> {
        let tool = slot.role == Role::ToolResult;
        let prepare = || {
            let document = if tool { document(slot, &exchange.body) } else { None };
            let plain = if tool { Form::Result } else { Form::Words };
            Arc::new(Index::new(&slot.text, document.as_deref().map_or(plain, Form::Json)))
        };
        if slot.text.len() < WORTH_KEEPING {
            return prepare();
        }
        self.known.or_work(client, (&slot.text, tool, slot.span.len()), slot.text.len(), prepare)
    }
}

/// Returns the JSON document that a slot consists of, if it does, with the document's own escapes intact (the slot's text has
/// them decoded).
fn document(slot: &Slot, body: &[u8]) -> Option<String> {
    let raw = std::str::from_utf8(body.get(slot.span.clone())?).ok()?;
    let mut text = Cow::Borrowed(raw);
    for _ in 1..slot.codecs.len().max(1) {
        text = Cow::Owned(unescape(&text).0);
    }
    let whole = text.trim_start().starts_with(['{', '[']) && Doc::parse(text.as_bytes(), Keys::Any).is_ok();
    whole.then(|| text.into_owned())
}

impl Source {
    fn hit(&self, source: usize, by: By, folded: &Range<usize>) -> Hit {
        let (origin, span) = self.origin_at(folded);
        Hit { source, origin, by, span }
    }
}

impl Context {
    /// Whether a third party may have written any part of it.
    pub fn is_tainted(&self) -> bool {
        self.sources.iter().any(Source::is_foreign)
    }

    /// Finds an identifier. Parent domains of a host count as well: `a.b.example` belongs to whoever wrote `b.example`.
    pub fn identifier(&self, kind: Kind, canonical: &str) -> Vec<Hit> {
        let mut spellings = vec![canonical];
        if kind == Kind::Host {
            let mut rest = canonical;
            while let Some((_, parent)) = rest.split_once('.').filter(|(_, parent)| parent.contains('.')) {
                spellings.push(parent);
                rest = parent;
            }
        }
        let marks: Vec<u64> = spellings.iter().map(|term| sieve::term_mark(term)).collect();
        let places = |index: &Index| {
            let known = spellings.iter().zip(&marks).filter(|(_, mark)| index.sieve.may_have(**mark));
            let all = known.flat_map(|(term, _)| index.places(term));
            all.map(|place| place.1.clone()).take(MOST_PLACES).collect()
        };
        self.each(places, By::Identifier)
    }

    /// Finds verbatim occurrences of a folded text, as whole words.
    pub fn verbatim(&self, folded: &str, by: By) -> Vec<Hit> {
        let probe = sieve::Probe::new(folded);
        self.each(|index| index.verbatim(&probe).take(MOST_PLACES).collect(), by)
    }

    /// Returns the longest passage that a text shares with each source.
    pub fn shared(&self, text: &Index) -> Vec<(Hit, Range<usize>)> {
        let needle = verbatim::Needle::new(&text.words);
        let found = self.sources.iter().enumerate().filter_map(|(place, source)| {
            let (own, theirs) = needle.within(&source.index)?;
            Some((source.hit(place, By::Text, &theirs), own))
        });
        found.collect()
    }

    /// Returns one hit per source and origin within it.
    fn each(&self, places: impl Fn(&Index) -> Vec<Range<usize>>, by: By) -> Vec<Hit> {
        let mut found: Vec<Hit> = Vec::new();
        for (number, source) in self.sources.iter().enumerate() {
            for span in places(&source.index) {
                let hit = source.hit(number, by, &span);
                if !found.iter().any(|known| known.source == number && known.origin == hit.origin) {
                    found.push(hit);
                }
            }
        }
        found
    }

    /// What the user's own words ask for.
    pub fn intent(&self) -> Intent {
        let turns = self.sources.iter().filter(|source| source.origin == Origin::User);
        turns.fold(Intent::default(), |all, turn| all.and(&turn.intent()))
    }

    /// Returns the user's own words by turn, folded, without passages inserted by others.
    pub fn user_turns(&self) -> Vec<(usize, String)> {
        let turns = self.sources.iter().filter(|source| source.origin == Origin::User);
        turns.map(|source| (source.start, source.own_words())).collect()
    }
}

impl Source {
    /// What it asks for, without passages inserted by others.
    fn intent(&self) -> Cow<'_, Intent> {
        if self.passages.iter().all(|passage| passage.origin == self.origin) {
            return Cow::Borrowed(self.index.intent());
        }
        Cow::Owned(Intent::of([self.own_words().as_str()]))
    }
}

/// Returns how much a folded value says: its letters and digits, where a Chinese character counts twice.
pub fn weight(folded: &str) -> usize {
    folded.chars().filter(|ch| ch.is_alphanumeric()).map(|ch| if is_han(ch) { 2 } else { 1 }).sum()
}

/// Returns a value in the form used for comparison.
pub fn folded(value: &str) -> String {
    fold(value.trim())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::wire::Wire;

    fn context(messages: &serde_json::Value) -> Context {
        let body = json!({ "model": "m", "messages": messages }).to_string();
        Attributor::default().context("client", &Wire::Chat.parse(Bytes::from(body)).unwrap())
    }

    #[test]
    fn a_value_is_found_where_it_stands_and_nowhere_else() {
        let call =
            json!({ "id": "c1", "type": "function", "function": { "name": "read_mail", "arguments": "{}" } });
        let context = context(&json!([
            { "role": "system", "content": "Support is help@shop.example" },
            { "role": "user", "content": "<memories>boss is x@corp.example</memories> mail Anna@Corp.example please" },
            { "role": "assistant", "tool_calls": [call] },
            { "role": "tool", "tool_call_id": "c1", "content": "{\"from\": \"evil@bad.example\", \"n\": [\"a\\\"b\"]}" },
        ]));
        let origins = |value: &str| {
            context.identifier(Kind::Email, value).into_iter().map(|hit| hit.origin).collect::<Vec<_>>()
        };
        assert_eq!(origins("help@shop.example"), [Origin::Operator]);
        assert_eq!(origins("anna@corp.example"), [Origin::User]);
        assert_eq!(origins("x@corp.example"), [Origin::Memory { name: None }]);
        let tool = Origin::Tool { name: Some("read_mail".into()), call: Some("c1".into()) };
        assert_eq!(origins("evil@bad.example"), [tool]);
        assert_eq!(origins("nobody@bad.example"), []);
        assert!(context.is_tainted());
        assert_eq!(
            context.user_turns()[0].1.trim_start_matches("<memories></memories>").trim(),
            "mail anna@corp.example please"
        );
        let fields: Vec<&str> =
            context.sources.last().unwrap().index.fields.iter().map(|field| &*field.value).collect();
        assert_eq!(fields, ["evil@bad.example", "a\"b"]);
    }

    #[test]
    fn a_conversation_without_others_is_not_tainted() {
        assert!(!context(&json!([{ "role": "user", "content": "hi\nthere: you" }])).is_tainted());
    }

    #[test]
    fn hosts_are_somebodys_who_wrote_the_domain() {
        let context = context(&json!([{ "role": "user", "content": "look at shop.example" }]));
        assert_eq!(context.identifier(Kind::Host, "api.shop.example").len(), 1);
        assert_eq!(context.identifier(Kind::Host, "evilshop.example").len(), 0);
    }
}
