//! Names to which several functions assign.

use std::collections::HashMap;
use std::rc::Rc;

use super::hash::Build;
use super::value::{ClassId, ModuleId, Value};
use crate::facts::FunctionId;

/// Names with their values, each with the turn of the function whose value counts: the one evaluated last in a round.
pub(super) type Held = HashMap<Rc<str>, (usize, Value), Build>;

/// The owner of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Module(ModuleId),
    Class(ClassId),
    Function(FunctionId),
}

/// Names that were assigned new values, with the values before.
pub(super) type Touched = HashMap<(Owner, Rc<str>), Option<Value>, Build>;

/// Joins a value into the one that a name holds, and records the name if that changes it.
pub(super) fn join_name(
    names: &mut Held,
    turn: usize,
    name: &str,
    value: Value,
    owner: Owner,
    touched: &mut Touched,
) {
    let value = Value { taint: value.taint.sources(), ..value }.bounded(3);
    let Some((last, old)) = names.get_mut(name) else {
        names.insert(name.into(), (turn, value));
        touched.entry((owner, name.into())).or_insert(None);
        return;
    };
    let first = turn >= *last;
    *last = turn.max(*last);
    if *old == value {
        return;
    }
    let joined = if first { value.join(old) } else { old.join(&value) };
    if *old != joined {
        let before = std::mem::replace(old, joined);
        touched.entry((owner, name.into())).or_insert(Some(before));
    }
}
