//! Where consent is asked for, given, withdrawn and checked.

use std::collections::HashMap;
use std::sync::RwLock;

use jiff::Timestamp;
use ombud_core::event::{ConsentRecord, Event, EventKind};
use ombud_ledger::{Consent, Consents, Ledger, Payload};
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};

use super::proof::{Claims, LIFE, Notary, Use};
use crate::record;

/// How long an answer is valid before the subject is asked again, in seconds: half a year.
const COUNTS_FOR: i64 = 180 * 24 * 3600;

/// Whose consent it is.
#[derive(Debug, Clone)]
pub struct Who {
    /// Digest of the client key whose subject it is.
    pub tenant: String,
    /// Pseudonym of the subject.
    pub subject: String,
    /// The session that the client names; empty if none.
    pub session: String,
}

/// Valid consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The proof for `x-ombud-consent`.
    pub proof: String,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// A question that the subject has to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The signed question; it is handed back with the answer.
    pub request: String,
    /// The last answer: `none`, `refused`, `withdrawn`, `expired` or `other_notice`.
    pub state: &'static str,
}

/// What is known of consent to a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// Consent.
    Given(Given),
    /// A question to be asked.
    Ask(Question),
}

/// Why a consent operation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The answer matches no open question.
    #[error("no open question has this `request`")]
    NoQuestion,
    /// An erasure of the subject is not complete; no consent was recorded.
    #[error("the data of this subject is being erased")]
    BeingErased,
    /// The store or the log cannot be used; no consent was recorded.
    #[error("the consent store cannot be used")]
    Store,
}

/// Why a request for a purpose is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// No subject is named.
    NoSubject,
    /// There is no proof.
    NoProof,
    /// It is malformed, was altered, or was made elsewhere.
    Invalid,
    /// It has expired.
    Expired,
    /// It is for another purpose.
    OtherPurpose,
    /// It is for another subject or session.
    OtherSubject,
    /// The subject withdrew consent, or was erased.
    Withdrawn,
    /// The consent store cannot be read.
    Unknown,
}

/// The consent desk of one gateway.
pub struct Desk {
    notary: Option<Notary>,
    consents: Consents,
    ledger: Ledger,
    /// Name and contact of the controller.
    controller: (String, String),
    loaded: OnceCell<()>,
    epochs: RwLock<HashMap<String, u64>>,
    /// Answers are stored one at a time.
    turn: Mutex<()>,
}

impl Desk {
    /// Opens the desk over a ledger; `controller` is the name and the contact for receipts.
    pub fn new(ledger: &Ledger, controller: (String, String)) -> Self {
        Self {
            notary: Notary::of(ledger),
            consents: Consents::at(ledger.home()),
            ledger: ledger.clone(),
            controller,
            loaded: OnceCell::new(),
            epochs: RwLock::default(),
            turn: Mutex::default(),
        }
    }

    /// What is stored about subjects.
    pub fn consents(&self) -> &Consents {
        &self.consents
    }

    /// The notary, for receipts.
    pub fn notary(&self) -> Result<&Notary, Trouble> {
        self.notary.as_ref().ok_or(Trouble::Store)
    }

    /// Returns a proof where the subject has agreed to the purpose and to this notice, otherwise the question. Nothing is
    /// asked while the subject is being erased, because no answer could be stored.
    pub async fn ask(&self, who: &Who, purpose: &str, notice: Option<&str>) -> Result<Answered, Trouble> {
        self.load().await?;
        let _turn = self.turn.lock().await;
        self.refuse_erasing(&who.subject).await?;
        self.consents.know(&who.subject, &who.tenant).await.map_err(|_| Trouble::Store)?;
        let answers = self.consents.of(&who.subject).await.map_err(|_| Trouble::Store)?;
        let now = Timestamp::now().as_second();
        let state = match answers.iter().find(|answer| answer.purpose == purpose) {
            None => "none",
            Some(last) if last.state == "refused" => "refused",
            Some(last) if last.state != "given" => "withdrawn",
            Some(last) if last.until <= now => "expired",
            Some(last) if notice.is_some() && notice != last.notice.as_deref() => "other_notice",
            Some(last) => {
                return self.prove(who, purpose, last.notice.as_deref(), now).map(Answered::Given);
            }
        };
        let claims = self.claims(who, purpose, notice, now);
        Ok(Answered::Ask(Question { request: self.notary()?.sign(&claims, Use::Question), state }))
    }

