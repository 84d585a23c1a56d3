//! Who a request comes from, and the keys derived from that.
//!
//! Correctness never depends on guessing a conversation (design §6): tokens depend on the client's key and, where the
//! client names one, its session; a response restores only what its own request minted. The conversation id serves only for
//! grouping and for the key of the encrypted payload.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;

use aws_lc_rs::hmac;
use http::HeaderMap;
use ombud_core::{DataType, Exchange, Role};
use ombud_ledger::Ledger;

use crate::calls::approve::Approver;
use crate::lock::locked;
use crate::wire::Wire;

/// Headers in which a client presents its own key, the most specific first.
const CREDENTIALS: &[&str] = &["x-ombud-key", "authorization", "x-api-key", "api-key", "x-goog-api-key"];

/// The label under which a caller's seed is derived.
pub const SEED: &str = "client";

/// The sender of a request, without the client's key itself.
#[derive(Clone)]
pub struct Caller {
    /// Digest of the client's key, for records.
    pub client: String,
    /// Pseudonym of the subject whom the client names.
    pub subject: Option<String>,
    /// The session that the client names.
    pub session: String,
    /// Digest of the gateway key that the client presents: what the edges have in common.
    pub tenant: String,
    seed: [u8; 32],
}

impl Caller {
    /// Reads the caller from the headers.
    pub fn of(ledger: &Ledger, headers: &HeaderMap) -> Self {
        let credential = credential(headers);
        let session =
            headers.get("x-ombud-session").and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            subject: subject_of(ledger, headers),
            tenant: tenant_of(ledger, headers),
            ..Self::new(ledger, credential, session)
        }
    }

    /// The caller with this key and session.
    pub fn new(ledger: &Ledger, credential: &[u8], session: &str) -> Self {
        Self::from_seed(ledger.derive_key(SEED, &[credential]), session)
    }

    /// The caller with the seed that the ledger or its vault derives for [`SEED`] and the client's key.
    pub fn from_seed(seed: [u8; 32], session: &str) -> Self {
        let client = hex(&digest(&seed, &[b"id"]));
        Self { tenant: client.clone(), client, session: session.to_owned(), subject: None, seed }
    }

    /// The scope of stored tokens; differs by client and session.
    pub fn scope(&self) -> String {
        hex(&digest(&self.seed, &self.own(&[b"scope", self.session.as_bytes()])))
    }

    /// The conversation an exchange belongs to: the session where there is one, otherwise what does not change while a
    /// conversation grows: the system prompt and the first user turn.
    pub fn conversation(&self, exchange: &Exchange) -> String {
        if !self.session.is_empty() {
            return hex(&digest(&self.seed, &self.own(&[b"session", self.session.as_bytes()])));
        }
        let mut parts: Vec<&[u8]> = vec![b"history"];
        for slot in &exchange.slots {
            match slot.role {
                Role::System | Role::Developer => parts.push(slot.text.as_bytes()),
                Role::User | Role::EmbeddingInput => {
                    parts.push(slot.text.as_bytes());
                    break;
                }
                _ => {}
            }
        }
        hex(&digest(&self.seed, &self.own(&parts)))
    }

    /// The parts and, where the client names a subject, the subject: data of one person never shares a key with that of
    /// another, so that each can be erased on its own.
    fn own<'a>(&'a self, parts: &[&'a [u8]]) -> Vec<&'a [u8]> {
        let subject = self.subject.as_deref().map(str::as_bytes);
        parts.iter().copied().chain(subject.map(|_| &b"subject"[..])).chain(subject).collect()
    }

    /// Generates the codes that release calls.
    pub fn approver(&self) -> Approver {
        Approver::new(&digest(&self.seed, &[b"approve", self.session.as_bytes()]), half_hour())
    }

    /// Marks the calls, in all sessions, that somebody outside has approved until further notice.
    pub fn keeper(&self) -> Approver {
        Self { session: String::new(), ..self.clone() }.approver()
    }

    /// The key for tokens. For embeddings the session is ignored, so that what is stored in one session is found in
    /// another.
    pub fn mint_key(&self, wire: Option<Wire>) -> MintKey {
        let session = if wire.is_some_and(Wire::across_sessions) { "" } else { &self.session };
        MintKey(hmac::Key::new(hmac::HMAC_SHA256, &digest(&self.seed, &[b"mask", session.as_bytes()])))
    }
}

/// The key that a client presents.
fn credential(headers: &HeaderMap) -> &[u8] {
    CREDENTIALS.iter().find_map(|name| headers.get(*name)).map_or(&b""[..], |value| value.as_bytes())
}

