//! What is reachable from the entry points.

use std::collections::{BTreeSet, VecDeque};

use ombud_core::finding::Step;

use super::{Call, Deed, Facts, Function, FunctionId, Owner, StoreId, Taint};

/// Maximum number of functions through which content is traced back.
const MAX_FOLLOWED: usize = 64;

/// Reachability, computed once for all rules.
#[derive(Debug)]
pub struct Reach {
    /// For each function, how it is reached: not at all, as an entry point, or from a call in another function.
    any: Vec<Option<Origin>>,
    /// The same along calls that no consent precedes.
    unasked: Vec<Option<Origin>>,
    /// The sources that the parameters of each function may carry.
    parameters: Vec<Vec<Taint>>,
    /// The same without what was checked or cleaned on the way.
    unchecked: Vec<Vec<Taint>>,
    callers: Callers,
}

/// For each function, the calls that enter it, in order.
#[derive(Debug)]
struct Callers(Vec<Vec<(FunctionId, usize)>>);

impl Callers {
    fn of(facts: &Facts) -> Self {
        let mut of = vec![Vec::new(); facts.functions.len()];
        for (caller, function) in facts.functions.iter().enumerate() {
            for (index, call) in function.calls.iter().enumerate() {
                for (at, callee) in call.callees.iter().enumerate() {
                    let once = call.callees.iter().position(|other| other == callee) == Some(at);
                    if let Some(slot) = of.get_mut(*callee).filter(|_| once) {
                        slot.push((caller, index));
                    }
                }
            }
        }
        Self(of)
    }

    fn of_function<'a>(
        &'a self,
        facts: &'a Facts,
        id: FunctionId,
    ) -> impl Iterator<Item = (FunctionId, &'a Call)> {
        let call = |(caller, index): &(FunctionId, usize)| {
            Some((*caller, facts.functions.get(*caller)?.calls.get(*index)?))
        };
        self.0.get(id).into_iter().flatten().filter_map(call)
    }
}

/// How a function is reached.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Entry,
    Call(FunctionId, usize),
}

impl Reach {
    /// Computes reachability.
    pub fn new(facts: &Facts) -> Self {
        let any = spread(facts, |_, _| true);
        let unasked = spread(facts, |callee, call| !call.consented && !facts_consented(facts, callee));
        let unchecked =
            parameters(facts, &any, |given| if given.has(Taint::CHECKED) { Taint::NONE } else { given });
        let parameters = parameters(facts, &any, |given| given);
        Self { any, unasked, parameters, unchecked, callers: Callers::of(facts) }
    }

