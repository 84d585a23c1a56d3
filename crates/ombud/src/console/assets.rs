//! The page itself: three files that `npm run build` writes to `console/dist`, compiled in.

use std::future::{Ready, ready};

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const PAGE: &[u8] = include_bytes!("../../../../console/dist/index.html");
const SCRIPT: &[u8] = include_bytes!("../../../../console/dist/console.js");
const STYLE: &[u8] = include_bytes!("../../../../console/dist/console.css");

/// The routes of the page. They hold no data and need no token.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/console", get(|| file("text/html; charset=utf-8", PAGE)))
        .route("/console/", get(|| file("text/html; charset=utf-8", PAGE)))
        .route("/console/console.js", get(|| file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/console/console.css", get(|| file("text/css; charset=utf-8", STYLE)))
}

fn file(kind: &'static str, bytes: &'static [u8]) -> Ready<Response> {
    ready(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}
