//! Writes the journal: one file with one lock around `write`, a thread that makes written entries durable, many at a
//! time, and a thread that signs checkpoints over what is durable.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::frame::{SEGMENT_HEADER, segment_header};
use super::head::Saved;
use super::publish::publish;
use super::recover::Recovered;
use super::walk::{Position, segment_path};
use crate::error::Error;
use crate::files::{private, sync_dir};
use crate::tlog::{Checkpoint, Frontier, Hash, Signer};

/// A segment that has reached this length receives no further entries.
pub(crate) const SEGMENT_BYTES: u64 = 64 << 20;
/// Longest time that an entry waits for a checkpoint.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(1);
/// Number of waiting entries that triggers a checkpoint at once.
const CHECKPOINT_ENTRIES: u64 = 256;
/// Shortest time between two checkpoints: each costs several syncs, which the entries need more urgently.
const CHECKPOINT_PAUSE: Duration = Duration::from_millis(200);

/// An entry for which nobody waits is synced after this time at the latest, so that one sync serves it together with the
/// next entry that somebody waits for: a request's intent is waited for, the record of its response is not.
const LINGER: Duration = Duration::from_millis(20);

/// How often the syncing thread looks for such entries after the last one before it sleeps: while a conversation goes on,
/// recording a response needs no wake-up of a sleeping thread on its way to the client.
const LOOKS: u32 = 50;

/// Number of entries in one sync that counts as load.
const CROWD: usize = 8;
/// Under load, entries for the next sync gather in steps of this length, as long as more arrive: each sync then serves
/// more requests, and together they use less CPU time, which is the bottleneck under load. When a step brings nothing
/// new, the sync starts.
const GATHER: Duration = Duration::from_millis(2);
/// Maximum number of steps that an entry waits. A single conversation never waits for any.
const MOST_GATHERED: usize = 4;

/// Lets entries gather after a sync of `synced` entries, and returns how many steps that took. `step` waits and returns
/// the number of entries so far, or `None` if the log ends.
fn gather(synced: usize, mut step: impl FnMut() -> Option<usize>) -> usize {
    let (most, mut known) = (if synced < CROWD { 0 } else { MOST_GATHERED }, 0);
    for taken in 1..=most {
        match step() {
            Some(entries) if entries > known => known = entries,
            _ => return taken,
        }
    }
    most
}

/// The progress of the log, for those waiting on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// Entries that survive a power cut.
    pub(crate) durable: u64,
    /// Entries under the newest published checkpoint.
    pub(crate) signed: u64,
    /// The newest published checkpoint.
    pub(crate) note: Option<Arc<str>>,
    /// Whether the log has ended, so that nothing more will come.
    pub(crate) stopped: bool,
}

/// The writing side of a journal. Dropping it makes everything durable and signs a last checkpoint.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    dir: PathBuf,
    segment_bytes: u64,
    signer: Signer,
    tail: Mutex<Tail>,
    written: Condvar,
    head: Mutex<Head>,
    synced: Condvar,
    progress: watch::Sender<Progress>,
    failure: OnceLock<Error>,
}

/// What the next `append` needs.
struct Tail {
    file: Arc<File>,
    at: Position,
    /// Leaf hashes of what has been written since the last sync.
    fresh: Vec<Hash>,
    /// Number of entries in the last sync.
    batch: usize,
    /// Number of entries whose durability somebody has waited for.
    wanted: u64,
    /// State of the syncing thread.
    sync: Sync,
    closing: bool,
}

/// State of the syncing thread, so that it is woken only when that is useful: each wake-up is a system call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sync {
    /// It is working, and looks again before it waits.
    Busy,
    /// It waits for an entry that somebody waits for, and looks for others each time [`LINGER`] has passed.
    Lingers,
    /// It waits for any entry.
    Sleeps,
}

/// What the next checkpoint covers.
struct Head {
    saved: Saved,
    /// Number of entries from which the signing thread wants to be woken; time wakes it too.
    wakes_at: u64,
    closing: bool,
}