    /// Iterates over the calls that enter a function.
    pub fn callers<'a>(
        &'a self,
        facts: &'a Facts,
        function: FunctionId,
    ) -> impl Iterator<Item = (FunctionId, &'a Call)> {
        self.callers.of_function(facts, function)
    }

    /// Whether a function can run at all.
    pub fn runs(&self, function: FunctionId) -> bool {
        self.any.get(function).is_some_and(Option::is_some)
    }

    /// Iterates over calls that can run.
    pub fn calls<'a>(&'a self, facts: &'a Facts) -> impl Iterator<Item = (FunctionId, &'a Call)> {
        facts.calls().filter(|(function, _)| self.runs(*function))
    }

    /// Returns a path to a call that no consent precedes, if there is one: the entry, the calls, the call itself.
    pub fn unasked(&self, facts: &Facts, function: FunctionId, call: &Call) -> Option<Vec<Step>> {
        (!call.consented).then(|| way(facts, &self.unasked, function, call)).flatten()
    }

    /// Returns a path on which `what` reaches a call without consent, if there is one: the call's content is traced
    /// back through the arguments of its callers.
    pub fn unasked_with(
        &self,
        facts: &Facts,
        function: FunctionId,
        call: &Call,
        content: Taint,
        what: Taint,
    ) -> Option<Vec<Step>> {
        let mut seen = BTreeSet::new();
        self.followed(facts, function, call, content, what, &mut seen)
    }

    fn followed(
        &self,
        facts: &Facts,
        function: FunctionId,
        call: &Call,
        content: Taint,
        what: Taint,
        seen: &mut BTreeSet<FunctionId>,
    ) -> Option<Vec<Step>> {
        let way = self.unasked(facts, function, call)?;
        if content.sources().has(what) {
            return Some(way);
        }
        if seen.len() > MAX_FOLLOWED || facts_consented(facts, function) || !seen.insert(function) {
            return None;
        }
        let mut ways = self.callers(facts, function).filter_map(|(caller, before)| {
            let given = content.filled(&before.arguments);
            self.followed(facts, caller, before, given, what, seen)
        });
        let mut way = ways.next()?;
        way.push(facts.step(function, call.span.clone()));
        Some(way)
    }

    /// Returns a path to a call.
    pub fn way(&self, facts: &Facts, function: FunctionId, call: &Call) -> Option<Vec<Step>> {
        way(facts, &self.any, function, call)
    }

    /// Returns the sources of a value that lives in a function.
    pub fn sources(&self, function: FunctionId, taint: Taint) -> Taint {
        let empty = Vec::new();
        taint.filled(self.parameters.get(function).unwrap_or(&empty)).sources()
    }

    /// The same without what was checked or cleaned before.
    pub fn unchecked(&self, function: FunctionId, taint: Taint) -> Taint {
        if taint.has(Taint::CHECKED) {
            return Taint::NONE;
        }
        let empty = Vec::new();
        taint.filled(self.unchecked.get(function).unwrap_or(&empty)).sources()
    }

    /// Determines whose items a store holds from what reachable code writes into it.
    pub fn owner(&self, facts: &Facts, store: StoreId) -> Owner {
        let Some(known) = facts.stores.get(store) else { return Owner::Unknown };
        if known.remembers_people {
            return Owner::User;
        }
        if known.own {
            return Owner::Developer;
        }
        let (mut written, mut filled) = (Taint::NONE, false);
        for (function, call) in self.calls(facts) {
            for deed in &call.does {
                if let Deed::Store(other, content) = deed
                    && facts.stores.get(*other).is_some_and(|other| other.name == known.name)
                {
                    written |= self.sources(function, *content);
                    filled = true;
                }
            }
        }
        let people = Taint::PERSON | Taint::MODEL | Taint::TOOL | Taint::RETRIEVED;
        if written.has(people) {
            Owner::User
        } else if filled || known.is_dataset() {
            // Either the project itself fills it, with nothing that anybody said, or the developer does so on the
            // platform.
            Owner::Developer
        } else {
            Owner::Unknown
        }
    }

    /// For each function, whether it or anything it calls makes a model call.
    pub fn calls_model(facts: &Facts) -> Vec<bool> {
        Self::leading(facts, is_model)
    }

    /// For each function, whether it or anything it calls contains a matching call.
    pub fn leading(facts: &Facts, fits: impl Fn(&Call) -> bool) -> Vec<bool> {
        Self::leading_from(facts, |_, call| fits(call))
    }

    /// The same for a predicate that also sees the function that contains the call.
    pub fn leading_from(facts: &Facts, fits: impl Fn(FunctionId, &Call) -> bool) -> Vec<bool> {
        Self::leading_by(facts, &fits, &|_, _, _| true)
    }

    /// The same, following only those calls from one function to another that `passes` accepts.
    pub fn leading_by(
        facts: &Facts,
        fits: &dyn Fn(FunctionId, &Call) -> bool,
        passes: &dyn Fn(FunctionId, &Call, FunctionId) -> bool,
    ) -> Vec<bool> {
        let has = |(id, function): (FunctionId, &Function)| function.calls.iter().any(|call| fits(id, call));
        let mut yes: Vec<bool> = facts.functions.iter().enumerate().map(has).collect();
        let mut queue: Vec<FunctionId> = (0..yes.len()).filter(|id| yes.get(*id) == Some(&true)).collect();
        if queue.is_empty() {
            return yes;
        }
        let callers = Callers::of(facts);
        while let Some(callee) = queue.pop() {
            for (caller, call) in callers.of_function(facts, callee) {
                if let Some(slot @ false) = yes.get_mut(caller)
                    && passes(caller, call, callee)
                {
                    *slot = true;
                    queue.push(caller);
                }
            }
        }
        yes
    }
}

