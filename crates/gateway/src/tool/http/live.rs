//! A running session: one task, which owns the core and passes messages in both directions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use http::{HeaderMap, StatusCode};
use ombud_core::say;
use tokio::sync::mpsc;

use super::super::message::{self, Id, Message, Shape};
use super::super::session::{Session, Side, Step};
use super::super::{Journal as _, Rules, Server};
use super::link::{Link, Posted};
use super::{Surrounding, id_of};
use crate::gateway::Gateway;

/// How often overdue requests are looked for, and how long a session may be idle.
const TICK: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_hours(1);

/// Maximum number of messages that wait in the inbox.
const INBOX: usize = 256;

/// What a client's post or stream receives.
#[derive(Debug)]
pub(super) enum Reply {
    /// A message before the response.
    Event(Vec<u8>),
    /// The response, always the last item.
    Answer(Vec<u8>),
    /// How a remote server refused, for example by requiring a login.
    Raw(StatusCode, HeaderMap),
}

/// What arrives in the inbox.
#[derive(Debug)]
pub(super) enum Mail {
    /// A client posts a message.
    Post { line: Bytes, id: Option<Id>, headers: HeaderMap, reply: mpsc::Sender<Reply> },
    /// A client opens its stream.
    Listen { headers: HeaderMap, reply: mpsc::Sender<Reply> },
    /// The client ends the session.
    End { headers: HeaderMap },
    /// A message from the server, with the request whose post it came back on, where known.
    Server { line: Posted, about: Option<Id> },
}

/// A post that waits for its response.
struct Post {
    reply: mpsc::Sender<Reply>,
    /// The id that the client gave it.
    id: Id,
    /// The client's progress token, if it wants progress notifications.
    progress: Option<Id>,
    headers: HeaderMap,
}

/// Where a request names its progress token, and where a progress notification does.
const ASKED: [&str; 3] = ["params", "_meta", "progressToken"];
const TOLD: [&str; 2] = ["params", "progressToken"];

/// A session with its connections.
pub(super) struct Live {
    session: Session,
    gateway: Arc<Gateway>,
    around: Surrounding,
    link: Link,
    posts: HashMap<Id, Post>,
    /// Whether several clients post here, each with its own ids: the session then replaces them by its own.
    shared: bool,
    number: u64,
    listener: Option<mpsc::Sender<Reply>>,
    began: Instant,
}

impl Live {
    /// Starts the task; it ends when told to, or after an hour of inactivity.
    pub(super) fn start(
        gateway: &Arc<Gateway>,
        rules: Rules,
        server: &Server,
        mut around: Surrounding,
        shared: bool,
    ) -> mpsc::Sender<Mail> {
        let (inbox, mail) = mpsc::channel(INBOX);
        let (link, why) = Link::new(gateway, server, rules.max_message, inbox.downgrade());
        if let Some(why) = why {
            around.hears.tell(&not_started(&rules, server, &why));
        }
        let session = Session::new(Arc::new(rules), std::mem::take(&mut around.pins));
        let gateway = Arc::clone(gateway);
        let live = Self {
            session,
            gateway,
            around,
            link,
            posts: HashMap::new(),
            shared,
            number: 0,
            listener: None,
            began: Instant::now(),
        };
        tokio::spawn(live.run(mail));
        inbox
    }

    async fn run(mut self, mut mail: mpsc::Receiver<Mail>) {
        let mut tick = tokio::time::interval(TICK);
        let mut last = Instant::now();
        loop {
            tokio::select! {
                next = mail.recv() => match next {
                    Some(Mail::End { mut headers }) => {
                        self.link.withhold(&mut headers);
                        return self.link.end(&headers).await;
                    }
                    Some(mail) => {
                        last = Instant::now();
                        self.take(mail).await;
                    }
                    None => return self.link.end(&HeaderMap::new()).await,
                },
                _ = tick.tick() => {
                    self.hung_up().await;
                    if last.elapsed() > IDLE && self.posts.is_empty() {
                        return self.link.end(&HeaderMap::new()).await;
                    }
                    let steps = self.session.tick(self.began.elapsed());
                    self.carry(steps, None, &HeaderMap::new()).await;
                    // A request that was cancelled or timed out leaves a post without a response: its stream ends.
                    let session = &self.session;
                    self.posts.retain(|id, _| session.is_open(id));
                    self.link.leave_open(|id| session.is_open(id));
                }
            }
        }
    }

