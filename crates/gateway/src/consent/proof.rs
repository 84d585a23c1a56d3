//! The proof of consent: signed claims, verified without any lookup.
//!
//! `base64url(claims as JSON) . base64url(Ed25519 signature over "ombud/consent-proof/1\0" ‖ the first part)`. The key is
//! derived from the master key of the home. A proof is valid for at most 15 minutes, and only while its epoch matches the
//! subject's.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ombud_ledger::Ledger;
use serde::{Deserialize, Serialize};

/// How long a proof is valid, in seconds.
pub const LIFE: i64 = 15 * 60;

/// Longer texts are rejected.
const MAX_LENGTH: usize = 2048;

/// What a signed text is for. Each use has its own signing label, so that none passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Grants access for a purpose.
    Proof,
    /// Shows that a question was asked; it is handed back with the answer.
    Question,
    /// Shows that a receipt comes from this home.
    Receipt,
}

impl Use {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Proof => b"ombud/consent-proof/1\0",
            Self::Question => b"ombud/consent-question/1\0",
            Self::Receipt => b"ombud/receipt/1\0",
        }
    }
}

/// The signed claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Version, 1.
    pub v: u32,
    /// Pseudonym of the subject.
    pub subject: String,
    /// The purpose.
    pub purpose: String,
    /// The session it is bound to; empty for any.
    pub session: String,
    /// SHA-256 of the notice that was shown, hexadecimal; `None` if there was none.
    pub notice: Option<String>,
    /// Time of issue, in seconds since 1970.
    pub issued: i64,
    /// Time of expiry, in seconds since 1970, at most [`LIFE`] after `issued`.
    pub expires: i64,
    /// A unique id.
    pub nonce: String,
    /// The subject's epoch at the time of issue.
    pub epoch: u64,
}

/// Why a proof is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is malformed.
    #[error("the consent proof is malformed")]
    Malformed,
    /// It was altered, or made by another home.
    #[error("the consent proof was not made here")]
    Forged,
    /// It has expired.
    #[error("the consent proof has expired")]
    Expired,
}

/// Signs and verifies for one home.
pub struct Notary {
    key: Ed25519KeyPair,
}

impl Notary {
    /// The notary of a home; `None` if the system's cryptography fails.
    pub fn of(ledger: &Ledger) -> Option<Self> {
        let seed = ledger.derive_key("consent", &[]);
        Ed25519KeyPair::from_seed_unchecked(&seed).ok().map(|key| Self { key })
    }

    /// Claims as a signed text.
    pub fn sign(&self, claims: &Claims, which: Use) -> String {
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).unwrap_or_default());
        let signature = self.signature(body.as_bytes(), which);
        format!("{body}.{signature}")
    }

    /// The signature of a text, base64url.
    pub fn signature(&self, text: &[u8], which: Use) -> String {
        URL_SAFE_NO_PAD.encode(self.key.sign(&[which.label(), text].concat()).as_ref())
    }

    /// The public key, base64url.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref())
    }

    /// Returns the claims of a signed text that was made here and has not expired at `now`.
    pub fn open(&self, text: &str, which: Use, now: i64) -> Result<Claims, Fault> {
        if text.len() > MAX_LENGTH {
            return Err(Fault::Malformed);
        }
        let (body, signature) = text.split_once('.').ok_or(Fault::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Fault::Malformed)?;
        let key = UnparsedPublicKey::new(&ED25519, self.key.public_key().as_ref());
        key.verify(&[which.label(), body.as_bytes()].concat(), &signature).map_err(|_| Fault::Forged)?;
        let claims = URL_SAFE_NO_PAD.decode(body).map_err(|_| Fault::Malformed)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| Fault::Malformed)?;
        let life = claims.expires.saturating_sub(claims.issued);
        if claims.v != 1 || !(0..=LIFE).contains(&life) {
            return Err(Fault::Malformed);
        }
        if now >= claims.expires || now < claims.issued.saturating_sub(60) {
            return Err(Fault::Expired);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notary(seed: u8) -> Notary {
        Notary { key: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap() }
    }

    fn claims() -> Claims {
        Claims {
            v: 1,
            subject: "sub_1".into(),
            purpose: "memory.personalise".into(),
            session: String::new(),
            notice: None,
            issued: 1000,
            expires: 1000 + LIFE,
            nonce: "n".into(),
            epoch: 3,
        }
    }

    #[test]
    fn a_proof_opens_where_and_while_it_counts() {
        let (here, there) = (notary(1), notary(2));
        let text = here.sign(&claims(), Use::Proof);
        assert_eq!(here.open(&text, Use::Proof, 1001), Ok(claims()));
        assert_eq!(here.open(&text, Use::Proof, 1000 + LIFE), Err(Fault::Expired));
        assert_eq!(here.open(&text, Use::Proof, 0), Err(Fault::Expired));
        assert_eq!(here.open(&text, Use::Question, 1001), Err(Fault::Forged));
        assert_eq!(there.open(&text, Use::Proof, 1001), Err(Fault::Forged));
    }

    #[test]
    fn no_changed_letter_goes_unnoticed() {
        let here = notary(1);
        let text = here.sign(&claims(), Use::Proof);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(here.open(&changed, Use::Proof, 1001).is_err() || changed == text, "letter {at}");
        }
        for garbage in ["", ".", "a.b", "é.é", &"x".repeat(5000)] {
            assert!(here.open(garbage, Use::Proof, 1001).is_err());
        }
    }

    #[test]
    fn a_proof_cannot_live_longer() {
        let here = notary(1);
        let long = Claims { expires: 1001 + LIFE, ..claims() };
        assert_eq!(here.open(&here.sign(&long, Use::Proof), Use::Proof, 1001), Err(Fault::Malformed));
    }
}
