//! What has been released so far, for the limits of `[tools]`, where no history shows it: in the response being decided on, and
//! in a session of the tool edge.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use ombud_core::effect::Effect;
use ombud_core::gate::Done;

use super::arguments::Arguments;
use super::facts::amounts;

/// Maximum number of distinct calls counted.
const MOST: usize = 4096;

/// What a call counts for once it is released.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    same: u64,
    money: u64,
    reached: u32,
}

impl Counted {
    /// Returns the amount it pays; `u64::MAX` if that cannot be read.
    pub fn money(self) -> u64 {
        self.money
    }

    /// Returns the amount, or 0 if it cannot be read: such a call was asked about on its own.
    pub fn readable_money(self) -> u64 {
        if self.money == u64::MAX { 0 } else { self.money }
    }

    /// Sets the workflow step that the conversation reaches with this call.
    #[must_use]
    pub fn to_step(self, reached: u32) -> Self {
        Self { reached, ..self }
    }

    /// Returns the workflow step that the conversation reaches with this call.
    pub fn reached(self) -> u32 {
        self.reached
    }

    #[cfg(test)]
    pub(super) fn of_money(money: u64) -> Self {
        Self { money, ..Self::default() }
    }
}

/// The calls that were released.
#[derive(Debug, Default)]
pub struct Released {
    /// How often each call was released, by a digest under a random key of this instance, so that none of their content is kept.
    equal: HashMap<u64, u32>,
    by: RandomState,
    calls: u32,
    money: u64,
    /// The workflow step that the last of them led to.
    reached: u32,
}

impl Released {
    /// Returns what a tool call counts for.
    pub fn counted(&self, tool: &str, effect: Effect, arguments: &Arguments) -> Counted {
        let money = if effect == Effect::Pay { amounts(arguments) } else { 0 };
        self.called(tool, &arguments.canonical, money)
    }

    fn called(&self, tool: &str, canonical: &str, money: u64) -> Counted {
        Counted { same: self.by.hash_one((tool, canonical)), money, reached: 0 }
    }

    /// Returns the totals including this call, where `done` covers the call alone.
    pub fn with(&self, done: Done, call: Counted) -> Done {
        let equal = self.equal.get(&call.same).copied().unwrap_or_default();
        Done {
            equal: done.equal.saturating_add(equal),
            calls: done.calls.saturating_add(self.calls),
            money: done.money.saturating_add(self.money),
            reached: if self.calls > 0 { self.reached } else { done.reached },
            ..done
        }
    }

    /// Counts a released call.
    pub fn add(&mut self, call: Counted) {
        self.calls = self.calls.saturating_add(1);
        self.money = self.money.saturating_add(call.readable_money());
        self.reached = call.reached;
        if self.equal.len() >= MOST && !self.equal.contains_key(&call.same) {
            self.make_room();
        }
        let equal = self.equal.entry(call.same).or_default();
        *equal = equal.saturating_add(1);
    }

    /// Forgets the least frequent calls, so that many different ones do not hide one that keeps repeating.
    fn make_room(&mut self) {
        let mut counts: Vec<u32> = self.equal.values().copied().collect();
        counts.sort_unstable();
        let half = counts.get(MOST / 2).copied().unwrap_or(u32::MAX);
        self.equal.retain(|_, count| *count > half);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Done {
        Done { equal: 1, calls: 1, money: 5, ..Done::default() }
    }

    #[test]
    fn equal_calls_all_calls_and_money_add_up() {
        let mut released = Released::default();
        let (paid, other) = (released.called("pay", "{}", 5), released.called("pay", "[]", 0));
        assert_eq!(released.with(one(), paid), one());
        for call in [paid, paid, other] {
            released.add(call);
        }
        assert_eq!(released.with(one(), paid), Done { equal: 3, calls: 4, money: 15, ..Done::default() });
        assert_eq!(released.with(one(), other).equal, 2);
        assert_eq!(released.with(one(), released.called("read", "{}", 0)).equal, 1);
        // An unreadable amount exceeds every limit once and adds nothing.
        let unread = Counted { money: u64::MAX, ..paid };
        released.add(unread);
        assert_eq!(released.with(one(), paid).money, 15);
        released.add(Counted { money: u64::MAX - 1, ..paid });
        assert_eq!(released.with(one(), paid).money, u64::MAX);
    }

    #[test]
    fn many_different_calls_take_bounded_room_and_hide_no_loop() {
        let mut released = Released::default();
        let same = released.called("send", "{}", 0);
        for number in 0..3 * MOST {
            released.add(released.called("read", &number.to_string(), 0));
            if number % 1000 == 0 {
                released.add(same);
            }
        }
        assert!(released.equal.len() <= MOST);
        assert_eq!(released.with(one(), same).equal, 14);
    }
}
