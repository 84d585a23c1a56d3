//! `/api/v1/…`: the filters over HTTP, and receipts.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use ombud_core::{Lang, say};
use ombud_detect::mask::Tally;
use ombud_gateway::Gateway;
use ombud_gateway::caller::Caller;
use ombud_ledger::Vault;
use ombud_ledger::read::Reader;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{OpenApi, ToSchema};

use crate::filter::{self, Entity};
use crate::told::{Told, no_such_route, wrong_method};

/// A text to process.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TextIn {
    /// The text.
    text: String,
}

/// What was found.
#[derive(Serialize, ToSchema)]
struct Scanned {
    /// In the order of the text, without overlaps.
    entities: Vec<Entity>,
}

/// A text.
#[derive(Serialize, ToSchema)]
struct TextOut {
    /// The text.
    text: String,
}

/// An error.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Stable code.
    code: &'static str,
    /// What happened and what to do.
    message: String,
}

/// The description of the interface.
#[derive(OpenApi)]
#[openapi(
    info(title = "Ombud", description = "Scan, redact and restore texts; receipts of exchanges."),
    paths(scan, redact, restore, receipt),
    components(schemas(TextIn, Scanned, Entity, TextOut, Problem))
)]
struct Document;

/// The document as it is served.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.merge(crate::console::document());
    document.merge(crate::consent::document());
    document.merge(crate::sources::document());
    document.merge(crate::subject::document());
    document
}

/// The routes of Ombud's own interface.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    let limit = axum::extract::DefaultBodyLimit::max(gateway.config.max_body);
    Router::new()
        .route("/api/openapi.json", get(|| async { Json(document()) }))
        .route("/api/v1/scan", post(scan))
        .route("/api/v1/redact", post(redact))
        .route("/api/v1/restore", post(restore))
        .route("/api/v1/receipts/{id}", get(receipt))
        .route("/api", any(no_such_route))
        .route("/api/", any(no_such_route))
        .route("/api/{*rest}", any(no_such_route))
        .route("/console/{*rest}", any(no_such_route))
        .method_not_allowed_fallback(wrong_method)
        .layer(limit)
        .with_state(Arc::clone(&gateway))
        .merge(crate::consent::router(Arc::clone(&gateway)))
        .merge(crate::sources::router(Arc::clone(&gateway)))
        .merge(crate::subject::router(gateway))
}

pub(crate) fn problem(status: StatusCode, code: &'static str, message: String) -> Response {
    (status, Json(Problem { code, message })).into_response()
}

/// The caller, if it may use this interface.
fn caller(gateway: &Gateway, headers: &HeaderMap) -> Result<Caller, Box<Response>> {
    admitted(gateway, headers).map(|()| Caller::of(&gateway.ledger, headers))
}

/// Whether a request may use this interface.
pub(crate) fn admitted(gateway: &Gateway, headers: &HeaderMap) -> Result<(), Box<Response>> {
    if ombud_gateway::pipeline::admit(gateway, headers).is_ok() {
        return Ok(());
    }
    let message = say!(gateway.config.lang,
        en: "this gateway requires its own key in the header `x-ombud-key`", zh: "此网关要求在请求头 `x-ombud-key` 中提供它自己的密钥");
    Err(Box::new(problem(StatusCode::UNAUTHORIZED, "ombud_key_required", message)))
}

fn failed(lang: Lang) -> Response {
    let message = say!(lang, en: "the token vault cannot be used; run `ombud log verify`", zh: "代号库无法使用；请运行 `ombud log verify`");
    problem(StatusCode::SERVICE_UNAVAILABLE, "ombud_store_unusable", message)
}

/// Finds personal data and secrets.
#[utoipa::path(post, path = "/api/v1/scan", request_body = TextIn, responses((status = 200, body = Scanned), (status = 401, body = Problem)))]
async fn scan(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    Told(input): Told<TextIn>,
) -> Response {
    if let Err(refused) = caller(&gateway, &headers) {
        return *refused;
    }
    Json(Scanned {
        entities: filter::entities(gateway.inspector.detector(), &gateway.config.policy, &input.text),
    })
    .into_response()
}

/// Replaces them with tokens. The same client and `x-ombud-session` can restore them.
#[utoipa::path(post, path = "/api/v1/redact", request_body = TextIn, responses((status = 200, body = TextOut), (status = 401, body = Problem)))]
async fn redact(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    Told(input): Told<TextIn>,
) -> Response {
    let caller = match caller(&gateway, &headers) {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    let key = caller.mint_key(None);
    let (text, minted) =
        filter::masked(gateway.inspector.detector(), &gateway.config.policy, &key, &input.text);
    let tenant = ombud_gateway::caller::tenant_of(&gateway.ledger, &headers);
    let whose = caller.subject.as_deref().map(|subject| (subject, tenant.as_str()));
    let vault = Vault::at(gateway.ledger.home());
    match filter::keep_of(&vault, whose, &caller.scope(), &[minted]).await {
        Ok(true) => Json(TextOut { text }).into_response(),
        Ok(false) => {
            let lang = gateway.config.lang;
            let message = say!(lang,
                en: "the data of this user is being erased, so nothing of theirs is stored. If a store did not respond, `ombud subject erase` completes the erasure",
                zh: "正在删除该用户的数据，因此不再保存其内容。如果有记忆库没有响应，请用 `ombud subject erase` 完成删除");
            problem(StatusCode::CONFLICT, "ombud_subject_erased", message)
        }
        Err(_) => failed(gateway.config.lang),
    }
}

/// Restores tokens.
#[utoipa::path(post, path = "/api/v1/restore", request_body = TextIn, responses((status = 200, body = TextOut), (status = 401, body = Problem)))]
async fn restore(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    Told(input): Told<TextIn>,
) -> Response {
    let caller = match caller(&gateway, &headers) {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    let vault = Vault::at(gateway.ledger.home());
    match filter::turned_back(&vault, &caller.scope(), input.text, &mut Tally::default()).await {
        Ok(text) => Json(TextOut { text }).into_response(),
        Err(_) => failed(gateway.config.lang),
    }
}

/// The records of an exchange, for the client that made it, with proofs once a checkpoint covers them.
#[utoipa::path(get, path = "/api/v1/receipts/{id}", params(("id" = String, Path, description = "value of x-ombud-receipt")),
    responses((status = 200, description = "records and proofs"), (status = 404, body = Problem)))]
async fn receipt(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let caller = match caller(&gateway, &headers) {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    let lang = gateway.config.lang;
    let Ok(records) = records(&gateway, &id, &caller.client).await else { return failed(lang) };
    if records.is_empty() {
        let message = say!(lang, en: "no exchange of yours has this id", zh: "你的交换记录中没有这个编号");
        return problem(StatusCode::NOT_FOUND, "ombud_no_such_exchange", message);
    }
    Json(json!({ "exchange": id, "records": records })).into_response()
}

/// State of one client key is never visible to another: only the caller's own records are shown.
async fn records(gateway: &Gateway, id: &str, client: &str) -> anyhow::Result<Vec<serde_json::Value>> {
    let mut reader = Reader::open(gateway.ledger.home()).await?;
    let mut rows = Vec::new();
    for record in reader.exchange(id).await? {
        let own = record.event.as_ref().is_some_and(|event| event.client.as_deref() == Some(client));
        if own {
            let proof = reader.proof(record.seq).await?;
            rows.push(json!({
                "seq": record.seq,
                "record": serde_json::from_slice::<serde_json::Value>(&record.leaf)?,
                "proof": proof,
            }));
        }
    }
    Ok(rows)
}
