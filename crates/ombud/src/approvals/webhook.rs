//! `[approvals] webhook`: notifies somebody elsewhere of a pending call, who may answer it: the response to the request is
//! the answer.
//!
//! Nothing listens for answers, so none can be injected: whoever wants to answer keeps the request open until a person has
//! decided (n8n's “respond to webhook”, a few lines of a server). The arguments of the call are included only if the
//! settings say so.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use ombud_core::{Lang, Say as _};
use ombud_gateway::approvals::Pending;
use ombud_gateway::upstream::{Patience, Upstream};
use serde::Deserialize;
use serde_json::json;
use tokio::task::AbortHandle;

use super::desk::{Desk, LIFE};
use super::fair::makes_room;

/// Requests that may be open at once. Beyond that, one of whoever has most is aborted, or the new call has to use the other
/// ways.
const MOST: usize = 32;

/// Bytes of a response that are read.
const LONGEST: usize = 64 * 1024;

/// Carries an HMAC-SHA-256 of the body, in hexadecimal.
const SIGNATURE: HeaderName = HeaderName::from_static("x-ombud-signature");

/// The address that is notified.
pub(crate) struct Webhook {
    url: String,
    key: Option<hmac::Key>,
    arguments: bool,
    upstream: Upstream,
    lang: Lang,
    /// The calls with an open request, the oldest first.
    open: Mutex<Vec<Told>>,
}

/// An open request.
struct Told {
    code: String,
    client: String,
    session: String,
    request: AbortHandle,
}

/// What a response says; anything else is ignored.
#[derive(Deserialize)]
struct Reply {
    allow: bool,
}

impl Webhook {
    /// A webhook at an address. `secret` signs what is sent.
    pub(crate) fn new(
        url: &str,
        secret: Option<&str>,
        arguments: bool,
        lang: Lang,
    ) -> Result<Self, anyhow::Error> {
        let patience = Patience { read: LIFE, ..Patience::default() };
        Ok(Self {
            url: url.to_owned(),
            key: secret.map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())),
            arguments,
            upstream: Upstream::new(patience)?,
            lang,
            open: Mutex::default(),
        })
    }

    /// Sends a call, and puts the answer on the desk.
    pub(crate) fn tell(self: &Arc<Self>, desk: &Desk, call: &Pending, arguments: &str) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // A call that is repeated while somebody thinks about it is sent once.
        if open.iter().any(|told| told.code == call.code) || !has_room(&mut open, call) {
            return;
        }
        let (hook, desk) = (Arc::clone(self), desk.clone());
        let (code, client, session) = (call.code.clone(), call.client.clone(), call.session.clone());
        let (body, call) = (self.body(call, arguments), call.clone());
        let task = runtime.spawn(async move {
            let answer = tokio::time::timeout(LIFE, hook.asked(body)).await;
            if let Ok(Some(Reply { allow })) = answer {
                // A call that is no longer pending needs no answer.
                let _ = desk.say(&call, allow);
            }
            let mut open = hook.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|told| told.code != call.code);
        });
        open.push(Told { code, client, session, request: task.abort_handle() });
    }

    fn body(&self, call: &Pending, arguments: &str) -> Bytes {
        let lang = self.lang;
        let mut body = json!({
            "code": call.code,
            "server": call.server,
            "tool": call.tool,
            "effect": call.effect,
            "does": call.effect.say(lang),
            "decision": call.decision,
            "why": ombud_core::gate::told(&call.decision, lang),
            "exchange": call.exchange,
        });
        if let Some(body) = body.as_object_mut().filter(|_| self.arguments) {
            body.insert("arguments".to_owned(), arguments.into());
        }
        Bytes::from(body.to_string())
    }

    async fn asked(&self, body: Bytes) -> Option<Reply> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = &self.key {
            let signature = format!("sha256={}", hex(&hmac::sign(key, &body)));
            headers.insert(SIGNATURE, HeaderValue::from_str(&signature).ok()?);
        }
        let mut answer = self.upstream.send(Method::POST, &self.url, headers, body).await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        let mut whole = Vec::new();
        while let Some(chunk) = answer.chunk().await.ok()? {
            if whole.len() + chunk.len() > LONGEST {
                return None;
            }
            whole.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&whole).ok()
    }
}

