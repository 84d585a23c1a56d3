//! The users' answers about consent, and what belongs to subjects: consents, epochs, vault scopes, unfinished erasures.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::database::{Care, open};
use super::keyring::MIGRATIONS;
use super::vault::scoped;
use crate::error::Error;

/// The latest answer of a subject for a purpose. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The purpose.
    pub purpose: String,
    /// `given`, `refused` or `withdrawn`.
    pub state: String,
    /// When the subject responded.
    pub at: i64,
    /// When it expires.
    pub until: i64,
    /// SHA-256 of the notice that was shown, hexadecimal, where there was one.
    pub notice: Option<String>,
    /// SHA-256 of the receipt, hexadecimal.
    pub receipt: String,
}

/// The consents of a home. Like the vault it needs no exclusive lock; when a writing call returns, what it wrote survives
/// a power cut.
#[derive(Debug, Clone)]
pub struct Consents {
    path: PathBuf,
}

impl Consents {
    /// The consents of `home` (the `.ombud` directory), which must exist. Nothing is opened yet.
    pub fn at(home: &Path) -> Self {
        Self { path: home.join("state.db") }
    }

    /// The epoch of every known subject.
    pub async fn epochs(&self) -> Result<HashMap<String, u64>, Error> {
        let rows = self.rows("SELECT subject, epoch FROM subject", None).await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.unsigned_abs())))
            .collect::<Result<_, _>>()
            .map_err(self.unreadable())
    }

    /// Tenants (digests of client keys) that have subjects.
    pub async fn tenants(&self) -> Result<Vec<String>, Error> {
        self.texts("SELECT DISTINCT tenant FROM subject ORDER BY tenant", None).await
    }

    /// Records that a tenant has this subject.
    pub async fn know(&self, subject: &str, tenant: &str) -> Result<(), Error> {
        let mut connection = self.open().await?;
        know(&mut connection, subject, tenant).await.map_err(self.unwritable())?;
        self.close(connection).await
    }

    /// Raises the epoch of a subject, which voids every proof made so far. Returns the new epoch.
    pub async fn revoke(&self, subject: &str, tenant: &str) -> Result<u64, Error> {
        let mut connection = self.open().await?;
        let raised = raise(&mut connection, subject, tenant).await.map_err(self.unwritable())?;
        self.close(connection).await?;
        Ok(raised)
    }

    /// The consent answers of a subject, by purpose.
    pub async fn of(&self, subject: &str) -> Result<Vec<Consent>, Error> {
        let query = "SELECT purpose, state, at, until, notice, receipt FROM consent WHERE subject = ? ORDER BY purpose";
        let rows = self.rows(query, Some(subject)).await?;
        rows.iter().map(consent).collect::<Result<_, _>>().map_err(self.unreadable())
    }

    /// Stores an answer in place of the previous one for the same purpose, provided that the subject's epoch is still
    /// `epoch` and no erasure is under way; otherwise stores nothing and returns false.
    pub async fn put(&self, subject: &str, consent: &Consent, epoch: u64) -> Result<bool, Error> {
        let mut connection = self.open().await?;
        let stored = put(&mut connection, subject, consent, epoch).await.map_err(self.unwritable())?;
        self.close(connection).await?;
        Ok(stored)
    }

    /// Vault scopes that contain values of a subject.
    pub async fn scopes(&self, subject: &str) -> Result<Vec<String>, Error> {
        self.texts("SELECT scope FROM subject_scope WHERE subject = ? ORDER BY scope", Some(subject)).await
    }

    /// Number of tokens in the vault that stand for values of a subject.
    pub async fn tokens(&self, subject: &str) -> Result<u64, Error> {
        let mut count = 0;
        for scope in self.scopes(subject).await? {
            let rows = self.rows("SELECT count(*) FROM vault WHERE scope = ?", Some(&scoped(&scope))).await?;
            for row in &rows {
                count += row.try_get::<i64, _>(0).map_err(self.unreadable())?.unsigned_abs();
            }
        }
        Ok(count)
    }

    /// Begins an erasure: from here on it will be completed, whatever happens. Consents are deleted and the epoch is
    /// raised, which voids every proof. Returns the new epoch.
    pub async fn begin_erasure(&self, subject: &str, tenant: &str, now: i64) -> Result<u64, Error> {
        let mut connection = self.open().await?;
        let begin = async {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            let epoch = raise(&mut transaction, subject, tenant).await?;
            let intent = sqlx::query("INSERT OR IGNORE INTO erasure (subject, begun) VALUES (?, ?)");
            intent.bind(subject).bind(now).execute(&mut *transaction).await?;
            let consents = sqlx::query("DELETE FROM consent WHERE subject = ?");
            consents.bind(subject).execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(epoch)
        };
        let epoch = begin.await.map_err(self.unwritable())?;
        self.close(connection).await?;
        Ok(epoch)
    }

    /// Erasures that were begun but not ended, as `(subject, tenant)`.
    pub async fn unfinished(&self) -> Result<Vec<(String, String)>, Error> {
        let query = "SELECT subject, tenant FROM erasure JOIN subject USING (subject) ORDER BY begun";
        let rows = self.rows(query, None).await?;
        let pair = |row: &SqliteRow| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.iter().map(pair).collect::<Result<_, _>>().map_err(self.unreadable())
    }

    /// Whether an erasure of a subject was begun but not ended.
    pub async fn is_erasing(&self, subject: &str) -> Result<bool, Error> {
        let query = "SELECT subject FROM erasure WHERE subject = ?";
        Ok(!self.texts(query, Some(subject)).await?.is_empty())
    }

    /// Ends an erasure, and forgets which scopes belonged to the subject.
    pub async fn end_erasure(&self, subject: &str) -> Result<(), Error> {
        let mut connection = self.open().await?;
        for table in ["DELETE FROM subject_scope WHERE subject = ?", "DELETE FROM erasure WHERE subject = ?"]
        {
            let done = sqlx::query(table).bind(subject).execute(&mut connection).await;
            done.map_err(self.unwritable())?;
        }
        self.close(connection).await
    }

    async fn texts(&self, query: &'static str, bound: Option<&str>) -> Result<Vec<String>, Error> {
        let rows = self.rows(query, bound).await?;
        rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(self.unreadable())
    }

    async fn rows(&self, query: &'static str, bound: Option<&str>) -> Result<Vec<SqliteRow>, Error> {
        let mut connection = self.open().await?;
        let query = bound.into_iter().fold(sqlx::query(query), |query, bound| query.bind(bound.to_owned()));
        let rows = query.fetch_all(&mut connection).await.map_err(self.unreadable())?;
        self.close(connection).await?;
        Ok(rows)
    }

    async fn open(&self) -> Result<SqliteConnection, Error> {
        open(&self.path, Care::State, MIGRATIONS).await
    }

    async fn close(&self, connection: SqliteConnection) -> Result<(), Error> {
        connection.close().await.map_err(Error::database("cannot close", &self.path))
    }

    fn unreadable(&self) -> impl FnOnce(sqlx::Error) -> Error + use<'_> {
        Error::database("cannot read", &self.path)
    }

    fn unwritable(&self) -> impl FnOnce(sqlx::Error) -> Error + use<'_> {
        Error::database("cannot write", &self.path)
    }
}

