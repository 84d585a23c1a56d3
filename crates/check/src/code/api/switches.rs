//! Framework options that make them run what others wrote, or let through what their makers hold back.

use super::super::value::{Argument, Shape, Value, given, named};
use super::{last, root};
use crate::facts::{Deed, Flaw, Switch, Taint};

/// Whether an option is `true`, as an argument or within an options object.
fn is_on(arguments: &[Argument], name: &str) -> bool {
    let yes = |value: &Value| value.shape == Shape::Bool(true);
    let inside = |value: &Value| match &value.shape {
        Shape::Dict(items) => items.get(name).is_some_and(yes),
        _ => false,
    };
    named(arguments, &[name]).is_some_and(yes) || arguments.iter().any(|one| inside(&one.value))
}

/// Returns the unsafe option that a call sets.
pub(super) fn of(path: &str, arguments: &[Argument]) -> Option<Deed> {
    if arguments.is_empty() {
        return None;
    }
    let switch = match () {
        () if is_on(arguments, "trust_remote_code") && is_unpinned(arguments) => Switch::ForeignCode,
        () if is_on(arguments, "allow_dangerous_requests") => Switch::AnyRequest,
        () if is_on(arguments, "allow_dangerous_deserialization") => {
            let folder = given(arguments, 0, "folder_path").map_or(Taint::NONE, Value::deep_taint);
            Switch::Decoder { brought: folder.has(Taint::UNTRUSTED) }
        }
        () if without_container(path, arguments) => Switch::NoContainer,
        () if lets_all_through(path, arguments) => Switch::FilterOff,
        () => return None,
    };
    Some(Deed::Flaw(Flaw::Switch(switch)))
}

/// Whether the code that comes with a model may change: a repository is named without a commit, or by somebody else.
/// What the owner chooses, or a local folder, is theirs.
fn is_unpinned(arguments: &[Argument]) -> bool {
    const NAMES: &[&str] =
        &["model", "model_name", "model_id", "repo_id", "pretrained_model_name_or_path", "path", "tokenizer"];
    let revision = named(arguments, &["code_revision", "revision"]).and_then(Value::known_text);
    let commit = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    // A hub names a model `owner/name`; a folder of checkpoints is local.
    let here = |text: &str| {
        let first = text.split('/').next().unwrap_or_default();
        text.starts_with(['.', '/', '~']) || text.matches('/').count() != 1 || FOLDERS.contains(&first)
    };
    let model = named(arguments, NAMES).or_else(|| given(arguments, 0, "model"));
    !revision.is_some_and(commit)
        && !is_on(arguments, "local_files_only")
        && model.is_some_and(|model| match model.known_text() {
            Some(name) => !here(name),
            None => model.deep_taint().has(Taint::UNTRUSTED),
        })
}

/// Common names of local folders that hold models.
const FOLDERS: &[&str] = &[
    "checkpoint",
    "checkpoints",
    "ckpt",
    "ckpts",
    "model",
    "models",
    "output",
    "outputs",
    "weights",
    "runs",
    "results",
    "artifacts",
    "local",
    "saved_models",
    "cache",
    "tmp",
    "data",
    "assets",
    "pretrained",
];

/// `UserProxyAgent(code_execution_config={"use_docker": False})`, `CodeAgent(additional_authorized_imports=["*"])`,
/// `Agent(code_execution_mode="unsafe")`: what a model writes runs on the machine itself.
fn without_container(path: &str, arguments: &[Argument]) -> bool {
    let off = |value: &Value| match &value.shape {
        Shape::Dict(items) => items.get("use_docker").is_some_and(|one| one.shape == Shape::Bool(false)),
        _ => false,
    };
    let all = |value: &Value| match &value.shape {
        Shape::List(items) => items.iter().any(|one| one.known_text() == Some("*")),
        _ => false,
    };
    match root(path) {
        "autogen" | "pyautogen" | "ag2" | "autogen_agentchat" => {
            named(arguments, &["code_execution_config"]).is_some_and(off)
        }
        "smolagents" => {
            // An executor chosen by a variable may be a container.
            let elsewhere =
                named(arguments, &["executor_type", "executor", "use_e2b_executor"]).is_some_and(|value| {
                    value.known_text() != Some("local") && value.shape != Shape::Bool(false)
                });
            !elsewhere && named(arguments, &["additional_authorized_imports"]).is_some_and(all)
        }
        "crewai" => named(arguments, &["code_execution_mode"]).and_then(Value::known_text) == Some("unsafe"),
        _ => false,
    }
}

/// Whether a value is the threshold of a filter that lets everything through: `HarmBlockThreshold.BLOCK_NONE`.
pub(in crate::code) fn is_open_threshold(path: &str) -> bool {
    path.contains("HarmBlockThreshold.") && matches!(last(path), "BLOCK_NONE" | "OFF")
}

/// Whether a call disables a provider's filters, or the check of generated images.
fn lets_all_through(path: &str, arguments: &[Argument]) -> bool {
    let pictures = match root(path) {
        "diffusers" => named(arguments, &["safety_checker"]).is_some_and(|value| value.shape == Shape::None),
        "fal_client" | "@fal-ai/client" | "@fal-ai/serverless-client" => {
            says(arguments, "enable_safety_checker", false)
        }
        "replicate" => says(arguments, "disable_safety_checker", true),
        _ => false,
    };
    pictures || arguments.iter().any(|one| holds_open_threshold(&one.value, 0))
}

/// Whether an option of a call has this value at any level.
fn says(arguments: &[Argument], name: &str, wanted: bool) -> bool {
    fn within(value: &Value, name: &str, wanted: bool, depth: usize) -> bool {
        let Shape::Dict(items) = &value.shape else { return false };
        let own = items.get(name).is_some_and(|one| one.shape == Shape::Bool(wanted));
        own || depth < 3 && items.values().any(|one| within(one, name, wanted, depth + 1))
    }
    arguments.iter().any(|one| within(&one.value, name, wanted, 0))
}

fn holds_open_threshold(value: &Value, depth: usize) -> bool {
    let deeper = |inner: &Value| depth < 4 && holds_open_threshold(inner, depth + 1);
    match &value.shape {
        Shape::Path(path) => is_open_threshold(path),
        // In a request body the threshold is a text next to the harm category.
        Shape::Dict(items) => {
            let open = items.get("threshold").and_then(Value::known_text);
            items.contains_key("category") && matches!(open, Some("BLOCK_NONE" | "OFF"))
                || items
                    .iter()
                    .any(|(key, one)| key.starts_with("HARM_") && one.known_text() == Some("BLOCK_NONE"))
                || items.values().any(deeper)
        }
        Shape::List(items) => items.iter().any(deeper),
        Shape::Made(made) if root(&made.path).contains("google") || root(&made.path) == "vertexai" => {
            let open = named(&made.given, &["threshold"]).and_then(Value::known_text);
            last(made.path.trim_end_matches("()")) == "SafetySetting"
                && matches!(open, Some("BLOCK_NONE" | "OFF"))
                || made.given.iter().any(|one| deeper(&one.value))
        }
        _ => false,
    }
}
