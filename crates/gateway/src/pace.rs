//! Rate and volume limits: requests per minute of a client, tokens of a conversation. An agent stuck in a loop costs its
//! operator this budget, not a month's.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wire::json::{Doc, Node};

/// How many clients and how many conversations are tracked.
const MOST: usize = 10_000;

const MINUTE: Duration = Duration::from_mins(1);

/// `[limits]` of `ombud.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Model requests per client and minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens of one conversation, input and output, since the gateway started.
    pub tokens: Option<u64>,
}

/// A limit that a request would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Too many requests; the value is the number of seconds until one is allowed.
    Rate(u64),
    /// The conversation has used up this many tokens.
    Tokens(u64),
}

/// Usage by clients and conversations.
#[derive(Debug, Default)]
pub struct Pace {
    requests: Known<VecDeque<Duration>>,
    tokens: Known<u64>,
}

/// Values by name, for at most [`MOST`] names; the one idle for longest is dropped first.
#[derive(Debug)]
struct Known<T> {
    by_name: HashMap<String, (T, u64)>,
    /// The names in the order in which they were last used.
    order: BTreeMap<u64, String>,
    next: u64,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), order: BTreeMap::new(), next: 0 }
    }
}

impl<T: Default> Known<T> {
    fn of(&mut self, name: &str) -> &mut T {
        self.next += 1;
        match self.by_name.get(name) {
            Some((_, last)) => drop(self.order.remove(last)),
            None if self.by_name.len() >= MOST => {
                let first = self.order.pop_first();
                first.and_then(|(_, silent)| self.by_name.remove(&silent));
            }
            None => {}
        }
        self.order.insert(self.next, name.to_owned());
        let (own, last) = self.by_name.entry(name.to_owned()).or_default();
        *last = self.next;
        own
    }
}

impl Pace {
    /// Checks whether a request may leave now and counts it if so. `now` is the time since the gateway started.
    pub fn admit(
        &mut self,
        limits: &Limits,
        client: &str,
        conversation: &str,
        now: Duration,
    ) -> Result<(), Over> {
        if let Some(most) = limits.tokens
            && self.tokens.by_name.get(conversation).is_some_and(|(used, _)| *used >= most)
        {
            // A conversation that is still in use is not idle.
            self.tokens.of(conversation);
            return Err(Over::Tokens(most));
        }
        limits.requests_per_minute.map_or(Ok(()), |most| self.request(most, client, now))
    }

    fn request(&mut self, most: u32, client: &str, now: Duration) -> Result<(), Over> {
        let times = self.requests.of(client);
        while times.front().is_some_and(|first| *first + MINUTE <= now) {
            times.pop_front();
        }
        if times.len() >= most as usize {
            let room = times.front().map_or(MINUTE, |first| (*first + MINUTE).saturating_sub(now));
            return Err(Over::Rate(room.as_secs().max(1)));
        }
        times.push_back(now);
        Ok(())
    }

    /// Counts the tokens of a response.
    pub fn spend(&mut self, conversation: &str, tokens: u64) {
        let used = self.tokens.of(conversation);
        *used = used.saturating_add(tokens);
    }
}

/// Tokens as counted by the provider, as far as its frames have reported them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Input tokens.
    pub read: u64,
    /// Output tokens.
    pub written: u64,
}

impl Used {
    /// Takes the counts from a document. Later counts of a response include earlier ones.
    pub fn see(&mut self, doc: &Doc<'_>) {
        let root = doc.root();
        for path in [&["usage"][..], &["message", "usage"], &["response", "usage"]] {
            if let Some(usage) = doc.path(root, path) {
                self.read = self.read.max(count(doc, usage, &["prompt_tokens", "input_tokens"]));
                self.written = self.written.max(count(doc, usage, &["completion_tokens", "output_tokens"]));
            }
        }
    }

    /// Whether any count was reported.
    pub fn is_known(self) -> bool {
        self.read + self.written > 0
    }
}

fn count(doc: &Doc<'_>, usage: Node, keys: &[&str]) -> u64 {
    let number = |key: &&str| doc.raw(doc.get(usage, key)?).parse::<u32>().ok();
    keys.iter().find_map(number).map_or(0, u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::Keys;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_minute_has_room_for_so_many_requests_of_each_client() {
        let limits = Limits { requests_per_minute: Some(2), ..Limits::default() };
        let mut pace = Pace::default();
        let mut ask = |client: &str, now| pace.admit(&limits, client, "c", at(now));
        assert_eq!((ask("a", 0), ask("a", 10), ask("a", 20)), (Ok(()), Ok(()), Err(Over::Rate(40))));
        assert_eq!(ask("b", 20), Ok(()));
        assert_eq!((ask("a", 60), ask("a", 61)), (Ok(()), Err(Over::Rate(9))));
    }

    #[test]
    fn a_conversation_has_so_many_tokens_and_another_its_own() {
        let limits = Limits { tokens: Some(100), ..Limits::default() };
        let mut pace = Pace::default();
        pace.spend("c", 99);
        assert_eq!(pace.admit(&limits, "a", "c", at(1)), Ok(()));
        pace.spend("c", 1);
        assert_eq!(pace.admit(&limits, "a", "c", at(2)), Err(Over::Tokens(100)));
        assert_eq!(pace.admit(&limits, "a", "d", at(2)), Ok(()));
        assert_eq!(pace.admit(&Limits::default(), "a", "c", at(2)), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limits = Limits { requests_per_minute: Some(1), ..Limits::default() };
        let mut pace = Pace::default();
        // All of them in the same minute.
        for number in 0..MOST + 50 {
            pace.spend(&number.to_string(), 1);
            pace.spend("busy", 1);
            assert_eq!(pace.admit(&limits, &number.to_string(), "", at(0)), Ok(()));
        }
        assert!(pace.tokens.by_name.len() <= MOST && pace.requests.by_name.len() <= MOST);
        assert!(pace.tokens.order.len() <= MOST && pace.requests.order.len() <= MOST);
        assert!(pace.tokens.by_name.contains_key(&(MOST + 49).to_string()));
        assert!(!pace.tokens.by_name.contains_key("0") && pace.tokens.by_name.contains_key("busy"));
    }

    #[test]
    fn counts_of_every_wire() {
        let mut used = Used::default();
        for frame in [
            r#"{"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}"#,
            r#"{"type":"message_delta","usage":{"output_tokens":7}}"#,
        ] {
            used.see(&Doc::parse(frame.as_bytes(), Keys::Any).unwrap());
        }
        assert_eq!(used, Used { read: 9, written: 7 });
        for body in [
            r#"{"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#,
            r#"{"response":{"usage":{"input_tokens":3,"output_tokens":2}}}"#,
        ] {
            let mut used = Used::default();
            used.see(&Doc::parse(body.as_bytes(), Keys::Any).unwrap());
            assert_eq!(used, Used { read: 3, written: 2 }, "{body}");
        }
        let mut none = Used::default();
        none.see(
            &Doc::parse(br#"{"usage":{"prompt_tokens":-1,"completion_tokens":"x"}}"#, Keys::Any).unwrap(),
        );
        assert!(!none.is_known());
    }
}