/// Cache of the last request's caller, who nearly always sends the next one too: deriving everything from a key takes a
/// dozen hashes. The entry is matched by two hashes under random keys drawn at process start; the credential itself is not
/// kept.
#[derive(Default)]
pub struct Last {
    keys: [RandomState; 2],
    caller: Mutex<Option<([u64; 2], Caller)>>,
}

impl Last {
    /// The caller of a request.
    pub fn caller(&self, ledger: &Ledger, headers: &HeaderMap) -> Caller {
        let named = ["x-ombud-session", "x-ombud-key", "x-ombud-subject"]
            .map(|name| headers.get(name).map(http::HeaderValue::as_bytes));
        let shown = self.keys.each_ref().map(|key| key.hash_one((credential(headers), named)));
        let known = locked(&self.caller).clone();
        if let Some((_, caller)) = known.filter(|(of, _)| *of == shown) {
            return caller;
        }
        let caller = Caller::of(ledger, headers);
        *locked(&self.caller) = Some((shown, caller.clone()));
        caller
    }
}

/// Number of the current half hour: the period in which approval codes are valid.
pub(crate) fn half_hour() -> u64 {
    const HALF_HOUR: i64 = 1800;
    u64::try_from(jiff::Timestamp::now().as_second() / HALF_HOUR).unwrap_or_default()
}

/// Digest of the gateway key that a client presents; subjects belong to it. Provider keys do not count, since the memory
/// edge never sees them.
pub fn tenant(ledger: &Ledger, key: &[u8]) -> String {
    hex(&digest(&ledger.derive_key(SEED, &[key]), &[b"id"]))
}

/// The tenant of a request.
pub fn tenant_of(ledger: &Ledger, headers: &HeaderMap) -> String {
    tenant(ledger, headers.get("x-ombud-key").map(http::HeaderValue::as_bytes).unwrap_or_default())
}

/// The pseudonym of a tenant's subject: a keyed digest, so that ids cannot be tried without this home's key.
pub fn pseudonym(ledger: &Ledger, tenant: &str, id: &str) -> String {
    format!("sub_{}", hex(&ledger.derive_key("subject", &[tenant.as_bytes(), id.as_bytes()])))
}

/// The pseudonym of the subject whom a request names.
pub fn subject_of(ledger: &Ledger, headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-ombud-subject")?.as_bytes();
    let id = percent(id);
    (!id.is_empty()).then(|| pseudonym(ledger, &tenant_of(ledger, headers), &String::from_utf8_lossy(&id)))
}

/// Decodes `%XX`: ids outside ASCII arrive percent-encoded in the header.
pub(crate) fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
}

/// The key under which the values of one caller become tokens.
pub struct MintKey(hmac::Key);

impl MintKey {
    /// A key from these bytes.
    #[cfg(test)]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// 40 bits of HMAC-SHA-256 over type, value and attempt.
    pub fn mint(&self, kind: DataType, value: &str, attempt: u32) -> [u8; 5] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind.name().as_bytes());
        context.update(&[0]);
        context.update(&attempt.to_be_bytes());
        context.update(value.as_bytes());
        let tag = context.sign();
        let mut bits = [0; 5];
        for (bit, byte) in bits.iter_mut().zip(tag.as_ref()) {
            *bit = *byte;
        }
        bits
    }
}

/// HMAC over length-prefixed parts, so that no two lists of parts give the same input.
fn digest(seed: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, seed);
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    for (place, byte) in out.iter_mut().zip(context.sign().as_ref()) {
        *place = *byte;
    }
    out
}

/// The first 128 bits in hexadecimal.
pub(crate) fn hex(bytes: &[u8; 32]) -> String {
    // Not by `format!`, which takes ten times as long: a request needs several of these.
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().take(16).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_caller_is_taken_for_nobody_else() {
        let home = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(home.path()).await.unwrap();
        let last = Last::default();
        let of = |caller: &Caller| {
            let Caller { client, subject, session, tenant, seed } = caller.clone();
            (client, subject, session, tenant, seed)
        };
        let shown: &[&[(&'static str, &str)]] = &[
            &[],
            &[("authorization", "Bearer one")],
            &[("authorization", "Bearer one")],
            &[("authorization", "Bearer two")],
            &[("authorization", "Bearer two"), ("x-ombud-session", "s")],
            &[("authorization", "Bearer two"), ("x-ombud-subject", "s")],
            &[("authorization", "Bearer two"), ("x-ombud-key", "s")],
            &[("x-api-key", "Bearer two"), ("x-ombud-key", "s")],
            &[("authorization", "Bearer one")],
        ];
        for pairs in shown {
            let mut headers = HeaderMap::new();
            for (name, value) in *pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            let known = last.caller(&ledger, &headers);
            assert_eq!(of(&known), of(&Caller::of(&ledger, &headers)), "{pairs:?}");
        }
        assert_eq!(hex(&[0x0a; 32]), "0a".repeat(16));
    }
}
