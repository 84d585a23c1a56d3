//! `/api/v1/sources`: an agent declares where a text that it puts into prompts comes from. Used by the Python SDK.

use std::ops::Range;
use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use ombud_core::{Lang, say};
use ombud_gateway::attribute::declared::{
    Declaration, Kind, LONGEST, MOST_SPANS, Refused, Taken, Vouched, Which,
};
use ombud_gateway::{Gateway, caller};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::api::{Problem, admitted, problem};
use crate::told::{mistake, wrong_method};

/// Sources in one request.
const MOST: usize = 256;

/// The largest body: [`MOST`] chunks of a usual size, or a few long texts.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Where texts come from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SourcesIn {
    /// One for each text, at most 256.
    sources: Vec<SourceIn>,
}

/// Where one text comes from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SourceIn {
    /// `memory`, `knowledge`, `web`, `file`, `tool`, `user` or `other`.
    #[schema(value_type = String)]
    kind: Kind,
    /// The name of the store, document, page or tool, as shown in questions and in the log; 64 characters are kept.
    #[serde(default)]
    name: Option<String>,
    /// Whose words the text is: `user`, `operator`, or `third_party`, which is the default for every kind but `user`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    trust: Option<Vouched>,
    /// The text, with at least eight letters or four Chinese characters, at most 256 KiB. It is recognised wherever eight
    /// of its words occur in a row; only hashes of its words are kept, in memory.
    #[serde(default)]
    text: Option<String>,
    /// Instead of the text: the SHA-256, in hexadecimal, of the text of one message in UTF-8.
    #[serde(default)]
    sha256: Option<String>,
    /// With `sha256`: the parts of that message that come from here, `[[start, end], …]` in bytes of UTF-8; by default all
    /// of it.
    #[serde(default)]
    spans: Vec<[usize; 2]>,
    /// The session in which it counts, as in the header `x-ombud-session`; by default all of them.
    #[serde(default)]
    conversation: Option<String>,
}

/// What was accepted.
#[derive(Serialize, ToSchema)]
struct Declared {
    /// How many.
    declared: usize,
    /// Indexes of those that were left out, because a text with fewer than eight letters or digits occurs in too many
    /// others.
    too_short: Vec<usize>,
}

#[derive(OpenApi)]
#[openapi(paths(declare), components(schemas(SourcesIn, SourceIn, Declared)))]
struct Document;

/// The description of this route.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The route.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    let routes =
        Router::new().route("/api/v1/sources", post(declare)).method_not_allowed_fallback(wrong_method);
    routes.layer(DefaultBodyLimit::max(MOST_BYTES)).with_state(gateway)
}

