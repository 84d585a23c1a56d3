//! A simulated model provider on the OpenAI wire, streaming and not. It remembers every body it receives, so that one
//! can see what a provider sees.

mod abilities;
mod clause;
mod context;
mod cues;
mod entity;
mod lexicon;
mod model;
mod plan;
mod reply;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::{Value, json};

pub use model::reply;
pub use reply::Reply;

/// The provider.
#[derive(Debug, Clone, Default)]
pub struct Simulator {
    received: Arc<Mutex<Vec<Bytes>>>,
}

impl Simulator {
    /// Every request body so far, as it arrived.
    pub fn received(&self) -> Vec<Bytes> {
        self.received.lock().map(|bodies| bodies.clone()).unwrap_or_default()
    }

    /// Its routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/models", get(models))
            .with_state(self.clone())
    }
}

async fn models() -> Response {
    axum::Json(
        json!({ "object": "list", "data": [{ "id": reply::NAME, "object": "model", "owned_by": "ombud" }] }),
    )
    .into_response()
}

async fn chat(State(simulator): State<Simulator>, body: Bytes) -> Response {
    if let Ok(mut received) = simulator.received.lock() {
        received.push(body.clone());
    }
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        let error = json!({ "error": { "message": "not JSON", "type": "invalid_request_error", "param": null, "code": null } });
        return (http_status(400), axum::Json(error)).into_response();
    };
    let answer = reply(&request);
    let made = context::Context::of(&request).calls.len();
    if request.get("stream").and_then(Value::as_bool) == Some(true) {
        stream(&answer.frames(made))
    } else {
        axum::Json(answer.completion(made)).into_response()
    }
}

fn http_status(code: u16) -> axum::http::StatusCode {
    axum::http::StatusCode::from_u16(code).unwrap_or(axum::http::StatusCode::BAD_REQUEST)
}

fn stream(frames: &[String]) -> Response {
    let frames: Vec<Result<Bytes, Infallible>> =
        frames.iter().map(|frame| Ok(frame.clone().into())).collect();
    let mut response = Response::new(Body::from_stream(futures_util::stream::iter(frames)));
    response.headers_mut().insert("content-type", axum::http::HeaderValue::from_static("text/event-stream"));
    response
}
