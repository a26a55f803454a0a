//! What a careful engineer writes by hand with the same rows on the same server. The rows are at
//! hand as text, the columns in order; what is made of them is on the clock.

use std::time::Duration;

use sluice_tests::database::target::Target;

use crate::setting::database::Database;

mod mariadb;
mod psql;
mod rows;

use rows::Failed;
pub use rows::Rows;

/// A way to write rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `psql` with a file, all rows in one transaction.
    Psql,
    /// `mariadb` with a file of statements, a transaction for each event.
    Mariadb,
    /// Statements of so many rows as text, a transaction for each event.
    Text(usize),
    /// The same prepared.
    Prepared(usize),
    /// A prepared statement of one row sent with MariaDB's bulk protocol, the same transactions.
    Bulk,
}

/// `count` orders of `size` bytes for a table, also as a file where a way reads one.
///
/// # Errors
/// There is no room for a file.
pub fn rows(
    database: &Database,
    table: &str,
    upsert: bool,
    sizes: [u64; 2],
) -> Result<Rows, Failed> {
    let rows = Rows::of(database, table, upsert, sizes);
    let text = match database.target {
        Target::Postgres => psql::file(&rows),
        Target::Mariadb => mariadb::file(&rows),
    };
    std::fs::write(&rows.file, text)?;
    Ok(rows)
}

impl Way {
    /// Every way there is for a target.
    #[must_use]
    pub fn all(target: Target) -> &'static [Self] {
        match target {
            Target::Postgres => &[Self::Psql],
            Target::Mariadb => &[
                Self::Text(1000),
                Self::Text(4000),
                Self::Prepared(1000),
                Self::Bulk,
                Self::Mariadb,
            ],
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self, upsert: bool) -> String {
        match self {
            Self::Psql if upsert => "hand-written staged COPY and ON CONFLICT in psql".to_owned(),
            Self::Psql => "psql `\\copy` of the same rows".to_owned(),
            Self::Mariadb => "the client `mariadb` with a file of statements".to_owned(),
            Self::Text(rows) => format!("text, {rows} rows a statement"),
            Self::Prepared(rows) => format!("prepared, {rows} rows a statement"),
            Self::Bulk => "bulk protocol".to_owned(),
        }
    }

    /// Writes all rows, and tells what that took.
    ///
    /// # Errors
    /// The server refuses, or a client is not there.
    pub async fn write(self, database: &Database, rows: &Rows) -> Result<Duration, Failed> {
        match self {
            Self::Psql => psql::write(&database.url, rows),
            Self::Mariadb => mariadb::feed(&database.url, rows),
            Self::Text(many) => mariadb::text(&database.url, rows, many).await,
            Self::Prepared(many) => mariadb::prepared(&database.url, rows, many).await,
            Self::Bulk => mariadb::bulk(&database.url, rows).await,
        }
    }
}
