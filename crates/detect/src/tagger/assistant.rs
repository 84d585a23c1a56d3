//! Assistants with a person's name: “Claude”, “Kimi”. In a context of models, interfaces or their makers, the name is
//! that of the product; it occurs in most system prompts of coding agents, and a token in its place would mean nothing to
//! the model.

use super::token::Token;

/// Names of assistants and models.
const NAMES: &[&str] = &[
    "claude",
    "kimi",
    "gemini",
    "grok",
    "llama",
    "mistral",
    "qwen",
    "devin",
    "alexa",
    "siri",
    "cortana",
    "jarvis",
    "ernie",
    "bard",
    "copilot",
    "gemma",
    "sora",
    "cursor",
    "doubao",
    "cohere",
    "perplexity",
    "manus",
    "windsurf",
    "cody",
    "aider",
];

/// Lower-case words used about assistants but hardly about people.
const SAID: &[&str] = &[
    "anthropic",
    "openai",
    "moonshot",
    "xai",
    "llm",
    "api",
    "cli",
    "sdk",
    "mcp",
    "model",
    "assistant",
    "chatbot",
    "prompt",
    "agent",
    "claude code",
    "gpt",
    "tokens",
    "context window",
    "opus",
    "sonnet",
    "haiku",
    "deepmind",
    "模型",
    "助手",
    "智能体",
    "大模型",
    "提示词",
    "接口",
];

/// Number of bytes examined on each side.
const WINDOW: usize = 160;

/// True if a name is that of an assistant, judging by its context.
pub(super) fn vetoes(text: &str, span: &[Token]) -> bool {
    let [word] = span else { return false };
    let name = text.get(word.start..word.end).unwrap_or_default();
    if !NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return false;
    }
    let from = text.floor_char_boundary(word.start.saturating_sub(WINDOW));
    let to = text.ceil_char_boundary((word.end + WINDOW).min(text.len()));
    let around =
        [from..word.start, word.end..to].map(|part| text.get(part).unwrap_or_default().to_lowercase());
    around.iter().any(|part| SAID.iter().any(|said| stands_in(part, said)))
}

/// Whether a word occurs in a text, as a whole word if it is in Latin letters; a plural `s` is allowed.
fn stands_in(text: &str, word: &str) -> bool {
    let letter = |ch: Option<char>| ch.is_some_and(|ch| ch.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).unwrap_or_default();
        let after = after.strip_prefix('s').unwrap_or(after).chars().next();
        !word.is_ascii() || !letter(before) && !letter(after)
    })
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use crate::Detector;

    fn people(text: &str) -> Vec<String> {
        let found = Detector::default().detect(text);
        found
            .into_iter()
            .filter(|found| found.kind == DataType::Person)
            .map(|found| text[found.span].to_owned())
            .collect()
    }

    #[test]
    fn an_assistant_is_nobody() {
        for text in [
            "You are Claude Code, Anthropic's official CLI for Claude.",
            "Kimi and Copilot are models.",
            "Ask Claude or Gemini through the API.",
            "请把这段提示词发给 Claude。",
        ] {
            assert!(people(text).is_empty(), "{text}: {:?}", people(text));
        }
    }

    #[test]
    fn a_person_of_the_same_name_is_found() {
        for text in
            ["I asked Claude yesterday and he said no.", "Claude Dupont wrote the prompt for the model."]
        {
            assert!(!people(text).is_empty(), "{text}");
        }
    }
}
