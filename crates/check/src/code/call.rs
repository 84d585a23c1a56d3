//! Calls into the project and out of it.

use std::rc::Rc;

use ruff_python_ast::{Arguments, Expr, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::api::known::Known;
use super::api::{databases, files, flaws, guards, keys, labels, models, sinks, stores, swift, system, web};
use super::builtin::{builtin, completed, elsewhere, replaced};
use super::consent;
use super::deeds::{Outside, add, is_kept};
use super::define::Hangs;
use super::value::{Argument, Shape, Value, given};
use super::walk::Walk;
use crate::facts::{Deed, FunctionId, Guard, Piece, Taint, Template};

/// Methods that return the text they are called on.
const SAME_TEXT: &[&str] = &[
    "strip",
    "rstrip",
    "lstrip",
    "lower",
    "upper",
    "casefold",
    "encode",
    "decode",
    "expandtabs",
    "removesuffix",
    "title",
    "capitalize",
    "copy",
    "trim",
    "trimEnd",
    "trimStart",
    "toLowerCase",
    "toUpperCase",
    "toString",
    "normalize",
    "get_secret_value",
];
/// Methods that add something to the object they are called on.
pub(super) const PUTS: &[&str] = &[
    "append",
    "extend",
    "insert",
    "add",
    "update",
    "setdefault",
    "appendleft",
    "put",
    "put_nowait",
    "push",
    "unshift",
    "splice",
    "set",
    "set_content",
    "add_alternative",
    "attach",
];

impl Walk<'_, '_> {
    pub(super) fn call(&mut self, node: &ExprCall) -> Value {
        let (object, callee) = self.callee(node);
        let mut arguments = self.arguments(&node.arguments);
        let by_language = self.script.then(|| self.script_call(node, &object, &callee, &arguments)).flatten();
        let value = by_language.unwrap_or_else(|| {
            if self.script && callee.outside().is_some() {
                name_options(&mut arguments);
            }
            let in_swift = self.swift.then(|| self.swift_call(node, &object, &callee, &arguments)).flatten();
            in_swift.unwrap_or_else(|| self.call_known(node, &object, &callee, &arguments))
        });
        let shape = callee.shape.clone();
        self.called = Some((node.range(), callee.shape));
        let mut value = value;
        self.answered_with(node, &arguments);
        self.message_of_system(&arguments, node.range());
        self.unsealed(node, &shape, &mut value);
        self.barrier(node, &object, &arguments, &mut value);
        value
    }

    fn call_known(
        &mut self,
        node: &ExprCall,
        object: &Value,
        callee: &Value,
        arguments: &[Argument],
    ) -> Value {
        let range = node.range();
        if let Some(own) = self.given_whole(callee) {
            return self.call_known(node, object, &own, arguments);
        }
        match callee.shape.clone() {
            Shape::Functions(ids) => {
                let chosen = self.picked(node, &ids, arguments).then(|| self.chosen_by_model(arguments));
                let arguments = chosen.as_deref().unwrap_or(arguments);
                // Methods that were stored somewhere have their own objects; `Class.method(object)` is passed one.
                let each = Value::new(Shape::Objects(Rc::default()), object.taint);
                let kept = !matches!(object.shape, Shape::Class(_));
                let made = self.enter(&ids, kept.then_some(&each), arguments, range);
                self.put_by_callees(node, &ids);
                made
            }
            Shape::Bound(id) => {
                let made = self.enter(&[id], Some(&self.holder(id, object.clone())), arguments, range);
                self.put_by_callees(node, &[id]);
                made
            }
            Shape::Class(class) => {
                let given =
                    arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
                self.construct(class, arguments, range);
                Value::new(Shape::Object(class), given.without(Taint::CONSENT))
            }
            Shape::Object(class) => match self.called_on(class, node) {
                Some(method) => self.enter(&[method], Some(callee), arguments, range),
                None => Value::of(callee.taint),
            },
            Shape::Outer(function, index) => {
                self.wrapping.push((function, self.env.consent));
                self.call_handed(function, index, arguments, range)
                    .unwrap_or_else(|| Value::of(all_of(arguments)))
            }
            Shape::Path(_) | Shape::Made(_) => self.call_outside(node, callee, arguments),
            _ => self.call_method(node, object, callee, arguments),
        }
    }

    /// Evaluates what is called and the object it belongs to, each only once.
    fn callee(&mut self, node: &ExprCall) -> (Value, Value) {
        let Expr::Attribute(attribute) = &*node.func else {
            return (Value::default(), self.eval(&node.func));
        };
        let object = self.eval(&attribute.value);
        let kept = self.kept_on_app(&attribute.value, &object, attribute.attr.as_str());
        let known = self.knows_caller();
        let mut callee = kept.unwrap_or_else(|| self.attribute(&object, attribute.attr.as_str()));
        if super::trust::looks_at_no_signature(&node.arguments) {
            callee.taint = callee.taint.without(Taint::VERIFIED);
            self.set_knows_caller(known);
        }
        (object, callee)
    }

    fn arguments(&mut self, arguments: &Arguments) -> Vec<Argument> {
        let mut given: Vec<Argument> = Vec::new();
        for argument in &arguments.args {
            let value = self.eval(argument);
            given.push(Argument { name: None, value, spread: matches!(argument, Expr::Starred(_)) });
        }
        for keyword in &arguments.keywords {
            let value = self.eval(&keyword.value);
            let name = keyword.arg.as_ref().map(ToString::to_string);
            // `**{"url": …}` supplies names.
            if name.is_none()
                && let Shape::Dict(items) = &value.shape
            {
                given.extend(items.iter().map(|(key, item)| Argument {
                    name: Some(key.clone()),
                    value: item.clone(),
                    spread: false,
                }));
            }
            given.push(Argument { spread: name.is_none(), name, value });
        }
        given
    }

    /// Records a call that enters functions of the project.
    pub(super) fn enter(
        &mut self,
        functions: &[FunctionId],
        object: Option<&Value>,
        arguments: &[Argument],
        range: TextRange,
    ) -> Value {
        let mut result: Option<Value> = None;
        let mut ensures = !functions.is_empty();
        for &function in functions {
            let own = object.and_then(|object| self.own_object(function, object));
            let values = self.by_parameter(function, own.as_ref(), arguments);
            let handed: Vec<Value> = values.iter().map(|value| value.filled(&self.summary.handed)).collect();
            self.state.hand_in(function, &handed);
            let Some(summary) = self.state.summary(function) else { continue };
            let (own, summary) = (summary.ensures, summary.answered());
            let name = self.state.project.functions.get(function).map_or("", |func| func.name.as_str());
            let taints: Vec<Taint> = values.iter().map(Value::deep_taint).collect();
            let call = self.call_at(range);
            name.clone_into(&mut call.target);
            if !call.callees.contains(&function) {
                call.callees.push(function);
            }
            call.arguments.resize(call.arguments.len().max(taints.len()), Taint::NONE);
            for (slot, taint) in call.arguments.iter_mut().zip(&taints) {
                *slot |= *taint;
            }
            ensures &= own;
            let mut value = summary.returns.filled(&values);
            if let (Shape::Dict(made), Shape::Dict(items)) = (&summary.returns.shape, &value.shape)
                && made.get("role").is_some_and(|role| role.known_text().is_none())
                && let Some(content) = system::system_message(items)
            {
                add(&mut self.call_at(range).does, Deed::SystemPrompt(content));
            }
            self.offer_handed(&summary.offers, &values, range);
            for lifted in &summary.lifted {
                value = self.lifted(lifted, &values, &taints, range, value);
            }
            value = self.borrow(&summary.lent, &values, &taints, range, value);
            if self.is_consent_function(function) {
                value.taint = value.taint.without(Taint::CONSENT);
                if summary.asks {
                    value.taint |= Taint::CONSENT;
                }
            }
            if self.masks(function) {
                value = Value::of(Taint::MASKED);
            }
            result = Some(result.map_or_else(|| value.clone(), |other| other.either(&value)));
        }
        if ensures {
            self.env.consent = true;
        }
        let result = self.wrapped(functions, arguments, result.unwrap_or_default());
        // tool("send_mail", …) that gives a definition.
        if let Shape::Dict(items) = &result.shape {
            self.offer_tool(range, items);
        }
        result
    }

    /// The object that a method is called on, where each of several methods has its own.
    fn own_object(&self, function: FunctionId, object: &Value) -> Option<Value> {
        if !matches!(object.shape, Shape::Objects(_)) {
            return Some(object.clone());
        }
        let method = self.state.project.functions.get(function).filter(|func| func.class.is_some())?;
        (method.hangs != Hangs::Free).then(|| self.holder(function, object.clone()))
    }

    /// Returns the arguments of a call in the order of the callee's parameters.
    fn by_parameter(
        &mut self,
        function: FunctionId,
        object: Option<&Value>,
        arguments: &[Argument],
    ) -> Vec<Value> {
        let Some(func) = self.state.project.functions.get(function) else { return Vec::new() };
        let defaults = self.state.defaults(function);
        let mut values: Vec<Value> = func
            .parameters
            .iter()
            .enumerate()
            .map(|(index, _)| defaults.get(index).cloned().flatten().unwrap_or_default())
            .collect();
        let mut next = 0;
        if let (Some(object), Some(slot)) = (object, values.first_mut()) {
            *slot = object.clone();
            next = 1;
        }
        let mut rest = Taint::NONE;
        for argument in arguments {
            if argument.spread {
                rest |= argument.value.deep_taint();
                continue;
            }
            let index = match &argument.name {
                Some(name) if name == super::TRAILING => func.parameters.len().checked_sub(1),
                Some(name) => func.named(name),
                None => Some(next),
            };
            next += usize::from(argument.name.is_none());
            match index.and_then(|index| values.get_mut(index)) {
                Some(slot) => *slot = argument.value.clone(),
                // Goes into `*args` or `**kwargs`.
                None => {
                    if let Some(slot) = values.last_mut() {
                        *slot = Value::of(slot.deep_taint() | argument.value.deep_taint());
                    }
                }
            }
        }
        let skip = usize::from(object.is_some());
        if rest != Taint::NONE {
            for value in values.iter_mut().skip(skip) {
                value.taint |= rest;
            }
        }
        values
    }

    fn call_outside(&mut self, node: &ExprCall, callee: &Value, arguments: &[Argument]) -> Value {
        let path = callee.outside().unwrap_or_default().to_owned();
        let range = node.range();
        self.note_option(&path, arguments);
        if let Some((callee, rest)) = elsewhere(&path, arguments) {
            return self.call_outside(node, &callee, rest);
        }
        let begun = match completed(callee, arguments) {
            Some((callee, given)) => Some(self.call_known(node, &Value::default(), &callee, &given)),
            None => self.partial(&path, arguments, range),
        };
        if let Some(value) = begun.or_else(|| self.loaded(&path, arguments, range)) {
            return value;
        }
        self.disguise(node, &path, callee, arguments);
        if let Some(value) = builtin(&path, arguments) {
            self.note_builtin(node, &path, &value);
            return value;
        }
        if super::api::frameworks::ends(&path) {
            self.env.live = false;
            self.summary.raises = true;
            return Value::default();
        }
        if let Some(value) =
            self.by_factory(&path, arguments, range).or_else(|| self.of_session(&path, arguments))
        {
            return value;
        }
        let object = callee.made().map(Rc::as_ref);
        let everything = super::lent::part_of(&path, arguments, all_of(arguments) | callee.taint);
        if self.swift {
            self.trusts_anybody(&path, arguments, range);
            self.agreed_to(&path, arguments);
        }
        self.call_at(range).target.clone_from(&path);
        if self.script && path.ends_with("NextResponse.next") {
            self.goes_on("next");
        }
        if self.state.known(&path).logs {
            self.log_words(node);
        }
        self.hand_out(&path, callee, arguments, range);
        self.through_graph(&path, callee, arguments, range);
        self.through_queue(&path, callee, range);
        self.through_event(super::api::last(&path), callee, arguments, range);
        let mut answer = self.deeds(&path, callee, arguments, range);
        self.note_compared_key(node);
        self.note_given(&node.arguments, range);
        self.launched(&path, &node.arguments, range);
        let request = web::request(&path, object, arguments);
        // A client from a package that the tables do not know.
        let request = request.or_else(|| web::by_address(&path, arguments).filter(|_| answer.is_none()));
        if let Some(request) = request {
            answer = Some(self.request(request, arguments, range));
        }
        if answer == Some(Taint::MODEL)
            && let Some(name) = self.one_history(node)
        {
            add(&mut self.call_at(range).does, Deed::OneHistory { name, content: all_of(arguments) });
        }
        self.put_into_object(node, arguments, answer);
        let known = self.state.known(&path);
        let carried = if known.called.has(Taint::FILE) && !files::is_named_after(object, arguments) {
            self.known_sources(everything)
                .and(Taint::UPLOAD | Taint::MASKED | Taint::RETRIEVED | Taint::SETTINGS)
        } else {
            everything
        };
        let mut taint = result(&path, &known, carried, answer, arguments);
        if known.identifies && !guards::looks_at_no_signature(arguments) {
            taint |= Taint::VERIFIED;
        }
        if known.asks {
            taint |= Taint::CONSENT;
            self.env.consent |= known.insists;
        }
        if swift::asks_preferences(&path, arguments) {
            taint |= Taint::CONSENT;
        }
        if let Some(value) = self.continued(&path) {
            return value;
        }
        if let Some(value) = self.handed_back(&path, arguments, range) {
            return value;
        }
        Value::new(callee.called_at(arguments, Some((self.module, range))), taint)
    }

    /// Records what a builtin does besides returning a value: `dict(role="system", content=…)`, `console.log(…)`.
    fn note_builtin(&mut self, node: &ExprCall, path: &str, made: &Value) {
        if let Some(content) = system::made_by_name(path, made) {
            add(&mut self.call_at(node.range()).does, Deed::SystemPrompt(content));
        }
        if self.state.known(path).logs {
            add(&mut self.call_at(node.range()).does, Deed::Guard(Guard::Logged));
            self.log_words(node);
        }
    }

    /// Discards log records in an exception handler: a line about a failure does not record what was done.
    pub(super) fn forget_failures(&mut self, body: &[Stmt]) {
        let (Some(first), Some(last)) = (body.first(), body.last()) else { return };
        let within = (first.range().start().to_usize(), 0)..(last.range().end().to_usize(), 0);
        for (_, call) in self.calls.range_mut(within) {
            call.does.retain(|deed| *deed != Deed::Guard(Guard::Logged));
        }
    }

    /// Records what a call does, from what is known of libraries. Returns the origins of the response.
    fn deeds(
        &mut self,
        path: &str,
        callee: &Value,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Taint> {
        let object = callee.made().map(Rc::as_ref);
        let content = all_of(arguments);
        let mut found: Vec<Deed> = Vec::new();
        let mut answer = None;
        if let Some((does, store)) = stores::of(path, object, arguments) {
            // The key of a row says whose it is, and is not part of what is stored.
            let kept = if matches!(store.product.as_str(), "redis" | "keys") {
                all_of(arguments.get(1..).unwrap_or_default())
            } else if arguments.is_empty() {
                // `new Message({…}).save()`
                object.map_or(content, |object| all_of(&object.given))
            } else {
                content
            };
            let for_all =
                does == stores::Use::Read && super::by_shape::is_for_all(path, object, arguments, &store);
            let store = self.state.store(store);
            found.extend(for_all.then_some(Deed::ForAll(store)));
            found.push(match does {
                stores::Use::Read => Deed::Retrieve(store),
                stores::Use::Write => Deed::Store(store, kept),
                stores::Use::Erase => Deed::Erase(store),
            });
            answer = (does == stores::Use::Read).then_some(Taint::RETRIEVED);
        }
        let recipient = self.recipient(path, object, arguments);
        self.note_told(path, recipient.is_some(), arguments, range);
        if let Some(recipient) = recipient {
            self.note_model(object, arguments, recipient.clone(), range);
            // Whatever audio file is transcribed, a person speaks in it.
            let speech = if models::writes_down(path) { Taint::LOCAL } else { Taint::NONE };
            let content = models::told(arguments).without(Taint::CONSENT) | speech;
            found.push(Deed::Model { recipient, content });
            found.extend(system::system_prompt(arguments).map(Deed::SystemPrompt));
            let told = if models::embeds(path) { models::told(arguments) } else { Taint::MODEL };
            answer = Some(told | speech);
        }
        found.extend(self.kept_by_framework(path, object, arguments));
        let condition = || super::by_shape::asked_with(path, arguments);
        if let Some((sink, content)) = sinks::of(path, arguments).or_else(condition) {
            found.push(Deed::Run { sink, content, given: None });
        }
        found.extend(self.started(path, arguments));
        if let Some((content, conversation)) = web::persisted(path, object, arguments) {
            let conversation = conversation || self.holds_dialogue(arguments);
            found.push(Deed::Persist { content, conversation, remote: false });
        }
        let call = Outside { path, object, from: callee.taint, arguments };
        answer = self.keep_in_file(call, &mut found).or(answer);
        found.extend(self.keep_in_database(call, range));
        answer = self.keep_in_rows(call, &mut found).or(answer);
        found.extend(system::of(path, object, arguments).map(Deed::SystemPrompt));
        found.extend(self.rows(path, object, arguments));
        found.extend(flaws::of(path, object, arguments));
        found.extend(swift::flaws(path, arguments));
        if let Some(name) = self.shared(path, object, arguments) {
            found.push(Deed::Shared { name, content });
        }
        if let Some(store) = flaws::unfiltered(path, object, arguments) {
            found.push(Deed::Unselected { store, content });
        }
        if web::unlimited(path, arguments) {
            found.push(Deed::Unlimited);
        }
        let known = self.state.known(path);
        found.extend(guards::of(path, &known, object, arguments));
        if labels::publishes(path, object, arguments) {
            found.push(Deed::Publish(content));
        }
        if is_kept(&found) || keys::is_database(path) || databases::asks(path) {
            found.extend(keys::of(path, object, arguments).map(Deed::Keyed));
        }
        self.arm(path, object, arguments, range);
        self.put_before(path, arguments);
        let call = self.call_at(range);
        for deed in found {
            add(&mut call.does, deed);
        }
        answer
    }

    /// Handles a method of an object of which only the content is known.
    fn call_method(
        &mut self,
        node: &ExprCall,
        object: &Value,
        callee: &Value,
        arguments: &[Argument],
    ) -> Value {
        let everything = all_of(arguments);
        let Expr::Attribute(attribute) = &*node.func else {
            self.plugged_by_event(node, arguments);
            self.passes_on(&node.func);
            return Value::of((callee.taint | everything).without(Taint::CONSENT));
        };
        let name = attribute.attr.as_str();
        self.note_person_call(node, arguments.first().map(|first| &first.value));
        let taint = object.deep_taint() | callee.taint | everything;
        let taint = super::lent::part_of(name, arguments, taint.without(Taint::CONSENT));
        if PUTS.contains(&name) {
            self.put_in(&attribute.value, object, name, arguments);
            self.taint_root(&attribute.value, everything);
        }
        let answer = self.by_shape(node, object, arguments);
        if let Some(answer) = answer.or_else(|| self.sent_to_worker(node, object, arguments)) {
            return answer;
        }
        match (&object.shape, name) {
            (Shape::Text(_), _) if SAME_TEXT.contains(&name) => object.clone(),
            (Shape::Text(_), "replace" | "replaceAll") => {
                let put = given(arguments, 1, "new").map_or(Taint::NONE, Value::deep_taint);
                if put == Taint::NONE { object.clone() } else { replaced(object, put) }
            }
            (Shape::Text(template), "format") => {
                let shown =
                    template.known().map(|text| text.split(['{', '}']).next().unwrap_or_default().to_owned());
                let mut filled = shown.map(|text| Template::text(&text)).unwrap_or_default();
                filled.push(&Template::of(Piece::Hole));
                Value::new(Shape::text(filled), taint)
            }
            (Shape::Dict(_), "get" | "pop" | "setdefault") => {
                let key = given(arguments, 0, "key").filter(|key| key.taint == Taint::NONE);
                let name = key.and_then(Value::known_text);
                let mut found = object.item(name);
                found.taint = super::revealed::part(found.taint, name.unwrap_or("keys"));
                given(arguments, 1, "default").map_or_else(|| found.clone(), |default| found.join(default))
            }
            (Shape::Dict(_), "items" | "keys") if !self.script => {
                super::loops::by_key(object, name == "items")
            }
            (Shape::Dict(_), "values") if !self.script => Value::new(object.listed(), object.taint),
            (Shape::Dict(_) | Shape::List(_), "values" | "copy" | "items" | "keys") => object.clone(),
            (_, "encrypt" | "encrypt_text") => Value::of(Taint::NONE),
            (Shape::Object(_), "model_dump" | "dict") if self.fields_of(object).is_some() => {
                self.fields_of(object).unwrap_or_default()
            }
            _ => {
                if let Some(answer) = self.only_method(node, object, name, arguments) {
                    return answer;
                }
                self.through_event(name, object, arguments, node.range());
                self.keep_in_rows_by_name(node, name, object, arguments);
                self.note_compared_key(node);
                let said = if self.script { object.deep_taint() } else { Taint::NONE };
                let heard = self.plugged(name, object, arguments, node.range());
                self.callbacks(heard, said, arguments, node.range());
                self.each_masked(name, object, arguments, node.range()).unwrap_or_else(|| Value::of(taint))
            }
        }
    }
}

pub(super) fn functions(all: Vec<FunctionId>) -> Value {
    Value::new(Shape::Functions(Rc::new(all)), Taint::NONE)
}

pub(super) fn all_of(arguments: &[Argument]) -> Taint {
    arguments
        .iter()
        .fold(Taint::NONE, |sum, argument| sum.beside(argument.value.deep_taint()))
        .without(Taint::CONSENT)
}

/// Turns the options object of a script's call into named arguments.
pub(super) fn name_options(arguments: &mut Vec<Argument>) {
    let mut named = Vec::new();
    for argument in arguments.iter() {
        if let Shape::Dict(items) = &argument.value.shape {
            named.extend(items.iter().map(|(key, item)| Argument {
                name: Some(key.clone()),
                value: item.clone(),
                spread: false,
            }));
        }
    }
    arguments.extend(named);
}

/// Returns the origins of a call's result.
fn result(
    path: &str,
    known: &Known,
    everything: Taint,
    answer: Option<Taint>,
    arguments: &[Argument],
) -> Taint {
    if known.masks {
        return Taint::MASKED;
    }
    if known.encrypts {
        return Taint::ENCRYPTED;
    }
    if known.clears {
        return Taint::NONE;
    }
    let source = known.called;
    if matches!(path, "input" | "js.prompt" | "js.confirm" | "js.window.confirm") {
        let asks = given(arguments, 0, "prompt")
            .and_then(Value::template)
            .is_some_and(|p| consent::asks(&p.shown()));
        return source | if asks { Taint::CONSENT } else { Taint::NONE };
    }
    answer.unwrap_or_else(|| everything.without(Taint::CONSENT)) | source
}
