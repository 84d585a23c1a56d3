//! Checks and sanitisers applied to a text before it is executed: an allowlist, a pattern for the whole text, a
//! folder that it must not leave, doubled quotes.

use std::rc::Rc;

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, ExprCompare, Parameters, Stmt, UnaryOp};

use super::api::{files, last, names};
use super::project::dotted;
use super::value::{Argument, Made, Shape, Value, given};
use super::walk::{Env, Walk};
use crate::facts::{FunctionId, Taint};

/// What a test has established on each of its two branches.
#[derive(Default)]
pub(super) struct Checked {
    when_true: Branch,
    when_false: Branch,
    /// The lists of what is allowed that the test looks at.
    lists: Vec<Rc<str>>,
}

/// What is known on one branch of a test.
#[derive(Default)]
struct Branch {
    /// Names whose value has been checked.
    checked: Vec<Rc<str>>,
    /// Names that are absent, empty or of another type, so that there is nothing to check.
    absent: Vec<Rc<str>>,
}

impl Branch {
    fn append(&mut self, mut other: Self) {
        self.checked.append(&mut other.checked);
        self.absent.append(&mut other.absent);
    }
}

impl Checked {
    fn yes(name: Option<&str>) -> Self {
        let checked = name.into_iter().map(Rc::from).collect();
        Self { when_true: Branch { checked, ..Branch::default() }, ..Self::default() }
    }

    /// The test holds only if something was given: `if name`, `if name is not None`.
    fn given(name: Option<String>) -> Self {
        let absent = name.into_iter().map(Rc::from).collect();
        Self { when_false: Branch { absent, ..Branch::default() }, ..Self::default() }
    }

    fn among(self, list: &Expr) -> Self {
        Self { lists: dotted(list).map(Rc::from).into_iter().collect(), ..self }
    }

    fn turned(self) -> Self {
        Self { when_true: self.when_false, when_false: self.when_true, lists: self.lists }
    }

    pub(super) fn mark_true(&self, env: &mut Env) {
        self.when_true.checked.iter().for_each(|name| mark(env, name));
    }

    pub(super) fn mark_false(&self, env: &mut Env) {
        self.when_false.checked.iter().for_each(|name| mark(env, name));
    }
}

/// Marks the value of a name as checked.
fn mark(env: &mut Env, name: &Rc<str>) {
    let Some(value) = env.names.get(name).filter(|value| value.taint != Taint::NONE) else { return };
    let value = Value { taint: value.taint | Taint::CHECKED, ..value.clone() };
    env.set(Rc::clone(name), value);
}

/// Methods that answer whether something is one of several.
const AMONG: &[&str] = &["includes", "has", "contains", "hasOwnProperty", "hasOwn"];
/// Methods that answer whether a text consists only of certain characters.
const CLASSES: &[&str] = &["isdigit", "isalnum", "isalpha", "isidentifier", "isdecimal", "isnumeric"];
/// Words of functions that answer whether something may be used.
const ALLOWS: &[&str] =
    &["safe*", "valid*", "allow*", "permit*", "within", "inside", "trusted", "whitelist*"];
/// Words of functions that return something safe to use.
const CLEANS: &[&str] =
    &["safe", "safely", "sanit*", "escape*", "quote*", "slug*", "secure*", "basename", "identifier"];
/// Words of functions that do not return if something must not be used.
const INSISTS: &[&str] = &[
    "valid*",
    "check*",
    "ensure*",
    "assert*",
    "verify*",
    "guard*",
    "confine*",
    "restrict*",
    "resolve*",
    "safe*",
    "require*",
];

/// Things that a database or a program knows by name: a value found among them is one of them.
const THINGS: &[&str] =
    &["table*", "column*", "object*", "view*", "collection*", "model*", "tool*", "field*", "schema*"];

/// Words of functions that validate only the form of something, and nothing of its content.
const FORMS: &[&str] = &[
    "param*",
    "arg*",
    "input*",
    "schema*",
    "option*",
    "config*",
    "type*",
    "permission*",
    "auth*",
    "length",
    "limit*",
    "token*",
    "request*",
    "body",
    "json",
    "key",
    "env*",
];

