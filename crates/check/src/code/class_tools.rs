//! Tools that are classes: they describe themselves to a model and have a method that carries them out.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, Stmt, StmtClassDef};
use ruff_text_size::{Ranged, TextRange};

use super::api::models::is_framework;
use super::api::{last, names, root, words};
use super::project::dotted;
use super::tools::effect_of;
use super::value::{ClassId, Shape, Value};
use super::walk::{Walk, span};
use crate::facts::{Entry, FunctionId, Tool};

/// Methods that carry out a tool; those of libraries come first.
const CARRIES: &[&str] = &[
    "_run",
    "_call",
    "_arun",
    "forward",
    "execute",
    "_execute",
    "run",
    "invoke",
    "call",
    "handle",
    "perform",
    "__call__",
    "run_async",
    "execute_async",
    "arun",
    "ainvoke",
];
/// Members that describe the tool's arguments.
const SCHEMAS: &[&str] = &[
    "parameters",
    "args_schema",
    "argsSchema",
    "input_schema",
    "inputSchema",
    "inputs",
    "schema",
    "get_parameters",
    "getParameters",
    "get_schema",
    "getSchema",
    "json_schema",
    "to_schema",
    "toSchema",
    "parameters_schema",
    "params_schema",
];
/// Members that describe its purpose.
const TOLD: &[&str] = &["description", "desc"];
/// Words of classes that hold, create or describe tools without being one.
const AROUND: &[&str] = &[
    "registry",
    "manager",
    "base",
    "abstract",
    "executor",
    "factory",
    "kit",
    "toolkit",
    "set",
    "collection",
    "server",
    "client",
    "command",
    "agent",
    "node",
    "call",
    "result",
    "error",
];

impl Walk<'_, '_> {
    /// Records a class that is a tool: derived from one, named like one, or described like one.
    pub(super) fn offer_class(&mut self, class: ClassId, node: &StmtClassDef) {
        let Some(known) = self.state.project.classes.get(class) else { return };
        let short = last(&known.name).to_owned();
        let Some(method) = CARRIES.iter().find_map(|name| known.methods.get(*name).copied()) else { return };
        if is_around(&short) || is_abstract(node) || !self.is_like_a_tool(class, &short, node) {
            return;
        }
        let handed = handed_up(node);
        let said = |walk: &mut Self, member: &str| {
            walk.said_by(class, member)
                .or_else(|| handed.iter().find(|one| one.0 == member).map(|one| one.1.clone()))
        };
        let told = TOLD.iter().find_map(|member| said(self, member));
        let name = said(self, "name").or_else(|| registered(node));
        let (Some(name), Some(told)) = (name, told) else { return };
        if name.is_empty() {
            return;
        }
        let effect = effect_of(&name, &told, &[]);
        let tool = Tool {
            name,
            effect,
            file: self.file(),
            span: span(node.name.range()),
            function: Some(method),
            acts: None,
        };
        self.state.add_tool(tool);
        self.state.entering(method, |function| {
            function.entry.get_or_insert(Entry::Tool);
        });
    }

    /// Records those methods of a toolkit class that it passes to its library.
    pub(super) fn offer_toolkit(&mut self, class: ClassId, node: &StmtClassDef) {
        let holds = |base: &str| {
            let known =
                matches!(root(base), "agno" | "phi" | "llama_index" | "camel") || is_framework(root(base));
            known && matches!(last(base), "Toolkit" | "BaseToolkit" | "BaseToolSpec")
        };
        if !self.state.bases(class).iter().filter_map(Value::outside).any(holds) {
            return;
        }
        let mut handed = Handed { called: Vec::new(), found: Vec::new() };
        node.body.iter().for_each(|statement| handed.visit_stmt(statement));
        let Some(known) = self.state.project.classes.get(class) else { return };
        for (name, method) in &known.methods {
            let definition = self.state.project.functions.get(*method).and_then(|func| func.definition);
            let Some(definition) =
                definition.filter(|_| !name.starts_with('_') && handed.found.contains(&&**name))
            else {
                continue;
            };
            self.offer_in(*method, definition, self.file(), None);
            self.state.entering(*method, |function| function.entry = Some(Entry::Tool));
        }
    }