impl Writer {
    /// Continues where [`super::recover::recover`] found the end.
    pub(crate) fn start(
        dir: &Path,
        signer: Signer,
        recovered: Recovered,
        segment_bytes: u64,
    ) -> Result<Self, Error> {
        let Recovered { end, signed, note, .. } = recovered;
        // A log starts with a checkpoint over zero entries: entries without one then always mean that it was removed.
        let note = if let Some(note) = note {
            note
        } else {
            let note = signer.sign(&statement(&signer, &end).body());
            publish(dir, &note, &end).map_err(Error::file("cannot write the checkpoint in", dir))?;
            note
        };
        let (file, at) = open_segment(dir, end.at).map_err(Error::file("cannot open the journal in", dir))?;
        let progress = Progress { durable: end.at.seq, signed, note: Some(note.into()), stopped: false };
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            segment_bytes,
            signer,
            tail: Mutex::new(Tail::new(file, at)),
            written: Condvar::new(),
            head: Mutex::new(Head { saved: Saved { at, ..end.clone() }, wakes_at: 0, closing: false }),
            synced: Condvar::new(),
            progress: watch::Sender::new(progress),
            failure: OnceLock::new(),
        });
        let writer = Self { shared, threads: Mutex::default() };
        let frontier = end.frontier;
        writer.spawn("ombud-sync", move |shared| shared.sync_loop(frontier))?;
        writer.spawn("ombud-checkpoint", Shared::checkpoint_loop)?;
        Ok(writer)
    }

    fn spawn(&self, name: &str, run: impl FnOnce(&Shared) + Send + 'static) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&shared));
        let thread = thread.map_err(Error::file("cannot start a thread for", &self.shared.dir))?;
        lock(&self.threads).push(thread);
        Ok(())
    }

    /// Writes a frame; `leaf` is its leaf hash. When this returns, the kernel has it. Returns its sequence number.
    pub(crate) fn append(&self, frame: &[u8], leaf: Hash) -> Result<u64, Error> {
        let shared = &self.shared;
        let mut tail = lock(&shared.tail);
        if let Some(failure) = shared.failure.get() {
            return Err(failure.clone());
        }
        if tail.closing {
            return Err(Error::Closed);
        }
        let seq = tail.at.seq;
        if let Err(cause) = shared.write(&mut tail, frame) {
            return Err(shared.fail("writing the journal", cause));
        }
        tail.at.offset += frame.len() as u64;
        tail.at.seq += 1;
        tail.fresh.push(leaf);
        let asleep = tail.sync == Sync::Sleeps;
        // A thread woken while we hold the lock would only wait for it.
        drop(tail);
        if asleep {
            shared.written.notify_one();
        }
        Ok(seq)
    }

    /// Resolves when the entry with this sequence number survives a power cut.
    pub(crate) async fn durable(&self, seq: u64) -> Result<(), Error> {
        let mut progress = self.shared.progress.subscribe();
        if progress.borrow().durable <= seq {
            self.shared.want(seq + 1);
        }
        let reached = progress.wait_for(|progress| progress.durable > seq || progress.stopped).await;
        match reached {
            Ok(progress) if progress.durable > seq => Ok(()),
            _ => Err(self.shared.failure.get().cloned().unwrap_or(Error::Closed)),
        }
    }

    /// The progress of the log.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }

    /// A handle for components the log depends on, to end the log when they fail.
    pub(crate) fn fuse(&self) -> Fuse {
        Fuse(Arc::clone(&self.shared))
    }

    /// The failure that ended the log, if one did.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.shared.failure.get().cloned()
    }

    /// Accepts no more entries; resolves when everything is durable and covered by a checkpoint.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        self.shared.close();
        let mut progress = self.shared.progress.subscribe();
        let stopped = progress.wait_for(|progress| progress.stopped).await;
        drop(stopped);
        self.failure().map_or(Ok(()), Err)
    }
}

/// Ends the log for this process.
pub(crate) struct Fuse(Arc<Shared>);

impl Fuse {
    /// Whether entries arrive so fast that each sync serves several requests.
    pub(crate) fn is_crowded(&self) -> bool {
        lock(&self.0.tail).batch >= CROWD
    }

    pub(crate) fn blow(&self, what: &str, cause: io::Error) {
        self.0.fail(what, cause);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.close();
        for thread in lock(&self.threads).drain(..) {
            // A thread that panicked leaves nothing to wait for.
            let _ = thread.join();
        }
    }
}