/// Whether a name says that all of it is a program, so that looking at its beginning checks nothing.
fn is_program(name: &str) -> bool {
    names(
        name,
        &[
            "sql",
            "query",
            "queries",
            "stmt",
            "statement*",
            "command*",
            "cmd",
            "code",
            "script",
            "expression",
            "program",
        ],
    )
}

impl Walk<'_, '_> {
    /// Returns the names that a test has checked.
    pub(super) fn checked_by(&mut self, test: &Expr) -> Checked {
        match test {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => self.checked_by(&node.operand).turned(),
            Expr::Await(node) => self.checked_by(&node.value),
            Expr::BoolOp(node) => {
                let all: Vec<Checked> = node.values.iter().map(|value| self.checked_by(value)).collect();
                both(all, node.op == BoolOp::And)
            }
            Expr::Compare(node) => compared(node),
            Expr::Call(node) => self.asked(node),
            Expr::Name(_) | Expr::Attribute(_) => Checked::given(measured(test)),
            _ => Checked::default(),
        }
    }

    fn asked(&mut self, node: &ExprCall) -> Checked {
        let first = node.arguments.args.first();
        let Expr::Attribute(method) = &*node.func else {
            let function = dotted(&node.func).unwrap_or_default();
            return match function.as_str() {
                "isinstance" | "len" => Checked::given(first.and_then(measured)),
                _ => allowed(&function, node),
            };
        };
        match method.attr.as_str() {
            name if AMONG.contains(&name) && first.is_some_and(leaves) => {
                Checked::yes(root(&method.value)).turned()
            }
            name if AMONG.contains(&name) => Checked::yes(first.and_then(name_of)).among(&method.value),
            "strip" | "trim" => Checked::given(measured(&method.value)),
            name if CLASSES.contains(&name) => Checked::yes(name_of(&method.value)),
            "startswith" | "startsWith" | "is_relative_to"
                if first.is_some_and(|start| !matches!(start, Expr::StringLiteral(_) | Expr::Tuple(_))) =>
            {
                Checked::yes(root(&method.value))
            }
            "startswith" | "startsWith" if first.is_some_and(leaves) => {
                Checked::yes(root(&method.value)).turned()
            }
            "test" | "match" | "fullmatch" | "search" => {
                self.matched(node, &method.value, method.attr.as_str())
            }
            name => allowed(name, node),
        }
    }

    /// `re.fullmatch(pattern, name)`, `PATTERN.match(name)`, `/^…$/.test(name)`
    fn matched(&mut self, node: &ExprCall, object: &Expr, method: &str) -> Checked {
        let pattern = self.eval(object);
        let arguments = &node.arguments.args;
        let (pattern, text) = match arguments.as_ref() {
            [pattern, text, ..] => (self.eval(pattern), text),
            [text] => (pattern, text),
            [] => return Checked::default(),
        };
        let known =
            pattern.made().and_then(|made| given(&made.given, 0, "pattern").cloned()).unwrap_or(pattern);
        let whole = known.known_text().is_some_and(|pattern| is_whole(pattern, method == "fullmatch"));
        Checked::yes(name_of(text).filter(|_| whole))
    }

    /// Marks what a call has sanitised or checked, judged by its name and by what it does.
    pub(super) fn barrier(
        &mut self,
        node: &ExprCall,
        object: &Value,
        arguments: &[Argument],
        value: &mut Value,
    ) {
        // Most calls involve nothing with an origin.
        if value.taint == Taint::NONE && arguments.iter().all(|one| one.value.taint == Taint::NONE) {
            return;
        }
        let name = match &*node.func {
            Expr::Attribute(method) => method.attr.as_str(),
            Expr::Name(name) => name.id.as_str(),
            _ => return,
        };
        let called = self.called.as_ref().map(|(_, shape)| shape);
        let own = matches!(called, Some(Shape::Functions(_) | Shape::Bound(_)));
        // Parsing without failing keeps the content: `safeParse(body)`.
        let reads = names(name, &["safe"])
            && names(
                name,
                &["parse*", "load*", "json", "decode*", "dump*", "string*", "get", "read*", "call*"],
            );
        let by_name = names(name, CLEANS) && !reads && !(own && self.only_replaces());
        if by_name || cleaned(node, name, object, arguments, self.script) || files::pops_last_part(node) {
            sure(value);
        } else if confines(name, called)
            || own && names(name, INSISTS) && !names(name, FORMS) && self.insists()
        {
            self.mark_arguments(node);
            sure(value);
        }
    }

