//! Which tools one agent holds: those handed to a model, an agent or a graph.

use ombud_core::effect::Effect;
use ruff_text_size::TextRange;

use super::api::{last, root};
use super::hand_out::collect_functions;
use super::tools::effect_of;
use super::value::{Argument, Made, Shape, Value, given, named};
use super::walk::{Walk, span};
use crate::facts::{Agent, FunctionId, Held};

/// Calls that take the tools as their second argument.
const SECOND: &[&str] = &[
    "create_react_agent",
    "create_tool_calling_agent",
    "create_openai_tools_agent",
    "create_agent",
    "createReactAgent",
];
/// Calls that take them as their first argument.
const FIRST: &[&str] = &["bind_tools", "bindTools", "initialize_agent", "from_tools"];
/// Settings that make an agent wait for a person.
pub(super) const ASKS: &[&str] = &[
    "interrupt_before",
    "interrupt_after",
    "interruptBefore",
    "interruptAfter",
    "interrupt_on",
    "interruptOn",
    "human_in_the_loop",
    "needs_approval",
    "needsApproval",
    "requires_confirmation",
    "require_confirmation",
    "human_input_mode",
    "tool_approval",
    "requires_approval",
    "requiresApproval",
    "requireApproval",
];

/// Tools of libraries: the class, its effect, and whether it reads what strangers wrote.
const LIBRARY: &[(&str, Effect, bool)] = &[
    ("DuckDuckGoSearchRun", Effect::Fetch, true),
    ("DuckDuckGoSearchResults", Effect::Fetch, true),
    ("TavilySearchResults", Effect::Fetch, true),
    ("TavilySearch", Effect::Fetch, true),
    ("WikipediaQueryRun", Effect::Fetch, true),
    ("RequestsGetTool", Effect::Fetch, true),
    ("GmailSearch", Effect::Read, true),
    ("GmailGetMessage", Effect::Read, true),
    ("WebSearchTool", Effect::Fetch, true),
    ("WebBrowser", Effect::Fetch, true),
    ("webSearchTool", Effect::Fetch, true),
    ("webSearch", Effect::Fetch, true),
    ("googleSearch", Effect::Fetch, true),
    ("SerperDevTool", Effect::Fetch, true),
    ("ScrapeWebsiteTool", Effect::Fetch, true),
    ("GmailSendMessage", Effect::Send, false),
    ("RequestsPostTool", Effect::Send, false),
    ("ShellTool", Effect::Execute, false),
    ("BashProcess", Effect::Execute, false),
    ("LocalShellTool", Effect::Execute, false),
    ("PythonREPLTool", Effect::Execute, false),
    ("PythonAstREPLTool", Effect::Execute, false),
    ("DeleteFileTool", Effect::Delete, false),
    ("ShellTools", Effect::Execute, false),
    ("PythonTools", Effect::Execute, false),
    ("LocalFileSystemTools", Effect::Execute, false),
    ("EmailTools", Effect::Send, false),
    ("GmailTools", Effect::Send, true),
    ("DuckDuckGoTools", Effect::Fetch, true),
    ("TavilyTools", Effect::Fetch, true),
    ("WebsiteTools", Effect::Fetch, true),
    ("PythonCodeExecutionTool", Effect::Execute, false),
    ("PythonInterpreterTool", Effect::Execute, false),
];

/// Returns the library tool that an object is, and its effect.
pub(super) fn library_tool(made: &Made) -> Option<(&'static str, Effect)> {
    let class = last(&made.path);
    let found = LIBRARY.iter().find(|row| row.0 == class && root(&made.path) != made.path);
    found.map(|(name, effect, _)| (*name, *effect))
}

impl Walk<'_, '_> {
    /// Records the tools that a call hands to one agent.
    pub(super) fn arm(
        &mut self,
        path: &str,
        object: Option<&Made>,
        arguments: &[Argument],
        range: TextRange,
    ) {
        if root(path) == "browser_use" && last(path) == "Agent" {
            self.arm_with_browser(arguments, range);
            return;
        }
        let Some(tools) = handed(path, arguments) else { return };
        let mut holds = Vec::new();
        match tools.shape {
            Shape::Module(module) => {
                let all = self.tools_of(module);
                for (name, tool) in &all {
                    self.hold(tool, Some(name), &mut holds, 0);
                }
            }
            _ => self.hold(tools, None, &mut holds, 0),
        }
        if holds.is_empty() {
            return;
        }
        let asks = object.is_some_and(|object| object.setting(ASKS).is_some())
            || named(arguments, ASKS).is_some_and(is_on);
        let asks = asks || waits(tools, 0) || arguments.iter().any(|one| within_middleware(&one.value));
        self.offer_held(path, tools, asks, range);
        self.armed(Agent { file: self.file(), span: span(range), holds, asks, server: false });
    }

    /// Records an agent with a browser, which reads any page, clicks and fills in forms; unless it is restricted to
    /// some hosts.
    fn arm_with_browser(&mut self, arguments: &[Argument], range: TextRange) {
        let held = |one: &Argument| {
            one.name.as_deref() == Some("allowed_domains")
                || one.value.made().is_some_and(|made| made.setting(&["allowed_domains"]).is_some())
        };
        if arguments.iter().any(held) {
            return;
        }
        let tool = |name: &str, effect, reads| Held {
            name: name.to_owned(),
            effect,
            function: None,
            reads,
            known: true,
        };
        let holds = vec![tool("open", Effect::Fetch, true), tool("click", Effect::Send, false)];
        self.armed(Agent { file: self.file(), span: span(range), holds, asks: false, server: false });
    }