impl Tail {
    fn new(file: File, at: Position) -> Self {
        Self {
            file: Arc::new(file),
            at,
            fresh: Vec::new(),
            batch: 0,
            wanted: 0,
            sync: Sync::Busy,
            closing: false,
        }
    }

    /// Whether somebody waits for an entry that is written but not synced.
    fn awaited(&self) -> bool {
        self.wanted > self.at.seq.saturating_sub(self.fresh.len() as u64)
    }
}

impl Shared {
    /// Notes that somebody waits until this many entries are durable.
    fn want(&self, entries: u64) {
        let mut tail = lock(&self.tail);
        tail.wanted = tail.wanted.max(entries);
        let waits = tail.sync != Sync::Busy;
        drop(tail);
        if waits {
            self.written.notify_one();
        }
    }

    fn write(&self, tail: &mut Tail, frame: &[u8]) -> io::Result<()> {
        if tail.at.offset >= self.segment_bytes {
            // The old segment is made durable first, so that after a power cut only the last one can be torn.
            tail.file.sync_data()?;
            let next = Position { segment: tail.at.segment + 1, offset: 0, ..tail.at };
            let (file, at) = open_segment(&self.dir, next)?;
            tail.file = Arc::new(file);
            tail.at = at;
        }
        tail.file.as_ref().write_all(frame)
    }

    /// Records the first failure and wakes everybody. It is never cleared: after a failed sync the kernel may report
    /// success for pages that it has dropped.
    fn fail(&self, what: &str, cause: io::Error) -> Error {
        let failure = Error::Unwritable { what: what.to_owned(), cause: Arc::new(cause) };
        let failure = self.failure.get_or_init(|| failure).clone();
        self.progress.send_modify(|progress| progress.stopped = true);
        self.written.notify_all();
        self.synced.notify_all();
        failure
    }

    fn close(&self) {
        lock(&self.tail).closing = true;
        self.written.notify_all();
    }

    fn sync_loop(&self, mut frontier: Frontier) {
        while let Some((file, at, fresh)) = self.next_batch() {
            if let Err(cause) = file.sync_data() {
                self.fail("syncing the journal", cause);
                break;
            }
            // Checked again: an entry whose write failed half-way is not in `fresh`, but a failure elsewhere must stop us
            // too.
            if self.failure.get().is_some() {
                break;
            }
            self.progress.send_modify(|progress| progress.durable = at.seq);
            let entries = fresh.len();
            frontier.extend(fresh);
            let mut head = lock(&self.head);
            head.saved = Saved { at, frontier: frontier.clone() };
            let wakes = head.saved.at.seq >= head.wakes_at;
            drop(head);
            if wakes {
                self.synced.notify_all();
            }
            gather(entries, || {
                std::thread::sleep(GATHER);
                let tail = lock(&self.tail);
                (!tail.closing).then_some(tail.fresh.len())
            });
        }
        lock(&self.head).closing = true;
        self.synced.notify_all();
    }

