//! `mcp-server-not-pinned`
//!
//! What it does: finds MCP servers that are fetched anew at every start without a version: `npx -y package`, `uvx package`,
//! `…@latest`, a repository without a commit, an image of a registry without a tag or digest.
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
        "docker" | "podman" => return image(&server.arguments).filter(|image| !is_fixed_image(&image.text)),
        "npx" | "bunx" | "uvx" | "pnpx" => true,
        "pnpm" | "yarn" => arguments.next().is_some_and(|first| first.text == "dlx"),
        "bun" => arguments.next().is_some_and(|first| first.text == "x"),
        "pipx" => arguments.next().is_some_and(|first| first.text == "run"),
        _ => false,
    };
    let package = arguments.find(|argument| !argument.text.starts_with('-')).filter(|_| fetches)?;
    if let Some(address) = ["git+", "github:"].iter().find_map(|sign| package.text.strip_prefix(sign)) {
        let path = address.split_once("://").map_or(address, |parts| parts.1);
        return (!path.contains(['@', '#'])).then_some(package);
    }
    // A path or an address is no package of a registry.
    let registry = !package.text.starts_with(['.', '/', '~', '$']) && !package.text.contains("://");
    (registry && !is_pinned(&package.text)).then_some(package)
}

/// The image that `docker run` starts: the first argument that is neither an option nor the value of one.
fn image(arguments: &[Spanned]) -> Option<&Spanned> {
    const VALUES: &[&str] = &[
        "-v", "--volume", "-e", "--env", "--env-file", "--network", "--net", "--mount", "-p", "--publish", "--name", "-w",
        "--workdir", "--entrypoint", "-u", "--user", "--add-host", "--cap-add", "--cap-drop", "-m", "--memory", "--cpus",
        "--security-opt", "--platform", "-l", "--label", "--gpus", "--pull", "--tmpfs", "--device", "-h", "--hostname",
    ];
    let run = arguments.iter().position(|argument| argument.text == "run")?;
    let mut rest = arguments.iter().skip(run + 1);
    while let Some(argument) = rest.next() {
        if VALUES.contains(&argument.text.as_str()) {
            rest.next();
        } else if !argument.text.starts_with('-') {
            return Some(argument);
        }
    }
    None
}

/// An image with a digest or a tag that is a version; one without a slash may have been built here.
fn is_fixed_image(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    let tag = name.split_once(':').map_or("", |parts| parts.1);
    image.contains("@sha256:") || !image.contains('/') || image.contains('$') || !matches!(tag, "" | "latest")
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

    #[test]
    fn images_are_told_from_options() {
        let texts = ["run", "-i", "--rm", "-v", "/a:/b", "-e", "KEY", "acme/tools:latest", "serve"];
        let arguments: Vec<Spanned> =
            texts.iter().map(|text| Spanned { text: (*text).to_owned(), span: 0..0 }).collect();
        assert_eq!(image(&arguments).map(|image| image.text.as_str()), Some("acme/tools:latest"));
        assert!(!is_fixed_image("acme/tools:latest") && !is_fixed_image("ghcr.io/acme/tools"));
        for fixed in ["acme/tools:1.4.2", "acme/tools@sha256:00", "tools", "tools:latest"] {
            assert!(is_fixed_image(fixed), "{fixed}");
        }
    }
}
