//! Vercel's AI SDK, and libraries in its style: the model is an argument.

use super::super::value::{Argument, Made, Shape, Value, named};
use super::models::addressed;
use super::{last, root};
use crate::facts::Recipient;
use crate::providers::Providers;

const CALLS: &[&str] = &[
    "generateText",
    "streamText",
    "generateObject",
    "streamObject",
    "embed",
    "embedMany",
    "generateImage",
    "experimental_generateImage",
    "transcribe",
    "experimental_transcribe",
];

/// Packages of providers, and the default provider.
const PROVIDERS: &[(&str, &str)] = &[
    ("@ai-sdk/google", "gemini"),
    ("@ai-sdk/openai-compatible", ""),
    ("@ai-sdk/azure", ""),
    ("@openrouter/ai-sdk-provider", "openrouter"),
    ("ollama-ai-provider", "ollama"),
    ("ollama-ai-provider-v2", "ollama"),
    ("zhipu-ai-provider", "zhipu"),
    ("qwen-ai-provider", "dashscope"),
];

/// Returns the recipient, if a call is one of the SDK's.
pub(super) fn recipient(
    path: &str,
    object: Option<&Made>,
    arguments: &[Argument],
    providers: &Providers,
) -> Option<Recipient> {
    let name = last(path);
    let model = match root(path) {
        "ai_sdk" if CALLS.contains(&name) => named(arguments, &["model"]),
        "ai_sdk" | "@mastra/core" if matches!(name, "generate" | "stream") => {
            object.and_then(|object| object.setting(&["model"]))
        }
        _ => return None,
    };
    match model.map(|model| &model.shape) {
        Some(Shape::Made(made)) => Some(addressed(Some(made), &[], provider(&made.path), providers)),
        _ => Some(addressed(None, &routed(model), "", providers)),
    }
}

/// `"openai/gpt-5"` names its provider.
fn routed(model: Option<&Value>) -> Vec<Argument> {
    let named =
        |value: &Value| Argument { name: Some("model".to_owned()), value: value.clone(), spread: false };
    model.map(named).into_iter().collect()
}

fn provider(path: &str) -> &str {
    let package = root(path);
    let known = PROVIDERS.iter().find(|(name, _)| *name == package).map(|(_, provider)| *provider);
    known.unwrap_or_else(|| package.strip_prefix("@ai-sdk/").unwrap_or_default())
}
