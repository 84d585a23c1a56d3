//! The ledger as the gateway sees it: open, append, wait until durable, close.

use std::collections::{HashMap, VecDeque};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use ombud_core::event::{Event, EventKind};
use tokio::sync::{mpsc, oneshot, watch};
use zeroize::Zeroizing;

use crate::canonical;
use crate::error::{Error, Problem};
use crate::files::{private, private_dir, replace};
use crate::journal::frame::encode;
use crate::journal::head::vkey_path;
use crate::journal::recover::recover;
use crate::journal::writer::{Fuse, SEGMENT_BYTES, Writer, lock};
use crate::keys::{Deriver, Keys, LOG, MASTER, random};
use crate::seal::{Payload, Sealer};
use crate::state::keyring::{Erased, Keyring, NewKey};
use crate::state::vault::Vault;
use crate::tlog::leaf_hash;
use crate::tlog::tile::MAX_ENTRY;

/// The log of one home directory, open for writing. Clones share it. When the last one is dropped, everything that was
/// appended is made durable and a last checkpoint is signed; [`Ledger::close`] does the same and reports whether it
/// worked.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

/// Confirms that an event was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an event that must survive a power cut is not safe before `Ledger::durable` says so"]
pub struct Ticket {
    /// The event's number in the log, from 0.
    pub seq: u64,
    /// Number of the payload's key among those this process created.
    key: Option<u64>,
}

struct Inner {
    home: PathBuf,
    keys: Deriver,
    sealers: Mutex<Sealers>,
    stored: watch::Receiver<u64>,
    key_thread: Mutex<Option<JoinHandle<()>>>,
    writer: Writer,
    /// Held as long as the ledger is open.
    _lock: File,
}

/// Maximum number of keys in memory, at some 900 bytes each; an evicted one is replaced by a new key when its
/// conversation continues.
const MAX_SEALERS: usize = 4096;

/// Under load, keys of new conversations gather for this long before the next batch is stored. Only the first request of
/// a conversation waits for its key.
const KEYS_GATHER: Duration = Duration::from_millis(8);

#[derive(Default)]
struct Sealers {
    by_conversation: HashMap<String, (Arc<Sealer>, u64)>,
    order: VecDeque<String>,
    made: u64,
    commands: Option<mpsc::UnboundedSender<Command>>,
}

enum Command {
    Store(NewKey),
    Erase(Vec<String>, oneshot::Sender<Result<Erased, Error>>),
}

impl Ledger {
    /// Opens the log in `home` (the `.ombud` directory), creates it if there is none, and recovers from a crash: the
    /// remains of an unfinished write are set aside and recorded. Fails with [`Error::Busy`] if another process has it
    /// open.
    pub async fn open(home: &Path) -> Result<Self, Error> {
        Self::open_with(home, SEGMENT_BYTES).await
    }

    pub(crate) async fn open_with(home: &Path, segment_bytes: u64) -> Result<Self, Error> {
        let dir = home.join("journal");
        private_dir(home).and_then(|()| private_dir(&dir)).map_err(Error::file("cannot create", &dir))?;
        let lock = take_lock(home)?;
        let keys = Keys::of(home);
        let fresh = !dir.join("00000000.seg").exists();
        if fresh {
            keys.ensure(&[LOG, MASTER])?;
        }
        let signer = keys.signer()?;
        let deriver = Deriver::new(&keys.read(MASTER)?);
        let recovered = recover(&dir, &signer)?;
        let torn = recovered.torn;
        let keyring = Keyring::open(home).await?;
        // Keys of recorded conversations next to a log without entries: the entries were removed.
        if recovered.end.at.seq == 0 && keyring.has_recorded() {
            return Err(Problem::Emptied.into());
        }
        // Nothing is written before it is certain that the log may be continued.
        let vkey = vkey_path(&dir);
        if fresh || !vkey.exists() {
            let text = signer.verifier().vkey() + "\n";
            replace(&vkey, text.as_bytes()).map_err(Error::file("cannot write", &vkey))?;
        }
        let writer = Writer::start(&dir, signer, recovered, segment_bytes)?;
        let (commands, queue) = mpsc::unbounded_channel();
        let (store, stored) = watch::channel(0);
        let fuse = writer.fuse();
        let thread = std::thread::Builder::new()
            .name("ombud-keys".to_owned())
            .spawn(move || {
                if let Err(error) = key_loop(keyring, queue, &store, &fuse) {
                    fuse.blow("storing a conversation key", std::io::Error::other(error));
                }
            })
            .map_err(Error::file("cannot start a thread for", home))?;
        let sealers = Sealers { commands: Some(commands), ..Sealers::default() };
        let inner = Inner {
            home: home.to_owned(),
            keys: deriver,
            sealers: Mutex::new(sealers),
            stored,
            key_thread: Mutex::new(Some(thread)),
            writer,
            _lock: lock,
        };
        let ledger = Self { inner: Arc::new(inner) };
        if torn > 0 {
            let _ticket = ledger.append(event(EventKind::Gap { dropped: torn }, None), None)?;
        }
        Ok(ledger)
    }

