//! What the tables say of a path alone, whatever its arguments. A program uses the same few paths again and again, so
//! the result is computed once.

use super::{guards, last, root, sources};
use crate::code::consent;
use crate::facts::Taint;

/// What is known of a path.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each queried on its own")]
pub(in crate::code) struct Known {
    /// Whether it authenticates the caller.
    pub identifies: bool,
    /// What reading it yields, if it is a source.
    pub source: Option<Taint>,
    /// What calling it yields besides its arguments' taint.
    pub called: Taint,
    /// Whether the result of a call is masked.
    pub masks: bool,
    /// Whether the result of a call is encrypted.
    pub encrypts: bool,
    /// Whether the result of a call says nothing of the arguments.
    pub clears: bool,
    /// Whether it writes to a log or a trace.
    pub logs: bool,
    /// Whether it limits the rate of requests.
    pub limits: bool,
    /// Whether it schedules its argument to run repeatedly.
    pub schedules: bool,
    /// Whether a call answers whether consent was given.
    pub asks: bool,
    /// Whether a call returns only with consent.
    pub insists: bool,
}

/// Whether a call answers whether consent was given, and whether it returns only with consent.
fn of_consent(path: &str) -> (bool, bool) {
    match (root(path), last(path)) {
        // The SDK's wrapper only creates a function; consent is asked when that is called.
        ("ombud", "user_consent_required" | "userConsentRequired") => (false, false),
        ("ombud", "ensure" | "ensure_async") if path.contains(".consent.") => (true, true),
        ("ombud", "ask") if path.contains(".consent.") => (true, false),
        _ => {
            let asks = path.contains('.') && consent::answers(path);
            (asks, asks && consent::insists(path))
        }
    }
}

impl Known {
    /// Looks a path up in the tables.
    pub(in crate::code) fn of(path: &str) -> Self {
        let (asks, insists) = of_consent(path);
        Self {
            identifies: guards::identifies(path),
            source: sources::of(path),
            called: sources::of(&[path, "()"].concat()).unwrap_or_default(),
            masks: sources::masks(path),
            encrypts: sources::encrypts(path),
            clears: sources::clears(path),
            logs: guards::logs(path),
            limits: guards::limits(path),
            schedules: guards::schedules(path),
            asks,
            insists,
        }
    }
}
