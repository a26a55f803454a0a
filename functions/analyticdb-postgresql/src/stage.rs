//! The way in for large upserts: binary COPY into a temporary table, then one statement that
//! merges it. It costs a table in the catalog, which small batches would feel, and encodes while
//! the server works, which large ones do.

use sluice_bridge::failure::SinkError;
use sluice_bridge::sink::Written;
use tokio_postgres::Client;

use crate::copy;
use crate::statement::{STAGE, Statement};

/// From this many rows on a temporary table pays off.
pub(crate) const ROWS: usize = 1_000;

/// Writes a batch behind a fresh savepoint.
pub(crate) async fn write(
    client: &Client,
    savepoint: &str,
    statement: Statement<'_, '_>,
) -> Result<Written, SinkError> {
    let begin = format!("{savepoint}; {}", statement.create_stage());
    let copy = statement.copy_to_stage();
    let copy::Rows { rejected, .. } = copy::rows(client, &begin, statement, &copy, STAGE).await?;
    let merged = client.batch_execute(&statement.merge_stage()).await;
    merged.map_err(|error| statement.classify(&error))?;
    Ok(Written { rejected, unmatched: Vec::new() })
}
