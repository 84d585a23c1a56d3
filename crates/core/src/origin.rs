//! Where a piece of content came from.

use serde::{Deserialize, Serialize};

use crate::message::{Lang, Say};
use crate::say;

/// The origin of a slot, as far as the exchange itself shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// Written by the operator: system and developer prompts, tool definitions, parameters.
    Operator,
    /// Written by the subject, or by code in their name: a user turn.
    User,
    /// Written by the model: an earlier response or tool call in the history.
    Model,
    /// Returned by a tool.
    Tool {
        /// The tool's name where the history shows it.
        name: Option<String>,
        /// The id of the call it answers.
        call: Option<String>,
    },
    /// Taken from a memory of earlier conversations and put into a prompt.
    Memory {
        /// The store, where the prompt names it.
        name: Option<String>,
    },
    /// Retrieved from documents or the web and put into a prompt.
    Retrieved {
        /// The source, where the prompt names it.
        source: Option<String>,
    },
    /// Not attributed. Treated as untrusted.
    Unknown,
}

/// Whether content may carry instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Third-party content: data, never instructions.
    Untrusted,
    /// The model's own words: as trustworthy as what it read.
    Derived,
    /// The subject's own words.
    Subject,
    /// The operator's own words.
    Operator,
}

impl Origin {
    /// How far content of this origin is trusted.
    pub fn trust(&self) -> Trust {
        match self {
            Self::Operator => Trust::Operator,
            Self::User => Trust::Subject,
            Self::Model => Trust::Derived,
            Self::Tool { .. } | Self::Memory { .. } | Self::Retrieved { .. } | Self::Unknown => {
                Trust::Untrusted
            }
        }
    }
}

impl Say for Origin {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Operator => {
                say!(lang, en: "your own prompts and tool definitions", zh: "开发者的提示词和工具定义")
            }
            Self::User => say!(lang, en: "the user's own words", zh: "用户自己的话"),
            Self::Model => say!(lang, en: "the model's earlier words", zh: "模型先前的话"),
            Self::Tool { name: Some(name), .. } => {
                say!(lang, en: "the result of {name}", zh: "{name} 的返回结果")
            }
            Self::Tool { name: None, .. } => say!(lang, en: "the result of a tool", zh: "工具的返回结果"),
            Self::Memory { name: Some(name) } => say!(lang, en: "the memory {name}", zh: "记忆库 {name}"),
            Self::Memory { name: None } => say!(lang, en: "a memory", zh: "记忆"),
            Self::Retrieved { source: Some(source) } => {
                say!(lang, en: "the retrieved text {source}", zh: "检索到的资料 {source}")
            }
            Self::Retrieved { source: None } => say!(lang, en: "retrieved text", zh: "检索到的资料"),
            Self::Unknown => say!(lang, en: "content of unknown origin", zh: "来源不明的内容"),
        }
    }
}
