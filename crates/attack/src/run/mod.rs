//! One attack from beginning to end: what is injected where, what is observed, and the verdict.

mod case;
mod poison;
mod spoken;
mod trace;
mod verdict;

pub use case::{Case, Wording, cases};
pub use poison::Attacker;
pub use trace::{Call, Step, Trace};
pub use verdict::{Ended, Outcome, Stage, Verdict, judge};
