//! Tools that a model may call: dictionaries in the shape of the chat API, and decorated functions.

use std::collections::BTreeMap;

use ombud_core::effect::{Hints, classify};
use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::{Ranged, TextRange};

use super::api::{last, root};
use super::hand_out::collect_functions;
use super::value::{Argument, Shape, Value, named};
use super::walk::{Walk, span};
use crate::facts::{FunctionId, Tool};

/// What is told of a tool, in the form of `OpenAI`'s or of Anthropic's API.
fn described(items: &BTreeMap<String, Value>) -> Option<&BTreeMap<String, Value>> {
    let is_function = items.get("type").and_then(Value::known_text) == Some("function");
    match items.get("function").map(|value| &value.shape) {
        Some(Shape::Dict(function)) if is_function => Some(function),
        _ => (items.contains_key("input_schema") && items.contains_key("name")).then_some(items),
    }
}

/// The function that a library is given to run for a tool.
fn implements(arguments: &[Argument]) -> Option<FunctionId> {
    let mut found = Vec::new();
    for argument in arguments {
        collect_functions(&argument.value, &mut found, 0);
    }
    found.first().copied()
}

impl Walk<'_, '_> {
    /// A dictionary that may define a tool.
    pub(super) fn offer_tool(&mut self, range: TextRange, items: &BTreeMap<String, Value>) {
        let Some(function) = described(items) else { return };
        let text = |key: &str| function.get(key).and_then(Value::known_text);
        let Some(name) = text("name") else { return };
        let hints = Hints { description: text("description").unwrap_or_default(), arguments: &[] };
        let tool = Tool {
            name: name.to_owned(),
            effect: classify(name, hints),
            file: self.file(),
            span: span(range),
            function: self.named_function(name),
        };
        self.add_tool(tool);
    }

    /// A decorated function is a tool by its name.
    pub(super) fn offer_function(&mut self, id: FunctionId, node: &StmtFunctionDef) {
        let name = node.name.as_str();
        let arguments: Vec<String> = node
            .parameters
            .iter_non_variadic_params()
            .map(|parameter| parameter.name().to_string())
            .collect();
        let tool = Tool {
            name: name.to_owned(),
            effect: classify(name, Hints { description: "", arguments: &arguments }),
            file: self.file(),
            span: span(node.name.range()),
            function: Some(id),
        };
        self.add_tool(tool);
    }

    /// A tool that a script offers through a library.
    pub(super) fn offer_script_tool(&mut self, path: &str, arguments: &[Argument], range: TextRange) {
        let text = |key: &str| named(arguments, &[key]).and_then(Value::known_text);
        let first = || arguments.first().and_then(|argument| argument.value.known_text());
        match (root(path), last(path)) {
            ("@modelcontextprotocol/sdk", "tool" | "registerTool") => {
                let told = arguments.get(1).and_then(|argument| argument.value.known_text());
                let description = text("description").or(told).unwrap_or_default().to_owned();
                let name = first().map(str::to_owned);
                self.offer_named(name.as_deref(), &description, implements(arguments), range);
            }
            ("fastmcp", "addTool") | ("@openai/agents", "tool") => {
                let description = text("description").unwrap_or_default().to_owned();
                self.offer_named(
                    text("name").map(str::to_owned).as_deref(),
                    &description,
                    implements(arguments),
                    range,
                );
            }
            (package, "tool" | "DynamicTool" | "DynamicStructuredTool")
                if package.starts_with("langchain") =>
            {
                let description = text("description").unwrap_or_default().to_owned();
                self.offer_named(
                    text("name").map(str::to_owned).as_deref(),
                    &description,
                    implements(arguments),
                    range,
                );
            }
            ("ai_sdk", _) => self.offer_vercel(arguments, range),
            _ => {}
        }
    }

    /// `generateText({tools: {search: tool({description, execute})}})`
    fn offer_vercel(&mut self, arguments: &[Argument], range: TextRange) {
        let Some(Shape::Dict(tools)) = named(arguments, &["tools"]).map(|tools| &tools.shape) else { return };
        for (name, tool) in tools.iter() {
            let told =
                tool.made().and_then(|made| made.setting(&["description"])).and_then(Value::known_text);
            let function = tool.made().and_then(|made| implements(&made.given));
            self.offer_named(Some(name), told.unwrap_or_default(), function, range);
        }
    }

    fn offer_named(
        &mut self,
        name: Option<&str>,
        description: &str,
        function: Option<FunctionId>,
        range: TextRange,
    ) {
        let Some(name) = name else { return };
        let effect = classify(name, Hints { description, arguments: &[] });
        let (name, file) = (name.to_owned(), self.file());
        self.add_tool(Tool { name, effect, file, span: span(range), function });
    }

    fn add_tool(&mut self, tool: Tool) {
        let tools = &mut self.state.tools;
        match tools
            .iter_mut()
            .find(|other| other.file == tool.file && other.span == tool.span && other.name == tool.name)
        {
            Some(other) => *other = tool,
            None => tools.push(tool),
        }
    }

    pub(super) fn named_function(&self, name: &str) -> Option<FunctionId> {
        match self.state.global(self.module, name)?.shape {
            Shape::Functions(ids) => ids.first().copied(),
            _ => None,
        }
    }

    fn file(&self) -> usize {
        self.state.project.modules.get(self.module).map_or(0, |module| module.file)
    }
}
