//! Conversation keys: kept in memory while in use, stored wrapped in `state.db` so that payloads can be read later, and
//! destroyed to erase.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};
use zeroize::Zeroizing;

use super::database::{Care, open};
use crate::error::Error;
use crate::keys::{Keys, Secret, kek};
use crate::seal::{KeyId, unwrap, wrap};

pub(super) const MIGRATIONS: &[&str] =
    &[include_str!("../../migrations/state/1.sql"), include_str!("../../migrations/state/2.sql")];

/// A key to be stored.
pub(crate) struct NewKey {
    pub(crate) id: KeyId,
    pub(crate) scope: String,
    pub(crate) key: Secret,
}

/// Keys stored per statement.
const MOST_AT_ONCE: usize = 16;

/// The wrapped keys of a home. Several processes may have it open: each transaction reads the epoch again.
pub(crate) struct Keyring {
    keys: Keys,
    path: PathBuf,
    connection: SqliteConnection,
    recorded: bool,
    /// The epoch when it was last read.
    epoch: i64,
}

/// What an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Keys that were destroyed.
    pub keys: u64,
    /// The epoch of the wrapping key from now on.
    pub epoch: u64,
}

impl Keyring {
    /// Opens the state database of a home, and removes wrapping keys left behind by an interrupted erasure.
    pub(crate) async fn open(home: &Path) -> Result<Self, Error> {
        let path = home.join("state.db");
        let keys = Keys::of(home);
        let mut connection = open(&path, Care::State, MIGRATIONS).await?;
        let epoch = epoch(&mut connection).await.map_err(Error::database("cannot read", &path))?;
        let exist = "SELECT EXISTS (SELECT 1 FROM scope_key), EXISTS (SELECT 1 FROM scope_key WHERE scope NOT LIKE 'vault:%')";
        let row = sqlx::query(exist).fetch_one(&mut connection).await;
        let read = row.and_then(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let (used, recorded): (bool, bool) = read.map_err(Error::database("cannot read", &path))?;
        // A wrapping key that vanished must not be replaced silently: everything would seem stored but never decrypt.
        if !used {
            keys.ensure(&[&kek(epoch)])?;
        }
        keys.read(&kek(epoch))?;
        destroy_before(&keys, epoch)?;
        Ok(Self { keys, path, connection, recorded, epoch })
    }

    /// Whether it contained keys of recorded conversations when it was opened. The filters' vault has keys without a log.
    pub(crate) fn has_recorded(&self) -> bool {
        self.recorded
    }

    /// What vault statements need: the key files, the path for errors, the database.
    pub(super) fn parts(&mut self) -> (&Keys, &Path, &mut SqliteConnection) {
        (&self.keys, &self.path, &mut self.connection)
    }

    /// Closes the database cleanly, so that its side files are gone when this returns.
    pub(crate) async fn close(self) -> Result<(), Error> {
        self.connection.close().await.map_err(Error::database("cannot close", &self.path))
    }

    /// Stores keys; when this returns, they survive a power cut.
    pub(crate) async fn insert(&mut self, batch: &[NewKey]) -> Result<(), Error> {
        for keys in batch.chunks(MOST_AT_ONCE) {
            while !self.put(keys).await? {}
        }
        Ok(())
    }

    /// Stores some keys, unless another process has begun a new epoch: then nothing is stored, and the epoch is read
    /// again. A single statement, which is a transaction by itself, because each one is a round trip to the database's
    /// thread.
    async fn put(&mut self, batch: &[NewKey]) -> Result<bool, Error> {
        let failed = |cause| Error::database("cannot write", &self.path)(cause);
        let wrapping = self.keys.read(&kek(self.epoch));
        if let Ok(wrapping) = &wrapping {
            let rows = vec!["(?, ?, ?)"; batch.len()].join(", ");
            let insert = format!(
                "INSERT INTO scope_key (id, scope, wrapped) SELECT * FROM (VALUES {rows}) \
                 WHERE (SELECT value FROM number WHERE name = 'epoch') = ?"
            );
            let mut insert = sqlx::query(sqlx::AssertSqlSafe(insert));
            for NewKey { id, scope, key } in batch {
                let wrapped = wrap(wrapping, &context(id, scope), key.as_slice())?;
                insert = insert.bind(id.as_slice()).bind(scope.as_str()).bind(wrapped);
            }
            let done = insert.bind(self.epoch).execute(&mut self.connection).await.map_err(failed)?;
            if done.rows_affected() > 0 {
                return Ok(true);
            }
        }
        let now = epoch(&mut self.connection).await.map_err(failed)?;
        // The wrapping key of an earlier epoch is expected to be gone; one of the current epoch that cannot be read is
        // lost.
        if std::mem::replace(&mut self.epoch, now) == now {
            wrapping?;
        }
        Ok(false)
    }

    /// The key with this id; `None` if it was erased or never stored.
    pub(crate) async fn get(&mut self, id: &KeyId) -> Result<Option<Secret>, Error> {
        let path = &self.path;
        let mut transaction = self.connection.begin().await.map_err(Error::database("cannot read", path))?;
        let wrapping = wrapping(&self.keys, path, &mut transaction).await?;
        fetch(&mut transaction, path, &wrapping, id).await
    }

    /// Destroys all keys of the scopes, then the wrapping key itself, so that an older copy of the database decrypts
    /// nothing either. The remaining keys are rewrapped.
    pub(crate) async fn erase(&mut self, scopes: &[&str]) -> Result<Erased, Error> {
        let path = &self.path;
        let failed = |cause| Error::database("cannot write", path)(cause);
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let old = epoch(&mut transaction).await.map_err(failed)?;
        let new = old + 1;
        self.keys.ensure(&[&kek(new)])?;
        let destroyed = delete(&mut transaction, scopes).await.map_err(failed)?;
        rewrap(&mut transaction, path, &self.keys.read(&kek(old))?, &self.keys.read(&kek(new))?).await?;
        let update = sqlx::query("UPDATE number SET value = ? WHERE name = 'epoch'").bind(new);
        update.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let truncate = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
        truncate.execute(&mut self.connection).await.map_err(failed)?;
        destroy_before(&self.keys, new)?;
        Ok(Erased { keys: destroyed, epoch: new.unsigned_abs() })
    }
}

fn destroy_before(keys: &Keys, epoch: i64) -> Result<(), Error> {
    keys.epochs()?.into_iter().filter(|stale| *stale < epoch).try_for_each(|stale| keys.destroy(&kek(stale)))
}

/// Deletes all keys and vault entries of the scopes; returns the number of keys.
async fn delete(connection: &mut SqliteConnection, scopes: &[&str]) -> Result<u64, sqlx::Error> {
    let mut deleted = 0;
    for scope in scopes {
        let keys = sqlx::query("DELETE FROM scope_key WHERE scope = ?").bind(*scope);
        deleted += keys.execute(&mut *connection).await?.rows_affected();
        sqlx::query("DELETE FROM vault WHERE scope = ?").bind(*scope).execute(&mut *connection).await?;
    }
    Ok(deleted)
}

/// Rewraps every stored key.
async fn rewrap(
    connection: &mut SqliteConnection,
    path: &Path,
    from: &Secret,
    to: &Secret,
) -> Result<(), Error> {
    let failed = |cause| Error::database("cannot write", path)(cause);
    let rows = sqlx::query("SELECT id, scope, wrapped FROM scope_key").fetch_all(&mut *connection);
    for row in rows.await.map_err(failed)? {
        let (id, scope): (Vec<u8>, String) =
            (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
        let context = context(&id, &scope);
        let key = unwrap(from, &context, &row.try_get::<Vec<u8>, _>(2).map_err(failed)?);
        let key = key.ok_or(Error::Crypto("a stored key does not open with the key file"))?;
        sqlx::query("UPDATE scope_key SET wrapped = ? WHERE id = ?")
            .bind(wrap(to, &context, &key)?)
            .bind(id)
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// The wrapping key of the current epoch. Read inside the transaction that uses it, because another process may have
/// erased something in the meantime.
pub(super) async fn wrapping(
    keys: &Keys,
    path: &Path,
    connection: &mut SqliteConnection,
) -> Result<Secret, Error> {
    let epoch = epoch(connection).await.map_err(Error::database("cannot read", path))?;
    keys.read(&kek(epoch))
}

async fn epoch(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT value FROM number WHERE name = 'epoch'").fetch_one(connection).await?.try_get(0)
}

/// Stores one key `(id, scope, key)`, wrapped.
pub(super) async fn store(
    connection: &mut SqliteConnection,
    path: &Path,
    wrapping: &Secret,
    (id, scope, key): (&KeyId, &str, &Secret),
) -> Result<(), Error> {
    sqlx::query("INSERT INTO scope_key (id, scope, wrapped) VALUES (?, ?, ?)")
        .bind(id.as_slice())
        .bind(scope)
        .bind(wrap(wrapping, &context(id, scope), key.as_slice())?)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::database("cannot write", path))
}

/// Reads one key; `None` if it does not exist (any more).
pub(super) async fn fetch(
    connection: &mut SqliteConnection,
    path: &Path,
    wrapping: &Secret,
    id: &KeyId,
) -> Result<Option<Secret>, Error> {
    let failed = |cause| Error::database("cannot read", path)(cause);
    let row = sqlx::query("SELECT scope, wrapped FROM scope_key WHERE id = ?").bind(id.as_slice());
    let Some(row) = row.fetch_optional(connection).await.map_err(failed)? else { return Ok(None) };
    let (scope, wrapped): (String, Vec<u8>) =
        (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
    let key = unwrap(wrapping, &context(id, &scope), &wrapped);
    let key = key.and_then(|key| key.as_slice().try_into().ok()).map(Zeroizing::new);
    key.map(Some).ok_or(Error::Crypto("a stored key does not open with the key file"))
}

/// Binds a wrapped key to its row, so that rows cannot be exchanged.
fn context(id: &[u8], scope: &str) -> Vec<u8> {
    [b"ombud/key\0", id, scope.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::random;

    fn keys(count: usize) -> Vec<NewKey> {
        let key = |n| NewKey {
            id: random().unwrap(),
            scope: format!("conversation:{n}"),
            key: Zeroizing::new(random().unwrap()),
        };
        (0..count).map(key).collect()
    }

    #[tokio::test]
    async fn keys_are_stored_in_the_epoch_that_another_process_has_begun() {
        let home = tempfile::tempdir().unwrap();
        let mut ours = Keyring::open(home.path()).await.unwrap();
        let first = keys(MOST_AT_ONCE * 2 + 3);
        ours.insert(&first).await.unwrap();
        let mut others = Keyring::open(home.path()).await.unwrap();
        assert_eq!(others.erase(&["conversation:0"]).await.unwrap(), Erased { keys: 1, epoch: 2 });
        // Ours still assumes the first epoch, whose wrapping key is destroyed.
        let second = keys(2);
        ours.insert(&second).await.unwrap();
        assert_eq!(ours.epoch, 2);
        assert_eq!(ours.get(&first[0].id).await.unwrap(), None);
        for new in first[1..].iter().chain(&second) {
            assert_eq!(others.get(&new.id).await.unwrap().as_ref(), Some(&new.key));
        }
        // The file of the old key still exists: the other process was killed before it destroyed it.
        std::fs::copy(ours.keys.path(&kek(2)), ours.keys.path(&kek(1))).unwrap();
        ours.epoch = 1;
        let third = keys(1);
        ours.insert(&third).await.unwrap();
        assert_eq!((ours.epoch, ours.get(&third[0].id).await.unwrap().as_ref()), (2, Some(&third[0].key)));
        // A lost wrapping key is reported, and nothing is stored in its place.
        std::fs::remove_file(ours.keys.path(&kek(2))).unwrap();
        assert!(matches!(ours.insert(&keys(1)).await, Err(Error::Key { .. })));
    }
}
