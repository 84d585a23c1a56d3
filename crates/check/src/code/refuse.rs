//! Which functions reject callers: they identify the caller and respond with 401 or 403 to those they do not know.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprBoolOp, ExprCall, ExprCompare, Number, Stmt, StmtFunctionDef, StmtIf, UnaryOp,
};

use super::api::names;
use super::identity::finds_caller;
use super::project::{Project, dotted};
use super::state::State;
use crate::facts::{Function, FunctionId};

/// Maximum functions that are followed on the way to a rejection.
const MOST_ASKED: usize = 24;

/// Records which functions authenticate the caller: their name says that they identify the caller, and they reject
/// unknown ones. For a function without a telling name, the response 401 is enough.
pub(super) fn note(project: &Project<'_>, state: &mut State<'_>) {
    let shown: Vec<Option<Seen>> =
        project.functions.iter().map(|func| func.definition.map(Seen::of)).collect();
    let sure: Vec<FunctionId> = (0..project.functions.len())
        .filter(|id| makes_sure(project, &state.functions, &shown, *id))
        .collect();
    for id in sure {
        if let Some(function) = state.functions.get_mut(id) {
            function.caller_known = true;
        }
    }
    for (function, seen) in state.functions.iter_mut().zip(&shown) {
        function.lets_pass = seen.as_ref().is_some_and(|seen| seen.lets_pass);
        function.lets_all = seen.as_ref().is_some_and(|seen| seen.lets_all);
    }
}

fn makes_sure(project: &Project<'_>, functions: &[Function], shown: &[Option<Seen>], id: FunctionId) -> bool {
    let (Some(func), Some(function)) = (project.functions.get(id), functions.get(id)) else { return false };
    let Some(Some(seen)) = shown.get(id).filter(|_| !function.caller_known) else { return false };
    let short = func.name.rsplit('.').next().unwrap_or_default();
    if seen.verifies {
        return true;
    }
    let named = function.finds_caller || finds_caller(short);
    if named {
        return turns_away(functions, shown, id);
    }
    // A function that runs before every request is named after that, and not after what it does.
    let unnamed = function.before_all && matches!(short, "" | "middleware" | "proxy" | "default");
    (function.http || unnamed) && {
        let turned_away = seen.unknown || unnamed && seen.sends_away;
        turned_away && (unnamed && seen.unknown || seen.asks)
    }
}

/// Whether a function, or anything that it calls, rejects somebody.
fn turns_away(functions: &[Function], shown: &[Option<Seen>], id: FunctionId) -> bool {
    let mut met = BTreeSet::from([id]);
    let mut next = vec![id];
    while let Some(id) = next.pop() {
        if shown.get(id).is_some_and(|seen| seen.as_ref().is_some_and(Seen::refuses)) {
            return true;
        }
        let calls = functions.get(id).map(|function| &function.calls).into_iter().flatten();
        for callee in calls.flat_map(|call| &call.callees) {
            if met.len() < MOST_ASKED && met.insert(*callee) {
                next.push(*callee);
            }
        }
    }
    false
}

/// How a function treats callers whom it does not know.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent signs, each queried on its own")]
struct Seen {
    /// Whether it responds with 401: the caller is unknown.
    unknown: bool,
    /// Whether it responds with 403, or with an error that says so.
    forbidden: bool,
    /// Whether it raises an error of its own.
    raises: bool,
    /// Whether it redirects the caller to the login.
    sends_away: bool,
    /// Whether it reads the caller's credentials.
    asks: bool,
    /// Whether it rejects what is not signed correctly.
    verifies: bool,
    /// Whether it checks only if a key was configured, and lets everybody pass otherwise.
    lets_pass: bool,
    /// Whether it consults an allowlist only if that is not empty: `if ALLOWED and user not in ALLOWED: return`.
    lets_all: bool,
    /// Lists known to be non-empty at this point.
    filled: Vec<String>,
}

/// Whether the statements under a test reject somebody.
fn refuses(body: &[Stmt]) -> bool {
    let mut seen = Seen::default();
    for statement in body {
        seen.visit_stmt(statement);
    }
    seen.unknown || seen.forbidden || seen.raises
}

/// `if not settings.api_key: return`, `if (API_KEY && token !== API_KEY) refuse`
fn only_where_set(node: &StmtIf) -> bool {
    let leaves = matches!(node.body.last(), Some(Stmt::Return(_)));
    let unset = |test: &Expr| match test {
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => is_own_key(&not.operand) || are_keys(&not.operand),
        Expr::Compare(node) => is_empty(node),
        _ => false,
    };
    match &*node.test {
        Expr::BoolOp(test) if test.op == BoolOp::Or && test.values.first().is_some_and(unset) => {
            leaves && !refuses(&node.body)
        }
        Expr::BoolOp(test) if test.op == BoolOp::And => {
            test.values.iter().any(is_own_key) && refuses(&node.body)
        }
        test if unset(test) => leaves && !refuses(&node.body),
        test if is_own_key(test) && hands_out(node) => true,
        test => is_own_key(test) && refuses(&node.body) && node.elif_else_clauses.is_empty(),
    }
}

