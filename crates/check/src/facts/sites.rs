//! Where a text that is run comes into the hands of what runs it.
//!
//! A helper that runs whatever it is given says nothing by itself: `def run(sql): db.execute(sql)` is as good as its callers.
//! What has to be mended is each call of it that hands in what somebody else wrote.

use std::collections::BTreeSet;

use super::{Call, Facts, FunctionId, Reach, Taint};

/// Helpers of helpers that are followed.
const MOST_HELPERS: usize = 8;

/// The calls that enter each function.
#[derive(Debug)]
pub(crate) struct Sites<'f> {
    facts: &'f Facts,
    reach: &'f Reach,
}

impl<'f> Sites<'f> {
    /// Of calls that can run.
    pub(crate) fn new(facts: &'f Facts, reach: &'f Reach) -> Self {
        Self { facts, reach }
    }

    /// The calls that can run and enter a function.
    fn callers(&self, id: FunctionId) -> Vec<(FunctionId, &'f Call)> {
        self.reach.callers(self.facts, id).filter(|(caller, _)| self.reach.runs(*caller)).collect()
    }

    /// The calls at which a parameter that is run as it is gets any of `what`, if the function is a helper that others hand
    /// their own text.
    pub(crate) fn of(&self, given: (FunctionId, usize), what: Taint) -> Option<Vec<(FunctionId, &'f Call)>> {
        let mut at = given;
        for _ in 0..MOST_HELPERS {
            let callers = self.callers(at.0);
            match callers.as_slice() {
                [] => return None,
                // What picks one of several functions by a name hands each of them whatever it is given.
                [(caller, call)] if call.callees.len() > 1 => return Some(vec![(*caller, *call)]),
                [(caller, call)] => at = (*caller, passed_on(call, at.1)?),
                several => {
                    let handing = self.handing(several, at.1, what);
                    // What gets nothing but that is the place itself, unless it only serves other files: there each text is made.
                    let serves = several.iter().all(|(caller, _)| !self.beside(*caller, at.0));
                    return (handing.len() < several.len() || serves).then_some(handing);
                }
            }
        }
        None
    }

    /// The calls at which what a function only writes down is handed in, if it writes whatever it is given: `def append(path, text)`.
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

    /// The calls at which a parameter gets any of `what`, if several functions share the one that has it.
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

    /// What of a function's only parameter in some content a call hands in.
    pub(crate) fn handed(&self, caller: FunctionId, call: &Call, content: Taint) -> Taint {
        self.reach.sources(caller, content.filled(&call.arguments))
    }

    /// The calls that take what a function gives back, where it does nothing but read and give back: `def history(): return
    /// db.execute(…)`. They are followed to where it is used.
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
            // Where a function is only handed to a library nothing comes back.
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

    /// Whether a function puts together what a model is told, by its name.
    pub(crate) fn composes(facts: &Facts, function: FunctionId) -> bool {
        let name = facts.functions.get(function).map_or("", |known| known.name.as_str());
        crate::code::names(name.rsplit('.').next().unwrap_or_default(), &["prompt*"])
    }

    /// Whether two functions stand in one file.
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
    /// Whether nobody takes what a call gives: it is a statement of its own.
    pub(crate) fn is_dropped(&self, function: FunctionId, call: &Call) -> bool {
        let file = self.functions.get(function).and_then(|known| self.files.get(known.file));
        let Some(text) = file.map(|file| file.text.as_str()) else { return false };
        let before = text.get(..call.span.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
        let after = text.get(call.span.end..).unwrap_or_default().trim_start_matches([' ', '\t', '\r']);
        let ends = after.is_empty() || after.starts_with([';', '#', '\n']) || after.starts_with("//");
        // A line within brackets goes on after its end.
        let next = after.trim_start_matches([';', '\n', '\r', ' ', '\t']);
        let inside = !after.starts_with(';') && next.starts_with([')', ']', ',', '.', '?', '|', '&', '+']);
        matches!(line, "" | "await ") && ends && !inside
    }
}

/// The parameter of the caller that a call only passes on.
fn passed_on(call: &Call, index: usize) -> Option<usize> {
    let given = *call.arguments.get(index)?;
    let mut parameters = given.parameters();
    let one = parameters.next()?;
    (given.sources() == Taint::NONE && parameters.next().is_none()).then_some(one)
}
