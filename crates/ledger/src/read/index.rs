//! The index, `index.db`: derived from the journal by readers, and rebuilt when it does not match.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::entry_at;
use crate::error::{Error, Problem};
use crate::journal::walk::{Entry, Position, Step, Walk};
use crate::state::database::{Care, open};
use crate::tlog::tile::tile_root;
use crate::tlog::{Frontier, Hash, leaf_hash, proof};

const MIGRATIONS: &[&str] =
    &[include_str!("../../migrations/index/1.sql"), include_str!("../../migrations/index/2.sql")];

/// Entries indexed per transaction, so that another reader never waits long.
const CHUNK: usize = 4096;

pub(super) struct Index {
    path: PathBuf,
    connection: SqliteConnection,
}

/// The keys by which entries are looked up.
#[derive(Default, Deserialize)]
struct Keys {
    exchange: Option<String>,
    conversation: Option<String>,
    subject: Option<String>,
}

impl Index {
    pub(super) async fn open(home: &Path) -> Result<Self, Error> {
        let path = home.join("index.db");
        let connection = open(&path, Care::Derived, MIGRATIONS).await?;
        Ok(Self { path, connection })
    }

    /// Indexes the entries of the journal in `dir` that are not indexed yet. If the journal is not the one that was
    /// indexed (it was cut after a crash, or restored from a copy), everything is indexed again.
    pub(super) async fn catch_up(&mut self, dir: &Path) -> Result<(), Error> {
        if !self.fits(dir).await? {
            self.clear().await.map_err(Error::database("cannot write", &self.path))?;
        }
        while self.take_in(dir).await? {}
        Ok(())
    }

    /// Where the entry after the last indexed one starts.
    pub(super) async fn next(&mut self) -> Result<Position, Error> {
        next(&mut self.connection).await.map_err(Error::database("cannot read", &self.path))
    }

    pub(super) async fn newest(&mut self, count: u32) -> Result<Vec<Position>, Error> {
        let query =
            sqlx::query("SELECT seq, segment, offset FROM entry ORDER BY seq DESC LIMIT ?").bind(count);
        let rows = query.fetch_all(&mut self.connection).await;
        let mut places = self.places(rows)?;
        places.reverse();
        Ok(places)
    }

    pub(super) async fn page(&mut self, seq: u64, count: u32) -> Result<Vec<Position>, Error> {
        let query = sqlx::query("SELECT seq, segment, offset FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?");
        let query = query.bind(i64::try_from(seq).unwrap_or(i64::MAX)).bind(count);
        let rows = query.fetch_all(&mut self.connection).await;
        self.places(rows)
    }

    /// Exchanges whose id starts with `beginning`, at most `count`, oldest first.
    pub(super) async fn exchanges(&mut self, beginning: &str, count: u32) -> Result<Vec<String>, Error> {
        // Ids are ASCII, so everything that starts with these bytes sorts before them followed by the largest scalar
        // value.
        let query = sqlx::query_scalar(
            "SELECT exchange FROM entry WHERE exchange >= ? AND exchange < ? GROUP BY exchange ORDER BY MIN(seq) LIMIT ?",
        );
        let query = query.bind(beginning).bind(format!("{beginning}\u{10FFFF}")).bind(count);
        query.fetch_all(&mut self.connection).await.map_err(Error::database("cannot read", &self.path))
    }

    pub(super) async fn by_exchange(&mut self, id: &str) -> Result<Vec<Position>, Error> {
        let query =
            sqlx::query("SELECT seq, segment, offset FROM entry WHERE exchange = ? ORDER BY seq").bind(id);
        let rows = query.fetch_all(&mut self.connection).await;
        self.places(rows)
    }

    pub(super) async fn by_conversation(&mut self, id: &str) -> Result<Vec<Position>, Error> {
        let query = sqlx::query("SELECT seq, segment, offset FROM entry WHERE conversation = ? ORDER BY seq")
            .bind(id);
        let rows = query.fetch_all(&mut self.connection).await;
        self.places(rows)
    }