/// `if settings.token: return settings.token`: without credentials, the caller acts with the program's own key.
fn hands_out(node: &StmtIf) -> bool {
    let Some(Stmt::Return(given)) = node.body.last() else { return false };
    let given = given.value.as_deref().and_then(dotted);
    given.is_some() && given == dotted(&node.test)
}

/// Returns the allowlist that a test checks for being empty or not.
fn counted(test: &Expr) -> Option<String> {
    let list = match test {
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => return counted(&not.operand),
        Expr::Compare(node) => return counted(&node.left),
        Expr::Attribute(part) if matches!(part.attr.as_str(), "length" | "size") => &*part.value,
        Expr::Call(call) if dotted(&call.func).as_deref() == Some("len") => call.arguments.args.first()?,
        list => list,
    };
    let name = dotted(list)?;
    let may = &["allow*", "whitelist*", "authori*", "permit*", "trusted", "approved"];
    names(name.rsplit('.').next().unwrap_or(&name), may).then_some(name)
}

fn says_empty(test: &Expr) -> bool {
    match test {
        Expr::UnaryOp(not) => not.op == UnaryOp::Not,
        Expr::Compare(node) => matches!(&*node.ops, [CmpOp::Eq | CmpOp::Is]),
        _ => false,
    }
}

fn says_no(test: &Expr) -> bool {
    match test {
        Expr::UnaryOp(not) => not.op == UnaryOp::Not,
        Expr::Compare(node) => matches!(&*node.ops, [CmpOp::NotIn | CmpOp::Lt]),
        _ => false,
    }
}

/// Whether an allowlist is consulted only if it is not empty: `ALLOWED and user not in ALLOWED`,
/// `not ALLOWED or user in ALLOWED`.
fn looks_where_filled(both: &ExprBoolOp) -> bool {
    let open = both.op == BoolOp::Or;
    let mut lists = both.values.iter().filter(|test| says_empty(test) == open).filter_map(counted);
    lists.any(|list| both.values.iter().any(|test| says_no(test) != open && looks_in(test, &list)))
}

/// Whether an expression looks somebody up in a list.
fn looks_in(test: &Expr, list: &str) -> bool {
    let is_list = |one: &Expr| dotted(one).as_deref() == Some(list);
    match test {
        Expr::UnaryOp(not) => looks_in(&not.operand, list),
        Expr::BoolOp(all) => all.values.iter().any(|one| looks_in(one, list)),
        Expr::Compare(node) => {
            matches!(&*node.ops, [CmpOp::In | CmpOp::NotIn]) && node.comparators.iter().all(is_list)
                || looks_in(&node.left, list)
        }
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) => {
                matches!(method.attr.as_str(), "includes" | "has" | "some" | "indexOf")
                    && is_list(&method.value)
            }
            _ => false,
        },
        _ => false,
    }
}

/// `keys.length === 0`, `len(api_keys) == 0`: the program was given no key. A caller presents one, never several.
fn is_empty(node: &ExprCompare) -> bool {
    let nothing = |side: &Expr| matches!(side, Expr::NumberLiteral(number) if matches!(&number.value, Number::Int(value) if value.as_u8() == Some(0)));
    let count = match &*node.left {
        Expr::Attribute(part) if matches!(part.attr.as_str(), "length" | "size") => Some(&*part.value),
        Expr::Call(call) if dotted(&call.func).as_deref() == Some("len") => call.arguments.args.first(),
        _ => None,
    };
    matches!(&*node.ops, [CmpOp::Eq]) && node.comparators.iter().all(nothing) && count.is_some_and(are_keys)
}

fn are_keys(expression: &Expr) -> bool {
    let name = dotted(expression).unwrap_or_default();
    names(name.rsplit('.').next().unwrap_or(&name), &["keys", "apikeys", "tokens", "secrets"])
}

/// Returns the call that verifies the signature, in `if not self.verify_signature(…): raise`,
/// `if (!crypto.timingSafeEqual(a, b)) return res.status(401)`. A call with literal arguments only looks at no
/// request.
pub(super) fn refuses_unsigned(node: &StmtIf) -> Option<&ExprCall> {
    let Expr::UnaryOp(not) = &*node.test else { return None };
    let call = match &*not.operand {
        Expr::Await(node) => node.value.as_call_expr(),
        other => other.as_call_expr(),
    };
    let name =
        call.and_then(|call| dotted(&call.func)).filter(|_| not.op == UnaryOp::Not).unwrap_or_default();
    let own = name.rsplit('.').next().unwrap_or(&name);
    let checks = names(own, &["signature", "signed", "hmac"])
        && names(own, &["verif*", "check*", "valid*", "is"])
        || matches!(own, "compare_digest" | "timingSafeEqual");
    let given = call.is_some_and(|call| {
        let all = &call.arguments;
        all.is_empty()
            || !all.args.iter().chain(all.keywords.iter().map(|one| &one.value)).all(Expr::is_literal_expr)
    });
    call.filter(|_| checks && given && refuses(&node.body))
}

