//! What a call names: the model that it calls, and the developer's prompt. Rules do not need it, but the inventory of
//! an agent does.

use std::collections::BTreeMap;

use ruff_text_size::TextRange;

use super::api::{last, models, root, web};
use super::value::{Argument, Made, Shape, Value, named};
use super::walk::{Walk, span};
use crate::facts::{Model, Prompt, Recipient, Template};

/// Arguments that name the model.
const MODELS: &[&str] = &[
    "model",
    "model_name",
    "modelName",
    "model_id",
    "modelId",
    "azure_deployment",
    "deployment_name",
    "engine",
];

/// Arguments that hold the developer's prompt.
const TOLD: &[&str] =
    &["system", "instructions", "systemInstruction", "system_instruction", "system_prompt", "systemPrompt"];

/// Returns the argument that names a model, in a call or in what its object was created with.
fn model<'v>(object: Option<&'v Made>, arguments: &'v [Argument]) -> Option<&'v Value> {
    named(arguments, MODELS).or_else(|| object.and_then(|object| object.setting(MODELS)))
}

/// Returns the first argument of what creates a model by name: `openai("gpt-5")`, `GenerativeModel("gemini-3")`.
fn first(made: &Made) -> Option<Template> {
    let makes = made.chain().find(|made| !made.given.is_empty())?;
    makes.given.first().filter(|argument| argument.name.is_none())?.value.template().cloned()
}

/// Whether a package is a framework in which `instructions` is meant for a model.
fn tells_models(path: &str) -> bool {
    let package = root(path);
    models::is_framework(package)
        || matches!(
            package,
            "agents"
                | "@openai/agents"
                | "ai_sdk"
                | "@mastra/core"
                | "pydantic_ai"
                | "smolagents"
                | "google"
                | "vertexai"
                | "@google/generative-ai"
                | "@google/genai"
        )
}

impl Walk<'_, '_> {
    /// Records the model that a call uses.
    pub(super) fn note_model(
        &mut self,
        object: Option<&Made>,
        arguments: &[Argument],
        recipient: Recipient,
        range: TextRange,
    ) {
        let name = self.model_of(object, arguments);
        let (file, function) = (self.file(), Some(self.function));
        let model = Model { file, span: span(range), function, recipient, name };
        self.state.models.insert(self.noted(range), model);
    }

    fn noted(&self, range: TextRange) -> (usize, usize, usize) {
        (self.function, range.start().to_usize(), range.end().to_usize())
    }

    fn model_of(&self, object: Option<&Made>, arguments: &[Argument]) -> Option<Template> {
        let Some(value) = model(object, arguments) else {
            let inner =
                object.and_then(|object| models::inner(object, 0, &|made| made.setting(MODELS).is_some()));
            let found =
                inner.as_ref().and_then(|made| made.setting(MODELS)).and_then(|value| self.text_of(value));
            return found.or_else(|| object.and_then(first));
        };
        match &value.shape {
            Shape::Made(made) => {
                model(Some(made), &[]).and_then(Value::template).cloned().or_else(|| first(made))
            }
            _ => self.text_of(value),
        }
    }

    /// Returns a text, including what callers pass in.
    fn text_of(&self, value: &Value) -> Option<Template> {
        value.filled(&self.summary.handed).template().cloned()
    }

    /// Records the model that a request names in its body, if it goes to one.
    pub(super) fn note_request<'v>(
        &mut self,
        address: &Template,
        given: impl Iterator<Item = &'v Value>,
        range: TextRange,
    ) {
        let recipient = models::at(address, self.state.providers);
        if recipient.provider.is_none() && !web::is_model_path(address) {
            return;
        }
        let mut bodies = given.filter_map(|value| match &value.shape {
            Shape::Dict(items) => items.get("model"),
            _ => None,
        });
        let name = bodies.find_map(|value| self.text_of(value));
        let (file, function) = (self.file(), Some(self.function));
        let model = Model { file, span: span(range), function, recipient, name };
        self.state.models.insert(self.noted(range), model);
    }

    /// Records the prompt that a call passes to a model.
    pub(super) fn note_told(&mut self, path: &str, asks: bool, arguments: &[Argument], range: TextRange) {
        let message =
            last(path.trim_end_matches("()")) == "SystemMessage" && models::is_framework(root(path));
        if message {
            let content =
                named(arguments, &["content"]).or_else(|| arguments.first().map(|first| &first.value));
            self.note_words(content, range);
        } else if asks || tells_models(path) {
            let told =
                arguments.iter().find(|one| one.name.as_deref().is_some_and(|name| TOLD.contains(&name)));
            self.note_words(told.map(|one| &one.value), range);
        }
    }

    /// Records a message with the system role.
    pub(super) fn note_message(&mut self, items: &BTreeMap<String, Value>, range: TextRange) {
        let role = items.get("role").and_then(Value::known_text);
        if matches!(role, Some("system" | "developer")) {
            self.note_words(items.get("content"), range);
        }
    }

    fn note_words(&mut self, words: Option<&Value>, range: TextRange) {
        let Some(value) = words.filter(|value| value.shape != Shape::None) else { return };
        let words = self.text_of(value).filter(|words| words.known() != Some(""));
        let prompt = Prompt { file: self.file(), span: span(range), function: self.function, words };
        self.state.prompts.insert(self.noted(range), prompt);
    }
}

impl Walk<'_, '_> {
    /// Returns the recipient of a model call, including what callers pass in if they choose the address.
    pub(super) fn recipient(
        &self,
        path: &str,
        object: Option<&Made>,
        arguments: &[Argument],
    ) -> Option<Recipient> {
        let providers = self.state.providers;
        let recipient =
            models::recipient(path, object, arguments, providers).or_else(|| self.asked_by_engine(path))?;
        if recipient.host.is_some() || !recipient.open {
            return Some(recipient);
        }
        let handed = &self.summary.handed;
        let object = object.map(|object| object.filled(handed));
        let fill = |one: &Argument| Argument { value: one.value.filled(handed), ..one.clone() };
        let arguments: Vec<Argument> = arguments.iter().map(fill).collect();
        models::recipient(path, object.as_ref(), &arguments, providers).or(Some(recipient))
    }

    /// `index.as_chat_engine().chat(text)`: an engine uses the model from the settings, or the library's default.
    fn asked_by_engine(&self, path: &str) -> Option<Recipient> {
        const ASKS: &[&str] = &[
            "chat",
            "achat",
            "stream_chat",
            "astream_chat",
            "streamChat",
            "query",
            "aquery",
            "stream_query",
        ];
        let before = path.trim_end_matches("()").rsplit_once('.')?.0.to_ascii_lowercase();
        if super::api::root(path) != "llama_index"
            || !before.ends_with("engine()")
            || !ASKS.contains(&super::api::last(path))
        {
            return None;
        }
        let set = self.state.global(self.module, &format!("{}.llm", super::assign::SETTINGS));
        Some(models::of_settings(
            set.as_ref().and_then(Value::made).map(std::rc::Rc::as_ref),
            self.state.providers,
        ))
    }
}
