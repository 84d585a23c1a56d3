//! Requests and calls that have left and of which it is not known yet whether they reached anybody.

use std::collections::BTreeMap;

use super::Flow;
use crate::event::ResponseRecord;

/// The code of an answer to a request for which no connection came about.
const UNREACHABLE: &str = "ombud_provider_unreachable";

/// Whether a request reached nobody. Whoever did not answer in time, or broke off, may still have got it.
pub fn reached_nobody(answer: &ResponseRecord) -> bool {
    answer.code.as_deref() == Some(UNREACHABLE)
}

/// Requests and calls of a log whose answers have not been read, by exchange: to whom they went and what they carried.
#[derive(Debug, Clone, PartialEq)]
pub struct OnTheWay<K>(BTreeMap<String, (K, Flow)>);

impl<K> Default for OnTheWay<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K> OnTheWay<K> {
    /// Remembers a request that has left.
    pub fn left(&mut self, exchange: &str, to: K, carried: Flow) {
        self.0.insert(exchange.to_owned(), (to, carried));
    }

    /// Forgets a request whose answer is there, and hands it out if it turns out to have reached nobody.
    pub fn answered(&mut self, exchange: &str, answer: &ResponseRecord) -> Option<(K, Flow)> {
        self.0.remove(exchange).filter(|_| reached_nobody(answer))
    }

    /// The same for a call at the tool edge, by how it ended.
    pub fn ended(&mut self, exchange: &str, outcome: &str) -> Option<(K, Flow)> {
        self.0.remove(exchange).filter(|_| outcome == UNREACHABLE)
    }
}
