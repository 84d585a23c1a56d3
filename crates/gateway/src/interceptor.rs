//! The seam for adversarial tests: what passes the model edge can be changed and watched. A gateway that protects real
//! people has none.

use ombud_core::Exchange;

use crate::wire::splice::Patch;

/// Stands between the agent and the gateway. Every method is called on the way of an exchange, so it must be quick and
/// must not block; `exchange` is the value of `x-ombud-receipt`.
pub trait Interceptor: Send + Sync {
    /// Edits of a body that was just read. The gateway splices them in and reads the result anew: all that follows
    /// (detection, policy, log, provider) sees the changed body only.
    fn request(&self, exchange: &str, request: &Exchange) -> Vec<Patch> {
        let _ = (exchange, request);
        Vec::new()
    }

    /// The body that leaves for the provider.
    fn left(&self, exchange: &str, body: &[u8]) {
        let _ = (exchange, body);
    }

    /// A tool call that the model asked for, with what was decided: the text of the log's `tool.intent`.
    fn call(&self, exchange: &str, tool: &str, id: Option<&str>, decision: &str) {
        let _ = (exchange, tool, id, decision);
    }

    /// An answer has ended, well or not.
    fn answer(&self, exchange: &str, answer: &Seen<'_>) {
        let _ = (exchange, answer);
    }
}

/// Both sides of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// HTTP status of the provider, 0 if it did not answer.
    pub status: u16,
    /// Whether it came as a stream of events.
    pub streamed: bool,
    /// Body of the provider, bounded as for the log.
    pub came: &'a [u8],
    /// Body that the agent was given; empty if the gateway refused to hand it on.
    pub given: &'a [u8],
}