/// Whether one more may be open; the one that makes room is aborted.
fn has_room(open: &mut Vec<Told>, call: &Pending) -> bool {
    if open.len() < MOST {
        return true;
    }
    let known = open.iter().map(|told| (&*told.client, &*told.session));
    let place = makes_room(&known.chain([(&*call.client, &*call.session)]).collect::<Vec<_>>());
    let Some(place) = place.filter(|place| *place < open.len()) else { return false };
    // Where everybody has as many, the earlier one stays.
    let fewer = |told: &Told| open.iter().filter(|other| other.client == told.client).count();
    let own = open.iter().filter(|told| told.client == call.client).count();
    if open.get(place).is_some_and(|told| told.client != call.client && fewer(told) <= own + 1) {
        return false;
    }
    open.remove(place).request.abort();
    true
}

fn hex(tag: &hmac::Tag) -> String {
    let mut text = String::with_capacity(64);
    for byte in tag.as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::routing::post;
    use ombud_core::Effect;

    use super::*;

    fn call() -> Pending {
        Pending {
            code: "4F2A7K".into(),
            stands: "00ff".into(),
            server: None,
            tool: "send_mail".into(),
            effect: Effect::Send,
            decision: "ask: not_asked".into(),
            exchange: "x1".into(),
            client: "c".into(),
            session: "s".into(),
            lasting: None,
        }
    }

    /// What the desk holds after a receiver responded with `reply`, and what the receiver got.
    async fn told(reply: &'static str, arguments: bool) -> (Option<bool>, String, String) {
        let seen: Arc<Mutex<(String, String)>> = Arc::default();
        let kept = Arc::clone(&seen);
        let app = Router::new().route(
            "/hook",
            post(move |headers: HeaderMap, body: String| async move {
                let signature = headers.get(SIGNATURE).map(|value| value.to_str().unwrap().to_owned());
                *kept.lock().unwrap() = (body, signature.unwrap_or_default());
                reply
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let home = tempfile::tempdir().unwrap();
        ombud_ledger::Ledger::open(home.path()).await.unwrap().close().await.unwrap();
        let desk = Desk::at(home.path());
        desk.wait(&call()).unwrap();
        let hook = Arc::new(Webhook::new(&url, Some("key"), arguments, Lang::En).unwrap());
        hook.tell(&desk, &call(), r#"{"to":"anna@x.example"}"#);
        while !hook.open.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (body, signature) = seen.lock().unwrap().clone();
        (desk.said("4F2A7K", "00ff"), body, signature)
    }

    #[tokio::test]
    async fn one_client_does_not_keep_others_from_being_told_of() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let home = tempfile::tempdir().unwrap();
        let desk = Desk::at(home.path());
        // Nobody responds: every request stays open.
        let hook = Arc::new(Webhook::new(&url, None, false, Lang::En).unwrap());
        let tell = |client: &str, number: usize| {
            let (code, session) = (format!("1A{number:04}"), number.to_string());
            hook.tell(&desk, &Pending { code, client: client.into(), session, ..call() }, "{}");
        };
        (0..2 * MOST).for_each(|number| tell("loud", number));
        (2 * MOST..2 * MOST + 4).for_each(|number| tell("quiet", number));
        (3 * MOST..4 * MOST).for_each(|number| tell("loud", number));
        let open = hook.open.lock().unwrap();
        assert_eq!(open.len(), MOST);
        assert_eq!(open.iter().filter(|told| told.client == "quiet").count(), 4);
    }

    #[tokio::test]
    async fn the_reply_is_the_answer_and_nothing_else_is() {
        for (reply, said) in [
            (r#"{"allow":true}"#, Some(true)),
            (r#"{"allow":false}"#, Some(false)),
            (r#"{"allow":"true"}"#, None),
            ("ok", None),
        ] {
            let (desk, body, signature) = told(reply, false).await;
            assert_eq!(desk, said, "{reply}");
            assert!(body.contains("4F2A7K") && !body.contains("anna@"), "{body}");
            let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
            assert_eq!(signature, format!("sha256={}", hex(&hmac::sign(&key, body.as_bytes()))));
        }
        assert!(told("ok", true).await.1.contains("anna@x.example"));
    }
}
