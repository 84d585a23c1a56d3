//! Edits a client's configuration as text: what is not changed stays byte for byte.

use ombud_gateway::wire::json::{Doc, JsonError, Keys, Kind, Node};
use ombud_gateway::wire::splice::{Patch, splice};
use serde_json::Value;

/// Keys under which clients keep their servers.
const LISTS: &[&str] = &["mcpServers", "servers"];

/// Longer texts are not compared line by line.
const MOST_LINES: usize = 4000;

/// How Ombud is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrapper {
    /// The program.
    pub program: String,
    /// The home of its log.
    pub home: String,
    /// Its configuration, where there is one.
    pub config: Option<String>,
    /// The language to ask in, where it has to be given: a client does not know the terminal's.
    pub lang: Option<&'static str>,
}

/// How a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By a command.
    Command,
    /// Through Ombud already, or Ombud itself.
    Wrapped,
    /// Over the network.
    Elsewhere,
    /// In no known way.
    Unknown,
}

impl Wrapper {
    /// The arguments before the server's own command.
    fn words(&self, name: &str) -> Vec<String> {
        // A name that begins like an option would be taken for one.
        let named = format!("--name={name}");
        let name = if name.starts_with('-') { vec![&*named] } else { vec!["--name", name] };
        let mut words = [vec!["mcp"], name, vec!["--home", &self.home]].concat();
        if let Some(config) = &self.config {
            words.extend(["--config", config]);
        }
        words.extend(self.lang.iter().flat_map(|lang| ["--lang", lang]));
        words.push("--");
        words.into_iter().map(str::to_owned).collect()
    }
}

/// Replaces every comment, and every comma before a closing bracket, with blanks: the result is JSON with the same offsets.
fn blanked(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.as_bytes().to_vec();
    let (mut at, mut comma) = (0, None);
    while at < bytes.len() {
        match (bytes.get(at)?, bytes.get(at + 1)) {
            (b'"', _) => {
                at = end_of_string(&bytes, at)?;
                comma = None;
            }
            (b'/', Some(b'/')) => {
                let end = memchr_from(&bytes, at, b'\n').unwrap_or(bytes.len());
                at = blank(&mut bytes, at, end);
            }
            (b'/', Some(b'*')) => {
                let end = text.get(at + 2..)?.find("*/").map(|end| at + end + 4)?;
                at = blank(&mut bytes, at, end);
            }
            (b',', _) => {
                comma = Some(at);
                at += 1;
            }
            (b'}' | b']', _) => {
                if let Some(comma) = comma.take() {
                    blank(&mut bytes, comma, comma + 1);
                }
                at += 1;
            }
            (byte, _) => {
                comma = if byte.is_ascii_whitespace() { comma } else { None };
                at += 1;
            }
        }
    }
    // A byte order mark is not part of JSON, but some editors write it.
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        blank(&mut bytes, 0, 3);
    }
    Some(bytes)
}

fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn memchr_from(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    bytes.get(from..)?.iter().position(|byte| *byte == wanted).map(|at| from + at)
}

/// Line ends stay, so that a comment of several lines keeps them.
fn blank(bytes: &mut [u8], from: usize, to: usize) -> usize {
    let range = bytes.get_mut(from..to).unwrap_or_default();
    range.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    to
}

/// Each server with its name and node.
fn entries(doc: &Doc<'_>) -> Option<Vec<(String, Node)>> {
    let list = LISTS
        .iter()
        .find_map(|key| doc.get(doc.root(), key))
        .filter(|list| doc.kind(*list) == Kind::Object)?;
    Some(doc.members(list).map(|(name, node)| (name.into_owned(), node)).collect::<Vec<_>>())
}

fn strings(doc: &Doc<'_>, node: Node) -> Vec<String> {
    doc.items(node).map(|item| doc.string(item).into_owned()).collect()
}

fn way(doc: &Doc<'_>, node: Node) -> Way {
    let Some(command) = doc.get_str(node, "command") else {
        let elsewhere = ["url", "serverUrl", "httpUrl"].iter().any(|key| doc.get(node, key).is_some());
        return if elsewhere { Way::Elsewhere } else { Way::Unknown };
    };
    let program = command.rsplit(['/', '\\']).next().unwrap_or_default();
    let first = doc.get(node, "args").and_then(|args| strings(doc, args).into_iter().next());
    // Packages give the program longer names: `.ombud-wrapped`, `ombud-0.4`.
    let ours = program.contains("ombud") && matches!(first.as_deref(), Some("mcp" | "mcp-server"));
    if ours { Way::Wrapped } else { Way::Command }
}