    /// Takes the answer to a question and returns its receipt, with a proof if the answer was yes.
    pub async fn answer(
        &self,
        who: &Who,
        request: &str,
        agreed: bool,
        method: &str,
    ) -> Result<(Option<Given>, Value), Trouble> {
        self.load().await?;
        let _turn = self.turn.lock().await;
        self.refuse_erasing(&who.subject).await?;
        let now = Timestamp::now().as_second();
        let asked = self.notary()?.open(request, Use::Question, now).map_err(|_| Trouble::NoQuestion)?;
        let open = asked.subject == who.subject
            && asked.session == who.session
            && Some(asked.epoch) == self.epoch(&who.subject);
        if !open {
            return Err(Trouble::NoQuestion);
        }
        let state = if agreed { "given" } else { "refused" };
        let notice = asked.notice.as_deref();
        let receipt = self.store(who, (&asked.purpose, state, notice, method), now).await?;
        let given = if agreed { Some(self.prove(who, &asked.purpose, notice, now)?) } else { None };
        Ok((given, receipt))
    }

    /// Withdraws consent. Every proof of the subject is void at once; new ones can be obtained for other purposes.
    pub async fn withdraw(&self, who: &Who, purpose: &str, method: &str) -> Result<Value, Trouble> {
        self.load().await?;
        let _turn = self.turn.lock().await;
        // An erasure has voided every proof already.
        self.refuse_erasing(&who.subject).await?;
        self.close(&who.subject);
        let epoch = self.consents.revoke(&who.subject, &who.tenant).await.map_err(|_| Trouble::Store)?;
        self.raise(&who.subject, epoch);
        self.store(who, (purpose, "withdrawn", None, method), Timestamp::now().as_second()).await
    }

    /// Begins an erasure: from now on every proof of the subject is void.
    pub async fn begin_erasure(&self, subject: &str, tenant: &str) -> Result<(), Trouble> {
        self.load().await?;
        let _turn = self.turn.lock().await;
        self.close(subject);
        let now = Timestamp::now().as_second();
        let epoch = self.consents.begin_erasure(subject, tenant, now).await.map_err(|_| Trouble::Store)?;
        self.raise(subject, epoch);
        Ok(())
    }

    /// Checks the proofs in a request (separated by commas) against the purpose it asks for.
    pub async fn check(&self, proofs: &str, who: Option<&Who>, purpose: &str) -> Result<Claims, Denial> {
        let who = who.ok_or(Denial::NoSubject)?;
        self.load().await.map_err(|_| Denial::Unknown)?;
        let now = Timestamp::now().as_second();
        let mut worst = Denial::NoProof;
        for text in proofs.split(',').map(str::trim).filter(|text| !text.is_empty()).take(8) {
            match self.verdict(text, who, purpose, now) {
                Ok(claims) => return Ok(claims),
                Err(denial) => worst = denial,
            }
        }
        Err(worst)
    }

    fn verdict(&self, text: &str, who: &Who, purpose: &str, now: i64) -> Result<Claims, Denial> {
        let notary = self.notary().map_err(|_| Denial::Unknown)?;
        let claims = notary.open(text, Use::Proof, now).map_err(|fault| match fault {
            super::proof::Fault::Expired => Denial::Expired,
            _ => Denial::Invalid,
        })?;
        if claims.subject != who.subject || claims.session != who.session {
            return Err(Denial::OtherSubject);
        }
        if claims.purpose != purpose {
            return Err(Denial::OtherPurpose);
        }
        if Some(claims.epoch) != self.epoch(&who.subject) {
            return Err(Denial::Withdrawn);
        }
        Ok(claims)
    }

