//! Writes many rows: statements of many rows each. The next statement is built while the server executes the
//! previous.

use std::fmt;
use std::ops::Range;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::Rejected;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::task::yield_now;

use crate::connection::background::BackgroundTask;
use crate::connection::session::{ROLLBACK_TO_SAVEPOINT, SAVEPOINT, Session};
use crate::fault;
use crate::sql::statement::Statement;
use crate::write::packer::{Body, PackedStatement, Packer};
use crate::write::refused_row::{self, LocatedError};

/// The number of statements that may wait for the server, including the one that is being built. Its slot is
/// reserved before its first row is packed, because unpacked rows need less memory.
const MAX_QUEUED: usize = 1;

/// Writes rows in a background task.
pub(crate) struct BulkWriter {
    sender: Option<mpsc::Sender<PackedStatement>>,
    slot: Option<OwnedPermit<PackedStatement>>,
    task: BackgroundTask<BulkResult>,
    packer: Packer,
    /// Whether no statement was queued yet.
    is_first: bool,
}

/// Not derived, because the connection's `Debug` text contains the password.
impl fmt::Debug for BulkWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BulkWriter")
    }
}

/// The result of a bulk write.
pub(crate) struct BulkResult {
    pub(crate) conn: Conn,
    /// The rows that could not be encoded.
    pub(crate) rejected: Vec<Rejected>,
    /// The first statement that failed. With transactions, the whole batch is then rolled back; without them,
    /// the statements before it stay.
    pub(crate) failed: Option<FailedStatement>,
}

#[derive(Debug)]
pub(crate) struct FailedStatement {
    pub(crate) reason: LocatedError,
    /// The rows of the statement, as indexes in the batch.
    pub(crate) rows: Vec<usize>,
}

impl BulkWriter {
    /// Takes the connection until the writer is finished. `has_savepoint` says whether the savepoint is set.
    ///
    /// # Errors
    /// `Fatal` if the batch cannot be written in this way.
    pub(crate) fn open(
        conn: &mut Option<Conn>,
        statement: Statement<'_, '_>,
        has_savepoint: bool,
    ) -> Result<Self, SinkError> {
        let packer = Packer::of(statement)?;
        let conn = Session::take_conn(conn)?;
        let (sender, queue) = mpsc::channel(MAX_QUEUED);
        let settings = BulkSettings {
            prepared: packer.prepared(statement),
            can_roll_back: statement.profile.transactional,
            has_savepoint,
            reports_row: statement.profile.reports_row,
        };
        let task = BackgroundTask::spawn(send_statements(conn, settings, queue));
        Ok(Self { sender: Some(sender), slot: None, task, packer, is_first: true })
    }

    /// Adds rows of a batch. `first_row` is the index of the batch's first row among all rows of this writer.
    pub(crate) async fn add_rows(
        &mut self,
        statement: Statement<'_, '_>,
        rows: Range<usize>,
        first_row: usize,
    ) {
        for row in rows {
            if !self.wait_for_slot().await {
                return;
            }
            if let Some(packed) = self.packer.add(statement, row, first_row) {
                self.send(packed, true).await;
            }
        }
    }

    /// Waits for a free slot in the queue. Returns `false` if the task has ended early; [`BulkWriter::finish`]
    /// returns its error.
    async fn wait_for_slot(&mut self) -> bool {
        if self.slot.is_none()
            && let Some(sender) = &self.sender
        {
            self.slot = sender.clone().reserve_owned().await.ok();
        }
        self.slot.is_some()
    }

    /// Lets the background task send what is queued.
    pub(crate) async fn yield_to_tasks(&mut self) {
        yield_now().await;
    }

    /// Sends the remaining rows and waits for the result.
    ///
    /// # Errors
    /// The task panicked.
    pub(crate) async fn finish(mut self) -> Result<BulkResult, SinkError> {
        if let Some(packed) = self.packer.end()
            && self.wait_for_slot().await
        {
            let follows = !self.is_first;
            self.send(packed, follows).await;
        }
        (self.sender, self.slot) = (None, None);
        let finished = self.task.join().await?;
        Ok(BulkResult { rejected: self.packer.rejected, ..finished })
    }

    async fn send(&mut self, packed: PackedStatement, of_several: bool) {
        let first = std::mem::take(&mut self.is_first);
        // If the server does not have the bulk protocol, the client sends a statement for each row.
        let of_several = of_several || matches!(packed.body, Body::Values(_));
        let packed = PackedStatement { sets_savepoint: first && of_several, ..packed };
        if let Some(slot) = self.slot.take() {
            slot.send(packed);
        }
        self.yield_to_tasks().await;
    }
}

/// Settings that all statements share.
#[derive(Debug)]
struct BulkSettings {
    prepared: Option<String>,
    can_roll_back: bool,
    has_savepoint: bool,
    reports_row: bool,
}

async fn send_statements(
    mut conn: Conn,
    settings: BulkSettings,
    mut queue: mpsc::Receiver<PackedStatement>,
) -> BulkResult {
    let mut has_savepoint = settings.has_savepoint;
    let mut failed = None;
    while let Some(packed) = queue.recv().await {
        let sets_savepoint = packed.sets_savepoint && settings.can_roll_back && !has_savepoint;
        has_savepoint |= sets_savepoint;
        let (rows, body) = (packed.rows, packed.body);
        let Err(error) = write(&mut conn, &settings, sets_savepoint, body).await else { continue };
        let mut reason = refused_row::locate(
            &mut conn,
            settings.reports_row,
            settings.can_roll_back,
            &error,
            &rows,
        )
        .await;
        if has_savepoint
            && matches!(reason.error.fault, Fault::Data(_))
            && let Err(lost) = conn.query_drop(ROLLBACK_TO_SAVEPOINT).await
        {
            reason.error = fault::classify_outside_rows(&lost);
        }
        failed = Some(FailedStatement { reason, rows });
        break;
    }
    BulkResult { conn, rejected: Vec::new(), failed }
}

async fn write(
    conn: &mut Conn,
    settings: &BulkSettings,
    sets_savepoint: bool,
    body: Body,
) -> Result<(), Error> {
    if sets_savepoint {
        conn.query_drop(SAVEPOINT).await?;
    }
    match (body, &settings.prepared) {
        (Body::Values(values), Some(sql)) => conn.exec_batch(sql.as_str(), values).await,
        (Body::Values(_), None) => Ok(()),
        (Body::Text(text), _) => conn.query_drop(text).await,
    }
}