    pub(super) async fn by_subject(&mut self, subject: &str) -> Result<Vec<Position>, Error> {
        let query = sqlx::query("SELECT seq, segment, offset FROM entry WHERE subject = ? ORDER BY seq");
        let rows = query.bind(subject).fetch_all(&mut self.connection).await;
        self.places(rows)
    }

    pub(super) async fn conversation_page(
        &mut self,
        id: &str,
        seq: u64,
        count: u32,
    ) -> Result<Vec<Position>, Error> {
        let query = sqlx::query(
            "SELECT seq, segment, offset FROM entry WHERE conversation = ? AND seq >= ? ORDER BY seq LIMIT ?",
        );
        let query = query.bind(id).bind(number(seq)).bind(count);
        let rows = query.fetch_all(&mut self.connection).await;
        self.places(rows)
    }

    /// The leaf hash of an entry and its inclusion proof in the tree of `size` entries.
    pub(super) async fn inclusion(&mut self, seq: u64, size: u64) -> Result<(Hash, Vec<Hash>), Error> {
        let leaf = self.nodes(&[(0, seq)]).await?;
        let mut wanted = Vec::new();
        let Ok(_) = proof::inclusion::<Infallible>(seq, size, &mut |level, n| {
            wanted.push((level, n));
            Ok([0; 32])
        });
        let nodes = self.nodes(&wanted).await?;
        let Ok(hashes) =
            proof::inclusion::<Infallible>(seq, size, &mut |level, n| Ok(found(&nodes, level, n)));
        Ok((found(&leaf, 0, seq), hashes))
    }

    /// The consistency proof between the trees of `old` and of `size` entries.
    pub(super) async fn consistency(&mut self, old: u64, size: u64) -> Result<Vec<Hash>, Error> {
        let mut wanted = Vec::new();
        let Ok(_) = proof::consistency::<Infallible>(old, size, &mut |level, n| {
            wanted.push((level, n));
            Ok([0; 32])
        });
        let nodes = self.nodes(&wanted).await?;
        let Ok(hashes) =
            proof::consistency::<Infallible>(old, size, &mut |level, n| Ok(found(&nodes, level, n)));
        Ok(hashes)
    }

    /// Roots of complete subtrees. Each is computed from at most 256 stored hashes.
    async fn nodes(&mut self, wanted: &[(u8, u64)]) -> Result<HashMap<(u8, u64), Hash>, Error> {
        let mut nodes = HashMap::new();
        for &(level, n) in wanted {
            let width = 1_u64 << (level % 8);
            let hashes = stored(&mut self.connection, level / 8, n * width, width).await;
            let hashes = hashes.map_err(Error::database("cannot read", &self.path))?;
            if hashes.len() as u64 != width {
                return Err(
                    Problem::Shorter { found: self.next().await?.seq, signed: (n + 1) << level }.into()
                );
            }
            nodes.insert((level, n), hashes.into_iter().collect::<Frontier>().root());
        }
        Ok(nodes)
    }

    fn places(&self, rows: Result<Vec<SqliteRow>, sqlx::Error>) -> Result<Vec<Position>, Error> {
        let places = rows.and_then(|rows| rows.iter().map(place).collect());
        places.map_err(Error::database("cannot read", &self.path))
    }

    /// Whether the last indexed entry is still in the same position.
    async fn fits(&mut self, dir: &Path) -> Result<bool, Error> {
        let failed = |cause| Error::database("cannot read", &self.path)(cause);
        let query = sqlx::query("SELECT seq, segment, offset, hash FROM entry ORDER BY seq DESC LIMIT 1");
        let Some(row) = query.fetch_optional(&mut self.connection).await.map_err(failed)? else {
            return Ok(true);
        };
        let hash: Vec<u8> = row.try_get(3).map_err(failed)?;
        let entry = entry_at(dir, place(&row).map_err(failed)?);
        Ok(entry.is_ok_and(|entry| leaf_hash(&entry.leaf).as_slice() == hash))
    }