    /// Whether all functions that the last call entered reject something for its content.
    fn insists(&self) -> bool {
        self.all_entered(|walk, id| {
            let known = walk.state.project.functions.get(id).and_then(|func| func.definition);
            let away = known.is_some_and(|known| turns_away(&known.body, &known.parameters));
            away && walk.state.summary(id).is_some_and(|summary| summary.raises)
        })
    }

    /// Whether they only replace something: what that checks is known without their names.
    fn only_replaces(&self) -> bool {
        self.all_entered(|walk, id| {
            let known = walk.state.project.functions.get(id).and_then(|func| func.definition);
            known.is_some_and(|known| match known.body.as_ref() {
                [Stmt::Return(node)] => node.value.as_deref().is_some_and(|value| is_chain(value, 0)),
                _ => false,
            })
        })
    }

    fn all_entered(&self, fits: impl Fn(&Self, FunctionId) -> bool) -> bool {
        match self.called.as_ref().map(|(_, shape)| shape) {
            Some(Shape::Functions(ids)) => !ids.is_empty() && ids.iter().all(|id| fits(self, *id)),
            Some(Shape::Bound(id)) => fits(self, *id),
            _ => false,
        }
    }

    fn mark_arguments(&mut self, node: &ExprCall) {
        let names = node.arguments.args.iter().filter_map(root).filter(|name| !is_program(name));
        for name in names {
            mark(&mut self.env, &Rc::from(name));
        }
        if let Expr::Attribute(method) = &*node.func
            && method.attr.as_str() == "relative_to"
            && let Some(name) = root(&method.value)
        {
            mark(&mut self.env, &Rc::from(name));
        }
    }
}

/// Combines what several tests have checked. All parts of an `and` hold where it holds; where it does not, only one of
/// them is known to fail, and nobody knows which. The reverse for an `or`.
fn both(all: Vec<Checked>, and: bool) -> Checked {
    let lists: Vec<Rc<str>> = all.iter().flat_map(|one| one.lists.iter().cloned()).collect();
    let (mut every, mut any) = (Branch::default(), Vec::new());
    for one in all {
        let (holds, fails) =
            if and { (one.when_true, one.when_false) } else { (one.when_false, one.when_true) };
        every.append(holds);
        any.push(fails);
    }
    let one = of_any(&any, &lists);
    let (when_true, when_false) = if and { (every, one) } else { (one, every) };
    Checked { when_true, when_false, lists }
}

/// Returns what is certain if at least one of several branches was taken: a name that each of them has checked, or left
/// without anything to check. `if name and name not in ALLOWED`: an empty name needs no check.
/// `if allowed and name not in allowed`: whoever runs the program has allowed everything.
fn of_any(branches: &[Branch], lists: &[Rc<str>]) -> Branch {
    let settles = |branch: &Branch, name: &Rc<str>| {
        branch.checked.contains(name)
            || branch.absent.contains(name)
            || branch.absent.iter().any(|absent| lists.contains(absent))
    };
    let sure = |name: &&Rc<str>| branches.iter().all(|branch| settles(branch, name));
    let checked = branches.iter().flat_map(|branch| &branch.checked).filter(sure).cloned().collect();
    let nowhere = |name: &&Rc<str>| branches.iter().all(|branch| branch.absent.contains(name));
    let absent = branches.iter().flat_map(|branch| &branch.absent).filter(nowhere).cloned().collect();
    Branch { checked, absent }
}

/// Returns what a test of presence or size looks at: `name`, `self.allowed`, `len(name)`, `name.length`.
fn measured(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Call(call) => match &*call.func {
            Expr::Name(name) if name.id.as_str() == "len" => call.arguments.args.first().and_then(measured),
            Expr::Attribute(method) if matches!(method.attr.as_str(), "strip" | "trim") => {
                measured(&method.value)
            }
            _ => None,
        },
        Expr::Attribute(part) if matches!(part.attr.as_str(), "length" | "size") => dotted(&part.value),
        _ => dotted(expression),
    }
}

