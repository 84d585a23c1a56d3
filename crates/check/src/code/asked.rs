//! Consent answers that are not named so: a row of those who agreed, a column of the user, a dependency or middleware
//! before the route, a class that manages consents.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::api::{last, names, words};
use super::consent;
use super::hand_out::collect_functions;
use super::project::{Func, Project, dotted};
use super::value::{Argument, Made, Shape, Value, named};
use super::walk::Walk;
use crate::facts::{Entry, Taint};

/// Words for consent where it is stored.
const KEPT: &[&str] = &["consent", "consents"];
/// Keys and columns that say that somebody agreed.
const GRANTED: &[&str] =
    &["granted", "accepted", "agreed", "given", "active", "status", "allowed", "approved"];
/// Calls that look up a row.
const FINDS: &[&str] = &[
    "find_one",
    "findOne",
    "findFirst",
    "findUnique",
    "get",
    "first",
    "exists",
    "count",
    "count_documents",
    "countDocuments",
    "scalar",
    "fetchone",
    "fetchval",
    "one_or_none",
    "scalar_one_or_none",
    "find",
];
/// Methods by which a consent manager answers whether consent was given.
const ANSWERS: &[&str] = &[
    "check",
    "has",
    "allows",
    "allowed",
    "is_allowed",
    "isAllowed",
    "granted",
    "is_granted",
    "isGranted",
    "can",
    "permits",
    "given",
    "is_given",
    "is_active",
    "isActive",
    "valid",
    "is_valid",
];

/// Whether a method of a consent manager answers whether consent was given: `ConsentManager.check`.
pub(super) fn is_method_of_consents(project: &Project<'_>, func: &Func<'_>) -> bool {
    let class = func.class.and_then(|class| project.classes.get(class));
    let own = func.name.rsplit('.').next().unwrap_or_default();
    class.is_some_and(|class| names(last(&class.name), KEPT)) && ANSWERS.contains(&own)
}

/// `memory_enabled`, `allow_memory`: a setting that a person decides on.
fn is_switch(name: &str) -> bool {
    names(name, &["memory", "memories", "personalization", "personalisation", "remember"])
        && names(name, &["enabled", "allow*", "permit*", "permission", "on"])
}

/// `opt_in`, `memory_opted_in`
pub(super) fn opts_in(name: &str) -> bool {
    let pair = |two: &[String]| matches!(two, [first, second] if matches!(first.as_str(), "opt" | "opted") && second == "in");
    name.to_ascii_lowercase().contains("opt") && words(name).windows(2).any(pair)
}

/// Whether a query looks where consents are stored.
fn of_consents(made: &Made) -> bool {
    let before = made.path.rsplit_once('.').map_or("", |parts| parts.0);
    before.split('.').any(|part| names(part.trim_end_matches("()"), KEPT))
}

/// Whether a query selects those who agreed: `find_one({"user": user, "granted": True})`.
fn asks_for_agreed(made: &Made) -> bool {
    let key = |name: &str| names(name, GRANTED);
    let within = |argument: &Argument| match &argument.value.shape {
        Shape::Dict(items) => {
            let nested = |value: &Value| matches!(&value.shape, Shape::Dict(inner) if inner.keys().any(|name| key(name)));
            items.iter().any(|(name, value)| key(name) || nested(value))
        }
        _ => argument.name.as_deref().is_some_and(key),
    };
    made.chain().any(|made| made.given.iter().any(within))
}

/// `SELECT 1 FROM consents WHERE user = ? AND granted = 1`
fn selects_agreed(made: &Made) -> bool {
    let says = |argument: &Argument| {
        let text = argument.value.template().map(|text| text.shown().to_ascii_lowercase());
        text.is_some_and(|text| {
            let (head, condition) = text.split_once(" where ").unwrap_or((&text, ""));
            head.trim_start().starts_with("select") && names(head, KEPT) && names(condition, GRANTED)
        })
    };
    made.chain().any(|made| made.given.iter().any(says))
}

/// Whether an expression is a stored consent answer.
pub(super) fn is_kept_answer(expression: &Expr, value: &Value) -> bool {
    let (object, key) = match expression {
        Expr::Attribute(part) => (&*part.value, part.attr.to_string()),
        Expr::Subscript(part) => match &*part.slice {
            Expr::StringLiteral(text) => (&*part.value, text.value.to_str().to_owned()),
            _ => return false,
        },
        Expr::Call(call) => {
            let Expr::Attribute(method) = &*call.func else { return false };
            let made = value.made();
            let found = FINDS.contains(&method.attr.as_str())
                && made
                    .is_some_and(|made| of_consents(made) && asks_for_agreed(made) || selects_agreed(made));
            if found {
                return true;
            }
            match call.arguments.args.first() {
                Some(Expr::StringLiteral(text)) if method.attr.as_str() == "get" => {
                    (&*method.value, text.value.to_str().to_owned())
                }
                _ => return false,
            }
        }
        _ => return false,
    };
    let granted = names(&key, GRANTED) && value.made().is_some_and(|made| of_consents(made));
    granted || is_switch(&key) && is_of_person(object, value)
}

impl Walk<'_, '_> {
    /// Whether the function returns only with consent: its name says so, and it rejects those for whom it finds no
    /// answer.
    pub(super) fn insists_on_consent(&self) -> bool {
        let func = self.state.project.functions.get(self.function);
        let Some((func, definition)) = func.and_then(|func| Some((func, func.definition?))) else {
            return false;
        };
        self.is_consent_function(self.function)
            && consent::insists(&func.name)
            && self.summary.raises
            && turns_away(definition)
    }

