//! `/api/v1/subjects/{id}`: show and erase, for the client key whose subject it is.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ombud_core::{Lang, say};
use ombud_gateway::{Gateway, caller};
use utoipa::OpenApi;

use super::erase::Receipt;
use super::show::Held;
use super::{erase, show};
use crate::api::{Problem, admitted, problem};

#[derive(OpenApi)]
#[openapi(paths(show_subject, erase_subject), components(schemas(Held, Receipt)))]
struct Document;

/// The description of these routes.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The routes.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/api/v1/subjects/{id}", get(show_subject))
        .route("/api/v1/subjects/{id}/erase", post(erase_subject))
        .with_state(gateway)
}

/// Shows what is held about a subject.
#[utoipa::path(get, path = "/api/v1/subjects/{id}", params(("id" = String, Path, description = "the operator's id of the subject")),
    responses((status = 200, body = Held), (status = 401, body = Problem), (status = 503, body = Problem)))]
async fn show_subject(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refused) = admitted(&gateway, &headers) {
        return *refused;
    }
    let tenant = caller::tenant_of(&gateway.ledger, &headers);
    let subject = caller::pseudonym(&gateway.ledger, &tenant, &id);
    match show::held(&gateway, &subject).await {
        Ok(held) => Json(held).into_response(),
        Err(_) => failed(&gateway),
    }
}

/// Erases what is held about a subject, looks for what is left, and returns a signed receipt.
#[utoipa::path(post, path = "/api/v1/subjects/{id}/erase", params(("id" = String, Path, description = "the operator's id of the subject")),
    responses((status = 200, body = Receipt), (status = 401, body = Problem), (status = 503, body = Problem)))]
async fn erase_subject(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refused) = admitted(&gateway, &headers) {
        return *refused;
    }
    let tenant = caller::tenant_of(&gateway.ledger, &headers);
    let subject = caller::pseudonym(&gateway.ledger, &tenant, &id);
    let told = headers.get(ACCEPT_LANGUAGE).and_then(|tag| Lang::from_tag(tag.to_str().ok()?));
    let lang = told.unwrap_or(gateway.config.lang);
    // A client that disconnects does not stop an erasure.
    let erased =
        tokio::spawn(
            async move { (erase::erase(&gateway, &tenant, &subject, Some(&id), lang).await, gateway) },
        );
    match erased.await {
        Ok((Ok(receipt), _)) => Json(receipt).into_response(),
        Ok((Err(_), gateway)) => failed(&gateway),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn failed(gateway: &Gateway) -> Response {
    let message = say!(gateway.config.lang,
        en: "the home of the log cannot be used; an erasure that was begun is completed when ombud starts again. Run `ombud log verify`",
        zh: "日志目录无法使用；已开始的删除会在 ombud 下次启动时完成。请运行 `ombud log verify`");
    problem(StatusCode::SERVICE_UNAVAILABLE, "ombud_store_unusable", message)
}
