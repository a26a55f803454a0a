//! Commits transactions, and finds the outcome if the connection is lost during the commit.

use std::time::Duration;

use futures_util::future;
use sluice_bridge::model::failure::SinkError;
use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::connection::profile::Profile;
use crate::fault;

/// How often the outcome of a transaction in progress is queried, and the pause between two queries.
const MAX_QUERIES: u32 = 20;
const QUERY_PAUSE: Duration = Duration::from_millis(50);

/// The id of the current transaction; `None` if the server could not report its outcome later.
///
/// # Errors
/// The errors that the first write would also get, such as on a read-only server.
pub(crate) async fn transaction_id(
    client: &Client,
    profile: Profile,
) -> Result<Option<i64>, SinkError> {
    if !profile.tells_outcome {
        return Ok(None);
    }
    let rows = client.query_typed("SELECT pg_catalog.txid_current()", &[]).await;
    let rows = rows.map_err(|error| fault::classify_outside_rows(&error))?;
    Ok(rows.first().and_then(|row| row.try_get(0).ok()))
}

/// Commits. `before_commit` is the statement before the COMMIT: in a failed transaction, it returns an error,
/// while COMMIT rolls back without one. They are two messages, so that a client that dies after the first
/// commits nothing.
///
/// # Errors
/// The transaction is not committed; or the connection was lost, and [`ask`] finds the outcome.
pub(crate) async fn commit(client: &Client, before_commit: &str) -> Result<(), SinkError> {
    let (checked, committed) =
        future::join(client.batch_execute(before_commit), client.batch_execute("COMMIT")).await;
    checked.and(committed).map_err(|error| fault::classify_outside_rows(&error))
}

/// Queries, on another connection, the outcome of a transaction whose COMMIT got no answer (`txid_status`,
/// PostgreSQL 10).
///
/// # Errors
/// The transaction was rolled back, or its outcome is unknown.
pub(crate) async fn outcome(client: &Client, id: i64) -> Result<(), SinkError> {
    const STATUS: &str = "SELECT pg_catalog.txid_status($1)";
    for _ in 0..MAX_QUERIES {
        let answer = client.query_typed(STATUS, &[(&id, Type::INT8)]).await;
        let rows = answer.map_err(|error| fault::classify_outside_rows(&error))?;
        match rows.first().and_then(|row| row.try_get::<_, Option<&str>>(0).ok()).flatten() {
            Some("committed") => return Ok(()),
            Some("in progress") => sleep(QUERY_PAUSE).await,
            Some(_) => return Err(SinkError::transient("the transaction was rolled back")),
            None => break,
        }
    }
    Err(SinkError::transient(
        "the connection was lost during the commit, so it is unknown whether the transaction is committed",
    ))
}
