//! Functions that are passed on: who calls them, with what, and whether consent was asked before.

use std::collections::BTreeMap;

use ruff_text_size::TextRange;

use super::api::{frameworks, last, root, script};
use super::call::{all_of, functions};
use super::consent;
use super::value::{Argument, Shape, Value};
use super::walk::Walk;
use crate::facts::{FunctionId, Taint};

impl Walk<'_, '_> {
    /// Treats functions passed to a library as called from there.
    pub(super) fn hand_out(&mut self, path: &str, callee: &Value, arguments: &[Argument], range: TextRange) {
        let served = if self.script {
            script::serves(path) && !is_upgraded(path, callee)
        } else {
            frameworks::routes(path)
        };
        let heard = if self.script {
            script::hears(path)
        } else {
            frameworks::feeds_callbacks(path).then_some(Taint::USER)
        };
        if self.script {
            if heard.is_some() {
                self.ask_before(arguments);
            }
            self.promised(path, arguments);
            if path == "js.middleware" {
                self.before_every_request(arguments);
            }
            if served {
                self.pass_through(path, arguments);
                self.ask_before_all(path, arguments, range);
            }
            self.offer_script_tool(path, arguments, range);
        }
        if !self.script {
            self.offer_described(path, arguments, range);
            self.offer_registered(path, arguments);
        }
        if !self.script && served {
            self.route_to(arguments);
        }
        if root(path) == "falcon" && last(path) == "add_route" {
            self.answered_by(arguments, range);
        }
        let routed = self.script && (is_route(arguments) || takes_requests(last(path)));
        if routed {
            self.route_to(arguments);
        }
        let heard = if routed { Some(Taint::USER) } else { heard };
        let request = routed || served;
        let heard = heard.map(|said| if request { said | Taint::REQUEST } else { said });
        let plain = if self.script { callee.taint } else { Taint::NONE };
        self.callbacks(heard, plain, arguments, range);
    }

    /// `app.add_route("/chat", Chat())`: the methods of an object are the handlers.
    fn answered_by(&mut self, arguments: &[Argument], range: TextRange) {
        let resource = arguments.iter().find_map(|one| match one.value.shape {
            Shape::Object(class) => self.state.project.classes.get(class),
            _ => None,
        });
        let methods = resource.into_iter().flat_map(|class| &class.methods);
        let ids: Vec<FunctionId> =
            methods.filter(|(name, _)| name.starts_with("on_")).map(|(_, method)| *method).collect();
        let handed = [Argument { name: None, value: functions(ids), spread: false }];
        self.route_to(&handed);
        self.callbacks(Some(Taint::USER | Taint::REQUEST), Taint::NONE, &handed, range);
    }

    /// `socket.onmessage = (event) => …`, `button.onclick = send`: passes what arrives over a socket, or what the
    /// person at the page does, to the function.
    pub(super) fn hear(&mut self, object: &Value, name: &str, value: &Value, range: TextRange) {
        const DONE: &[&str] =
            &["onclick", "onsubmit", "onchange", "oninput", "onkeydown", "onkeyup", "onkeypress"];
        let heard = match object.outside() {
            _ if DONE.contains(&name) => Some(Taint::LOCAL),
            _ if name != "onmessage" => None,
            Some(path) => {
                script::hears(&format!("{path}.{name}")).filter(|heard| heard.has(Taint::UNTRUSTED))
            }
            None => self.known_sources(object.taint).has(Taint::REQUEST).then_some(Taint::USER),
        };
        let Some(heard) = heard else { return };
        let handler = [Argument { name: None, value: value.clone(), spread: false }];
        self.callbacks(Some(heard), Taint::NONE, &handler, range);
    }

    /// Enters the functions among the arguments, passing what is said to them if anybody says something, or else the
    /// taint of the other arguments.
    pub(super) fn callbacks(
        &mut self,
        heard: Option<Taint>,
        plain: Taint,
        arguments: &[Argument],
        range: TextRange,
    ) {
        let mut found: Vec<FunctionId> = Vec::new();
        for argument in arguments {
            collect_functions(&argument.value, &mut found, 0);
            let classes = argument.value.shape.classes();
            found.extend(classes.iter().filter_map(|class| self.state.method(*class, "__call__")));
        }
        let beside = (plain | all_of(arguments)).without(Taint::CONSENT);
        let held =
            self.script.then(|| super::closed::held_arguments(arguments, heard.unwrap_or(beside))).flatten();
        for function in found {
            self.called_back(function, heard.unwrap_or(beside), heard.is_some(), range);
            self.hand_held(function, held.as_ref());
        }
    }

