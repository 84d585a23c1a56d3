//! What a function puts into an object that it was passed: `def add(turns, text): turns.append(text)`. The caller
//! then has it there.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::call::{PUTS, all_of};
use super::define::Hangs;
use super::hand_out::collect_functions;
use super::value::{Argument, Shape, Value};
use super::walk::Walk;
use crate::facts::{FunctionId, Taint};

/// Maximum parameters of one function that are reported to its callers.
const MOST_PUTS: usize = 8;
/// Maximum functions passed to one parameter that are entered where it is called.
const MOST_HANDED: usize = 8;

impl Walk<'_, '_> {
    /// Taints the object of a call with what the call adds to it.
    pub(super) fn put_into_object(&mut self, node: &ExprCall, arguments: &[Argument], answer: Option<Taint>) {
        // `shutil.copyfileobj(upload.file, temp)`: whoever opens the file by its name reads what was put into it.
        if let ([from, _, ..], [_, into, ..]) = (arguments, &*node.arguments.args)
            && matches!(&*node.func, Expr::Attribute(part) if part.attr.as_str() == "copyfileobj")
        {
            self.taint_root(into, from.value.deep_taint());
        }
        let Expr::Attribute(attribute) = &*node.func else { return };
        let temporary = matches!(attribute.attr.as_str(), "write" | "writelines")
            && self.eval(&attribute.value).outside().is_some_and(|path| path.starts_with("tempfile."));
        if temporary {
            self.taint_root(&attribute.value, all_of(arguments));
        }
        if PUTS.contains(&attribute.attr.as_str()) {
            self.taint_root(&attribute.value, all_of(arguments));
        }
        // `cursor.execute("SELECT …")`: the result is read from the cursor.
        if attribute.attr.as_str() == "execute" && answer == Some(Taint::RETRIEVED) {
            self.taint_root(&attribute.value, Taint::RETRIEVED);
        }
    }

    /// `setTimeout(() => answer(null, text))`: a script's callback parameter of an enclosing function is called with
    /// these arguments.
    pub(super) fn call_handed(
        &mut self,
        function: FunctionId,
        index: usize,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        let mut found = Vec::new();
        collect_functions(self.state.handed(function).get(index)?, &mut found, 0);
        if !self.script || found.is_empty() || found.len() > MOST_HANDED {
            return None;
        }
        let consent = self.env.consent;
        let made = self.enter(&found, None, arguments, range);
        self.env.consent = consent;
        Some(made)
    }

    /// Records that something is put into what a parameter holds.
    pub(super) fn put_into_parameter(&mut self, name: &str, held: Taint, put: Taint) {
        let Some(func) = self.state.project.functions.get(self.function) else { return };
        let Some(index) = func.parameters.iter().position(|own| own == name) else { return };
        let own = Taint::parameter(index);
        let put = put.without(own);
        if !held.has(own) || put == Taint::NONE || index == 0 && func.class.is_some() {
            return;
        }
        let all = &mut self.summary.puts;
        let room = all.len() < MOST_PUTS;
        match all.iter_mut().find(|(known, _)| *known == index) {
            Some((_, known)) => *known |= put,
            None if room => all.push((index, put)),
            None => {}
        }
    }

    /// Taints what a call passes to such functions. For a record, it is unknown which part is meant.
    pub(super) fn put_by_callees(&mut self, node: &ExprCall, callees: &[FunctionId]) {
        for callee in callees {
            let puts = self.state.summary(*callee).map(|summary| summary.puts.clone()).unwrap_or_default();
            for (index, put) in puts {
                let put = put.filled(&self.call_at(node.range()).arguments);
                let Some(given) = self.given_to(node, *callee, index).filter(|_| put != Taint::NONE) else {
                    continue;
                };
                let whole = match self.eval(given).shape {
                    Shape::Dict(items) => items.is_empty(),
                    Shape::Object(_) | Shape::Objects(_) | Shape::Module(_) | Shape::Class(_) => false,
                    _ => true,
                };
                if whole {
                    self.taint_root(given, put);
                }
            }
        }
    }

    /// Returns the argument expression that a call passes for a parameter.
    fn given_to<'n>(&self, node: &'n ExprCall, callee: FunctionId, index: usize) -> Option<&'n Expr> {
        let func = self.state.project.functions.get(callee)?;
        let hangs = func.class.is_some() && func.hangs != Hangs::Free;
        let name = func.parameters.get(index)?;
        let named = node.arguments.keywords.iter();
        let mut named = named.filter(|one| one.arg.as_ref().is_some_and(|own| own.as_str() == name));
        let plain = || node.arguments.args.get(index.checked_sub(usize::from(hangs))?);
        let given = named.next().map(|one| &one.value).or_else(plain)?;
        matches!(given, Expr::Name(_) | Expr::Attribute(_)).then_some(given)
    }
}
