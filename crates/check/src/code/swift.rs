//! Swift specifics: computed properties, overloads, and methods that a framework calls on created objects.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::call::all_of;
use super::deeds::add;
use super::disguise::HIDES;
use super::project::dotted;
use super::value::{Argument, ClassId, Shape, Value, given, named};
use super::walk::Walk;
use crate::facts::{Deed, Disguise, Flaw, FunctionId, Taint};

/// Prefix of the name of a type that a definition extends.
pub(crate) const EXTENSION: &str = "extension@";

/// The label of a trailing closure, which goes to the last parameter.
pub(crate) const TRAILING: &str = "trailing@";

/// Decorators of Python properties.
const PROPERTIES: &[&str] = &["property", "cached_property", "functools.cached_property", "hybrid_property"];

/// Decorator of a function that is a computed property.
pub(crate) const GETTER: &str = "swift.getter";

/// Decorator of a method that a framework calls on an object once it exists: `body` of a view, property observers.
pub(crate) const CALLED: &str = "swift.called";

/// Decorator of a function that a framework calls from outside.
pub(crate) const ENTERED: &str = "swift.entered";

/// The name under which a function keeps what its continuations were resumed with.
const RESUMED: &str = "resumed@";

impl Walk<'_, '_> {
    /// `[Message]`: a list of the element type.
    pub(super) fn annotated_items(&mut self, annotation: &Expr) -> Value {
        let Expr::List(list) = annotation else { return Value::default() };
        let items: Vec<Value> = list.elts.iter().take(1).map(|one| self.annotated(one)).collect();
        Value::new(Shape::List(Rc::new(items)), Taint::NONE)
    }

    /// Returns the value of a computed property; any other member unchanged.
    pub(super) fn computed(&mut self, object: &Value, member: Value, range: TextRange) -> Value {
        match &member.shape {
            Shape::Bound(id) if self.is_getter(*id) => {
                let holder = self.holder(*id, object.clone());
                self.enter(&[*id], Some(&holder), &[], range)
            }
            Shape::Functions(ids)
                if self.swift && ids.len() == 1 && ids.iter().all(|id| self.is_marked(*id, GETTER)) =>
            {
                self.enter(&ids.to_vec(), None, &[], range)
            }
            // A property of one of several objects.
            Shape::Functions(ids) if !ids.is_empty() && ids.iter().all(|id| self.is_getter(*id)) => {
                let each = Value::new(Shape::Objects(Rc::default()), object.taint);
                self.enter(&ids.to_vec(), Some(&each), &[], range)
            }
            _ => member,
        }
    }

    fn is_getter(&self, function: FunctionId) -> bool {
        let definition = self.state.project.functions.get(function).and_then(|func| func.definition);
        let marks = definition.map_or(&[][..], |definition| &definition.decorator_list);
        marks.iter().any(|one| {
            dotted(&one.expression)
                .is_some_and(|mark| mark == GETTER || !self.script && PROPERTIES.contains(&mark.as_str()))
        })
    }

    fn is_marked(&self, function: FunctionId, mark: &str) -> bool {
        let definition = self.state.project.functions.get(function).and_then(|func| func.definition);
        definition.is_some_and(|definition| {
            definition.decorator_list.iter().any(|one| dotted(&one.expression).as_deref() == Some(mark))
        })
    }

    /// Handles a call whose meaning the language alone defines.
    pub(super) fn swift_call(
        &mut self,
        node: &ExprCall,
        object: &Value,
        callee: &Value,
        arguments: &[Argument],
    ) -> Option<Value> {
        let range = node.range();
        match &callee.shape {
            Shape::Class(class) => {
                self.call_by_framework(*class, range);
                let inits = self.overloads(*class, "__init__", arguments);
                let object = Value::new(Shape::Object(*class), Taint::NONE);
                (inits.len() > 1).then(|| {
                    self.enter(&inits, Some(&object), arguments, range);
                    Value { taint: all_of(arguments), ..object }
                })
            }
            Shape::Bound(id) => {
                let all = self.namesakes(*id, arguments);
                (all.len() > 1 || all.first() != Some(id))
                    .then(|| self.enter(&all, Some(object), arguments, range))
            }
            _ => {
                let Expr::Attribute(attribute) = &*node.func else { return None };
                self.swift_method(object, attribute.attr.as_str(), arguments, range)
            }
        }
    }

    /// `withCheckedContinuation { continuation in … continuation.resume(returning: x) }`: the call returns what the
    /// continuation is resumed with. Inside the closure that is recorded under the enclosing functions.
    fn resumed(&mut self, name: &str, object: &Value, arguments: &[Argument]) {
        let resumes =
            name == "resume" && matches!(&object.shape, Shape::Text(_) | Shape::Unknown | Shape::Outer(..));
        if !resumes || arguments.is_empty() {
            return;
        }
        self.resume_with(arguments);
    }

    /// Records what a continuation or a promise was resolved with.
    pub(super) fn resume_with(&mut self, arguments: &[Argument]) {
        let value = Value::of(self.known_sources(all_of(arguments)));
        let project = self.state.project;
        let mut outer = project.functions.get(self.function).and_then(|func| func.outer);
        while let Some(function) = outer {
            self.state.write_outer(function, RESUMED, value.clone());
            outer = project.functions.get(function).and_then(|func| func.outer);
        }
    }

    /// Returns what a closure was resumed with.
    pub(super) fn continued(&self, path: &str) -> Option<Value> {
        let waits = path.starts_with("swift.with") && path.ends_with("Continuation") || path == "js.Promise";
        waits.then(|| self.state.written_to(self.function, RESUMED).cloned()).flatten()
    }

