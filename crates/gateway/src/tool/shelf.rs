//! What the model edge shares with the tool edge of the same gateway: the values behind its tokens, and the calls that it
//! has just released. Bounded, in memory only.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ombud_detect::mask::minted::Meaning;
use ombud_detect::mask::{Minted, Token};

use crate::lock::locked;

/// Requests whose tokens are kept, and the total number of their values: a value takes about 150 bytes. The values of the
/// newest request are always kept, for the call that its response requests.
const MOST_REQUESTS: usize = 256;
const MOST_VALUES: usize = 16 * 1024;

/// Released calls that are kept, and for how long.
const MOST_CALLS: usize = 1024;
const LIFE: Duration = Duration::from_mins(15);

/// The shelf of a gateway.
#[derive(Default)]
pub struct Shelf {
    minted: Mutex<Kept>,
    released: Mutex<VecDeque<Released>>,
}

/// The tokens of the newest requests, each with its tenant.
#[derive(Default)]
struct Kept {
    requests: VecDeque<(String, Arc<Minted>)>,
    /// Total number of values.
    values: usize,
}

impl Kept {
    fn add(&mut self, tenant: &str, minted: &Arc<Minted>) {
        self.values += minted.len();
        self.requests.push_back((tenant.to_owned(), Arc::clone(minted)));
        while self.requests.len() > MOST_REQUESTS || self.values > MOST_VALUES && self.requests.len() > 1 {
            let Some((_, oldest)) = self.requests.pop_front() else { return };
            self.values -= oldest.len();
        }
    }
}

struct Released {
    tenant: String,
    tool: String,
    arguments: String,
    at: Instant,
}

impl Shelf {
    /// Keeps the values behind the tokens of a tenant's request.
    pub fn keep(&self, tenant: &str, minted: &Arc<Minted>) {
        if !minted.is_empty() {
            locked(&self.minted).add(tenant, minted);
        }
    }

    /// Notes a call that was released.
    pub fn release(&self, tenant: &str, tool: &str, arguments: String) {
        let mut released = locked(&self.released);
        released.retain(|call| call.at.elapsed() < LIFE);
        let (tenant, tool) = (tenant.to_owned(), tool.to_owned());
        released.push_back(Released { tenant, tool, arguments, at: Instant::now() });
        while released.len() > MOST_CALLS {
            released.pop_front();
        }
    }

    /// The value behind a token, for a tenant; for the owner of the home (`None`), any tenant's.
    pub fn value(&self, tenant: Option<&str>, token: &Token) -> Option<(String, bool)> {
        let known = locked(&self.minted);
        let mut own =
            known.requests.iter().rev().filter(|(whose, _)| tenant.is_none_or(|tenant| tenant == whose));
        own.find_map(|(_, minted)| match minted.meaning(token)? {
            Meaning::Value(value) => Some((value.to_owned(), true)),
            Meaning::OneWay => Some((String::new(), false)),
        })
    }

    /// Uses up the release of a call. Clients put the name of the server before that of the tool.
    pub fn take(&self, tenant: Option<&str>, tool: &str, arguments: &str) -> bool {
        let mut released = locked(&self.released);
        let place = released.iter().position(|call| {
            tenant.is_none_or(|tenant| tenant == call.tenant)
                && call.at.elapsed() < LIFE
                && is_called(&call.tool, tool)
                && call.arguments == arguments
        });
        place.and_then(|place| released.remove(place)).is_some()
    }
}

fn is_called(name: &str, tool: &str) -> bool {
    let before = name.strip_suffix(tool);
    before.is_some_and(|before| before.is_empty() || before.ends_with(['_', '-', '.', '/', ':']))
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use super::*;

    #[test]
    fn a_release_counts_once_for_its_tenant() {
        let shelf = Shelf::default();
        shelf.release("one", "mcp__mail__send", "{\"to\":\"a\"}".into());
        assert!(!shelf.take(Some("two"), "send", "{\"to\":\"a\"}"));
        assert!(!shelf.take(Some("one"), "send", "{\"to\":\"b\"}"));
        assert!(!shelf.take(Some("one"), "end", "{\"to\":\"a\"}"));
        assert!(shelf.take(Some("one"), "send", "{\"to\":\"a\"}"));
        assert!(!shelf.take(None, "send", "{\"to\":\"a\"}"));
    }

    #[test]
    fn tokens_are_their_tenants() {
        let (shelf, mut minted) = (Shelf::default(), Minted::default());
        let token = minted.token(DataType::Email, "a@x.example", true, &|_, _, _| [3; 5]);
        shelf.keep("one", &Arc::new(minted));
        assert_eq!(shelf.value(Some("two"), &token), None);
        assert_eq!(shelf.value(None, &token), Some(("a@x.example".into(), true)));
    }

    #[test]
    fn many_values_push_out_old_ones_and_never_the_newest() {
        let minted_with = |values: usize, first: u8| {
            let mut minted = Minted::default();
            for number in 0..values {
                let digest = |_, _: &str, _| {
                    let [.., a, b, c] = number.to_be_bytes();
                    [first, 0, a, b, c]
                };
                minted.token(DataType::Email, &format!("{number}@{first}.example"), true, &digest);
            }
            let (token, _) = minted.iter().next().unwrap();
            (Arc::new(minted), token)
        };
        let shelf = Shelf::default();
        let (small, first) = minted_with(1, 1);
        let (large, second) = minted_with(MOST_VALUES, 2);
        shelf.keep("one", &small);
        assert!(shelf.value(None, &first).is_some());
        shelf.keep("one", &large);
        assert!(shelf.value(None, &second).is_some());
        assert!(shelf.value(None, &first).is_none());
        let kept = shelf.minted.lock().unwrap();
        assert_eq!((kept.requests.len(), kept.values), (1, MOST_VALUES));
    }
}
