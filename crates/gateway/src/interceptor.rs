//! The seam for adversarial tests: exchanges at the model edge can be changed and watched. A gateway that protects real
//! people has no interceptor.

use ombud_core::Exchange;

use crate::wire::splice::Patch;

/// Stands between the agent and the gateway. Every method is called while an exchange is being processed, so it must be
/// quick and must not block; `exchange` is the value of `x-ombud-receipt`.
pub trait Interceptor: Send + Sync {
    /// Edits of a body that was just parsed. The gateway splices them in and parses the result again: everything that
    /// follows (detection, policy, log, provider) sees only the changed body.
    fn request(&self, exchange: &str, request: &Exchange) -> Vec<Patch> {
        let _ = (exchange, request);
        Vec::new()
    }

    /// Called with the body that leaves for the provider.
    fn left(&self, exchange: &str, body: &[u8]) {
        let _ = (exchange, body);
    }

    /// Called for a tool call that the model requested, with the decision as recorded in the log's `tool.intent`.
    fn call(&self, exchange: &str, tool: &str, id: Option<&str>, decision: &str) {
        let _ = (exchange, tool, id, decision);
    }

    /// Called when a response has ended, successfully or not.
    fn answer(&self, exchange: &str, answer: &Seen<'_>) {
        let _ = (exchange, answer);
    }
}

/// Both sides of a response.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// HTTP status from the provider, 0 if there was no response.
    pub status: u16,
    /// Whether it came as a stream of events.
    pub streamed: bool,
    /// Body from the provider, capped as for the log.
    pub came: &'a [u8],
    /// Body that the agent received; empty if the gateway refused to pass it on.
    pub given: &'a [u8],
}
