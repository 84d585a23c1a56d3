//! What the command of an MCP server fetches at start.

use crate::facts::{Server, Spanned};

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Registry {
    /// `npx` and similar.
    Npm,
    /// `uvx` and similar.
    PyPi,
    /// A container image.
    Image,
    /// A source repository.
    Repository,
}

/// A package that a command fetches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetched<'s> {
    /// From which registry.
    pub registry: Registry,
    /// The argument that names it.
    pub package: &'s Spanned,
}

impl<'s> Fetched<'s> {
    /// Whether the same code is fetched every time.
    pub(crate) fn is_fixed(&self) -> bool {
        match self.registry {
            Registry::Image => is_fixed_image(&self.package.text),
            Registry::Repository => address(&self.package.text).contains(['@', '#']),
            Registry::Npm | Registry::PyPi => is_pinned(&self.package.text),
        }
    }

    /// Returns its name and the version as written, if any.
    pub(crate) fn parts(&self) -> (&'s str, Option<&'s str>) {
        let text = self.package.text.as_str();
        match self.registry {
            Registry::Image => image_parts(text),
            Registry::Repository => cut(address(text), text.find(['#']).map_or("@", |_| "#")),
            Registry::Npm | Registry::PyPi => match text.split_once("==") {
                Some((name, version)) => (name, Some(version)),
                None => text
                    .char_indices()
                    .skip(1)
                    .find(|(_, ch)| *ch == '@')
                    .map_or((text, None), |(at, _)| (text.get(..at).unwrap_or(text), text.get(at + 1..))),
            },
        }
    }
}

fn cut<'t>(text: &'t str, mark: &str) -> (&'t str, Option<&'t str>) {
    text.rsplit_once(mark).map_or((text, None), |(name, version)| (name, Some(version)))
}

/// Splits `registry:5000/name:tag@sha256:…`.
fn image_parts(image: &str) -> (&str, Option<&str>) {
    if let Some((name, digest)) = image.split_once('@') {
        return (image_parts(name).0, Some(digest));
    }
    let folder = image.rfind('/').map_or(0, |at| at + 1);
    match image.get(folder..).and_then(|name| name.find(':')) {
        Some(at) => (image.get(..folder + at).unwrap_or(image), image.get(folder + at + 1..)),
        None => (image, None),
    }
}

/// Returns what a server's command fetches, with or without a version.
pub(crate) fn fetched(server: &Server) -> Option<Fetched<'_>> {
    let command = server.command.text.rsplit(['/', '\\']).next().unwrap_or_default();
    let command = command.strip_suffix(".cmd").or_else(|| command.strip_suffix(".exe")).unwrap_or(command);
    let mut arguments = server.arguments.iter();
    let registry = match command {
        "docker" | "podman" => {
            return image(&server.arguments).map(|package| Fetched { registry: Registry::Image, package });
        }
        "npx" | "bunx" | "pnpx" => Some(Registry::Npm),
        "uvx" => Some(Registry::PyPi),
        "pnpm" | "yarn" => arguments.next().filter(|first| first.text == "dlx").map(|_| Registry::Npm),
        "bun" => arguments.next().filter(|first| first.text == "x").map(|_| Registry::Npm),
        "pipx" => arguments.next().filter(|first| first.text == "run").map(|_| Registry::PyPi),
        _ => None,
    }?;
    let package = arguments.find(|argument| !argument.text.starts_with('-'))?;
    if ["git+", "github:"].iter().any(|sign| package.text.starts_with(sign)) {
        return Some(Fetched { registry: Registry::Repository, package });
    }
    // A path or a URL is not a registry package.
    let named = !package.text.starts_with(['.', '/', '~', '$']) && !package.text.contains("://");
    named.then_some(Fetched { registry, package })
}

/// Strips the scheme and credentials from a repository address.
fn address(text: &str) -> &str {
    let rest = ["git+", "github:"].iter().find_map(|sign| text.strip_prefix(sign)).unwrap_or(text);
    let rest = rest.split_once("://").map_or(rest, |parts| parts.1);
    // The part before the host is a login.
    let host = rest.find('/').unwrap_or(rest.len());
    rest.get(..host).and_then(|host| host.rfind('@')).and_then(|at| rest.get(at + 1..)).unwrap_or(rest)
}

