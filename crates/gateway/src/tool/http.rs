//! `/mcp/<name>`: MCP over streamable HTTP, in front of a server that is a local command or a remote address.
//!
//! Both sides terminate here. A session is a separate task with an inbox of messages and the core of
//! [`session`](super::session): what a client posts arrives there, and what the core sends goes to the waiting post or to
//! the stream that the client holds open. A client of the newest revision has no session: all its posts share one task per
//! client key.

mod link;
mod live;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use ombud_core::{Lang, Say, say};
use tokio::sync::mpsc;

use super::message::{self, Id, Message, Shape};
use super::{Beside, Rules, Server};
use crate::caller::{Caller, tenant_of};
use crate::gateway::{Config, Gateway, Tell};
use crate::lock::locked;
use crate::pipeline;
use crate::record;
use crate::refusal::Refusal;
use live::{Live, Mail, Reply};

/// The path under which servers are reached.
pub const ROOT: &str = "/mcp/";

/// Maximum number of open sessions.
const MOST_SESSIONS: usize = 512;

/// Maximum number of one client's sessions; the rest is reserved for others.
const MOST_OF_ONE: usize = 448;

/// The header that names a session of the revisions with a handshake.
const SESSION: &str = "mcp-session-id";

/// JSON-RPC code for headers that contradict the body (revision 2026-07-28).
const MISMATCH: i32 = -32020;
const REFUSED: i32 = -32001;

/// Creates what a session needs from outside, for a server's name and a tenant. `None` if the stored state it depends on
/// cannot be read.
pub type Around = dyn Fn(&str, &str) -> Option<Surrounding> + Send + Sync;

/// What one session needs from outside.
pub struct Surrounding {
    /// The gateway's state outside the session.
    pub beside: Arc<dyn Beside>,
    /// Receives notices for the operator and stores the pins.
    pub hears: Arc<dyn super::stdio::Surroundings>,
    /// What is stored about the server's tools.
    pub pins: super::pins::Pins,
    /// Names of other servers' tools.
    pub others: BTreeMap<String, (String, String)>,
}

/// The MCP servers of a gateway, and their open sessions.
#[derive(Default)]
pub struct Hub {
    /// The servers by name.
    pub servers: BTreeMap<String, Server>,
    /// Creates what their sessions need from outside.
    pub around: Option<Arc<Around>>,
    sessions: Mutex<HashMap<String, mpsc::Sender<Mail>>>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("servers", &self.servers.keys()).finish_non_exhaustive()
    }
}

impl Hub {
    /// The servers, with what their sessions need.
    pub fn new(servers: BTreeMap<String, Server>, around: Arc<Around>) -> Self {
        Self { servers, around: Some(around), sessions: Mutex::default() }
    }

    fn session(&self, key: &str) -> Option<mpsc::Sender<Mail>> {
        locked(&self.sessions).get(key).filter(|inbox| !inbox.is_closed()).cloned()
    }

    /// Returns the session of this key, starting it if needed. Two requests at the same time get the same one; a session
    /// for which there is no room is not started.
    fn begun(&self, key: String, start: impl FnOnce() -> mpsc::Sender<Mail>) -> Option<mpsc::Sender<Mail>> {
        let mut sessions = locked(&self.sessions);
        sessions.retain(|_, inbox| !inbox.is_closed());
        if let Some(inbox) = sessions.get(&key) {
            return Some(inbox.clone());
        }
        let whose = |key: &str| key.split('\0').nth(1).map(str::to_owned);
        let own = sessions.keys().filter(|other| whose(other) == whose(&key)).count();
        if sessions.len() >= MOST_SESSIONS || own >= MOST_OF_ONE {
            return None;
        }
        let inbox = start();
        sessions.insert(key, inbox.clone());
        Some(inbox)
    }

    fn end(&self, key: &str) -> Option<mpsc::Sender<Mail>> {
        locked(&self.sessions).remove(key)
    }
}

/// Why a request is not accepted.
enum Closed {
    Edge(Refusal),
    Unknown(String),
    Session,
    Full,
    Pins,
    Header,
    Body(Vec<u8>),
    Method,
}

