//! HTTP requests: which functions they enter, which parts of them the client chooses freely, and what authenticates
//! the caller.

use std::rc::Rc;

use ruff_python_ast::{Expr, StmtFunctionDef};

use super::api::{frameworks, guards, last, names, root};
use super::hand_out::collect_functions;
use super::value::{Argument, ClassId, Made, Shape, Value};
use super::walk::Walk;
use crate::facts::{Function, FunctionId, Piece, Taint};

/// Parts of a request that its sender chooses freely.
const FREE: &[&str] = &[
    "body",
    "query",
    "params",
    "json",
    "formData",
    "form",
    "searchParams",
    "nextUrl",
    "url",
    "queries",
    "param",
    "parseBody",
    "rawBody",
    "queryStringParameters",
    "pathParameters",
    "args",
    "text",
    "POST",
    "GET",
    "data",
    "query_params",
    "path_params",
];
/// Parts set from a session or a verified token.
const SURE: &[&str] = &[
    "session",
    "user",
    "auth",
    "oidc",
    "jwtPayload",
    "requestContext",
    "state",
    "jwtVerify",
    "isAuthenticated",
    "authenticate",
];

/// `typing.Annotated`
pub(super) fn is_annotated(path: &str) -> bool {
    matches!(path, "typing.Annotated" | "typing_extensions.Annotated")
}

/// The name under which an injection keeps the type of what it injects.
const TYPE: &str = "the type";

/// `Annotated[User, Depends(who)]` is the injected value, of that type; anything else is its type.
pub(super) fn annotated(parts: &Value) -> Value {
    let Shape::List(items) = &parts.shape else { return Value::default() };
    let first = items.first().cloned().unwrap_or_default();
    let injected = items.iter().find(|item| item.outside().is_some_and(is_injection));
    let Some(injected) = injected else { return first };
    let Some(made) = injected.made() else { return injected.clone() };
    let own = Argument { name: Some(TYPE.to_owned()), value: first, spread: false };
    let given = made.given.iter().cloned().chain([own]).collect();
    let (path, parent) = (made.path.clone(), made.parent.clone());
    let made = Made { path, given: Rc::new(given), parent, at: made.at };
    Value::new(Shape::Made(Rc::new(made)), injected.taint)
}

/// Returns the declared type of something that is injected.
pub(super) fn type_of_injected(said: &Value) -> Option<&Value> {
    let made = said.made().filter(|made| is_injection(&made.path))?;
    super::value::named(&made.given, &[TYPE])
}

pub(super) fn is_injection(path: &str) -> bool {
    matches!(root(path), "fastapi" | "litestar" | "ninja")
        && matches!(last(path), "Depends" | "Security" | "Provide")
}

/// Whether the name of a function says that it identifies the caller.
pub(super) fn finds_caller(name: &str) -> bool {
    // Whoever is asked for consent may be anybody.
    !names(name, &["consent*", "agree*"])
        && names(
            name,
            &[
                "auth*",
                "current",
                "login*",
                "token*",
                "identity",
                "principal",
                "session",
                "jwt",
                "verify*",
                "require*",
                "protect",
                "apikey*",
                "bearer*",
                "guard",
                "guards",
            ],
        )
}

impl Walk<'_, '_> {
    fn own(&mut self) -> Option<&mut Function> {
        self.state.functions.get_mut(self.function)
    }

    /// Records that the caller is authenticated here.
    pub(super) fn caller_is_known(&mut self) {
        if let Some(function) = self.own() {
            function.caller_known = true;
        }
    }

    /// Whether the caller of this function is known to be authenticated.
    pub(super) fn knows_caller(&self) -> bool {
        self.state.functions.get(self.function).is_some_and(|function| function.caller_known)
    }

    pub(super) fn set_knows_caller(&mut self, known: bool) {
        if let Some(function) = self.own() {
            function.caller_known = known;
        }
    }

    /// Marks a member of something outside the project that identifies the caller.
    pub(super) fn told_identity(&mut self, value: &mut Value) {
        if value.outside().is_some_and(|path| self.state.known(path).identifies) {
            value.taint |= Taint::VERIFIED;
            self.caller_is_known();
        }
    }

