//! A provider that costs next to nothing: it echoes the marked text of the request, whole or as a stream of 23 events,
//! immediately or after a delay, and records how long the delay really was.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;

use super::http::Connection;
use super::prompt::{DOMAIN, MARKS};

/// Text pieces of a streamed response; the role, the finish reason and the end marker come on top.
const PIECES: usize = 20;

/// Requests whose delay is remembered; more than a measurement sends.
const REMEMBERED: usize = 1 << 16;

/// Bytes at either end of a body that are searched for `stream`.
const EDGE: usize = 512;

/// A provider on its own thread, which runs as long as the process.
pub(super) struct Mock {
    /// Where it listens.
    pub(super) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    /// Microseconds to wait before a response.
    delay: AtomicU64,
    /// Nanoseconds actually waited, at the request's number modulo [`REMEMBERED`].
    waited: Vec<AtomicU64>,
    requests: AtomicU64,
    /// Requests whose marked text contained an address in the clear.
    clear: AtomicU64,
}

impl Mock {
    /// Starts it on a free port.
    pub(super) fn start() -> Result<Self> {
        let waited = std::iter::repeat_with(AtomicU64::default).take(REMEMBERED).collect();
        let (delay, requests, clear) = Default::default();
        let state = Arc::new(State { delay, waited, requests, clear });
        let listener =
            std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port for the mock")?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let shared = Arc::clone(&state);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = async move {
            let listener = TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    if let Ok(connection) = Connection::new(stream) {
                        // A caller that goes away ends only its own connection.
                        let _ = converse(connection, &state).await;
                    }
                });
            }
        };
        let serve = move || -> std::io::Result<()> { runtime.block_on(serving) };
        std::thread::Builder::new().name("mock".to_owned()).spawn(serve).context("no thread for the mock")?;
        Ok(Self { address, state })
    }

    /// Sets the delay from now on and resets the counts.
    pub(super) fn reset(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.state.delay.store(micros, Ordering::Relaxed);
        self.state.requests.store(0, Ordering::Relaxed);
        self.state.clear.store(0, Ordering::Relaxed);
    }

    /// How long it deliberately waited before answering the request with this number.
    pub(super) fn waited(&self, number: u64) -> Duration {
        slot(&self.state, number)
            .map_or(Duration::ZERO, |slot| Duration::from_nanos(slot.load(Ordering::Relaxed)))
    }

    /// Requests since the last [`Mock::reset`], and how many of them contained an address in the clear.
    pub(super) fn seen(&self) -> (u64, u64) {
        (self.state.requests.load(Ordering::Relaxed), self.state.clear.load(Ordering::Relaxed))
    }
}

fn slot(state: &State, number: u64) -> Option<&AtomicU64> {
    state.waited.get(usize::try_from(number).ok()? % REMEMBERED)
}

async fn converse(mut connection: Connection, state: &State) -> std::io::Result<()> {
    while let Some(head) = connection.head().await? {
        let (body, _) = connection.body(&head).await?;
        let text = marked(&body);
        wait(state, text).await;
        state.requests.fetch_add(1, Ordering::Relaxed);
        if text.contains(DOMAIN) {
            state.clear.fetch_add(1, Ordering::Relaxed);
        }
        if wants_stream(&body) {
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            for event in events(text) {
                connection.send(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).await?;
            }
            connection.send(b"0\r\n\r\n").await?;
        } else {
            let answer = whole(text);
            let length = answer.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            );
            connection.send((head + &answer).as_bytes()).await?;
        }
    }
    Ok(())
}

/// Waits and records for how long: a timer is late by up to a millisecond, which is more than what is being measured.
async fn wait(state: &State, text: &str) {
    let micros = state.delay.load(Ordering::Relaxed);
    let began = Instant::now();
    if micros > 0 {
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
    let number = text.split(' ').next().and_then(|word| word.parse().ok());
    if let Some(slot) = number.and_then(|number| slot(state, number)) {
        let nanos = if micros > 0 { u64::try_from(began.elapsed().as_nanos()).unwrap_or(0) } else { 0 };
        slot.store(nanos, Ordering::Relaxed);
    }
}

/// The text between the marks as written in the body: it is JSON-escaped already, so it can go into a response unchanged.
fn marked(body: &[u8]) -> &str {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let text = text.rsplit_once(MARKS.0).map_or("", |(_, rest)| rest);
    text.split_once(MARKS.1).map_or("", |(text, _)| text)
}

fn wants_stream(body: &[u8]) -> bool {
    let edges =
        [body.get(..EDGE).unwrap_or(body), body.get(body.len().saturating_sub(EDGE)..).unwrap_or_default()];
    edges.iter().any(|edge| {
        let edge = String::from_utf8_lossy(edge);
        edge.contains("\"stream\":true") || edge.contains("\"stream\": true")
    })
}

fn whole(text: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-bench","object":"chat.completion","created":1,"model":"bench","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18}}}}"#
    )
}

fn events(text: &str) -> Vec<String> {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\
             \"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let mut events = vec![chunk(r#"{"role":"assistant","content":""}"#, "null")];
    let characters: Vec<char> = text.chars().collect();
    let at = |piece: usize| characters.len() * piece / PIECES;
    for piece in 0..PIECES {
        let text: String = characters.get(at(piece)..at(piece + 1)).unwrap_or_default().iter().collect();
        events.push(chunk(&format!(r#"{{"content":"{text}"}}"#), "null"));
    }
    events.push(chunk("{}", "\"stop\""));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

#[cfg(test)]
mod tests {
    use super::super::prompt::{Shape, prompt};
    use super::*;

    #[test]
    fn an_answer_repeats_what_was_marked() {
        let prompt = prompt(3, Shape { size: 1024, stream: true, turns: 8, resent: false });
        let text = marked(prompt.body.as_bytes());
        assert!(text.starts_with("3 write to ") && text.contains(&prompt.email), "{text}");
        assert!(wants_stream(prompt.body.as_bytes()));
        let answer: serde_json::Value = serde_json::from_str(&whole(text)).unwrap();
        assert_eq!(answer["choices"][0]["message"]["content"], text);
        let events = events(text);
        assert_eq!(events.len(), 23);
        let pieces = events.iter().filter_map(|event| {
            let json: serde_json::Value = serde_json::from_str(event.strip_prefix("data: ")?).ok()?;
            json["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
        });
        assert_eq!(pieces.collect::<String>(), text);
    }
}
