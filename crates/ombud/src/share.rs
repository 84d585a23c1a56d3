//! One log for several processes. An MCP client starts a process for each server, and `ombud run` may be there as well, but
//! only one of them can have the log open. The others send it their entries over a socket in the home folder, which only
//! its owner can reach; when the one that has the log ends, the next takes over. A gateway has precedence: it asks for the
//! log, and an `ombud mcp` that holds it releases it.

use std::io::{self, BufRead as _, Write as _};
use std::os::unix::net::UnixStream as Quick;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ombud_core::Origin;
use ombud_core::event::Event;
use ombud_detect::mask::{Token, token};
use ombud_gateway::Gateway;
use ombud_gateway::attribute::declared::Sources;
use ombud_gateway::tool::shelf::Shelf;
use ombud_gateway::tool::{Journal, Unwritten, Writing};
use ombud_ledger::Ledger;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinHandle, JoinSet};

/// The socket in a home.
const SOCKET: &str = "log.sock";

/// Attempts to reach the log, and the pause between two.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// How long a quick request may take.
const QUICK: Duration = Duration::from_millis(500);

/// How long whoever has the log open may take to write an entry. A stopped process would otherwise block every call
/// forever.
const PATIENCE: Duration = Duration::from_secs(5);

/// Since when the other process has not responded to a quick request. It is not asked again for as long as a write may
/// take: a message may hold a hundred tokens, and each would wait.
static SILENT: std::sync::Mutex<Option<Instant>> = std::sync::Mutex::new(None);

/// A request to the process that has the log open.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Ask {
    /// Append this; contents in base64.
    Keep { event: Box<Event>, content: Vec<String> },
    /// What does a token stand for?
    Value { token: String },
    /// Was this call released?
    Released { tool: String, arguments: String },
    /// A tool returned these texts.
    Heard { tool: String, texts: Vec<String> },
    /// Release the log.
    Yield,
}

/// The response.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Told {
    ok: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// What a process that has the log open offers to the others.
#[derive(Clone)]
struct Offer {
    ledger: Ledger,
    /// The shelf of a gateway.
    shelf: Option<Arc<Shelf>>,
    /// Its declared sources.
    sources: Option<Arc<Sources>>,
    /// Notified when somebody asks for the log; `None` for a gateway, which keeps it.
    yields: Option<mpsc::Sender<()>>,
}

/// Serves the log of a gateway to other processes until it is aborted. Without the socket they have no log, and report
/// that.
pub(crate) fn offer(home: &Path, gateway: &Gateway) -> Option<JoinHandle<()>> {
    let (ledger, shelf) = (gateway.ledger.clone(), Some(Arc::clone(&gateway.shelf)));
    listen(home, Offer { ledger, shelf, sources: Some(Arc::clone(&gateway.sources)), yields: None }).ok()
}

/// Opens the log for a gateway; an `ombud mcp` that has it is asked to release it.
pub(crate) async fn open(home: &Path) -> Result<Ledger, ombud_ledger::Error> {
    // The ledger reports what is wrong with the folder.
    let _ = crate::files::home(home);
    let mut yields = false;
    for _ in 0..TRIES {
        match Ledger::open(home).await {
            Err(busy @ ombud_ledger::Error::Busy { .. }) => {
                // Once it has agreed, its socket may be gone before its lock is.
                yields |= asked(home, &Ask::Yield).is_ok_and(|told| told.ok);
                if !yields {
                    return Err(busy);
                }
                tokio::time::sleep(PAUSE).await;
            }
            other => return other,
        }
    }
    Ledger::open(home).await
}

fn listen(home: &Path, offer: Offer) -> io::Result<JoinHandle<()>> {
    let path = home.join(SOCKET);
    // Whoever has the log open owns the socket; one that is left over belongs to a process that was killed.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let here = Here::of(path);
    Ok(tokio::spawn(async move {
        let _here = here;
        // They end with this task: as long as one of them holds the log, nobody else can open it.
        let mut served = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            served.spawn(serve(stream, offer.clone()));
            while served.try_join_next().is_some() {}
        }
    }))
}

/// A socket that is removed with its listener, so that a copy of the folder finds plain files. A later one of the same name
/// is kept.
struct Here {
    path: PathBuf,
    file: Option<u64>,
}

