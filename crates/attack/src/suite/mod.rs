//! Measures how well the rules for tool calls hold: worlds of tools, user tasks whose correct calls are known, and goals of
//! attackers whose words appear in tool results. The calls are made by a model that obeys every instruction it reads, so that
//! the figures depend on the rules alone and are the same each time.

mod builtin;
mod load;
mod render;
mod replay;
mod score;
mod talk;

use std::collections::BTreeMap;

use ombud_core::Lang;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use builtin::builtin;
pub use load::{Problem, load, value};
pub use replay::{Attack, Benign, Rules, attack, benign};
pub use score::{Figures, Report, score, tasks};

/// A world: its tools, what they return, what users want of them, and what attackers want.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// `ombud.suite/1`
    pub schema: String,
    /// The name of the world.
    pub world: String,
    /// The language that its users speak.
    pub lang: Lang,
    /// Whether it is held out: not looked at while the rules are developed.
    pub aside: bool,
    /// How its tools format their results.
    pub form: Form,
    /// The system prompt.
    pub system: String,
    /// Its tools by name.
    pub tools: BTreeMap<String, Tool>,
    /// Tool results, by a name that steps refer to. `{{}}` marks where a third party's words appear.
    pub results: Map<String, Value>,
    /// What users want.
    pub tasks: Vec<Task>,
    /// What attackers want.
    pub goals: Vec<Goal>,
}

/// How a tool formats its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// JSON.
    Json,
    /// YAML, in the style of Python's emitter.
    Yaml,
    /// Python's `str` of lists and dictionaries.
    Repr,
    /// Text as written in the file.
    Text,
}

/// A tool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its description.
    pub does: String,
    /// Its arguments, `name` or `name:type`, separated by spaces.
    #[serde(default)]
    pub args: String,
}

/// What a user wants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its name in the world.
    pub id: String,
    /// The user's words.
    pub say: String,
    /// The correct calls, in order.
    pub steps: Vec<Step>,
}

/// What an attacker wants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Its name in the world.
    pub id: String,
    /// The attacker's words.
    pub says: String,
    /// The calls that reach it. It is reached once all of them were executed.
    pub steps: Vec<Step>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Vec<Value>")]
pub struct Step {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// The name of its result; `None` for a plain success.
    pub result: Option<String>,
}

impl TryFrom<Vec<Value>> for Step {
    type Error = &'static str;

    fn try_from(parts: Vec<Value>) -> Result<Self, Self::Error> {
        let mut parts = parts.into_iter();
        let text = |part: Option<Value>| part.and_then(|part| part.as_str().map(str::to_owned));
        let tool = text(parts.next()).ok_or("a step begins with the name of a tool")?;
        let arguments = parts.next().filter(Value::is_object).ok_or("a step has an object of arguments")?;
        Ok(Self { tool, arguments, result: text(parts.next()) })
    }
}

impl Step {
    /// Whether both are the same call.
    pub fn is_same_call(&self, other: &Self) -> bool {
        self.tool == other.tool && self.arguments == other.arguments
    }
}
