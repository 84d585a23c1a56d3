//! `/t/<name>/…`: the HTTP API of a tool behind the same pipeline, described by its `OpenAPI` document. An operation is a
//! tool; path, query and body are its arguments. What the document does not name is refused. Ombud holds the credential: it
//! comes from an environment variable, and what the agent sends instead is dropped.

mod body;
pub mod openapi;
mod parts;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::response::Response;
use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use ombud_core::{Say, say};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::http::{Around, Surrounding};
use super::message::{Id, Message, Shape};
use super::pins::{Pin, Pins};
use super::session::{Session, Side, Step};
use super::{Journal as _, Results, Rules, Server, sealed};
use crate::caller::{Caller, tenant_of};
use crate::gateway::{Config, Gateway};
use crate::lock::locked;
use crate::refusal::Refusal;
use crate::{heads, pipeline, upstream};
use body::Written;
use openapi::{Document, Operation, Place};
use parts::{Asked, Target};

/// The path under which actions are served.
pub const ROOT: &str = "/t/";

/// How many clients' sessions are kept.
const MOST_SESSIONS: usize = 256;

/// How often a waiting call is checked for a decision.
const LOOK: Duration = Duration::from_millis(500);

/// The agent's headers that are forwarded, besides those that the document names.
const HEADERS: &[HeaderName] =
    &[header::ACCEPT, header::ACCEPT_LANGUAGE, header::CONTENT_TYPE, header::USER_AGENT];

/// Headers that identify an attempt rather than describe the request; they are forwarded where the document names them.
const ATTEMPTS: &[&str] = &[
    "idempotency-key",
    "x-idempotency-key",
    "traceparent",
    "tracestate",
    "request-id",
    "x-request-id",
    "x-correlation-id",
];

/// `[actions.<name>]` in ombud.toml.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Path of the `OpenAPI` document, JSON or YAML.
    pub openapi: std::path::PathBuf,
    /// The address of the API, if it differs from the document's.
    pub url: Option<String>,
    /// The environment variable that holds the credential.
    pub secret_env: Option<String>,
    /// What is masked in results.
    #[serde(default)]
    pub results: Results,
}

/// An HTTP tool.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its document.
    pub document: Document,
    /// Its base address.
    pub url: String,
    /// Its credential.
    pub secret: Option<String>,
    /// What is masked in results.
    pub results: Results,
}

impl Action {
    /// An action from its settings and the text of its document.
    pub fn new(settings: &Settings, text: &str) -> Result<Self, openapi::Unusable> {
        let secret = settings.secret_env.as_ref().and_then(|name| std::env::var(name).ok());
        Self::with(settings, text, secret.filter(|secret| !secret.is_empty()))
    }

    /// The same with the credential given.
    fn with(settings: &Settings, text: &str, secret: Option<String>) -> Result<Self, openapi::Unusable> {
        let document = Document::read(text)?;
        let url = settings.url.clone().or_else(|| document.base.clone()).ok_or(openapi::Unusable::Address)?;
        if settings.secret_env.is_some() && document.closed {
            return Err(openapi::Unusable::Scheme);
        }
        if let Some(secret) = &secret {
            document.place.as_ref().unwrap_or(&Place::Bearer).takes(secret)?;
        }
        Ok(Self { document, url: url.trim_end_matches('/').to_owned(), secret, results: settings.results })
    }
}

/// The actions of a gateway.
#[derive(Default)]
pub struct Actions {
    /// By name.
    pub named: BTreeMap<String, Action>,
    /// What their sessions need from outside.
    pub around: Option<Arc<Around>>,
    /// Sessions by action and caller, with the time of last use.
    sessions: std::sync::Mutex<HashMap<String, (Arc<Open>, Instant)>>,
}

impl std::fmt::Debug for Actions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Actions").field("named", &self.named.keys()).finish_non_exhaustive()
    }
}

/// The tool session of one client.
struct Open {
    session: Mutex<(Session, u64)>,
    around: Surrounding,
    began: Instant,
}

impl Actions {
    /// The actions, with what their sessions need.
    pub fn new(named: BTreeMap<String, Action>, around: Arc<Around>) -> Self {
        Self { named, around: Some(around), sessions: std::sync::Mutex::default() }
    }