    /// Evaluates a part of a request: what its sender chose, or who they are.
    pub(super) fn part_of_request(&mut self, object: &Value, name: &str) -> Option<Value> {
        let told = matches!(name, "req" | "request") || SURE.contains(&name) || FREE.contains(&name);
        let whole = told
            && match &object.shape {
                Shape::Text(text) => matches!(text.pieces.as_slice(), [Piece::Parameter(_)]),
                Shape::Made(made) => made.parent.is_none() && made.path.ends_with("()"),
                _ => false,
            };
        if !whole || !self.known_sources(object.taint).has(Taint::REQUEST) {
            self.note_answering(object, name);
            return None;
        }
        if matches!(name, "req" | "request") {
            return Some(object.clone());
        }
        // What a body says about a user was written by its sender.
        if SURE.contains(&name) && !self.known_sources(object.taint).has(Taint::BODY) {
            self.caller_is_known();
            return Some(Value::of(object.taint | Taint::VERIFIED));
        }
        let part = object.attribute(name);
        Some(Value { taint: part.taint | Taint::BODY, ..part })
    }

    /// Records a script's function that reads a request, judged by its parameter's name:
    /// `async (req) => { await req.json() }`. If nobody in the project calls it, the server that it is passed to
    /// does.
    fn note_answering(&mut self, object: &Value, part: &str) {
        let Some(func) = self.state.project.functions.get(self.function).filter(|_| self.script) else {
            return;
        };
        let Shape::Text(text) = &object.shape else { return };
        let [Piece::Parameter(index)] = text.pieces.as_slice() else { return };
        let named = |at: usize, names: &[&str]| {
            func.parameters.get(at).is_some_and(|name| names.contains(&name.as_str()))
        };
        let fetched =
            matches!(part, "json" | "formData") && !named(index + 1, &["res", "response", "reply", "next"]);
        let answered = matches!(part, "body" | "query" | "params")
            && named(index + 1, &["res", "response", "reply"])
            && !named(index + 2, &["next"]);
        if named(*index, &["req", "request"]) && (fetched || answered) && func.definition.is_some() {
            self.state.answering.insert((self.function, *index));
        }
    }

    /// Returns the taint of a handler's parameter, from its annotation or its default.
    pub(super) fn sent(&mut self, index: usize, annotation: Option<&Value>) -> Taint {
        let default = self.state.defaults(self.function).get(index).cloned().flatten();
        let injected = [annotation.cloned(), default]
            .into_iter()
            .flatten()
            .find(|one| one.outside().is_some_and(is_injection));
        match injected {
            Some(one) if self.injects_identity(&one) => {
                self.injected_before(&one);
                Taint::VERIFIED
            }
            // Whether a function of the project authenticates the caller has yet to be seen.
            Some(one) => {
                self.stand_before(&injected_functions(&one));
                Taint::NONE
            }
            None if annotation.is_some_and(is_request) => Taint::REQUEST,
            None => Taint::BODY,
        }
    }

    /// Returns what a framework injects for `Depends(f)`: the result of `f`.
    pub(super) fn injected(&self, handed: Value) -> Value {
        if !handed.outside().is_some_and(is_injection) {
            return handed;
        }
        let mut found = Vec::new();
        collect_functions(&handed, &mut found, 0);
        let given = found.first().and_then(|id| self.state.summary(*id)).map(|summary| &summary.returns);
        given.map_or_else(Value::default, |given| match &given.shape {
            Shape::List(_) => given.item(None),
            Shape::Made(_) | Shape::Object(_) => given.clone(),
            _ => Value::default(),
        })
    }

    fn injects_identity(&self, injected: &Value) -> bool {
        let named = |id: &FunctionId| {
            self.state.project.functions.get(*id).is_some_and(|func| finds_caller(&func.name))
        };
        is_known_outside(injected) || injected_functions(injected).iter().any(named)
    }

    /// Records that what is injected guards this function: a package that authenticates the caller, or functions of
    /// the project that may do so.
    fn injected_before(&mut self, injected: &Value) {
        if is_known_outside(injected) {
            self.caller_is_known();
        }
        self.stand_before(&injected_functions(injected));
    }

