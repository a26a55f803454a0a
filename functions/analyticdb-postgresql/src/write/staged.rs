//! Writes large upserts: binary COPY into a temporary table, then one statement that merges it. A temporary
//! table costs time in the catalog, which only pays off for large batches; encoding runs while the server
//! works.

use std::sync::Arc;

use sluice_bridge::model::failure::SinkError;
use tokio_postgres::Client;

use crate::sql::statement::Statement;
use crate::write::copy::CopyIn;

/// A temporary table pays off from this number of rows on.
pub(crate) const ROWS: usize = 1_000;

/// Starts the COPY into the temporary table, after a new savepoint.
pub(crate) fn open(client: &Arc<Client>, savepoint: &str, statement: Statement<'_, '_>) -> CopyIn {
    let begin = format!("{savepoint}; {}", statement.create_stage());
    CopyIn::open_staged(client, begin, statement)
}

/// Merges the temporary table.
///
/// # Errors
/// The server refuses a row, which it does not always name.
pub(crate) async fn merge(client: &Client, statement: Statement<'_, '_>) -> Result<(), SinkError> {
    let merged = client.batch_execute(&statement.merge_stage()).await;
    merged.map_err(|error| statement.classify(&error))
}
