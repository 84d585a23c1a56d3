//! The connection to a server: a child process, or a remote address.

use std::collections::HashMap;
use std::io;
use std::process::Stdio;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::super::Server;
use super::super::lines::{Line, Lines};
use super::super::message::{self, Id};
use super::live::Mail;
use super::{SESSION, id_of};
use crate::channel::sse::{self, Splitter};
use crate::gateway::Gateway;
use crate::lock::locked;
use crate::{heads, upstream};

/// Maximum number, and total size in bytes, of messages that wait for a child.
const QUEUE: usize = 1024;
const QUEUED: usize = 128 * 1024 * 1024;

/// How long a child may take to exit after its input is closed.
const GRACE: Duration = Duration::from_secs(5);

/// Protocol headers that repeat what the message says.
const MIRRORS: [&str; 4] = ["mcp-method", "mcp-name", "mcp-protocol-version", SESSION];

/// What comes from a server.
#[derive(Debug)]
pub(super) enum Posted {
    /// A message.
    Line(Bytes),
    /// A message that was too long.
    TooLong,
    /// Nothing more.
    Ended,
    /// No response, with the reason.
    Failed(&'static str),
    /// A refusal that is not a message: its status and headers.
    Raw(StatusCode, HeaderMap),
}

/// A connection to a server.
pub(super) enum Link {
    /// A local process, ended with the session.
    Child { queue: mpsc::Sender<Vec<u8>>, bytes: Arc<AtomicUsize>, child: Option<Child> },
    /// A remote address.
    Away(Arc<Away>),
}

/// The state of a remote server.
pub(super) struct Away {
    gateway: Arc<Gateway>,
    url: String,
    headers: HeaderMap,
    session: Mutex<Option<HeaderValue>>,
    inbox: mpsc::WeakSender<Mail>,
    limit: usize,
    /// Requests in progress.
    open: Mutex<HashMap<Id, AbortHandle>>,
    /// The stream of messages that belong to no post.
    listens: Mutex<Option<AbortHandle>>,
}

impl Link {
    /// Connects to a server; also returns the error if its program cannot be started.
    pub(super) fn new(
        gateway: &Arc<Gateway>,
        server: &Server,
        limit: usize,
        inbox: mpsc::WeakSender<Mail>,
    ) -> (Self, Option<io::Error>) {
        if let Some(url) = &server.url {
            let headers = own_headers(server);
            let gateway = Arc::clone(gateway);
            let (session, open, listens) = Default::default();
            let away = Away { gateway, url: url.clone(), headers, session, inbox, limit, open, listens };
            return (Self::Away(Arc::new(away)), None);
        }
        let (queue, lines) = mpsc::channel(QUEUE);
        let bytes = Arc::new(AtomicUsize::new(0));
        let (child, why) = match child(server, limit, (lines, &bytes), inbox) {
            Ok(child) => (Some(child), None),
            Err(why) => (None, Some(why)),
        };
        (Self::Child { queue, bytes, child }, why)
    }

    /// Sends a message.
    pub(super) fn send(&self, line: Vec<u8>, headers: &HeaderMap) {
        match self {
            // A child that no longer reads is noticed by its silence: requests waiting for it time out.
            Self::Child { queue, bytes, .. } => queued(queue, bytes, line),
            Self::Away(away) => away.start(line, headers.clone()),
        }
    }

    /// Removes a client's headers that hold something that may not leave, and returns their names. Headers that mirror the
    /// message are not checked, since the message itself is. A process receives no headers at all.
    pub(super) fn withhold(&self, headers: &mut HeaderMap) -> Vec<String> {
        let Self::Away(away) = self else { return Vec::new() };
        *headers = upstream::request_headers(headers);
        let mirrors =
            |name: &HeaderName| MIRRORS.contains(&name.as_str()) || name.as_str().starts_with("mcp-param-");
        let own = headers.iter().filter(|(name, _)| mirrors(name));
        let own: Vec<_> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, _) in &own {
            headers.remove(name);
        }
        let (config, detector) = (&away.gateway.config, away.gateway.inspector.detector());
        let withheld = heads::withhold(detector, &config.policy, &config.headers, headers);
        headers.extend(own);
        withheld.names
    }

    /// Cancels a request for the client; returns whether no response can arrive any more. A remote server notices by the
    /// end of the request, as the newest revision specifies; a process is notified.
    pub(super) fn cancel(&self, id: &Id) -> bool {
        match self {
            Self::Child { queue, bytes, .. } => {
                queued(queue, bytes, message::cancelled(id, "cancelled by the client"));
                false
            }
            Self::Away(away) => {
                away.leave_open(|other| other != id);
                true
            }
        }
    }

