//! Where a tool is carried out: in the branch taken for its name, or in the function given for it. That is where
//! approval would have to be asked for; the description may be in another file.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::effect::Effect;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, ExprCompare, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::api::{names, words};
use super::project::{Project, dotted};
use super::state::State;
use super::tools::effect_of;
use super::value::ModuleId;
use super::walk::{Walk, span};
use crate::facts::{Call, Deed, FunctionId, Taint, Tool};

/// Branches taken for a text: the module and the offset of their first statement, and the texts.
pub(super) type Taken = BTreeMap<(ModuleId, usize), Vec<String>>;

/// Represents every name without a branch of its own.
const OTHERS: &str = "*";

/// A branch taken for the name of a tool.
struct Branch<'a> {
    module: ModuleId,
    body: &'a [Stmt],
}

impl Walk<'_, '_> {
    /// Records the texts for which a branch is taken: `if name == "send":`, `case "send":`.
    pub(super) fn note_taken(&mut self, test: &Expr, body: &[Stmt]) {
        match test {
            Expr::Compare(node) => self.note_compared(node, body),
            Expr::BoolOp(node) => node.values.iter().for_each(|part| self.note_taken(part, body)),
            _ => {}
        }
    }

    fn note_compared(&mut self, node: &ExprCompare, body: &[Stmt]) {
        let [right] = &*node.comparators else { return };
        let plain = |side: &Expr| {
            matches!(side, Expr::Name(_) | Expr::Attribute(_) | Expr::StringLiteral(_) | Expr::Subscript(_))
        };
        if node.ops.iter().all(|op| op.as_str() == "==") && plain(&node.left) && plain(right) {
            let [one, other] = [&*node.left, right].map(|side| (side, self.eval(side)));
            let texts = [&one, &other].map(|(_, value)| value.known_text().map(str::to_owned));
            if let [Some(text), None] | [None, Some(text)] = texts {
                let (from, said) = if one.1.known_text().is_some() { other } else { one };
                self.intend(from, said.deep_taint(), &text, body);
                if self.picks_a_tool(from, said.deep_taint()) {
                    self.take(text, body);
                }
            }
        }
    }

    /// The same for a pattern.
    pub(super) fn note_matched(&mut self, pattern: &Pattern, from: &Expr, said: Taint, body: &[Stmt]) {
        match pattern {
            Pattern::MatchValue(node) => {
                if let Some(text) = self.eval(&node.value).known_text().map(str::to_owned) {
                    self.intend(from, said, &text, body);
                    if self.picks_a_tool(from, said) {
                        self.take(text, body);
                    }
                }
            }
            Pattern::MatchOr(node) => {
                node.patterns.iter().for_each(|part| self.note_matched(part, from, said, body));
            }
            _ => {}
        }
    }

    /// Records a branch that is taken for what a model wrote and has an irreversible effect; it is a tool, whatever
    /// it is called. `if answer["intent"] == "send_mail":`
    fn intend(&mut self, from: &Expr, said: Taint, text: &str, body: &[Stmt]) {
        const CHOICES: &[&str] = &[
            "intent*",
            "action*",
            "command",
            "cmd",
            "tool*",
            "function*",
            "skill*",
            "operation",
            "op",
            "task",
            "decision",
        ];
        let Some(own) = compared(from) else { return };
        let effect = effect_of(text, "", &[]);
        let grave =
            matches!(effect, Effect::Send | Effect::Pay | Effect::Delete | Effect::Execute | Effect::Grant);
        if !grave || !names(own, CHOICES) || !self.known_sources(said).has(Taint::MODEL) {
            return;
        }
        let Some(range) = act(body, effect, text, false, || None).map(span) else { return };
        let tool = Tool {
            name: text.to_owned(),
            effect,
            file: self.file(),
            span: range,
            function: Some(self.function),
            acts: None,
        };
        self.state.intended.insert((self.module, tool.span.start), tool);
    }

    /// Whether the compared value may be a tool's name: a model wrote it, or it is named so.
    /// `event.type === "message"` is not.
    fn picks_a_tool(&self, from: &Expr, said: Taint) -> bool {
        const NAMES: &[&str] = &[
            "name",
            "tool*",
            "function*",
            "fn",
            "func",
            "method",
            "action*",
            "command",
            "cmd",
            "intent*",
            "skill*",
            "operation",
            "op",
            "call*",
            "api",
            "handler",
        ];
        compared(from).is_none_or(|own| names(own, NAMES))
            || said != Taint::NONE && self.known_sources(said).has(Taint::MODEL | Taint::TOOL)
    }

