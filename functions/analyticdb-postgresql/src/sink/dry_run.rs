//! Dry runs: the same statements in a transaction that is rolled back. If a rollback would not undo
//! everything, no statement is sent.

use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::Table;
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{DryRun, Sink, Written};

use crate::catalog::undo_risk::{DryRunMode, UndoRisks};
use crate::sink::state::PostgresSink;
use crate::sql::definition;
use crate::sql::statement::Statement;
use crate::write::path::WritePath;

impl DryRun for PostgresSink {
    async fn begin_dry_run(&mut self, missing: &[SchemaChange]) -> Result<(), SinkError> {
        self.begin().await?;
        self.undo_risks = Some(UndoRisks::default());
        self.busy = true;
        for missing in missing {
            definition::begin_dry_run(self.session()?, missing).await?;
        }
        self.finished();
        Ok(())
    }

    fn why_not_tried(&self, table: &Table) -> Option<String> {
        self.undo_risks.as_ref()?.get(&table.name)?.why_not_tried()
    }

    fn definition(&self, missing: &SchemaChange) -> Option<String> {
        Some(definition::statement(missing, &self.session().ok()?.profile))
    }
}

impl PostgresSink {
    /// As `write`, by the path that every batch can take.
    pub(super) async fn try_out(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let risk = self.undo_risks.as_mut().and_then(|risks| risks.get_mut(&batch.table.name));
        let mode = risk.map_or(DryRunMode::EncodeOnly, |risk| risk.mode(batch));
        let DryRunMode::Write(filled) = mode else { return Ok(Written::checked(batch)) };
        self.busy = true;
        let (_, statement) = self.statement(batch, batch.len())?;
        let statement = Statement { filled: Some(&filled), ..statement };
        let savepoint = statement.with_lock(self.savepoint.renew());
        let outcome = WritePath::Arrays.write(self.client()?, &savepoint, statement).await;
        self.record_outcome(outcome)
    }
}