impl Here {
    fn of(path: PathBuf) -> Self {
        let file = inode(&path);
        Self { path, file }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        if self.file.is_some() && inode(&self.path) == self.file {
            // One that is left over is removed by whoever opens the log next.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn inode(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| std::os::unix::fs::MetadataExt::ino(&file))
}

/// Serves one other process until it disconnects.
async fn serve(stream: UnixStream, offer: Offer) {
    let (reads, mut writes) = stream.into_split();
    let mut lines = BufReader::new(reads).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let told = match serde_json::from_str(&line) {
            Ok(ask) => answer(ask, &offer).await,
            Err(_) => Told::default(),
        };
        let mut text = serde_json::to_string(&told).unwrap_or_default();
        text.push('\n');
        if writes.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn answer(ask: Ask, offer: &Offer) -> Told {
    match ask {
        Ask::Keep { event, content } => {
            let content: Result<Vec<_>, _> = content.iter().map(|part| STANDARD.decode(part)).collect();
            let Ok(content) = content else { return Told::default() };
            Told { ok: offer.ledger.keep(*event, content).await.is_ok(), value: None }
        }
        Ask::Value { token } => {
            let token = token::read(token.as_bytes());
            let known = token.and_then(|token| offer.shelf.as_ref()?.value(None, &token));
            known.map_or_else(Told::default, |(value, ok)| Told { ok, value: Some(value) })
        }
        Ask::Released { tool, arguments } => {
            let taken = offer.shelf.as_ref().is_some_and(|shelf| shelf.take(None, &tool, &arguments));
            Told { ok: taken, value: None }
        }
        Ask::Heard { tool, texts } => {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let origin = Origin::Tool { name: Some(tool), call: None };
            let heard = offer.sources.as_ref().map(|sources| sources.heard(None, &origin, &texts));
            Told { ok: heard.is_some(), value: None }
        }
        Ask::Yield => match &offer.yields {
            Some(yields) => Told { ok: yields.send(()).await.is_ok(), value: None },
            None => Told::default(),
        },
    }
}

/// Sends one request to whoever has the log open.
fn asked(home: &Path, ask: &Ask) -> io::Result<Told> {
    let silent = || SILENT.lock().unwrap_or_else(PoisonError::into_inner);
    if silent().is_some_and(|since| since.elapsed() < PATIENCE) {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let told = quick(home, ask);
    let late =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock);
    *silent() = told.as_ref().is_err_and(late).then(Instant::now);
    told
}

fn quick(home: &Path, ask: &Ask) -> io::Result<Told> {
    let stream = Quick::connect(home.join(SOCKET))?;
    stream.set_read_timeout(Some(QUICK))?;
    stream.set_write_timeout(Some(QUICK))?;
    let mut text = serde_json::to_string(ask)?;
    text.push('\n');
    (&stream).write_all(text.as_bytes())?;
    let mut line = String::new();
    io::BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// The value of a token of a gateway in another process.
pub(crate) fn value(home: &Path, token: &Token) -> Option<(String, bool)> {
    let told = asked(home, &Ask::Value { token: token.to_string() }).ok()?;
    Some((told.value?, told.ok))
}

/// Whether a gateway in another process has released a call.
pub(crate) fn released(home: &Path, tool: &str, arguments: &str) -> bool {
    let ask = Ask::Released { tool: tool.to_owned(), arguments: arguments.to_owned() };
    asked(home, &ask).is_ok_and(|told| told.ok)
}

/// Tells a gateway in another process what a tool returned, before the agent can put it into a prompt.
pub(crate) fn heard(home: &Path, tool: &str, texts: &[&str]) {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect();
    // Without it the text is judged by its form, as everywhere else.
    let _ = asked(home, &Ask::Heard { tool: tool.to_owned(), texts });
}

/// The log, wherever it is open.
pub(crate) struct Shared {
    home: PathBuf,
    way: Arc<Mutex<Way>>,
    guest: AtomicBool,
}

/// How the log is reached.
enum Way {
    None,
    Own(Ledger, JoinHandle<()>),
    Guest(BufReader<UnixStream>),
}

impl Shared {
    /// The log of a home, reached on first use.
    pub(crate) fn at(home: &Path) -> Self {
        Self { home: home.to_owned(), way: Arc::new(Mutex::new(Way::None)), guest: AtomicBool::new(false) }
    }

    /// Whether another process has the log open.
    pub(crate) fn is_guest(&self) -> bool {
        self.guest.load(Ordering::Relaxed)
    }

    /// Reaches the log now, so that problems with it show before anything is started.
    pub(crate) async fn reach(&self) -> Result<(), ombud_ledger::Error> {
        // The ledger reports what is wrong with the folder.
        let _ = crate::files::home(&self.home);
        let mut way = self.way.lock().await;
        for _ in 0..TRIES {
            if self.step(&mut way).await? {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        let ledger = Ledger::open(&self.home).await?;
        self.own(&mut way, ledger);
        Ok(())
    }

    /// Tries once to reach the log: opens it, or connects to whoever has it open.
    async fn step(&self, way: &mut Way) -> Result<bool, ombud_ledger::Error> {
        if !matches!(way, Way::None) {
            return Ok(true);
        }
        match Ledger::open(&self.home).await {
            Ok(ledger) => self.own(way, ledger),
            Err(ombud_ledger::Error::Busy { .. }) => {
                let Ok(stream) = UnixStream::connect(self.home.join(SOCKET)).await else { return Ok(false) };
                *way = Way::Guest(BufReader::new(stream));
                self.guest.store(true, Ordering::Relaxed);
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    fn own(&self, way: &mut Way, ledger: Ledger) {
        let (yields, mut asked) = mpsc::channel(1);
        let offer = Offer { ledger: ledger.clone(), shelf: None, sources: None, yields: Some(yields) };
        // Without a socket this process keeps the log to itself.
        let server = listen(&self.home, offer).unwrap_or_else(|_| tokio::spawn(async {}));
        *way = Way::Own(ledger, server);
        self.guest.store(false, Ordering::Relaxed);
        let way = Arc::downgrade(&self.way);
        tokio::spawn(async move {
            if asked.recv().await.is_some()
                && let Some(way) = way.upgrade()
            {
                let taken = std::mem::replace(&mut *way.lock().await, Way::None);
                release(taken).await;
            }
        });
    }

    async fn try_keep(&self, event: &Event, content: &[Vec<u8>]) -> bool {
        let mut way = self.way.lock().await;
        for _ in 0..TRIES {
            if !matches!(self.step(&mut way).await, Ok(true)) {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            match &mut *way {
                Way::Own(ledger, _) => return ledger.keep(event.clone(), content.to_vec()).await.is_ok(),
                Way::Guest(stream) => {
                    match tokio::time::timeout(PATIENCE, hand_over(stream, event, content)).await {
                        Ok(Ok(told)) => return told.ok,
                        // It has ended; somebody else has the log now, or this process will.
                        Ok(Err(_)) => *way = Way::None,
                        // It does not respond, and may still write this entry: the next one takes a new connection.
                        Err(_) => {
                            *way = Way::None;
                            return false;
                        }
                    }
                }
                Way::None => {}
            }
        }
        false
    }

    /// Releases the log.
    pub(crate) async fn close(&self) {
        let taken = std::mem::replace(&mut *self.way.lock().await, Way::None);
        release(taken).await;
    }
}

async fn release(way: Way) {
    if let Way::Own(ledger, server) = way {
        server.abort();
        let socket = ledger.home().join(SOCKET);
        // What is not under a checkpoint yet is recovered by whoever opens it next.
        let _ = ledger.close().await;
        let _ = std::fs::remove_file(socket);
    }
}

async fn hand_over(
    stream: &mut BufReader<UnixStream>,
    event: &Event,
    content: &[Vec<u8>],
) -> io::Result<Told> {
    let content = content.iter().map(|part| STANDARD.encode(part)).collect();
    let mut text = serde_json::to_string(&Ask::Keep { event: Box::new(event.clone()), content })?;
    text.push('\n');
    stream.get_mut().write_all(text.as_bytes()).await?;
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

impl Journal for Shared {
    fn keep(&self, event: Event, content: Vec<Vec<u8>>) -> Writing<'_> {
        Box::pin(async move { if self.try_keep(&event, &content).await { Ok(()) } else { Err(Unwritten) } })
    }
}

#[cfg(test)]
mod tests {
    use ombud_core::event::EventKind;
    use ombud_gateway::record;

    use super::*;

    #[tokio::test]
    async fn who_has_the_log_and_does_not_answer_holds_nobody_up() {
        let home = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(home.path()).await.unwrap();
        // Connections are accepted, as the system does for a stopped process; nobody reads.
        let _stopped = UnixListener::bind(home.path().join(SOCKET)).unwrap();
        let shared = Shared::at(home.path());
        let begun = Instant::now();
        let kept = shared.keep(record::event(EventKind::RunEnd { exit: None }), Vec::new()).await;
        assert!(kept.is_err() && begun.elapsed() < PATIENCE * 2, "{:?}", begun.elapsed());
        let begun = Instant::now();
        assert!((0..20).all(|_| !released(home.path(), "pay", "{}")));
        assert!(begun.elapsed() < QUICK * 4, "only the first waits: {:?}", begun.elapsed());
        ledger.close().await.unwrap();
    }
}
