//! `mcp-server-reaches-too-much`
//!
//! What it does: finds MCP servers that get the whole disk or the home folder, the host's network or all of a container's
//! privileges, and assistants that may run any command without asking.
//!
//! Why it matters: one sentence in a page that the model reads is then enough to read or change everything of the user.
//!
//! Reference: OWASP ASI03, LLM06; risks P01 and S07.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Server, Spanned};

pub(super) const RULE: Rule = Rule {
    id: RuleId("mcp-server-reaches-too-much"),
    risks: &["P01", "S07"],
    severity: Severity::Warning,
    title: Text { en: "an MCP server may reach everything", zh: "MCP 服务器权限过大" },
    harm: Text {
        en: "A sentence in a web page or a mail can make the agent read or change every file of the user.",
        zh: "网页或邮件里的一句话，就可能让智能体读取或修改用户的所有文件。",
    },
    fix: Text {
        en: "Give it one folder that holds what the task needs, and leave out `--privileged` and `--network host`.",
        zh: "只给它任务所需的那个文件夹，去掉 `--privileged` 和 `--network host`。",
    },
    example: "- \"args\": [\"-y\", \"@scope/server-files@1.4.2\", \"/\"]\n+ \"args\": [\"-y\", \"@scope/server-files@1.4.2\", \"./notes\"]\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let servers = project.facts.servers.iter().filter(|server| !server.disabled);
    servers.filter_map(|server| one(project, server)).collect()
}

fn one(project: &Project<'_>, server: &Server) -> Option<Finding> {
    let (what, en, zh) = reach(server)?;
    let name = &server.name;
    let message = Bilingual::new(
        format!("the MCP server `{name}` gets {en}: `{}`", what.text),
        format!("MCP 服务器 `{name}` 获得了{zh}：`{}`", what.text),
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
            return Some((argument, "the whole disk or home folder", "整个磁盘或主目录"));
        }
        if container && (text == "--privileged" || text.starts_with("--cap-add=ALL")) {
            return Some((argument, "all privileges of the machine", "整台机器的权限"));
        }
        let host = text == "--network=host" || text == "--net=host";
        if container && (host || (matches!(before, "--network" | "--net") && text == "host")) {
            return Some((argument, "the network of the machine", "整台机器的网络"));
        }
        let mounted = text.strip_prefix("-v=").or_else(|| text.strip_prefix("--volume=")).unwrap_or(text);
        let mounts = matches!(before, "-v" | "--volume") || mounted != text;
        if container && mounts && mounted.split(':').next().is_some_and(is_everything) {
            return Some((argument, "the whole disk or home folder", "整个磁盘或主目录"));
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
    fn everything_is_told_from_a_folder() {
        assert!(
            is_everything("/") && is_everything("~") && is_everything("/Users/ana/") && is_everything("C:\\")
        );
        assert!(
            !is_everything("/Users/ana/notes") && !is_everything("./notes") && !is_everything("/workspace")
        );
    }
}
