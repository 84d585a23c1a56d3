//! Assignments: to names, members, items, and parts of a list.

use std::rc::Rc;

use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

use super::deeds::add;
use super::value::{ANY_KEY, Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, Flaw, FunctionId, Sink, Switch, Taint};

impl Walk<'_, '_> {
    pub(super) fn assign(&mut self, target: &Expr, value: Value) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), value),
            Expr::Attribute(attribute) => {
                let object = self.eval(&attribute.value);
                if self.script {
                    self.show(attribute.attr.as_str(), &value, attribute.range());
                    self.hear(&object, attribute.attr.as_str(), &value, attribute.range());
                }
                self.unsettle(&object, attribute.attr.as_str(), &value, attribute.range());
                // Keeps the parameters symbolic: which caller's words they are is resolved later.
                let taint = value.deep_taint();
                let value = value.filled_within(&self.summary.handed);
                match object.shape {
                    Shape::Object(class) | Shape::Class(class) => {
                        self.state.set_attribute(class, attribute.attr.as_str(), value);
                    }
                    Shape::Objects(classes) => classes.iter().for_each(|class| {
                        self.state.set_attribute(*class, attribute.attr.as_str(), value.clone());
                    }),
                    Shape::Module(module) => self.state.set_global(module, attribute.attr.as_str(), value),
                    _ => {
                        self.keep_outside(&object, attribute.attr.as_str(), &value);
                        self.keep_on_app(&attribute.value, &object, attribute.attr.as_str(), &value);
                        let put = self.script
                            && self.put(&attribute.value, Some(attribute.attr.to_string()), value);
                        if let (true, Expr::Name(name)) = (put, &*attribute.value) {
                            self.put_into_parameter(name.id.as_str(), object.taint, taint);
                        }
                        // An item with its own key in a record says nothing about the rest of the record.
                        if !put {
                            self.taint_root(&attribute.value, taint);
                        }
                    }
                }
            }
            Expr::Subscript(subscript) => {
                let key = self.eval(&subscript.slice);
                let taint = value.deep_taint() | key.taint;
                self.note_person_key(&subscript.value, &subscript.slice, &key, subscript.range());
                let object = self.eval(&subscript.value);
                let own = key.known_text().unwrap_or_default();
                self.keep_outside(&object, own, &value);
                self.keep_on_app(&subscript.value, &object, own, &value);
                self.put(&subscript.value, key.known_text().map(str::to_owned), value);
                self.taint_root(&subscript.value, taint);
            }
            Expr::Tuple(node) => self.unpack(&node.elts, &value),
            Expr::List(node) => self.unpack(&node.elts, &value),
            Expr::Starred(node) => self.assign(&node.value, value),
            _ => {}
        }
    }

    /// Stores an object in a place that a framework keeps for a visitor: `st.session_state.chain = …`
    fn keep_outside(&mut self, object: &Value, name: &str, value: &Value) {
        if let Some(key) = kept_outside(object, name).filter(|_| value.shape.acts()) {
            let value = value.filled(&self.summary.handed);
            self.state.set_global(self.module, &key, value);
        }
    }

    fn unpack(&mut self, targets: &[Expr], value: &Value) {
        for (index, target) in targets.iter().enumerate() {
            let item = match &value.shape {
                Shape::List(items) if items.len() == targets.len() => {
                    items.get(index).cloned().unwrap_or_default()
                }
                _ => value.item(None),
            };
            self.assign(target, item);
        }
    }

    /// Puts an item into a dictionary held by a name or a member. Under an unknown key, only callables and objects
    /// are kept, such as a registry of handlers or the sessions of users. Returns whether the item now has a key of
    /// its own.
    pub(super) fn put(&mut self, container: &Expr, key: Option<String>, value: Value) -> bool {
        let takes = match container {
            Expr::Name(_) => true,
            Expr::Attribute(_) => holds_what_acts(&value),
            _ => false,
        };
        if !takes {
            return false;
        }
        let held = self.eval(container);
        let Shape::Dict(items) = &held.shape else { return false };
        let value = if key.is_some() { value } else { value.filled(&self.summary.handed) };
        let key = match key {
            Some(key) => key,
            None if holds_what_acts(&value) => ANY_KEY.to_owned(),
            None => return false,
        };
        let mut items = (**items).clone();
        let value = if key == ANY_KEY {
            items.get(&key).map_or_else(|| value.clone(), |held| held.join(&value))
        } else {
            value
        };
        items.insert(key, value);
        let file = self.file();
        let held = self.state.weighed(Value::new(Shape::Dict(items.into()), held.taint).bounded(3), file);
        self.put_back(container, held);
        true
    }

    /// Appends a callable or object to a list held by a name or a member.
    pub(super) fn put_last(&mut self, container: &Expr, value: &Value) {
        if !matches!(container, Expr::Name(_) | Expr::Attribute(_)) || !holds_what_acts(value) {
            return;
        }
        let held = self.eval(container);
        let Shape::List(items) = &held.shape else { return };
        let value = value.filled(&self.summary.handed);
        if items.iter().any(|item| item.join(&value) == *item) {
            return;
        }
        let all = items.iter().cloned().chain([value]).collect();
        self.put_back(container, Value::new(Shape::List(Rc::new(all)), held.taint).bounded(3));
    }

    /// Appends a callable or object to the list under a key of a dictionary.
    pub(super) fn put_under(&mut self, container: &Expr, value: &Value) {
        let Expr::Subscript(within) = container else { return };
        if !matches!(*within.value, Expr::Name(_) | Expr::Attribute(_)) || !holds_what_acts(value) {
            return;
        }
        let list = |value: Value| Value::new(Shape::List(Rc::new(vec![value])), Taint::NONE);
        let value = list(value.filled(&self.summary.handed));
        let held = self.eval(&within.value);
        match held.shape {
            Shape::Dict(_) => {
                let key = self.eval(&within.slice).known_text().map(str::to_owned);
                self.put(&within.value, key, value);
            }
            // Each key has a list from the beginning: `defaultdict(list)`.
            Shape::List(_) => self.put_back(&within.value, held.join(&list(value)).bounded(3)),
            _ => {}
        }
    }

    /// Writes the extended value back to a name or a member of an object.
    fn put_back(&mut self, container: &Expr, held: Value) {
        match container {
            Expr::Name(name) => self.rebind(name.id.as_str(), held),
            Expr::Attribute(attribute) => {
                let owner = self.eval(&attribute.value);
                let held = held.filled(&self.summary.handed);
                for class in owner.shape.classes() {
                    self.state.set_attribute(*class, attribute.attr.as_str(), held.clone());
                }
            }
            _ => {}
        }
    }

    /// Rebinds a name to its extended value where it is bound: here, or in the module.
    fn rebind(&mut self, name: &str, held: Value) {
        let here = self.env.names.contains_key(name) || self.state.global(self.module, name).is_none();
        if here {
            self.bind(name, held);
        } else {
            let held = held.filled(&self.summary.handed);
            if let Some(module) = self.state.project.modules.get(self.module) {
                self.state.write_outer(module.function, name, held.clone());
            }
            self.state.set_global(self.module, name, held);
        }
    }

    pub(super) fn bind(&mut self, name: &str, value: Value) {
        let project = self.state.project;
        let func = project.functions.get(self.function);
        let is_module = func.is_some_and(|func| func.definition.is_none());
        if is_module || self.globals.contains(name) {
            let value = value.filled(&self.summary.handed);
            if self.globals.contains(name)
                && let Some(module) = project.modules.get(self.module)
            {
                self.state.write_outer(module.function, name, value.clone());
            }
            self.state.set_global(self.module, name, value);
        }
        if self.nonlocals.contains(name) {
            self.bind_outer(name, &value);
        } else if !self.globals.contains(name) {
            if self.has_inner() {
                self.seen.insert(name.into(), value.clone());
            }
            self.env.set(name.into(), value);
        }
    }

    /// Assigns to a variable of an enclosing function.
    fn bind_outer(&mut self, name: &str, value: &Value) {
        let project = self.state.project;
        let value = value.filled(&self.summary.handed);
        let mut outer = project.functions.get(self.function).and_then(|func| func.outer);
        while let Some(function) = outer {
            if self.state.local(function, name).is_some() {
                self.state.write_outer(function, name, value);
                return;
            }
            outer = project.functions.get(function).and_then(|func| func.outer);
        }
    }

    /// Returns the enclosing function that binds a name, and the value of the name there.
    fn around(&self, name: &str) -> Option<(FunctionId, Value)> {
        let project = self.state.project;
        let outer = |id: FunctionId| project.functions.get(id).and_then(|func| func.outer);
        std::iter::successors(outer(self.function), |id| outer(*id))
            .find_map(|id| Some((id, self.state.local(id, name)?.clone())))
    }

    /// Records that a name aliases a part of a container, so that what is put into one is put into the other:
    /// `own = self.memories[user]`, `own = self.memories.get(user)`.
    pub(super) fn note_part(&mut self, target: &Expr, value: &Expr) {
        let Expr::Name(name) = target else { return };
        let whole = match value {
            Expr::Subscript(node) => Some(&*node.value),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) if matches!(method.attr.as_str(), "get" | "setdefault") => {
                    Some(&*method.value)
                }
                _ => None,
            },
            _ => None,
        };
        let held = whole.filter(|whole| matches!(whole, Expr::Attribute(held) if held.value.is_name_expr()));
        match held {
            Some(whole) => self.parts.insert(name.id.to_string(), Rc::new(whole.clone())),
            None => self.parts.remove(name.id.as_str()),
        };
    }

    /// Taints the name that holds an object, since what is put into the object belongs to it.
    pub(super) fn taint_root(&mut self, object: &Expr, taint: Taint) {
        let taint = taint.without(Taint::CONSENT);
        if taint == Taint::NONE {
            return;
        }
        match object {
            Expr::Name(name) => {
                let name = name.id.as_str();
                // Removed during the recursion: `node = node.children[0]` would loop.
                if let Some(whole) = self.parts.remove(name) {
                    self.taint_root(&whole, taint);
                    self.parts.insert(name.to_owned(), whole);
                }
                if let Some(value) = self.env.names.get(name).cloned() {
                    self.put_into_parameter(name, value.taint, taint);
                    self.env.set(name.into(), Value { taint: value.taint | taint, ..value });
                } else if let Some((function, mut value)) = self.around(name) {
                    value.taint |= self.known_sources(taint);
                    self.state.write_outer(function, name, value);
                } else if let Some(mut value) = self.state.global(self.module, name) {
                    value.taint |= self.known_sources(taint);
                    self.state.set_global(self.module, name, value);
                }
            }
            Expr::Attribute(attribute) => {
                let held = self.eval(object);
                let owner = self.eval(&attribute.value);
                if let Shape::Object(class) | Shape::Class(class) = owner.shape {
                    let taint = self.known_sources(taint) | held.taint;
                    self.state.set_attribute(class, attribute.attr.as_str(), Value { taint, ..held });
                } else {
                    // `state.messages.push(text)`: the rest of the record is unaffected.
                    let in_place = self.script
                        && matches!(&owner.shape, Shape::Dict(items) if items.contains_key(attribute.attr.as_str()));
                    let taint_within = Value { taint: held.taint | self.known_sources(taint), ..held };
                    if !in_place
                        || !self.put(&attribute.value, Some(attribute.attr.to_string()), taint_within)
                    {
                        self.taint_root(&attribute.value, taint);
                    }
                }
            }
            Expr::Subscript(subscript) => self.taint_root(&subscript.value, taint),
            Expr::Call(call) => {
                if let Expr::Attribute(function) = &*call.func {
                    self.taint_root(&function.value, taint);
                }
            }
            _ => {}
        }
    }

    /// Records an option that is set after creation: `session.verify = False`, `context.verify_mode = ssl.CERT_NONE`,
    /// `interpreter.auto_run = True`.
    fn unsettle(&mut self, object: &Value, name: &str, value: &Value, range: TextRange) {
        let Some(path) = object.outside() else { return };
        let flaw = match (super::api::root(path), name) {
            ("requests" | "httpx", "verify") if value.shape == Shape::Bool(false) => {
                Flaw::CertificateUnchecked
            }
            // A function with a parameter for whether to verify does as it is told.
            ("ssl", "verify_mode")
                if value.outside() == Some("ssl.CERT_NONE") && !self.is_told_to_check() =>
            {
                Flaw::CertificateUnchecked
            }
            ("litellm", "ssl_verify") if value.shape == Shape::Bool(false) => Flaw::CertificateUnchecked,
            ("ssl", "_create_default_https_context")
                if value.outside() == Some("ssl._create_unverified_context") =>
            {
                Flaw::CertificateUnchecked
            }
            ("js", "NODE_TLS_REJECT_UNAUTHORIZED")
                if path == "js.process.env" && matches!(value.known_text(), Some("0")) =>
            {
                Flaw::CertificateUnchecked
            }
            ("diffusers", "safety_checker") if value.shape == Shape::None => Flaw::Switch(Switch::FilterOff),
            ("interpreter", "auto_run") if value.shape == Shape::Bool(true) => Flaw::AsksNobody,
            _ => return,
        };
        let call = self.call_at(range);
        if call.target.is_empty() {
            call.target = format!("{path}.{name}");
        }
        add(&mut call.does, Deed::Flaw(flaw));
    }

    fn is_told_to_check(&self) -> bool {
        let func = self.state.project.functions.get(self.function);
        let words = &["verif*", "insecure", "secure", "check*", "cert*", "ssl", "tls"];
        func.is_some_and(|func| func.parameters.iter().any(|name| super::api::names(name, words)))
    }

    /// `element.innerHTML = …` is run by the browser.
    fn show(&mut self, name: &str, value: &Value, range: TextRange) {
        if matches!(name, "innerHTML" | "outerHTML" | "srcdoc") {
            let deed = Deed::Run { sink: Sink::Html, content: value.deep_taint(), given: None };
            let call = self.call_at(range);
            name.clone_into(&mut call.target);
            add(&mut call.does, deed);
        }
    }
}

/// Returns the name under which a framework keeps something for a visitor.
pub(super) fn kept_outside(object: &Value, name: &str) -> Option<String> {
    let path = object.outside().filter(|path| is_kept(path))?;
    (!name.is_empty()).then(|| format!("{path}.{name}"))
}

/// The models that `LlamaIndex` uses by default.
pub(super) const SETTINGS: &str = "llama_index.core.Settings";

/// Whether a framework keeps what is put there, for a visitor or for the whole program.
pub(super) fn is_kept(path: &str) -> bool {
    matches!(path, "streamlit.session_state" | "chainlit.user_session" | SETTINGS)
}

/// Whether a value is a callable or object, or a record of one: `{adapter, openedAt}`.
fn holds_what_acts(value: &Value) -> bool {
    let within =
        |items: &std::collections::BTreeMap<String, Value>| items.values().any(|item| item.shape.acts());
    value.shape.acts()
        || match &value.shape {
            Shape::Dict(items) => within(items),
            Shape::List(items) => items.iter().any(|item| item.shape.acts()),
            _ => false,
        }
}
