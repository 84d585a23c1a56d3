//! Requests and calls in flight: they have left, and it is not yet known whether they reached anybody.

use std::collections::BTreeMap;

use super::Flow;
use crate::event::ResponseRecord;

/// Response code of a request for which no connection could be established.
const UNREACHABLE: &str = "ombud_provider_unreachable";

/// Whether a request reached nobody. A recipient that timed out or broke off may still have received it.
pub fn reached_nobody(answer: &ResponseRecord) -> bool {
    answer.code.as_deref() == Some(UNREACHABLE)
}

/// Requests and calls of a log whose responses have not been read yet, by exchange: where they went and what they
/// carried.
#[derive(Debug, Clone, PartialEq)]
pub struct OnTheWay<K>(BTreeMap<String, (K, Flow)>);

impl<K> Default for OnTheWay<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K> OnTheWay<K> {
    /// Records a request that has left.
    pub fn left(&mut self, exchange: &str, to: K, carried: Flow) {
        self.0.insert(exchange.to_owned(), (to, carried));
    }

    /// Removes a request whose response has arrived, and returns it if it turns out to have reached nobody.
    pub fn answered(&mut self, exchange: &str, answer: &ResponseRecord) -> Option<(K, Flow)> {
        self.0.remove(exchange).filter(|_| reached_nobody(answer))
    }

    /// The same for a call at the tool edge, by its outcome.
    pub fn ended(&mut self, exchange: &str, outcome: &str) -> Option<(K, Flow)> {
        self.0.remove(exchange).filter(|_| outcome == UNREACHABLE)
    }
}