impl From<Refusal> for Closed {
    fn from(why: Refusal) -> Self {
        Self::Edge(why)
    }
}

/// Handles one request below [`ROOT`].
pub async fn handle(gateway: Arc<Gateway>, request: Request<Body>) -> Response {
    let Config { lang, tell, .. } = gateway.config;
    match serve(&gateway, request).await {
        Ok(response) => response,
        Err(closed) => refused(closed, lang, tell),
    }
}

fn refused(closed: Closed, lang: Lang, tell: Tell) -> Response {
    let (status, code, text, reason) = match closed {
        Closed::Edge(why) => (why.status(), REFUSED, why.say(lang), why.code()),
        Closed::Unknown(name) => {
            let text = say!(lang,
                en: "there is no MCP server `{name}`. Add [mcp.{name}] with command or url to ombud.toml, then start ombud again.",
                zh: "没有名为 `{name}` 的 MCP 服务器。请在 ombud.toml 中加入 [mcp.{name}]（含 command 或 url），然后重新启动 ombud。");
            (StatusCode::NOT_FOUND, REFUSED, text, "ombud_unknown_server")
        }
        Closed::Session => {
            let text =
                say!(lang, en: "there is no such session; start a new one", zh: "没有这个会话，请重新开始");
            (StatusCode::NOT_FOUND, REFUSED, text, "ombud_no_session")
        }
        Closed::Full => {
            let text = say!(lang, en: "too many sessions are open", zh: "打开的会话过多");
            (StatusCode::SERVICE_UNAVAILABLE, REFUSED, text, "ombud_too_many_sessions")
        }
        Closed::Pins => {
            let text = say!(lang,
                en: "the stored definitions of this server's tools cannot be read, so Ombud cannot tell whether they have changed. Whoever operates Ombud can run `ombud mcp --changes` to see which file is affected",
                zh: "无法读取已保存的该服务器工具定义，因此无法判断它们是否变过。请让 Ombud 的运行者执行 `ombud mcp --changes`，查看是哪个文件");
            (StatusCode::SERVICE_UNAVAILABLE, REFUSED, text, "ombud_definitions_not_readable")
        }
        Closed::Header => {
            let text = say!(lang,
                en: "the headers Mcp-Method and Mcp-Name contradict the body, so it was not sent",
                zh: "请求头 Mcp-Method、Mcp-Name 与请求体不一致，因此未发送");
            (StatusCode::BAD_REQUEST, MISMATCH, text, "ombud_header_mismatch")
        }
        Closed::Body(answer) => return json(StatusCode::BAD_REQUEST, answer),
        Closed::Method => {
            let text =
                say!(lang, en: "only POST, GET and DELETE are supported", zh: "仅支持 POST、GET 和 DELETE");
            (StatusCode::METHOD_NOT_ALLOWED, REFUSED, text, "ombud_method")
        }
    };
    json(status, message::error(None, code, &tell(text, lang), reason))
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

async fn serve(gateway: &Arc<Gateway>, request: Request<Body>) -> Result<Response, Closed> {
    let (parts, body) = request.into_parts();
    pipeline::admit(gateway, &parts.headers)?;
    let name = parts.uri.path().strip_prefix(ROOT).unwrap_or_default().trim_end_matches('/');
    let shown = || name.chars().filter(|ch| !ch.is_control()).take(40).collect();
    let server = hub(gateway)?.servers.get(name).ok_or_else(|| Closed::Unknown(shown()))?;
    let named = parts.headers.get(SESSION).and_then(|id| id.to_str().ok());
    let key = named.map(|id| key(gateway, name, &parts.headers, id));
    match parts.method {
        Method::POST => {
            let body = pipeline::read(gateway, &parts.headers, body).await?;
            post(gateway, name, server, &parts.headers, key, body).await
        }
        Method::GET => listen(gateway, &parts.headers, key).await,
        Method::DELETE => end(gateway, &parts.headers, key),
        _ => Err(Closed::Method),
    }
}

fn hub(gateway: &Gateway) -> Result<&Hub, Closed> {
    gateway.edge.get().map(|edge| &edge.mcp).ok_or_else(|| Closed::Unknown(String::new()))
}

/// The key of a session in the hub. It includes the client, so another client key cannot find it.
fn key(gateway: &Gateway, server: &str, headers: &HeaderMap, id: &str) -> String {
    format!("{server}\0{}\0{id}", Caller::of(&gateway.ledger, headers).client)
}

async fn post(
    gateway: &Arc<Gateway>,
    name: &str,
    server: &Server,
    headers: &HeaderMap,
    key: Option<String>,
    body: Bytes,
) -> Result<Response, Closed> {
    let (id, method) = match Message::read(&body) {
        Ok(message) => {
            agrees(headers, &message)?;
            match message.shape {
                Shape::Request(id, method) => (Some(id), method),
                Shape::Notification(method) => (None, method),
                Shape::Result(_) | Shape::Error(_) => (None, String::new()),
            }
        }
        // What is wrong with it can be reported without a session.
        Err(bad) => {
            let text = bad.code();
            return Err(Closed::Body(message::error(bad.id(), -32600, text, bad.code())));
        }
    };
    let begins = method == "initialize";
    // The core does not forward such a message, but records it.
    let unnumbered = id.is_none() && !method.is_empty() && !method.starts_with(message::NOTIFICATIONS);
    let (inbox, session) = match key {
        Some(key) if !begins => (hub(gateway)?.session(&key).ok_or(Closed::Session)?, None),
        _ => begin(gateway, name, server, headers, begins)?,
    };
    let (reply, mut answers) = mpsc::channel(64);
    let mail = Mail::Post { line: body, id: id.clone(), headers: headers.clone(), reply };
    inbox.send(mail).await.map_err(|_| Closed::Session)?;
    let mut response = match id {
        None if unnumbered => {
            return Err(Closed::Body(message::error(None, -32600, "ombud_no_id", "ombud_no_id")));
        }
        None => accepted(),
        Some(_) => answer(&mut answers).await.unwrap_or_else(|first| streamed(first, answers)),
    };
    if let Some(id) = session.and_then(|id| HeaderValue::from_str(&id).ok()) {
        response.headers_mut().insert(SESSION, id);
    }
    Ok(response)
}

/// Checks that the headers by which an intermediary may route agree with the body.
fn agrees(headers: &HeaderMap, message: &Message<'_>) -> Result<(), Closed> {
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Shape::Request(_, method) = &message.shape else { return Ok(()) };
    if said("mcp-method").is_some_and(|said| said != method) {
        return Err(Closed::Header);
    }
    let named = message.text("name").or_else(|| message.text("uri"));
    let differs = said("mcp-name")
        .filter(|said| !said.starts_with("=?"))
        .is_some_and(|said| Some(said) != named.as_deref());
    if differs { Err(Closed::Header) } else { Ok(()) }
}

fn accepted() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// The response, if it arrives first; otherwise whatever arrived first.
async fn answer(answers: &mut mpsc::Receiver<Reply>) -> Result<Response, Option<Reply>> {
    match answers.recv().await {
        Some(Reply::Answer(line)) => Ok(json(StatusCode::OK, line)),
        Some(Reply::Raw(status, headers)) => {
            let mut response = Response::new(Body::empty());
            (*response.status_mut(), *response.headers_mut()) = (status, headers);
            Ok(response)
        }
        first => Err(first),
    }
}

/// Events as they arrive, until the response.
fn streamed(first: Option<Reply>, answers: mpsc::Receiver<Reply>) -> Response {
    let events = stream::unfold((first, Some(answers)), |(next, answers)| async move {
        let mut answers = answers?;
        let reply = match next {
            Some(reply) => reply,
            None => answers.recv().await?,
        };
        let (line, last) = match reply {
            Reply::Event(line) => (line, false),
            Reply::Answer(line) => (line, true),
            Reply::Raw(..) => return None,
        };
        let rest = (!last).then_some(answers);
        Some((Ok::<_, std::convert::Infallible>(event(&line)), (None, rest)))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// One message as one event: an empty line ends an event, so line endings in the message become spaces.
fn event(line: &[u8]) -> Bytes {
    let mut text = b"event: message\ndata: ".to_vec();
    text.extend(line.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    text.extend_from_slice(b"\n\n");
    text.into()
}

/// Starts a new session for the revisions with a handshake, or returns the one shared by a client's posts for the newest.
fn begin(
    gateway: &Arc<Gateway>,
    name: &str,
    server: &Server,
    headers: &HeaderMap,
    own: bool,
) -> Result<(mpsc::Sender<Mail>, Option<String>), Closed> {
    let id = if own { record::id() } else { "shared".to_owned() };
    let key = key(gateway, name, headers, &id);
    if let Some(inbox) = hub(gateway)?.session(&key) {
        return Ok((inbox, None));
    }
    let Some(around) = &hub(gateway)?.around else { return Err(Closed::Unknown(name.to_owned())) };
    let surrounding = around(name, &tenant_of(&gateway.ledger, headers)).ok_or(Closed::Pins)?;
    let rules = rules(gateway, name, server, headers, &surrounding);
    let start = || Live::start(gateway, rules, server, surrounding, !own);
    let inbox = hub(gateway)?.begun(key, start).ok_or(Closed::Full)?;
    Ok((inbox, own.then_some(id)))
}

fn rules(gateway: &Gateway, name: &str, server: &Server, headers: &HeaderMap, around: &Surrounding) -> Rules {
    let caller = Caller::of(&gateway.ledger, headers);
    Rules {
        others: around.others.clone(),
        ..Rules::of(gateway, (name, "mcp"), server.clone(), &caller, &around.beside)
    }
}

/// The stream that a client holds open for messages that belong to no post.
async fn listen(gateway: &Gateway, headers: &HeaderMap, key: Option<String>) -> Result<Response, Closed> {
    let hub = hub(gateway)?;
    let inbox = key.and_then(|key| hub.session(&key)).ok_or(Closed::Session)?;
    let (reply, answers) = mpsc::channel(64);
    inbox.send(Mail::Listen { headers: headers.clone(), reply }).await.map_err(|_| Closed::Session)?;
    Ok(streamed(None, answers))
}

fn end(gateway: &Gateway, headers: &HeaderMap, key: Option<String>) -> Result<Response, Closed> {
    let hub = hub(gateway)?;
    let inbox = key.and_then(|key| hub.end(&key)).ok_or(Closed::Session)?;
    // A busy session ends when its last sender is dropped.
    let _ = inbox.try_send(Mail::End { headers: headers.clone() });
    Ok(Response::new(Body::empty()))
}

/// The id of a message, and whether the message is a response.
fn id_of(line: &[u8]) -> Option<(Id, bool)> {
    match Message::read(line).ok()?.shape {
        Shape::Result(id) | Shape::Error(id) => Some((id, true)),
        Shape::Request(id, _) => Some((id, false)),
        Shape::Notification(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_second_gets_the_session_of_the_first_and_nobody_gets_all_of_them() {
        let hub = Hub::default();
        let mut kept = Vec::new();
        let mut begin = |key: String| {
            let mut started = 0;
            let inbox = hub.begun(key, || {
                started += 1;
                let (inbox, mail) = mpsc::channel(1);
                kept.push(mail);
                inbox
            });
            (inbox, started)
        };
        let (first, started) = begin("s\0a\0shared".to_owned());
        let (second, again) = begin("s\0a\0shared".to_owned());
        assert!(first.unwrap().same_channel(&second.unwrap()));
        assert_eq!((started, again), (1, 0));
        let of_one = (0..MOST_SESSIONS).filter(|number| begin(format!("s\0a\0{number}")).0.is_some()).count();
        assert_eq!(of_one, MOST_OF_ONE - 1);
        let (full, started) = begin("s\0a\0more".to_owned());
        assert_eq!((full.is_none(), started), (true, 0), "what is refused is not started");
        assert!(begin("s\0b\0shared".to_owned()).0.is_some(), "another client has room");
    }
}