    /// Appends an event, with its payload if it has one. When this returns, the kernel has it: it survives a crash of
    /// this process, and a power cut once [`Ledger::durable`] confirms it, or soon after if nobody asks. `event.payload`
    /// is filled in, and so is `event.conversation` if it is empty. After a failed write, every later call fails with
    /// [`Error::Unwritable`].
    pub fn append(&self, mut event: Event, payload: Option<Payload<'_>>) -> Result<Ticket, Error> {
        let mut blob = Vec::new();
        let mut key = None;
        event.payload = None;
        if let Some(Payload { conversation, parts }) = payload {
            if *event.conversation.get_or_insert_with(|| conversation.to_owned()) != conversation {
                return Err(Error::Conversation);
            }
            let (sealer, number) = self.inner.sealer(conversation)?;
            let (ciphertext, commitment) = sealer.seal(&event.id, parts)?;
            (blob, key, event.payload) = (ciphertext, Some(number), Some(commitment));
        }
        let leaf = canonical::to_vec(&event).map_err(|cause| Error::Record(Arc::new(cause)))?;
        if leaf.len() > MAX_ENTRY {
            return Err(Error::TooLong { what: "record", length: leaf.len(), limit: MAX_ENTRY });
        }
        let seq = self.inner.writer.append(&encode(&leaf, &blob), leaf_hash(&leaf))?;
        Ok(Ticket { seq, key })
    }

    /// Resolves when the event and the key of its payload survive a power cut.
    pub async fn durable(&self, ticket: &Ticket) -> Result<(), Error> {
        self.inner.writer.durable(ticket.seq).await?;
        let Some(number) = ticket.key else { return Ok(()) };
        let stored = self.inner.stored.clone().wait_for(|stored| *stored >= number).await.map(drop);
        stored.map_err(|_| self.inner.writer.failure().unwrap_or(Error::Closed))
    }

    /// Closes the log: everything is made durable and covered by a checkpoint. Later calls fail with [`Error::Closed`].
    pub async fn close(&self) -> Result<(), Error> {
        lock(&self.inner.sealers).commands = None;
        self.inner.writer.close().await?;
        let mut stored = self.inner.stored.clone();
        while stored.changed().await.is_ok() {}
        self.inner.writer.failure().map_or(Ok(()), Err)
    }

    /// Derives a key from the master key of this home: the same label and context always give the same key, and no key
    /// reveals anything about another. It is never stored.
    pub fn derive_key(&self, label: &str, context: &[&[u8]]) -> [u8; 32] {
        self.inner.keys.derive(label, context)
    }

    /// The store of token values.
    pub fn vault(&self) -> Vault {
        Vault::at(&self.inner.home)
    }

    /// The home directory.
    pub fn home(&self) -> &Path {
        &self.inner.home
    }

    /// The newest published checkpoint, a signed note, and how many entries it covers.
    pub fn checkpoint(&self) -> Option<(u64, Arc<str>)> {
        let progress = self.inner.writer.progress();
        let progress = progress.borrow();
        progress.note.clone().map(|note| (progress.signed, note))
    }

    /// Destroys the keys of these conversations, and every wrapping key under which they were ever stored, so that
    /// neither this home nor an older copy of its databases can decrypt their payloads. The log keeps its entries and
    /// stays verifiable; the erasure is recorded in it before and after.
    pub async fn erase(&self, conversations: &[&str]) -> Result<Erased, Error> {
        self.note_each(conversations, &EventKind::EraseIntent {}).await?;
        let (reply, answer) = oneshot::channel();
        self.inner.forget(conversations, reply);
        let erased = answer.await.map_err(|_| self.inner.writer.failure().unwrap_or(Error::Closed))??;
        let done = EventKind::Erased { keys: erased.keys, epoch: erased.epoch };
        self.note_each(conversations, &done).await?;
        Ok(erased)
    }

    /// Appends the same event for each conversation and waits until all are durable.
    async fn note_each(&self, conversations: &[&str], kind: &EventKind) -> Result<(), Error> {
        let mut last = None;
        for conversation in conversations {
            last = Some(self.append(event(kind.clone(), Some(conversation)), None)?);
        }
        match last {
            Some(ticket) => self.durable(&ticket).await,
            None => Ok(()),
        }
    }
}