/// Whether a literal stands for nothing: `None`, `""`, `0`.
fn is_nothing(expression: &Expr) -> bool {
    match expression {
        Expr::NoneLiteral(_) => true,
        Expr::StringLiteral(text) => text.value.is_empty(),
        Expr::NumberLiteral(_) => super::loops::constant(expression) == Some(false),
        _ => false,
    }
}

fn compared(node: &ExprCompare) -> Checked {
    let (Some(op), Some(right)) = (node.ops.first(), node.comparators.first()) else {
        return Checked::default();
    };
    let known = matches!(right, Expr::StringLiteral(text) if !text.value.is_empty());
    match op {
        CmpOp::In | CmpOp::NotIn if leaves(&node.left) => {
            let inside = Checked::yes(split_up(right)).turned();
            if *op == CmpOp::In { inside } else { inside.turned() }
        }
        // `folder in path.parents`
        CmpOp::In if above(right).is_some() => Checked::yes(above(right)),
        CmpOp::NotIn if above(right).is_some() => Checked::yes(above(right)).turned(),
        CmpOp::In => Checked::yes(name_of(&node.left)).among(right),
        CmpOp::NotIn => Checked::yes(name_of(&node.left)).among(right).turned(),
        CmpOp::Eq if known => Checked::yes(name_of(&node.left)),
        CmpOp::NotEq if known => Checked::yes(name_of(&node.left)).turned(),
        CmpOp::NotEq | CmpOp::IsNot | CmpOp::Gt if is_nothing(right) => Checked::given(measured(&node.left)),
        CmpOp::Eq | CmpOp::Is if is_nothing(right) => Checked::given(measured(&node.left)).turned(),
        _ => Checked::default(),
    }
}

/// `isSafePath(path)`, `store.is_allowed(name)`
fn allowed(function: &str, node: &ExprCall) -> Checked {
    let found = node.arguments.args.first().and_then(root).filter(|name| !is_program(name));
    let name = last(function);
    let known = || names(name, &["exist*", "find", "known"]) && names(name, THINGS);
    Checked::yes(found.filter(|_| names(name, ALLOWS) || known()))
}

/// Returns the path whose parts are meant: `path.split("/")`, `Path(path).parts`, or the path as it is.
fn split_up(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method)
                if matches!(method.attr.as_str(), "split" | "replace" | "strip" | "lower") =>
            {
                split_up(&method.value)
            }
            _ => None,
        },
        Expr::Attribute(part) if part.attr.as_str() == "parts" => root(&part.value),
        _ => name_of(expression),
    }
}

fn name_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        _ => None,
    }
}

/// Returns the path whose parent folders are meant: `path.parents`, `path.resolve().parents`.
fn above(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Attribute(part) if part.attr.as_str() == "parents" => root(&part.value),
        Expr::Call(call) => call.arguments.args.first().and_then(above),
        _ => None,
    }
}

/// Returns the name at the start of `target.resolve()`, or within `str(target)`. A member says nothing of the whole.
fn root(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) => {
                root(&method.value).or_else(|| call.arguments.args.first().and_then(root))
            }
            _ => call.arguments.args.first().and_then(root),
        },
        _ => None,
    }
}

/// Whether a literal leaves a folder: `".."`, `"/"`.
fn leaves(expression: &Expr) -> bool {
    matches!(expression, Expr::StringLiteral(text) if text.value.to_str().contains("..") || text.value.to_str() == "/")
}

/// Whether a pattern covers the whole text without matching anything at all.
pub(super) fn is_whole(pattern: &str, fullmatch: bool) -> bool {
    let begins = fullmatch || pattern.starts_with('^');
    let ends = fullmatch || (pattern.ends_with('$') && !pattern.ends_with("\\$")) || pattern.ends_with("\\Z");
    let anything = [".*", ".+", "\\s\\S", "\\S+", "\\S*"].iter().any(|any| pattern.contains(any));
    begins && ends && !anything
}

