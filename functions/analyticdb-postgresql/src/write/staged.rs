//! The way in for large upserts: binary COPY into a temporary table, then one statement that
//! merges it. It costs a table in the catalog, which small batches would feel, and encodes while
//! the server works, which large ones do.

use std::sync::Arc;

use sluice_bridge::model::failure::SinkError;
use tokio_postgres::Client;

use crate::sql::statement::Statement;
use crate::write::copy::CopyIn;

/// From this many rows on a temporary table pays off.
pub(crate) const ROWS: usize = 1_000;

/// Begins the COPY into the temporary table, behind a fresh savepoint.
pub(crate) fn open(client: &Arc<Client>, savepoint: &str, statement: Statement<'_, '_>) -> CopyIn {
    let begin = format!("{savepoint}; {}", statement.create_stage());
    CopyIn::open_staged(client, begin, statement)
}

/// Merges the temporary table.
///
/// # Errors
/// The server refuses a row, of which it does not say which, or cannot.
pub(crate) async fn merge(client: &Client, statement: Statement<'_, '_>) -> Result<(), SinkError> {
    let merged = client.batch_execute(&statement.merge_stage()).await;
    merged.map_err(|error| statement.classify(&error))
}