    /// Records the branch for all other names, if the first is for a single name: `default: return forward(name, args)`.
    pub(super) fn note_others(&mut self, first: &[Stmt], others: &[Stmt]) {
        let at = first.first().map(|first| (self.module, first.range().start().to_usize()));
        if at.is_some_and(|at| self.state.taken.contains_key(&at)) && handed_on(others).is_some() {
            self.take(OTHERS.to_owned(), others);
        }
    }

    fn take(&mut self, text: String, body: &[Stmt]) {
        let Some(first) = body.first() else { return };
        let all = self.state.taken.entry((self.module, first.range().start().to_usize())).or_default();
        if !all.contains(&text) {
            all.push(text);
        }
    }
}

/// The last name in what is compared.
fn compared(from: &Expr) -> Option<&str> {
    match from {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(part) => Some(part.attr.as_str()),
        Expr::Subscript(node) => node.slice.as_string_literal_expr().map(|key| key.value.to_str()),
        _ => None,
    }
}

/// Records where each tool is carried out.
pub(super) fn note(project: &Project<'_>, state: &mut State<'_>) {
    let branches = branches(project, &state.taken);
    let mut tools = std::mem::take(&mut state.tools);
    for (_, tool) in &mut tools {
        place(project, state, tool, &branches);
    }
    // Tools with a description are already known.
    let known: Vec<String> = tools.iter().map(|(_, tool)| tool.name.clone()).collect();
    let more = std::mem::take(&mut state.intended).into_values().filter(|tool| !known.contains(&tool.name));
    tools.extend(more.map(|mut tool| {
        let mut calls =
            state.functions.iter().filter(|function| function.file == tool.file).flat_map(|one| &one.calls);
        let callee = calls.find(|call| call.span == tool.span).and_then(|call| call.callees.first().copied());
        tool.acts = callee.and_then(|id| of_function(project, state, id, &tool));
        tool.function = callee.or(tool.function);
        (0, tool)
    }));
    state.tools = tools;
}

fn place(project: &Project<'_>, state: &State<'_>, tool: &mut Tool, branches: &BTreeMap<&str, Branch<'_>>) {
    // A function offered under its own name is carried out where it is defined.
    let own = |id: &FunctionId| state.functions.get(*id).is_some_and(|function| function.span == tool.span);
    if tool.function.as_ref().is_some_and(own) {
        return;
    }
    let branch = branches.get(tool.name.as_str()).or_else(|| {
        tool.function = tool
            .function
            .or_else(|| state.dispatched.get(&tool.name).copied())
            .or_else(|| picked_by_name(project, state, &tool.name));
        let served = tool.function.is_none() && state.served.contains(&(tool.file, tool.span.start));
        branches.get(OTHERS).filter(|_| served)
    });
    let Some(branch) = branch else {
        tool.acts = tool.function.and_then(|given| of_function(project, state, given, tool));
        return;
    };
    let Some(file) = project.modules.get(branch.module).map(|module| module.file) else { return };
    let handler = handed_on(branch.body).and_then(|call| entered(state, file, call));
    let first = branch.body.first().map(Ranged::range);
    // A branch for the name of a tool defined elsewhere carries it out only if it has the same effect.
    let elsewhere = handler.is_none() && tool.function.is_some();
    let here = act(branch.body, tool.effect, &tool.name, elsewhere, || changed(state, file, branch.body));
    if elsewhere && here.is_none() {
        return;
    }
    let here = here.or(first).map(|range| (file, span(range)));
    tool.acts =
        handler.and_then(|id| of_function(project, state, id, tool).or_else(|| named(state, id))).or(here);
    tool.function = handler.or(tool.function);
}

/// `this[name](arguments)`: the only method of that name, where one of several is picked by a name from outside.
fn picked_by_name(project: &Project<'_>, state: &State<'_>, name: &str) -> Option<FunctionId> {
    let name = name.trim_start_matches('_');
    let called = |function: &&super::project::Func<'_>| {
        function.class.is_some() && function.name.rsplit('.').next() == Some(name)
    };
    let mut all =
        (0..project.functions.len()).filter(|id| project.functions.get(*id).as_ref().is_some_and(called));
    let id = all.next().filter(|_| all.next().is_none())?;
    let mut calls = state.functions.iter().flat_map(|function| &function.calls);
    calls.any(|call| call.callees.len() > 1 && call.callees.contains(&id)).then_some(id)
}