    pub(super) fn called_back(&mut self, function: FunctionId, said: Taint, heard: bool, range: TextRange) {
        let project = self.state.project;
        let parameters = project.functions.get(function).map_or(&[][..], |func| &func.parameters);
        let answers = |name: &String| heard && self.script && script::is_answer(name);
        let taints: Vec<Taint> =
            parameters.iter().map(|name| if answers(name) { Taint::NONE } else { said }).collect();
        let values: Vec<Value> = taints.iter().map(|taint| Value::of(self.known_sources(*taint))).collect();
        self.state.hand_in(function, &values);
        let call = self.call_at(range);
        if !call.callees.contains(&function) {
            call.callees.push(function);
        }
        call.arguments.resize(call.arguments.len().max(taints.len()), Taint::NONE);
        call.arguments.iter_mut().zip(&taints).for_each(|(slot, taint)| *slot |= *taint);
    }

    /// `{ data: new SlashCommandBuilder(), execute(interaction) {…} }`: a chat command that its bot finds by folder.
    pub(super) fn commanded(&mut self, range: TextRange, items: &BTreeMap<String, Value>) {
        let Some(run) = ["execute", "run", "callback"].iter().find_map(|key| items.get(*key)) else { return };
        let built = items.get("data").and_then(Value::outside).is_some_and(|path| root(path) == "discord");
        let mut found = Vec::new();
        collect_functions(run, &mut found, 0);
        let named = found.iter().filter_map(|id| self.state.project.functions.get(*id));
        let takes = named.flat_map(|func| &func.parameters).any(|name| name == "interaction");
        if built || takes {
            let handler = [Argument { name: None, value: run.clone(), spread: false }];
            self.callbacks(Some(Taint::USER), Taint::NONE, &handler, range);
        }
    }

    /// `app.post("/x", requireConsent, handler)`: functions after a consent question have consent.
    fn ask_before(&mut self, arguments: &[Argument]) {
        let mut asked = false;
        for argument in arguments.iter().filter(|argument| argument.name.is_none()) {
            if asked {
                self.mark_consented(&argument.value);
            }
            asked |= self.asks(&argument.value);
        }
    }

    /// `app.use(requireConsent)` before the routes: every request passes it. One for a part of the paths covers only
    /// those.
    fn ask_before_all(&mut self, path: &str, arguments: &[Argument], range: TextRange) {
        let scoped = |one: &Argument| one.value.template().is_some_and(|text| text.shown().starts_with('/'));
        let all = matches!(last(path), "use" | "addHook") && !arguments.iter().any(scoped);
        if all && !self.has_routes_before(range) && arguments.iter().any(|one| self.asks(&one.value)) {
            self.state.asked_before_all = true;
        }
    }

    /// Whether routes of the same application precede a call: they are not covered by it.
    fn has_routes_before(&self, range: TextRange) -> bool {
        let text = self.state.texts.get(self.file()).map_or("", |file| file.text.as_str());
        let at = super::walk::span(range);
        let call = text.get(at.clone()).unwrap_or_default();
        let object = call.split(['.', '(']).next().unwrap_or_default();
        let before = text.get(..at.start).unwrap_or_default();
        let verbs = ["get", "post", "put", "patch", "delete", "all", "route"];
        verbs.iter().any(|verb| before.contains(&format!("{object}.{verb}(")))
    }

    /// Whether a middleware continues only with consent.
    fn asks(&self, value: &Value) -> bool {
        match &value.shape {
            Shape::Functions(ids) => ids.iter().any(|id| self.state.wraps(*id) == Some(true)),
            Shape::Path(_) | Shape::Made(_) => {
                let path = value.outside().unwrap_or_default().trim_end_matches("()");
                path.contains('.') && consent::answers(path)
            }
            _ => false,
        }
    }

    pub(super) fn mark_consented(&mut self, value: &Value) {
        let mut found = Vec::new();
        collect_functions(value, &mut found, 0);
        self.state.asked.extend(found);
    }

