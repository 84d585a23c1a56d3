//! Reads a world and checks that its steps refer to its own tools and results.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

use super::{Step, World};

/// What is wrong with a world.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file is not YAML.
    #[error("{0} is not readable YAML: {1}")]
    Syntax(String, String),
    /// The file does not have the fields of a world.
    #[error("{0} is not a world: {1}")]
    Fields(String, #[source] serde_json::Error),
    /// A step names a tool or a result that the world does not have.
    #[error("{0}: a step names `{1}`, which the world does not have")]
    Unknown(String, String),
}

/// Reads a world from the text of a file.
pub fn load(file: &str, text: &str) -> Result<World, Problem> {
    let documents = Yaml::load_from_str(text)
        .map_err(|error| Problem::Syntax(file.to_owned(), error.info().to_owned()))?;
    let value = documents.first().map(json).unwrap_or_default();
    let world: World =
        serde_json::from_value(value).map_err(|error| Problem::Fields(file.to_owned(), error))?;
    match unknown(&world) {
        Some(name) => Err(Problem::Unknown(file.to_owned(), name)),
        None => Ok(world),
    }
}

/// The first tool or result named in a step that the world does not have.
fn unknown(world: &World) -> Option<String> {
    let tasks = world.tasks.iter().flat_map(|task| &task.steps);
    let steps: Vec<&Step> = tasks.chain(world.goals.iter().flat_map(|goal| &goal.steps)).collect();
    let tool = steps.iter().map(|step| &step.tool).find(|tool| !world.tools.contains_key(*tool));
    let result =
        steps.iter().filter_map(|step| step.result.as_ref()).find(|name| !world.results.contains_key(*name));
    tool.or(result).cloned()
}

/// Parses a YAML document (JSON is a subset of YAML), or returns what is wrong with it.
pub fn value(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    Ok(documents.first().map(json).unwrap_or_default())
}

fn json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Mapping(members) => {
            let pair = |(key, value): (&Yaml<'_>, &Yaml<'_>)| {
                (key.as_str().unwrap_or_default().to_owned(), json(value))
            };
            members.iter().map(pair).collect::<Map<_, _>>().into()
        }
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Value(scalar) => plain(scalar),
        _ => Value::Null,
    }
}

fn plain(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Boolean(yes) => (*yes).into(),
        Scalar::Integer(number) => (*number).into(),
        Scalar::FloatingPoint(number) => number.into_inner().into(),
        Scalar::String(text) => text.as_ref().into(),
        Scalar::Null => Value::Null,
    }
}
