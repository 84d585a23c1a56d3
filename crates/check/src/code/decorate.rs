//! Decorators, and unused answers to consent questions.

use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

use super::agents::{ASKS, is_on};
use super::api::frameworks;
use super::call::functions;
use super::consent;
use super::deeds::add;
use super::identity::is_route;
use super::kept::is_event;
use super::value::{Argument, Shape, Value, named};
use super::walk::Walk;
use crate::facts::{Deed, Entry, FunctionId, Taint};

impl Walk<'_, '_> {
    /// Evaluates a function's decorators: how it is entered, and whether consent guards it.
    pub(super) fn decorated(&mut self, id: FunctionId, node: &ruff_python_ast::StmtFunctionDef) -> Value {
        let mut all = vec![id];
        if let Some(summary) = self.state.summaries.get_mut(id) {
            summary.consented = false;
        }
        for decorator in node.decorator_list.iter().filter(|one| !is_mark(&one.expression)) {
            let value = self.eval(&decorator.expression);
            match &value.shape {
                Shape::Path(_) | Shape::Made(_) => {
                    let path = value.outside().unwrap_or_default().to_owned();
                    self.settled(id, &value);
                    self.decorated_outside(id, node, path.trim_end_matches("()"), &decorator.expression);
                }
                Shape::Functions(wrappers) => {
                    for &wrapper in wrappers.iter() {
                        let own = Argument { name: None, value: functions(vec![id]), spread: false };
                        let made = self.enter(&[wrapper], None, &[own], decorator.range());
                        self.decorated_inside(id, wrapper, &mut all, &made);
                    }
                }
                _ if is_route(&decorator.expression) && !self.entered_own() => {
                    self.served(id, "", &decorator.expression);
                    self.state.entering(id, |function| function.entry = Some(Entry::Handler));
                }
                _ if matches!(&decorator.expression, Expr::Call(call) if is_event(call)) => {
                    self.state.entering(id, |function| function.entry = Some(Entry::Handler));
                }
                _ => {}
            }
        }
        functions(all)
    }

    /// Handles decorator arguments that guard a function: `needs_approval=True`,
    /// `dependencies=[Depends(require_consent)]`.
    fn settled(&mut self, id: FunctionId, decorator: &Value) {
        let Some(made) = decorator.made() else { return };
        let approved = made.setting(ASKS).is_some_and(is_on);
        let before = named(&made.given, &["dependencies"]).cloned();
        if approved {
            self.state.entering(id, |function| function.approved = true);
        }
        if before.is_some_and(|before| self.ensures_consent(&before))
            && let Some(summary) = self.state.summaries.get_mut(id)
        {
            summary.consented = true;
        }
    }

    /// Whether the last evaluated call is one of the project itself.
    fn entered_own(&self) -> bool {
        matches!(self.called, Some((_, Shape::Bound(_) | Shape::Functions(_))))
    }

    fn decorated_outside(
        &mut self,
        id: FunctionId,
        node: &ruff_python_ast::StmtFunctionDef,
        path: &str,
        written: &Expr,
    ) {
        self.served(id, path, written);
        if super::closed::holds_types(path) {
            self.state.entering(id, |function| function.typed = true);
        }
        let asks = path.contains('.') && consent::answers(path);
        if asks && let Some(summary) = self.state.summaries.get_mut(id) {
            summary.consented = true;
        }
        if let Some(entry) = frameworks::entered_by(path).filter(|_| path.contains('.') && !asks) {
            self.state.entering(id, |function| function.entry = Some(entry));
            // Whoever types the command owns the machine.
            if frameworks::is_command(path) {
                let typed = vec![Value::of(Taint::LOCAL); node.parameters.len()];
                self.enter_with(&[id], &typed, written.range());
            }
            if frameworks::is_tool(path) {
                self.offer_function(id, node);
                self.serve_together(id, path);
            }
        }
    }

