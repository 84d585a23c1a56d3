//! Calls of the last minute, for `calls_per_minute` under `[tools.limits]`: no history says when they were made.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// Whose calls are remembered.
const MOST: usize = 4096;

/// Calls of one of them that are remembered: more than any limit that makes sense.
const LONGEST: usize = 10_000;

/// The calls of everybody.
#[derive(Debug, Default)]
pub struct Recent(Mutex<HashMap<String, VecDeque<Duration>>>);

impl Recent {
    /// How many there are in the last minute with one more. `now` is the time since a beginning that is the same for all.
    pub fn with_one(&self, whose: &str, now: Duration) -> u32 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(times) = known.get_mut(whose) else { return 1 };
        while times.front().is_some_and(|first| *first + MINUTE <= now) {
            times.pop_front();
        }
        u32::try_from(times.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// One was released.
    pub fn add(&self, whose: &str, now: Duration) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(whose) {
            known.retain(|_, times| times.back().is_some_and(|last| *last + MINUTE > now));
        }
        let times = known.entry(whose.to_owned()).or_default();
        times.push_back(now);
        if times.len() > LONGEST {
            times.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_counts_and_no_more_of_each_alone() {
        let (recent, at) = (Recent::default(), Duration::from_secs);
        assert_eq!(recent.with_one("a", at(0)), 1);
        for second in [0, 10, 20] {
            recent.add("a", at(second));
        }
        assert_eq!((recent.with_one("a", at(59)), recent.with_one("b", at(59))), (4, 1));
        assert_eq!((recent.with_one("a", at(60)), recent.with_one("a", at(81))), (3, 1));
    }
}
