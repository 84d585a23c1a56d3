//! Reading the journal from front to back.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::frame::{FRAME_HEADER, Header, SEGMENT_HEADER, segment_header};

/// A position between two entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Sequence number of the entry that starts here.
    pub seq: u64,
    /// Number of the segment.
    pub segment: u64,
    /// Byte in the segment.
    pub offset: u64,
}

impl Position {
    /// Where the first entry starts.
    pub const START: Self = Self { seq: 0, segment: 0, offset: SEGMENT_HEADER as u64 };
}

/// An entry as stored in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it starts.
    pub at: Position,
    /// The canonical record, which is what the tree hashes.
    pub leaf: Vec<u8>,
    /// The encrypted payload; empty if there is none.
    pub payload: Vec<u8>,
}

/// Why reading stopped before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The file ends inside a frame or header.
    Short,
    /// There is something other than a frame or header.
    NoFrame,
    /// The checksum is wrong.
    Checksum,
    /// A segment is missing.
    Missing,
}

/// One step of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The next entry.
    Entry(Entry),
    /// The journal ends here.
    End(Position),
    /// Something is wrong here.
    Flaw {
        /// Where.
        at: Position,
        /// What.
        flaw: Flaw,
        /// Whether it is in the last segment, where it may also be an unfinished write.
        last: bool,
    },
}

/// The path of a segment.
pub fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.seg"))
}

/// A walk over the entries of a journal; each segment counts at the length it had when the walk reached it.
pub struct Walk {
    dir: PathBuf,
    last: Option<u64>,
    at: Position,
    reader: Option<(BufReader<File>, u64)>,
}

impl Walk {
    /// Starts at a position. A journal without segments is empty.
    pub fn from(dir: &Path, at: Position) -> io::Result<Self> {
        let mut last = None;
        for entry in std::fs::read_dir(dir)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".seg")?.parse::<u64>().ok());
            last = last.max(number);
        }
        Ok(Self { dir: dir.to_owned(), last, at, reader: None })
    }

    /// Where the next entry starts.
    pub fn position(&self) -> Position {
        self.at
    }

    /// Advances by one entry. After an end or a flaw, repeats the same result.
    pub fn step(&mut self) -> io::Result<Step> {
        let Some(last) = self.last else {
            // A walk that starts later than the first entry knows that there were segments.
            let gone = Step::Flaw { at: self.at, flaw: Flaw::Missing, last: false };
            return Ok(if self.at == Position::START { Step::End(self.at) } else { gone });
        };
        loop {
            if self.reader.is_none()
                && let Some(flaw) = self.enter()?
            {
                return Ok(self.flaw(flaw, last));
            }
            let Some((reader, length)) = &mut self.reader else { return Ok(self.flaw(Flaw::Missing, last)) };
            if self.at.offset < *length {
                return match read_frame(reader, *length - self.at.offset)? {
                    Ok((leaf, payload)) => Ok(Step::Entry(self.advance(leaf, payload))),
                    Err(flaw) => Ok(self.flaw(flaw, last)),
                };
            }
            if self.at.segment >= last {
                return Ok(Step::End(self.at));
            }
            self.at = Position { segment: self.at.segment + 1, offset: SEGMENT_HEADER as u64, ..self.at };
            self.reader = None;
        }
    }

    fn advance(&mut self, leaf: Vec<u8>, payload: Vec<u8>) -> Entry {
        let at = self.at;
        self.at.offset += (FRAME_HEADER + leaf.len() + payload.len()) as u64;
        self.at.seq += 1;
        Entry { at, leaf, payload }
    }

    fn flaw(&mut self, flaw: Flaw, last: u64) -> Step {
        self.reader = None;
        Step::Flaw { at: self.at, flaw, last: self.at.segment >= last }
    }

    /// Opens the segment of the current position. Its header is checked if the walk enters it at the start.
    fn enter(&mut self) -> io::Result<Option<Flaw>> {
        let mut file = match File::open(segment_path(&self.dir, self.at.segment)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(Flaw::Missing)),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let begins_here = self.at.offset == SEGMENT_HEADER as u64;
        if length < self.at.offset {
            // A walk that starts later in the segment knows that there was more.
            return Ok(Some(if begins_here { Flaw::Short } else { Flaw::Missing }));
        }
        let mut header = [0; SEGMENT_HEADER];
        file.read_exact(&mut header)?;
        if begins_here && header.as_slice() != segment_header(self.at.segment, self.at.seq) {
            return Ok(Some(Flaw::NoFrame));
        }
        file.seek(SeekFrom::Start(self.at.offset))?;
        self.reader = Some((BufReader::with_capacity(1 << 16, file), length));
        Ok(None)
    }
}

type Parts = (Vec<u8>, Vec<u8>);

/// Reads a frame from a file with `left` bytes remaining. Never allocates more than the file can fill.
fn read_frame(reader: &mut impl io::Read, left: u64) -> io::Result<Result<Parts, Flaw>> {
    if left < FRAME_HEADER as u64 {
        return Ok(Err(Flaw::Short));
    }
    let mut bytes = [0; FRAME_HEADER];
    reader.read_exact(&mut bytes)?;
    let Some(header) = Header::read(&bytes) else { return Ok(Err(Flaw::NoFrame)) };
    if left < (FRAME_HEADER + header.leaf + header.payload) as u64 {
        return Ok(Err(Flaw::Short));
    }
    let (mut leaf, mut payload) = (vec![0; header.leaf], vec![0; header.payload]);
    reader.read_exact(&mut leaf)?;
    reader.read_exact(&mut payload)?;
    Ok(if header.matches(&leaf, &payload) { Ok((leaf, payload)) } else { Err(Flaw::Checksum) })
}