/// Whether an expression is a key of the program's own rather than the caller's: `API_KEY`, `this.config.token`,
/// `process.env.SECRET`.
fn is_own_key(expression: &Expr) -> bool {
    let Some(name) = dotted(expression) else { return false };
    let (before, own) = name.rsplit_once('.').unwrap_or(("", &name));
    let constant =
        own.chars().any(|ch| ch.is_ascii_uppercase()) && !own.chars().any(|ch| ch.is_ascii_lowercase());
    let shown = names(
        before,
        &["req", "request", "headers", "ctx", "context", "body", "query", "credentials", "params"],
    );
    let key = names(own, &["apikey", "key", "token", "secret", "password", "auth", "jwt"])
        || own.to_ascii_lowercase().ends_with("apikey");
    key && !shown
        && (constant || names(before, &["config*", "cfg", "setting*", "env", "environ", "option*", "opts"]))
}

impl Seen {
    fn of(definition: &StmtFunctionDef) -> Self {
        let mut seen = Self::default();
        definition.body.iter().for_each(|statement| seen.visit_stmt(statement));
        seen
    }

    fn refuses(&self) -> bool {
        self.unknown || self.forbidden || self.raises || self.sends_away
    }

    /// Notes what a name says: `Unauthorized`, `HTTP_401_UNAUTHORIZED`, `PermissionDenied`.
    fn named(&mut self, name: &str) {
        self.unknown |= names(name, &["unauthorized", "unauthenticated", "401"]);
        self.forbidden |= names(name, &["forbidden", "403", "denied"]);
        self.asks |= asks(name);
    }

    fn call(&mut self, func: &Expr, given: &[Expr]) {
        let name = dotted(func).unwrap_or_default();
        let to_login = |one: &Expr| match one {
            Expr::StringLiteral(text) => names(text.value.to_str(), &["login", "signin", "auth"]),
            Expr::Call(inner) => inner.arguments.args.iter().any(|one| match one {
                Expr::StringLiteral(text) => names(text.value.to_str(), &["login", "signin", "auth"]),
                _ => false,
            }),
            _ => false,
        };
        self.sends_away |= names(&name, &["redirect*"]) && given.iter().any(to_login);
    }
}

/// Whether a name is that of a caller's credential: a header, a token.
fn asks(name: &str) -> bool {
    names(name, &["authorization", "bearer", "token", "apikey", "cookie", "cookies", "secret"])
        || name.eq_ignore_ascii_case("x-api-key")
}

impl<'a> Visitor<'a> for Seen {
    fn visit_stmt(&mut self, node: &'a Stmt) {
        if let Stmt::If(test) = node {
            self.lets_pass |= only_where_set(test);
            self.verifies |= refuses_unsigned(test).is_some();
        }
        if let Stmt::Raise(raised) = node {
            let name = raised.exc.as_deref().and_then(|what| match what {
                Expr::Call(call) => dotted(&call.func),
                other => dotted(other),
            });
            self.raises |= name.is_none_or(|name| !name.ends_with("NotImplementedError"));
        }
        let before = self.filled.len();
        if let Stmt::If(test) = node
            && !matches!(test.body.last(), Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_)))
        {
            match &*test.test {
                Expr::BoolOp(both) if both.op == BoolOp::And => {
                    self.filled.extend(both.values.iter().filter_map(counted));
                }
                one => self.filled.extend(counted(one)),
            }
        }
        walk_stmt(self, node);
        self.filled.truncate(before);
    }

    fn visit_expr(&mut self, node: &'a Expr) {
        match node {
            Expr::NumberLiteral(number) => {
                if let Number::Int(value) = &number.value {
                    self.unknown |= value.as_i64() == Some(401);
                    self.forbidden |= value.as_i64() == Some(403);
                }
            }
            // Models also produce tokens, one after the other.
            Expr::Name(name) if name.id.as_str() == "token" => {}
            Expr::Name(name) => self.named(name.id.as_str()),
            Expr::Attribute(part) => self.named(part.attr.as_str()),
            Expr::StringLiteral(text) if text.value.len() < 40 => self.asks |= asks(text.value.to_str()),
            Expr::Call(call) => self.call(&call.func, &call.arguments.args),
            Expr::BoolOp(both) => self.lets_all |= looks_where_filled(both),
            _ => {}
        }
        self.lets_all |= self.filled.iter().any(|list| looks_in(node, list));
        walk_expr(self, node);
    }
}