/// Declares where texts come from. Requests with the same gateway key that hold them are then judged by it, until the
/// gateway stops or newer texts need the room. All are accepted or none.
#[utoipa::path(post, path = "/api/v1/sources", request_body = SourcesIn,
    responses((status = 200, body = Declared), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn declare(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    input: Result<Json<SourcesIn>, JsonRejection>,
) -> Response {
    if let Err(refused) = admitted(&gateway, &headers) {
        return *refused;
    }
    let lang = gateway.config.lang;
    let read = input
        .map_err(|error| Box::new(unreadable(&error, lang)))
        .and_then(|Json(input)| read(&gateway, input));
    let declarations = match read {
        Ok(declarations) => declarations,
        Err(refused) => return *refused,
    };
    let tenant = caller::tenant_of(&gateway.ledger, &headers);
    match gateway.declare(&tenant, &declarations) {
        Ok(Taken { short, .. }) => {
            let declared = declarations.len() - short.len();
            Json(Declared { declared, too_short: short }).into_response()
        }
        Err((at, why)) => bad("ombud_bad_source", told(at, why, lang)),
    }
}

fn bad(code: &'static str, message: String) -> Response {
    problem(StatusCode::BAD_REQUEST, code, message)
}

fn unreadable(error: &JsonRejection, lang: Lang) -> Response {
    let status = error.status();
    let what =
        mistake(error, lang).map_or_else(String::new, |what| say!(lang, en: "{what}. ", zh: "{what}。"));
    let message = say!(lang,
        en: "{what}The body must be JSON of at most 2 MiB such as {{\"sources\": [{{\"kind\": \"knowledge\", \"name\": \"faq\", \"text\": \"…\"}}]}}, with `kind` one of memory, knowledge, web, file, tool, user, other. All fields: /api/openapi.json",
        zh: "{what}请求体须为不超过 2 MiB 的 JSON，例如 {{\"sources\": [{{\"kind\": \"knowledge\", \"name\": \"faq\", \"text\": \"…\"}}]}}，`kind` 取 memory、knowledge、web、file、tool、user、other 之一。全部字段见 /api/openapi.json");
    problem(status, "ombud_bad_source", message)
}

fn read(gateway: &Gateway, input: SourcesIn) -> Result<Vec<Declaration>, Box<Response>> {
    let lang = gateway.config.lang;
    let count = input.sources.len();
    if count > MOST {
        let message = say!(lang,
            en: "{count} sources in one request are too many: send at most {MOST} at a time",
            zh: "一次请求中有 {count} 个来源，过多：每次最多发送 {MOST} 个");
        return Err(Box::new(bad("ombud_bad_source", message)));
    }
    let sources = input.sources.into_iter().enumerate();
    let declarations: Vec<Declaration> =
        sources.map(|(at, source)| declaration(at, source, lang)).collect::<Result<_, _>>()?;
    let opens = declarations.iter().position(|one| one.trust != Vouched::ThirdParty);
    match opens.filter(|_| gateway.config.keys.is_empty()) {
        Some(at) => Err(Box::new(vouched(at, lang))),
        None => Ok(declarations),
    }
}

/// A vouched text loosens restrictions, so whoever declares it must be known: a page or a tool on this machine could claim
/// it too.
fn vouched(at: usize, lang: Lang) -> Response {
    let message = say!(lang,
        en: "sources[{at}]: declaring a text as the user's or the developer's own loosens restrictions, and this gateway cannot tell who declares it. Give it keys ([serve] keys in ombud.toml) and send one as `x-ombud-key`, or omit `trust`",
        zh: "sources[{at}]：声明文本出自用户或开发者会放宽限制，而此网关无法确认声明者的身份。请在 ombud.toml 的 [serve] 下设置 keys，并在请求头 `x-ombud-key` 中提供，或省略 `trust`");
    problem(StatusCode::FORBIDDEN, "ombud_source_needs_key", message)
}

fn declaration(at: usize, source: SourceIn, lang: Lang) -> Result<Declaration, Box<Response>> {
    let usual = if source.kind == Kind::User { Vouched::User } else { Vouched::ThirdParty };
    let spans: Vec<Range<usize>> = source.spans.iter().map(|[start, end]| *start..*end).collect();
    let text = match (source.text, source.sha256) {
        (Some(text), None) if spans.is_empty() => Which::Text(text),
        (None, Some(digest)) => Which::Digest(digest, spans),
        _ => return Err(Box::new(bad("ombud_bad_source", neither(at, lang)))),
    };
    let (kind, name, session) =
        (source.kind, source.name, source.conversation.filter(|name| !name.is_empty()));
    Ok(Declaration { kind, name, trust: source.trust.unwrap_or(usual), session, text })
}

fn neither(at: usize, lang: Lang) -> String {
    say!(lang,
        en: "sources[{at}]: give either `text`, or `sha256` of a message and, optionally, `spans` in it",
        zh: "sources[{at}]：请提供 `text`，或提供某条消息的 `sha256` 及（可选的）`spans`，二者择一")
}

fn told(at: usize, why: Refused, lang: Lang) -> String {
    match why {
        Refused::Long => {
            let most = LONGEST / 1024;
            say!(lang,
                en: "sources[{at}]: `text` is longer than {most} KiB: declare it in parts",
                zh: "sources[{at}]：`text` 超过 {most} KiB，请分段声明")
        }
        Refused::Digest | Refused::Short => say!(lang,
            en: "sources[{at}]: `sha256` must be 64 hexadecimal digits, and `spans` at most {MOST_SPANS} pairs [start, end] with start before end",
            zh: "sources[{at}]：`sha256` 须为 64 位十六进制数字，`spans` 最多 {MOST_SPANS} 组 [起, 止]，且起小于止"),
    }
}

#[cfg(test)]
mod tests;
