//! A cache of results for texts that recur: an agent sends its whole history with every turn, so a turn should cost only
//! what is new in it.
//!
//! A text is identified by a hash under a key drawn at random when the process starts, so nobody can prepare two texts that
//! collide. The hash includes the client: no client receives, or can infer from response times, what was computed for
//! another. What has not recurred for a while is dropped.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ombud_core::Detection;

use crate::lock::locked;

/// Detections of one text: spans, types and scores, never text.
pub type Detections = Arc<[Detection]>;

/// A value that can be cached; cloning it must be cheap.
pub trait Keep: Clone {
    /// Approximate number of bytes that keeping it takes.
    fn weight(&self) -> usize;
}

impl<T> Keep for Arc<[T]> {
    fn weight(&self) -> usize {
        size_of_val::<[T]>(self)
    }
}

impl Keep for bool {
    fn weight(&self) -> usize {
        0
    }
}

/// Default size of a generation in bytes. Two are kept, so what recurred within the last generation stays.
const ROOM: usize = 1 << 20;

/// Maximum age of a generation: what has not recurred in twice this time is dropped at the next lookup.
const AGE: Duration = Duration::from_mins(5);

/// The hash of a text and its client, and the length of the text.
type Key = (u64, usize);

/// A cache of bounded size and age.
pub struct Recall<V> {
    hasher: RandomState,
    room: usize,
    age: Duration,
    seen: Mutex<Generations<V>>,
}

struct Generations<V> {
    young: Generation<V>,
    old: Generation<V>,
    born: Instant,
}

struct Generation<V> {
    known: HashMap<Key, V>,
    weight: usize,
}

impl<V> Default for Generation<V> {
    fn default() -> Self {
        Self { known: HashMap::new(), weight: 0 }
    }
}

impl<V: Keep> Default for Recall<V> {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

impl<V: Keep> Recall<V> {
    /// A cache with `room` bytes per generation.
    pub fn of(room: usize) -> Self {
        Self::within(room, AGE)
    }

    fn within(room: usize, age: Duration) -> Self {
        let (young, old) = Default::default();
        let seen = Generations { young, old, born: Instant::now() };
        Self { hasher: RandomState::new(), room, age, seen: Mutex::new(seen) }
    }

    /// Returns the cached result for a client's text, or computes it with `work`. `about` is what the result depends on.
    pub fn or_work(&self, client: &str, about: impl Hash, length: usize, work: impl FnOnce() -> V) -> V {
        let key = (self.hasher.hash_one((client, about)), length);
        self.get(key).unwrap_or_else(|| {
            let value = work();
            self.keep(key, value.clone());
            value
        })
    }

    fn get(&self, key: Key) -> Option<V> {
        let mut seen = locked(&self.seen);
        seen.forget(self.age);
        if let Some(value) = seen.young.known.get(&key) {
            return Some(value.clone());
        }
        let value = seen.old.known.remove(&key)?;
        seen.old.weight -= weight(&value);
        seen.add(key, value.clone(), self.room);
        Some(value)
    }

    fn keep(&self, key: Key, value: V) {
        // A value that would evict much of the rest is not kept.
        if weight(&value) <= self.room / 2 {
            locked(&self.seen).add(key, value, self.room);
        }
    }
}

impl<V: Keep> Generations<V> {
    fn add(&mut self, key: Key, value: V, room: usize) {
        if self.young.weight + weight(&value) > room {
            self.turn();
        }
        let added = weight(&value);
        let before = self.young.known.insert(key, value).map_or(0, |value| weight(&value));
        self.young.weight += added;
        self.young.weight -= before;
    }

    fn turn(&mut self) {
        self.old = std::mem::take(&mut self.young);
        self.born = Instant::now();
    }

    fn forget(&mut self, age: Duration) {
        let grown = self.born.elapsed();
        if grown >= age {
            self.turn();
        }
        if grown >= age * 2 {
            self.old = Generation::default();
        }
    }
}

/// Includes the entry in a hash table that is never full.
fn weight<V: Keep>(value: &V) -> usize {
    2 * size_of::<(Key, V)>() + 2 * size_of::<usize>() + value.weight()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use ombud_core::DataType;
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn found(count: usize) -> Detections {
        let one = Detection { span: 0..1, kind: DataType::Phone, score: 1.0, recogniser: "test" };
        vec![one; count].into()
    }

    /// Whether the detections of a text are computed again.
    fn works(recall: &Recall<Detections>, client: &str, text: &str, count: usize) -> bool {
        let worked = Cell::new(false);
        let known = recall.or_work(client, text, text.len(), || {
            worked.set(true);
            found(count)
        });
        assert_eq!(known.len(), count);
        worked.get()
    }

    fn weights(recall: &Recall<Detections>) -> [usize; 2] {
        let seen = recall.seen.lock().unwrap();
        for generation in [&seen.young, &seen.old] {
            assert_eq!(generation.weight, generation.known.values().map(weight).sum::<usize>());
        }
        [seen.young.weight, seen.old.weight]
    }

    #[test]
    fn a_text_costs_once_and_only_its_own_client() {
        let recall = Recall::default();
        let text = "a text that comes again";
        assert!(works(&recall, "one", text, 2));
        assert!(!works(&recall, "one", text, 2));
        // A different number of detections shows that nothing of the first client's is returned.
        assert!(works(&recall, "two", text, 3));
        assert!(!works(&recall, "two", text, 3));
        assert!(!works(&recall, "one", text, 2));
        // The boundary between the client's name and the text is part of the hash.
        assert!(works(&recall, "onea", &text[1..], 2));
    }

    #[test]
    fn what_comes_again_outlives_what_does_not() {
        let recall = Recall::within(64 * weight(&found(1)), HOUR);
        let again = "the system prompt comes again";
        works(&recall, "one", again, 1);
        for number in 0..1000 {
            works(&recall, "one", &format!("this text comes only once: {number}"), 1);
            assert!(!works(&recall, "one", again, 1), "forgotten after {number}");
        }
        assert!(works(&recall, "one", "this text comes only once: 1", 1));
    }

    #[test]
    fn what_is_too_large_pushes_nobody_out() {
        let recall = Recall::within(4096, HOUR);
        assert!(works(&recall, "one", "a text of a usual size", 1));
        assert!(works(&recall, "one", "a text with very many values", 1000));
        assert!(works(&recall, "one", "a text with very many values", 1000));
        assert!(!works(&recall, "one", "a text of a usual size", 1));
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let recall = Recall::within(4096, Duration::ZERO);
        assert!(works(&recall, "one", "a text", 1));
        assert!(works(&recall, "one", "a text", 1));
        assert_eq!(weights(&recall)[1], 0);
    }

    proptest! {
        #[test]
        fn memory_is_bounded_whatever_comes(
            texts in prop::collection::vec((0..40_usize, 0..30_usize), 1..400),
        ) {
            let (room, recall) = (4096, Recall::within(4096, HOUR));
            for (text, count) in texts {
                // The number of detections depends on the text.
                works(&recall, "one", &format!("text {text} with {count} values"), count);
                let [young, old] = weights(&recall);
                prop_assert!(young <= room && old <= room);
            }
        }
    }
}
