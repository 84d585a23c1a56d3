//! Carries out the steps of a session between two byte streams, one message per line (MCP, transport “stdio”).

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::Journal;
use super::lines::{Line, Lines};
use super::pins::Pins;
use super::session::{Session, Side, Step};

/// Bytes that may wait for a side before the other is read more slowly.
const SOFT: usize = 1024 * 1024;

/// Hard limit of bytes waiting for a side; one that reads nothing while still being sent to is given up.
const HARD: usize = 128 * 1024 * 1024;

/// How often overdue requests are looked for.
const TICK: Duration = Duration::from_millis(500);

/// How long a server may take to exit after its client has.
const GRACE: Duration = Duration::from_secs(5);

/// What a session needs from outside.
pub trait Surroundings: Send + Sync {
    /// Notifies a person.
    fn tell(&self, text: &str);
    /// Stores what is known of the server.
    fn save(&self, pins: &Pins);
}

/// Both directions of one side.
#[derive(Debug)]
pub struct Pipes<R, W> {
    /// What the side sends.
    pub says: R,
    /// What it receives.
    pub hears: W,
}

/// Messages on their way to a side.
struct Lane<W> {
    /// `None` once closed.
    writer: Option<W>,
    queue: VecDeque<Vec<u8>>,
    /// Bytes of the first message that have been written.
    done: usize,
    bytes: usize,
    /// When the side last read something, or had read everything.
    moved: Instant,
}

impl<W: AsyncWrite + Unpin> Lane<W> {
    fn new(writer: W) -> Self {
        Self { writer: Some(writer), queue: VecDeque::new(), done: 0, bytes: 0, moved: Instant::now() }
    }

    fn push(&mut self, mut line: Vec<u8>) {
        if self.writer.is_none() {
            return;
        }
        // In JSON a line ending is only whitespace.
        line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        line.push(b'\n');
        if self.queue.is_empty() {
            self.moved = Instant::now();
        }
        self.bytes += line.len();
        self.queue.push_back(line);
    }

    fn has_work(&self) -> bool {
        self.writer.is_some() && !self.queue.is_empty()
    }

    /// Writes a piece. Cancel-safe: a dropped write has written nothing.
    async fn write(&mut self) -> io::Result<()> {
        let (Some(writer), Some(line)) = (&mut self.writer, self.queue.front()) else { return Ok(()) };
        self.done += writer.write(line.get(self.done..).unwrap_or_default()).await?;
        self.moved = Instant::now();
        if self.done >= line.len() {
            self.bytes -= line.len();
            self.done = 0;
            self.queue.pop_front();
            writer.flush().await?;
        }
        Ok(())
    }

    /// Whether the side has read nothing for this long although something waits for it.
    fn is_stuck(&self, patience: Duration) -> bool {
        self.has_work() && self.moved.elapsed() > patience
    }

    /// Flushes what was written.
    async fn settle(&mut self) {
        if let Some(writer) = &mut self.writer {
            // A reader that is gone needs nothing more.
            let _ = writer.flush().await;
        }
    }

    fn close(&mut self) {
        *self = Self { writer: None, queue: VecDeque::new(), done: 0, bytes: 0, moved: Instant::now() };
    }
}

struct Carrier<'a, CW, SW> {
    session: &'a mut Session,
    journal: &'a dyn Journal,
    around: &'a dyn Surroundings,
    began: Instant,
    to_client: Lane<CW>,
    to_server: Lane<SW>,
}

impl<CW: AsyncWrite + Unpin, SW: AsyncWrite + Unpin> Carrier<'_, CW, SW> {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn send(&mut self, side: Side, line: Vec<u8>) {
        match side {
            Side::Client => self.to_client.push(line),
            Side::Server => self.to_server.push(line),
        }
    }

    async fn carry(&mut self, steps: Vec<Step>) {
        let mut steps = VecDeque::from(steps);
        while let Some(step) = steps.pop_front() {
            match step {
                Step::Send(side, line) => self.send(side, line),
                Step::Tell(text) => self.around.tell(&text),
                Step::Save => self.around.save(self.session.pins()),
                Step::Other => {}
                Step::Note(note) => {
                    let about = note.about;
                    if self.journal.keep(note.event, note.content).await.is_err() {
                        self.session.unlogged(about.as_ref(), &mut steps);
                    }
                }
            }
        }
    }

    async fn from(&mut self, side: Side, line: Line) {
        let now = self.now();
        let steps = match (side, line) {
            (Side::Client, Line::Whole(line)) => self.session.client(&line, now),
            (Side::Server, Line::Whole(line)) => self.session.server(&line, now),
            (side, _) => self.session.oversized(side, now),
        };
        self.carry(steps).await;
    }
}

/// Runs until a side ends. After the client has ended, the server's messages are still read for a moment.
pub async fn run<CR, CW, SR, SW>(
    session: &mut Session,
    journal: &dyn Journal,
    around: &dyn Surroundings,
    client: Pipes<CR, CW>,
    server: Pipes<SR, SW>,
) -> io::Result<()>
where
    CR: AsyncRead + Unpin,
    CW: AsyncWrite + Unpin,
    SR: AsyncRead + Unpin,
    SW: AsyncWrite + Unpin,
{
    let (limit, patience) = (session.rules().max_message, session.rules().patience);
    let mut from_client = Lines::new(client.says, limit);
    let mut from_server = Lines::new(server.says, limit);
    let (to_client, to_server) = (Lane::new(client.hears), Lane::new(server.hears));
    let mut carrier = Carrier { session, journal, around, began: Instant::now(), to_client, to_server };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut client_ended, mut server_ended) = (false, false);
    let mut end = None;
    loop {
        if client_ended && !carrier.to_server.has_work() {
            // Closing its input tells a server to exit.
            carrier.to_server.close();
        }
        let late = end.is_some_and(|end: Instant| end.elapsed() > GRACE);
        if (server_ended && !carrier.to_client.has_work()) || late {
            carrier.to_client.settle().await;
            return Ok(());
        }
        if carrier.to_client.bytes > HARD || carrier.to_server.bytes > HARD {
            return Err(io::Error::other("one side does not read the messages sent to it"));
        }
        let hears = carrier.to_server.bytes < SOFT && !client_ended;
        let reads = carrier.to_client.bytes < SOFT && !server_ended;
        let (write_client, write_server) = (carrier.to_client.has_work(), carrier.to_server.has_work());
        tokio::select! {
            written = carrier.to_client.write(), if write_client => written?,
            written = carrier.to_server.write(), if write_server => if written.is_err() {
                carrier.to_server.close();
            },
            line = from_client.next(), if hears => match line {
                Ok(Line::End) | Err(_) => {
                    client_ended = true;
                    end = Some(Instant::now());
                }
                Ok(line) => carrier.from(Side::Client, line).await,
            },
            line = from_server.next(), if reads => match line {
                Ok(Line::End) | Err(_) => {
                    server_ended = true;
                    let now = carrier.now();
                    let steps = carrier.session.server_ended(now);
                    carrier.carry(steps).await;
                }
                Ok(line) => carrier.from(Side::Server, line).await,
            },
            _ = tick.tick() => {
                let now = carrier.now();
                let mut steps = carrier.session.tick(now);
                // A server that reads nothing will respond to nothing more, and must not keep the client waiting.
                if carrier.to_server.is_stuck(patience) {
                    server_ended = true;
                    carrier.to_server.close();
                    steps.extend(carrier.session.server_ended(now));
                }
                carrier.carry(steps).await;
            }
        }
    }
}