    /// Aborts requests that nobody waits for: a server may keep its response open forever.
    pub(super) fn leave_open(&self, waits: impl Fn(&Id) -> bool) {
        if let Self::Away(away) = self {
            away.leave_open(waits);
        }
    }

    /// Opens the stream of messages that belong to no post, replacing one that is open.
    pub(super) fn listen(&self, headers: &HeaderMap) {
        if let Self::Away(away) = self {
            let task = tokio::spawn(Arc::clone(away).listen(headers.clone()));
            away.listens_no_more(Some(task.abort_handle()));
        }
    }

    /// Ends the session at the server: for a process by closing its input, so that it can shut down cleanly.
    pub(super) async fn end(self, headers: &HeaderMap) {
        match self {
            Self::Child { queue, child, .. } => {
                drop(queue);
                if let Some(mut child) = child {
                    // One that takes longer is killed when it is dropped.
                    let _ = tokio::time::timeout(GRACE, child.wait()).await;
                }
            }
            Self::Away(away) => {
                away.leave_open(|_| false);
                away.listens_no_more(None);
                let headers = away.to_send(headers);
                // If this does not reach the server, the session expires there by itself.
                let _ = away.gateway.upstream.send(Method::DELETE, &away.url, headers, Bytes::new()).await;
            }
        }
    }
}

/// The configured headers, with environment variables substituted. A value that no header can hold becomes empty: without it
/// the client's own header of that name would go out in its place.
fn own_headers(server: &Server) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &server.headers {
        if let Ok(name) = name.parse::<HeaderName>() {
            let mut value = HeaderValue::try_from(filled(value)).unwrap_or(HeaderValue::from_static(""));
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    headers
}

/// Replaces `$NAME` and `${NAME}` by environment variables.
pub(in super::super) fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, tail) = match after.strip_prefix('{').and_then(|after| after.split_once('}')) {
            Some(parts) => parts,
            None => after.split_at(
                after.find(|ch: char| !ch.is_ascii_alphanumeric() && ch != '_').unwrap_or(after.len()),
            ),
        };
        out.push_str(&std::env::var(name).unwrap_or_default());
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Starts a server process and the tasks that read from and write to it.
fn child(
    server: &Server,
    limit: usize,
    (lines, bytes): (mpsc::Receiver<Vec<u8>>, &Arc<AtomicUsize>),
    inbox: mpsc::WeakSender<Mail>,
) -> io::Result<Child> {
    let started = || {
        let (program, arguments) = server.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take()).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok((child, pipes))
    };
    match started() {
        Ok((child, (hears, says))) => {
            tokio::spawn(write(hears, lines, Arc::clone(bytes)));
            tokio::spawn(read(Lines::new(says, limit), inbox));
            Ok(child)
        }
        Err(why) => {
            drop(tokio::spawn(tell(inbox, Posted::Ended, None)));
            Err(why)
        }
    }
}

/// Queues a message for a child. A child that no longer reads is noticed by its silence; messages that do not fit are
/// dropped.
fn queued(queue: &mpsc::Sender<Vec<u8>>, bytes: &AtomicUsize, line: Vec<u8>) {
    let length = line.len();
    if bytes.fetch_add(length, Relaxed) + length > QUEUED || queue.try_send(line).is_err() {
        bytes.fetch_sub(length, Relaxed);
    }
}

async fn write(mut hears: ChildStdin, mut lines: mpsc::Receiver<Vec<u8>>, bytes: Arc<AtomicUsize>) {
    while let Some(mut line) = lines.recv().await {
        bytes.fetch_sub(line.len(), Relaxed);
        line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        line.push(b'\n');
        if hears.write_all(&line).await.is_err() {
            return;
        }
    }
}

async fn read(mut lines: Lines<tokio::process::ChildStdout>, inbox: mpsc::WeakSender<Mail>) {
    loop {
        let posted = match lines.next().await {
            Ok(Line::Whole(line)) => Posted::Line(line.into()),
            Ok(Line::TooLong) => Posted::TooLong,
            Ok(Line::End) | Err(_) => return tell(inbox, Posted::Ended, None).await,
        };
        tell(inbox.clone(), posted, None).await;
    }
}

async fn tell(inbox: mpsc::WeakSender<Mail>, line: Posted, about: Option<Id>) {
    if let Some(inbox) = inbox.upgrade() {
        // A session that has ended needs no more messages.
        let _ = inbox.send(Mail::Server { line, about }).await;
    }
}

impl Away {
    /// The client's headers as they are forwarded. A configured header replaces the client's own of that name: with both, the
    /// server would see the agent's login, and see it first.
    fn to_send(&self, from: &HeaderMap) -> HeaderMap {
        let mut headers = upstream::request_headers(from);
        headers.remove(SESSION);
        headers.remove(header::ORIGIN);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        if let Some(id) = locked(&self.session).clone() {
            headers.insert(SESSION, id);
        }
        headers
    }

