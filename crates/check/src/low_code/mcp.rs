//! MCP server configurations: `mcpServers` of Claude Desktop, Cursor and others, `servers` of VS Code.

use crate::facts::{Facts, Server, Spanned};
use crate::tree::Node;

/// Returns the servers of a configuration, if it is one.
pub(super) fn servers(root: &Node) -> Option<&Node> {
    ["mcpServers", "mcp_servers"].iter().find_map(|key| root.get(key)).or_else(|| {
        let all = root.get("servers").or_else(|| root.at(&["mcp", "servers"]))?;
        let server = |node: &Node| node.get("command").is_some() || node.get("url").is_some();
        all.fields().iter().any(|(_, node)| server(node)).then_some(all)
    })
}

/// Reads a configuration.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node) {
    for (name, node) in servers(root).map(Node::fields).unwrap_or_default() {
        let server = server(file, name, node);
        let kind = if server.command.text.is_empty() { "remote" } else { "local" };
        *facts.kinds.entry(format!("mcp:{kind}")).or_default() += 1;
        secrets(facts, file, node);
        facts.servers.push(server);
    }
    for (name, _) in root.fields().iter().filter(|(name, _)| matches!(name.as_str(), "permissions" | "hooks"))
    {
        *facts.kinds.entry(format!("mcp:{name}")).or_default() += 1;
    }
}

fn server(file: usize, name: &str, node: &Node) -> Server {
    let url = node.get("url").or_else(|| node.at(&["transport", "url"]));
    let mut described = Vec::new();
    for tool in node.get("tools").map(Node::items).unwrap_or_default() {
        described.extend(tool.get("description").map(spanned));
    }
    Server {
        name: name.to_owned(),
        file,
        span: node.span.clone(),
        command: node.get("command").map(spanned).unwrap_or_default(),
        arguments: node.get("args").map(Node::items).unwrap_or_default().iter().map(spanned).collect(),
        url: url.map(spanned),
        described,
        disabled: node.is_on("disabled"),
    }
}

/// Reports arguments and settings whose names say that they are credentials.
fn secrets(facts: &mut Facts, file: usize, node: &Node) {
    let mut named: Vec<(&str, &Node)> = Vec::new();
    let arguments = node.get("args").map(Node::items).unwrap_or_default();
    for pair in arguments.windows(2) {
        if let [flag, value] = pair
            && flag.text().starts_with('-')
        {
            named.push((flag.text(), value));
        }
    }
    for key in ["env", "headers"] {
        let fields = node.get(key).map(Node::fields).unwrap_or_default();
        named.extend(fields.iter().map(|(name, value)| (name.as_str(), value)));
    }
    for (name, value) in named {
        let text = value.text().strip_prefix("Bearer ").unwrap_or(value.text());
        if super::is_credential(name) && super::is_key(text) {
            facts.secrets.push((file, value.span.clone()));
        }
    }
}

fn spanned(node: &Node) -> Spanned {
    Spanned { text: node.text().to_owned(), span: node.span.clone() }
}
