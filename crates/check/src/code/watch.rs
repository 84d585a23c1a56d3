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
    /// Which modules a module passes on with a star.
    Stars(ModuleId),
    /// Any name of a module.
    Names(ModuleId),
    /// A member of a class.
    Member(ClassId, &'n str),
    /// What a class is derived from.
    Bases(ClassId),
    /// Which classes are derived from a class.
    Below(ClassId),
    /// The fields of a class, in their order.
    Fields(ClassId),
    /// What callers need to know of a function.
    Summary(FunctionId),
    /// What callers hand in.
    Handed(FunctionId),
    /// Values of parameters that are not given.
    Defaults(FunctionId),
    /// Whether what a function wraps is called with consent only.
    Wraps(FunctionId),
    /// A name of a function, for the functions inside.
    Local(FunctionId, &'n str),
    /// A name of a function to which functions inside assign.
    Written(FunctionId, &'n str),
    /// Any of them.
    AnyWritten(FunctionId),
    /// Functions that set the state of a component.
    Setters(FunctionId),
    /// How a function is entered from outside.
    Entry(FunctionId),
}

/// Who saw what.
pub(super) struct Watch {
    /// What was seen, by a hash: two that share one make a function run once too often, and nothing else.
    readers: HashMap<u64, Vec<FunctionId>, Build>,
    saw: Vec<HashSet<u64, Build>>,
    stale: Vec<bool>,
    /// How many are stale.
    count: usize,
    /// The function that is being evaluated.
    at: FunctionId,
}

impl Watch {
    /// Nothing was evaluated yet.
    pub(super) fn new(functions: usize) -> Self {
        Self {
            readers: HashMap::default(),
            saw: vec![HashSet::default(); functions],
            stale: vec![true; functions],
            count: functions,
            at: 0,
        }
    }

    /// Whether something changed that a function saw. It counts as evaluated from here on.
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

    /// The function that is being evaluated looks at something.
    pub(super) fn see(&mut self, what: Seen<'_>) {
        let key = key(&what);
        if self.saw.get_mut(self.at).is_some_and(|saw| saw.insert(key)) {
            self.readers.entry(key).or_default().push(self.at);
        }
    }

    /// Something changed.
    pub(super) fn change(&mut self, what: Seen<'_>) {
        for reader in self.readers.get(&key(&what)).into_iter().flatten() {
            if let Some(stale @ false) = self.stale.get_mut(*reader) {
                *stale = true;
                self.count += 1;
            }
        }
    }
}