    fn open(&self, gateway: &Gateway, name: &str, action: &Action, headers: &HeaderMap) -> Option<Arc<Open>> {
        let caller = Caller::of(&gateway.ledger, headers);
        let key = format!("{name}\0{}\0{}", caller.client, caller.session);
        let mut sessions = locked(&self.sessions);
        if let Some((open, last)) = sessions.get_mut(&key) {
            *last = Instant::now();
            return Some(Arc::clone(open));
        }
        if sessions.len() >= MOST_SESSIONS {
            // Only the session idle for longest is dropped, and one with a call in progress only if all others have one
            // too: dropping all would reset every client's limits, and dropping the oldest would hit the longest-running
            // agent.
            let silent = |(open, last): &(Arc<Open>, Instant)| (Arc::strong_count(open) > 1, *last);
            let one = sessions.iter().min_by_key(|(_, known)| silent(known)).map(|(key, _)| key.clone());
            sessions.remove(&one.unwrap_or_default());
        }
        let around = self.around.as_ref()?(name, &tenant_of(&gateway.ledger, headers))?;
        let rules = rules(gateway, name, action, &caller, &around);
        let session = Session::new(Arc::new(rules), pins(&action.document));
        let open = Open { session: Mutex::new((session, 0)), around, began: Instant::now() };
        let open = Arc::new(open);
        sessions.insert(key, (Arc::clone(&open), Instant::now()));
        Some(open)
    }
}

/// The operations as approved definitions: they come from the operator's own file.
fn pins(document: &Document) -> Pins {
    let pin = |operation: &Operation| {
        (operation.name.clone(), Pin { definition: operation.definition.clone(), ..Pin::default() })
    };
    Pins { tools: document.operations.iter().map(pin).collect() }
}

fn rules(gateway: &Gateway, name: &str, action: &Action, caller: &Caller, around: &Surrounding) -> Rules {
    let least = |operation: &Operation| (operation.name.clone(), operation.least);
    let settings = Server { results: action.results, ..Server::default() };
    Rules {
        least: action.document.operations.iter().map(least).collect(),
        ..Rules::of(gateway, (name, "http"), settings, caller, &around.beside)
    }
}

/// Why a request is not answered by the tool.
enum Closed {
    Edge(Refusal),
    Action(String),
    Path,
    Query(String),
    Header(String),
    Body,
    /// A part of the body that cannot be read, with the name of the operation.
    Unread(String),
    /// A response whose declared text type does not match its content.
    Garbled(String),
    /// The core's own response: a text and its code.
    Core(String, String),
}

impl From<Refusal> for Closed {
    fn from(why: Refusal) -> Self {
        Self::Edge(why)
    }
}