async fn know(connection: &mut SqliteConnection, subject: &str, tenant: &str) -> Result<(), sqlx::Error> {
    let insert = sqlx::query("INSERT OR IGNORE INTO subject (subject, tenant, epoch) VALUES (?, ?, 0)");
    insert.bind(subject).bind(tenant).execute(connection).await.map(drop)
}

/// Records that a vault scope contains values of a subject, unless the subject is being erased; returns whether it was
/// recorded.
pub(super) async fn link_scope(
    connection: &mut SqliteConnection,
    (subject, tenant): (&str, &str),
    scope: &str,
) -> Result<bool, sqlx::Error> {
    let erased = sqlx::query("SELECT 1 FROM erasure WHERE subject = ?");
    if erased.bind(subject).fetch_optional(&mut *connection).await?.is_some() {
        return Ok(false);
    }
    know(connection, subject, tenant).await?;
    let insert = sqlx::query("INSERT OR IGNORE INTO subject_scope (subject, scope) VALUES (?, ?)");
    insert.bind(subject).bind(scope).execute(connection).await?;
    Ok(true)
}

async fn raise(connection: &mut SqliteConnection, subject: &str, tenant: &str) -> Result<u64, sqlx::Error> {
    let raise = sqlx::query(
        "INSERT INTO subject (subject, tenant, epoch) VALUES (?, ?, 1)
         ON CONFLICT (subject) DO UPDATE SET epoch = epoch + 1 RETURNING epoch",
    );
    let row = raise.bind(subject).bind(tenant).fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
}

async fn put(
    connection: &mut SqliteConnection,
    subject: &str,
    consent: &Consent,
    epoch: u64,
) -> Result<bool, sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO consent (subject, purpose, state, at, until, notice, receipt)
         SELECT subject, ?, ?, ?, ?, ?, ? FROM subject
         WHERE subject = ? AND epoch = ? AND subject NOT IN (SELECT subject FROM erasure)",
    )
    .bind(&consent.purpose)
    .bind(&consent.state)
    .bind(consent.at)
    .bind(consent.until)
    .bind(&consent.notice)
    .bind(&consent.receipt)
    .bind(subject)
    .bind(i64::try_from(epoch).unwrap_or(i64::MAX))
    .execute(connection)
    .await
    .map(|done| done.rows_affected() == 1)
}

fn consent(row: &SqliteRow) -> Result<Consent, sqlx::Error> {
    Ok(Consent {
        purpose: row.try_get(0)?,
        state: row.try_get(1)?,
        at: row.try_get(2)?,
        until: row.try_get(3)?,
        notice: row.try_get(4)?,
        receipt: row.try_get(5)?,
    })
}