    /// Handles posts whose client disconnected. In the newest revision this cancels the request. In earlier ones it may
    /// only have lost its connection; it cancels by a notification.
    async fn hung_up(&mut self) {
        let closed = |(_, post): &(&Id, &Post)| post.reply.is_closed();
        let gone: Vec<Id> = self.posts.iter().filter(closed).map(|(id, _)| id.clone()).collect();
        let now = self.began.elapsed();
        for id in gone {
            self.posts.remove(&id);
            // A call that waits for approval is not made when nobody waits for its result.
            self.session.gone(&id);
            if self.shared && self.session.cancelled(&id, now) && self.link.cancel(&id) {
                let steps = self.session.stopped(&id, now);
                self.carry(steps, None, &HeaderMap::new()).await;
            }
        }
    }

    async fn take(&mut self, mail: Mail) {
        let now = self.began.elapsed();
        match mail {
            // Clients that share a session do not know its ids, and none may cancel another's request.
            Mail::Post { line, id: None, .. } if self.shared && cancels(&line) => {}
            // The core refuses it; the refusal belongs to this post, not to the one that already has the id.
            Mail::Post { line, id: Some(id), reply, .. } if self.is_taken(&id) => {
                for step in self.session.client(&line, now) {
                    if let Step::Send(Side::Client, line) = step {
                        // A client that is gone needs no response.
                        let _ = reply.try_send(Reply::Answer(line));
                    }
                }
            }
            Mail::Post { line, id, mut headers, reply } => {
                let left_out = self.link.withhold(&mut headers);
                self.session.leaves_out(left_out);
                let (line, id) = self.enter(line, id, &headers, reply);
                let steps = self.session.client(&line, now);
                self.carry(steps, id.as_ref(), &headers).await;
            }
            Mail::Listen { mut headers, reply } => {
                self.link.withhold(&mut headers);
                self.listener = Some(reply);
                self.link.listen(&headers);
            }
            Mail::Server { line, about } => self.heard(line, about.as_ref(), now).await,
            Mail::End { .. } => {}
        }
    }

    /// Whether a request with this client id is still open.
    fn is_taken(&self, id: &Id) -> bool {
        !self.shared && self.session.is_open(id)
    }

    /// Registers who waits for a response, under an id that is unique in this session.
    fn enter(
        &mut self,
        line: Bytes,
        id: Option<Id>,
        headers: &HeaderMap,
        reply: mpsc::Sender<Reply>,
    ) -> (Bytes, Option<Id>) {
        let Some(id) = id else { return (line, None) };
        if !self.shared {
            let progress = message::renamed(&line, &ASKED, &id).map(|(_, theirs)| theirs);
            let headers = headers.clone();
            self.posts.insert(id.clone(), Post { reply, id: id.clone(), progress, headers });
            return (line, Some(id));
        }
        self.number += 1;
        let own = Id::text(&format!("post-{}", self.number));
        let line = message::with_id(&line, &own);
        let (line, progress) = match message::renamed(&line, &ASKED, &own) {
            Some((line, theirs)) => (line, Some(theirs)),
            None => (line, None),
        };
        self.posts.insert(own.clone(), Post { reply, id, progress, headers: headers.clone() });
        (line.into(), Some(own))
    }

    async fn heard(&mut self, posted: Posted, about: Option<&Id>, now: Duration) {
        let steps = match posted {
            Posted::Line(line) => self.session.server(&line, now),
            Posted::TooLong => match about {
                Some(id) => self.session.failed(id, "ombud_message_too_large", now),
                None => self.session.oversized(Side::Server, now),
            },
            Posted::Ended => self.session.server_ended(now),
            Posted::Failed(reason) => {
                about.map(|id| self.session.failed(id, reason, now)).unwrap_or_default()
            }
            Posted::Raw(status, headers) => {
                if let Some(post) = about.and_then(|id| self.posts.remove(id)) {
                    // A client that is gone needs no response.
                    let _ = post.reply.try_send(Reply::Raw(status, headers));
                }
                about.map(|id| self.session.failed(id, "ombud_server_refused", now)).unwrap_or_default()
            }
        };
        self.carry(steps, about, &HeaderMap::new()).await;
    }