    /// Adds a tool to its MCP server; the tools of one server are in one hand, whoever calls them.
    pub(super) fn serve_together(&mut self, id: FunctionId, path: &str) {
        if !matches!(root(path), "mcp" | "fastmcp") {
            return;
        }
        let Some(held) = self.held(id, None) else { return };
        let (file, at) = (self.file(), self.state.functions.get(id).map(|function| function.span.clone()));
        let agents = &mut self.state.agents;
        match agents.iter_mut().find(|agent| agent.file == file && agent.server) {
            Some(agent) => {
                agent.holds.retain(|other| other.function != held.function);
                agent.holds.push(held);
            }
            None => agents.push(Agent {
                file,
                span: at.unwrap_or_default(),
                holds: vec![held],
                asks: false,
                server: true,
            }),
        }
    }

    /// Records an agent, or replaces it with what this round knows better.
    pub(super) fn armed(&mut self, agent: Agent) {
        let same = |other: &&mut Agent| !other.server && other.file == agent.file && other.span == agent.span;
        match self.state.agents.iter_mut().find(same) {
            Some(other) => *other = agent,
            None => self.state.agents.push(agent),
        }
    }

    fn hold(&self, value: &Value, name: Option<&str>, holds: &mut Vec<Held>, depth: usize) {
        match &value.shape {
            _ if depth > 3 => {}
            Shape::List(items) => items.iter().for_each(|item| self.hold(item, name, holds, depth + 1)),
            Shape::Functions(ids) => holds.extend(ids.iter().filter_map(|id| self.held(*id, name))),
            Shape::Bound(id) => holds.extend(self.held(*id, name)),
            Shape::Made(made) => self.hold_made(made, name, holds),
            Shape::Dict(items) => match items.get("function").map(|function| &function.shape) {
                Some(Shape::Dict(function)) => {
                    self.hold_described(function.get("name"), function.get("description"), holds);
                }
                _ if items.contains_key("input_schema") => {
                    self.hold_described(items.get("name"), items.get("description"), holds);
                }
                _ => items.iter().for_each(|(key, item)| self.hold(item, Some(key), holds, depth + 2)),
            },
            _ => {}
        }
    }

    pub(super) fn held(&self, id: FunctionId, name: Option<&str>) -> Option<Held> {
        let func = self.state.project.functions.get(id)?;
        let name = name.unwrap_or_else(|| func.name.rsplit('.').next().unwrap_or_default());
        let effect = effect_of(name, self.told(id), &func.parameters);
        Some(Held { name: name.to_owned(), effect, function: Some(id), reads: false, known: false })
    }

    /// Adds a tool described in the form of a chat API; the function of the same name implements it.
    fn hold_described(&self, name: Option<&Value>, told: Option<&Value>, holds: &mut Vec<Held>) {
        let Some(name) = name.and_then(Value::known_text) else { return };
        let description = told.and_then(Value::known_text).unwrap_or_default();
        let effect = effect_of(name, description, &[]);
        let function = self.named_function(name);
        holds.push(Held { name: name.to_owned(), effect, function, reads: false, known: false });
    }

    /// `ShellTool()`, `tool({execute})`, `Tool(name="x", func=f)`
    fn hold_made(&self, made: &Made, name: Option<&str>, holds: &mut Vec<Held>) {
        let class = last(&made.path);
        if let Some((class, effect, reads)) =
            LIBRARY.iter().find(|row| row.0 == class && root(&made.path) != made.path)
        {
            let name = (*class).to_owned();
            holds.push(Held { name, effect: *effect, function: None, reads: *reads, known: true });
            return;
        }
        let mut found = Vec::new();
        for argument in made.given.iter() {
            collect_functions(&argument.value, &mut found, 0);
        }
        let told = named(&made.given, &["name"])
            .or_else(|| given(&made.given, 0, "name"))
            .and_then(Value::known_text);
        let Some(mut held) = found.first().and_then(|id| self.held(*id, name.or(told))) else { return };
        // A script writes the description of a tool next to its function.
        let description = named(&made.given, &["description"]).and_then(Value::known_text);
        if let Some(description) = description.filter(|_| self.script) {
            held.effect = effect_of(told.unwrap_or(&held.name), description, &[]);
        }
        holds.push(held);
    }
}

/// The tools that a call takes.
fn handed<'v>(path: &str, arguments: &'v [Argument]) -> Option<&'v Value> {
    let named = named(arguments, &["tools", "functions", "function_list"])
        .filter(|_| path.contains('.') || path.contains("()"));
    named.or_else(|| match last(path) {
        name if SECOND.contains(&name) => given(arguments, 1, "tools"),
        name if FIRST.contains(&name) => given(arguments, 0, "tools"),
        _ => None,
    })
}

pub(super) fn is_on(value: &Value) -> bool {
    !matches!(value.shape, Shape::None | Shape::Bool(false)) && value.known_text() != Some("NEVER")
}

/// Whether one of the tools is a person: then the other tools wait for an answer. A tool that needs approval itself
/// says nothing about the others.
fn waits(tools: &Value, depth: usize) -> bool {
    match &tools.shape {
        _ if depth > 3 => false,
        Shape::List(items) => items.iter().any(|item| waits(item, depth + 1)),
        Shape::Dict(items) => items.values().any(|item| waits(item, depth + 1)),
        Shape::Made(made) => last(&made.path).starts_with("Human"),
        _ => false,
    }
}

/// `middleware=[HumanInTheLoopMiddleware(…)]`
fn within_middleware(value: &Value) -> bool {
    let Shape::List(items) = &value.shape else { return false };
    items
        .iter()
        .filter_map(Value::outside)
        .any(|path| last(path).to_ascii_lowercase().contains("humanintheloop"))
}