    fn start(self: &Arc<Self>, line: Vec<u8>, headers: HeaderMap) {
        let about = id_of(&line).filter(|(_, answer)| !answer).map(|(id, _)| id);
        let task = tokio::spawn(Arc::clone(self).post(line, headers, about.clone()));
        if let Some(id) = about {
            locked(&self.open).insert(id, task.abort_handle());
        }
    }

    fn leave_open(&self, waits: impl Fn(&Id) -> bool) {
        locked(&self.open).retain(|id, task| {
            let kept = waits(id) && !task.is_finished();
            if !kept {
                task.abort();
            }
            kept
        });
    }

    /// Aborts the open stream and replaces it by another or by none.
    fn listens_no_more(&self, next: Option<AbortHandle>) {
        let before = std::mem::replace(&mut *locked(&self.listens), next);
        if let Some(before) = before {
            before.abort();
        }
    }

    async fn post(self: Arc<Self>, line: Vec<u8>, headers: HeaderMap, about: Option<Id>) {
        let sent =
            self.gateway.upstream.send(Method::POST, &self.url, self.to_send(&headers), line.into()).await;
        let posted = match sent {
            Ok(answer) => self.answered(answer, about.as_ref()).await,
            Err(why) => Some(Posted::Failed(why.code())),
        };
        if let Some(posted) = posted {
            tell(self.inbox.clone(), posted, about).await;
        }
    }

    async fn listen(self: Arc<Self>, headers: HeaderMap) {
        let headers = self.to_send(&headers);
        let sent = self.gateway.upstream.send(Method::GET, &self.url, headers, Bytes::new()).await;
        // A server without such a stream refuses; the client then receives its messages only with the responses to its
        // posts.
        if let Ok(answer) = sent.map_err(drop).and_then(|answer| answer.error_for_status().map_err(drop)) {
            self.events(answer, None).await;
        }
    }

    /// Processes a response; returns what is to be reported at its end, if anything.
    async fn answered(&self, answer: reqwest::Response, about: Option<&Id>) -> Option<Posted> {
        if let Some(id) = answer.headers().get(SESSION) {
            *locked(&self.session) = Some(id.clone());
        }
        let (status, headers) = (answer.status(), upstream::response_headers(answer.headers()));
        if upstream::content_type(&headers) == "text/event-stream" {
            return self.events(answer, about).await;
        }
        let body = match whole(answer, self.limit).await {
            Ok(Some(body)) => body,
            Ok(None) => return Some(Posted::TooLong),
            Err(_) => return about.map(|_| Posted::Failed("ombud_answer_cut")),
        };
        // A response to another request is not accepted here: nobody waits for it on this post.
        let own = |id: &Id| id_of(&body).is_some_and(|(own, answer)| answer && own == *id);
        let message = super::Message::read(&body).is_ok() && about.is_none_or(own);
        match about {
            _ if message => Some(Posted::Line(body)),
            None => None,
            Some(_) if status.is_success() => Some(Posted::Failed("ombud_answer_not_readable")),
            // A client that follows the redirect would take its call past the gateway.
            Some(_) if status.is_redirection() => Some(Posted::Failed("ombud_redirected")),
            // The status and headers say how to log in. The body was not checked for secrets.
            Some(_) => Some(Posted::Raw(status, headers)),
        }
    }

    /// Reads events to the end. A stream that ends without the response fails its request.
    async fn events(&self, answer: reqwest::Response, about: Option<&Id>) -> Option<Posted> {
        let mut source = answer.bytes_stream();
        let mut frames = Splitter::default();
        let mut answered = about.is_none();
        while let Some(Ok(bytes)) = source.next().await {
            if frames.push(&bytes).is_err() {
                return Some(Posted::TooLong);
            }
            while let Some(frame) = frames.next_frame() {
                let Some(data) = sse::data(&frame).map(Vec::from) else { continue };
                if data.len() > self.limit {
                    return Some(Posted::TooLong);
                }
                answered |= id_of(&data).is_some_and(|(id, answer)| answer && Some(&id) == about);
                tell(self.inbox.clone(), Posted::Line(data.into()), about.cloned()).await;
            }
        }
        (!answered).then_some(Posted::Failed("ombud_answer_cut"))
    }
}

/// Reads a body; `None` if it is longer than the limit.
async fn whole(mut answer: reqwest::Response, limit: usize) -> reqwest::Result<Option<Bytes>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in() {
        assert_eq!(filled("Bearer x"), "Bearer x");
        assert_eq!(filled("a $OMBUD_NO_SUCH_VARIABLE. b"), "a . b");
        assert!(!filled("Bearer ${PATH}").contains('$'));
    }
}
