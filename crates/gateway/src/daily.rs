//! What a client has done today, in all of its conversations and sessions: `calls_per_day` and `money_per_day` under
//! `[tools.limits]`.
//!
//! A new conversation or session can be started at will, so these totals are kept outside of both, and of this process.

use ombud_core::gate::Done;

use crate::calls::released::Counted;

/// Today's totals so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Today {
    /// Calls of all tools.
    pub calls: u32,
    /// The sum of payments, rounded up.
    pub money: u64,
}

impl Today {
    /// Fills the day's totals into `done`, counting one more call.
    pub fn beside(self, done: Done, call: Counted) -> Done {
        let (day_calls, day_money) = (self.calls.saturating_add(1), self.money.saturating_add(call.money()));
        Done { day_calls, day_money, ..done }
    }
}

/// Where today's totals are stored. Must be quick: it is called while a call is being decided. What cannot be stored counts
/// as more than any limit.
pub trait Daily: Send + Sync {
    /// What a client has done today.
    fn today(&self, client: &str) -> Today;
    /// Adds one call.
    fn add(&self, client: &str, money: u64);
}