    /// `user: str = Depends(require_consent)`: the body runs only with consent.
    pub(super) fn behind_consent(&mut self, annotated: &[Value]) {
        let defaults: Vec<Value> = self.state.defaults(self.function).iter().flatten().cloned().collect();
        let entered = self.state.functions.get(self.function).is_some_and(|function| function.http);
        if entered && defaults.iter().chain(annotated).any(|one| self.ensures_consent(one)) {
            self.env.consent = true;
        }
    }

    /// Whether a dependency that a framework resolves before a function returns only with consent.
    pub(super) fn ensures_consent(&self, injected: &Value) -> bool {
        let mut found = Vec::new();
        let each = match &injected.shape {
            Shape::List(items) => items.to_vec(),
            _ => vec![injected.clone()],
        };
        let injections = each.iter().filter(|one| one.outside().is_some_and(super::identity::is_injection));
        injections.for_each(|one| collect_functions(one, &mut found, 0));
        found.iter().any(|id| self.state.summary(*id).is_some_and(|summary| summary.ensures))
    }

    /// `FastAPI(dependencies=[Depends(require_consent)])`
    pub(super) fn consent_before_all(&mut self, path: &str, arguments: &[Argument]) {
        if path == "fastapi.FastAPI"
            && named(arguments, &["dependencies"]).is_some_and(|before| self.ensures_consent(before))
        {
            self.state.asked_before_all = true;
        }
    }

    /// `@app.before_request`: returning nothing lets the request continue.
    pub(super) fn lets_on(&mut self) {
        let before = self.state.functions.get(self.function).is_some_and(|function| function.before_all);
        let func = self.state.project.functions.get(self.function);
        let bare = func.is_some_and(|func| func.definition.is_some() && func.parameters.is_empty());
        if before && bare && !self.script {
            self.wrapping.push((self.function, self.env.consent));
        }
    }

    /// `return await call_next(request)`: the middleware passes the request on.
    pub(super) fn passes_on(&mut self, callee: &Expr) {
        let name = callee.as_name_expr().map_or("", |name| name.id.as_str());
        let before = self.state.functions.get(self.function).is_some_and(|function| function.before_all);
        if before && matches!(name, "call_next" | "next" | "handler" | "get_response") {
            self.wrapping.push((self.function, self.env.consent));
        }
    }
}

/// Whether the answer is a person's: a row of theirs, or an object named after them. A setting of the program is
/// nobody's answer.
fn is_of_person(object: &Expr, value: &Value) -> bool {
    if matches!(value.shape, Shape::Text(_) | Shape::Bool(_) | Shape::Number(_)) && value.taint == Taint::NONE
    {
        return false;
    }
    let person = &[
        "user",
        "profile",
        "account",
        "member",
        "person",
        "customer",
        "me",
        "owner",
        "prefs",
        "preferences",
    ];
    let path = value.outside().unwrap_or_default();
    let rows =
        path.split('.').any(|part| names(part, &["users", "user", "profile*", "account*", "preference*"]));
    value.taint.has(Taint::RETRIEVED) || rows || names(&dotted(object).unwrap_or_default(), person)
}

/// Whether every incoming request passes a middleware that continues only with consent.
pub(super) fn before_all(state: &super::state::State<'_>) -> bool {
    let middleware = |(id, function): (usize, &crate::facts::Function)| {
        let python =
            state.project.functions.get(id).is_some_and(|func| !state.project.is_script(func.module));
        python && function.before_all && function.http && state.wrapped.get(id) == Some(&Some(true))
    };
    state.asked_before_all || state.functions.iter().enumerate().any(middleware)
}

/// Whether requests reach a function only after what runs before every request.
pub(super) fn is_behind(function: &crate::facts::Function) -> bool {
    function.http && !function.before_all && function.entry != Some(Entry::Program)
}

/// Whether a function raises or aborts if something that it looked up is not as it should be. A function that raises
/// only because it was not told whom to ask about has asked nobody.
fn turns_away(definition: &StmtFunctionDef) -> bool {
    let mut seen = TurnsAway::default();
    definition.body.iter().for_each(|statement| seen.visit_stmt(statement));
    seen.found
}

/// `raise …`, `abort(403)`
fn leaves(statement: &Stmt) -> bool {
    match statement {
        Stmt::Raise(_) => true,
        Stmt::Expr(node) => match &*node.value {
            Expr::Call(call) => dotted(&call.func).is_some_and(|name| last(&name) == "abort"),
            _ => false,
        },
        _ => false,
    }
}

#[derive(Default)]
struct TurnsAway {
    /// Names that hold the result of a call.
    asked: Vec<String>,
    found: bool,
}

impl<'a> Visitor<'a> for TurnsAway {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(node) => {
                let mut looked = LooksUp { asked: &self.asked, found: false };
                looked.visit_expr(&node.value);
                if looked.found {
                    self.asked.extend(node.targets.iter().filter_map(dotted));
                }
            }
            Stmt::If(node) => {
                let raises = |body: &[Stmt]| body.iter().any(leaves);
                let otherwise = node.elif_else_clauses.iter().any(|clause| raises(&clause.body));
                let mut looked = LooksUp { asked: &self.asked, found: false };
                looked.visit_expr(&node.test);
                self.found |= looked.found && (raises(&node.body) || otherwise);
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

struct LooksUp<'s> {
    asked: &'s [String],
    found: bool,
}

impl<'a> Visitor<'a> for LooksUp<'_> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(call) => {
                let name = dotted(&call.func).unwrap_or_default();
                let plain = ["isinstance", "len", "bool", "str", "hasattr", "strip", "lower"];
                self.found |= !plain.contains(&last(&name));
            }
            Expr::Subscript(_) => self.found = true,
            Expr::Name(name) => self.found |= self.asked.iter().any(|one| one == name.id.as_str()),
            _ => {}
        }
        walk_expr(self, expression);
    }
}