/// `text.replace(a, b).replace(c, d)`
fn is_chain(value: &Expr, replaced: usize) -> bool {
    match value {
        Expr::Name(_) => replaced > 0,
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(part) if matches!(part.attr.as_str(), "replace" | "replaceAll") => {
                is_chain(&part.value, replaced + 1)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether something is rejected for its content; being absent or of another type says nothing about that.
fn turns_away(body: &[Stmt], given: &Parameters) -> bool {
    let (mut forms, mut tests) = (0, 0);
    body.iter().any(|statement| match statement {
        Stmt::If(node) => {
            let form = is_form(&node.test, given);
            (tests, forms) = (tests + 1, forms + usize::from(form));
            let mut others = node.elif_else_clauses.iter();
            !form && turns_away(&node.body, given)
                || others.any(|clause| {
                    !clause.test.as_ref().map_or(form, |test| is_form(test, given))
                        && turns_away(&clause.body, given)
                })
        }
        // `if path.exists(): return path`, where what does not exist is rejected.
        Stmt::Raise(_) => tests == 0 || forms < tests,
        Stmt::Assert(node) => !is_form(&node.test, given),
        Stmt::Expr(node) => match &*node.value {
            Expr::Call(call) => {
                dotted(&call.func).is_some_and(|name| matches!(last(&name), "abort" | "exit"))
            }
            _ => false,
        },
        Stmt::For(node) => turns_away(&node.body, given) || turns_away(&node.orelse, given),
        Stmt::While(node) => turns_away(&node.body, given),
        Stmt::With(node) => turns_away(&node.body, given),
        Stmt::FunctionDef(node) => turns_away(&node.body, given),
        Stmt::Match(node) => node.cases.iter().any(|case| turns_away(&case.body, given)),
        Stmt::Try(node) => {
            let caught = node.handlers.iter().filter_map(|handler| handler.as_except_handler());
            [&node.body, &node.orelse, &node.finalbody].into_iter().any(|body| turns_away(body, given))
                || caught.into_iter().any(|handler| turns_away(&handler.body, given))
        }
        _ => false,
    })
}

/// Whether a test only looks at whether something was given or exists, how long it is, or its type.
fn is_form(test: &Expr, given: &Parameters) -> bool {
    const LOOKS: &[&str] = &[
        "exists",
        "existsSync",
        "is_file",
        "isfile",
        "is_dir",
        "isdir",
        "isFile",
        "isDirectory",
        "isinstance",
        "len",
        "access",
    ];
    let form = |test: &Expr| is_form(test, given);
    let nothing = |side: &Expr| match side {
        Expr::NoneLiteral(_) | Expr::EllipsisLiteral(_) => true,
        Expr::StringLiteral(written) => written.value.is_empty(),
        _ => false,
    };
    match test {
        Expr::UnaryOp(node) => form(&node.operand),
        Expr::Await(node) => form(&node.value),
        Expr::BoolOp(node) => node.values.iter().all(form),
        Expr::EllipsisLiteral(_) => true,
        Expr::Name(name) => given.includes(name.id.as_str()),
        Expr::Attribute(part) => match &*part.value {
            Expr::Name(name) => {
                !matches!(name.id.as_str(), "self" | "this") && given.includes(name.id.as_str())
            }
            _ => part.attr.as_str() == "length",
        },
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) if matches!(method.attr.as_str(), "strip" | "trim") => {
                form(&method.value)
            }
            Expr::Attribute(method) => LOOKS.contains(&method.attr.as_str()),
            Expr::Name(name) => LOOKS.contains(&name.id.as_str()),
            _ => false,
        },
        Expr::Compare(node) => {
            let long = || match &*node.left {
                Expr::Attribute(part) => matches!(part.attr.as_str(), "length" | "size"),
                left => left.is_call_expr() && form(left),
            };
            let sides = || std::iter::once(&*node.left).chain(node.comparators.iter());
            sides().any(nothing) && (form(&node.left) || nothing(&node.left))
                || node.comparators.iter().all(Expr::is_number_literal_expr) && long()
        }
        _ => false,
    }
}

/// Whether backslashes were doubled before: `text.replace(/\\/g, "\\\\").replace(/'/g, "\\'")`.
fn doubles_backslashes(node: &ExprCall) -> bool {
    fn before(call: &ExprCall) -> Option<&ExprCall> {
        call.func.as_attribute_expr()?.value.as_call_expr()
    }
    let backslash = |what: &Expr| match what {
        Expr::StringLiteral(text) => text.value.to_str() == "\\",
        Expr::Call(pattern) => {
            matches!(pattern.arguments.args.first(), Some(Expr::StringLiteral(text)) if text.value.to_str() == "\\\\")
        }
        _ => false,
    };
    let mut chain = std::iter::successors(before(node), |call| before(call));
    chain.any(|call| call.arguments.args.first().is_some_and(backslash))
}

/// Whether what is replaced is a plain text, or a pattern that a script matches only once.
fn is_once(what: &Value) -> bool {
    let global = |made: &Rc<Made>| {
        given(&made.given, 1, "flags")
            .is_some_and(|flags| flags.known_text().is_none_or(|text| text.contains('g')))
    };
    let pattern = what.made().filter(|made| last(made.maker()) == "RegExp");
    what.template().is_some() || pattern.is_some_and(|made| !global(made))
}

/// Whether a call removes what a text must not contain, or doubles its quotes.
fn cleaned(node: &ExprCall, name: &str, object: &Value, arguments: &[Argument], script: bool) -> bool {
    if !matches!(name, "replace" | "replaceAll" | "sub") {
        return false;
    }
    // In a script, a plain text or a pattern without `g` is replaced only at its first occurrence.
    if script && name == "replace" && arguments.first().is_some_and(|one| is_once(&one.value)) {
        return false;
    }
    let pattern = |value: &Value| {
        let made = value.made().and_then(|made| given(&made.given, 0, "pattern"));
        made.unwrap_or(value).known_text().map(str::to_owned)
    };
    // `PATTERN.sub("", text)`. What `text.replace(…)` was called on may itself come from a call, with arguments of its own.
    let compiled = object.made().filter(|_| name == "sub").and_then(|made| given(&made.given, 0, "pattern"));
    let first = compiled.or_else(|| given(arguments, 0, "pattern")).and_then(pattern).unwrap_or_default();
    let put = arguments
        .get(usize::from(compiled.is_none()))
        .and_then(|put| put.value.known_text())
        .unwrap_or_default();
    // Doubled as in a statement, or taken out of the quotes as in a shell: `'\''`. A backslash alone stops neither `$(…)` in
    // double quotes of a shell nor a backslash before it.
    let doubled = match first.as_str() {
        "'" => matches!(put, "''" | "'\\''" | "'\"'\"'") || put == "\\'" && doubles_backslashes(node),
        "\"" | "`" => put == first.repeat(2),
        _ => false,
    };
    let class = first.starts_with("[^") && first.find(']').is_some_and(|end| first.len() <= end + 2);
    let folders = first.contains("..")
        || first.starts_with('[') && first.contains('/')
        || matches!(first.as_str(), "/" | "\\" | "[\\/]" | "[/\\\\]" | "[\\/\\\\]" | "\\/");
    // `.replace(/</g, "&lt;")`, `.replace(/[&<>"']/g, (sign) => NAMES[sign])`
    let signs = first.starts_with('[') && ['<', '>', '&'].iter().all(|sign| first.contains(*sign));
    let markup = first == "<" && put == "&lt;" || signs && put.is_empty();
    doubled || class || folders || markup
}

/// Whether a library call confines a path to a folder: `path.relative(base, target)`, `target.relative_to(base)`.
fn confines(name: &str, called: Option<&Shape>) -> bool {
    let path = match called {
        Some(Shape::Path(path)) => path,
        Some(Shape::Made(made)) => made.path.as_str(),
        _ => return false,
    };
    let relative = matches!(name, "relative" | "relpath" | "commonpath" | "commonprefix" | "relative_to");
    relative && (path.starts_with("path.") || path.starts_with("os.path.") || path.starts_with("pathlib."))
}

/// Marks a value as checked.
fn sure(value: &mut Value) {
    if value.taint != Taint::NONE {
        value.taint |= Taint::CHECKED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_the_beginning_makes_nothing_sure() {
        assert!(is_whole("^[a-z_]+$", false) && is_whole("[a-z_]+", true));
        assert!(
            !is_whole("^(select|show)\\s", false) && !is_whole("^.*$", false) && !is_whole("^cost\\$", false)
        );
    }
}
