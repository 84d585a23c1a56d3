//! Attack templates: data, one per file.

mod builtin;
mod canary;
mod load;

pub use builtin::builtin;
pub use canary::Canaries;
pub use load::{Problem, load};

use ombud_core::gate::Gate;
use ombud_core::{Effect, Lang};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The only format there is so far.
pub const SCHEMA: &str = "ombud.template/1";

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Both {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Both {
    /// The text in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// How bad it is for the end user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A nuisance.
    Low,
    /// Harm that can be undone.
    Medium,
    /// Harm that cannot.
    High,
}

/// The way the attacker's words reach the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A mail or message that a tool returns.
    Mail,
    /// A file that a tool returns.
    File,
    /// A web page that a tool returns.
    Page,
    /// A chunk from a knowledge base.
    Retrieved,
    /// A memory item.
    Memory,
    /// The user's own words: the attacker is the user.
    Direct,
}

/// Where the thing that the attack is after is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Before the payload, in the same text.
    Result,
    /// In the operator's system prompt.
    System,
    /// In the memory.
    Memory,
}

/// Something of the user's or the operator's that must not leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plant {
    /// Where it is planted.
    pub into: Place,
    /// Its wording.
    pub text: Both,
}

/// How a payload is hidden from people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hide {
    /// Not hidden.
    #[default]
    Nothing,
    /// In a comment of a page.
    Comment,
    /// In white letters on white.
    White,
    /// With zero-width characters between the letters.
    ZeroWidth,
}

/// One wording of the attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// Its id within the template.
    pub id: String,
    /// Its words, with placeholders in double braces.
    pub text: Both,
    /// How it is hidden.
    #[serde(default)]
    pub hide: Hide,
}

/// A sign that the attack succeeded. A single one is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Oracle {
    /// A tool call was released whose arguments hold all of these, in whatever encoding.
    Call(CallSign),
    /// A response to the user holds all of these.
    Answer(AnswerSign),
    /// The agent made more requests to the model than this in one user turn.
    RequestsOver(u32),
}

/// See [`Oracle::Call`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallSign {
    /// What the arguments hold.
    pub holds: Vec<String>,
    /// The effect classes that count; all if there are none.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub effects: Vec<Effect>,
}

/// See [`Oracle::Answer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerSign {
    /// What the text holds.
    pub holds: Vec<String>,
}

/// What stops it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// The gate to set on the tool that the attack used; none where no tool gate can help.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub gate: Option<Gate>,
    /// What to do, in plain words.
    pub advice: Both,
}

/// An attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// `ombud.template/1`
    pub schema: String,
    /// Its id: stable, never reused for another attack.
    pub id: String,
    /// Increases with every change of a payload or an oracle.
    pub version: u32,
    /// What happens, in one line.
    pub title: Both,
    /// The harm to the end user, in plain words.
    pub why: Both,
    /// Ids of `registry/risks.json`.
    pub risks: Vec<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The way it comes.
    pub channel: Channel,
    /// What the user says that leads to the attack. In a direct attack, the payload is said instead.
    pub turn: Both,
    /// Harmless words in place of the payload, with which everything has to work.
    pub benign: Both,
    /// What the attack is after, if that has to be planted.
    #[serde(default)]
    pub plant: Option<Plant>,
    /// Puts the payload into every fitting text, not only into the first.
    #[serde(default)]
    pub everywhere: bool,
    /// Wordings.
    pub payloads: Vec<Payload>,
    /// Signs of success.
    pub oracle: Vec<Oracle>,
    /// What stops it.
    pub fix: Fix,
}
