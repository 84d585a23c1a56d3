//! The content of system prompts: of a model call, of an object configured once, of a template, of a message.

use std::collections::BTreeMap;

use super::super::value::{Argument, Made, Shape, Value, given, named};
use super::{last, models, root, script};
use crate::facts::{Taint, Template};

/// Arguments that a model treats as the developer's instructions.
const KEYS: &[&str] = &[
    "system",
    "instruction",
    "instructions",
    "systemInstruction",
    "system_instruction",
    "system_prompt",
    "systemPrompt",
    "systemMessage",
    "system_message",
    "appendSystemPrompt",
    "append_system_prompt",
];

/// Returns the origins of the system prompt of a model call.
pub(in crate::code) fn system_prompt(arguments: &[Argument]) -> Option<Taint> {
    let mut sum = Taint::NONE;
    for argument in arguments {
        // `query({ prompt, options: { systemPrompt } })`
        if argument.name.as_deref() == Some("options")
            && let Shape::Dict(items) = &argument.value.shape
        {
            let told = KEYS.iter().filter_map(|key| items.get(*key));
            sum |= told.fold(Taint::NONE, |sum, value| sum | value.deep_taint());
        }
        if argument.name.as_deref().is_some_and(|name| KEYS.contains(&name)) {
            sum |= argument.value.deep_taint();
        }
        sum |= said_to_be_system(&argument.value);
    }
    (sum != Taint::NONE).then_some(sum)
}

/// Returns the origins of the system prompts that a call creates or fills in.
pub(in crate::code) fn of(
    path: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> impl Iterator<Item = Taint> {
    let found = system_template(path, arguments).then_some(Taint::RETRIEVED);
    let all = [system_object(path, arguments), filled_template(object, arguments), found];
    all.into_iter().flatten()
}

/// `model.invoke([("system", text), ("user", question)])`
fn said_to_be_system(messages: &Value) -> Taint {
    let Shape::List(items) = &messages.shape else { return Taint::NONE };
    items.iter().filter_map(of_pair).fold(Taint::NONE, |sum, text| sum | text.deep_taint())
}

/// The text of `("system", text)`.
fn of_pair(pair: &Value) -> Option<&Value> {
    let Shape::List(pair) = &pair.shape else { return None };
    match pair.as_slice() {
        [role, text] if role.known_text() == Some("system") => Some(text),
        _ => None,
    }
}

/// Packages other than the frameworks whose objects are configured once with instructions.
const TOLD_ONCE: &[&str] = &[
    "agents",
    "@openai/agents",
    "pydantic_ai",
    "google",
    "vertexai",
    "@google/generative-ai",
    "@google/genai",
    "autogen_agentchat",
    "@mastra/core",
    "smolagents",
    "qwen_agent",
    "dashscope",
    "strands",
    "camel",
    "haystack",
    "semantic_kernel",
    "claude_agent_sdk",
    "claude_code_sdk",
    "ai_sdk",
    "llamaindex",
    "livekit",
    "pipecat",
];

/// Returns the origins of the system prompt with which an object is created: `SystemMessage(content=…)`,
/// `Agent(instructions=…)`.
fn system_object(path: &str, arguments: &[Argument]) -> Option<Taint> {
    let (package, name) = (root(path), last(path));
    let makes = name.starts_with(|ch: char| ch.is_ascii_uppercase())
        || name.starts_with("create")
        || name == "getGenerativeModel";
    if !makes || !models::is_framework(package) && !TOLD_ONCE.contains(&package) {
        return None;
    }
    // `ChatMessage(role="system", content=…)`
    let role = || named(arguments, &["role"]).or_else(|| given(arguments, 0, "role"));
    let says_system = || {
        role().is_some_and(|role| {
            role.known_text() == Some("system")
                || role.outside().is_some_and(|path| last(path).eq_ignore_ascii_case("system"))
        })
    };
    let content = match name {
        "SystemMessage" | "SystemChatMessage" => given(arguments, 0, "content"),
        "ChatMessage" | "Message" | "LLMMessage" if says_system() => {
            named(arguments, &["content", "text"]).or_else(|| given(arguments, 1, "content"))
        }
        "create_react_agent" | "createReactAgent" => {
            named(arguments, &["prompt", "stateModifier", "state_modifier"])
        }
        "create_agent"
        | "createAgent"
        | "GenerateContentConfig"
        | "ClaudeAgentOptions"
        | "ClaudeCodeOptions"
        | "getGenerativeModel"
        | "GenerativeModel"
        | "Assistant" => named(arguments, KEYS),
        _ if name.ends_with("Agent") => named(arguments, KEYS),
        _ => None,
    }?;
    let here = matches!(&content.shape, Shape::Text(text) if text.pieces.len() > 1);
    let taint = content.deep_taint();
    let taint = if here { taint } else { taint.without(Taint::RETRIEVED) };
    (taint != Taint::NONE).then_some(taint)
}

/// Template variables for what was retrieved or said before.
const FILLED: &[&str] = &[
    "context",
    "documents",
    "docs",
    "summaries",
    "knowledge",
    "history",
    "chat_history",
    "search_results",
    "retrieved",
    "passages",
];

/// `ChatPromptTemplate.from_messages([("system", "… {context}")])`: a framework fills in what was retrieved.
fn system_template(path: &str, arguments: &[Argument]) -> bool {
    let filled = |text: &str| FILLED.iter().any(|name| text.contains(&format!("{{{name}}}")));
    texts(path, arguments).iter().filter_map(|text| text.known_text()).any(filled)
}

/// Returns the texts of a template that become a system prompt.
fn texts<'v>(path: &str, arguments: &'v [Argument]) -> Vec<&'v Value> {
    let first = arguments.first().map(|one| &one.value);
    let Some(first) = first.filter(|_| models::is_framework(root(path))) else { return Vec::new() };
    match script::snake(last(path)).as_str() {
        "from_messages" => match &first.shape {
            Shape::List(items) => items.iter().filter_map(of_pair).collect(),
            _ => Vec::new(),
        },
        "from_template" if path.contains("SystemMessagePromptTemplate") => vec![first],
        _ => Vec::new(),
    }
}