/// Returns the call within a function that carries out the tool.
fn of_function(
    project: &Project<'_>,
    state: &State<'_>,
    id: FunctionId,
    tool: &Tool,
) -> Option<(usize, Range<usize>)> {
    let body = &project.functions.get(id)?.definition?.body;
    Some((state.functions.get(id)?.file, span(act(body, tool.effect, &tool.name, false, || None)?)))
}

/// Returns the first call in a branch that changes something outside the program, whatever it is called.
fn changed(state: &State<'_>, file: usize, body: &[Stmt]) -> Option<TextRange> {
    let (first, last) = (span(body.first()?.range()), span(body.last()?.range()));
    let does = |deed: &Deed| match deed {
        Deed::Run { content, .. } => *content != Taint::NONE,
        Deed::Publish(_) | Deed::Erase(_) | Deed::Rows { changes: true } => true,
        _ => false,
    };
    let here = |call: &&Call| {
        first.start <= call.span.start && call.span.end <= last.end && call.does.iter().any(does)
    };
    let own = state.functions.iter().filter(|function| function.file == file);
    let call = own.flat_map(|function| &function.calls).filter(here).min_by_key(|call| call.span.start)?;
    let at = |byte: usize| TextSize::try_from(byte).ok();
    Some(TextRange::new(at(call.span.start)?, at(call.span.end)?))
}

fn named(state: &State<'_>, id: FunctionId) -> Option<(usize, Range<usize>)> {
    let function = state.functions.get(id).filter(|function| !function.span.is_empty())?;
    Some((function.file, function.span.clone()))
}

/// Returns the call to which a branch passes its arguments unchanged, if it takes nothing out of them and does
/// nothing else.
fn handed_on(body: &[Stmt]) -> Option<&ExprCall> {
    let value = match body {
        [Stmt::Return(node)] | [Stmt::Return(node), Stmt::Break(_)] => node.value.as_deref()?,
        [Stmt::Expr(node)] | [Stmt::Expr(node), Stmt::Break(_) | Stmt::Return(_)] => &*node.value,
        [Stmt::Assign(node)] | [Stmt::Assign(node), Stmt::Break(_) | Stmt::Return(_)] => &*node.value,
        _ => return None,
    };
    let call = match value {
        Expr::Await(node) => node.value.as_call_expr()?,
        other => other.as_call_expr()?,
    };
    let whole = |given: &Expr| match given {
        Expr::Name(_) => true,
        other => dotted(other).is_some_and(|name| {
            let own = name.rsplit('.').next().unwrap_or(&name);
            matches!(own, "arguments" | "args" | "params" | "input")
        }),
    };
    let only = call.arguments.keywords.is_empty() && !call.arguments.args.is_empty();
    (only && call.arguments.args.iter().all(whole)).then_some(call)
}

/// Returns the project function that a call enters.
fn entered(state: &State<'_>, file: usize, call: &ExprCall) -> Option<FunctionId> {
    let at = span(call.range());
    let mut calls =
        state.functions.iter().filter(|function| function.file == file).flat_map(|function| &function.calls);
    calls.find(|call| call.span == at).and_then(|call| call.callees.first().copied())
}

/// Returns the call that carries out a tool: one with the tool's name, or else the first with the same effect by its
/// name, or with a known change, or with any effect.
fn act(
    body: &[Stmt],
    effect: Effect,
    tool: &str,
    only_same: bool,
    known: impl FnOnce() -> Option<TextRange>,
) -> Option<TextRange> {
    let mut acts = Acts { found: Vec::new(), tool: words(tool), named: None };
    for statement in body {
        acts.visit_stmt(statement);
    }
    let same = || acts.found.iter().find(|(does, _)| *does == effect).map(|(_, range)| *range);
    let any = || acts.found.first().map(|(_, range)| *range).filter(|_| !only_same);
    acts.named.or_else(same).or_else(known).or_else(any)
}

struct Acts {
    found: Vec<(Effect, TextRange)>,
    /// The words of the tool's name.
    tool: Vec<String>,
    /// The call with that name.
    named: Option<TextRange>,
}

impl<'a> Visitor<'a> for Acts {
    fn visit_expr(&mut self, node: &'a Expr) {
        if let (Expr::Call(call), None) = (node, self.named)
            && let Expr::Name(name) = &*call.func
            && self.tool.len() > 1
            && words(name.id.as_str()) == self.tool
        {
            self.named = Some(node.range());
        }
        if let Expr::Call(call) = node
            && let Some(does) = does(&call.func).or_else(|| asked_for(call))
        {
            self.found.push((does, node.range()));
        }
        walk_expr(self, node);
    }
}

