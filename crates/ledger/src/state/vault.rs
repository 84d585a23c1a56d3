//! The vault: the encrypted value behind each token, for `ombud redact` and `ombud restore`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as MapEntry;
use std::path::{Path, PathBuf};

use ombud_core::DataType;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};
use zeroize::Zeroizing;

use super::consents::link_scope;
use super::keyring::{Erased, Keyring, fetch, store, wrapping};
use crate::error::Error;
use crate::keys::{Keys, MASTER, Secret, derive, random};
use crate::seal::{KeyId, unwrap, wrap};

/// The value that a token stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The type of the value.
    pub kind: DataType,
    /// The value. It is wiped when dropped.
    pub value: Zeroizing<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The vault of a home. It needs no exclusive lock: a gateway may be running.
#[derive(Debug, Clone)]
pub struct Vault {
    home: PathBuf,
}

impl Vault {
    /// The vault of `home` (the `.ombud` directory), which must exist. Nothing is opened yet.
    pub fn at(home: &Path) -> Self {
        Self { home: home.to_owned() }
    }

    /// Derives a key from the master key of this home, like [`Ledger::derive_key`](crate::Ledger::derive_key).
    pub fn derive_key(&self, label: &str, context: &[&[u8]]) -> Result<[u8; 32], Error> {
        let keys = Keys::of(&self.home);
        keys.ensure(&[MASTER])?;
        Ok(derive(&keys.read(MASTER)?, label, context))
    }

    /// Stores the values of tokens. When this returns, they survive a power cut. An existing token is replaced.
    pub async fn put(&self, scope: &str, entries: &[(&str, DataType, &str)]) -> Result<(), Error> {
        self.store(None, scope, entries).await.map(drop)
    }

    /// The same for values of a subject of a tenant, so that they can be found again for erasure. While an erasure of
    /// this subject is under way, nothing is stored and false is returned.
    pub async fn put_of(
        &self,
        (subject, tenant): (&str, &str),
        scope: &str,
        entries: &[(&str, DataType, &str)],
    ) -> Result<bool, Error> {
        self.store(Some((subject, tenant)), scope, entries).await
    }

    async fn store(
        &self,
        subject: Option<(&str, &str)>,
        scope: &str,
        entries: &[(&str, DataType, &str)],
    ) -> Result<bool, Error> {
        let mut keyring = Keyring::open(&self.home).await?;
        let (plain, scope) = (scope, scoped(scope));
        let (keys, path, connection) = keyring.parts();
        let failed = |cause| Error::database("cannot write", path)(cause);
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        // In one transaction with the values: an erasure sees both or neither.
        if let Some(subject) = subject
            && !link_scope(&mut transaction, subject, plain).await.map_err(failed)?
        {
            drop(transaction);
            return keyring.close().await.map(|()| false);
        }
        let wrapping = wrapping(keys, path, &mut transaction).await?;
        let (id, key) = match newest_key(&mut transaction, &scope).await.map_err(failed)? {
            Some(id) => (id, fetch(&mut transaction, path, &wrapping, &id).await?),
            None => (random()?, None),
        };
        let key = if let Some(key) = key {
            key
        } else {
            let key = Zeroizing::new(random()?);
            store(&mut transaction, path, &wrapping, (&id, &scope, &key)).await?;
            key
        };
        for (token, kind, value) in entries {
            let sealed = wrap(&key, &context(&scope, token, kind.name()), value.as_bytes())?;
            sqlx::query(
                "INSERT OR REPLACE INTO vault (scope, token, kind, key_id, sealed) VALUES (?, ?, ?, ?, ?)",
            )
            .bind(&scope)
            .bind(*token)
            .bind(kind.name())
            .bind(id.as_slice())
            .bind(sealed)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        keyring.close().await.map(|()| true)
    }

    /// The values of these tokens; tokens that the scope does not know, or whose scope was erased, are absent.
    pub async fn get(&self, scope: &str, tokens: &[&str]) -> Result<BTreeMap<String, Entry>, Error> {
        let mut keyring = Keyring::open(&self.home).await?;
        let scope = scoped(scope);
        let (keys, path, connection) = keyring.parts();
        let failed = |cause| Error::database("cannot read", path)(cause);
        let mut transaction = connection.begin().await.map_err(failed)?;
        let wrapping = wrapping(keys, path, &mut transaction).await?;
        let mut opened: BTreeMap<KeyId, Option<Secret>> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for &token in tokens {
            let row = sqlx::query("SELECT kind, key_id, sealed FROM vault WHERE scope = ? AND token = ?");
            let row = row.bind(&scope).bind(token).fetch_optional(&mut *transaction).await.map_err(failed)?;
            let Some(row) = row else { continue };
            let (kind, id): (String, Vec<u8>) =
                (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
            let sealed: Vec<u8> = row.try_get(2).map_err(failed)?;
            let id: KeyId = id.try_into().map_err(|_| DAMAGED)?;
            if let MapEntry::Vacant(place) = opened.entry(id) {
                place.insert(fetch(&mut transaction, path, &wrapping, &id).await?);
            }
            if let Some(Some(key)) = opened.get(&id) {
                let value = unwrap(key, &context(&scope, token, &kind), &sealed);
                let value = value
                    .and_then(|value| Some(Zeroizing::new(std::str::from_utf8(&value).ok()?.to_owned())));
                let kind = DataType::from_name(&kind).ok_or(DAMAGED)?;
                found.insert(token.to_owned(), Entry { kind, value: value.ok_or(DAMAGED)? });
            }
        }
        transaction.rollback().await.map_err(failed)?;
        keyring.close().await?;
        Ok(found)
    }

    /// Destroys everything in a scope, and the wrapping key with it, as [`Ledger::erase`](crate::Ledger::erase) does.
    pub async fn erase(&self, scope: &str) -> Result<Erased, Error> {
        let mut keyring = Keyring::open(&self.home).await?;
        let erased = keyring.erase(&[&scoped(scope)]).await?;
        keyring.close().await?;
        Ok(erased)
    }
}

const DAMAGED: Error = Error::Crypto("an entry of the vault was changed");

/// Keeps vault scopes apart from conversations of the same name.
pub(super) fn scoped(scope: &str) -> String {
    format!("vault:{scope}")
}

async fn newest_key(connection: &mut SqliteConnection, scope: &str) -> Result<Option<KeyId>, sqlx::Error> {
    let row = sqlx::query("SELECT id FROM scope_key WHERE scope = ? LIMIT 1").bind(scope);
    let row = row.fetch_optional(connection).await?;
    let id = row.map(|row| row.try_get::<Vec<u8>, _>(0)).transpose()?;
    Ok(id.and_then(|id| id.try_into().ok()))
}

/// Binds a sealed value to its row.
fn context(scope: &str, token: &str, kind: &str) -> Vec<u8> {
    [b"ombud/vault", scope.as_bytes(), token.as_bytes(), kind.as_bytes()].join(&0)
}