    fn decorated_inside(
        &mut self,
        id: FunctionId,
        wrapper: FunctionId,
        all: &mut Vec<FunctionId>,
        made: &Value,
    ) {
        self.served_behind(id, wrapper);
        if let Shape::Functions(made) = &made.shape {
            all.extend(made.iter().copied().filter(|other| *other != id));
        }
        let wraps = self.state.wraps(wrapper);
        if wraps == Some(true)
            && let Some(summary) = self.state.summaries.get_mut(id)
        {
            summary.consented = true;
        }
    }

    /// Whether a function of the project answers whether consent was given: by declaration or by name.
    pub(super) fn is_consent_function(&self, function: FunctionId) -> bool {
        self.state.consents.get(function) == Some(&true)
    }

    /// Records a consent question whose answer is discarded. The expression has just been evaluated.
    pub(super) fn unused_answer(&mut self, expression: &Expr) {
        let expression = match expression {
            Expr::Await(node) => &*node.value,
            other => other,
        };
        let range = expression.range();
        if expression.is_call_expr() && self.is_last(range) && self.is_in_vain() {
            add(&mut self.call_at(range).does, Deed::UnusedConsent);
        }
    }

    /// Whether the last evaluated call is at this range.
    fn is_last(&self, range: TextRange) -> bool {
        self.called.as_ref().is_some_and(|(last, _)| *last == range)
    }

    /// Whether the last evaluated call asks for consent, and its returning proves nothing.
    fn is_in_vain(&self) -> bool {
        match self.called.as_ref().map(|(_, callee)| callee) {
            Some(Shape::Functions(ids)) => ids.iter().all(|id| self.asks_in_vain(*id)) && !ids.is_empty(),
            Some(Shape::Bound(id)) => self.asks_in_vain(*id),
            Some(Shape::Path(path)) => {
                let known = self.state.known(path);
                known.asks && !known.insists
            }
            _ => false,
        }
    }

    fn asks_in_vain(&self, function: FunctionId) -> bool {
        if !self.is_consent_function(function) {
            return false;
        }
        let summary = self.state.summary(function);
        let name = self.state.project.functions.get(function).map_or("", |func| func.name.as_str());
        let silent = summary.is_some_and(|summary| !summary.raises && !summary.ensures);
        let answers = summary.is_some_and(|summary| summary.answers);
        silent && (answers || consent::insists(name))
    }

    /// `ok = ask_consent()`, where `ok` is never read.
    pub(super) fn unread_answer(&mut self, targets: &[Expr], value: &Expr, range: TextRange) {
        let [Expr::Name(name)] = targets else { return };
        if !self.is_in_vain() {
            return;
        }
        // Others may read what a module binds.
        if self.state.project.functions.get(self.function).is_none_or(|func| func.definition.is_none()) {
            return;
        }
        let file = self.state.project.modules.get(self.module).map_or(0, |module| module.file);
        let Some(text) = self.state.texts.get(file).map(|file| file.text.as_str()) else { return };
        let body = self
            .state
            .project
            .functions
            .get(self.function)
            .and_then(|func| func.definition)
            .map_or(text, |definition| text.get(super::walk::span(definition.range())).unwrap_or_default());
        if occurrences(body, name.id.as_str()) < 2 && range.len().to_usize() > 0 {
            self.unused_answer(value);
        }
    }
}

/// Whether a decorator is one of our markers, not a name in the program.
fn is_mark(decorator: &Expr) -> bool {
    decorator.as_name_expr().is_some_and(|name| name.id.as_str() == super::GETTER)
}

/// How often an identifier occurs in a text.
fn occurrences(text: &str, name: &str) -> usize {
    let part = |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() || ch == '_');
    text.match_indices(name)
        .filter(|(at, _)| {
            let before = text.get(..*at).and_then(|text| text.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
            !part(before) && !part(after)
        })
        .count()
}