    /// Records methods that the framework calls on an object once it was created.
    fn call_by_framework(&mut self, class: ClassId, range: TextRange) {
        let project = self.state.project;
        let Some(known) = project.classes.get(class) else { return };
        let called: Vec<FunctionId> =
            known.overloads.values().flatten().copied().filter(|id| self.is_marked(*id, CALLED)).collect();
        let call = self.call_at(range);
        for id in called {
            if !call.callees.contains(&id) {
                call.callees.push(id);
            }
        }
    }

    /// Returns the methods of the same name that take these arguments.
    fn namesakes(&self, method: FunctionId, arguments: &[Argument]) -> Vec<FunctionId> {
        let project = self.state.project;
        let Some(func) = project.functions.get(method) else { return vec![method] };
        let name = func.definition.map_or("", |definition| definition.name.as_str());
        let all = func.class.map(|class| self.overloads(class, name, arguments)).unwrap_or_default();
        if all.is_empty() { vec![method] } else { all }
    }

    fn overloads(&self, class: ClassId, name: &str, arguments: &[Argument]) -> Vec<FunctionId> {
        let project = self.state.project;
        let all = project.classes.get(class).and_then(|class| class.overloads.get(name));
        let all = all.cloned().unwrap_or_default();
        let takes = |id: &FunctionId| {
            let parameters = project.functions.get(*id).map_or(&[][..], |func| &func.parameters);
            let mut labels = arguments.iter().filter_map(|argument| argument.name.as_deref());
            labels.all(|label| label == TRAILING || parameters.iter().any(|parameter| parameter == label))
        };
        let fitting: Vec<FunctionId> = all.iter().copied().filter(takes).collect();
        if fitting.is_empty() { all } else { fitting }
    }

    /// `data.base64EncodedString()` in a function that claims to hide something.
    fn encoded(&mut self, object: &Value, range: TextRange) -> Value {
        let content = object.deep_taint();
        if self.is_called(HIDES) && !content.has(Taint::ENCRYPTED | Taint::MASKED) {
            let call = self.call_at(range);
            "base64EncodedString".clone_into(&mut call.target);
            add(&mut call.does, Deed::Disguise { how: Disguise::Encoding, content });
        }
        Value::of(content)
    }

    /// Records a credential made from whatever certificate the peer presents, in a function that checks none.
    pub(super) fn trusts_anybody(&mut self, path: &str, arguments: &[Argument], range: TextRange) {
        let trusts = path == "swift.URLCredential" && named(arguments, &["trust"]).is_some();
        if trusts && !self.looks_at_certificates() {
            add(&mut self.call_at(range).does, Deed::Flaw(Flaw::CertificateUnchecked));
        }
    }

    fn looks_at_certificates(&self) -> bool {
        const LONGEST: usize = 8_000;
        const CHECKS: &[&str] =
            &["SecTrustEvaluate", "SecCertificateCopy", "SecTrustSetAnchor", "SecTrustCopy", "SecPolicy"];
        let project = self.state.project;
        let file = project.modules.get(self.module).map_or(0, |module| module.file);
        let text = self.state.texts.get(file).map_or("", |file| file.text.as_str());
        let mut function = Some(self.function);
        while let Some(func) = function.and_then(|id| project.functions.get(id)) {
            let body =
                func.definition.and_then(|one| text.get(super::walk::span(one.range()))).unwrap_or_default();
            // A function that checks a certificate does so early.
            let body = body.as_bytes().get(..body.len().min(LONGEST)).unwrap_or_default();
            if CHECKS.iter().any(|check| memchr::memmem::find(body, check.as_bytes()).is_some()) {
                return true;
            }
            function = func.outer;
        }
        false
    }

    /// Marks the functions behind a button with which a person says yes.
    pub(super) fn agreed_to(&mut self, path: &str, arguments: &[Argument]) {
        let button = matches!(path, "swift.Button" | "swift.UIAlertAction" | "swift.Alert.Button.default");
        let title = given(arguments, 0, "title").or_else(|| named(arguments, &["title"]));
        if button && title.and_then(Value::known_text).is_some_and(super::consent::is_yes) {
            for argument in arguments {
                self.mark_consented(&argument.value);
            }
        }
    }

    /// Handles methods that all values of a type have.
    fn swift_method(
        &mut self,
        object: &Value,
        name: &str,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        if matches!(object.shape, Shape::Object(_) | Shape::Class(_) | Shape::Module(_)) {
            return None;
        }
        self.resumed(name, object, arguments);
        if name == "base64EncodedString" && object.outside().is_none() {
            return Some(self.encoded(object, range));
        }
        if let Some((content, conversation)) = super::api::swift::written(object, name, arguments) {
            let call = self.call_at(range);
            "write".clone_into(&mut call.target);
            add(&mut call.does, Deed::Persist { content, conversation, remote: false });
            return Some(Value::default());
        }
        let text = matches!(object.shape, Shape::Text(_)) && super::api::swift::keeps_text(name);
        text.then(|| Value { taint: object.taint | all_of(arguments), ..object.clone() })
    }
}

/// Returns a member of a text or a list whose value is known beyond its origins.
pub(super) fn part(object: &Value, name: &str) -> Option<Value> {
    match &object.shape {
        // A size says nothing of the content.
        _ if matches!(name, "count" | "isEmpty" | "hashValue" | "startIndex" | "endIndex") => {
            Some(Value::default())
        }
        Shape::List(_) if matches!(name, "first" | "last") => Some(object.item(None)),
        Shape::List(_) if matches!(name, "lazy" | "indices") => Some(object.clone()),
        Shape::Text(_) if super::api::swift::keeps_text(name) => Some(object.clone()),
        _ => None,
    }
}
