//! `mcp-server-not-pinned`
//!
//! What it does: finds MCP servers that are fetched anew at every start without a version: `npx -y package`, `uvx package`,
//! `…@latest`.
//!
//! Why it matters: whoever takes over the package, or its name, runs code on the machine of everybody who starts the agent.
//!
//! Reference: OWASP ASI04 (agentic supply chain); risk S12.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Server, Spanned};

pub(super) const RULE: Rule = Rule {
    id: RuleId("mcp-server-not-pinned"),
    risks: &["S12"],
    severity: Severity::Warning,
    title: Text { en: "an MCP server is fetched without a version", zh: "MCP 服务器未固定版本" },
    harm: Text {
        en: "A new version that nobody has read runs on the machine at the next start, with everything the user may do.",
        zh: "下次启动时就会运行一个没人看过的新版本，它能做用户能做的一切。",
    },
    fix: Text {
        en: "Name the version that you looked at: `package@1.2.3` for npx, `package==1.2.3` for uvx.",
        zh: "写明你检查过的版本：npx 用 `包名@1.2.3`，uvx 用 `包名==1.2.3`。",
    },
    example: "- \"args\": [\"-y\", \"@scope/server-files\", \"notes\"]\n+ \"args\": [\"-y\", \"@scope/server-files@1.4.2\", \"notes\"]\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let servers = project.facts.servers.iter().filter(|server| !server.disabled);
    servers.filter_map(|server| one(project, server)).collect()
}

fn one(project: &Project<'_>, server: &Server) -> Option<Finding> {
    let package = fetched(server)?;
    let name = &package.text;
    let message = Bilingual::new(
        format!("`{name}` is fetched at every start, in whatever version there is then"),
        format!("`{name}` 每次启动都会重新下载，版本不固定"),
    );
    let place = project.facts.place(server.file, package.span.clone());
    let mut found = finding(&RULE, Severity::Warning, Confidence::High, place, message);
    found.subject.clone_from(&server.name);
    Some(found)
}

/// The package that a command fetches, if no version stands with it.
fn fetched(server: &Server) -> Option<&Spanned> {
    let command = server.command.text.rsplit(['/', '\\']).next().unwrap_or_default();
    let command = command.strip_suffix(".cmd").or_else(|| command.strip_suffix(".exe")).unwrap_or(command);
    let mut arguments = server.arguments.iter();
    let fetches = match command {
        "npx" | "bunx" | "uvx" | "pnpx" => true,
        "pnpm" | "yarn" => arguments.next().is_some_and(|first| first.text == "dlx"),
        "bun" => arguments.next().is_some_and(|first| first.text == "x"),
        "pipx" => arguments.next().is_some_and(|first| first.text == "run"),
        _ => false,
    };
    let package = arguments.find(|argument| !argument.text.starts_with('-')).filter(|_| fetches)?;
    // A path or an address is no package of a registry.
    let registry = !package.text.starts_with(['.', '/', '~', '$']) && !package.text.contains("://");
    (registry && !is_pinned(&package.text)).then_some(package)
}

/// `name@1.2.3`, `@scope/name@1.2.3`, `name==1.2.3`, and a commit.
fn is_pinned(package: &str) -> bool {
    let version = package.split_once("==").or_else(|| package.get(1..)?.split_once('@')).map(|parts| parts.1);
    version.is_some_and(|version| version.starts_with(|ch: char| ch.is_ascii_digit()) || version.len() >= 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told() {
        assert!(is_pinned("@scope/server@1.4.2") && is_pinned("server==0.3.1") && is_pinned("server@2"));
        assert!(
            !is_pinned("@scope/server") && !is_pinned("server@latest") && !is_pinned("@scope/server@next")
        );
    }
}
