//! What a client has done today, in all of its conversations and sessions: `calls_per_day` and `money_per_day` under `[tools.limits]`.
//!
//! A conversation can be begun anew and a session opened again, so these are remembered outside of both, and of this process.

use ombud_core::gate::Done;

use crate::calls::released::Counted;

/// What was done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Today {
    /// Calls of all tools.
    pub calls: u32,
    /// The sum of what was paid, rounded up.
    pub money: u64,
}

impl Today {
    /// The same with one more call, beside what else is known of it.
    pub fn beside(self, done: Done, call: Counted) -> Done {
        let (day_calls, day_money) = (self.calls.saturating_add(1), self.money.saturating_add(call.money()));
        Done { day_calls, day_money, ..done }
    }
}

/// Where it is remembered. Quick: it is asked on the way of a call. What cannot be remembered counts as more than any limit.
pub trait Daily: Send + Sync {
    /// What a client has done today.
    fn today(&self, client: &str) -> Today;
    /// It did one more.
    fn add(&self, client: &str, money: u64);
}
