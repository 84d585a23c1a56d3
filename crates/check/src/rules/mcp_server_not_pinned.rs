//! `mcp-server-not-pinned`
//!
//! What it does: finds MCP servers that are fetched again at every start without a fixed version: `npx -y package`, `uvx
//! package`, `…@latest`, a repository without a commit, a registry image without a tag or digest.
//!
//! Why it matters: anyone who takes over the package, or its name, runs code on the machine of everyone who starts the agent.
//!
//! Reference: OWASP ASI04 (agentic supply chain); risk S12.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Server, Spanned};
use crate::launch;

pub(super) const RULE: Rule = Rule {
    id: RuleId("mcp-server-not-pinned"),
    risks: &["S12"],
    severity: Severity::Warning,
    title: Text { en: "an MCP server's version is not pinned", zh: "MCP 服务器未固定版本" },
    harm: Text {
        en: "At the next start, a new version that nobody has reviewed runs on the machine with all of the user's permissions.",
        zh: "下次启动时就会运行一个没人看过的新版本，它能做用户能做的一切。",
    },
    fix: Text {
        en: "Pin the version that you reviewed: `package@1.2.3` for npx, `package==1.2.3` for uvx.",
        zh: "写明你检查过的版本：npx 用 `包名@1.2.3`，uvx 用 `包名==1.2.3`。",
    },
    example: "- \"args\": [\"-y\", \"@scope/server-files\", \"notes\"]\n+ \"args\": [\"-y\", \"@scope/server-files@1.4.2\", \"notes\"]\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let servers = project.facts.servers.iter().filter(|server| !server.disabled);
    // Where a package's text occurs twice in one file, both are fixed in one go, so it is reported once.
    let mut seen: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut first = |server: &Server| {
        fetched(server).is_some_and(|package| seen.insert((server.file, package.text.clone())))
    };
    servers.filter(|server| first(server)).filter_map(|server| one(project, server)).collect()
}

fn one(project: &Project<'_>, server: &Server) -> Option<Finding> {
    let package = fetched(server)?;
    let name = &package.text;
    let message = Bilingual::new(
        format!("`{name}` is fetched at every start, in whatever version is current at the time"),
        format!("`{name}` 每次启动都会重新下载，版本不固定"),
    );
    let place = project.facts.place(server.file, package.span.clone());
    let mut found = finding(&RULE, Severity::Warning, Confidence::High, place, message);
    found.subject.clone_from(&server.name);
    Some(found)
}

/// Returns the package that a command fetches, if its version is not pinned.
fn fetched(server: &Server) -> Option<&Spanned> {
    let fetched = launch::fetched(server)?;
    (!fetched.is_fixed()).then_some(fetched.package)
}