    /// Fails if the subject is being erased.
    async fn refuse_erasing(&self, subject: &str) -> Result<(), Trouble> {
        match self.consents.is_erasing(subject).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(Trouble::BeingErased),
            Err(_) => Err(Trouble::Store),
        }
    }

    /// Records the answer: receipt, log, state. The log comes first, so that no consent counts without its record. What
    /// cannot be stored must not be logged either, so callers look for an erasure under way before that; none can begin
    /// meanwhile, because it needs the same turn.
    async fn store(
        &self,
        who: &Who,
        (purpose, state, notice, method): (&str, &str, Option<&str>, &str),
        now: i64,
    ) -> Result<Value, Trouble> {
        let until = now.saturating_add(COUNTS_FOR);
        let receipt = self.receipt(who, (purpose, state, notice, method), (now, until))?;
        let text = receipt.to_string();
        let digest = super::sha256(text.as_bytes());
        let kind = EventKind::Consent(Box::new(ConsentRecord {
            purpose: purpose.to_owned(),
            state: state.to_owned(),
            receipt: digest.clone(),
            notice: notice.map(str::to_owned),
        }));
        let event = Event {
            conversation: Some(who.subject.clone()),
            client: Some(who.tenant.clone()),
            subject: Some(who.subject.clone()),
            ..record::event(kind)
        };
        let payload = Payload { conversation: &who.subject, parts: &[text.as_bytes()] };
        let ticket = self.ledger.append(event, Some(payload)).map_err(|_| Trouble::Store)?;
        self.ledger.durable(&ticket).await.map_err(|_| Trouble::Store)?;
        let answer = Consent {
            purpose: purpose.to_owned(),
            state: state.to_owned(),
            at: now,
            until,
            notice: notice.map(str::to_owned),
            receipt: digest,
        };
        let epoch = self.epoch(&who.subject).ok_or(Trouble::Store)?;
        match self.consents.put(&who.subject, &answer, epoch).await {
            Ok(true) => Ok(receipt),
            Ok(false) => Err(Trouble::NoQuestion),
            Err(_) => Err(Trouble::Store),
        }
    }

    /// The receipt, in the fields of ISO/IEC TS 27560 as far as they are known here; unknown fields are absent.
    fn receipt(
        &self,
        who: &Who,
        (purpose, state, notice, method): (&str, &str, Option<&str>, &str),
        (at, until): (i64, i64),
    ) -> Result<Value, Trouble> {
        let time = |seconds| Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default();
        let mut receipt = json!({
            "schema": "ombud.consent-receipt/1",
            "conformsTo": "https://w3id.org/dpv/schema/dpv-27560#record",
            "id": record::id(),
            "subject": who.subject,
            "notice": { "sha256": notice },
            "controller": { "name": self.controller.0, "contact": self.controller.1, "role": "controller" },
            "items": [{
                "purpose": purpose, "state": state, "type": "explicit", "expressed_by": "self",
                "method": method, "at": time(at), "until": time(until),
            }],
            "rights": {
                "withdraw": "POST /api/v1/consent/withdraw",
                "erase": "POST /api/v1/subjects/{id}/erase",
            },
        });
        let notary = self.notary()?;
        let signature = notary.signature(receipt.to_string().as_bytes(), Use::Receipt);
        if let Some(fields) = receipt.as_object_mut() {
            fields.insert("key".into(), format!("ed25519:{}", notary.public_key()).into());
            fields.insert("sig".into(), format!("ed25519:{signature}").into());
        }
        Ok(receipt)
    }

    fn prove(&self, who: &Who, purpose: &str, notice: Option<&str>, now: i64) -> Result<Given, Trouble> {
        let claims = self.claims(who, purpose, notice, now);
        Ok(Given { proof: self.notary()?.sign(&claims, Use::Proof), expires: claims.expires })
    }

    fn claims(&self, who: &Who, purpose: &str, notice: Option<&str>, now: i64) -> Claims {
        Claims {
            v: 1,
            subject: who.subject.clone(),
            purpose: purpose.to_owned(),
            session: who.session.clone(),
            notice: notice.map(str::to_owned),
            issued: now,
            expires: now + LIFE,
            nonce: record::id(),
            epoch: self.epoch(&who.subject).unwrap_or(u64::MAX),
        }
    }

    async fn load(&self) -> Result<(), Trouble> {
        let read = async {
            let stored = self.consents.epochs().await.map_err(|_| Trouble::Store)?;
            *self.epochs.write().map_err(|_| Trouble::Store)? = stored;
            Ok(())
        };
        self.loaded.get_or_try_init(|| read).await.copied()
    }

    /// The subject's epoch, 0 for a new one; `None` if it cannot be determined.
    fn epoch(&self, subject: &str) -> Option<u64> {
        Some(self.epochs.read().ok()?.get(subject).copied().unwrap_or_default())
    }

    fn close(&self, subject: &str) {
        let next = self.epoch(subject).unwrap_or_default() + 1;
        self.raise(subject, next);
    }

    fn raise(&self, subject: &str, epoch: u64) {
        // A poisoned lock reads as no epoch, which grants nothing.
        let Ok(mut epochs) = self.epochs.write() else { return };
        let known = epochs.entry(subject.to_owned()).or_default();
        *known = epoch.max(*known);
    }
}
