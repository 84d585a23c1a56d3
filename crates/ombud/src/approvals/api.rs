//! `/api/v1/console/approvals`: pending calls, for whoever holds the console's token. An agent's key does not open this.

use std::path::Path as FilePath;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ombud_core::{Lang, gate};
use ombud_gateway::approvals::Pending;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::desk::{Desk, Refused};
use super::{arguments, refusal};
use crate::console::{Bilingual, ConsoleProblem, Open, problem};

/// Pending calls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalList {
    /// The one that has waited longest comes first.
    approvals: Vec<ApprovalRow>,
}

/// A pending call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalRow {
    /// Names this call.
    code: String,
    /// Identifies exactly this call: sent back with the answer.
    stands: String,
    /// The server or HTTP tool; null for a call in a model's response.
    server: Option<String>,
    /// The tool.
    tool: String,
    /// What it does.
    does: Bilingual,
    /// Why it waits.
    why: Bilingual,
    /// The exchange in the log.
    exchange: String,
    /// Its arguments: JSON as the tool would get it; null if the log does not hold them.
    arguments: Option<String>,
    /// Seconds that it has waited.
    waited: u64,
}

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// Whether the call may be made, once.
    allow: bool,
    /// The `stands` value of the call as it was shown.
    stands: String,
}

/// Tool calls that wait for approval.
#[utoipa::path(get, path = "/api/v1/console/approvals",
    responses((status = 200, body = ApprovalList), (status = 401, body = ConsoleProblem)))]
pub(crate) async fn list(State(console): State<Open>) -> Response {
    let home = console.source.home();
    let mut approvals = Vec::new();
    for (call, waited) in Desk::at(home).open() {
        let told = |lang| gate::told(&call.decision, lang);
        approvals.push(ApprovalRow {
            does: Bilingual::of(&call.effect),
            why: Bilingual { en: told(Lang::En), zh: told(Lang::Zh) },
            arguments: arguments(home, &call).await,
            waited: waited.as_secs(),
            code: call.code,
            stands: call.stands,
            server: call.server,
            tool: call.tool,
            exchange: call.exchange,
        });
    }
    Json(ApprovalList { approvals }).into_response()
}

/// Allows a call once, or declines it.
#[utoipa::path(post, path = "/api/v1/console/approvals/{code}",
    params(("code" = String, Path, description = "code of the call")), request_body = Answer,
    responses((status = 204, description = "taken"), (status = 400, body = ConsoleProblem), (status = 401, body = ConsoleProblem),
        (status = 404, body = ConsoleProblem)))]
pub(crate) async fn say(
    State(console): State<Open>,
    Path(code): Path<String>,
    answer: Result<Json<Answer>, JsonRejection>,
) -> Response {
    let lang = console.lang;
    let Ok(Json(answer)) = answer else {
        let message = ombud_core::say!(lang,
            en: "send {{\"allow\": true, \"stands\": \"…\"}}, with the `stands` value of the call as it was shown",
            zh: "请发送 {{\"allow\": true, \"stands\": \"…\"}}，其中 `stands` 照所显示的该调用的值填写");
        return problem(StatusCode::BAD_REQUEST, "ombud_no_answer", message);
    };
    match said(console.source.home(), &code, &answer).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => {
            let status = match refused {
                Refused::Io(_) | Refused::Keys => StatusCode::SERVICE_UNAVAILABLE,
                Refused::NoCode | Refused::Unknown | Refused::Unseen | Refused::Once => StatusCode::NOT_FOUND,
            };
            let shown: String = code.chars().filter(|ch| !ch.is_control()).take(12).collect();
            problem(status, "ombud_no_such_call", refusal(&refused, &shown, lang))
        }
    }
}

/// Records an answer. A call that cannot be shown cannot be approved.
async fn said(home: &FilePath, code: &str, answer: &Answer) -> Result<(), Refused> {
    let desk = Desk::at(home);
    let call = Pending { stands: answer.stands.clone(), ..desk.find(code)? };
    if answer.allow && arguments(home, &call).await.is_none() {
        return Err(Refused::Unseen);
    }
    desk.say(&call, answer.allow)
}
