//! Pins an MCP server to the version that the project has installed or locked. A version is never invented: without one there
//! is no edit.
//!
//! Safe: it is the version that ran here before.

use std::path::Path;

use ombud_core::finding::Bilingual;
use serde_json::Value;

use super::{Case, Fix, Fixer, Safety};
use crate::facts::Server;

pub(super) const FIXER: Fixer = Fixer { rules: &["mcp-server-not-pinned"], offer };

/// Larger files are not parsed just to find one version.
const MAX_FILE: u64 = 8 * 1024 * 1024;

fn offer(case: &Case<'_>) -> Option<Fix> {
    let (server, written) = argument(case)?;
    let name = bare(written);
    let (mark, version) = match family(&server.command.text)? {
        Family::Npm => ("@", of_npm(case.project.root, name)?),
        Family::Python => ("==", of_python(case.project.root, name)?),
    };
    let literal = case.file.text.get(case.at().clone())?;
    let start = case.at().start + literal.find(written)?;
    let edit = case.edit(start..start + written.len(), format!("{name}{mark}{version}"));
    let title = Bilingual::new(
        format!("pin `{name}` to version {version}, the one installed or locked in this project"),
        format!("把 `{name}` 固定为本项目已安装的版本 {version}"),
    );
    Some(Fix::new(title, Safety::Safe, vec![edit]))
}

/// Returns the server of a finding, and its package as written.
fn argument<'a>(case: &Case<'a>) -> Option<(&'a Server, &'a str)> {
    let servers = case.project.facts.servers.iter();
    servers
        .flat_map(|server| server.arguments.iter().map(move |argument| (server, argument)))
        .find(|(server, argument)| argument.span == *case.at() && is_in(case, server))
        .map(|(server, argument)| (server, argument.text.as_str()))
}

fn is_in(case: &Case<'_>, server: &Server) -> bool {
    case.project.facts.files.get(server.file).is_some_and(|file| file.path == case.file.path)
}

enum Family {
    Npm,
    Python,
}

fn family(command: &str) -> Option<Family> {
    let command = command.rsplit(['/', '\\']).next().unwrap_or_default();
    match command.split('.').next().unwrap_or_default() {
        "npx" | "bunx" | "pnpx" | "pnpm" | "yarn" | "bun" => Some(Family::Npm),
        "uvx" | "pipx" => Some(Family::Python),
        _ => None,
    }
}

/// Strips the tag from a package name: `name@latest`.
fn bare(package: &str) -> &str {
    let tag = package.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1);
    package.get(..tag.unwrap_or(package.len())).unwrap_or(package)
}

fn of_npm(root: &Path, name: &str) -> Option<String> {
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':']);
    if !name.split('/').all(plain) {
        return None;
    }
    let installed = json(&root.join("node_modules").join(name).join("package.json"));
    let installed = installed.as_ref().and_then(|file| file.get("version")).and_then(Value::as_str);
    installed.and_then(version).or_else(|| locked(root, name))
}

fn locked(root: &Path, name: &str) -> Option<String> {
    let lock = json(&root.join("package-lock.json"))?;
    let entry = lock.get("packages")?.get(format!("node_modules/{name}"))?;
    version(entry.get("version")?.as_str()?)
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_str(&read(path)?).ok()
}

fn read(path: &Path) -> Option<String> {
    let small = std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_FILE);
    small.then(|| std::fs::read_to_string(path).ok()).flatten()
}

fn of_python(root: &Path, name: &str) -> Option<String> {
    let in_lock =
        ["uv.lock", "poetry.lock"].iter().find_map(|file| in_tables(&read(&root.join(file))?, name));
    in_lock.or_else(|| in_requirements(&read(&root.join("requirements.txt"))?, name))
}

/// Looks for `name = "…"` followed by `version = "…"` on the next line, as both lock files write it.
fn in_tables(text: &str, name: &str) -> Option<String> {
    let value = |line: &str, key: &str| -> Option<String> {
        let rest = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
        Some(rest.strip_prefix('"')?.strip_suffix('"')?.to_owned())
    };
    let mut lines = text.lines();
    lines.find(|line| value(line, "name").is_some_and(|found| same(&found, name)))?;
    version(&value(lines.next()?, "version")?)
}

fn in_requirements(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (found, rest) = line.split_once("==")?;
        let end = rest.find([' ', ';', '#', '\t']).unwrap_or(rest.len());
        same(found.trim(), name).then(|| version(rest.get(..end)?)).flatten()
    })
}

/// Compares names of Python packages, in which `-`, `_` and `.` are equivalent.
fn same(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    plain(one) == plain(other)
}

/// Returns the text if it is an exact version.
fn version(text: &str) -> Option<String> {
    let known = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '.' | '-' | '+');
    let whole =
        text.starts_with(|ch: char| ch.is_ascii_digit()) && text.len() <= 64 && text.chars().all(known);
    whole.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_not_guessed() {
        let lock = "[[package]]\nname = \"other\"\nversion = \"9\"\n\n[[package]]\nname = \"mcp-server-time\"\nversion = \"0.6.2\"\n";
        assert_eq!(in_tables(lock, "mcp_server_time").as_deref(), Some("0.6.2"));
        assert_eq!(in_tables(lock, "mcp"), None);
        assert_eq!(
            in_requirements("a==1\nMCP.server-time==0.6.2 ; x\n", "mcp-server-time").as_deref(),
            Some("0.6.2")
        );
        assert_eq!(in_requirements("mcp-server-time>=0.6\n", "mcp-server-time"), None);
        assert_eq!(
            (version("1.2.3-rc.1").as_deref(), version("^1"), version("1\" \"x")),
            (Some("1.2.3-rc.1"), None, None)
        );
        assert_eq!(
            (bare("@a/b@latest"), bare("@a/b"), bare("b@next"), bare("b")),
            ("@a/b", "@a/b", "b", "b")
        );
        assert_eq!(of_npm(Path::new("/"), "../../etc"), None);
    }
}
