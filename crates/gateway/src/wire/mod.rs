//! Wire formats: pure codecs, one a file. Each walks a request into slots and reads the frames of a streamed answer.

pub mod answer;
pub mod anthropic;
pub mod collect;
pub mod embeddings;
pub mod frame;
pub mod json;
pub mod openai_chat;
pub mod openai_responses;
pub mod said;
pub mod splice;
pub mod withhold;

use bytes::Bytes;
use ombud_core::{Edge, Exchange};

use collect::Collector;
use frame::Frame;
use json::{Doc, JsonError, Keys, Kind};

/// A wire format that Ombud reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// OpenAI chat completions.
    Chat,
    /// OpenAI responses.
    Responses,
    /// OpenAI embeddings.
    Embeddings,
    /// Anthropic messages.
    Messages,
    /// Anthropic token counting: a request like messages, a small answer.
    CountTokens,
    /// The list of models: no body, nothing to mask.
    Models,
}

/// Whose errors a client of a wire expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `{"error": {"message", "type", "param", "code"}}`
    OpenAi,
    /// `{"type": "error", "error": {"type", "message"}}`
    Anthropic,
}

/// Every wire: its id, the method, and how its paths end.
const WIRES: &[(Wire, &str, &str, &str)] = &[
    (Wire::Chat, "openai.chat", "POST", "/chat/completions"),
    (Wire::Responses, "openai.responses", "POST", "/responses"),
    (Wire::Embeddings, "openai.embeddings", "POST", "/embeddings"),
    (Wire::Messages, "anthropic.messages", "POST", "/messages"),
    (Wire::CountTokens, "anthropic.count_tokens", "POST", "/messages/count_tokens"),
    (Wire::Models, "models", "GET", "/models"),
];

impl Wire {
    /// The wire of a request, by method and path (without query). Base URLs end in many ways (`/v1`, `/api/v3`,
    /// `/compatible-mode/v1`), so only the end of the path counts; one model may be asked for by name.
    pub fn pick(method: &str, path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let ends = |end: &str| path.ends_with(end);
        let found = WIRES.iter().find(|(_, _, verb, end)| *verb == method && ends(end)).map(|row| row.0);
        let one_model = || path.rsplit_once('/').is_some_and(|(list, _)| list.ends_with("/models"));
        found.or_else(|| (method == "GET" && one_model()).then_some(Self::Models))
    }

    /// The id in records, such as `openai.chat`.
    pub fn id(self) -> &'static str {
        WIRES.iter().find(|row| row.0 == self).map_or("unknown", |row| row.1)
    }

    /// The wire with this id, if this version knows it.
    pub fn by_id(id: &str) -> Option<Self> {
        WIRES.iter().find(|row| row.1 == id).map(|row| row.0)
    }

    /// Whose errors its clients expect.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Messages | Self::CountTokens => Dialect::Anthropic,
            Self::Chat | Self::Responses | Self::Embeddings | Self::Models => Dialect::OpenAi,
        }
    }

    /// Reads a request into an exchange.
    pub fn parse(self, body: Bytes) -> Result<Exchange, JsonError> {
        let doc = Doc::parse(&body, Keys::Unique)?;
        if doc.kind(doc.root()) != Kind::Object {
            return Err(JsonError::Syntax(doc.span(doc.root()).start));
        }
        let mut collector = Collector::new(&doc);
        match self {
            Self::Chat => openai_chat::request(&mut collector),
            Self::Responses => openai_responses::request(&mut collector),
            Self::Embeddings => embeddings::request(&mut collector),
            Self::Messages | Self::CountTokens => anthropic::request(&mut collector),
            Self::Models => {}
        }
        let found = collector.finish();
        Ok(Exchange {
            edge: Edge::Model,
            wire: self.id(),
            slots: found.slots,
            opaque: found.opaque,
            model: found.model,
            stream: found.stream,
            tools: found.tools,
            calls: found.calls,
            body,
        })
    }

    /// Reads one frame of a streamed answer.
    pub fn frame(self, doc: &Doc<'_>) -> Frame {
        match self {
            Self::Chat => openai_chat::frame(doc),
            Self::Responses => openai_responses::frame(doc),
            Self::Messages => anthropic::frame(doc),
            Self::Embeddings | Self::CountTokens | Self::Models => Frame::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_many_providers() {
        for (method, path, wire) in [
            ("POST", "/v1/chat/completions", Some(Wire::Chat)),
            ("POST", "/p/zhipu/api/paas/v4/chat/completions", Some(Wire::Chat)),
            ("POST", "/p/ark/api/v3/responses/", Some(Wire::Responses)),
            ("POST", "/v1/messages", Some(Wire::Messages)),
            ("POST", "/v1/messages/count_tokens", Some(Wire::CountTokens)),
            ("GET", "/v1/models", Some(Wire::Models)),
            ("GET", "/v1/models/gpt-5", Some(Wire::Models)),
            ("GET", "/v1/chat/completions", None),
            ("POST", "/v1/files", None),
            ("POST", "/v1/messages/batches", None),
        ] {
            assert_eq!(Wire::pick(method, path), wire, "{method} {path}");
        }
    }
}