/// Returns the image that `docker run` starts: the first argument that is neither an option nor the value of one.
fn image(arguments: &[Spanned]) -> Option<&Spanned> {
    const VALUES: &[&str] = &[
        "-v",
        "--volume",
        "-e",
        "--env",
        "--env-file",
        "--network",
        "--net",
        "--mount",
        "-p",
        "--publish",
        "--name",
        "-w",
        "--workdir",
        "--entrypoint",
        "-u",
        "--user",
        "--add-host",
        "--cap-add",
        "--cap-drop",
        "-m",
        "--memory",
        "--cpus",
        "--security-opt",
        "--platform",
        "-l",
        "--label",
        "--gpus",
        "--pull",
        "--tmpfs",
        "--device",
        "-h",
        "--hostname",
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

/// Whether an image is fixed: by a digest or a version tag; one without a slash may have been built locally.
fn is_fixed_image(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    let tag = name.split_once(':').map_or("", |parts| parts.1);
    image.contains("@sha256:") || !image.contains('/') || image.contains('$') || !matches!(tag, "" | "latest")
}

/// Whether a package is pinned: `name@1.2.3`, `@scope/name@1.2.3`, `name==1.2.3`, or a commit.
fn is_pinned(package: &str) -> bool {
    let version = package.split_once("==").or_else(|| package.get(1..)?.split_once('@')).map(|parts| parts.1);
    version.is_some_and(|version| version.starts_with(|ch: char| ch.is_ascii_digit()) || version.len() >= 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(words: &[&str]) -> Server {
        let spanned = |text: &&str| Spanned { text: (*text).to_owned(), span: 0..0 };
        Server {
            name: String::new(),
            file: 0,
            span: 0..0,
            command: words.first().map(spanned).unwrap_or_default(),
            arguments: words.iter().skip(1).map(spanned).collect(),
            url: None,
            described: Vec::new(),
            disabled: false,
        }
    }

    #[test]
    fn versions_are_told() {
        assert!(is_pinned("@scope/server@1.4.2") && is_pinned("server==0.3.1") && is_pinned("server@2"));
        assert!(
            !is_pinned("@scope/server") && !is_pinned("server@latest") && !is_pinned("@scope/server@next")
        );
    }

    #[test]
    fn images_are_told_from_options() {
        let words = ["docker", "run", "-i", "--rm", "-v", "/a:/b", "-e", "KEY", "acme/tools:latest", "serve"];
        let server = server(&words);
        assert_eq!(fetched(&server).unwrap().package.text, "acme/tools:latest");
        assert!(!is_fixed_image("acme/tools:latest") && !is_fixed_image("ghcr.io/acme/tools"));
        for fixed in ["acme/tools:1.4.2", "acme/tools@sha256:00", "tools", "tools:latest"] {
            assert!(is_fixed_image(fixed), "{fixed}");
        }
    }

    #[test]
    fn what_is_fetched_has_a_name_and_perhaps_a_version() {
        let parts = |words: &[&str]| {
            let server = server(words);
            let fetched = fetched(&server).unwrap();
            let (name, version) = fetched.parts();
            (fetched.registry, name.to_owned(), version.map(str::to_owned))
        };
        let of = |registry, name: &str, version: Option<&str>| {
            (registry, name.to_owned(), version.map(str::to_owned))
        };
        assert_eq!(
            parts(&["npx", "-y", "@scope/files@1.4.2"]),
            of(Registry::Npm, "@scope/files", Some("1.4.2"))
        );
        assert_eq!(parts(&["npx", "@scope/files"]), of(Registry::Npm, "@scope/files", None));
        assert_eq!(parts(&["uvx", "mcp-time==0.2"]), of(Registry::PyPi, "mcp-time", Some("0.2")));
        assert_eq!(parts(&["pnpm", "dlx", "files@next"]), of(Registry::Npm, "files", Some("next")));
        let image = ["docker", "run", "reg.example:5000/a/b:1@sha256:00"];
        assert_eq!(parts(&image), of(Registry::Image, "reg.example:5000/a/b", Some("sha256:00")));
        assert_eq!(
            parts(&["docker", "run", "reg.example:5000/a/b"]),
            of(Registry::Image, "reg.example:5000/a/b", None)
        );
        let login = ["uvx", "git+https://token@git.example/a/b"];
        assert_eq!(parts(&login), of(Registry::Repository, "git.example/a/b", None));
        let git = ["uvx", "git+https://git.example/a/b@1234"];
        assert_eq!(parts(&git), of(Registry::Repository, "git.example/a/b", Some("1234")));
        assert!(fetched(&server(&["npx", "./own"])).is_none() && fetched(&server(&["node", "x"])).is_none());
    }
}