/// The servers of a configuration and how each is reached.
pub(super) fn servers(text: &str) -> Option<Vec<(String, Way)>> {
    let bytes = blanked(text)?;
    let doc = Doc::parse(&bytes, Keys::Unique).ok()?;
    Some(entries(&doc)?.into_iter().map(|(name, node)| (name, way(&doc, node))).collect())
}

fn json(text: &str) -> String {
    Value::from(text).to_string()
}

/// The line at which a text stops being JSON, if it does.
pub(super) fn broken_at(text: &str) -> Option<usize> {
    let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
    let Some(bytes) = blanked(text) else { return Some(line(text.len())) };
    match Doc::parse(&bytes, Keys::Unique) {
        Err(
            JsonError::Utf8(at) | JsonError::Syntax(at) | JsonError::Depth(at) | JsonError::DuplicateKey(at),
        ) => Some(line(at)),
        _ => None,
    }
}

/// The configuration with every command behind Ombud; `None` if it cannot be read.
pub(super) fn wrapped(text: &str, wrapper: &Wrapper) -> Option<String> {
    edited(text, |doc, name, node| {
        if way(doc, node) != Way::Command {
            return Some(Vec::new());
        }
        let command = doc.get(node, "command")?;
        let mut words = wrapper.words(name);
        words.push(doc.string(command).into_owned());
        let words = words.iter().map(|word| json(word)).collect::<Vec<_>>().join(", ");
        let span = doc.span(command);
        let program = json(&wrapper.program);
        let program = program.trim_matches('"').to_owned();
        Some(match doc.get(node, "args") {
            Some(args) if doc.kind(args) == Kind::Array => {
                let start = doc.span(args).start + 1;
                let more = if doc.items(args).next().is_some() { ", " } else { "" };
                vec![
                    Patch { range: span, with: program },
                    Patch { range: start..start, with: format!("{words}{more}") },
                ]
            }
            Some(_) => return None,
            None => {
                let end = span.end + 1;
                let with = format!(", \"args\": [{words}]");
                vec![Patch { range: span, with: program }, Patch { range: end..end, with }]
            }
        })
    })
}

/// The configuration without Ombud; `None` if it cannot be read.
pub(super) fn unwrapped(text: &str) -> Option<String> {
    edited(text, |doc, _, node| {
        if way(doc, node) != Way::Wrapped {
            return Some(Vec::new());
        }
        let (command, args) = (doc.get(node, "command")?, doc.get(node, "args")?);
        let words: Vec<Node> = doc.items(args).collect();
        let split = words.iter().position(|word| doc.string(*word) == "--");
        // Without a command behind it, this was not written by `connect` but by a person.
        let Some((split, old)) = split.and_then(|split| Some((split, *words.get(split + 1)?))) else {
            return Some(Vec::new());
        };
        let start = doc.span(args).start + 1;
        let end = match words.get(split + 2) {
            Some(next) => first_byte(doc, *next),
            None => doc.span(old).end + 1,
        };
        let with = doc.raw(old).to_owned();
        Some(vec![Patch { range: doc.span(command), with }, Patch { range: start..end, with: String::new() }])
    })
}

fn first_byte(doc: &Doc<'_>, node: Node) -> usize {
    let start = doc.span(node).start;
    if doc.kind(node) == Kind::String { start - 1 } else { start }
}

