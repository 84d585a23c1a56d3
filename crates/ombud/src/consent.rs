//! `/api/v1/consent/…`: asking for, giving, withdrawing and listing consent. Used by the Python SDK.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ombud_core::say;
use ombud_gateway::consent::{Answered, Given, Trouble, Who, sha256};
use ombud_gateway::{Gateway, caller};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::api::{Problem, admitted, problem};
use crate::told::{Told, wrong_method};

/// A question that may have to be asked.
#[derive(Deserialize, ToSchema)]
struct Ask {
    /// The operator's id of the subject. It is not stored; a pseudonym stands for it.
    subject: String,
    /// The purpose, such as `memory.personalise`: lower-case letters, digits, `.`, `_` and `-`.
    purpose: String,
    /// The session that a proof is bound to; empty for any.
    #[serde(default)]
    session: String,
    /// The text that the subject reads before answering. Its digest is kept; another text asks again.
    #[serde(default)]
    notice: Option<String>,
}

/// The subject's answer.
#[derive(Deserialize, ToSchema)]
struct Give {
    /// The operator's id of the subject.
    subject: String,
    /// The session, as in `ask`.
    #[serde(default)]
    session: String,
    /// The `request` that `ask` returned.
    request: String,
    /// Whether the subject agreed.
    agreed: bool,
    /// How the subject answered, such as `terminal` or `button:agree`.
    #[serde(default)]
    method: String,
}

/// A withdrawal of consent.
#[derive(Deserialize, ToSchema)]
struct Withdraw {
    /// The operator's id of the subject.
    subject: String,
    /// The purpose.
    purpose: String,
    /// How the subject withdrew it.
    #[serde(default)]
    method: String,
}

/// Whose consents.
#[derive(Deserialize)]
struct Whose {
    subject: String,
}

/// The state of a consent.
#[derive(Serialize, ToSchema)]
struct Standing {
    /// `given`, `refused`, `withdrawn`; from `ask` also `none`, `expired` and `other_notice`.
    state: String,
    /// For the header `x-ombud-consent`, where consent is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    /// When the proof expires, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    /// To be sent back with the subject's answer, where a question has to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    /// The receipt of an answer, for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    receipt: Option<serde_json::Value>,
}

/// One consent.
#[derive(Serialize, ToSchema)]
pub(crate) struct Row {
    /// The purpose.
    pub purpose: String,
    /// `given`, `refused` or `withdrawn`.
    pub state: String,
    /// When it was answered, in seconds since 1970.
    pub at: i64,
    /// Until when it is valid, in seconds since 1970.
    pub until: i64,
    /// SHA-256 of the receipt.
    pub receipt: String,
}

/// All consents of a subject.
#[derive(Serialize, ToSchema)]
struct Rows {
    /// The subject's pseudonym in the log.
    subject: String,
    /// By purpose.
    consents: Vec<Row>,
}

#[derive(OpenApi)]
#[openapi(paths(ask, give, withdraw, list), components(schemas(Ask, Give, Withdraw, Standing, Row, Rows)))]
struct Document;

/// The description of these routes.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The routes.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/api/v1/consent/ask", post(ask))
        .route("/api/v1/consent/give", post(give))
        .route("/api/v1/consent/withdraw", post(withdraw))
        .route("/api/v1/consent", get(list))
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::extract::DefaultBodyLimit::max(64 * 1024))
        .with_state(gateway)
}

/// Returns a proof if the subject has agreed, otherwise what to send back with the answer.
#[utoipa::path(post, path = "/api/v1/consent/ask", request_body = Ask,
    responses((status = 200, body = Standing), (status = 400, body = Problem), (status = 401, body = Problem), (status = 409, body = Problem)))]
async fn ask(State(gateway): State<Arc<Gateway>>, headers: HeaderMap, Told(input): Told<Ask>) -> Response {
    let who = match who(&gateway, &headers, &input.subject, &input.session, Some(&input.purpose)) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    let notice = input.notice.as_deref().map(|text| sha256(text.as_bytes()));
    match gateway.desk.ask(&who, &input.purpose, notice.as_deref()).await {
        Ok(Answered::Given(given)) => Json(standing("given", Some(given), None)).into_response(),
        Ok(Answered::Ask(question)) => {
            let standing =
                Standing { request: Some(question.request), ..standing(question.state, None, None) };
            Json(standing).into_response()
        }
        Err(trouble) => troubled(&gateway, &trouble),
    }
}

/// Records the subject's answer to a question.
#[utoipa::path(post, path = "/api/v1/consent/give", request_body = Give,
    responses((status = 200, body = Standing), (status = 401, body = Problem), (status = 409, body = Problem)))]
async fn give(State(gateway): State<Arc<Gateway>>, headers: HeaderMap, Told(input): Told<Give>) -> Response {
    let who = match who(&gateway, &headers, &input.subject, &input.session, None) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    match gateway.desk.answer(&who, &input.request, input.agreed, short(&input.method)).await {
        Ok((given, receipt)) => {
            let state = if input.agreed { "given" } else { "refused" };
            Json(standing(state, given, Some(receipt))).into_response()
        }
        Err(trouble) => troubled(&gateway, &trouble),
    }
}

/// Withdraws consent; every proof of the subject is void at once.
#[utoipa::path(post, path = "/api/v1/consent/withdraw", request_body = Withdraw,
    responses((status = 200, body = Standing), (status = 400, body = Problem), (status = 401, body = Problem), (status = 409, body = Problem)))]
