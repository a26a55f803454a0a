//! What a careful engineer writes by hand with the same rows on the same server. The rows are at
//! hand as text, the columns in order; what is made of them is on the clock.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use sluice_tests::services::unique;
use sluice_tests::target::Target;

use crate::setting::database::Database;
use crate::setting::event;
use crate::setting::orders::Order;

mod mariadb;
mod psql;

type Failed = Box<dyn Error + Sync + Send>;

/// The columns of an order, its key first.
const COLUMNS: [&str; 7] = ["id", "customer", "amount", "currency", "created_at", "note", "items"];

type Cells = [String; COLUMNS.len()];

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

/// The same rows for everybody.
pub struct Rows {
    /// The table they go to.
    pub table: String,
    /// Whether those of the same keys are replaced.
    pub upsert: bool,
    /// As Lambda would hand them over.
    pub events: Vec<Bytes>,
    /// Those of an event together.
    cells: Vec<Vec<Cells>>,
    file: PathBuf,
}

impl Rows {
    /// `count` orders of `size` bytes for a table.
    ///
    /// # Errors
    /// There is no room for a file.
    pub fn new(
        database: &Database,
        table: &str,
        upsert: bool,
        [count, size]: [u64; 2],
    ) -> Result<Self, Failed> {
        let orders = || (0..count).map(|id| Order::new(id, size as usize));
        let events = event::events(orders().map(|order| order.json()));
        let mut cells = orders().map(|order| order.cells(database.target));
        let of = |event| cells.by_ref().take(event::records(event)).collect();
        let cells = events.iter().map(of).collect();
        let file = std::env::temp_dir().join(unique("rows"));
        let rows = Self { table: table.to_owned(), upsert, events, cells, file };
        let text = match database.target {
            Target::Postgres => psql::file(&rows),
            Target::Mariadb => mariadb::file(&rows),
        };
        std::fs::write(&rows.file, text)?;
        Ok(rows)
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
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