impl Closed {
    fn response(self, config: &Config) -> Response {
        let lang = config.lang;
        let (status, code, text) = match self {
            Self::Edge(why) => (why.status(), why.code().to_owned(), why.say(lang)),
            Self::Action(name) => (
                StatusCode::NOT_FOUND,
                "ombud_unknown_action".to_owned(),
                say!(lang,
                en: "there is no action `{name}`. Add [actions.{name}] with openapi = \"FILE\" to ombud.toml, then start ombud again.",
                zh: "没有名为 `{name}` 的动作。请在 ombud.toml 中加入 [actions.{name}] 及 openapi = \"文件\"，然后重新启动 ombud。"),
            ),
            Self::Path => (
                StatusCode::FORBIDDEN,
                "ombud_path_not_documented".to_owned(),
                say!(lang,
                en: "the OpenAPI document of this tool does not describe this method and path, so nothing was sent. Add it to the document if it is needed.",
                zh: "该工具的 OpenAPI 文档中没有这个方法和路径，因此未发送。如确需使用，请加入文档。"),
            ),
            Self::Query(name) => (
                StatusCode::FORBIDDEN,
                "ombud_query_not_documented".to_owned(),
                say!(lang,
                en: "the OpenAPI document of this tool describes no query parameter `{name}` here, so nothing was sent.",
                zh: "该工具的 OpenAPI 文档没有为此操作写明查询参数 `{name}`，因此未发送。"),
            ),
            Self::Header(name) => (
                StatusCode::BAD_REQUEST,
                "ombud_header_not_readable".to_owned(),
                say!(lang,
                en: "the value of the header `{name}` is not UTF-8, so it could not be checked and nothing was sent. Send it as UTF-8, or leave the header out.",
                zh: "请求头 `{name}` 的值不是 UTF-8，无法检查，因此未发送。请改用 UTF-8 发送，或去掉该请求头。"),
            ),
            Self::Unread(operation) => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "ombud_body_not_readable".to_owned(),
                say!(lang,
                en: "a part of the body is not UTF-8, so it could not be checked and nothing was sent. Send text as UTF-8. If it is a file, declare its media type (`image/png`, `multipart/form-data`, …) under requestBody.content of `{operation}` in the OpenAPI document, send it with that Content-Type, and start ombud again.",
                zh: "请求体中有一部分不是 UTF-8，无法检查，因此未发送。文本请以 UTF-8 发送。如果是文件，请在 OpenAPI 文档中 `{operation}` 的 requestBody.content 下写明其媒体类型（如 `image/png`、`multipart/form-data`），以该 Content-Type 发送，并重新启动 ombud。"),
            ),
            Self::Body => (
                StatusCode::BAD_REQUEST,
                "ombud_body_not_readable".to_owned(),
                say!(lang,
                en: "the body is neither text nor JSON without duplicate keys, so nothing was sent.",
                zh: "请求体既不是没有重复键的 JSON，也不是文本，因此未发送。"),
            ),
            Self::Garbled(kind) => (
                StatusCode::BAD_GATEWAY,
                "ombud_answer_not_readable".to_owned(),
                say!(lang,
                en: "the tool's response is declared as `{kind}` but is not text, so it could not be checked for secrets and was not passed on. The call itself was made. Make the API respond in UTF-8, or declare the type of file that it sends.",
                zh: "该工具的回答声称是 `{kind}`，却不是文本，无法检查其中是否有密钥，因此未转交。调用本身已经执行。请让该 API 以 UTF-8 回答，或写明它所发文件的类型。"),
            ),
            Self::Core(text, code) => (StatusCode::FORBIDDEN, code, text),
        };
        let text = (config.tell)(text, lang);
        let body = serde_json::json!({ "error": { "code": code, "message": format!("Ombud: {text}") } });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}

/// Handles one request below [`ROOT`].
pub async fn handle(gateway: Arc<Gateway>, request: Request<Body>) -> Response {
    match serve(&gateway, request).await {
        Ok(response) => response,
        Err(closed) => closed.response(&gateway.config),
    }
}

async fn serve(gateway: &Gateway, request: Request<Body>) -> Result<Response, Closed> {
    let (parts, body) = request.into_parts();
    pipeline::admit(gateway, &parts.headers)?;
    let below = parts.uri.path().strip_prefix(ROOT).unwrap_or_default();
    let (name, path) = below.split_once('/').unwrap_or((below, ""));
    let shown = || name.chars().filter(|ch| !ch.is_control()).take(40).collect();
    let action = actions(gateway)?.named.get(name).ok_or_else(|| Closed::Action(shown()))?;
    let target = Target::read(path, parts.uri.query().unwrap_or_default()).ok_or(Closed::Path)?;
    let (operation, named) =
        action.document.find(parts.method.as_str(), &target.pieces).ok_or(Closed::Path)?;
    let target = own_query(target, action, operation)?;
    let body = pipeline::read(gateway, &parts.headers, body).await?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let body = Written::of(&body, kind.unwrap_or_default(), &operation.media)
        .ok_or_else(|| Closed::Unread(operation.name.clone()))?;
    let heads = own_heads(action, operation, &parts.headers)?;
    let request = Asked { named, target, heads, body };
    let (mut plain, withheld) = plain_heads(gateway, action, operation, &parts.headers);
    let open = actions(gateway)?.open(gateway, name, action, &parts.headers);
    let open = open.ok_or_else(|| Closed::Action(shown()))?;
    let (line, id) = asked(gateway, &open, operation, &request, withheld.names).await?;
    let sending = parts::rebuilt(action, operation, &request, &line).ok_or(Closed::Body)?;
    plain.extend(sending.heads);
    let (headers, url, body) = (headers(action, plain), sending.url, sending.body);
    // The client only limits the time between two bytes; a server that drips them must not hold the call forever either.
    let patience = gateway.config.patience.read;
    let sending = tokio::time::timeout(patience, sent(gateway, parts.method, &url, headers, body));
    let ended = sending.await.unwrap_or_else(|_| Err(Refusal::Timeout(upstream::host(&url).to_owned())));
    let (status, kind, answer) = match ended {
        Ok(answer) => answer,
        Err(why) => {
            let mut core = open.session.lock().await;
            let steps = core.0.failed(&id, why.code(), open.began.elapsed());
            carry(gateway, &open, &mut core.0, steps).await;
            return Err(match why {
                Refusal::Garbage(kind) => Closed::Garbled(kind),
                why => why.into(),
            });
        }
    };
    let answer = parts::without(&answer, action.secret.as_deref());
    answered(gateway, &open, &id, status, &kind, answer).await
}

