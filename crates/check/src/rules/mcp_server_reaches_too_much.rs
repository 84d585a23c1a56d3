//! `mcp-server-reaches-too-much`
//!
//! What it does: finds MCP servers with access to the whole disk or home folder, the host's network or all of a container's
//! privileges, and assistants that may run any command without asking: a switch in code that starts a coding agent
//! (`permission_mode="bypassPermissions"`), the same in a configuration, and `"allow": ["Bash(*)"]`. A mode that is listed
//! among other choices is not reported.
//!
//! Why it matters: one sentence in a page that the model reads is then enough to read or change everything the user has.
//!
//! Reference: OWASP ASI03, LLM06; risks P01 and S07.

use std::ops::Range;

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity};

use super::{Context, Project, Rule, Text, finding, place};
use crate::check::is_test;
use crate::code::{UNASKED, names};
use crate::facts::{Call, Deed, Facts, Flaw, FunctionId, Server, Spanned};
use crate::walk::Source;

pub(super) const RULE: Rule = Rule {
    id: RuleId("mcp-server-reaches-too-much"),
    risks: &["P01", "S07"],
    severity: Severity::Warning,
    title: Text {
        en: "an assistant or MCP server has too much access", zh: "助手或 MCP 服务器权限过大"
    },
    harm: Text {
        en: "A sentence in a web page or an email can make the agent read or change all of the user's files.",
        zh: "网页或邮件里的一句话，就可能让智能体读取或修改用户的所有文件。",
    },
    fix: Text {
        en: "Give a server only the folder that the task needs, and drop `--privileged` and `--network host`. Let an assistant keep asking (`permission_mode=\"default\"`) and allow only specific commands: `Bash(git status)`.",
        zh: "服务器只给任务所需的那个文件夹，去掉 `--privileged` 和 `--network host`。助手保留询问（`permission_mode=\"default\"`），只放行具体命令：`Bash(git status)`。",
    },
    example: "- \"args\": [\"-y\", \"@scope/server-files@1.4.2\", \"/\"]\n+ \"args\": [\"-y\", \"@scope/server-files@1.4.2\", \"./notes\"]\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let servers = project.facts.servers.iter().filter(|server| !server.disabled);
    servers.filter_map(|server| one(project, server)).chain(switched_off(project)).collect()
}

/// Reports coding agents that are started so that they never ask. Each location is reported once.
fn switched_off(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let off = |call: &Call| call.does.contains(&Deed::Flaw(Flaw::SkipsPermissions));
    let mut found: Vec<Finding> = Vec::new();
    for (function, call) in project.reach.calls(facts).filter(|(_, call)| off(call)) {
        let place = written(facts, function, call);
        // An object built with the switch may be passed to a call on the next line.
        let near =
            |other: &Finding| other.place.path == place.path && other.place.line.abs_diff(place.line) < 2;
        if !found.iter().any(near) {
            found.push(unbound(place));
        }
    }
    found
}

fn unbound(place: Place) -> Finding {
    let message = Bilingual::new(
        "the assistant started with this can run any command without asking anyone",
        "以此启动的助手可以运行任何命令，事先不询问任何人",
    );
    finding(&RULE, Severity::Warning, Confidence::High, place, message)
}

/// Returns where the switch is written: in the call, else the last one before it in the function, else the first in the file.
fn written(facts: &Facts, function: FunctionId, call: &Call) -> Place {
    let whole = || facts.call_place(function, call);
    let Some(owner) = facts.functions.get(function) else { return whole() };
    let Some(text) = facts.files.get(owner.file).map(|file| file.text.as_str()) else { return whole() };
    let start = if owner.body.is_empty() { 0 } else { owner.body.start };
    let before = text.get(start..call.span.end).unwrap_or_default();
    let last = UNASKED.iter().filter_map(|word| Some((start + before.rfind(word)?, word.len()))).max();
    let first = || UNASKED.iter().filter_map(|word| Some((text.find(word)?, word.len()))).min();
    last.or_else(first).map_or_else(whole, |(at, len)| facts.place(owner.file, at..at + len))
}

