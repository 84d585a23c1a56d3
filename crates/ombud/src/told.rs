//! What clients send to the interface: a JSON body, or an error in the interface's own format.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use ombud_core::{Lang, say};
use ombud_gateway::Gateway;
use serde::de::DeserializeOwned;

use crate::api::{document, problem};
use crate::fault;

/// A JSON body.
pub(crate) struct Told<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Gateway>> for Told<T> {
    type Rejection = Response;

    async fn from_request(request: Request, gateway: &Arc<Gateway>) -> Result<Self, Response> {
        let told = Json::from_request(request, gateway).await;
        told.map(|Json(told)| Self(told)).map_err(|error| unreadable(&error, gateway.config.lang))
    }
}

/// Which field is wrong and what was expected there; `None` if the body is not valid JSON.
pub(crate) fn mistake(error: &JsonRejection, lang: Lang) -> Option<String> {
    matches!(error, JsonRejection::JsonDataError(_)).then(|| fault::body(&innermost(error), lang))
}

/// The parser's own message, below the wrappers.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

/// The response to an unreadable body. The parser's message may quote a value, which is removed.
fn unreadable(error: &JsonRejection, lang: Lang) -> Response {
    let message = match error {
        JsonRejection::MissingJsonContentType(_) => say!(lang,
            en: "send JSON, with the header `content-type: application/json`",
            zh: "请发送 JSON，并带请求头 `content-type: application/json`"),
        JsonRejection::JsonSyntaxError(_) => say!(lang,
            en: "the body is not valid JSON. The fields are described at /api/openapi.json",
            zh: "请求体不是合法的 JSON。字段说明见 /api/openapi.json"),
        JsonRejection::JsonDataError(_) => {
            let what = fault::body(&innermost(error), lang);
            // The field that people look for in the body first.
            let session = if what.contains("`session`") {
                say!(lang, en: " (a session goes into the header `x-ombud-session`)", zh: "（会话请写在请求头 `x-ombud-session` 中）")
            } else {
                String::new()
            };
            say!(lang,
                en: "the body does not match: {what}{session}. The fields are described at /api/openapi.json",
                zh: "请求体不符合要求：{what}{session}。字段说明见 /api/openapi.json")
        }
        JsonRejection::BytesRejection(BytesRejection::FailedToBufferBody(_))
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE =>
        {
            say!(lang,
                en: "the body is too large. Send less, or raise `max_body_mib` under [gateway] in ombud.toml",
                zh: "请求体过大。请减小内容，或调高 ombud.toml 中 [gateway] 下的 `max_body_mib`")
        }
        _ => say!(lang,
            en: "the body arrived incomplete. Send it again",
            zh: "请求体未传完。请重新发送"),
    };
    problem(error.status(), "ombud_bad_body", message)
}

/// The response where no such route exists.
pub(crate) async fn no_such_route(State(gateway): State<Arc<Gateway>>, uri: Uri) -> Response {
    let path = without_data(uri.path());
    let message = say!(gateway.config.lang,
        en: "there is no route `{path}` in Ombud's own interface. The routes are listed at /api/openapi.json; requests to a model go to /v1/…",
        zh: "Ombud 自己的接口中没有 `{path}`。可用的接口见 /api/openapi.json；发给模型的请求请用 /v1/…");
    problem(StatusCode::NOT_FOUND, "ombud_no_such_route", message)
}

/// The path with only the segments of known routes: any other may be data.
fn without_data(path: &str) -> String {
    let document = document();
    let known: BTreeSet<&str> = document.paths.paths.keys().flat_map(|route| route.split('/')).collect();
    let parts = path.split('/').take(PARTS_SHOWN);
    parts.map(|part| if known.contains(part) { part } else { "…" }).collect::<Vec<_>>().join("/")
}

/// Maximum number of path segments shown.
const PARTS_SHOWN: usize = 8;

/// The response where a route has another method.
pub(crate) async fn wrong_method(State(gateway): State<Arc<Gateway>>, method: Method) -> Response {
    let message = say!(gateway.config.lang,
        en: "this route does not support {method}. The routes are listed at /api/openapi.json",
        zh: "此路径不支持 {method}。可用的接口见 /api/openapi.json");
    problem(StatusCode::METHOD_NOT_ALLOWED, "ombud_wrong_method", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_without_what_may_be_data() {
        for (path, told) in [
            ("/api/v1/subject/13812345678", "/api/v1/…/…"),
            ("/api/v1/scan/Zhang%20Wei", "/api/v1/scan/…"),
            ("/api/v1/redact/", "/api/v1/redact/"),
            ("/api", "/api"),
        ] {
            assert_eq!(without_data(path), told);
        }
        assert!(without_data(&"/a".repeat(5000)).chars().count() < 40);
    }
}
