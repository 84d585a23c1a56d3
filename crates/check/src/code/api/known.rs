//! What the tables say of a path by itself, whatever it is called with. A program asks for the same few paths again and
//! again: the answer is worked out once.

use super::{guards, last, root, sources};
use crate::code::consent;
use crate::facts::Taint;

/// What is known of a path.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each asked for by itself")]
pub(in crate::code) struct Known {
    /// It makes sure of the caller.
    pub identifies: bool,
    /// What reading it yields, if it is a source.
    pub source: Option<Taint>,
    /// What a call of it yields beside what goes in.
    pub called: Taint,
    /// The result of a call is masked.
    pub masks: bool,
    /// The result of a call is encrypted.
    pub encrypts: bool,
    /// The result of a call says nothing of what went in.
    pub clears: bool,
    /// It writes to a log or a trace.
    pub logs: bool,
    /// It limits the number of requests.
    pub limits: bool,
    /// What it takes runs again and again.
    pub schedules: bool,
    /// A call answers whether there is consent.
    pub asks: bool,
    /// A call does not come back without consent.
    pub insists: bool,
}

/// Whether a call answers whether there is consent, and whether it does not come back without.
fn of_consent(path: &str) -> (bool, bool) {
    match (root(path), last(path)) {
        // The SDK's wrapper only makes a function. Who calls that is asked.
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
    /// Works it out.
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
