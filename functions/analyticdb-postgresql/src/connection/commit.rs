//! The end of a transaction, and what to make of a connection that is lost there.

use std::time::Duration;

use futures_util::future;
use sluice_bridge::model::failure::SinkError;
use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::connection::profile::Profile;
use crate::fault;

/// How often a server is asked that is still at it, and how long it is left alone in between.
const QUESTIONS: u32 = 20;
const PATIENCE: Duration = Duration::from_millis(50);

/// The id of the transaction under way; `None` from a server that could not tell later what became
/// of it.
///
/// # Errors
/// What the first write would have met as well, such as a server that only reads.
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

/// Commits. `settle` is the statement before it: COMMIT of a broken transaction rolls back and
/// says nothing, but that statement does. They are two messages, so that a client that died
/// after the first has committed nothing.
///
/// # Errors
/// It did not commit; or the connection was lost, and [`ask`] knows whether it did.
pub(crate) async fn commit(client: &Client, settle: &str) -> Result<(), SinkError> {
    let (settled, committed) =
        future::join(client.batch_execute(settle), client.batch_execute("COMMIT")).await;
    settled.and(committed).map_err(|error| fault::classify_outside_rows(&error))
}

/// Asks, over another connection, what became of a transaction whose COMMIT was never answered
/// (`txid_status`, PostgreSQL 10).
///
/// # Errors
/// It was rolled back, or nobody knows.
pub(crate) async fn ask(client: &Client, id: i64) -> Result<(), SinkError> {
    const STATUS: &str = "SELECT pg_catalog.txid_status($1)";
    for _ in 0..QUESTIONS {
        let answer = client.query_typed(STATUS, &[(&id, Type::INT8)]).await;
        let rows = answer.map_err(|error| fault::classify_outside_rows(&error))?;
        match rows.first().and_then(|row| row.try_get::<_, Option<&str>>(0).ok()).flatten() {
            Some("committed") => return Ok(()),
            Some("in progress") => sleep(PATIENCE).await,
            Some(_) => return Err(SinkError::transient("the transaction was rolled back")),
            None => break,
        }
    }
    Err(SinkError::transient("the connection was lost at the commit, and its outcome is unknown"))
}
