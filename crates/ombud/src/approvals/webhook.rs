//! `[approvals] webhook`: somebody elsewhere is told of a call that waits, and may answer it: the reply to the request is the answer.
//!
//! Nothing listens for it, so nothing can be sent to it: whoever wants to answer keeps the request open until a person has decided
//! (n8n's “respond to webhook”, a few lines of a server). What a call is made with goes along only where the settings say so.

use std::collections::BTreeSet;
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

use super::desk::{Desk, LIFE};

/// Requests that may be open at once; calls beyond wait for one of the other ways.
const MOST: usize = 16;

/// Bytes of a reply that are read.
const LONGEST: usize = 64 * 1024;

/// Carries an HMAC-SHA-256 of the body, in hexadecimal.
const SIGNATURE: HeaderName = HeaderName::from_static("x-ombud-signature");

/// Where somebody is told.
pub(crate) struct Webhook {
    url: String,
    key: Option<hmac::Key>,
    arguments: bool,
    upstream: Upstream,
    lang: Lang,
    /// Codes of the calls that somebody is being told of.
    open: Mutex<BTreeSet<String>>,
}

/// What a reply says; anything else says nothing.
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

    /// Tells of a call, and puts the answer on the desk.
    pub(crate) fn tell(self: &Arc<Self>, desk: &Desk, call: &Pending, arguments: &str) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            // A call that is tried again while somebody thinks about it is told of once.
            if open.len() >= MOST || !open.insert(call.code.clone()) {
                return;
            }
        }
        let (hook, desk) = (Arc::clone(self), desk.clone());
        let (body, call) = (self.body(call, arguments), call.clone());
        runtime.spawn(async move {
            let answer = tokio::time::timeout(LIFE, hook.asked(body)).await;
            if let Ok(Some(Reply { allow })) = answer {
                // A call that waits no more needs no answer.
                let _ = desk.say(&call, allow);
            }
            hook.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&call.code);
        });
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
        }
    }

    /// What the desk holds after a receiver has replied with `reply`, and what it received.
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