impl Inner {
    /// The key of a conversation and its number. Old keys are never read back: a conversation unknown to this process
    /// gets a new one, so that appending waits for no database.
    fn sealer(&self, conversation: &str) -> Result<(Arc<Sealer>, u64), Error> {
        let mut sealers = lock(&self.sealers);
        if let Some((sealer, number)) = sealers.by_conversation.get(conversation) {
            return Ok((Arc::clone(sealer), *number));
        }
        let (id, key) = (random()?, Zeroizing::new(random()?));
        let sealer = Arc::new(Sealer::new(id, &key)?);
        let command = Command::Store(NewKey { id, scope: conversation_scope(conversation), key });
        let sent = sealers.commands.as_ref().is_some_and(|commands| commands.send(command).is_ok());
        if !sent {
            return Err(self.writer.failure().unwrap_or(Error::Closed));
        }
        if sealers.order.len() >= MAX_SEALERS
            && let Some(oldest) = sealers.order.pop_front()
        {
            sealers.by_conversation.remove(&oldest);
        }
        sealers.made += 1;
        let number = sealers.made;
        sealers.order.push_back(conversation.to_owned());
        sealers.by_conversation.insert(conversation.to_owned(), (Arc::clone(&sealer), number));
        Ok((sealer, number))
    }

    /// Removes keys from memory and requests their destruction. Both under one lock, so that no key still on its way to
    /// the database is overlooked.
    fn forget(&self, conversations: &[&str], reply: oneshot::Sender<Result<Erased, Error>>) {
        let mut sealers = lock(&self.sealers);
        for conversation in conversations {
            sealers.by_conversation.remove(*conversation);
        }
        sealers.order.retain(|name| !conversations.contains(&name.as_str()));
        let scopes = conversations.iter().map(|name| conversation_scope(name)).collect();
        if let Some(commands) = &sealers.commands {
            // If nobody listens any more, the reply is dropped, which the caller notices.
            let _ = commands.send(Command::Erase(scopes, reply));
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        lock(&self.sealers).commands = None;
        if let Some(thread) = lock(&self.key_thread).take() {
            let _ = thread.join();
        }
    }
}

/// Stores keys, many at a time, and erases; `stored` counts the keys that survive a power cut.
fn key_loop(
    mut keyring: Keyring,
    mut queue: mpsc::UnboundedReceiver<Command>,
    stored: &watch::Sender<u64>,
    fuse: &Fuse,
) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::file("cannot start a thread for", Path::new("state.db")))?;
    runtime.block_on(async {
        let mut commands = Vec::new();
        while queue.recv_many(&mut commands, 1024).await > 0 {
            let mut batch = Vec::new();
            for command in commands.drain(..) {
                match command {
                    Command::Store(key) => batch.push(key),
                    Command::Erase(scopes, reply) => {
                        store(&mut keyring, &mut batch, stored).await?;
                        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
                        // The requester may have gone away; the erasure is carried out all the same.
                        let _ = reply.send(keyring.erase(&scopes).await);
                    }
                }
            }
            store(&mut keyring, &mut batch, stored).await?;
            // Storing one key costs nearly as much as storing ten.
            if fuse.is_crowded() {
                std::thread::sleep(KEYS_GATHER);
            }
        }
        keyring.close().await
    })
}

async fn store(
    keyring: &mut Keyring,
    batch: &mut Vec<NewKey>,
    stored: &watch::Sender<u64>,
) -> Result<(), Error> {
    if batch.is_empty() {
        return Ok(());
    }
    keyring.insert(batch).await?;
    stored.send_modify(|stored| *stored += batch.len() as u64);
    batch.clear();
    Ok(())
}

/// Keeps conversations apart from vault scopes of the same name.
fn conversation_scope(conversation: &str) -> String {
    format!("conversation:{conversation}")
}

/// An event of the ledger itself.
fn event(kind: EventKind, conversation: Option<&str>) -> Event {
    Event {
        v: 1,
        id: crate::id::id(),
        t: format!("{:.3}", jiff::Timestamp::now()),
        exchange: None,
        conversation: conversation.map(str::to_owned),
        client: None,
        subject: None,
        kind,
        payload: None,
    }
}

/// Takes the exclusive lock of a home. It ends with the process, however the process ends.
fn take_lock(home: &Path) -> Result<File, Error> {
    let path = home.join("lock");
    let failed = || Error::file("cannot lock", &path);
    let mut file =
        private().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only read to name the holder: if that fails, it is another process all the same.
            let _ = file.take(200).read_to_string(&mut holder);
            let holder = if holder.trim().is_empty() {
                "another process".to_owned()
            } else {
                holder.trim().to_owned()
            };
            return Err(Error::Busy { home: home.to_owned(), holder });
        }
        Err(TryLockError::Error(cause)) => return Err(failed()(cause)),
    }
    let name = format!("process {}\n", std::process::id());
    let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(name.as_bytes()));
    written.map_err(failed())?;
    Ok(file)
}