    fn is_like_a_tool(&self, class: ClassId, short: &str, node: &StmtClassDef) -> bool {
        let says_so = |name: &str| names(last(name), &["tool", "tools", "skill"]);
        let bases = node.arguments.iter().flat_map(|arguments| arguments.args.iter());
        let derived = bases.filter_map(dotted).any(|base| says_so(&base));
        let outside = self.state.bases(class).iter().filter_map(Value::outside).any(says_so);
        let described = || SCHEMAS.iter().any(|member| self.state.member(class, member, true, 0).is_some());
        // A chat command also describes itself, but a person issues it.
        derived || outside || says_so(short) || described()
    }

    /// Returns the text that a member of a class is, or that a method or property of that name returns.
    fn said_by(&mut self, class: ClassId, member: &str) -> Option<String> {
        let value = self.state.member(class, member, true, 0)?;
        let given = match &value.shape {
            Shape::Bound(id) => self.given_back(*id)?,
            Shape::Functions(ids) => self.given_back(*ids.first()?)?,
            _ => value,
        };
        // `description = "Sends " + what` counts as far as it is known.
        given.template().map(|text| text.shown().replace("{}", ""))
    }

    fn given_back(&self, id: FunctionId) -> Option<Value> {
        self.state.summary(id).map(|summary| summary.returns.clone())
    }
}

/// Whether a class is named after something that holds, creates or describes tools: `ToolRegistry`, `BaseTool`; a
/// `CommandTool` is a tool.
fn is_around(name: &str) -> bool {
    let said = words(name);
    let tool = said.last().is_some_and(|last| last == "tool");
    if tool { names(name, &["base", "abstract"]) } else { names(name, AROUND) }
}

/// Collects the methods that a class passes on: `tools=[self.send]`, `spec_functions = ["send"]`. Those that it calls
/// are not passed on.
struct Handed<'a> {
    called: Vec<TextRange>,
    found: Vec<&'a str>,
}

impl<'a> Visitor<'a> for Handed<'a> {
    fn visit_expr(&mut self, node: &'a Expr) {
        match node {
            Expr::Call(call) => self.called.push(call.func.range()),
            Expr::Attribute(part)
                if matches!(&*part.value, Expr::Name(own) if own.id.as_str() == "self")
                    && !self.called.contains(&node.range()) =>
            {
                self.found.push(part.attr.as_str());
            }
            Expr::List(list) => self.found.extend(list.elts.iter().filter_map(|one| match one {
                Expr::StringLiteral(text) => Some(text.value.to_str()),
                _ => None,
            })),
            _ => {}
        }
        walk_expr(self, node);
    }
}

/// `@register_tool("send_mail")`: Qwen-Agent takes the tool's name from the decorator.
fn registered(node: &StmtClassDef) -> Option<String> {
    let calls = node.decorator_list.iter().filter_map(|mark| mark.expression.as_call_expr());
    let mut marks =
        calls.filter(|call| dotted(&call.func).is_some_and(|name| last(&name) == "register_tool"));
    let name = marks.next()?.arguments.args.first()?.as_string_literal_expr()?;
    Some(name.value.to_str().to_owned())
}

/// Whether a class leaves its implementation to others.
fn is_abstract(node: &StmtClassDef) -> bool {
    let bases = node.arguments.iter().flat_map(|arguments| arguments.args.iter());
    bases.filter_map(dotted).any(|base| matches!(last(&base), "ABC" | "Protocol" | "ABCMeta"))
}

/// `super().__init__(name="bash", description="…")`: the texts that a constructor passes to the base class.
fn handed_up(node: &StmtClassDef) -> Vec<(String, String)> {
    let init = node.body.iter().find_map(|statement| match statement {
        Stmt::FunctionDef(method) if method.name.as_str() == "__init__" => Some(method),
        _ => None,
    });
    let call = init.into_iter().flat_map(|init| &init.body).find_map(|statement| match statement {
        Stmt::Expr(node) => match &*node.value {
            Expr::Call(call) if matches!(&*call.func, Expr::Attribute(up) if up.attr.as_str() == "__init__") => Some(call),
            _ => None,
        },
        _ => None,
    });
    let texts =
        call.into_iter().flat_map(|call| &call.arguments.keywords).filter_map(|keyword| {
            match &keyword.value {
                Expr::StringLiteral(text) => {
                    Some((keyword.arg.as_ref()?.to_string(), text.value.to_str().to_owned()))
                }
                _ => None,
            }
        });
    texts.collect()
}
