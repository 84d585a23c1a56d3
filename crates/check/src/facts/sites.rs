//! Where a text that is executed enters the function that executes it.
//!
//! A helper that runs whatever it is given proves nothing by itself: `def run(sql): db.execute(sql)` is as safe as
//! its callers. What needs fixing is each call that passes it somebody else's text.

use std::collections::BTreeSet;

use super::{Call, Facts, FunctionId, Reach, Taint};

/// Maximum depth of nested helpers that are followed.
const MOST_HELPERS: usize = 8;

/// Lookup of the calls that enter each function.
#[derive(Debug)]
pub(crate) struct Sites<'f> {
    facts: &'f Facts,
    reach: &'f Reach,
}

impl<'f> Sites<'f> {
    /// Considers only calls that can run.
    pub(crate) fn new(facts: &'f Facts, reach: &'f Reach) -> Self {
        Self { facts, reach }
    }

    /// Returns the calls that can run and enter a function.
    fn callers(&self, id: FunctionId) -> Vec<(FunctionId, &'f Call)> {
        self.reach.callers(self.facts, id).filter(|(caller, _)| self.reach.runs(*caller)).collect()
    }

    /// Returns the calls through which a parameter that is executed unchanged receives any of `what`, if the function
    /// is a helper to which others pass their own text.
    pub(crate) fn of(&self, given: (FunctionId, usize), what: Taint) -> Option<Vec<(FunctionId, &'f Call)>> {
        let mut at = given;
        for _ in 0..MOST_HELPERS {
            let callers = self.callers(at.0);
            match callers.as_slice() {
                [] => return None,
                // A dispatcher that picks one of several functions by name passes the same argument to each of them.
                [(caller, call)] if call.callees.len() > 1 => return Some(vec![(*caller, *call)]),
                [(caller, call)] => at = (*caller, passed_on(call, at.1)?),
                several => {
                    let handing = self.handing(several, at.1, what);
                    // If every caller passes such text, the site to fix is the helper itself, unless it only serves
                    // other files, where each text is composed.
                    let serves = several.iter().all(|(caller, _)| !self.beside(*caller, at.0));
                    return (handing.len() < several.len() || serves).then_some(handing);
                }
            }
        }
        None
    }

    /// Returns the calls that pass in what a function merely writes, if it writes whatever it is given:
    /// `def append(path, text)`.
    pub(crate) fn written(
        &self,
        function: FunctionId,
        content: Taint,
        what: Taint,
    ) -> Option<Vec<(FunctionId, &'f Call)>> {
        let mut parameters = content.parameters();
        let one = parameters.next().filter(|_| content.sources().without(Taint::CHECKED) == Taint::NONE)?;
        if parameters.next().is_some() {
            return None;
        }
        let mut found = self.of((function, one), what)?;
        found.retain(|(_, call)| call.callees.len() == 1);
        (!found.is_empty()).then_some(found)
    }

    /// Returns the calls through which a parameter receives any of `what`, if several functions share the one that
    /// has it.
    pub(crate) fn shared(
        &self,
        (id, index): (FunctionId, usize),
        what: Taint,
    ) -> Vec<(FunctionId, &'f Call)> {
        let callers = self.callers(id);
        let from: BTreeSet<FunctionId> = callers.iter().map(|(caller, _)| *caller).collect();
        if from.len() < 2 {
            return Vec::new();
        }
        let hands = |(caller, call): &&(FunctionId, &Call)| {
            let handed = call.arguments.get(index).copied().unwrap_or_default();
            self.reach.sources(*caller, handed).has(what)
        };
        callers.iter().filter(hands).copied().collect()
    }

    /// Returns the sources that a call contributes to content expressed in its callee's parameters.
    pub(crate) fn handed(&self, caller: FunctionId, call: &Call, content: Taint) -> Taint {
        self.reach.sources(caller, content.filled(&call.arguments))
    }

    /// Returns the calls that use what a function returns, if it does nothing but read and return:
    /// `def history(): return db.execute(…)`. They are followed to where the value is used.
    pub(crate) fn used(
        &self,
        facts: &Facts,
        function: FunctionId,
        what: Taint,
        ends: impl Fn(FunctionId) -> bool,
    ) -> Vec<(FunctionId, &'f Call)> {
        let gives = |id: FunctionId| {
            let known = facts.functions.get(id);
            known.is_some_and(|known| {
                known.returns.has(what) && known.entry.is_none() && !Self::composes(facts, id)
            })
        };
        let mut seen = BTreeSet::from([function]);
        let mut queue = vec![function];
        let mut found = Vec::new();
        while let Some(id) = queue.pop() {
            if !gives(id) || seen.len() > MOST_HELPERS * 4 {
                continue;
            }
            // A function that is merely passed to a library returns nothing here.
            let named = |call: &Call| {
                let own = |callee: &FunctionId| {
                    facts.functions.get(*callee).is_some_and(|known| known.name == call.target)
                };
                call.callees.iter().any(own)
            };
            let callers = self.callers(id).into_iter();
            let taken = |caller: FunctionId, call: &Call| !facts.is_dropped(caller, call);
            for (caller, call) in callers.filter(|(caller, call)| named(call) && taken(*caller, call)) {
                if ends(caller) || !gives(caller) {
                    found.push((caller, call));
                } else if seen.insert(caller) {
                    queue.push(caller);
                }
            }
        }
        found
    }

    /// Whether a function composes a prompt, judged by its name.
    pub(crate) fn composes(facts: &Facts, function: FunctionId) -> bool {
        let name = facts.functions.get(function).map_or("", |known| known.name.as_str());
        crate::code::names(name.rsplit('.').next().unwrap_or_default(), &["prompt*"])
    }

    /// Whether two functions are in the same file.
    fn beside(&self, one: FunctionId, other: FunctionId) -> bool {
        let file = |id: FunctionId| self.facts.functions.get(id).map(|known| known.file);
        file(one) == file(other)
    }

    fn handing(
        &self,
        callers: &[(FunctionId, &'f Call)],
        index: usize,
        what: Taint,
    ) -> Vec<(FunctionId, &'f Call)> {
        let hands = |(caller, call): &&(FunctionId, &Call)| {
            let given = call.arguments.get(index).copied().unwrap_or_default();
            self.reach.unchecked(*caller, given).has(what)
        };
        callers.iter().filter(hands).copied().collect()
    }
}

impl Facts {
    /// Whether the result of a call is discarded: the call is a statement of its own.
    pub(crate) fn is_dropped(&self, function: FunctionId, call: &Call) -> bool {
        let file = self.functions.get(function).and_then(|known| self.files.get(known.file));
        let Some(text) = file.map(|file| file.text.as_str()) else { return false };
        let before = text.get(..call.span.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
        let after = text.get(call.span.end..).unwrap_or_default().trim_start_matches([' ', '\t', '\r']);
        let ends = after.is_empty() || after.starts_with([';', '#', '\n']) || after.starts_with("//");
        // A line within brackets continues on the next one.
        let next = after.trim_start_matches([';', '\n', '\r', ' ', '\t']);
        let inside = !after.starts_with(';') && next.starts_with([')', ']', ',', '.', '?', '|', '&', '+']);
        matches!(line, "" | "await ") && ends && !inside
    }
}

/// The caller's parameter that a call passes on unchanged.
fn passed_on(call: &Call, index: usize) -> Option<usize> {
    let given = *call.arguments.get(index)?;
    let mut parameters = given.parameters();
    let one = parameters.next()?;
    (given.sources() == Taint::NONE && parameters.next().is_none()).then_some(one)
}
