//! Reads the log: listing, finding, decrypting, proving. No exclusive lock is taken; a gateway may be running.

mod index;

use std::path::{Path, PathBuf};

use ombud_core::event::Event;
use zeroize::Zeroizing;

use crate::error::{Error, Problem};
use crate::files::read_if_present;
use crate::journal::head::checkpoint_path;
use crate::journal::walk::{Entry, Position, Step, Walk};
use crate::seal::{key_id, open};
use crate::state::keyring::Keyring;
use crate::tlog::note::Note;
use crate::tlog::{Checkpoint, Hash, proof};
use index::Index;

/// A reader of one home's log.
pub struct Reader {
    home: PathBuf,
    index: Index,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its number, from 0.
    pub seq: u64,
    /// The event; `None` if a later version of Ombud wrote a kind that this one does not know.
    pub event: Option<Event>,
    /// The canonical JSON that the tree hashes.
    pub leaf: Vec<u8>,
    blob: Vec<u8>,
}

/// The contents of a payload.
#[derive(Clone, PartialEq, Eq)]
pub enum Contents {
    /// The entry has no payload.
    None,
    /// The key is gone: the conversation was erased, or the process was killed before its key was stored.
    Erased,
    /// The parts, as passed to [`Ledger::append`](crate::Ledger::append). They are wiped when dropped.
    Parts(Vec<Zeroizing<Vec<u8>>>),
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Erased => f.write_str("Erased"),
            Self::Parts(parts) => f.debug_tuple("Parts").field(&parts.len()).finish(),
        }
    }
}

impl Reader {
    /// Opens the log in `home` for reading and brings the index up to date with the journal.
    pub async fn open(home: &Path) -> Result<Self, Error> {
        if !home.join("journal").is_dir() {
            return Err(Error::no_log(home));
        }
        let mut reader = Self { home: home.to_owned(), index: Index::open(home).await? };
        reader.refresh().await?;
        Ok(reader)
    }

    /// Indexes what has been appended since.
    pub async fn refresh(&mut self) -> Result<(), Error> {
        self.index.catch_up(&self.journal()).await
    }

    /// Number of entries, as of the last [`Reader::refresh`].
    pub async fn len(&mut self) -> Result<u64, Error> {
        Ok(self.index.next().await?.seq)
    }

    /// Whether there are no entries, as of the last [`Reader::refresh`].
    pub async fn is_empty(&mut self) -> Result<bool, Error> {
        Ok(self.len().await? == 0)
    }

    /// The newest `count` entries, the oldest of them first.
    pub async fn newest(&mut self, count: u32) -> Result<Vec<Record>, Error> {
        let places = self.index.newest(count).await?;
        self.records(&places)
    }

    /// At most `count` entries from number `seq` on, in order: a page of the whole log.
    pub async fn page(&mut self, seq: u64, count: u32) -> Result<Vec<Record>, Error> {
        let places = self.index.page(seq, count).await?;
        self.records(&places)
    }

    /// The entries of an exchange (the value of `x-ombud-receipt`), in order.
    pub async fn exchange(&mut self, id: &str) -> Result<Vec<Record>, Error> {
        let places = self.index.by_exchange(id).await?;
        self.records(&places)
    }

    /// The ids of exchanges that start with `beginning`, at most `count`, oldest first.
    pub async fn exchanges(&mut self, beginning: &str, count: u32) -> Result<Vec<String>, Error> {
        self.index.exchanges(beginning, count).await
    }

    /// The entries of a conversation, in order.
    pub async fn conversation(&mut self, id: &str) -> Result<Vec<Record>, Error> {
        let places = self.index.by_conversation(id).await?;
        self.records(&places)
    }

    /// The entries of a subject (its pseudonym), in order.
    pub async fn subject(&mut self, pseudonym: &str) -> Result<Vec<Record>, Error> {
        let places = self.index.by_subject(pseudonym).await?;
        self.records(&places)
    }

    /// At most `count` entries of a conversation from number `seq` on, in order.
    pub async fn conversation_page(&mut self, id: &str, seq: u64, count: u32) -> Result<Vec<Record>, Error> {
        let places = self.index.conversation_page(id, seq, count).await?;
        self.records(&places)
    }

    /// Decrypts the payload of an entry and checks it against the entry's commitment.
    pub async fn contents(&self, record: &Record) -> Result<Contents, Error> {
        let Some((event, commitment)) =
            record.event.as_ref().and_then(|event| Some((event, event.payload.as_ref()?)))
        else {
            return Ok(Contents::None);
        };
        let id = key_id(&record.blob).ok_or(Error::Payload(crate::seal::OpenError::Damaged))?;
        let mut keyring = Keyring::open(&self.home).await?;
        let key = keyring.get(&id).await?;
        keyring.close().await?;
        let Some(key) = key else { return Ok(Contents::Erased) };
        let parts = open(&key, &event.id, &record.blob, commitment).map_err(Error::Payload)?;
        Ok(Contents::Parts(parts.into_iter().map(Zeroizing::new).collect()))
    }

    /// The text of a `.tlog-proof` file for an entry: the newest checkpoint and the hashes that lead to it. `None` as
    /// long as no checkpoint covers the entry.
    pub async fn proof(&mut self, seq: u64) -> Result<Option<String>, Error> {
        let path = checkpoint_path(&self.journal());
        let note = read_if_present(&path).map_err(Error::file("cannot read", &path))?;
        let Some(note) = note.and_then(|note| String::from_utf8(note).ok()) else { return Ok(None) };
        let signed =
            Note::parse(&note).and_then(|note| Checkpoint::parse(&note.text)).ok_or(Problem::Checkpoint)?;
        if seq >= signed.size {
            return Ok(None);
        }
        self.refresh().await?;
        let (leaf, hashes) = self.index.inclusion(seq, signed.size).await?;
        // A wrong index would give a wrong proof; better none.
        if !proof::verify_inclusion(seq, signed.size, &leaf, &hashes, &signed.root) {
            return Err(Problem::Forked { signed: signed.size }.into());
        }
        Ok(Some(proof::file(seq, &hashes, &note)))
    }

    /// A proof that the tree of `old` entries is a prefix of the tree of `size` entries.
    pub async fn consistency(&mut self, old: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.index.consistency(old, size).await
    }

    fn journal(&self) -> PathBuf {
        self.home.join("journal")
    }

    fn records(&self, places: &[Position]) -> Result<Vec<Record>, Error> {
        places.iter().map(|place| Ok(record(entry_at(&self.journal(), *place)?))).collect()
    }
}

fn record(entry: Entry) -> Record {
    let event = serde_json::from_slice(&entry.leaf).ok();
    Record { seq: entry.at.seq, event, leaf: entry.leaf, blob: entry.payload }
}

fn entry_at(dir: &Path, place: Position) -> Result<Entry, Error> {
    let failed = || Error::file("cannot read", dir);
    match Walk::from(dir, place).map_err(failed())?.step().map_err(failed())? {
        Step::Entry(entry) => Ok(entry),
        _ => Err(Problem::Segment { segment: place.segment, offset: place.offset }.into()),
    }
}
