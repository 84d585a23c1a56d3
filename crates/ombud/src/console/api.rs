//! `/api/v1/console/…`: what the page requests. Every route requires the console's token; keys of agents open nothing here,
//! and the token opens nothing there.

use std::sync::Arc;

use anyhow::Result;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ombud_core::{Lang, Say, say};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::exchange::{self, Said};
use super::source::{Source, newest};
use super::token::{HEADER, Token};
use super::view::{
    ConsoleProblem, ConversationList, EventList, ExchangeList, ExchangeRow, ExchangeView, FlowView, Passage,
    PassageList, Side, Update,
};
use super::{live, view};
use crate::approvals::api as approvals;

/// Rows of a list at most.
const ROWS: u64 = 100;

/// Passages returned at a time.
const PASSAGES: u64 = 40;

/// Entries of a conversation read at a time: each may bring a body of megabytes with it.
const CHUNK: u32 = 8;

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Console {
    pub(crate) source: Arc<Source>,
    pub(crate) token: Token,
    pub(crate) lang: Lang,
}

/// The description of the interface.
#[derive(OpenApi)]
#[openapi(
    paths(
        flow,
        events,
        live::stream,
        conversations,
        conversation,
        exchange,
        passages,
        passage,
        approvals::list,
        approvals::say
    ),
    components(schemas(Update, ConsoleProblem))
)]
pub(crate) struct Document;

/// The routes.
pub(crate) fn router(console: Console) -> Router {
    let checked = axum::middleware::from_fn_with_state(console.clone(), check);
    Router::new()
        .route("/api/v1/console/flow", get(flow))
        .route("/api/v1/console/events", get(events))
        .route("/api/v1/console/stream", get(live::stream))
        .route("/api/v1/console/conversations", get(conversations))
        .route("/api/v1/console/conversations/{id}", get(conversation))
        .route("/api/v1/console/exchanges/{id}", get(exchange))
        .route("/api/v1/console/exchanges/{id}/passages/{side}", get(passages))
        .route("/api/v1/console/exchanges/{id}/passages/{side}/{index}", get(passage))
        .route("/api/v1/console/approvals", get(approvals::list))
        .route("/api/v1/console/approvals/{code}", post(approvals::say))
        .route_layer(checked.clone())
        .with_state(console)
}

/// Lets requests with the token through.
async fn check(State(console): State<Console>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(HEADER).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if console.token.is(shown) {
        return next.run(request).await;
    }
    let message = say!(console.lang,
        en: "the console requires its token; open the link that `ombud console` prints. A program sends what follows `#token=` in that link in the header `{HEADER}`",
        zh: "控制台需要令牌；请打开 `ombud console` 打印的链接。程序须把链接中 `#token=` 之后的内容放在请求头 `{HEADER}` 中");
    problem(StatusCode::UNAUTHORIZED, "ombud_console_token", message)
}

pub(crate) fn problem(status: StatusCode, code: &str, message: String) -> Response {
    (status, Json(ConsoleProblem { code: code.to_owned(), message })).into_response()
}

fn absent(lang: Lang) -> Response {
    let message = say!(lang, en: "the log has nothing under this id", zh: "日志中没有此编号的内容");
    problem(StatusCode::NOT_FOUND, "ombud_not_in_log", message)
}

/// What could not be read, in words without any content.
fn failed(error: &anyhow::Error, lang: Lang) -> Response {
    let why = error
        .downcast_ref::<ombud_ledger::Error>()
        .map_or_else(|| error.to_string(), |error| error.say(lang));
    let message = say!(lang,
        en: "the log cannot be read: {why}. `ombud log verify` says what is wrong with it",
        zh: "无法读取日志：{why}。可用 `ombud log verify` 检查原因");
    problem(StatusCode::SERVICE_UNAVAILABLE, "ombud_log_unreadable", message)
}

fn answer<T: serde::Serialize>(result: Result<T>, lang: Lang) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => failed(&error, lang),
    }
}

/// Who received what.
#[utoipa::path(get, path = "/api/v1/console/flow",
    responses((status = 200, body = FlowView), (status = 401, body = ConsoleProblem), (status = 503, body = ConsoleProblem)))]
async fn flow(State(console): State<Console>) -> Response {
    let source = &console.source;
    answer(source.look(|fold, entries| source.flow(fold, entries)).await, console.lang)
}

/// How much of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Amount {
    /// Rows at most.
    limit: Option<u64>,
}

/// The newest entries of the log.
#[utoipa::path(get, path = "/api/v1/console/events", params(Amount),
    responses((status = 200, body = EventList), (status = 401, body = ConsoleProblem)))]
async fn events(State(console): State<Console>, Query(amount): Query<Amount>) -> Response {
    let count = rows(amount.limit);
    let list = console.source.look(|fold, _| EventList { events: newest(fold, count) }).await;
    answer(list, console.lang)
}

/// Which part of the conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Before {
    /// Only conversations whose newest entry has a lower number.
    before: Option<u64>,
    /// Rows at most.
    limit: Option<u64>,
}

/// Conversations, the last active first.
#[utoipa::path(get, path = "/api/v1/console/conversations", params(Before),
    responses((status = 200, body = ConversationList), (status = 401, body = ConsoleProblem)))]
async fn conversations(State(console): State<Console>, Query(part): Query<Before>) -> Response {
    let count = rows(part.limit);
    let list = console.source.look(|fold, _| {
        let found = fold.conversations(part.before, count + 1);
        let page: Vec<view::ConversationRow> = found.iter().take(count).map(|row| (*row).clone()).collect();
        let next = page.last().filter(|_| found.len() > count).map(|row| row.seq);
        ConversationList { conversations: page, next }
    });
    answer(list.await, console.lang)
}

