//! Tracks which function looked at what. A function is evaluated again only if something that it saw has changed:
//! otherwise it would find the same.

use std::collections::{HashMap, HashSet};

use super::hash::{Build, key};
use super::value::{ClassId, ModuleId};
use crate::facts::FunctionId;

/// Something that can change between two evaluations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Seen<'n> {
    /// A name of a module.
    Global(ModuleId, &'n str),
    /// The star imports of a module.
    Stars(ModuleId),
    /// Any name of a module.
    Names(ModuleId),
    /// A member of a class.
    Member(ClassId, &'n str),
    /// The bases of a class.
    Bases(ClassId),
    /// The subclasses of a class.
    Below(ClassId),
    /// The fields of a class, in order.
    Fields(ClassId),
    /// What callers need to know of a function.
    Summary(FunctionId),
    /// What callers pass in.
    Handed(FunctionId),
    /// The default values of parameters.
    Defaults(FunctionId),
    /// Whether what a function wraps is called only with consent.
    Wraps(FunctionId),
    /// A local variable of a function, for its inner functions.
    Local(FunctionId, &'n str),
    /// A variable of a function to which inner functions assign.
    Written(FunctionId, &'n str),
    /// Any such variable of the function.
    AnyWritten(FunctionId),
    /// State setters of a component.
    Setters(FunctionId),
    /// How a function is entered from outside.
    Entry(FunctionId),
}

/// Which function saw what.
pub(super) struct Watch {
    /// What was seen, by hash: a collision only makes a function run once too often.
    readers: HashMap<u64, Vec<FunctionId>, Build>,
    saw: Vec<HashSet<u64, Build>>,
    stale: Vec<bool>,
    /// The number of stale functions.
    count: usize,
    /// The function that is being evaluated.
    at: FunctionId,
}

impl Watch {
    /// Creates a watch in which no function was evaluated yet.
    pub(super) fn new(functions: usize) -> Self {
        Self {
            readers: HashMap::default(),
            saw: vec![HashSet::default(); functions],
            stale: vec![true; functions],
            count: functions,
            at: 0,
        }
    }

    /// Whether something that a function saw has changed. It counts as evaluated from here on.
    pub(super) fn begin(&mut self, function: FunctionId) -> bool {
        self.at = function;
        let stale = self.stale.get_mut(function).is_some_and(std::mem::take);
        self.count -= usize::from(stale);
        stale
    }

    /// The function that is being evaluated.
    pub(super) fn at(&self) -> FunctionId {
        self.at
    }

    /// Whether any function has to be evaluated again.
    pub(super) fn is_stale(&self) -> bool {
        self.count > 0
    }

    /// Records that the function being evaluated looks at something.
    pub(super) fn see(&mut self, what: Seen<'_>) {
        let key = key(&what);
        if self.saw.get_mut(self.at).is_some_and(|saw| saw.insert(key)) {
            self.readers.entry(key).or_default().push(self.at);
        }
    }

    /// Records that something changed.
    pub(super) fn change(&mut self, what: Seen<'_>) {
        for reader in self.readers.get(&key(&what)).into_iter().flatten() {
            if let Some(stale @ false) = self.stale.get_mut(*reader) {
                *stale = true;
                self.count += 1;
            }
        }
    }
}
