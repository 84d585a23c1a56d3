//! Tools that a model may call: dictionaries in the shape of the chat API, and decorated functions.

use std::collections::BTreeMap;

use ombud_core::effect::{Hints, classify};
use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::{Ranged, TextRange};

use super::value::{Shape, Value};
use super::walk::{Walk, span};
use crate::facts::{FunctionId, Tool};

impl Walk<'_, '_> {
    /// A dictionary that may define a tool.
    pub(super) fn offer_tool(&mut self, range: TextRange, items: &BTreeMap<String, Value>) {
        let Some(Shape::Dict(function)) = items.get("function").map(|value| &value.shape) else { return };
        if items.get("type").and_then(Value::known_text) != Some("function") {
            return;
        }
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

    fn named_function(&self, name: &str) -> Option<FunctionId> {
        match self.state.global(self.module, name)?.shape {
            Shape::Functions(ids) => ids.first().copied(),
            _ => None,
        }
    }

    fn file(&self) -> usize {
        self.state.project.modules.get(self.module).map_or(0, |module| module.file)
    }
}
