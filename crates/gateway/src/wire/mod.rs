//! Wire formats: pure codecs, one per file. Each walks a request into slots and reads the frames of a streamed response. To
//! add one, write the file with its [`Format`] and add its line to the list below.

pub mod answer;
pub mod base;
pub mod collect;
pub mod frame;
pub mod halves;
pub mod held;
pub mod json;
pub mod places;
pub mod said;
pub mod splice;
pub mod spoken;
pub mod withhold;

use bytes::Bytes;
use ombud_core::{Edge, Exchange};

use collect::Collector;
use frame::Frame;
use json::{Doc, JsonError, Keys, Kind};
use places::Places;

/// Declares the modules, the wires and the list together, so that a wire format takes one line.
macro_rules! wires {
    ($($wire:ident => $module:ident, $about:literal;)*) => {
        $(pub mod $module;)*

        /// A wire format that Ombud reads.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Wire {
            $(#[doc = $about] $wire,)*
        }

        impl Wire {
            /// Every wire.
            pub const ALL: &'static [Self] = &[$(Self::$wire,)*];

            fn format(self) -> &'static Format {
                match self {
                    $(Self::$wire => &$module::FORMAT,)*
                }
            }
        }
    };
}

wires! {
    Chat => openai_chat, "OpenAI chat completions.";
    Responses => openai_responses, "OpenAI responses.";
    Completions => openai_completions, "OpenAI completions, the older kind without roles.";
    Embeddings => embeddings, "OpenAI embeddings.";
    Messages => anthropic, "Anthropic messages.";
    CountTokens => anthropic_count, "Anthropic token counting: a request like messages, a small response.";
    Models => models, "The list of models: no body, nothing to mask.";
}

/// The definition of a wire format.
#[derive(Debug)]
pub struct Format {
    /// The id in records, such as `openai.chat`.
    pub id: &'static str,
    /// The method of its requests.
    pub method: &'static str,
    /// How its paths end, after a base.
    pub path: &'static str,
    /// Other path endings at which it is used.
    pub others: &'static [&'static str],
    /// Whose error format its clients expect; `None` if both kinds of client send the same request.
    pub dialect: Option<Dialect>,
    /// Walks a request into a collector; `None` if its requests have no body.
    pub request: Option<fn(&mut Collector<'_, '_>)>,
    /// Reads one frame of a streamed response.
    pub frame: fn(&Doc<'_>, &mut Places) -> Frame,
    /// Where tool calls are found in its responses.
    pub calls: Calls,
    /// Whether its tokens are the same in every session of a client, so that what is stored in one is found in another.
    pub across_sessions: bool,
}

/// Where tool calls are found in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// There are none.
    None,
    /// `choices[].message.tool_calls[]`, OpenAI chat.
    Choices,
    /// `content[]` blocks, Anthropic.
    Blocks,
    /// `output[]` items, OpenAI responses.
    Items,
}

/// For wires whose responses are not streamed.
pub(crate) fn no_frames(_: &Doc<'_>, _: &mut Places) -> Frame {
    Frame::default()
}

/// Whose error format a client of a wire expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `{"error": {"message", "type", "param", "code"}}`
    OpenAi,
    /// `{"type": "error", "error": {"type", "message"}}`
    Anthropic,
}

impl Wire {
    /// Picks the wire of a request by method and path (without query). The wire's own path follows a base; a single model
    /// may be requested by name.
    pub fn pick(method: &str, path: &str) -> Option<Self> {
        Self::pick_below(method, path, &[])
    }