    /// `withConsent(handler)`: a function of the project that returns one which calls its argument.
    pub(super) fn wrapped(&mut self, wrappers: &[FunctionId], arguments: &[Argument], made: Value) -> Value {
        let wraps = |id: &FunctionId| self.state.wraps(*id);
        let Some(asks) = wrappers.iter().filter(|_| self.script).find_map(wraps) else { return made };
        let Shape::Functions(inner) = &made.shape else { return made };
        let inner = inner.to_vec();
        let mut taken = Vec::new();
        for argument in arguments {
            if asks {
                self.mark_consented(&argument.value);
            }
            collect_functions(&argument.value, &mut taken, 0);
        }
        // Whoever reaches the wrapped function goes through the wrapper.
        for (id, wrapper) in taken.iter().flat_map(|id| inner.iter().map(move |wrapper| (*id, *wrapper))) {
            if id != wrapper {
                self.served_behind(id, wrapper);
            }
        }
        functions([inner, taken].concat())
    }

    /// Returns the function that a library returns for the one it was given: `useCallback(f)`, `requireConsent(f)`.
    pub(super) fn handed_back(
        &mut self,
        path: &str,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        if !self.script {
            return None;
        }
        // The file exports what a function makes out of the framework's own object.
        if root(path) == "@strapi/strapi" && last(path).starts_with("createCore") {
            let made = &arguments.get(1)?.value;
            return Some(match &made.shape {
                Shape::Functions(ids) => self.enter_with(&ids.clone(), &[Value::default()], range),
                _ => made.clone(),
            });
        }
        // `promisify(exec)` is `exec`.
        if matches!(path, "util.promisify" | "js.util.promisify") {
            return arguments.first().map(|argument| argument.value.clone());
        }
        let asks = path.contains('.') && consent::answers(path.trim_end_matches("()"));
        if !asks && !script::gives_back(path) {
            return None;
        }
        let mut all = Vec::new();
        for argument in arguments {
            collect_functions(&argument.value, &mut all, 0);
        }
        if asks {
            for argument in arguments {
                self.mark_consented(&argument.value);
            }
        }
        (!all.is_empty()).then(|| functions(all))
    }

    /// A parameter that is called: `next()` of a middleware continues.
    pub(super) fn goes_on(&mut self, name: &str) {
        if matches!(name, "next" | "done" | "proceed") {
            self.wrapping.push((self.function, self.env.consent));
        }
    }

    /// Enters functions with values, and returns their results.
    pub(super) fn enter_with(&mut self, ids: &[FunctionId], given: &[Value], range: TextRange) -> Value {
        let arguments: Vec<Argument> =
            given.iter().map(|value| Argument { name: None, value: value.clone(), spread: false }).collect();
        self.enter(ids, None, &arguments, range)
    }
}

/// Whether something else checked who connects before a web socket was opened: the server does not listen itself, or
/// verifies.
fn is_upgraded(path: &str, callee: &Value) -> bool {
    let asked =
        |made: &super::value::Made| made.setting(&["noServer", "verifyClient", "allowRequest"]).is_some();
    matches!(root(path), "ws" | "socketio")
        && (last(path) == "handleUpgrade" || callee.made().is_some_and(|made| asked(made)))
}

/// `register({ path: "/hook", handler: async (req, res) => … })`: a plug-in's own route.
pub(super) fn is_route(arguments: &[Argument]) -> bool {
    arguments.iter().any(|argument| {
        let Shape::Dict(items) = &argument.value.shape else { return false };
        let text = |key: &str| items.get(key).and_then(Value::template).map(crate::facts::Template::shown);
        let path = ["path", "url", "route"].iter().find_map(|key| text(key));
        let handles =
            items.get("handler").is_some_and(|handler| matches!(handler.shape, Shape::Functions(_)));
        handles && path.is_some_and(|path| path.starts_with('/') || path.starts_with("{}"))
    })
}

/// Whether the name of a registering function says that requests reach the function:
/// `api.registerHttpHandler(answer)`.
fn takes_requests(name: &str) -> bool {
    let names = |wanted: &[&str]| super::api::names(name, wanted);
    names(&["http", "webhook"]) && names(&["handler", "route"]) && names(&["register", "add", "set", "use"])
}

/// Collects the functions in a value, whatever they are wrapped in.
pub(super) fn collect_functions(value: &Value, found: &mut Vec<FunctionId>, depth: usize) {
    if depth > 4 {
        return;
    }
    match &value.shape {
        Shape::Functions(ids) => found.extend(ids.iter().copied()),
        Shape::Bound(id) => found.push(*id),
        Shape::List(items) => items.iter().for_each(|item| collect_functions(item, found, depth + 1)),
        Shape::Dict(items) => items.values().for_each(|item| collect_functions(item, found, depth + 1)),
        // MessageHandler(filters.TEXT, answer)
        Shape::Made(made) => {
            made.given.iter().for_each(|argument| collect_functions(&argument.value, found, depth + 1));
        }
        _ => {}
    }
}