    async fn clear(&mut self) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        for table in ["DELETE FROM entry", "DELETE FROM tile", "DELETE FROM next"] {
            sqlx::query(table).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    /// Indexes some entries; false if there are no more. An unfinished entry at the end is left for the next time.
    async fn take_in(&mut self, dir: &Path) -> Result<bool, Error> {
        let failed = |cause| Error::database("cannot write", &self.path)(cause);
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let start = next(&mut transaction).await.map_err(failed)?;
        let mut walk = Walk::from(dir, start).map_err(Error::file("cannot read", dir))?;
        let mut taken = 0;
        while taken < CHUNK
            && let Step::Entry(entry) = walk.step().map_err(Error::file("cannot read", dir))?
        {
            insert(&mut transaction, &entry).await.map_err(failed)?;
            taken += 1;
        }
        if taken > 0 {
            set_next(&mut transaction, walk.position()).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(taken == CHUNK)
    }
}

async fn insert(connection: &mut SqliteConnection, entry: &Entry) -> Result<(), sqlx::Error> {
    let keys: Keys = serde_json::from_slice(&entry.leaf).unwrap_or_else(|_| Keys::default());
    sqlx::query(
        "INSERT INTO entry (seq, segment, offset, hash, exchange, conversation, subject) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number(entry.at.seq))
    .bind(number(entry.at.segment))
    .bind(number(entry.at.offset))
    .bind(leaf_hash(&entry.leaf).as_slice())
    .bind(keys.exchange)
    .bind(keys.conversation)
    .bind(keys.subject)
    .execute(&mut *connection)
    .await?;
    fill_tiles(connection, entry.at.seq + 1).await
}

/// Stores the roots of the tiles completed by the last of `size` leaves.
async fn fill_tiles(connection: &mut SqliteConnection, size: u64) -> Result<(), sqlx::Error> {
    let mut count = size;
    let mut level = 0_u8;
    while count > 0 && count.is_multiple_of(256) {
        count /= 256;
        let hashes = stored(connection, level, (count - 1) * 256, 256).await?;
        level += 1;
        sqlx::query("INSERT INTO tile (level, n, hash) VALUES (?, ?, ?)")
            .bind(level)
            .bind(number(count - 1))
            .bind(tile_root(&hashes).as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Stored hashes `first .. first + count` of a tile level.
async fn stored(
    connection: &mut SqliteConnection,
    level: u8,
    first: u64,
    count: u64,
) -> Result<Vec<Hash>, sqlx::Error> {
    let query = if level == 0 {
        sqlx::query("SELECT hash FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq")
    } else {
        sqlx::query("SELECT hash FROM tile WHERE n >= ? AND n < ? AND level = ? ORDER BY n")
    };
    let query = query.bind(number(first)).bind(number(first + count));
    let query = if level == 0 { query } else { query.bind(level) };
    let rows = query.fetch_all(connection).await?;
    let hash =
        |row: &SqliteRow| row.try_get::<Vec<u8>, _>(0)?.try_into().map_err(|_| sqlx::Error::RowNotFound);
    rows.iter().map(hash).collect()
}

async fn next(connection: &mut SqliteConnection) -> Result<Position, sqlx::Error> {
    let row = sqlx::query("SELECT seq, segment, offset FROM next").fetch_optional(connection).await?;
    row.map_or(Ok(Position::START), |row| place(&row))
}

async fn set_next(connection: &mut SqliteConnection, at: Position) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO next (id, seq, segment, offset) VALUES (0, ?, ?, ?)")
        .bind(number(at.seq))
        .bind(number(at.segment))
        .bind(number(at.offset))
        .execute(connection)
        .await
        .map(drop)
}

fn place(row: &SqliteRow) -> Result<Position, sqlx::Error> {
    let column = |i: usize| row.try_get::<i64, _>(i).map(i64::unsigned_abs);
    Ok(Position { seq: column(0)?, segment: column(1)?, offset: column(2)? })
}

/// SQLite integers are signed; sequence numbers and offsets stay far below their limit.
fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn found(nodes: &HashMap<(u8, u64), Hash>, level: u8, n: u64) -> Hash {
    nodes.get(&(level, n)).copied().unwrap_or_default()
}
