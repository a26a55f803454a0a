//! Rows as text, the same for every way to write them.

use std::error::Error;
use std::path::PathBuf;

use bytes::Bytes;
use sluice_tests::services::unique;

use crate::setting::database::Database;
use crate::setting::event;
use crate::setting::orders::Order;

pub(super) type Failed = Box<dyn Error + Sync + Send>;

/// The columns of an order, its key first.
pub(super) const COLUMNS: [&str; 7] =
    ["id", "customer", "amount", "currency", "created_at", "note", "items"];

pub(super) type Cells = [String; COLUMNS.len()];

/// The same rows for everybody.
pub struct Rows {
    /// The table they go to.
    pub table: String,
    /// Whether those of the same keys are replaced.
    pub upsert: bool,
    /// As Lambda would hand them over.
    pub events: Vec<Bytes>,
    /// Those of an event together.
    pub(super) cells: Vec<Vec<Cells>>,
    pub(super) file: PathBuf,
}

impl Rows {
    /// `count` orders of `size` bytes for a table. Its file is not written yet.
    pub(super) fn of(
        database: &Database,
        table: &str,
        upsert: bool,
        [count, size]: [u64; 2],
    ) -> Self {
        let orders = || (0..count).map(|id| Order::new(id, size as usize));
        let events = event::events(orders().map(|order| order.json()));
        let mut cells = orders().map(|order| order.cells(database.target));
        let of = |event| cells.by_ref().take(event::records(event)).collect();
        let cells = events.iter().map(of).collect();
        let file = std::env::temp_dir().join(unique("rows"));
        Self { table: table.to_owned(), upsert, events, cells, file }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}
