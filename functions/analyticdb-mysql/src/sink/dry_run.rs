//! Dry runs: the same statements in a transaction that is rolled back. If a rollback would not undo
//! everything, no statement is sent.

use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::table::Table;
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{DryRun, Sink};

use crate::sink::state::MySqlSink;
use crate::sql::definition;
use crate::types::shape::Shape;

impl DryRun for MySqlSink {
    async fn begin_dry_run(&mut self, missing: &[SchemaChange]) -> Result<(), SinkError> {
        self.begin().await?;
        self.is_dry_run = true;
        match missing.first() {
            Some(missing) => {
                let definition = self.definition(missing).unwrap_or_default();
                Err(SinkError::fatal(format!(
                    "`{definition}` would be needed first, and a dry run cannot undo it because the server commits it at once: run it yourself, or exclude these records from the check"
                )))
            }
            None => Ok(()),
        }
    }

    fn why_not_tried(&self, table: &Table) -> Option<String> {
        let transactional = self.session.as_ref().is_some_and(|it| it.profile.transactional);
        let shape: &Shape = table.shape_as().ok()?;
        shape.why_not_tried(transactional, true).map(str::to_owned)
    }

    fn definition(&self, missing: &SchemaChange) -> Option<String> {
        let session = self.session.as_ref()?;
        Some(definition::statement(missing, &session.profile, session.escapes, &self.conversion()))
    }
}

impl Shape {
    /// Why a rollback would not undo a write to the table; `None` if it would.
    fn why_not_tried(&self, server_transactional: bool, puts: bool) -> Option<&'static str> {
        match () {
            () if !server_transactional => Some("the server has no transactions"),
            () if !self.transactional => Some("its engine has no transactions"),
            () if self.is_view() => {
                Some("it is a view, whose base tables may have no transactions")
            }
            () if self.has_triggers => {
                Some("its triggers may do something that a rollback does not undo")
            }
            () if self.generates_numbers && puts => {
                Some("a rollback does not undo the use of AUTO_INCREMENT or sequence values")
            }
            () => None,
        }
    }
}

impl MySqlSink {
    /// Whether a dry run may send the batch to the server.
    ///
    /// # Errors
    /// Another connector described the table.
    pub(super) fn may_try(&self, batch: &Batch<'_, '_>) -> Result<bool, SinkError> {
        let transactional = self.session.as_ref().is_some_and(|it| it.profile.transactional);
        let puts = matches!(batch.operation, Operation::Insert | Operation::Upsert);
        let shape: &Shape = batch.table.shape_as()?;
        Ok(shape.why_not_tried(transactional, puts).is_none())
    }
}