    fn stand_before(&mut self, functions: &[FunctionId]) {
        let Some(own) = self.own() else { return };
        let new: Vec<FunctionId> =
            functions.iter().copied().filter(|one| !own.behind.contains(one)).collect();
        own.behind.extend(new);
    }

    /// Whether a class only holds data: `@dataclass class Question: text: str`.
    pub(super) fn has_no_methods(&self, class: ClassId) -> bool {
        let known = self.state.project.classes.get(class);
        known.is_some_and(|known| known.methods.keys().all(|name| name.as_str() == "__init__"))
    }

    /// Whether an object of a class is what a client sent: a model of a request's body. In a script, any class
    /// without methods is one, as frameworks build it from a body by its type.
    pub(super) fn is_message(&self, class: ClassId, depth: usize) -> bool {
        if self.script && self.has_no_methods(class) {
            return true;
        }
        self.state.bases(class).iter().any(|base| match &base.shape {
            Shape::Path(path) => matches!(
                &**path,
                "pydantic.BaseModel" | "sqlmodel.SQLModel" | "msgspec.Struct" | "ninja.Schema"
            ),
            Shape::Class(base) => depth < 6 && self.is_message(*base, depth + 1),
            _ => false,
        })
    }

    /// Records that requests enter a decorated function, or pass through it.
    pub(super) fn served(&mut self, id: FunctionId, decorator: &str, written: &Expr) {
        let (http, identity) =
            (frameworks::is_http(decorator) || is_route(written), guards::identifies(decorator));
        let before = http
            && matches!(
                last(decorator),
                "before_request" | "middleware" | "before_app_request" | "on_request"
            );
        // `require_POST` restricts the method, not the caller.
        let verbs = decorator.starts_with("django.views.decorators");
        let known = identity || finds_caller(last(decorator)) && !http && !verbs;
        self.state.entering(id, |function| {
            function.http |= http;
            function.before_all |= before;
            function.caller_known |= known;
        });
    }

    /// Records a decorator of the project through which requests pass.
    pub(super) fn served_behind(&mut self, id: FunctionId, wrapper: FunctionId) {
        if let Some(function) = self.state.functions.get_mut(id)
            && !function.behind.contains(&wrapper)
        {
            function.behind.push(wrapper);
        }
    }

    /// `app.post("/x", require_user, answer)`: records what a request passes before the last function.
    pub(super) fn pass_through(&mut self, path: &str, arguments: &[Argument]) {
        let everywhere = matches!(last(path), "use" | "addHook" | "before_request" | "add_middleware");
        let mut before: Vec<FunctionId> = Vec::new();
        let mut known = path == "js.guarded";
        for argument in arguments.iter().filter(|argument| argument.name.is_none()) {
            let mut here = Vec::new();
            collect_functions(&argument.value, &mut here, 0);
            if !matches!(
                last(path),
                "register" | "listen" | "ready" | "after" | "setErrorHandler" | "decorate"
            ) {
                for id in &here {
                    self.behind(*id, &before, known, everywhere);
                }
            }
            before.extend(here);
            known |=
                argument.value.outside().is_some_and(|path| guards::identifies(path.trim_end_matches("()")));
        }
        if everywhere && known {
            self.caller_is_known_everywhere();
        }
    }

    /// `app.add_api_route("/x", answer)`, `Route("/x", endpoint=answer)`
    pub(super) fn route_to(&mut self, arguments: &[Argument]) {
        let handler = |one: &&Argument| one.name.as_deref().is_none_or(|name| name != "dependencies");
        for argument in arguments.iter().filter(handler) {
            let mut here = Vec::new();
            collect_functions(&argument.value, &mut here, 0);
            for id in here {
                self.behind(id, &[], false, false);
            }
        }
    }

    fn behind(&mut self, id: FunctionId, before: &[FunctionId], known: bool, everywhere: bool) {
        self.state.entering(id, |function| {
            function.http = true;
            function.before_all |= everywhere;
            function.caller_known |= known;
            let new = |one: &FunctionId| !function.behind.contains(one) && *one != id;
            let new: Vec<FunctionId> = before.iter().copied().filter(new).collect();
            function.behind.extend(new);
        });
    }