async fn withdraw(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    Told(input): Told<Withdraw>,
) -> Response {
    let who = match who(&gateway, &headers, &input.subject, "", Some(&input.purpose)) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    match gateway.desk.withdraw(&who, &input.purpose, short(&input.method)).await {
        Ok(receipt) => Json(standing("withdrawn", None, Some(receipt))).into_response(),
        Err(trouble) => troubled(&gateway, &trouble),
    }
}

/// Lists the consents of a subject.
#[utoipa::path(get, path = "/api/v1/consent", params(("subject" = String, Query, description = "the operator's id of the subject")),
    responses((status = 200, body = Rows), (status = 400, body = Problem), (status = 401, body = Problem)))]
async fn list(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    whose: Result<Query<Whose>, QueryRejection>,
) -> Response {
    let Ok(Query(whose)) = whose else {
        let message = say!(gateway.config.lang,
            en: "say whose consents to list: /api/v1/consent?subject=USER",
            zh: "请说明要列出哪位用户的同意记录：/api/v1/consent?subject=用户");
        return problem(StatusCode::BAD_REQUEST, "ombud_body", message);
    };
    let who = match who(&gateway, &headers, &whose.subject, "", None) {
        Ok(who) => who,
        Err(refused) => return *refused,
    };
    match rows(&gateway, &who.subject).await {
        Ok(consents) => Json(Rows { subject: who.subject, consents }).into_response(),
        Err(_) => troubled(&gateway, &Trouble::Store),
    }
}

/// The consents of a pseudonym.
pub(crate) async fn rows(gateway: &Gateway, subject: &str) -> Result<Vec<Row>, ombud_ledger::Error> {
    let consents = gateway.desk.consents().of(subject).await?;
    let row = |consent: ombud_ledger::Consent| Row {
        purpose: consent.purpose,
        state: consent.state,
        at: consent.at,
        until: consent.until,
        receipt: consent.receipt,
    };
    Ok(consents.into_iter().map(row).collect())
}

fn standing(state: &str, given: Option<Given>, receipt: Option<serde_json::Value>) -> Standing {
    let (proof, expires) = given.map(|given| (given.proof, given.expires)).unzip();
    Standing { state: state.to_owned(), proof, expires, request: None, receipt }
}

/// Whose consent it is, if the caller may use this interface and the subject and the purpose are well-formed.
fn who(
    gateway: &Gateway,
    headers: &HeaderMap,
    subject: &str,
    session: &str,
    purpose: Option<&str>,
) -> Result<Who, Box<Response>> {
    admitted(gateway, headers)?;
    let lang = gateway.config.lang;
    let letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
    let named = |purpose: &str| (1..=64).contains(&purpose.len()) && purpose.bytes().all(letter);
    if !(1..=256).contains(&subject.len()) {
        let message =
            say!(lang, en: "`subject` must have 1 to 256 bytes", zh: "`subject` 须为 1 到 256 字节");
        return Err(Box::new(problem(StatusCode::BAD_REQUEST, "ombud_bad_subject", message)));
    }
    if !purpose.is_none_or(named) {
        let message = say!(lang,
            en: "`purpose` must have 1 to 64 lower-case letters, digits, `.`, `_` or `-`, such as memory.personalise",
            zh: "`purpose` 须为 1 到 64 个小写字母、数字、`.`、`_` 或 `-`，例如 memory.personalise");
        return Err(Box::new(problem(StatusCode::BAD_REQUEST, "ombud_bad_purpose", message)));
    }
    let tenant = caller::tenant_of(&gateway.ledger, headers);
    let subject = caller::pseudonym(&gateway.ledger, &tenant, subject);
    Ok(Who { tenant, subject, session: session.to_owned() })
}

fn short(method: &str) -> &str {
    method.char_indices().nth(64).map_or(method, |(end, _)| method.get(..end).unwrap_or_default())
}

fn troubled(gateway: &Gateway, trouble: &Trouble) -> Response {
    let lang = gateway.config.lang;
    if *trouble == Trouble::NoQuestion {
        let message = say!(lang,
            en: "this answer belongs to no open question: it was asked for another subject or session, more than 15 minutes ago, or before consent was withdrawn. Ask again: POST /api/v1/consent/ask",
            zh: "此回答没有对应的待答问题：可能属于其他用户或会话、已超过 15 分钟，或提问之后用户撤回了同意。请重新询问：POST /api/v1/consent/ask");
        return problem(StatusCode::CONFLICT, "ombud_no_question", message);
    }
    if *trouble == Trouble::BeingErased {
        let message = say!(lang,
            en: "the data of this user is being erased, so no consent is stored. If a store did not respond, start it and run `ombud subject erase USER` to complete the erasure",
            zh: "正在删除该用户的数据，因此不保存任何同意。如果有记忆库没有响应，请启动它，再运行 `ombud subject erase 用户` 完成删除");
        return problem(StatusCode::CONFLICT, "ombud_being_erased", message);
    }
    let message = say!(lang,
        en: "the consent store cannot be used, so no consent counts; run `ombud log verify`",
        zh: "同意记录无法使用，因此任何同意都不生效；请运行 `ombud log verify`");
    problem(StatusCode::SERVICE_UNAVAILABLE, "ombud_store_unusable", message)
}
