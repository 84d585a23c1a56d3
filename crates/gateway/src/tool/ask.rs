//! What a person reads when a call is not simply passed on, and how they may respond.

use ombud_core::gate::{CallDecision, Doubt, quoted};
use ombud_core::{Lang, Say, say};
use serde_json::{Value, json};

use super::hidden::is_unseen;
use super::judge::Judged;
use crate::calls::arguments::canonical;
use crate::calls::question::{Edges, shown};

/// Maximum length of the arguments shown, in characters.
const SHOWN: usize = 800;

/// How the texts below begin and end, for who pastes one into a conversation.
pub const EDGES: &[Edges] = &[
    Edges {
        opening: "this call was not run",
        endings: &[
            "then have the agent call it again",
            "in the environment of its server",
            "under [tools] and [mcp] in ombud.toml",
        ],
        alone: false,
    },
    Edges { opening: "is called with:", endings: &["allow exactly this call?"], alone: false },
    Edges {
        opening: "这次调用没有执行",
        endings: &["然后让智能体再调用一次", "放在其服务器的环境变量里", "的 [tools] 和 [mcp] 中"],
        alone: false,
    },
    Edges { opening: "即将调用 ", endings: &["是否允许这一次调用？"], alone: false },
];

/// Why a call waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The gate requires approval.
    Doubts(Vec<Doubt>),
    /// The tool's definition has changed; holds the differences.
    Changed(Vec<String>),
}

/// A call about which a question or a refusal is worded.
pub struct Subject<'a> {
    /// The server.
    pub server: &'a str,
    /// The tool.
    pub tool: &'a str,
    /// The decision on it.
    pub judged: &'a Judged,
    /// Every reason why it waits.
    pub why: &'a [Why],
}

/// The reader of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// The person who decides, in a form: values as the tool receives them.
    User,
    /// The client, and the model behind it: nothing that the client did not write itself.
    Client,
}

impl Subject<'_> {
    /// The question.
    pub fn question(&self, lang: Lang) -> String {
        let (what, why) = (self.what(Reader::User, lang), self.reasons(Reader::User, lang));
        say!(lang,
            en: "{what}\n\nWhy Ombud asks:\n{why}\n\nAllow exactly this call?",
            zh: "{what}\n\nOmbud 询问的原因：\n{why}\n\n是否允许这一次调用？")
    }

    /// Why the call was not run and how to allow it, for a client that cannot ask: `approve` is the command to type.
    pub fn instruction(&self, approve: &str, lang: Lang) -> String {
        let (what, why) = (self.what(Reader::Client, lang), self.reasons(Reader::Client, lang));
        let changed = self.why.iter().any(|why| matches!(why, Why::Changed(_)));
        let lasting = self.judged.lasting.as_ref().filter(|_| !changed).map_or_else(String::new, |_| {
            say!(lang,
                en: " Add `--always` to allow it from now on with these values.",
                zh: "加上 `--always` 则以后都允许以同样的值调用。")
        });
        say!(lang,
            en: "this call was not run, because it needs your confirmation and this client cannot ask you for it.\n{what}\n\nWhy:\n{why}\n\nTo allow exactly this call, run `{approve}` in a terminal of the project within 15 minutes, or allow it in the console, then have the agent call it again.{lasting}",
            zh: "这次调用没有执行：它需要你确认，而此客户端无法询问。\n{what}\n\n原因：\n{why}\n\n如果同意执行这一次调用，请在 15 分钟内，在项目目录的终端中运行 `{approve}`，或在控制台中同意，然后让智能体再调用一次。{lasting}")
    }

    /// Why the call is not run at all.
    pub fn refusal(&self, lang: Lang) -> String {
        let (what, why) = (self.what(Reader::Client, lang), self.reasons(Reader::Client, lang));
        let secret = matches!(self.judged.decision, CallDecision::Block(ref doubts) if doubts.contains(&Doubt::Secret));
        if secret {
            return say!(lang,
                en: "this call was not run.\n{what}\n\nWhy:\n{why}\n\nGive the tool its secret outside the conversation, for example in the environment of its server.",
                zh: "这次调用没有执行。\n{what}\n\n原因：\n{why}\n\n请不要在对话中传递密钥，而是直接交给工具，例如放在其服务器的环境变量里。");
        }
        say!(lang,
            en: "this call was not run.\n{what}\n\nWhy:\n{why}\n\nThe rules of this project do not allow it. They are under [tools] and [mcp] in ombud.toml.",
            zh: "这次调用没有执行。\n{what}\n\n原因：\n{why}\n\n本项目的规则不允许；规则写在 ombud.toml 的 [tools] 和 [mcp] 中。")
    }

    fn what(&self, reader: Reader, lang: Lang) -> String {
        let (tool, server) = (quoted(self.tool), quoted(self.server));
        let arguments = if reader == Reader::User { &self.judged.arguments } else { &self.judged.written };
        let (does, arguments) = (self.judged.effect.say(lang), shown(arguments, SHOWN));
        say!(lang,
            en: "The tool {tool} of {server}, which {does}, is called with:\n{arguments}",
            zh: "即将调用 {server} 的工具 {tool}（{does}），参数为：\n{arguments}")
    }

    fn reasons(&self, reader: Reader, lang: Lang) -> String {
        let why = self.why.iter().map(|why| match why {
            Why::Doubts(doubts) if reader == Reader::Client => {
                Why::Doubts(doubts.iter().map(|doubt| self.unrestored(doubt)).collect())
            }
            other => other.clone(),
        });
        why.flat_map(|why| why.lines(lang)).collect::<Vec<_>>().join("\n")
    }

    /// A doubt as the client may read it: with tokens instead of values, and without a value that it neither wrote nor was
    /// shown.
    fn unrestored(&self, doubt: &Doubt) -> Doubt {
        let mut doubt = doubt.clone();
        if let Doubt::Steered { value, .. }
        | Doubt::Foreign { value, .. }
        | Doubt::Instructed { value, .. }
        | Doubt::Unseen { value, .. } = &mut doubt
        {
            let written = &self.judged.written;
            let tokens = self.judged.tokens.iter();
            *value = tokens.fold(std::mem::take(value), |text, (value, token)| text.replace(value, token));
            if ![written, &canonical(written)].iter().any(|text| text.contains(&**value)) {
                "…".clone_into(value);
            }
        }
        doubt
    }
}