/// Whether a call is a model call.
pub(crate) fn is_model(call: &Call) -> bool {
    call.does.iter().any(|deed| matches!(deed, Deed::Model { .. }))
}

fn facts_consented(facts: &Facts, function: FunctionId) -> bool {
    facts.functions.get(function).is_some_and(|function| function.consented)
}

fn spread(facts: &Facts, passes: impl Fn(FunctionId, &Call) -> bool) -> Vec<Option<Origin>> {
    let mut found: Vec<Option<Origin>> = vec![None; facts.functions.len()];
    let mut queue = VecDeque::new();
    let start = Call::default();
    for (id, function) in facts.functions.iter().enumerate() {
        if function.entry.is_some() && passes(id, &start) {
            if let Some(slot) = found.get_mut(id) {
                *slot = Some(Origin::Entry);
            }
            queue.push_back(id);
        }
    }
    while let Some(id) = queue.pop_front() {
        let Some(function) = facts.functions.get(id) else { continue };
        for (index, call) in function.calls.iter().enumerate() {
            for &callee in &call.callees {
                if let Some(slot @ None) = found.get_mut(callee)
                    && passes(callee, call)
                {
                    *slot = Some(Origin::Call(id, index));
                    queue.push_back(callee);
                }
            }
        }
    }
    found
}

fn way(facts: &Facts, origins: &[Option<Origin>], function: FunctionId, call: &Call) -> Option<Vec<Step>> {
    let mut steps = vec![facts.step(function, call.span.clone())];
    let mut at = function;
    loop {
        match (*origins.get(at)?)? {
            Origin::Entry => {
                let entry = facts.functions.get(at)?;
                // The body of a module has no name to point at.
                if !entry.span.is_empty() {
                    steps.push(facts.step(at, entry.span.clone()));
                }
                steps.reverse();
                return Some(steps);
            }
            Origin::Call(caller, index) => {
                let call = facts.functions.get(caller)?.calls.get(index)?;
                steps.push(facts.step(caller, call.span.clone()));
                at = caller;
            }
        }
    }
}

/// Propagates the arguments of reachable calls to a fixpoint. It terminates because the sources of a parameter only grow.
fn parameters(
    facts: &Facts,
    any: &[Option<Origin>],
    passes: impl Fn(Taint) -> Taint + Copy,
) -> Vec<Vec<Taint>> {
    let mut found: Vec<Vec<Taint>> = facts.functions.iter().map(|function| function.told.clone()).collect();
    let runs = |id: FunctionId| any.get(id).is_some_and(Option::is_some);
    let mut queue: VecDeque<FunctionId> = (0..facts.functions.len()).filter(|id| runs(*id)).collect();
    let mut waits: Vec<bool> = (0..facts.functions.len()).map(runs).collect();
    while let Some(caller) = queue.pop_front() {
        waits.get_mut(caller).into_iter().for_each(|slot| *slot = false);
        let Some(function) = facts.functions.get(caller) else { continue };
        for call in function.calls.iter().filter(|call| !call.callees.is_empty()) {
            let mine = found.get(caller).map(Vec::as_slice).unwrap_or_default();
            let given = |argument: &Taint| passes(*argument).filled(mine).sources();
            let given: Vec<Taint> = call.arguments.iter().map(given).collect();
            for &callee in &call.callees {
                let more = found.get_mut(callee).is_some_and(|slots| hand_in(slots, &given));
                if more
                    && runs(callee)
                    && waits.get_mut(callee).is_some_and(|slot| !std::mem::replace(slot, true))
                {
                    queue.push_back(callee);
                }
            }
        }
    }
    found
}

/// Adds what a call passes to what its callee may carry; returns whether anything was added.
fn hand_in(slots: &mut Vec<Taint>, given: &[Taint]) -> bool {
    let mut changed = false;
    slots.resize(slots.len().max(given.len()), Taint::NONE);
    for (slot, more) in slots.iter_mut().zip(given) {
        let sum = *slot | *more;
        changed |= sum != *slot;
        *slot = sum;
    }
    changed
}