    /// The same for a provider whose bases have these paths.
    pub fn pick_below(method: &str, path: &str, bases: &[&str]) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let below = |path: &str, wire: &Self| {
            let Format { method: own, path: end, others, .. } = wire.format();
            let ends = || std::iter::once(end).chain(*others);
            let mut known = ends().filter_map(|end| path.strip_suffix(end).map(|base| (end, base)));
            // No other path ends with these two segments, and gateways put many things before them.
            let any = |end: &str| end == openai_chat::FORMAT.path;
            method == *own && known.any(|(end, base)| any(end) || base::is_base(base, bases))
        };
        let one_model = || path.rsplit_once('/').is_some_and(|(list, _)| below(list, &Self::Models));
        let found = Self::ALL.iter().copied().find(|wire| below(path, wire));
        found.or_else(|| one_model().then_some(Self::Models))
    }

    /// The id in records, such as `openai.chat`.
    pub fn id(self) -> &'static str {
        self.format().id
    }

    /// The wire with this id in records.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|wire| wire.id() == id)
    }

    /// Whose error format its clients expect; `None` if the wire does not determine that.
    pub fn dialect(self) -> Option<Dialect> {
        self.format().dialect
    }

    /// Whether its responses contain text from a model.
    pub fn speaks(self) -> bool {
        !matches!(self, Self::Embeddings | Self::CountTokens | Self::Models)
    }

    /// Where tool calls are found in its responses.
    pub fn calls(self) -> Calls {
        self.format().calls
    }

    /// Whether its tokens are the same in every session of a client.
    pub fn across_sessions(self) -> bool {
        self.format().across_sessions
    }

    /// Whether its requests have a body to be read.
    pub fn has_body(self) -> bool {
        self.format().request.is_some()
    }

    /// Parses a request into an exchange.
    pub fn parse(self, body: Bytes) -> Result<Exchange, JsonError> {
        let doc = Doc::parse(&body, Keys::Unique)?;
        if doc.kind(doc.root()) != Kind::Object {
            return Err(JsonError::Syntax(doc.span(doc.root()).start));
        }
        let mut collector = Collector::new(&doc).structured();
        if let Some(request) = self.format().request {
            request(&mut collector);
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

    /// Reads one frame of a streamed response; `places` are the positions of the calls in earlier frames.
    pub fn frame(self, doc: &Doc<'_>, places: &mut Places) -> Frame {
        (self.format().frame)(doc, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_without_a_type_is_one_and_a_file_is_none() {
        for (url, kind) in [
            ("data:;base64,MTM5", ombud_core::OpaqueKind::Audio),
            ("data:text/plain;base64,MTM5", ombud_core::OpaqueKind::File),
        ] {
            let part =
                serde_json::json!({ "type": "input_audio", "input_audio": { "data": url, "format": "mp3" } });
            let body = serde_json::json!({ "messages": [{ "role": "user", "content": [part] }] });
            let read = Wire::Chat.parse(body.to_string().into()).unwrap();
            assert_eq!(read.opaque.iter().map(|opaque| opaque.kind).collect::<Vec<_>>(), [kind]);
        }
    }

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
            ("POST", "/compatible-mode/v1/chat/completions", Some(Wire::Chat)),
            ("POST", "/v1beta/openai/chat/completions", Some(Wire::Chat)),
            ("POST", "/openai/deployments/my-gpt/chat/completions", Some(Wire::Chat)),
            ("POST", "/openai/deployments/my-e/embeddings", Some(Wire::Embeddings)),
            ("POST", "/api/v3/bots/chat/completions", Some(Wire::Chat)),
            ("POST", "/p/kimi/anthropic/v1/messages", Some(Wire::Messages)),
            ("POST", "/apps/anthropic/v1/messages", Some(Wire::Messages)),
            ("POST", "/chat/completions", Some(Wire::Chat)),
            ("POST", "/inference/chat/completions", Some(Wire::Chat)),
            ("POST", "/beta/completions", Some(Wire::Completions)),
            ("POST", "/v1/threads/abc/messages", None),
            ("POST", "/threads/abc/messages", None),
            ("GET", "/v1/files/models", None),
            ("GET", "/v1/files/models/x", None),
            ("POST", "/v1/evals/x/completions", None),
            ("POST", "/v1/CHAT/completions", None),
            ("POST", "/v1/conversations/c/responses", None),
            ("POST", "/v1/fim/completions", Some(Wire::Chat)),
            ("POST", "/p/mistral/v1/agents/completions", Some(Wire::Chat)),
            ("POST", "/v1/agents/x/completions", None),
            ("POST", "/api/v3/batch/chat/completions", Some(Wire::Chat)),
            ("POST", "/api/v3/context/chat/completions", Some(Wire::Chat)),
            ("POST", "/api/paas/v4/async/chat/completions", Some(Wire::Chat)),
            ("POST", "/v1/llm/chat/completions", Some(Wire::Chat)),
            ("POST", "/openai/deployments/X/extensions/chat/completions", Some(Wire::Chat)),
            ("POST", "/v1/account/gateway/compat/chat/completions", Some(Wire::Chat)),
            ("POST", "/serving-endpoints/chat/completions", Some(Wire::Chat)),
            ("POST", "/serving-endpoints/embeddings", Some(Wire::Embeddings)),
        ] {
            assert_eq!(Wire::pick(method, path), wire, "{method} {path}");
        }
    }
}
