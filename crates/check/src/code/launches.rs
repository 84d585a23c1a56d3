//! MCP servers started in code: the command and its arguments, where they are literals.

use ruff_python_ast::{Arguments, Expr, ExprDict};
use ruff_text_size::{Ranged, TextRange};

use super::api::last;
use super::walk::{Walk, span};
use crate::facts::{Server, Spanned};

/// Calls that take the command of a server.
const STARTS: &[&str] = &[
    "StdioServerParameters",
    "StdioClientTransport",
    "MCPServerStdio",
    "MCPServerStdioParams",
    "StdioTransport",
    "StdioServerParams",
    "McpToolset",
];

impl Walk<'_, '_> {
    /// `StdioServerParameters(command="uvx", args=["server-notes"])`
    pub(super) fn launched(&mut self, path: &str, arguments: &Arguments, range: TextRange) {
        let named = |name: &str| arguments.find_keyword(name).map(|keyword| &keyword.value);
        if STARTS.contains(&last(path))
            && let (Some(command), Some(Expr::List(list))) = (named("command"), named("args"))
        {
            self.note_server(command, &list.elts, range);
        }
    }

    /// `{"command": "npx", "args": ["-y", "mcp-server-notes"]}`: many programs are started this way, but a server
    /// names itself.
    pub(super) fn launched_by(&mut self, node: &ExprDict) {
        let named = |name: &str| {
            let is = |key: &Expr| matches!(key, Expr::StringLiteral(text) if text.value.to_str() == name);
            node.items.iter().find(|item| item.key.as_ref().is_some_and(is)).map(|item| &item.value)
        };
        if let (Some(command), Some(Expr::List(list))) = (named("command"), named("args"))
            && list.elts.iter().filter_map(text).any(|text| text.to_ascii_lowercase().contains("mcp"))
        {
            self.note_server(command, &list.elts, node.range());
        }
    }

    /// `["claude", "mcp", "add", name, "--", "npx", "server-notes"]`
    pub(super) fn registered(&mut self, elements: &[Expr], range: TextRange) {
        let says = |at: usize, word: &str| elements.get(at).and_then(text) == Some(word);
        if !says(1, "mcp") || !says(2, "add") {
            return;
        }
        let rest = elements.iter().position(|one| text(one) == Some("--"));
        if let Some([command, arguments @ ..]) = rest.and_then(|at| elements.get(at + 1..)) {
            self.note_server(command, arguments, range);
        }
    }

    fn note_server(&mut self, command: &Expr, arguments: &[Expr], range: TextRange) {
        let Some(command) = spanned(command) else { return };
        let arguments: Vec<Spanned> = arguments.iter().filter_map(spanned).collect();
        let name = arguments.iter().find(|one| !one.text.starts_with('-')).map(|one| one.text.clone());
        let server = Server {
            name: name.unwrap_or_else(|| command.text.clone()),
            file: self.file(),
            span: span(range),
            command,
            arguments,
            url: None,
            described: Vec::new(),
            disabled: false,
        };
        self.state.servers.insert((server.file, server.span.start), server);
    }
}

fn text(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}

fn spanned(expression: &Expr) -> Option<Spanned> {
    Some(Spanned { text: text(expression)?.to_owned(), span: span(expression.range()) })
}