/// Applies the changes of each server; the result must again be a configuration with as many servers.
fn edited(text: &str, change: impl Fn(&Doc<'_>, &str, Node) -> Option<Vec<Patch>>) -> Option<String> {
    let bytes = blanked(text)?;
    let doc = Doc::parse(&bytes, Keys::Unique).ok()?;
    let mut patches = Vec::new();
    for (name, node) in entries(&doc)? {
        patches.extend(change(&doc, &name, node)?);
    }
    let after = String::from_utf8(splice(text.as_bytes(), &mut patches)).ok()?;
    let checked = blanked(&after)?;
    let again = Doc::parse(&checked, Keys::Unique).ok()?;
    (entries(&again)?.len() == entries(&doc)?.len()).then_some(after)
}

/// Secrets as they are written in the text: values of environments and headers, values of switches named like a secret, and
/// the login and query values of addresses.
pub(super) fn secrets(text: &str) -> Vec<String> {
    let bytes = blanked(text).unwrap_or_default();
    let Ok(doc) = Doc::parse(&bytes, Keys::Unique) else { return Vec::new() };
    let raw = |node: Node| text.get(doc.span(node)).unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for (_, server) in entries(&doc).unwrap_or_default() {
        for table in ["env", "headers"].iter().filter_map(|key| doc.get(server, key)) {
            found.extend(doc.members(table).map(|(_, value)| raw(value)));
        }
        let words: Vec<String> =
            doc.get(server, "args").map(|args| doc.items(args).map(raw).collect()).unwrap_or_default();
        let urls = ["url", "serverUrl", "httpUrl"].iter().filter_map(|key| doc.get(server, key)).map(raw);
        found.extend(urls.chain(words.iter().cloned()).flat_map(|word| beside_path(&word)));
        for (at, word) in words.iter().enumerate().filter(|(_, word)| opens(word)) {
            found.extend(match word.split_once(['=', ':']) {
                Some((_, value)) => Some(value.trim().to_owned()),
                None => words.get(at + 1).cloned(),
            });
        }
    }
    // Variables that a client fills in are not secrets.
    found.retain(|value| !value.is_empty() && !value.contains("${"));
    // The longest first: once a part of it is starred, the rest would no longer be found.
    found.sort_by_key(|value| std::cmp::Reverse(value.len()));
    found
}

/// Whether a switch, a variable or a header is named like a secret.
fn opens(word: &str) -> bool {
    let name = word.split(['=', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let called =
        |part: &str| name.split(|ch: char| !ch.is_ascii_alphanumeric()).any(|word| word.ends_with(part));
    (name.starts_with('-') || word.contains(['=', ':']))
        && [
            "token",
            "key",
            "secret",
            "password",
            "passwd",
            "pat",
            "auth",
            "authorization",
            "header",
            "credential",
            "credentials",
        ]
        .into_iter()
        .any(called)
}

/// The login and the query values of an address.
fn beside_path(url: &str) -> Vec<String> {
    let Some((_, rest)) = url.split_once("://") else { return Vec::new() };
    let login =
        rest.split('/').next().and_then(|host| host.rsplit_once('@')).map(|(login, _)| login.to_owned());
    let query = rest.split_once('?').map_or("", |(_, query)| query).split('&');
    login
        .into_iter()
        .chain(query.filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned()))
        .collect()
}

/// The lines that differ: `- old` and `+ new`, in order.
pub(super) fn difference(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if old.len() != new.len() || old.len() > MOST_LINES {
        let kept = |line: &&&str, other: &[&str]| !other.contains(*line);
        let gone = old.iter().filter(|line| kept(line, &new)).map(|line| format!("- {line}"));
        let come = new.iter().filter(|line| kept(line, &old)).map(|line| format!("+ {line}"));
        return gone.chain(come).collect();
    }
    let pairs = old.iter().zip(&new).filter(|(old, new)| old != new);
    pairs.flat_map(|(old, new)| [format!("- {old}"), format!("+ {new}")]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "{\n  // my servers, http://example.com\n  \"theme\": \"dark\", /* keep */\n  \"mcpServers\": {\n    \"files\": {\n      \"command\": \"npx\",\n      \"args\": [\"-y\", \"@x/files\", /* here */ \"/srv\",],\n      \"env\": { \"KEY\": \"a,]\" },\n      \"x-new\": 1.50\n    },\n    \"git\": { \"command\": \"/opt/git \\\"mcp\\\"\" },\n    \"far\": { \"url\": \"https://mcp.example.com/\" },\n  },\n}\n";

    fn wrapper() -> Wrapper {
        Wrapper {
            program: "/usr/bin/ombud".into(),
            home: "/p/.ombud".into(),
            config: Some("/p/ombud.toml".into()),
            lang: None,
        }
    }

    fn read(text: &str) -> Value {
        serde_json::from_slice(&blanked(text).unwrap()).unwrap()
    }

    #[test]
    fn a_language_that_was_told_is_the_one_that_is_asked_in() {
        let spoken = Wrapper { lang: Some("zh"), ..wrapper() };
        let after = wrapped(FILE, &spoken).unwrap();
        assert!(after.contains("\"--lang\", \"zh\", \"--\""), "{after}");
        // A second time changes nothing, and it can be undone.
        assert_eq!(wrapped(&after, &spoken).unwrap(), after);
        let files = |text: &str| read(text)["mcpServers"]["files"].clone();
        assert_eq!(files(&unwrapped(&after).unwrap()), files(FILE));
    }

    #[test]
    fn commands_go_through_ombud_and_all_else_stays() {
        let after = wrapped(FILE, &wrapper()).unwrap();
        let servers = read(&after);
        assert_eq!(servers["mcpServers"]["files"]["command"], "/usr/bin/ombud");
        let words: Vec<String> =
            serde_json::from_value(servers["mcpServers"]["files"]["args"].clone()).unwrap();
        assert_eq!(
            words.join(" "),
            "mcp --name files --home /p/.ombud --config /p/ombud.toml -- npx -y @x/files /srv"
        );
        assert_eq!(servers["mcpServers"]["git"]["args"][8], "/opt/git \"mcp\"");
        assert_eq!(servers["mcpServers"]["far"]["url"], "https://mcp.example.com/");
        for kept in
            ["// my servers, http://example.com", "/* keep */", "/* here */", "\"x-new\": 1.50", "\"a,]\""]
        {
            assert!(after.contains(kept), "{kept}");
        }
        assert_eq!(wrapped(&after, &wrapper()).unwrap(), after, "twice changes nothing");
        let ways: Vec<Way> = super::servers(&after).unwrap().into_iter().map(|server| server.1).collect();
        assert_eq!(ways, [Way::Wrapped, Way::Wrapped, Way::Elsewhere]);
    }

    #[test]
    fn what_was_changed_since_survives_being_taken_out() {
        let after = wrapped(FILE, &wrapper()).unwrap().replace("\"dark\"", "\"light\"");
        let back = read(&unwrapped(&after).unwrap());
        let mut old = read(FILE);
        old["theme"] = "light".into();
        old["mcpServers"]["git"]["args"] = Value::Array(Vec::new());
        assert_eq!(back, old);
    }

    #[test]
    fn what_somebody_wrote_through_ombud_stays() {
        const OWN: &str = r#"{ "servers": {
            "check": { "command": "/usr/lib/.ombud-wrapped", "args": ["mcp-server"] },
            "notes": { "command": "ombud", "args": ["mcp", "--name", "notes"] },
            "-odd": { "command": "odd" }
        } }"#;
        let after = wrapped(OWN, &wrapper()).unwrap();
        let servers = read(&after)["servers"].clone();
        assert_eq!(
            (&servers["check"], &servers["notes"]),
            (&read(OWN)["servers"]["check"], &read(OWN)["servers"]["notes"])
        );
        assert_eq!(servers["-odd"]["args"][1], "--name=-odd");
        let back = read(&unwrapped(&after).unwrap());
        assert_eq!(back["servers"]["check"], read(OWN)["servers"]["check"]);
        assert_eq!(back["servers"]["-odd"]["command"], "odd");
    }

    #[test]
    fn what_is_no_configuration_is_left_alone() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"mcpServers\": []}",
            "{\"mcpServers\":{\"a\":{\"command\":\"x\",\"args\":7}}}",
            "{\"mcpServers\":{},\"mcpServers\":{}}",
            "{ /*",
            "{\"mcpServers\":{\"a\": \"\\",
        ] {
            assert_eq!(wrapped(text, &wrapper()), None, "{text}");
        }
        assert_eq!(wrapped("{\"servers\": {}}", &wrapper()).as_deref(), Some("{\"servers\": {}}"));
    }

    #[test]
    fn differences_are_lines() {
        let shown = difference("a\nb\nc", "a\nx\nc");
        assert_eq!(shown, ["- b", "+ x"]);
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in "[\\{\\}\\[\\]\",:/*\\\\a \n]{0,60}") {
            let _ = (wrapped(&text, &wrapper()), unwrapped(&text));
        }
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        assert_eq!(broken_at("{\n  \"mcpServers\": {\n    oops\n  }\n}\n"), Some(3));
        assert_eq!(broken_at("{\n \"a\": 1,\n \"a\": 2 }"), Some(3));
        assert_eq!(broken_at("{\n \"open"), Some(2));
        assert_eq!(broken_at(FILE), None);
    }

    #[test]
    fn what_opens_something_is_known() {
        let text = r#"{ "mcpServers": {
            "a": { "command": "npx", "args": ["-y", "pkg", "--token", "plain-1", "--api-key=plain-2", "--port", "8080", "--header", "Authorization: Bearer plain-3"], "env": { "ANY": "plain-4", "ASKED": "${input:plain-8}" } },
            "b": { "url": "https://plain-5:x@mcp.example.com/a?key=plain-6&n=1", "headers": { "X": "Bearer \"plain-7" } } } }"#;
        let found = secrets(text);
        for number in 1..=7 {
            assert!(
                found.iter().any(|secret| secret.contains(&format!("plain-{number}"))),
                "{number}: {found:?}"
            );
        }
        assert!(
            found.iter().any(|secret| secret == "Bearer \\\"plain-7"),
            "as it stands in the file: {found:?}"
        );
        assert!(!found.iter().any(|secret| secret.contains("plain-8")), "it stands for another: {found:?}");
        assert!(!found.iter().any(|secret| ["8080", "pkg", "npx"].contains(&secret.as_str())), "{found:?}");
    }
}
