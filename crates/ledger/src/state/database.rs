//! Opens SQLite databases and keeps their schema up to date.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, Row as _};

use crate::error::Error;
use crate::files::private;

/// Durability requirements of a database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// Durable at each commit, and deleted content is overwritten.
    State,
    /// Can be rebuilt from the journal.
    Derived,
}

/// Opens a database, creates it if it does not exist, and migrates its schema to the last of `migrations`.
pub(crate) async fn open(
    path: &Path,
    care: Care,
    migrations: &[&'static str],
) -> Result<SqliteConnection, Error> {
    // SQLite gives its side files the mode of the database, so making this one private is enough.
    let made = private().append(true).create(true).open(path);
    made.map_err(Error::file("cannot open", path))?;
    let synchronous = if care == Care::State { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(10))
        .pragma("secure_delete", if care == Care::State { "ON" } else { "OFF" })
        .disable_statement_logging();
    let mut connection =
        SqliteConnection::connect_with(&options).await.map_err(Error::database("cannot open", path))?;
    migrate(&mut connection, migrations).await.map_err(Error::database("cannot prepare", path))?;
    Ok(connection)
}

/// Applies missing migrations. The schema version is in `user_version`.
async fn migrate(connection: &mut SqliteConnection, migrations: &[&'static str]) -> Result<(), sqlx::Error> {
    if version(connection).await? >= migrations.len() {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let done = version(&mut transaction).await?;
    for migration in migrations.iter().skip(done) {
        transaction.execute(sqlx::raw_sql(*migration)).await?;
    }
    let number = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {}", migrations.len()));
    transaction.execute(sqlx::raw_sql(number)).await?;
    transaction.commit().await
}

async fn version(connection: &mut SqliteConnection) -> Result<usize, sqlx::Error> {
    let row = sqlx::query("PRAGMA user_version").fetch_one(connection).await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(usize::MAX))
}