/// Reports the first setting in a configuration that lets an assistant run any command.
pub(crate) fn text(source: &Source, _: &Context<'_>) -> Vec<Finding> {
    let end = source.path.rsplit_once('.').map_or("", |parts| parts.1);
    let settings = matches!(end, "json" | "jsonc" | "yaml" | "yml" | "toml");
    if !settings || source.language.is_some() || is_test(&source.path) {
        return Vec::new();
    }
    let found = allows_all(&source.text, source.path.contains(".claude/"));
    found.map(|span| unbound(place(source, span))).into_iter().collect()
}

/// Returns the span of the first configuration value that allows everything.
fn allows_all(text: &str, of_assistant: bool) -> Option<Range<usize>> {
    const MODES: &[&str] = &["bypassPermissions", "danger-full-access"];
    const TOOLS: &[&str] = &["Bash", "Bash(*)", "Bash(:*)", "Bash(*:*)", "Bash(**)"];
    let first = |words: &[&str], counts: &dyn Fn(&str, &str, bool) -> bool| {
        let all = words.iter().flat_map(|word| text.match_indices(word));
        let one = |(at, word): (usize, &str)| {
            let (before, after) = (text.get(..at)?, text.get(at + word.len()..)?);
            let bare = before.trim_end_matches(['"', '\'']);
            let quoted = bare.len() < before.len() && after.starts_with(['"', '\'']);
            let rest = after.trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']);
            let whole = rest.is_empty() || rest.starts_with([',', '}', ']', '\n', '\r', '#']);
            let line = bare.rsplit('\n').next().unwrap_or_default();
            let comment = line.trim_start().starts_with(['#', '/']) || line.contains(" #");
            (whole && !comment && counts(bare.trim_end_matches([' ', '\t']), line, quoted))
                .then(|| at..at + word.len())
        };
        all.filter_map(one).min_by_key(|span| span.start)
    };
    let flags: Vec<&str> = UNASKED.iter().filter(|flag| flag.starts_with("--")).copied().collect();
    let mode = first(MODES, &|before, line, _| before.ends_with([':', '=']) && !refused(before, line));
    let flag =
        first(&flags, &|before, line, quoted| (quoted || line.trim() == "-") && !refused(before, line));
    // Denied and ask-first tools are in lists of the same file.
    let allowed = |before: &str| {
        let list = |name: &str| before.rfind(&format!("\"{name}\""));
        list("allow").is_some_and(|at| at > list("deny").max(list("ask")).unwrap_or(0))
    };
    let tool = first(TOOLS, &|before, _, quoted| of_assistant && quoted && allowed(before));
    [mode, flag, tool].into_iter().flatten().min_by_key(|span| span.start)
}

/// Whether the value's key says that it is unwanted: `forbidden: "bypassPermissions"`, or a list under such a key.
fn refused(before: &str, line: &str) -> bool {
    const WORDS: &[&str] = &[
        "forbid*",
        "deny",
        "denied",
        "disallow*",
        "block*",
        "reject*",
        "prohibit*",
        "ban",
        "banned",
        "never",
    ];
    let key = if line.trim_start().starts_with('-') || !line.contains([':', '=']) {
        let item = |line: &&str| {
            line.trim().is_empty()
                || line.trim_start().starts_with(['-', '#', '"', '\'']) && !line.contains([':', '='])
        };
        before.rsplit('\n').find(|line| line.contains([':', '=']) || !item(line)).unwrap_or_default()
    } else {
        line
    };
    names(key.split([':', '=']).next().unwrap_or_default(), WORDS)
}

