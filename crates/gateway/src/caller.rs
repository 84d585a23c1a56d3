//! Whose request it is, and the keys that follow from that.
//!
//! Correctness never depends on guessing a conversation (design §6): tokens depend on the client's key and, where the
//! client says so, its session; an answer restores what its own request minted. The conversation id serves grouping
//! and the key of the encrypted payload only.

use aws_lc_rs::hmac;
use http::HeaderMap;
use ombud_core::{DataType, Exchange, Role};
use ombud_ledger::Ledger;

use crate::calls::approve::Approver;
use crate::wire::Wire;

/// Headers in which a client shows its own key, first the most specific.
const CREDENTIALS: &[&str] = &["x-ombud-key", "authorization", "x-api-key", "api-key", "x-goog-api-key"];

/// The label under which a caller's seed is derived.
pub const SEED: &str = "client";

/// The origin of a request, without the client's key itself.
pub struct Caller {
    /// Digest of the client's key, for records.
    pub client: String,
    /// The session that the client names.
    session: String,
    seed: [u8; 32],
}

impl Caller {
    /// Reads the caller from the headers.
    pub fn of(ledger: &Ledger, headers: &HeaderMap) -> Self {
        let credential =
            CREDENTIALS.iter().find_map(|name| headers.get(*name)).map_or(&b""[..], |value| value.as_bytes());
        let session =
            headers.get("x-ombud-session").and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self::new(ledger, credential, session)
    }

    /// The caller with this key and session.
    pub fn new(ledger: &Ledger, credential: &[u8], session: &str) -> Self {
        Self::from_seed(ledger.derive_key(SEED, &[credential]), session)
    }

    /// The caller with the seed that the ledger or its vault derives for [`SEED`] and the client's key.
    pub fn from_seed(seed: [u8; 32], session: &str) -> Self {
        Self { client: hex(&digest(&seed, &[b"id"])), session: session.to_owned(), seed }
    }

    /// The scope of stored tokens: changes with client and session.
    pub fn scope(&self) -> String {
        hex(&digest(&self.seed, &[b"scope", self.session.as_bytes()]))
    }

    /// The conversation an exchange belongs to: the session where there is one, else what does not change while a
    /// conversation grows: the system prompt and the first turn.
    pub fn conversation(&self, exchange: &Exchange) -> String {
        if !self.session.is_empty() {
            return hex(&digest(&self.seed, &[b"session", self.session.as_bytes()]));
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
        hex(&digest(&self.seed, &parts))
    }

    /// What makes the codes that release calls.
    pub fn approver(&self) -> Approver {
        Approver::new(&digest(&self.seed, &[b"approve", self.session.as_bytes()]))
    }

    /// The key for tokens. For embeddings the session does not count, so that what is stored in one session is found
    /// in another.
    pub fn mint_key(&self, wire: Option<Wire>) -> MintKey {
        let session = if wire == Some(Wire::Embeddings) { "" } else { &self.session };
        MintKey(hmac::Key::new(hmac::HMAC_SHA256, &digest(&self.seed, &[b"mask", session.as_bytes()])))
    }
}

/// The key under which the values of one caller become tokens.
pub struct MintKey(hmac::Key);

impl MintKey {
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

/// HMAC over parts with their lengths, so that no two lists of parts give the same input.
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
fn hex(bytes: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    bytes.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
