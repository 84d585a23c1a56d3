//! Plain functions passed to an agent as its tools: `create_react_agent(model, tools=[delete_file])`. The library
//! describes them to the model, and calls them.

use ombud_core::effect::Effect;
use ruff_text_size::TextRange;

use super::agents::library_tool;
use super::api::{last, root};
use super::closed::holds_types;
use super::hand_out::collect_functions;
use super::value::{Made, Shape, Value, given, named};
use super::walk::{Walk, span};
use crate::facts::{Entry, FunctionId, Taint, Tool};

/// Packages that call the functions passed to them as tools.
const CALLING: &[&str] = &[
    "langgraph",
    "langchain",
    "langchain_core",
    "langchain_classic",
    "langchain_openai",
    "langchain_anthropic",
    "langchain_community",
    "llama_index",
    "agno",
    "phi",
    "google",
    "autogen_agentchat",
    "autogen_core",
    "autogen_ext",
    "autogen",
    "ag2",
    "agents",
    "pydantic_ai",
    "smolagents",
    "crewai",
    "haystack",
    "strands",
    "dspy",
    "camel",
    "ollama",
    "semantic_kernel",
    "agent_framework",
    "swarm",
    "chatlas",
    "marvin",
    "controlflow",
    "langroid",
];

impl Walk<'_, '_> {
    /// Records the tools that a call passes to an agent. If `asked`, the library asks a person before it runs them.
    pub(super) fn offer_held(&mut self, path: &str, tools: &Value, asked: bool, range: TextRange) {
        let package = root(path).to_owned();
        if self.script || !CALLING.contains(&package.as_str()) {
            return;
        }
        self.offer_each(&package, tools, None, asked, range, 0);
    }

    fn offer_each(
        &mut self,
        package: &str,
        value: &Value,
        name: Option<&str>,
        asked: bool,
        range: TextRange,
        depth: usize,
    ) {
        match &value.shape {
            _ if depth > 3 => {}
            Shape::List(items) => {
                items.iter().for_each(|item| self.offer_each(package, item, name, asked, range, depth + 1));
            }
            Shape::Functions(ids) => ids.iter().for_each(|id| self.offer_plain(package, *id, name, asked)),
            Shape::Bound(id) => self.offer_plain(package, *id, name, asked),
            Shape::Made(made) => self.offer_wrapped(package, made, asked, range),
            _ => {}
        }
    }

    /// `FunctionTool.from_defaults(send)`, `StructuredTool.from_function(func=send, name="send")`, `ShellTool()`
    fn offer_wrapped(&mut self, package: &str, made: &Made, asked: bool, range: TextRange) {
        if let Some((name, effect)) = library_tool(made) {
            let grave = matches!(effect, Effect::Send | Effect::Pay | Effect::Delete | Effect::Execute);
            let (module, range) = made.at.unwrap_or((self.module, range));
            if grave && !asked {
                let file = self.state.project.modules.get(module).map_or(0, |module| module.file);
                let name = name.to_owned();
                self.state.add_tool(Tool {
                    name,
                    effect,
                    file,
                    span: span(range),
                    function: None,
                    acts: None,
                });
            }
            return;
        }
        let wraps = |name: &str| name.ends_with("Tool") || name.starts_with("from_");
        if !wraps(last(&made.path)) {
            return;
        }
        let asked = asked || made.setting(super::agents::ASKS).is_some_and(super::agents::is_on);
        let mut found = Vec::new();
        made.given.iter().for_each(|one| collect_functions(&one.value, &mut found, 0));
        let told = named(&made.given, &["name"]).or_else(|| given(&made.given, 0, "name"));
        let told = told.and_then(Value::known_text);
        if let Some(id) = found.first() {
            self.offer_plain(package, *id, told, asked);
        }
    }

    fn offer_plain(&mut self, package: &str, id: FunctionId, name: Option<&str>, asked: bool) {
        let project = self.state.project;
        let Some(func) = project.functions.get(id) else { return };
        let Some(node) = func.definition.filter(|node| !node.name.is_empty()) else { return };
        // What a decorator made a tool is already recorded.
        let known = self.state.tools.iter().any(|(_, tool)| tool.function == Some(id));
        let entered = self.state.functions.get(id).and_then(|function| function.entry);
        self.state.entering(id, |function| {
            function.entry.get_or_insert(Entry::Tool);
            function.typed |= holds_types(package);
            function.approved |= asked;
        });
        if known && entered == Some(Entry::Tool) {
            return;
        }
        let file = self.state.functions.get(id).map(|function| function.file);
        self.offer_in(id, node, file.unwrap_or_else(|| self.file()), name);
    }

    /// `globals()[call.name]`: any function of the file that was described to the model, picked by what it wrote.
    pub(super) fn picked_by_name(&self, object: &Value, key: &Value) -> Option<Value> {
        let all = matches!(object.outside(), Some("globals()" | "locals()" | "vars()"));
        if !all || !self.known_sources(key.deep_taint()).has(Taint::MODEL | Taint::TOOL) {
            return None;
        }
        let file = self.file();
        let described = self.state.tools.iter().filter(|(_, tool)| tool.file == file);
        let found: Vec<FunctionId> = described
            .filter_map(|(_, tool)| tool.function.or_else(|| self.named_function(&tool.name)))
            .collect();
        (!found.is_empty()).then(|| Value::new(Shape::Functions(found.into()), key.taint))
    }
}