    /// Waits for entries to sync; `None` when the log ends.
    fn next_batch(&self) -> Option<(Arc<File>, Position, Vec<Hash>)> {
        let mut tail = lock(&self.tail);
        let mut looks = 0;
        loop {
            if self.failure.get().is_some() {
                return None;
            }
            if !tail.fresh.is_empty() && (tail.awaited() || tail.closing || looks > 0) {
                tail.batch = tail.fresh.len();
                return Some((Arc::clone(&tail.file), tail.at, std::mem::take(&mut tail.fresh)));
            }
            if tail.closing {
                return None;
            }
            let asleep = looks >= LOOKS;
            tail.sync = if asleep { Sync::Sleeps } else { Sync::Lingers };
            (tail, looks) = if asleep {
                (self.written.wait(tail).unwrap_or_else(PoisonError::into_inner), 0)
            } else {
                let waited = self.written.wait_timeout(tail, LINGER);
                let (tail, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                (tail, if timeout.timed_out() { looks + 1 } else { 0 })
            };
            tail.sync = Sync::Busy;
        }
    }

    fn checkpoint_loop(&self) {
        let mut signed = self.progress.borrow().signed;
        while let Some(saved) = self.next_head(signed) {
            let note = self.signer.sign(&statement(&self.signer, &saved).body());
            if let Err(cause) = publish(&self.dir, &note, &saved) {
                self.fail("writing the checkpoint", cause);
                break;
            }
            signed = saved.at.seq;
            self.progress.send_modify(|progress| {
                progress.signed = signed;
                progress.note = Some(note.into());
            });
        }
        self.progress.send_modify(|progress| progress.stopped = true);
    }

    /// Waits until a checkpoint is due; `None` when the log ends and there is nothing left to sign.
    fn next_head(&self, signed: u64) -> Option<Saved> {
        let began = Instant::now();
        let mut oldest = None;
        let mut head = lock(&self.head);
        loop {
            if self.failure.get().is_some() {
                return None;
            }
            let waiting = head.saved.at.seq.saturating_sub(signed);
            if head.closing {
                return (waiting > 0).then(|| head.saved.clone());
            }
            if waiting == 0 {
                head.wakes_at = 0;
                head = self.synced.wait(head).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let oldest = *oldest.get_or_insert_with(Instant::now);
            let by_age = CHECKPOINT_AFTER.saturating_sub(oldest.elapsed());
            let by_pause = CHECKPOINT_PAUSE.saturating_sub(began.elapsed());
            let due = if waiting >= CHECKPOINT_ENTRIES { by_pause } else { by_age.max(by_pause) };
            if due.is_zero() {
                return Some(head.saved.clone());
            }
            head.wakes_at =
                if waiting >= CHECKPOINT_ENTRIES { u64::MAX } else { signed + CHECKPOINT_ENTRIES };
            head = self.synced.wait_timeout(head, due).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The statement to sign for a journal up to this point.
fn statement(signer: &Signer, saved: &Saved) -> Checkpoint {
    Checkpoint { origin: signer.name().to_owned(), size: saved.at.seq, root: saved.frontier.root() }
}

/// Opens or creates a segment for appending. The position moves past a header that was written.
fn open_segment(dir: &Path, at: Position) -> io::Result<(File, Position)> {
    let path = segment_path(dir, at.segment);
    let mut file = private().append(true).create(true).open(&path)?;
    if file.metadata()?.len() > 0 {
        return Ok((file, at));
    }
    file.write_all(&segment_header(at.segment, at.seq))?;
    file.sync_all()?;
    sync_dir(dir)?;
    Ok((file, Position { offset: SEGMENT_HEADER as u64, ..at }))
}

/// No code under these locks panics; if it ever did, the data would still be consistent, since each change is one
/// assignment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::frame::encode;
    use super::super::recover::recover;
    use super::*;
    use crate::tlog::leaf_hash;

    fn signer() -> Signer {
        Signer::from_seed(&Zeroizing::new([9; 32]), |_| "log.example/a".to_owned()).unwrap()
    }

    fn start(dir: &Path, segment_bytes: u64) -> Writer {
        let recovered = recover(dir, &signer()).unwrap();
        Writer::start(dir, signer(), recovered, segment_bytes).unwrap()
    }

    fn append(writer: &Writer, leaf: &[u8]) -> Result<u64, Error> {
        writer.append(&encode(leaf, b""), leaf_hash(leaf))
    }

    #[tokio::test]
    async fn a_failed_sync_is_never_forgiven() {
        let dir = tempfile::tempdir().unwrap();
        let writer = start(dir.path(), SEGMENT_BYTES);
        let good = append(&writer, b"one").unwrap();
        writer.durable(good).await.unwrap();
        // Linux accepts writes to /dev/null and refuses to sync it.
        let null = Arc::new(File::options().write(true).open("/dev/null").unwrap());
        let real = std::mem::replace(&mut lock(&writer.shared.tail).file, null);
        let lost = append(&writer, b"two").unwrap();
        assert!(matches!(writer.durable(lost).await, Err(Error::Unwritable { .. })));
        // The disk works again; this process does not trust it.
        lock(&writer.shared.tail).file = real;
        assert!(matches!(append(&writer, b"three"), Err(Error::Unwritable { .. })));
        assert!(matches!(writer.durable(lost).await, Err(Error::Unwritable { .. })));
        assert!(writer.durable(good).await.is_ok(), "what was durable before stays so");
        assert!(matches!(writer.close().await, Err(Error::Unwritable { .. })));
        drop(writer);
        assert_eq!(recover(dir.path(), &signer()).unwrap().end.at.seq, 1);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_becomes_durable_too() {
        let dir = tempfile::tempdir().unwrap();
        let writer = start(dir.path(), SEGMENT_BYTES);
        let mut progress = writer.progress();
        // The second time, the thread has fallen asleep after the first.
        for count in 1..=2 {
            append(&writer, b"x").unwrap();
            progress.wait_for(|progress| progress.durable == count).await.unwrap();
            while lock(&writer.shared.tail).sync != Sync::Sleeps {
                tokio::time::sleep(LINGER).await;
            }
        }
    }

    #[tokio::test]
    async fn a_thread_that_lingers_is_woken_by_who_waits() {
        let dir = tempfile::tempdir().unwrap();
        let writer = start(dir.path(), SEGMENT_BYTES);
        for seq in 0..50 {
            append(&writer, b"record").unwrap();
            let awaited = append(&writer, b"intent").unwrap();
            assert_eq!(awaited, 2 * seq + 1);
            writer.durable(awaited).await.unwrap();
            assert!(lock(&writer.shared.tail).fresh.is_empty());
        }
    }

    #[test]
    fn a_crowd_is_gathered_as_long_as_it_grows() {
        let steps = |synced, entries: &[Option<usize>]| {
            let mut entries = entries.iter().copied();
            gather(synced, || entries.next().flatten())
        };
        assert_eq!(steps(CROWD - 1, &[Some(9)]), 0, "a conversation waits for nobody");
        assert_eq!(steps(CROWD, &[Some(0), Some(9)]), 1, "nobody comes");
        assert_eq!(steps(CROWD, &[Some(3), Some(5), Some(5), Some(9)]), 3, "nobody else comes");
        assert_eq!(steps(CROWD, &[Some(1), None, Some(9)]), 2, "the log ends");
        let flood: Vec<_> = (1..100).map(Some).collect();
        assert_eq!(steps(CROWD, &flood), MOST_GATHERED);
    }

    #[tokio::test]
    async fn a_checkpoint_that_cannot_be_written_ends_the_log() {
        let dir = tempfile::tempdir().unwrap();
        let writer = start(dir.path(), SEGMENT_BYTES);
        std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
        std::fs::create_dir(dir.path().join("checkpoint")).unwrap();
        append(&writer, b"one").unwrap();
        assert!(matches!(writer.close().await, Err(Error::Unwritable { .. })));
    }

    #[tokio::test]
    async fn segments_follow_each_other() {
        let dir = tempfile::tempdir().unwrap();
        for round in 0..3_u64 {
            let writer = start(dir.path(), 200);
            for n in 0..10_u64 {
                assert_eq!(append(&writer, format!("leaf {n}").as_bytes()).unwrap(), round * 10 + n);
            }
            writer.close().await.unwrap();
            assert_eq!(writer.progress().borrow().signed, (round + 1) * 10);
        }
        assert!(segment_path(dir.path(), 3).exists());
        // The frontier's shortcut and the full walk find the same end.
        let quick = recover(dir.path(), &signer()).unwrap().end;
        std::fs::remove_file(dir.path().join("frontier")).unwrap();
        assert_eq!(recover(dir.path(), &signer()).unwrap().end, quick);
        let kept = std::fs::read(segment_path(dir.path(), 1)).unwrap();
        std::fs::remove_file(segment_path(dir.path(), 1)).unwrap();
        assert!(recover(dir.path(), &signer()).is_err());
        let mut flipped = kept.clone();
        flipped[60] ^= 1;
        std::fs::write(segment_path(dir.path(), 1), flipped).unwrap();
        assert!(recover(dir.path(), &signer()).is_err());
        std::fs::write(segment_path(dir.path(), 1), kept).unwrap();
        assert!(recover(dir.path(), &signer()).is_ok());
        for segment in 0..8 {
            let _ = std::fs::remove_file(segment_path(dir.path(), segment));
        }
        assert!(recover(dir.path(), &signer()).is_err());
    }

    #[tokio::test]
    async fn many_writers_get_numbers_without_holes() {
        let dir = tempfile::tempdir().unwrap();
        let writer = Arc::new(start(dir.path(), 4000));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let writer = Arc::clone(&writer);
                std::thread::spawn(move || {
                    (0..50).map(|_| append(&writer, b"x").unwrap()).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut all: Vec<u64> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..400).collect::<Vec<_>>());
        writer.durable(399).await.unwrap();
    }
}
