//! Adds a route that deletes what is kept about a person, next to the route that keeps it, identifying that person the same
//! way.
//!
//! Unsafe: it is new code, and only the developer knows where other copies are. Offered where the function that writes also
//! shows the store, the framework and the source of the user id: `FastAPI` and `Flask`, `chromadb` and `mem0`.

use std::ops::Range;

use ombud_core::finding::Bilingual;
use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::code::{Code, span};
use super::spot::last;
use super::{Case, Fix, Fixer, Safety};

pub(super) const FIXER: Fixer = Fixer { rules: &["no-erase-path"], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    let code = case.code.filter(|code| !code.script)?;
    let function = code
        .function(case.at())
        .filter(|function| code.indent(span(function.name.range()).start).is_empty())?;
    let route = Route::of(code, function, code.call(case.at())?)?;
    let end = code.line_end(span(function.range()).end);
    let newline = code.newline();
    let closed = if code.text.get(..end).is_some_and(|text| text.ends_with('\n')) { "" } else { newline };
    let text = format!("{closed}{}", route.text(newline));
    let title = Bilingual::new(
        "add a route that lets users delete their data",
        "增加一个接口，让用户可以删除自己的数据",
    );
    let left = Bilingual::new(
        "offer the new route to your users, and also delete what is kept about them elsewhere",
        "请在界面上向用户提供这个接口，并同时删除其他地方保存的数据",
    );
    Some(Fix::new(title, Safety::Unsafe, vec![case.edit(end..end, text)]).leaving(left))
}

/// The parts of the new route: pieces of the source around the write.
struct Route<'t> {
    /// The application object that routes are registered on.
    app: &'t str,
    /// The other decorators of the route, such as authentication guards.
    guards: Vec<&'t str>,
    /// The parameter that identifies the user, if there is one.
    parameter: &'t str,
    /// The statement that deletes the data.
    delete: String,
}

impl<'t> Route<'t> {
    fn of(code: &Code<'t>, function: &StmtFunctionDef, write: &ExprCall) -> Option<Self> {
        let text = |range: Range<usize>| code.text.get(range);
        let Expr::Attribute(method) = &*write.func else { return None };
        let store = text(span(method.value.range()))?;
        let (person, delete) = match method.attr.as_str() {
            "add" | "upsert" => by_metadata(code, write, store).or_else(|| by_user(code, write, store))?,
            _ => return None,
        };
        let all = function.decorator_list.iter().map(|one| &one.expression);
        let routes = ["route", "get", "post", "put"];
        let is_route =
            |one: &&Expr| one.as_call_expr().is_some_and(|call| routes.contains(&last(&call.func)));
        let app = all.clone().find(is_route)?.as_call_expr()?.func.as_attribute_expr()?;
        let guards = all.filter(|one| !is_route(one) && last(called(one)) != "user_consent_required");
        Some(Self {
            app: text(span(app.value.range()))?,
            guards: guards.filter_map(|one| text(span(one.range()))).collect(),
            parameter: parameter(code, function, person)?,
            delete,
        })
    }

    fn text(&self, newline: &str) -> String {
        let Self { app, parameter, delete, .. } = self;
        let guards: String = self.guards.iter().flat_map(|guard| ["@", guard, newline]).collect();
        let head = format!(
            "{newline}{newline}@{app}.delete(\"/my-data\"){newline}{guards}def erase_my_data({parameter}):{newline}"
        );
        format!("{head}    {delete}{newline}    return {{\"erased\": True}}{newline}")
    }
}

fn called(decorator: &Expr) -> &Expr {
    decorator.as_call_expr().map_or(decorator, |call| &call.func)
}

fn named<'s>(call: &'s ExprCall, name: &str) -> Option<&'s Expr> {
    let mut all = call.arguments.keywords.iter();
    all.find(|one| one.arg.as_ref().is_some_and(|arg| arg.as_str() == name)).map(|one| &one.value)
}

/// Chroma: `metadatas=[{"user": WHO}]`
fn by_metadata<'s>(code: &Code<'_>, write: &'s ExprCall, store: &str) -> Option<(&'s Expr, String)> {
    const PEOPLE: &[&str] = &["user", "user_id", "uid", "owner", "owner_id", "person", "account", "userid"];
    let list = named(write, "metadatas")?.as_list_expr()?;
    let item = list.elts.first()?.as_dict_expr()?.items.iter().find(|item| {
        let key = item.key.as_ref().and_then(Expr::as_string_literal_expr);
        key.is_some_and(|key| PEOPLE.contains(&key.value.to_str()))
    })?;
    let text = |expression: &Expr| code.text.get(span(expression.range()));
    let (key, who) = (text(item.key.as_ref()?)?, text(&item.value)?);
    Some((&item.value, format!("{store}.delete(where={{{key}: {who}}})")))
}

/// mem0: `user_id=WHO`
fn by_user<'s>(code: &Code<'_>, write: &'s ExprCall, store: &str) -> Option<(&'s Expr, String)> {
    let who = named(write, "user_id")?;
    let text = code.text.get(span(who.range()))?;
    Some((who, format!("{store}.delete_all(user_id={text})")))
}

/// Returns the source of the parameter through which the framework identifies the user, or an empty string where none is
/// needed; `None` if the caller could supply any id.
fn parameter<'t>(code: &Code<'t>, function: &StmtFunctionDef, person: &Expr) -> Option<&'t str> {
    const SESSIONS: &[&str] = &["session", "current_user", "g"];
    let name = root(person)?;
    let Some(own) = function.parameters.iter_non_variadic_params().find(|one| one.name().as_str() == name)
    else {
        return SESSIONS.contains(&name).then_some("");
    };
    let default = own.default.as_ref().and_then(|value| value.as_call_expr());
    let known = default.is_some_and(|call| matches!(last(&call.func), "Depends" | "Security"));
    let annotated = own.parameter.annotation.as_ref().and_then(|one| code.text.get(span(one.range())));
    let marked = annotated.is_some_and(|text| text.contains("Depends(") || text.contains("Security("));
    (known || marked).then(|| code.text.get(span(own.range()))).flatten()
}

/// Returns the leftmost name of `session["user"]` or `user.id`.
fn root(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(node) => root(&node.value),
        Expr::Subscript(node) => root(&node.value),
        _ => None,
    }
}