fn actions(gateway: &Gateway) -> Result<&Actions, Closed> {
    gateway.edge.get().map(|edge| &edge.actions).ok_or_else(|| Closed::Action(String::new()))
}

/// The query without a parameter sent in place of the credential; every other name must appear in the document.
fn own_query(mut target: Target, action: &Action, operation: &Operation) -> Result<Target, Closed> {
    if let Some(Place::Query(own)) = &action.document.place {
        target.query.retain(|(name, _)| name != own);
    }
    let plain = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
    let known = |name: &String| operation.query.iter().any(|known| plain(known) == plain(name));
    match target.query.iter().find(|(name, _)| !known(name)) {
        Some((name, _)) => Err(Closed::Query(name.chars().filter(|ch| !ch.is_control()).take(40).collect())),
        None => Ok(target),
    }
}

/// Submits the request to the core as a tool call; returns the call as it may be forwarded.
async fn asked(
    gateway: &Gateway,
    open: &Open,
    operation: &Operation,
    request: &Asked,
    left_out: Vec<String>,
) -> Result<(Vec<u8>, Id), Closed> {
    let mut core = open.session.lock().await;
    core.1 += 1;
    core.0.leaves_out(left_out);
    let line = parts::call(core.1, &operation.name, request);
    let Ok(Shape::Request(id, _)) = Message::read(&line).map(|message| message.shape) else {
        return Err(Closed::Body);
    };
    let steps = core.0.client(&line, open.began.elapsed());
    let mut lines = carry(gateway, open, &mut core.0, steps).await;
    while lines.is_empty() && core.0.holds(&id) {
        // Release the session, so that other calls can run meanwhile.
        drop(core);
        tokio::time::sleep(LOOK).await;
        core = open.session.lock().await;
        let steps = core.0.look(Some(&id), open.began.elapsed());
        lines = carry(gateway, open, &mut core.0, steps).await;
    }
    match lines.pop() {
        Some((Side::Server, line)) => Ok((line, id)),
        Some((Side::Client, line)) => Err(told(&line)),
        None => Err(Refusal::Ledger.into()),
    }
}

/// Submits the response to the core; returns the response as it may be passed on.
async fn answered(
    gateway: &Gateway,
    open: &Open,
    id: &Id,
    status: StatusCode,
    kind: &HeaderValue,
    answer: Bytes,
) -> Result<Response, Closed> {
    let line = parts::result(id, status.as_u16(), kind.to_str().unwrap_or_default(), &answer);
    let mut core = open.session.lock().await;
    let steps = core.0.server(&line, open.began.elapsed());
    let mut lines = carry(gateway, open, &mut core.0, steps).await;
    let Some((Side::Client, line)) = lines.pop() else { return Err(Refusal::Ledger.into()) };
    drop(core);
    let body = parts::answer(&line, &answer).ok_or_else(|| told(&line))?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    Ok(response)
}

/// Carries out steps and returns the messages that are left to deliver.
async fn carry(
    gateway: &Gateway,
    open: &Open,
    session: &mut Session,
    steps: Vec<Step>,
) -> Vec<(Side, Vec<u8>)> {
    let mut steps = std::collections::VecDeque::from(steps);
    let mut lines = Vec::new();
    while let Some(step) = steps.pop_front() {
        match step {
            Step::Send(side, line) => lines.push((side, line)),
            Step::Tell(text) => open.around.hears.tell(&text),
            Step::Save | Step::Other => {}
            Step::Note(note) => {
                let about = note.about;
                if gateway.ledger.keep(note.event, note.content).await.is_err() {
                    session.unlogged(about.as_ref(), &mut steps);
                }
            }
        }
    }
    lines
}

/// What the core responded instead of passing something on.
fn told(line: &[u8]) -> Closed {
    let error: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
    let text = |pointer| error.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
    let message = text("/error/message").trim_start_matches("Ombud: ").to_owned();
    Closed::Core(message, text("/error/data/ombud").to_owned())
}

