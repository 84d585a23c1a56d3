//! How much the lists and dictionaries of one file may weigh.
//!
//! Each value is bounded by itself, but one that contains those before it is copied with all of them:
//! `v2 = {...v1, k: v1}`. The values of a file may therefore weigh only a multiple of its length; beyond that, only
//! the first level of a value is kept, and the file is reported as not followed. Hand-written code never comes near
//! the limit.

use crate::facts::{File, FunctionId, Gap, GapKind};

use super::project::Func;
use super::state::State;
use super::value::{Shape, Value};

/// Values per byte of source, the minimum for every file, and the maximum for any file.
const EACH: usize = 4;
const LEAST: usize = 16 * 1024;
const MOST: usize = 200 * 1024;

/// Values up to this weight are written by hand, and are not counted.
const LIGHT: usize = 64;

/// The remaining weight of each file.
#[derive(Debug, Default)]
pub(super) struct Room(Vec<usize>);

impl Room {
    pub(super) fn of(files: &[File]) -> Self {
        Self(files.iter().map(Self::for_one).collect())
    }

    fn for_one(file: &File) -> usize {
        (EACH * file.text.len() + LEAST).min(MOST)
    }
}

impl State<'_> {
    /// Takes one evaluation from the budget.
    pub(super) fn spend(&mut self) -> bool {
        self.budget = self.budget.saturating_sub(1);
        self.budget > 0
    }

    /// Resets a module's file to its full weight before its body is walked again, since its names no longer hold
    /// their old values.
    pub(super) fn make_room(&mut self, function: FunctionId) {
        let of = |function: &Func<'_>| self.project.modules.get(function.module).map(|module| module.file);
        let body = self.project.functions.get(function).filter(|function| function.definition.is_none());
        let Some(file) = body.and_then(of) else { return };
        if let (Some(left), Some(text)) = (self.room.0.get_mut(file), self.texts.get(file)) {
            *left = Room::for_one(text);
        }
    }

    /// Deducts the weight of a newly created list or dictionary from its file.
    pub(super) fn weighed(&mut self, value: Value, file: usize) -> Value {
        if !value.is_new() {
            return value;
        }
        let weight = value.weight();
        let Some(left) = self.room.0.get_mut(file).filter(|_| weight > LIGHT) else { return value };
        if let Some(rest) = left.checked_sub(weight) {
            *left = rest;
            return value;
        }
        let path = self.texts.get(file).map(|file| file.path.clone()).unwrap_or_default();
        let gap = Gap { path, line: 0, why: GapKind::TooComplex };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
        value.first_level(LIGHT)
    }
}

impl Value {
    /// Whether it is a list or a dictionary that nothing else holds yet.
    fn is_new(&self) -> bool {
        match &self.shape {
            Shape::Dict(items) => std::rc::Rc::strong_count(items) == 1,
            Shape::List(items) => std::rc::Rc::strong_count(items) == 1,
            _ => false,
        }
    }
}
