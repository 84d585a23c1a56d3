//! What has been released so far, where no history shows it: in the last minute (`calls_per_minute` under `[tools.limits]`), and
//! in a session whose history the agent may cut.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use ombud_core::gate::Done;

use super::released::Counted;
use crate::lock::locked;

const MINUTE: Duration = Duration::from_mins(1);

/// Maximum number of scopes remembered; the one that has been silent longest is forgotten first.
const MOST: usize = 4096;

/// Maximum number of calls remembered per scope: more than any sensible limit.
const LONGEST: usize = 10_000;

/// Whose calls they are.
#[derive(Debug, Clone, Default)]
pub struct Whose {
    /// The client and its session.
    pub scope: String,
    /// Whether they form one conversation, so that calls and money add up.
    pub sums: bool,
}

/// What one scope has done.
#[derive(Debug, Default)]
struct Own {
    times: VecDeque<Duration>,
    calls: u32,
    money: u64,
    /// The workflow step that the last call led to.
    reached: u32,
    last: Duration,
}

/// The calls of all scopes.
#[derive(Debug, Default)]
pub struct Recent(Mutex<HashMap<String, Own>>);

impl Recent {
    /// Returns the totals including one more call: those of the history, or those known here if greater; a session's workflow
    /// step is always the one known here. `now` is the time since a start that is the same for all scopes.
    pub fn beside(&self, whose: &Whose, now: Duration, done: Done, call: Counted) -> Done {
        let mut known = locked(&self.0);
        let Some(own) = known.get_mut(&whose.scope) else { return Done { minute: 1, ..done } };
        while own.times.front().is_some_and(|first| *first + MINUTE <= now) {
            own.times.pop_front();
        }
        let minute = u32::try_from(own.times.len()).unwrap_or(u32::MAX).saturating_add(1);
        if !whose.sums {
            return Done { minute, ..done };
        }
        Done {
            minute,
            calls: done.calls.max(own.calls.saturating_add(1)),
            money: done.money.max(own.money.saturating_add(call.money())),
            reached: own.reached,
            ..done
        }
    }

    /// Counts a released call.
    pub fn add(&self, whose: &Whose, now: Duration, call: Counted) {
        let mut known = locked(&self.0);
        if known.len() >= MOST && !known.contains_key(&whose.scope) {
            let oldest = known.iter().min_by_key(|(_, own)| own.last).map(|(scope, _)| scope.clone());
            oldest.and_then(|scope| known.remove(&scope));
        }
        let own = known.entry(whose.scope.clone()).or_default();
        own.last = now;
        own.calls = own.calls.saturating_add(1);
        own.money = own.money.saturating_add(call.readable_money());
        own.reached = call.reached();
        own.times.push_back(now);
        if own.times.len() > LONGEST {
            own.times.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(scope: &str, sums: bool) -> Whose {
        Whose { scope: scope.into(), sums }
    }

    #[test]
    fn a_minute_counts_and_no_more_of_each_alone() {
        let (recent, at, call) = (Recent::default(), Duration::from_secs, Counted::default());
        let minute =
            |scope: &str, now| recent.beside(&whose(scope, false), at(now), Done::default(), call).minute;
        assert_eq!(minute("a", 0), 1);
        for second in [0, 10, 20] {
            recent.add(&whose("a", false), at(second), call);
        }
        assert_eq!((minute("a", 59), minute("b", 59)), (4, 1));
        assert_eq!((minute("a", 60), minute("a", 81)), (3, 1));
    }

    #[test]
    fn a_session_adds_up_whatever_its_history_says() {
        let (recent, now) = (Recent::default(), Duration::ZERO);
        let pay = Counted::of_money(90);
        recent.add(&whose("a", true), now, pay);
        let told = Done { equal: 1, calls: 1, money: 90, ..Done::default() };
        let sums = |scope: &str, sums| recent.beside(&whose(scope, sums), now, told, pay);
        assert_eq!((sums("a", true).calls, sums("a", true).money), (2, 180));
        assert_eq!((sums("a", false).calls, sums("a", false).money), (1, 90));
        assert_eq!((sums("b", true).calls, sums("b", true).money), (1, 90));
    }
}
