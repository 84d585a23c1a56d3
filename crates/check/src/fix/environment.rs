//! Reads environment variables in the idiom of each language.

use super::code::Code;
use super::{Case, Edit};

/// Returns an expression that reads a required variable.
pub(super) fn required(code: &Code<'_>, name: &str) -> String {
    let typed =
        code.path.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "ts" | "tsx" | "mts" | "cts"));
    match (code.script, typed) {
        (false, _) => format!("os.environ[\"{name}\"]"),
        // The literal was a string, so the expression that replaces it keeps the type `string`.
        (true, true) => format!("process.env.{name}!"),
        (true, false) => format!("process.env.{name}"),
    }
}

/// Returns an expression that reads a variable, with a source literal as the default when it is not set.
pub(super) fn with_default(code: &Code<'_>, name: &str, literal: &str) -> String {
    if code.script {
        format!("process.env.{name} ?? {literal}")
    } else {
        format!("os.environ.get(\"{name}\", {literal})")
    }
}

/// Adds the `import os` that an expression with `os` needs.
pub(super) fn with_import(case: &Case<'_>, code: &Code<'_>, mut edits: Vec<Edit>) -> Vec<Edit> {
    let needed = (!code.script).then(|| code.import("import os")).flatten();
    edits.extend(needed.map(|(span, text)| case.edit(span, text)));
    edits
}

/// Converts a name to the form of environment variables: `apiKey` and `api-key` become `API_KEY`.
pub(super) fn variable(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for ch in name.chars() {
        if ch.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('_');
        }
        out.push(if ch.is_ascii_alphanumeric() { ch.to_ascii_uppercase() } else { '_' });
        before = ch;
    }
    out.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_variables() {
        let names = ["apiKey", "api-key", "API_KEY", "__token", "OpenAI", "X-Api-Key"].map(variable);
        assert_eq!(names, ["API_KEY", "API_KEY", "API_KEY", "TOKEN", "OPEN_AI", "X_API_KEY"]);
    }
}
