//! What the sink knows while an invocation goes on: its session, its savepoint, and whether either can be
//! trusted.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::Written;
use sluice_bridge::sink::batch::Batch;
use sluice_sql::tables::KnownTables;
use tokio_postgres::Client;

use crate::catalog::undo_risk::Traces;
use crate::connection::config::Connection;
use crate::connection::profile::Profile;
use crate::connection::session::Session;
use crate::fault;
use crate::sink::prefetch::{Foresight, Found};
use crate::sink::savepoint::Savepoint;
use crate::sql::statement::Statement;
use crate::types::column::Shape;
use crate::write::copy::CopyIn;
use crate::write::path::Way;

/// A connection unused for this long may have died with the frozen execution environment
/// without anybody noticing.
const IDLE: Duration = Duration::from_secs(5);

/// PostgreSQL, as one invocation sees it.
#[derive(Debug)]
pub struct PostgresSink {
    pub(super) connection: Connection,
    /// Decimal places of a second that a JSON number counts.
    pub(super) unix_places: u8,
    pub(super) session: Option<Session>,
    /// By the wall clock: others may stand still while the execution environment is frozen.
    pub(super) last_used: SystemTime,
    pub(super) tables: KnownTables,
    pub(super) savepoint: Savepoint,
    /// What was asked ahead of an invocation, and what it came to.
    pub(super) foresight: Option<Foresight>,
    pub(super) found: Option<Found>,
    /// The rows on their way, and which.
    pub(super) ahead: Option<(Way, CopyIn)>,
    /// The id of the transaction under way, if the server can tell later what became of it.
    pub(super) transaction: Option<i64>,
    /// What is known of the tables that rows are tried out on, while they are.
    pub(super) dry_run: Option<Traces>,
    /// Whether a call is under way: still set later, its future was dropped half way.
    pub(super) busy: bool,
    /// Whether another session may fare better than this one.
    pub(super) is_spent: bool,
}

impl PostgresSink {
    pub(super) fn session(&self) -> Result<&Session, SinkError> {
        self.session.as_ref().ok_or_else(|| SinkError::fatal("no transaction was begun"))
    }

    /// What a batch is made into for its table and this server, and the way it takes where there
    /// are so many rows.
    pub(super) fn statement<'a, 'e>(
        &'a self,
        batch: &Batch<'a, 'e>,
        rows: usize,
    ) -> Result<(Way, Statement<'a, 'e>), SinkError> {
        let shape: &Shape = batch.table.shape_as()?;
        let profile = Profile { on_conflict: shape.takes_on_conflict, ..self.session()?.profile };
        let statement = Statement { batch: *batch, types: &shape.columns, profile, filled: None };
        Ok((Way::of(shape, statement, rows), statement))
    }

    pub(super) fn client(&self) -> Result<&Arc<Client>, SinkError> {
        Ok(&self.session()?.client)
    }

    /// Leaves the transaction fit for other statements than the next batch's.
    pub(super) async fn undo_failed(&mut self) -> Result<(), SinkError> {
        if self.savepoint == Savepoint::Failed {
            let undone = self.client()?.batch_execute(self.savepoint.renew()).await;
            undone.map_err(|error| fault::classify_outside_rows(&error))?;
            self.savepoint = Savepoint::Passed;
        }
        Ok(())
    }

    /// A batch went through or was refused.
    pub(super) fn passed(
        &mut self,
        outcome: Result<Written, SinkError>,
    ) -> Result<Written, SinkError> {
        self.savepoint = match &outcome {
            Ok(_) => Savepoint::Passed,
            Err(_) => Savepoint::Failed,
        };
        self.is_spent |= outcome.as_ref().is_err_and(fault::spends_session);
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