    /// `app.use(passport.authenticate("jwt"))`, `FastAPI(dependencies=[Depends(who)])`
    pub(super) fn caller_is_known_everywhere(&mut self) {
        if let Some(function) = self.own() {
            function.before_all = true;
            function.caller_known = true;
        }
    }

    /// Records functions of the project that every request passes.
    fn stand_before_all(&mut self, functions: &[FunctionId]) {
        self.stand_before(functions);
        if let Some(function) = self.own() {
            function.before_all = true;
        }
    }

    /// `app.add_middleware(BearerTokenMiddleware)`: a class of the project whose name says that it identifies the caller.
    pub(super) fn guarded_by(&mut self, path: &str, arguments: &[Argument]) {
        let [Argument { value: Value { shape: Shape::Class(class), .. }, .. }, ..] = arguments else {
            return;
        };
        if last(path) == "add_middleware" {
            self.guarded_by_class(*class);
        }
    }

    /// Handles Next.js middleware: a library that admits only known callers, or a function that may reject some.
    pub(super) fn before_every_request(&mut self, arguments: &[Argument]) {
        let config = self.state.global(self.module, "config");
        let matcher = config.as_ref().and_then(|config| match &config.shape {
            Shape::Dict(items) => items.get("matcher"),
            _ => None,
        });
        let Some(value) = arguments.first().map(|one| &one.value) else { return };
        if !matcher.is_none_or(meets_routes) {
            return;
        }
        let path = value.outside().unwrap_or_default();
        let library = matches!(root(path), "@clerk/nextjs" | "next-auth" | "@kinde-oss/kinde-auth-nextjs");
        let text = self.state.texts.get(self.file()).map_or("", |file| file.text.as_str());
        let lets_in_known = match root(path) {
            // By itself it only looks at who is calling.
            "@clerk/nextjs" => {
                path.contains("authMiddleware")
                    || ["protect", "redirectToSignIn"].iter().any(|word| text.contains(word))
            }
            "next-auth" => path.contains("middleware") || path.contains("withAuth") || says_who_may(value),
            "@kinde-oss/kinde-auth-nextjs" => path.contains("withAuth"),
            _ => false,
        };
        if lets_in_known {
            self.caller_is_known_everywhere();
        }
        let mut found = Vec::new();
        collect_functions(value, &mut found, 0);
        for id in found {
            if self.state.wraps(id) == Some(true) {
                self.state.asked_before_all = true;
            }
            self.behind(id, &[], false, true);
            if let Some(function) = self.state.functions.get_mut(id) {
                function.finds_caller |= library;
            }
        }
    }

    /// `{ provide: APP_GUARD, useClass: JwtAuthGuard }`: a guard before everything that the application serves.
    pub(super) fn guards_all(&mut self, items: &std::collections::BTreeMap<String, Value>) {
        let everywhere =
            items.get("provide").and_then(Value::outside).is_some_and(|path| last(path) == "APP_GUARD");
        let Some(guard) = items.get("useClass").or_else(|| items.get("useExisting")).filter(|_| everywhere)
        else {
            return;
        };
        match &guard.shape {
            Shape::Class(class) => self.guarded_by_class(*class),
            Shape::Path(_) | Shape::Made(_) => {
                let path = guard.outside().unwrap_or_default().trim_end_matches("()");
                if guards::identifies(path) || finds_caller(last(path)) {
                    self.caller_is_known_everywhere();
                }
            }
            _ => {}
        }
    }

    /// Records a class whose methods see every request: one of a library that authenticates the caller, or one whose
    /// name says that it identifies them.
    fn guarded_by_class(&mut self, class: ClassId) {
        let Some(known) = self.state.project.classes.get(class) else { return };
        let outside = |base: &Value| {
            base.outside().is_some_and(|path| {
                last(path) == "AuthGuard" || guards::identifies(path.trim_end_matches("()"))
            })
        };
        if self.state.bases(class).iter().any(outside) {
            self.caller_is_known_everywhere();
            return;
        }
        let methods: Vec<FunctionId> = known.methods.values().copied().collect();
        if finds_caller(&known.name) {
            for method in &methods {
                if let Some(function) = self.state.functions.get_mut(*method) {
                    function.finds_caller = true;
                }
            }
            self.stand_before_all(&methods);
        }
    }