fn one(project: &Project<'_>, server: &Server) -> Option<Finding> {
    let (what, en, zh) = reach(server)?;
    let name = &server.name;
    let message = Bilingual::new(
        format!("the MCP server `{name}` {en}: `{}`", what.text),
        format!("MCP 服务器 `{name}` {zh}：`{}`", what.text),
    );
    let place = project.facts.place(server.file, what.span.clone());
    let mut found = finding(&RULE, Severity::Warning, Confidence::High, place, message);
    found.subject.clone_from(name);
    Some(found)
}

fn reach(server: &Server) -> Option<(&Spanned, &'static str, &'static str)> {
    let files = server.arguments.iter().any(|argument| argument.text.contains("filesystem"));
    let container = matches!(server.command.text.rsplit('/').next(), Some("docker" | "podman"));
    let mut before = "";
    for argument in &server.arguments {
        let text = argument.text.as_str();
        if files && is_everything(text) {
            return Some((
                argument,
                "has access to the whole disk or home folder",
                "可以访问整个磁盘或主目录",
            ));
        }
        if container && (text == "--privileged" || text.starts_with("--cap-add=ALL")) {
            return Some((argument, "has all privileges on the host", "拥有整台机器的权限"));
        }
        let host = text == "--network=host" || text == "--net=host";
        if container && (host || (matches!(before, "--network" | "--net") && text == "host")) {
            return Some((argument, "has access to the host's network", "可以使用整台机器的网络"));
        }
        let mounted = text.strip_prefix("-v=").or_else(|| text.strip_prefix("--volume=")).unwrap_or(text);
        let mounts = matches!(before, "-v" | "--volume") || mounted != text;
        if container && mounts && mounted.split(':').next().is_some_and(is_everything) {
            return Some((
                argument,
                "has access to the whole disk or home folder",
                "可以访问整个磁盘或主目录",
            ));
        }
        before = text;
    }
    None
}

fn is_everything(path: &str) -> bool {
    let path = path.trim_end_matches(['/', '\\']);
    matches!(
        path,
        "" | "~" | "$HOME" | "${HOME}" | "C:" | "%USERPROFILE%" | "/home" | "/Users" | "/root" | "/etc"
    ) || path
        .strip_prefix("/Users/")
        .or_else(|| path.strip_prefix("/home/"))
        .is_some_and(|rest| !rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_allows_all() {
        for line in [
            "  permission_mode: \"bypassPermissions\"\n",
            "    \"defaultMode\": \"bypassPermissions\",",
            "sandbox_mode = \"danger-full-access\"",
            "    - \"--dangerously-skip-permissions\"",
            "  \"args\": [\"-p\", \"--dangerously-skip-permissions\"],",
        ] {
            assert!(allows_all(line, false).is_some(), "{line}");
        }
        let settings = "{\"permissions\":{\"deny\":[\"WebFetch\"],\"allow\":[\"Bash(*)\"]}}";
        assert_eq!(allows_all(settings, true).map(|span| &settings[span]), Some("Bash(*)"));
        assert!(allows_all(settings, false).is_none());
        assert!(
            allows_all("{\"permissions\":{\"allow\":[\"Read\"],\"deny\":[\"Bash(*)\"]}}", true).is_none()
        );
        assert!(allows_all("{\"defaultMode\":\"bypassPermissions\"}", true).is_some());
        for line in [
            "  # permission_mode: \"default\", \"bypassPermissions\"",
            "  modes: [\"default\", \"bypassPermissions\"]",
            "  permission_mode: acceptEdits  # never bypassPermissions",
            "  note: we never start it with --dangerously-skip-permissions",
            "      \"Bash(git status)\",",
        ] {
            assert!(allows_all(line, true).is_none(), "{line}");
        }
    }

    #[test]
    fn everything_is_told_from_a_folder() {
        assert!(
            is_everything("/") && is_everything("~") && is_everything("/Users/ana/") && is_everything("C:\\")
        );
        assert!(
            !is_everything("/Users/ana/notes") && !is_everything("./notes") && !is_everything("/workspace")
        );
    }
}