/// From where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct From {
    /// The first number of the page.
    from: Option<u64>,
    /// How many at most.
    limit: Option<u64>,
}

/// The exchanges of a conversation, oldest first.
#[utoipa::path(get, path = "/api/v1/console/conversations/{id}",
    params(("id" = String, Path, description = "id of the conversation"), From),
    responses((status = 200, body = ExchangeList), (status = 401, body = ConsoleProblem), (status = 404, body = ConsoleProblem)))]
async fn conversation(
    State(console): State<Console>,
    Path(id): Path<String>,
    Query(part): Query<From>,
) -> Response {
    match exchanges(&console.source, &id, part.from.unwrap_or(0), rows(part.limit)).await {
        Ok(Some(list)) => Json(list).into_response(),
        Ok(None) => absent(console.lang),
        Err(error) => failed(&error, console.lang),
    }
}

/// A page of a conversation. A page begins with the first entry of an exchange; later entries of an exchange that began
/// before it, such as its response, are read with that one.
async fn exchanges(source: &Source, id: &str, from: u64, count: usize) -> Result<Option<ExchangeList>> {
    let mut reader = source.reader().await?;
    let mut rows: Vec<ExchangeRow> = Vec::new();
    let (mut at, mut any) = (from, false);
    loop {
        let page = reader.conversation_page(id, at, CHUNK).await?;
        let Some(last) = page.last() else { break };
        at = last.seq + 1;
        any = true;
        for record in &page {
            exchange::list(&mut rows, record);
        }
        if rows.len() > count {
            break;
        }
    }
    if !any && from == 0 {
        return Ok(None);
    }
    let next = rows.get(count).map(|row| row.seq);
    rows.truncate(count);
    // Entries of an exchange on the previous page have no request here.
    rows.retain(|row| row.provider.is_some() || row.code.is_some());
    Ok(Some(ExchangeList { exchanges: rows, next }))
}

/// One exchange, without its texts.
#[utoipa::path(get, path = "/api/v1/console/exchanges/{id}",
    params(("id" = String, Path, description = "value of x-ombud-receipt")),
    responses((status = 200, body = ExchangeView), (status = 401, body = ConsoleProblem), (status = 404, body = ConsoleProblem)))]
async fn exchange(State(console): State<Console>, Path(id): Path<String>) -> Response {
    match said(&console.source, &id).await {
        Ok(Some(said)) => Json(said.view()).into_response(),
        Ok(None) => absent(console.lang),
        Err(error) => failed(&error, console.lang),
    }
}

/// Reads and parses an exchange.
async fn said(source: &Arc<Source>, id: &str) -> Result<Option<Said>> {
    let mut reader = source.reader().await?;
    exchange::read(&mut reader, id, &source.knowledge).await
}

/// Texts of one side of an exchange: of a request as the agent sent them, tool definitions first; of a response as the
/// provider sent them. `from` is a position in this order, not the number of a text.
#[utoipa::path(get, path = "/api/v1/console/exchanges/{id}/passages/{side}",
    params(("id" = String, Path, description = "value of x-ombud-receipt"), ("side" = Side, Path, description = "request or answer"), From),
    responses((status = 200, body = PassageList), (status = 401, body = ConsoleProblem), (status = 404, body = ConsoleProblem)))]
async fn passages(
    State(console): State<Console>,
    Path((id, side)): Path<(String, SideName)>,
    Query(part): Query<From>,
) -> Response {
    let count = part.limit.unwrap_or(PASSAGES).clamp(1, PASSAGES);
    match said(&console.source, &id).await {
        Ok(Some(said)) => {
            let from = part.from.unwrap_or(0);
            let knowledge = &console.source.knowledge;
            Json(PassageList { passages: said.passages(side.into(), from, count, knowledge) }).into_response()
        }
        Ok(None) => absent(console.lang),
        Err(error) => failed(&error, console.lang),
    }
}

/// One text from an offset on: long ones come in pages.
#[utoipa::path(get, path = "/api/v1/console/exchanges/{id}/passages/{side}/{index}",
    params(("id" = String, Path, description = "value of x-ombud-receipt"), ("side" = Side, Path, description = "request or answer"),
        ("index" = u64, Path, description = "number of the text"), From),
    responses((status = 200, body = Passage), (status = 401, body = ConsoleProblem), (status = 404, body = ConsoleProblem)))]
async fn passage(
    State(console): State<Console>,
    Path((id, side, index)): Path<(String, SideName, u64)>,
    Query(part): Query<From>,
) -> Response {
    let found = said(&console.source, &id)
        .await
        .map(|said| said?.passage(side.into(), index, part.from.unwrap_or(0), &console.source.knowledge));
    match found {
        Ok(Some(passage)) => Json(passage).into_response(),
        Ok(None) => absent(console.lang),
        Err(error) => failed(&error, console.lang),
    }
}

/// A side in a path.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SideName {
    Request,
    Answer,
}

impl std::convert::From<SideName> for Side {
    fn from(name: SideName) -> Self {
        match name {
            SideName::Request => Self::Request,
            SideName::Answer => Self::Answer,
        }
    }
}

fn rows(limit: Option<u64>) -> usize {
    usize::try_from(limit.unwrap_or(50).clamp(1, ROWS)).unwrap_or(1)
}