    /// Carries out steps. `about` is the client's request that they belong to.
    async fn carry(&mut self, steps: Vec<Step>, about: Option<&Id>, headers: &HeaderMap) {
        let mut steps = std::collections::VecDeque::from(steps);
        while let Some(step) = steps.pop_front() {
            match step {
                Step::Send(Side::Client, line) => self.reach_client(line, about),
                Step::Send(Side::Server, line) => {
                    // A call that waited is sent with the headers it arrived with.
                    let own = id_of(&line).and_then(|(id, _)| self.posts.get(&id));
                    let headers = if headers.is_empty() { own.map(|post| &post.headers) } else { None }
                        .unwrap_or(headers);
                    self.link.send(line, &self.turned_back(headers));
                }
                Step::Tell(text) => self.around.hears.tell(&text),
                Step::Save => self.around.hears.save(self.session.pins()),
                Step::Other => {}
                Step::Note(note) => {
                    let request = note.about;
                    let kept = self.gateway.ledger.keep(note.event, note.content).await;
                    if kept.is_err() {
                        self.session.unlogged(request.as_ref(), &mut steps);
                    }
                }
            }
        }
    }

    /// Restores values in headers that mirror arguments, like in the arguments themselves.
    fn turned_back(&self, headers: &HeaderMap) -> HeaderMap {
        let mut headers = headers.clone();
        for (name, value) in &mut headers {
            let mirrors = name.as_str().starts_with("mcp-param-");
            let text = value.to_str().ok().filter(|_| mirrors);
            let restored = text.and_then(|text| self.session.restored(text));
            if let Some(restored) = restored.and_then(|text| http::HeaderValue::from_str(&text).ok()) {
                *value = restored;
            }
        }
        headers
    }

    /// Delivers a message to the client. A response goes to its post; anything else to the post it belongs to, to the
    /// listener, or to any post.
    fn reach_client(&mut self, line: Vec<u8>, about: Option<&Id>) {
        if let Some((id, true)) = id_of(&line) {
            if let Some(post) = self.posts.remove(&id) {
                let line = if post.id == id { line } else { message::with_id(&line, &post.id) };
                // A client that is gone needs no response.
                let _ = post.reply.try_send(Reply::Answer(line));
            }
            return;
        }
        let line = match self.progress(&line) {
            Some((post, line)) => return on_the_way(&post.reply, line),
            None => line,
        };
        let own = about.and_then(|id| self.posts.get(id)).map(|post| &post.reply);
        // Where several clients share the session, its recipient is unknown.
        let any = || self.posts.values().next().filter(|_| !self.shared).map(|post| &post.reply);
        let way = own.or(self.listener.as_ref()).or_else(any);
        if let Some(way) = way {
            on_the_way(way, line);
        }
    }

    /// The post that a progress notification belongs to, and the message with that client's token. It is sent the same way
    /// as the response: on another stream it might arrive after it.
    fn progress(&self, line: &[u8]) -> Option<(&Post, Vec<u8>)> {
        let (_, told) = message::renamed(line, &TOLD, &Id::text(""))?;
        if !self.shared {
            let post = self.posts.values().find(|post| post.progress.as_ref() == Some(&told))?;
            return Some((post, line.to_vec()));
        }
        let post = self.posts.get(&told)?;
        let (line, _) = message::renamed(line, &TOLD, post.progress.as_ref()?)?;
        Some((post, line))
    }
}

/// The notice for the operator; the client learns only that the server has ended.
fn not_started(rules: &Rules, server: &Server, why: &std::io::Error) -> String {
    let (lang, name) = (rules.lang, &rules.server);
    let program = server.command.first().map_or("", String::as_str);
    let why = match why.kind() {
        std::io::ErrorKind::NotFound => say!(lang, en: "there is no such program", zh: "没有这个程序"),
        std::io::ErrorKind::PermissionDenied => {
            say!(lang, en: "the current user may not run it", zh: "当前用户无权运行它")
        }
        _ => why.to_string(),
    };
    say!(lang,
        en: "ombud: the MCP server `{name}` cannot be started ({why}). Check `command` under [mcp.{name}] in ombud.toml; `command -v {program}` shows whether its program is installed",
        zh: "ombud：无法启动 MCP 服务器 `{name}`（{why}）。请检查 ombud.toml 中 [mcp.{name}] 的 `command`；用 `command -v {program}` 可查看程序是否已安装")
}

/// Sends a message before the response. A client that does not read loses such messages; the last free slot is kept for the
/// response.
fn on_the_way(reply: &mpsc::Sender<Reply>, line: Vec<u8>) {
    if reply.capacity() > 1 {
        let _ = reply.try_send(Reply::Event(line));
    }
}

/// Whether a message cancels a request.
fn cancels(line: &[u8]) -> bool {
    Message::read(line)
        .is_ok_and(|message| message.shape == Shape::Notification(message::CANCELLED.to_owned()))
}
