//! What became of requests on their way, from the log: how much of what left reached nobody, and whether it was looked into.

use std::collections::BTreeMap;

use ombud_core::event::{Event, EventKind, RequestRecord};
use ombud_core::flow::Flow;

/// The code of a request for which no connection came about.
const UNREACHABLE: &str = "ombud_provider_unreachable";

/// What is known of one provider.
#[derive(Debug, Default)]
struct Way {
    /// What was sent and did not reach it.
    lost: Flow,
    /// Texts that were inspected.
    looked_at: u64,
}

/// What became of requests.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Requests whose answer was not seen yet, by exchange.
    open: BTreeMap<String, Box<RequestRecord>>,
    ways: BTreeMap<String, Way>,
}

impl Reach {
    /// Takes in the next entry.
    pub(super) fn take(&mut self, event: &Event) {
        let exchange = event.exchange.as_deref().unwrap_or_default();
        match &event.kind {
            EventKind::Request(request) => {
                let way = self.ways.entry(request.provider.clone()).or_default();
                way.looked_at += request.slots.values().sum::<u64>();
                self.open.insert(exchange.to_owned(), request.clone());
            }
            EventKind::Response(answer) => {
                let Some(request) = self.open.remove(exchange) else { return };
                // Whoever did not answer in time may still have got it.
                if answer.code.as_deref() == Some(UNREACHABLE) {
                    lose(&mut self.ways.entry(request.provider.clone()).or_default().lost, &request);
                }
            }
            _ => {}
        }
    }

    /// What was sent to a provider and did not reach it.
    pub(super) fn lost(&self, provider: &str) -> Option<&Flow> {
        self.ways.get(provider).map(|way| &way.lost)
    }

    /// Whether all that was sent to a provider is known to have passed unread.
    pub(super) fn unread(&self, provider: &str) -> bool {
        self.ways.get(provider).is_some_and(|way| way.looked_at == 0)
    }
}

/// Counts a request as the gateway counts it when it leaves.
fn lose(lost: &mut Flow, request: &RequestRecord) {
    lost.requests += 1;
    lost.opaque += request.opaque.values().sum::<u64>() + u64::from(request.wire == "unread");
    lost.carry(&request.found, &request.masked);
}

/// What of a flow reached its recipient.
pub(super) fn without(flow: &Flow, lost: &Flow) -> Flow {
    let mut rest = flow.clone();
    rest.requests = rest.requests.saturating_sub(lost.requests);
    rest.opaque = rest.opaque.saturating_sub(lost.opaque);
    for (category, amount) in &lost.data {
        let sum = rest.data.entry(*category).or_default();
        sum.masked = sum.masked.saturating_sub(amount.masked);
        sum.clear = sum.clear.saturating_sub(amount.clear);
    }
    rest
}
