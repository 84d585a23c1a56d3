//! Tools that a model may call: dictionaries in the form of the chat API, and decorated functions.

use std::collections::BTreeMap;

use ombud_core::effect::{Effect, Hints, classify, words};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::agents::{ASKS, is_on};
use super::api::{last, root};
use super::call::all_of;
use super::hand_out::collect_functions;
use super::value::{Argument, ModuleId, Shape, Value, given, named};
use super::walk::{Walk, span};
use crate::facts::{Agent, Entry, FunctionId, Held, Piece, Taint, Tool};

/// Keys for the description of a tool's arguments.
const SCHEMAS: &[&str] = &["input_schema", "inputSchema"];
/// The same, where the function is next to it.
const OTHER_SCHEMAS: &[&str] = &["parameters", "schema", "paramsSchema", "argsSchema", "args"];
/// Keys for a tool's function next to its description.
const HANDLERS: &[&str] =
    &["handler", "execute", "run", "callback", "func", "fn", "invoke", "call", "function"];

/// A tool whose name a caller chooses: `def tool(server, name, told, run): server.tool(name, told, run)`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Offered {
    name: Value,
    told: Value,
    /// The index of the parameter that is the function.
    run: usize,
}

/// Returns a tool's description in the form of `OpenAI`'s or Anthropic's API, or one that comes with its function.
fn described(items: &BTreeMap<String, Value>) -> Option<&BTreeMap<String, Value>> {
    let is_function = items.get("type").and_then(Value::known_text) == Some("function");
    match items.get("function").map(|value| &value.shape) {
        Some(Shape::Dict(function)) if is_function => Some(function),
        // The form of the Responses API, with everything on one level.
        None if is_function && items.contains_key("name") && items.contains_key("parameters") => Some(items),
        _ => {
            let has = |keys: &[&str]| keys.iter().any(|key| items.contains_key(*key));
            let carried = || {
                items.contains_key("description")
                    && (has(OTHER_SCHEMAS) && beside(items).is_some()
                        || OTHER_SCHEMAS.iter().any(|key| items.get(*key).is_some_and(is_schema)))
            };
            (items.contains_key("name") && (has(SCHEMAS) || carried())).then_some(items)
        }
    }
}

/// `{"type": "object", "properties": {…}}`
fn is_schema(value: &Value) -> bool {
    let Shape::Dict(items) = &value.shape else { return false };
    items.get("type").and_then(Value::known_text) == Some("object") && items.contains_key("properties")
}

/// Returns the function next to the description of a tool.
fn beside(items: &BTreeMap<String, Value>) -> Option<FunctionId> {
    let mut found = Vec::new();
    HANDLERS
        .iter()
        .filter_map(|key| items.get(*key))
        .for_each(|value| collect_functions(value, &mut found, 0));
    found.first().copied()
}

/// Returns the function that a library is given to run for a tool.
fn implements(arguments: &[Argument]) -> Option<FunctionId> {
    let mut found = Vec::new();
    for argument in arguments {
        collect_functions(&argument.value, &mut found, 0);
    }
    found.first().copied()
}

impl Walk<'_, '_> {
    /// Records the tool that a dictionary may define.
    pub(super) fn offer_tool(&mut self, range: TextRange, items: &BTreeMap<String, Value>) {
        let Some(function) = described(items) else { return };
        let text = |key: &str| function.get(key).and_then(Value::known_text);
        // `prefix + "send_mail"` also names a tool.
        let shown = function.get("name").and_then(Value::template).map(|name| name.shown().replace("{}", ""));
        let Some(name) = shown.filter(|name| !name.is_empty()) else { return };
        let name = name.as_str();
        let hints = |key: &str| function.get("annotations").map(|hints| hints.item(Some(key)).shape);
        let reads = hints("readOnlyHint") == Some(Shape::Bool(true));
        let implemented = beside(items).or_else(|| beside(function));
        if function.contains_key("inputSchema") {
            self.served_at(range);
        }
        let tool = Tool {
            name: name.to_owned(),
            effect: if reads {
                Effect::Read
            } else {
                effect_of(name, text("description").unwrap_or_default(), &[])
            },
            file: self.file(),
            span: span(range),
            function: implemented.or_else(|| self.named_function(name)).or_else(|| self.only_handler(range)),
            acts: None,
        };
        self.add_tool(tool);
    }

    /// Records a decorated function as a tool under its name.
    pub(super) fn offer_function(&mut self, id: FunctionId, node: &StmtFunctionDef) {
        self.offer_in(id, node, self.file(), None);
    }