/// `fetch(url, {method: "POST"})`, `request("POST", url)`
fn asked_for(call: &ExprCall) -> Option<Effect> {
    let own = match &*call.func {
        Expr::Attribute(node) => names(node.attr.as_str(), ASKS),
        Expr::Name(node) => names(node.id.as_str(), ASKS),
        _ => false,
    };
    let mut texts = call.arguments.args.iter().filter_map(Expr::as_string_literal_expr).filter(|_| own);
    if let Some(effect) = texts.find_map(|text| of_verb(text.value.to_str())) {
        return Some(effect);
    }
    let client = dotted(&call.func).is_some_and(|name| names(&name, &["fetch", "axios", "request", "got"]));
    let options = call.arguments.args.iter().filter_map(Expr::as_dict_expr).filter(|_| client);
    let method = |key: &Expr| matches!(key, Expr::StringLiteral(text) if text.value.to_str() == "method");
    let said =
        options.flat_map(|options| &options.items).find(|item| item.key.as_ref().is_some_and(method))?;
    let Expr::StringLiteral(verb) = &said.value else { return None };
    of_verb(verb.value.to_str())
}

/// Words of functions that send a request, whoever wrote them.
const ASKS: &[&str] = &["request*", "fetch*", "api", "call*", "send*", "http", "query"];

fn of_verb(verb: &str) -> Option<Effect> {
    match verb {
        "POST" | "PUT" | "PATCH" => Some(Effect::Send),
        "DELETE" => Some(Effect::Delete),
        _ => None,
    }
}

/// Suffixes of the names of things that are constructed.
const MADE: &[&str] = &[
    "request",
    "command",
    "event",
    "input",
    "options",
    "params",
    "error",
    "exception",
    "response",
    "tool",
    "action",
    "result",
];

/// Classifies the irreversible effect of a call by its name. Constructing something has no effect, and what is
/// written for the developer or returned to the caller reaches nobody else.
fn does(callee: &Expr) -> Option<Effect> {
    let whole = dotted(callee).unwrap_or_default();
    let (object, _) = whole.rsplit_once('.').unwrap_or(("", ""));
    let name = match callee {
        Expr::Attribute(node) => node.attr.as_str(),
        Expr::Name(node) => node.id.as_str(),
        _ => return None,
    };
    // Something is put into a list or constructed: `types.SendMessageRequest(…)`. A method may start with a capital:
    // `wx.SendMsg(…)`.
    let capital = name.starts_with(|ch: char| ch.is_uppercase());
    let method = callee.is_attribute_expr()
        && words(name).len() > 1
        && effect_of(words(name).first().map_or("", String::as_str), "", &[]) != Effect::Unknown
        && !names(name, MADE);
    let made = matches!(name, "push" | "unshift" | "append") || capital && !method;
    let answers =
        names(object, &["res", "response", "reply", "log", "logger", "console", "transport", "json"]);
    let effect = effect_of(name, "", &[]);
    let grave = matches!(
        effect,
        Effect::Send | Effect::Pay | Effect::Delete | Effect::Execute | Effect::Grant | Effect::Change
    );
    (grave && !made && !answers).then_some(effect)
}

/// Indexes the branches of a project by the text for which they are taken, keeping the first of each.
fn branches<'a>(project: &Project<'a>, taken: &'a Taken) -> BTreeMap<&'a str, Branch<'a>> {
    let mut all = BTreeMap::new();
    for (module, known) in project.modules.iter().enumerate() {
        let mut found = Bodies { found: Vec::new() };
        known.body.body.iter().for_each(|statement| found.visit_stmt(statement));
        for body in found.found {
            let Some(first) = body.first() else { continue };
            let texts = taken.get(&(module, first.range().start().to_usize()));
            for text in texts.into_iter().flatten() {
                all.entry(text.as_str()).or_insert(Branch { module, body });
            }
        }
    }
    all
}

struct Bodies<'a> {
    found: Vec<&'a [Stmt]>,
}

impl<'a> Visitor<'a> for Bodies<'a> {
    fn visit_stmt(&mut self, node: &'a Stmt) {
        match node {
            Stmt::If(node) => {
                self.found.push(&node.body);
                self.found.extend(node.elif_else_clauses.iter().map(|clause| &*clause.body));
            }
            Stmt::Match(node) => self.found.extend(node.cases.iter().map(|case| &*case.body)),
            _ => {}
        }
        walk_stmt(self, node);
    }
}