/// `(template | model).invoke({"persona": text})`: returns the origins of what fills the variables of a system prompt
/// template.
fn filled_template(object: Option<&Made>, arguments: &[Argument]) -> Option<Taint> {
    let given_in = |name: &str| {
        let named = named(arguments, &[name]).map(Value::deep_taint);
        let inside = arguments.iter().find_map(|one| match &one.value.shape {
            Shape::Dict(items) => items.get(name).map(Value::deep_taint),
            _ => None,
        });
        named.or(inside).unwrap_or(Taint::NONE)
    };
    let object = object.filter(|object| !arguments.is_empty() && models::is_framework(root(&object.path)))?;
    let template = models::inner(object, 0, &|made| !texts(made.maker(), &made.given).is_empty())?;
    let texts = texts(template.maker(), &template.given);
    let holes = texts.iter().filter_map(|text| text.template()).map(Template::shown);
    let sum = holes.fold(Taint::NONE, |sum, text| {
        let names = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
        names.fold(sum, |sum, (name, _)| sum | given_in(name.trim()))
    });
    // The developer's own pages are not a stranger's words; variables named so are reported where the template is.
    let sum = sum.without(Taint::RETRIEVED);
    (sum != Taint::NONE).then_some(sum)
}

/// Returns the origins of a message with the system role: `{"role": "system", "content": …}`.
pub(in crate::code) fn system_message(items: &BTreeMap<String, Value>) -> Option<Taint> {
    let role = items.get("role").and_then(Value::known_text)?;
    let content = items.get("content").filter(|_| matches!(role, "system" | "developer"))?.deep_taint();
    (content != Taint::NONE).then_some(content)
}

/// `dict(role="system", content=…)`
pub(in crate::code) fn made_by_name(path: &str, made: &Value) -> Option<Taint> {
    match &made.shape {
        Shape::Dict(items) if path == "dict" => system_message(items),
        _ => None,
    }
}