    pub(super) fn offer_in(
        &mut self,
        id: FunctionId,
        node: &StmtFunctionDef,
        file: usize,
        called: Option<&str>,
    ) {
        let name = called.unwrap_or_else(|| node.name.as_str());
        let arguments: Vec<String> = node
            .parameters
            .iter_non_variadic_params()
            .map(|parameter| parameter.name().to_string())
            .collect();
        let tool = Tool {
            name: name.to_owned(),
            effect: effect_of(name, self.told(id), &arguments),
            file,
            span: span(node.name.range()),
            function: Some(id),
            acts: None,
        };
        self.add_tool(tool);
    }

    /// `mcp.tool()(send)`, `mcp.add_tool(send)`: a function made a tool without a decorator.
    pub(super) fn offer_registered(&mut self, path: &str, arguments: &[Argument]) {
        let path = path.trim_end_matches("()");
        let served = matches!(root(path), "mcp" | "fastmcp") && matches!(last(path), "tool" | "add_tool");
        let handed =
            matches!(root(path), "autogen" | "ag2" | "pyautogen") && last(path) == "register_function";
        if !served && !handed {
            return;
        }
        let Some(Value { shape: Shape::Functions(ids), .. }) = given(arguments, 0, "fn") else { return };
        for id in ids.iter().copied() {
            let definition = self.state.project.functions.get(id).and_then(|func| func.definition);
            let Some(node) = definition.filter(|node| !node.name.is_empty()) else { continue };
            self.state.entering(id, |function| function.entry = Some(Entry::Tool));
            let file = self.state.functions.get(id).map(|function| function.file);
            self.offer_in(id, node, file.unwrap_or_else(|| self.file()), None);
            self.serve_together(id, path);
        }
    }

    /// Handles a call of one of several functions that is picked by what a model wrote:
    /// `TOOLS[call.name](**arguments)`. All of them are tools of one agent. Returns whether it was such a call.
    pub(super) fn picked(&mut self, node: &ExprCall, ids: &[FunctionId], arguments: &[Argument]) -> bool {
        let Some(key) = self.picks(&node.func) else { return false };
        self.note_table(&node.func);
        let said = key | all_of(arguments);
        if !self.known_sources(said).has(Taint::MODEL) {
            return false;
        }
        let own: Vec<FunctionId> = ids
            .iter()
            .copied()
            .filter(|id| self.is_defined(*id) && !self.is_called_as(*id, &node.func))
            .collect();
        let holds: Vec<Held> = own.iter().filter_map(|id| self.held(*id, None)).collect();
        for (id, held) in own.iter().zip(&holds) {
            let Some(function) = self.state.functions.get(*id) else { continue };
            let (file, span) = (function.file, function.span.clone());
            self.add_tool(Tool {
                name: held.name.clone(),
                effect: held.effect,
                file,
                span,
                function: Some(*id),
                acts: None,
            });
        }
        self.armed(Agent { file: self.file(), span: span(node.range()), holds, asks: false, server: false });
        true
    }

    /// Returns the arguments of such a call; those that a model wrote are marked as chosen by it.
    pub(super) fn chosen_by_model(&self, arguments: &[Argument]) -> Vec<Argument> {
        let chosen = |one: &Argument| {
            let mut one = one.clone();
            if self.known_sources(one.value.deep_taint()).has(Taint::MODEL) {
                one.value.taint |= Taint::TOOL;
            }
            one
        };
        arguments.iter().map(chosen).collect()
    }

    /// Whether a function is a method called under its own name on one of several objects: `channel.send(text)`. The
    /// object was picked, and its name is not a tool's.
    fn is_called_as(&self, id: FunctionId, callee: &Expr) -> bool {
        let Expr::Attribute(part) = callee else { return false };
        let func = self.state.project.functions.get(id).filter(|func| func.class.is_some());
        func.is_some_and(|func| last(&func.name) == part.attr.as_str())
    }