impl Why {
    fn lines(&self, lang: Lang) -> Vec<String> {
        match self {
            Self::Doubts(doubts) => doubts.iter().map(|doubt| format!("- {}", told(doubt, lang))).collect(),
            Self::Changed(differences) => {
                let mut lines = vec![say!(lang,
                    en: "- the server now describes this tool differently from when it was first seen:",
                    zh: "- 服务器对这个工具的描述与首次见到时不同：")];
                lines.extend(differences.iter().map(|line| format!("  {line}")));
                lines
            }
        }
    }
}

/// A doubt, worded for an edge that does not see the user's words.
fn told(doubt: &Doubt, lang: Lang) -> String {
    match doubt {
        Doubt::NotAsked => say!(lang,
            en: "what you told the agent is not visible here, so Ombud cannot tell whether you asked for it",
            zh: "从这里看不到你对智能体说的话，无法判断这是否是你的要求"),
        Doubt::Unseen { part, value, .. } => {
            let (part, value) = (part.say(lang), quoted(value));
            say!(lang, en: "{part} {value} appears in no earlier result", zh: "{part} {value} 未在先前的结果中出现")
        }
        other => other.say(lang),
    }
}

/// Here also joiners and every variation selector: nothing may make two calls look alike.
pub(crate) fn is_invisible(ch: char) -> bool {
    is_unseen(ch) || matches!(ch, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// The parameters of `elicitation/create`.
pub fn form(question: &str, lang: Lang) -> Value {
    let title = say!(lang, en: "Allow this call", zh: "允许这次调用");
    json!({
        "message": question,
        "requestedSchema": {
            "type": "object",
            "properties": { "allow": { "type": "boolean", "title": title } },
            "required": ["allow"]
        }
    })
}

/// Whether the result of an elicitation allows the call: only a clear yes does.
pub fn allows(result: &Value) -> bool {
    result.get("action").and_then(Value::as_str) == Some("accept")
        && result.pointer("/content/allow").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_clear_yes_allows() {
        assert!(allows(&json!({ "action": "accept", "content": { "allow": true } })));
        for answer in [
            json!({ "action": "accept" }),
            json!({ "action": "accept", "content": { "allow": "true" } }),
            json!({ "action": "accept", "content": { "allow": false } }),
            json!({ "action": "decline", "content": { "allow": true } }),
            json!({ "action": "cancel" }),
            json!("accept"),
        ] {
            assert!(!allows(&answer), "{answer}");
        }
    }
}
