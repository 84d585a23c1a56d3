//! The connection to a provider on this machine over plain HTTP. It involves no proxy, TLS or redirects, so HTTP is all
//! that is needed: the general client parses the address three times per request and copies its headers twice.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

use super::{Patience, host};
use crate::lock::locked;
use crate::refusal::Refusal;

/// A connection idle for this long is not reused: servers close theirs about then.
const IDLE: Duration = Duration::from_secs(90);

/// Maximum number of connections kept per provider.
const MOST_KEPT: usize = 64;

type Connection = SendRequest<Full<Bytes>>;

/// Connections to providers on this machine.
#[derive(Debug)]
pub(super) struct Near {
    patience: Patience,
    /// By host and port, with the time of last use. One whose response is still being read is included but not ready.
    kept: Mutex<HashMap<String, Vec<(Connection, Instant)>>>,
}

impl Near {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, kept: Mutex::default() }
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<reqwest::Response, Refusal> {
        let host = host(url);
        let unreachable = || Refusal::Unreachable(host.to_owned());
        let mut request = request(method, url, headers, body).ok_or_else(unreachable)?;
        loop {
            let kept = self.take(host);
            let fresh = kept.is_none();
            let mut connection = match kept {
                Some(connection) => connection,
                None => {
                    timeout(self.patience.connect, open(host)).await.ok().flatten().ok_or_else(unreachable)?
                }
            };
            match timeout(self.patience.read, connection.try_send_request(request)).await {
                Err(_) => return Err(Refusal::Timeout(host.to_owned())),
                Ok(Ok(answer)) => {
                    self.keep(host, connection);
                    let wait = self.patience.read;
                    let answer = answer.map(|body| reqwest::Body::wrap(Patient { body, wait, timer: None }));
                    return Ok(answer.into());
                }
                // The provider closed a reused connection before any of the request was sent on it.
                Ok(Err(mut failed)) => match failed.take_message().filter(|_| !fresh) {
                    Some(again) => request = again,
                    None => return Err(Refusal::Cut(host.to_owned())),
                },
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Vec<(Connection, Instant)>>> {
        locked(&self.kept)
    }

    /// An idle connection, the most recently used one.
    fn take(&self, host: &str) -> Option<Connection> {
        let mut kept = self.kept();
        let all = kept.get_mut(host)?;
        let at = all.iter().rposition(|(connection, _)| connection.is_ready())?;
        let (connection, used) = all.remove(at);
        if used.elapsed() < IDLE {
            return Some(connection);
        }
        // All other idle ones are older.
        all.retain(|(connection, _)| !connection.is_ready());
        None
    }

    fn keep(&self, host: &str, connection: Connection) {
        let mut kept = self.kept();
        if !kept.contains_key(host) {
            kept.insert(host.to_owned(), Vec::new());
        }
        let Some(all) = kept.get_mut(host) else { return };
        if all.len() >= MOST_KEPT {
            all.retain(|(connection, _)| !connection.is_closed());
        }
        if all.len() < MOST_KEPT {
            all.push((connection, Instant::now()));
        }
    }
}

/// The request with its target in origin form.
fn request(method: Method, url: &str, headers: HeaderMap, body: Bytes) -> Option<Request<Full<Bytes>>> {
    let host = host(url);
    let target = url.split_once(host)?.1;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() =
        if target.starts_with('/') { target.parse() } else { format!("/{target}").parse() }.ok()?;
    *request.headers_mut() = headers;
    let headers = request.headers_mut();
    headers.insert(header::HOST, host.parse().ok()?);
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Some(request)
}

async fn open(host: &str) -> Option<Connection> {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    let stream = if has_port {
        TcpStream::connect(host).await
    } else {
        TcpStream::connect(format!("{host}:80")).await
    };
    let stream = stream.ok()?;
    // If it cannot be set, the connection is slower, not wrong.
    let _ = stream.set_nodelay(true);
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    // Whoever waits for the response learns why it broke.
    tokio::spawn(async { drop(driver.await) });
    Some(connection)
}

/// A response body with a time limit for each piece.
struct Patient {
    body: Incoming,
    wait: Duration,
    /// Created when there is something to wait for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Body for Patient {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let wait = self.wait;
        ready!(self.timer.get_or_insert_with(|| Box::pin(sleep(wait))).as_mut().poll(context));
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

    async fn ask(near: &Near, url: &str) -> Result<String, Refusal> {
        let answer = near.send(Method::POST, url, HeaderMap::new(), Bytes::from_static(b"x")).await?;
        answer.text().await.map_err(|error| super::super::broke(&error, url))
    }

    /// Serves each connection this many times, then closes it; logs the connections and requests.
    async fn provider(each: usize) -> (String, std::sync::Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/x?y=1", listener.local_addr().unwrap());
        let seen = std::sync::Arc::new(Mutex::new(Vec::new()));
        let heard = std::sync::Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                heard.lock().unwrap().push("connection".to_owned());
                for _ in 0..each {
                    let mut text = Vec::new();
                    while !text.ends_with(b"\r\n\r\nx") {
                        let mut buffer = [0; 1024];
                        let read = stream.read(&mut buffer).await.unwrap();
                        text.extend_from_slice(&buffer[..read]);
                    }
                    heard.lock().unwrap().push(String::from_utf8(text).unwrap());
                    stream.write_all(ANSWER).await.unwrap();
                }
            }
        });
        (url, seen)
    }

    #[tokio::test]
    async fn a_connection_serves_one_request_after_the_other() {
        let (url, seen) = provider(usize::MAX).await;
        let near = Near::new(Patience::default());
        for _ in 0..5 {
            assert_eq!(ask(&near, &url).await.unwrap(), "hi");
        }
        let seen = seen.lock().unwrap();
        assert_eq!(seen.iter().filter(|seen| *seen == "connection").count(), 1, "{seen:?}");
        let host = url.split('/').nth(2).unwrap();
        assert!(seen[1].starts_with("POST /v1/x?y=1 HTTP/1.1\r\n"), "{seen:?}");
        assert!(
            seen[1].contains(&format!("host: {host}\r\n")) && seen[1].contains("accept: */*\r\n"),
            "{seen:?}"
        );
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_meanwhile_is_replaced() {
        let (url, seen) = provider(1).await;
        let near = Near::new(Patience::default());
        for _ in 0..5 {
            assert_eq!(ask(&near, &url).await.unwrap(), "hi");
        }
        assert_eq!(seen.lock().unwrap().iter().filter(|seen| *seen == "connection").count(), 5);
    }

    #[tokio::test]
    async fn who_does_not_answer_is_not_waited_for_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let near = Near::new(Patience { read: Duration::from_millis(50), ..Patience::default() });
        assert!(matches!(ask(&near, &url).await, Err(Refusal::Timeout(_))));
        // The head arrives but the body does not.
        let halves = tokio::spawn(async move {
            let _unanswered = listener.accept().await.unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            // A response before its request would not be HTTP.
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
            stream.write_all(&ANSWER[..ANSWER.len() - 1]).await.unwrap();
            sleep(Duration::from_secs(5)).await;
        });
        assert!(matches!(ask(&near, &url).await, Err(Refusal::Timeout(_))));
        halves.abort();
        let _ = halves.await;
        assert!(matches!(ask(&near, &url).await, Err(Refusal::Unreachable(_))));
    }
}