    /// Records what a call puts before requests: dependencies, and classes that see each of them.
    pub(super) fn put_before(&mut self, path: &str, arguments: &[Argument]) {
        self.depend(path, arguments);
        self.consent_before_all(path, arguments);
        self.guarded_by(path, arguments);
    }

    /// Records dependencies that run before every request of an application or a router.
    pub(super) fn depend(&mut self, path: &str, arguments: &[Argument]) {
        let Some(all) = super::value::named(arguments, &["dependencies"]).filter(|_| root(path) == "fastapi")
        else {
            return;
        };
        let Shape::List(items) = &all.shape else { return };
        for item in items.iter() {
            if is_known_outside(item) {
                self.caller_is_known_everywhere();
            } else if self.injects_identity(item) {
                self.stand_before_all(&injected_functions(item));
            }
        }
    }
}

/// `NextAuth({ callbacks: { authorized: … } })`
fn says_who_may(auth: &Value) -> bool {
    let callbacks = auth.made().and_then(|made| made.setting(&["callbacks"]));
    let within = |callbacks: &Value| matches!(&callbacks.shape, Shape::Dict(items) if items.contains_key("authorized"));
    let first = || {
        auth.made()?.chain().find_map(|made| match &made.given.first()?.value.shape {
            Shape::Dict(items) => items.get("callbacks").cloned(),
            _ => None,
        })
    };
    callbacks.is_some_and(within) || first().as_ref().is_some_and(within)
}

/// Whether a matcher covers the API routes: `/api/:path*`, `/((?!_next).*)`.
fn meets_routes(matcher: &Value) -> bool {
    match &matcher.shape {
        Shape::List(items) => items.iter().any(meets_routes),
        Shape::Dict(items) => items.get("source").is_some_and(meets_routes),
        _ => matcher.known_text().is_none_or(|pattern| {
            let left_out = pattern.split_once("(?!").map(|(_, rest)| rest.split(").").next().unwrap_or(rest));
            let all = ["/api/:path*", "/api(.*)", "/api/(.*)", "/(api", "/:path*", "/(.*)"];
            match left_out {
                Some(left_out) => !left_out.contains("api"),
                None => all.iter().any(|start| pattern.starts_with(start)),
            }
        }),
    }
}

/// `@app.get("/chat")`: nothing else is written this way, wherever the application comes from.
pub(super) fn is_route(decorator: &Expr) -> bool {
    const VERBS: &[&str] = &["route", "get", "post", "put", "patch", "delete", "api_route", "websocket"];
    let Expr::Call(call) = decorator else { return false };
    let Expr::Attribute(verb) = &*call.func else { return false };
    let path = call.arguments.args.first().and_then(Expr::as_string_literal_expr);
    VERBS.contains(&verb.attr.as_str()) && path.is_some_and(|path| path.value.to_str().starts_with('/'))
}

/// Whether a package authenticates the caller: `Security(…)`, `Depends(OAuth2PasswordBearer())`.
fn is_known_outside(injected: &Value) -> bool {
    let outside = injected.made().is_some_and(|made| made.given.iter().any(says_identity));
    last(injected.outside().unwrap_or_default()) == "Security" || outside
}

fn injected_functions(injected: &Value) -> Vec<FunctionId> {
    let mut found = Vec::new();
    collect_functions(injected, &mut found, 0);
    found
}

fn says_identity(argument: &Argument) -> bool {
    if argument.name.as_deref() == Some(TYPE) {
        return false;
    }
    argument.value.outside().is_some_and(|path| {
        guards::identifies(path.trim_end_matches("()"))
            || names(path, &["Bearer", "oauth2*", "httpbearer", "httpbasic", "apikey*", "http"])
    })
}

/// `request: Request`
fn is_request(annotation: &Value) -> bool {
    annotation.outside().is_some_and(|path| matches!(last(path), "Request" | "HttpRequest" | "WebSocket"))
}

/// Iterates over the annotated parameters.
pub(super) fn annotations(definition: &StmtFunctionDef) -> impl Iterator<Item = (&str, &Expr)> {
    definition.parameters.iter().filter_map(|any| Some((any.name().as_str(), any.annotation()?)))
}
