//! Finds HTTP handlers that do not authenticate their caller, and what can be reached through them.

use std::collections::{BTreeSet, VecDeque};

use crate::facts::{Call, Deed, Facts, Function, FunctionId, Guard, Reach};

/// What anyone can reach through unauthenticated handlers.
pub(crate) struct Doors {
    /// How each function is reached, if it is.
    ways: Vec<Option<Way>>,
}

/// How a function is reached.
#[derive(Debug, Clone, Copy)]
enum Way {
    Door,
    Call(FunctionId, usize),
}

impl Doors {
    /// Computes what is reachable; nothing is if something authenticates every request.
    pub(crate) fn open(facts: &Facts, reach: &Reach) -> Self {
        let known = knowing(facts);
        let mut ways = vec![None; facts.functions.len()];
        let mut queue = VecDeque::new();
        if !facts.functions.iter().zip(&known).any(|(function, known)| function.before_all && *known) {
            queue.extend(doors(facts, reach, &known));
        }
        for door in &queue {
            if let Some(slot) = ways.get_mut(*door) {
                *slot = Some(Way::Door);
            }
        }
        while let Some(id) = queue.pop_front() {
            for (index, callee) in called(facts, id) {
                if let Some(slot @ None) = ways.get_mut(callee)
                    && known.get(callee) != Some(&true)
                {
                    *slot = Some(Way::Call(id, index));
                    queue.push_back(callee);
                }
            }
        }
        Self { ways }
    }

    /// Whether anyone can reach a function.
    pub(crate) fn lead_to(&self, function: FunctionId) -> bool {
        self.ways.get(function).is_some_and(Option::is_some)
    }

    /// Returns the unauthenticated handlers themselves.
    pub(crate) fn all(&self) -> impl Iterator<Item = FunctionId> {
        let door = |(id, way): (FunctionId, &Option<Way>)| matches!(way, Some(Way::Door)).then_some(id);
        self.ways.iter().enumerate().filter_map(door)
    }

    /// Returns the call in the handler that leads to a given call: this is where the caller has to be authenticated.
    pub(crate) fn first<'a>(
        &self,
        facts: &'a Facts,
        function: FunctionId,
        call: &'a Call,
    ) -> (FunctionId, &'a Call) {
        let (mut at, mut through) = (function, call);
        while let Some(Some(Way::Call(caller, index))) = self.ways.get(at) {
            let Some(before) = facts.functions.get(*caller).and_then(|caller| caller.calls.get(*index))
            else {
                break;
            };
            (at, through) = (*caller, before);
        }
        (at, through)
    }
}

/// Returns the routes that run, are not middleware for another, and do not authenticate their caller.
fn doors(facts: &Facts, reach: &Reach, known: &[bool]) -> Vec<FunctionId> {
    let before: BTreeSet<FunctionId> =
        facts.functions.iter().flat_map(|function| function.behind.iter().copied()).collect();
    let open = |(id, function): &(FunctionId, &Function)| {
        function.http && reach.runs(*id) && known.get(*id) != Some(&true) && !before.contains(id)
    };
    facts.functions.iter().enumerate().filter(open).map(|(id, _)| id).collect()
}

/// Returns the callees of a function, each with the index of the call.
fn called(facts: &Facts, id: FunctionId) -> Vec<(usize, FunctionId)> {
    let calls = facts.functions.get(id).map(|function| function.calls.iter().enumerate());
    let each = |(index, call): (usize, &Call)| {
        call.callees.iter().map(|callee| (index, *callee)).collect::<Vec<_>>()
    };
    calls.into_iter().flatten().flat_map(each).collect()
}

/// For each function, whether it or anything it calls authenticates the caller.
fn knowing(facts: &Facts) -> Vec<bool> {
    let sure = |id: FunctionId, call: &Call| {
        call.does.contains(&Deed::Guard(Guard::CallerKnown)) && !lets_pass(facts, id)
    };
    let mut known = Reach::leading_from(facts, sure);
    for (slot, function) in known.iter_mut().zip(&facts.functions) {
        *slot |= function.caller_known;
        *slot &= !function.lets_pass;
    }
    let inherited: Vec<bool> = facts.functions.iter().map(|function| passes(&known, function)).collect();
    known.iter_mut().zip(inherited).for_each(|(slot, more)| *slot |= more);
    known
}

/// Whether a function authenticates only if a key is configured.
fn lets_pass(facts: &Facts, id: FunctionId) -> bool {
    facts.functions.get(id).is_some_and(|function| function.lets_pass)
}

/// Whether middleware of a function, or a callee of a handler, authenticates the caller.
fn passes(known: &[bool], function: &Function) -> bool {
    let called = function.calls.iter().flat_map(|call| &call.callees).filter(|_| function.http);
    function.behind.iter().chain(called).any(|other| known.get(*other) == Some(&true))
}