    /// Returns the origins of the key by which a function is picked: `table[key]`, `table.get(key)`; `None` for a
    /// known key.
    fn picks(&mut self, callee: &Expr) -> Option<Taint> {
        let key = match callee {
            Expr::Subscript(node) => &*node.slice,
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) if method.attr.as_str() == "get" => call.arguments.args.first()?,
                _ => return None,
            },
            Expr::Name(name) => return self.env.picked.get(name.id.as_str()).copied(),
            // `entry.run`
            Expr::Attribute(part) => return self.picks(&part.value),
            _ => return None,
        };
        let key = self.eval(key);
        match (key.known_text(), callee) {
            (None, _) => Some(key.deep_taint()),
            // `TOOLS[name]["run"]`
            (Some(_), Expr::Subscript(node)) => self.picks(&node.value),
            _ => None,
        }
    }

    /// `handler = TABLE.get(name)`: the name holds what was picked.
    pub(super) fn note_picked(&mut self, target: &Expr, value: &Expr) {
        let (Expr::Name(name), Expr::Subscript(_) | Expr::Call(_)) = (target, value) else { return };
        match self.picks(value) {
            Some(key) => {
                self.note_table(value);
                self.env.picked.insert(name.id.to_string(), key)
            }
            None => self.env.picked.remove(name.id.as_str()),
        };
    }

    /// Records the functions of the table from which one is picked, by name.
    fn note_table(&mut self, picked: &Expr) {
        let table = match picked {
            Expr::Subscript(node) => &node.value,
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) => &method.value,
                _ => return,
            },
            _ => return,
        };
        let Shape::Dict(items) = self.eval(table).shape else { return };
        for (name, value) in items.iter() {
            let mut found = Vec::new();
            collect_functions(value, &mut found, 0);
            if let Some(id) = found.first().copied().filter(|id| self.is_defined(*id)) {
                self.state.dispatched.entry(name.clone()).or_insert(id);
            }
        }
    }

    fn is_defined(&self, id: FunctionId) -> bool {
        self.state.project.functions.get(id).is_some_and(|func| func.definition.is_some())
    }

    /// Returns the docstring of a function.
    pub(super) fn told(&self, id: FunctionId) -> &str {
        let definition = self.state.project.functions.get(id).and_then(|func| func.definition);
        match definition.and_then(|definition| definition.body.first()) {
            Some(Stmt::Expr(first)) => match &*first.value {
                Expr::StringLiteral(text) => text.value.to_str(),
                _ => "",
            },
            _ => "",
        }
    }

    /// `mcp.types.Tool(name="…", inputSchema={…})`: how a server describes its offer.
    pub(super) fn offer_described(&mut self, path: &str, arguments: &[Argument], range: TextRange) {
        if root(path) != "mcp" || last(path) != "Tool" || named(arguments, &["inputSchema"]).is_none() {
            return;
        }
        let text = |key: &str| named(arguments, &[key]).and_then(Value::known_text).map(str::to_owned);
        let told = text("description").unwrap_or_default();
        self.served_at(range);
        self.offer_named(text("name").as_deref(), &told, None, range);
    }

    /// Records a tool that a script offers through a library.
    pub(super) fn offer_script_tool(&mut self, path: &str, arguments: &[Argument], range: TextRange) {
        self.approve(arguments);
        let text = |key: &str| named(arguments, &[key]).and_then(Value::known_text);
        let first = || arguments.first().and_then(|argument| argument.value.known_text());
        match (root(path), last(path)) {
            ("@modelcontextprotocol/sdk", "tool" | "registerTool") => {
                self.offer_by_caller(arguments);
                self.served_at(range);
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
            _ => self.offer_by_shape(arguments, range),
        }
    }

    /// `tool({ needsApproval: true, execute })`: the library asks a person before it runs the function.
    fn approve(&mut self, arguments: &[Argument]) {
        if !named(arguments, ASKS).is_some_and(is_on) {
            return;
        }
        if let Some(id) = implements(arguments) {
            self.state.entering(id, |function| function.approved = true);
        }
    }

    /// `createTool({ id, description, inputSchema, execute })`: a call with everything that makes a tool, whatever it
    /// is called.
    fn offer_by_shape(&mut self, arguments: &[Argument], range: TextRange) {
        let text = |keys: &[&str]| named(arguments, keys).and_then(Value::known_text).map(str::to_owned);
        let schema = named(arguments, SCHEMAS).or_else(|| named(arguments, OTHER_SCHEMAS)).is_some();
        let carried = || {
            let mut found = Vec::new();
            if let Some(run) = named(arguments, HANDLERS) {
                collect_functions(run, &mut found, 0);
            }
            found.first().copied()
        };
        let (Some(name), Some(told), true) = (text(&["name", "id"]), text(&["description"]), schema) else {
            return;
        };
        if let Some(function) = carried() {
            self.offer_named(Some(&name), &told, Some(function), range);
            let run = named(arguments, HANDLERS).cloned().unwrap_or_default();
            self.callbacks(
                Some(Taint::TOOL),
                Taint::NONE,
                &[Argument { name: None, value: run, spread: false }],
                range,
            );
        }
    }

    /// Records that a server offers a tool here to whoever asks.
    fn served_at(&mut self, range: TextRange) {
        let at = (self.file(), span(range).start);
        self.state.served.insert(at);
    }

    /// Records a tool whose name and function are parameters.
    fn offer_by_caller(&mut self, arguments: &[Argument]) {
        let plain: Vec<&Argument> = arguments.iter().filter(|one| one.name.is_none()).collect();
        let given = |value: &Value| match value.template().map(|text| text.pieces.as_slice()) {
            Some([Piece::Parameter(index)]) => Some(*index),
            _ => None,
        };
        let ([name, rest @ ..], true) = (plain.as_slice(), plain.len() > 2) else { return };
        let (Some(_), Some(run)) =
            (given(&name.value), rest.last().and_then(|run| run.value.taint.parameters().next()))
        else {
            return;
        };
        let told = named(arguments, &["description"]).or_else(|| rest.first().map(|one| &one.value));
        let offered = Offered { name: name.value.clone(), told: told.cloned().unwrap_or_default(), run };
        if !self.summary.offers.contains(&offered) {
            self.summary.offers.push(offered);
        }
    }

    /// The same where the caller has chosen them.
    pub(super) fn offer_handed(&mut self, offers: &[Offered], values: &[Value], range: TextRange) {
        for offered in offers {
            let name = offered.name.filled(values).known_text().map(str::to_owned);
            let told = offered.told.filled(values).known_text().unwrap_or_default().to_owned();
            let mut found = Vec::new();
            let Some(run) = values.get(offered.run) else { continue };
            collect_functions(run, &mut found, 0);
            if found.is_empty() {
                continue;
            }
            self.served_at(range);
            self.offer_named(name.as_deref(), &told, found.first().copied(), range);
            let run = [Argument { name: None, value: run.clone(), spread: false }];
            self.callbacks(Some(Taint::TOOL), Taint::NONE, &run, range);
        }
    }

    /// Records a tool of a server of which only the methods are known: `server.registerTool("send", {…}, send)`.
    pub(super) fn offer_plugged(&mut self, name: &str, arguments: &[Argument], range: TextRange) -> bool {
        let plain: Vec<&Argument> = arguments.iter().filter(|one| one.name.is_none()).collect();
        let ([title, about, .., run], true) = (plain.as_slice(), matches!(name, "tool" | "registerTool"))
        else {
            return false;
        };
        let told = match &about.value.shape {
            Shape::Dict(items) => items.get("description").and_then(Value::known_text),
            _ => about.value.known_text(),
        };
        let (Some(title), Some(told), Shape::Functions(ids)) =
            (title.value.known_text(), told, &run.value.shape)
        else {
            self.offer_by_caller(arguments);
            return false;
        };
        self.offer_named(Some(title), told, ids.first().copied(), range);
        true
    }

    /// `generateText({tools: {search: tool({description, execute})}})`
    fn offer_vercel(&mut self, arguments: &[Argument], range: TextRange) {
        let tools = match named(arguments, &["tools"]).map(|tools| &tools.shape) {
            Some(Shape::Dict(tools)) => (**tools).clone(),
            Some(Shape::Module(module)) => self.tools_of(*module),
            _ => return,
        };
        for (name, tool) in &tools {
            let Some(made) = tool.made().filter(|made| !made.setting(ASKS).is_some_and(is_on)) else {
                continue;
            };
            let told =
                made.setting(&["description"]).and_then(Value::known_text).unwrap_or_default().to_owned();
            self.offer_made(name, &told, implements(&made.given), made.at.unwrap_or((self.module, range)));
        }
    }

    /// Returns what a module exports that was made as a tool: `import * as tools`.
    pub(super) fn tools_of(&self, module: ModuleId) -> BTreeMap<String, Value> {
        let is_tool = |value: &Value| value.made().is_some_and(|made| root(&made.path) == "ai_sdk");
        let names = self.state.names(module).filter(|(_, value)| is_tool(value));
        names.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    fn offer_made(
        &mut self,
        name: &str,
        description: &str,
        function: Option<FunctionId>,
        (module, range): (ModuleId, TextRange),
    ) {
        let effect = effect_of(name, description, &[]);
        let file = self.state.project.modules.get(module).map_or(0, |module| module.file);
        self.add_tool(Tool { name: name.to_owned(), effect, file, span: span(range), function, acts: None });
    }

    fn offer_named(
        &mut self,
        name: Option<&str>,
        description: &str,
        function: Option<FunctionId>,
        range: TextRange,
    ) {
        let Some(name) = name else { return };
        let effect = effect_of(name, description, &[]);
        let (name, file) = (name.to_owned(), self.file());
        self.add_tool(Tool { name, effect, file, span: span(range), function, acts: None });
    }

    fn add_tool(&mut self, tool: Tool) {
        self.state.add_tool(tool);
    }

    pub(super) fn named_function(&self, name: &str) -> Option<FunctionId> {
        match self.state.global(self.module, name)?.shape {
            Shape::Functions(ids) => ids.first().copied(),
            _ => None,
        }
    }

    /// `const definition = {name: …}; async function handler(args) {…}`: the handler of a file that describes a
    /// single tool.
    fn only_handler(&self, range: TextRange) -> Option<FunctionId> {
        let file = self.file();
        let alone = self.state.tools.iter().all(|(_, tool)| tool.file != file || tool.span == span(range));
        let found = || HANDLERS.iter().find_map(|name| self.named_function(name));
        (self.script && alone).then(found).flatten()
    }

    pub(super) fn file(&self) -> usize {
        self.state.project.modules.get(self.module).map_or(0, |module| module.file)
    }
}

/// Classifies the effect of a tool by its name and the developer's description. A name that is a noun as well as a
/// verb (`order`, `mail`) has the effect that its description begins with.
pub(super) fn effect_of(name: &str, description: &str, arguments: &[String]) -> Effect {
    const THINGS: &[&str] =
        &["order", "mail", "email", "message", "payment", "transfer", "post", "command", "share"];
    const LOOKS: &[&str] = &[
        "list",
        "analyze",
        "analyse",
        "analysis",
        "check",
        "classify",
        "categorize",
        "calculate",
        "calculator",
        "metadata",
        "statistics",
    ];
    const STATES: &[&str] = &[
        "ready", "status", "state", "info", "preview", "options", "summary", "estimate", "quote", "history",
    ];
    const READS: &[&str] =
        &["look up", "look ", "read", "list", "show", "get ", "find", "search", "check", "fetch", "return"];
    const READS_ZH: &[&str] = &["查", "读取", "列出", "获取", "搜索", "显示", "看"];
    // What is said to the person who asked is the agent's response, and reaches nobody else.
    const ANSWERS: &[&str] = &["respond", "reply", "answer", "final", "to", "the", "user", "give", "message"];
    let mut words = words(name).into_iter();
    if words.next().is_some_and(|first| matches!(first.as_str(), "respond" | "reply" | "answer" | "final"))
        && words.all(|word| ANSWERS.contains(&word.as_str()))
    {
        return Effect::Read;
    }
    let told = description.trim_start().to_lowercase();
    let reads = READS.iter().chain(READS_ZH).any(|word| told.starts_with(word));
    // `checkout_ready`, “Get the basket ready”: reports a status.
    let stands = super::api::words(name).last().is_some_and(|last| STATES.contains(&last.as_str()));
    if reads && (stands || THINGS.contains(&name.to_lowercase().as_str())) {
        return Effect::Read;
    }
    // “通过启动一个请求来搜索”: the actual action comes last.
    let description = match description.trim_start().strip_prefix("通过").and_then(|by| by.split_once('来'))
    {
        Some((_, done)) => done,
        None => description,
    };
    // `budget_check`, `list_letters`: only looks something up, whatever the other words may mean.
    let said = super::api::words(name);
    let looks = [said.first(), said.last()].into_iter().flatten().any(|word| LOOKS.contains(&word.as_str()));
    let acts = |word: &String| {
        matches!(classify(word, Hints::default()), Effect::Delete | Effect::Execute | Effect::Send)
    };
    if looks && said.len() > 1 && !said.iter().any(|word| !word.ends_with('s') && acts(word))
        || name == "calculator"
    {
        return Effect::Read;
    }
    // A read-only statement changes nothing, whatever runs it.
    let only =
        ["read-only", "read only", "readonly", "only select", "只读"].iter().any(|word| told.contains(word));
    if only && !told.contains("not read") {
        return Effect::Read;
    }
    // “Compose a letter and send it”: the last action counts.
    let first = told.split(['.', '。', '\n']).next().unwrap_or_default();
    let sends = [" and send", " and sends", "then send", "并发送"].iter().any(|word| first.contains(word));
    let effect = classify(name, Hints { description, arguments });
    if sends { effect.or_worse(Effect::Send) } else { effect }
}
