//! The load: a number of connections, each of which sends its next request once the response has arrived.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use super::KEY;
use super::http::Connection;
use super::prompt::Prompt;

/// After this time no further request is sent; slow contestants answer fewer.
const AT_MOST: Duration = Duration::from_secs(10);

/// How long the last responses may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where requests go.
#[derive(Clone, Copy)]
pub(super) struct Target {
    /// The contestant.
    pub(super) address: SocketAddr,
}

/// One request as sent over the wire.
pub(super) struct Shot {
    number: u64,
    email: String,
    bytes: Vec<u8>,
}

impl Shot {
    /// Builds the request for a prompt.
    pub(super) fn new(target: Target, prompt: &Prompt) -> Self {
        let Prompt { number, email, body } = prompt;
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {KEY}\r\n\
             content-type: application/json\r\naccept: */*\r\ncontent-length: {}\r\n\r\n",
            target.address,
            body.len()
        );
        Self { number: *number, email: email.clone(), bytes: (head + body).into_bytes() }
    }
}

/// One response.
pub(super) struct Sample {
    /// Number of its request.
    pub(super) number: u64,
    /// From the first byte sent to the first byte of the response body.
    pub(super) first: Duration,
    /// From the first byte sent to the last byte received.
    pub(super) total: Duration,
    /// Whether the response contains the address from the request.
    pub(super) restored: bool,
}

/// The outcome of a load.
#[derive(Default)]
pub(super) struct Outcome {
    /// The successful responses.
    pub(super) samples: Vec<Sample>,
    /// From the first request to the last response.
    pub(super) wall: Duration,
    /// The first failure.
    pub(super) failure: Option<String>,
}

/// Sends the requests over this many connections.
pub(super) fn fire(target: Target, shots: Vec<Shot>, connections: usize) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let fired =
        runtime.block_on(async { tokio::time::timeout(PATIENCE, all(target, shots, connections)).await });
    fired.unwrap_or_else(|_| {
        let failure = Some("the last responses did not arrive within a minute".to_owned());
        Ok(Outcome { failure, ..Outcome::default() })
    })
}

async fn all(target: Target, shots: Vec<Shot>, connections: usize) -> Result<Outcome> {
    let (shots, next) = (Arc::new(shots), Arc::new(AtomicUsize::new(0)));
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(target.address).await?);
    }
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in open {
        tasks.spawn(one(connection, target, Arc::clone(&shots), Arc::clone(&next), began + AT_MOST));
    }
    let mut outcome = Outcome::default();
    while let Some(done) = tasks.join_next().await {
        match done? {
            Ok(samples) => outcome.samples.extend(samples),
            Err(error) => outcome.failure = outcome.failure.or_else(|| Some(format!("{error:#}"))),
        }
    }
    outcome.wall = began.elapsed();
    Ok(outcome)
}

/// Runs one connection; it ends with the first response that is not a success.
async fn one(
    mut connection: Connection,
    target: Target,
    shots: Arc<Vec<Shot>>,
    next: Arc<AtomicUsize>,
    until: Instant,
) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    while let Some(shot) = shots.get(next.fetch_add(1, Ordering::Relaxed)) {
        if Instant::now() >= until {
            break;
        }
        let sent = Instant::now();
        connection.send(&shot.bytes).await?;
        let Some(head) = connection.head().await? else {
            // A server may close a connection that it considers too old; the request is given up.
            connection = Connection::open(target.address).await?;
            continue;
        };
        let (body, first) = connection.body(&head).await?;
        let total = sent.elapsed();
        let text = String::from_utf8_lossy(&body);
        let status = head.line.split(' ').nth(1).unwrap_or_default();
        anyhow::ensure!(status == "200", "{}: {}", head.line, text.chars().take(160).collect::<String>());
        let restored = said(&text).contains(&shot.email);
        samples.push(Sample { number: shot.number, first: first.duration_since(sent), total, restored });
    }
    Ok(samples)
}

/// The text of a response: for a stream, its pieces joined, otherwise the body as it is.
fn said(body: &str) -> String {
    if !body.starts_with("data:") {
        return body.to_owned();
    }
    let events = body.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?).ok());
    let piece = |event: serde_json::Value| {
        event.pointer("/choices/0/delta/content").and_then(|text| text.as_str().map(str::to_owned))
    };
    events.filter_map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::super::mock::Mock;
    use super::super::prompt::{Shape, prompt};
    use super::*;

    fn shots(target: Target, count: u64, stream: bool) -> Vec<Shot> {
        let shape = Shape { size: 1024, stream, turns: 8, resent: false };
        (0..count).map(|number| Shot::new(target, &prompt(number, shape))).collect()
    }

    #[test]
    fn every_request_is_answered_once_and_the_delay_is_known() {
        let mock = Mock::start().unwrap();
        let target = Target { address: mock.address };
        for stream in [false, true] {
            mock.reset(Duration::from_millis(2));
            let outcome = fire(target, shots(target, 40, stream), 8).unwrap();
            assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
            let mut numbers: Vec<u64> = outcome.samples.iter().map(|sample| sample.number).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..40).collect::<Vec<_>>());
            assert_eq!(mock.seen(), (40, 40), "nobody masks on the direct way");
            assert!(outcome.samples.iter().all(|sample| sample.restored && sample.first <= sample.total));
            assert!(
                outcome.samples.iter().all(|sample| mock.waited(sample.number) >= Duration::from_millis(2))
            );
        }
    }

    #[test]
    fn an_answer_that_is_not_good_is_told() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target { address: listener.local_addr().unwrap() };
        let server = std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).unwrap();
            stream.write_all(b"HTTP/1.1 502 Bad\r\ncontent-length: 4\r\n\r\nnope").unwrap();
        });
        let outcome = fire(target, shots(target, 3, false), 1).unwrap();
        server.join().unwrap();
        assert_eq!(outcome.failure.as_deref(), Some("HTTP/1.1 502 Bad: nope"));
    }
}
