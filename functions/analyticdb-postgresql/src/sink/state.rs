//! The sink's state during an invocation: its session, its savepoint, and whether they can be trusted.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::Written;
use sluice_bridge::sink::batch::Batch;
use sluice_sql::tables::KnownTables;
use tokio_postgres::Client;

use crate::catalog::undo_risk::UndoRisks;
use crate::connection::config::Connection;
use crate::connection::profile::Profile;
use crate::connection::session::Session;
use crate::fault;
use crate::sink::prefetch::{Prefetch, Prefetched};
use crate::sink::savepoint::Savepoint;
use crate::sql::statement::Statement;
use crate::types::column::Shape;
use crate::write::copy::CopyIn;
use crate::write::path::WritePath;

/// After this idle time, the connection may have closed without notice while the execution environment was
/// frozen.
const IDLE: Duration = Duration::from_secs(5);

/// The sink for PostgreSQL.
#[derive(Debug)]
pub struct PostgresSink {
    pub(super) connection: Connection,
    /// The decimal places of a second in a JSON number.
    pub(super) unix_places: u8,
    pub(super) session: Option<Session>,
    /// Wall clock time, because other clocks may stop while the execution environment is frozen.
    pub(super) last_used: SystemTime,
    pub(super) tables: KnownTables,
    pub(super) savepoint: Savepoint,
    /// The queries that were sent in advance of an invocation, and their results.
    pub(super) prefetch: Option<Prefetch>,
    pub(super) prefetched: Option<Prefetched>,
    /// The rows that are being streamed, and their path.
    pub(super) open_stream: Option<(WritePath, CopyIn)>,
    /// The id of the current transaction, if the server can report its outcome later.
    pub(super) transaction: Option<i64>,
    /// The risks of the tables in a dry run; `None` if this is no dry run.
    pub(super) undo_risks: Option<UndoRisks>,
    /// Whether a call is running. If it is still set at the next call, the call's future was dropped before
    /// its end.
    pub(super) busy: bool,
    /// Whether a new session may succeed where this one failed.
    pub(super) needs_new_session: bool,
}

impl PostgresSink {
    pub(super) fn session(&self) -> Result<&Session, SinkError> {
        self.session.as_ref().ok_or_else(|| SinkError::fatal("no transaction is open"))
    }

    /// The statement for a batch, and the path for this number of rows.
    pub(super) fn statement<'a, 'e>(
        &'a self,
        batch: &Batch<'a, 'e>,
        rows: usize,
    ) -> Result<(WritePath, Statement<'a, 'e>), SinkError> {
        let shape: &Shape = batch.table.shape_as()?;
        let profile = Profile { on_conflict: shape.takes_on_conflict, ..self.session()?.profile };
        let statement = Statement { batch: *batch, types: &shape.columns, profile, filled: None };
        Ok((WritePath::of(shape, statement, rows), statement))
    }

    pub(super) fn client(&self) -> Result<&Arc<Client>, SinkError> {
        Ok(&self.session()?.client)
    }

    /// Rolls back a failed batch, so that the transaction accepts other statements.
    pub(super) async fn undo_failed(&mut self) -> Result<(), SinkError> {
        if self.savepoint == Savepoint::Failed {
            let undone = self.client()?.batch_execute(self.savepoint.renew()).await;
            undone.map_err(|error| fault::classify_outside_rows(&error))?;
            self.savepoint = Savepoint::Passed;
        }
        Ok(())
    }

    /// Records whether a batch was written or refused.
    pub(super) fn record_outcome(
        &mut self,
        outcome: Result<Written, SinkError>,
    ) -> Result<Written, SinkError> {
        self.savepoint = match &outcome {
            Ok(_) => Savepoint::Passed,
            Err(_) => Savepoint::Failed,
        };
        self.needs_new_session |= outcome.as_ref().is_err_and(fault::needs_new_session);
        self.finished();
        outcome
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.last_used.elapsed().map_or(true, |idle| idle > IDLE)
    }

    pub(super) fn finished(&mut self) {
        self.busy = false;
        self.last_used = SystemTime::now();
    }
}