/// Whether a header is reserved for the credential that Ombud adds.
fn is_taken(action: &Action, name: &HeaderName) -> bool {
    *name == header::AUTHORIZATION
        || match action.document.place.as_ref() {
            Some(Place::Header(taken)) => name.as_str().eq_ignore_ascii_case(taken),
            Some(Place::Cookie(_)) => *name == header::COOKIE,
            _ => false,
        }
}

/// The headers that the document names and the agent chose, as arguments: their values are weighed like the rest. Headers
/// that change with every attempt are excluded, or no approval would ever match the next attempt.
fn own_heads(
    action: &Action,
    operation: &Operation,
    from: &HeaderMap,
) -> Result<Vec<(String, String)>, Closed> {
    let own = |name: &&HeaderName| {
        operation.headers.iter().any(|known| known == name.as_str())
            && !HEADERS.contains(name)
            && !ATTEMPTS.contains(&name.as_str())
            && !is_taken(action, name)
    };
    let all = from.keys().filter(own).map(|name| {
        let values = from.get_all(name).iter().map(|value| body::readable(value.as_bytes()));
        let values = values.collect::<Option<Vec<_>>>().ok_or_else(|| Closed::Header(name.to_string()))?;
        Ok((name.to_string(), values.join(if *name == header::COOKIE { "; " } else { ", " })))
    });
    all.collect()
}

/// The few headers of the agent that are forwarded unchanged, without those that hold something that may not leave.
fn plain_heads(
    gateway: &Gateway,
    action: &Action,
    operation: &Operation,
    from: &HeaderMap,
) -> (HeaderMap, heads::Withheld) {
    let mut to = HeaderMap::new();
    let documented = |name: &&&str| operation.headers.iter().any(|known| known == **name);
    let attempts = ATTEMPTS.iter().filter(documented).map(|name| HeaderName::from_static(name));
    for name in HEADERS.iter().cloned().chain(attempts).filter(|name| !is_taken(action, name)) {
        // Only the first value: of two content types, the API might believe the other one.
        if let Some(value) = from.get(&name) {
            to.insert(name, value.clone());
        }
    }
    let (detector, config) = (gateway.inspector.detector(), &gateway.config);
    let withheld = heads::withhold(detector, &config.policy, &config.headers, &mut to);
    (to, withheld)
}

/// The headers to send, with the credential.
fn headers(action: &Action, mut to: HeaderMap) -> HeaderMap {
    let place = action.document.place.as_ref();
    to.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let Some(secret) = &action.secret else { return to };
    let (name, value) = match place {
        Some(Place::Header(name)) => (name.parse().ok(), secret.clone()),
        Some(Place::Query(_)) => (None, String::new()),
        Some(Place::Cookie(name)) => (Some(header::COOKIE), format!("{name}={secret}")),
        Some(Place::Basic) => {
            let encoded = base64::engine::general_purpose::STANDARD.encode(secret);
            (Some(header::AUTHORIZATION), format!("Basic {encoded}"))
        }
        Some(Place::Bearer) | None => (Some(header::AUTHORIZATION), format!("Bearer {secret}")),
    };
    if let (Some(name), Ok(mut value)) = (name, HeaderValue::from_str(&value)) {
        value.set_sensitive(true);
        to.insert(name, value);
    }
    to
}

async fn sent(
    gateway: &Gateway,
    method: Method,
    url: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, HeaderValue, Bytes), Refusal> {
    let mut answer = gateway.upstream.send(method, url, headers, body).await?;
    let status = answer.status();
    if upstream::is_encoded(answer.headers()) {
        return Err(Refusal::AnswerEncoded);
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let kind = kind.unwrap_or_else(|| HeaderValue::from_static("application/octet-stream"));
    let mut whole = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| upstream::failure(&error, url))? {
        if whole.len() + chunk.len() > gateway.config.max_body {
            return Err(Refusal::AnswerTooLarge);
        }
        whole.extend_from_slice(&chunk);
    }
    let named = kind.to_str().unwrap_or_default();
    if body::is_text(named) && sealed::legible(&whole).is_none() {
        return Err(Refusal::Garbage(named.chars().take(80).collect()));
    }
    Ok((status, kind, whole.into()))
}

#[cfg(test)]
mod tests;
