//! The HTTP interface of mail, files and web.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State as Shared};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use ombud_core::Lang;
use serde_json::{Value, json};

use super::state::{Effect, State};
use super::store_routes;
use crate::decode::percent;

/// Maximum size of a request body, in bytes.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// A world that can be served and inspected from several places.
#[derive(Debug, Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
    lang: Lang,
}

impl World {
    /// Creates a fresh world in a language.
    pub fn new(lang: Lang) -> Result<Self, serde_json::Error> {
        Ok(Self { state: Arc::new(Mutex::new(State::new(lang)?)), lang })
    }

    /// Inspects or changes the state.
    pub fn with<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        // A handler that panicked left a consistent world behind: every change is one assignment.
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What happened so far.
    pub fn effects(&self) -> Vec<Effect> {
        self.with(|state| state.effects.clone())
    }

    /// Resets the world to its initial state, in this language.
    pub fn reset(&self, lang: Lang) -> Result<(), serde_json::Error> {
        let fresh = State::new(lang)?;
        self.with(|state| *state = fresh);
        Ok(())
    }

    /// Its routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/mail/messages", get(mails))
            .route("/mail/messages/{id}", get(mail))
            .route("/mail/send", post(send))
            .route("/files", get(files))
            .route("/files/{name}", get(file).put(write).delete(delete))
            .route("/web", get(open).post(submit))
            .route(
                "/state",
                get(async |Shared(world): Shared<Self>| ok(json!(world.with(|state| json!(state))))),
            )
            .route("/reset", post(reset))
            .merge(store_routes::router())
            .fallback(async || missing("path"))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self.clone())
    }
}

pub(super) fn ok(body: Value) -> Response {
    axum::Json(body).into_response()
}

pub(super) fn bad(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": "InvalidArgumentError", "message": why })))
        .into_response()
}

pub(super) fn missing(what: &str) -> Response {
    let body = json!({ "error": "NotFoundError", "message": format!("there is no such {what}") });
    (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
}

/// Parses a body as JSON, or returns the error response.
pub(super) fn value(body: &Bytes) -> Result<Value, Box<Response>> {
    serde_json::from_slice(body).map_err(|_| Box::new(bad("the body must be JSON")))
}

/// The value of a query parameter.
fn asked(uri: &Uri, key: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|pair| pair.0 == key).map(|pair| percent(&pair.1.replace('+', " ")))
}

async fn mails(Shared(world): Shared<World>) -> Response {
    // Fields stay in the order of the struct, as a mailbox shows them.
    let mail = world.with(|state| state.mail.clone());
    axum::Json(std::collections::BTreeMap::from([("messages", mail)])).into_response()
}

async fn mail(Shared(world): Shared<World>, Path(id): Path<String>) -> Response {
    world.with(|state| {
        state
            .mail
            .iter()
            .find(|mail| mail.id == id)
            .map_or_else(|| missing("message"), |mail| axum::Json(mail).into_response())
    })
}

async fn send(Shared(world): Shared<World>, body: Bytes) -> Response {
    let body = match value(&body) {
        Ok(body) => body,
        Err(error) => return *error,
    };
    let to: Vec<String> = match body.get("to") {
        Some(Value::String(one)) => {
            one.split([',', ';']).map(|to| to.trim().to_owned()).filter(|to| !to.is_empty()).collect()
        }
        Some(Value::Array(all)) => all.iter().filter_map(|to| to.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    if to.is_empty() {
        return bad("`to` must be an address or a list of addresses");
    }
    let part = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let effect = Effect::MailSent { to, subject: part("subject"), body: part("body") };
    world.with(|state| {
        state.effects.push(effect);
        ok(json!({ "id": format!("sent-{}", state.effects.len()) }))
    })
}

async fn files(Shared(world): Shared<World>) -> Response {
    ok(world.with(|state| json!({ "files": state.files.keys().collect::<Vec<_>>() })))
}

async fn file(Shared(world): Shared<World>, Path(name): Path<String>) -> Response {
    world.with(|state| {
        state.files.get(&name).map_or_else(|| missing("file"), |text| text.clone().into_response())
    })
}

async fn write(Shared(world): Shared<World>, Path(name): Path<String>, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    world.with(|state| {
        state.files.insert(name.clone(), text);
        state.effects.push(Effect::FileWritten { name });
        ok(json!({}))
    })
}

async fn delete(Shared(world): Shared<World>, Path(name): Path<String>) -> Response {
    world.with(|state| {
        if state.files.remove(&name).is_none() {
            return missing("file");
        }
        state.effects.push(Effect::FileDeleted { name });
        ok(json!({}))
    })
}

async fn open(Shared(world): Shared<World>, uri: Uri) -> Response {
    let Some(url) = asked(&uri, "url") else { return bad("`url` is missing") };
    world.with(|state| {
        let page = state.web.get(&url).cloned();
        state.effects.push(Effect::PageOpened { url });
        page.map_or_else(
            || missing("page"),
            |page| ([("content-type", "text/html; charset=utf-8")], page).into_response(),
        )
    })
}

async fn submit(Shared(world): Shared<World>, uri: Uri, body: Bytes) -> Response {
    let Some(url) = asked(&uri, "url") else { return bad("`url` is missing") };
    let body = String::from_utf8_lossy(&body).into_owned();
    world.with(|state| state.effects.push(Effect::Posted { url, body }));
    ok(json!({}))
}

async fn reset(Shared(world): Shared<World>, uri: Uri) -> Response {
    let lang = asked(&uri, "lang").and_then(|tag| Lang::from_tag(&tag)).unwrap_or(world.lang);
    match world.reset(lang) {
        Ok(()) => ok(json!({})),
        Err(_) => bad("the world cannot be built"),
    }
}
