//! Rows tried out: the same statements in a transaction that is rolled back, where a rollback undoes
//! everything, and no statement where it does not.

use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::Table;
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{DryRun, Sink, Written};

use crate::catalog::undo_risk::{Rehearsed, Traces};
use crate::sink::state::PostgresSink;
use crate::sql::definition;
use crate::sql::statement::Statement;
use crate::write::path::Way;

impl DryRun for PostgresSink {
    async fn begin_dry_run(&mut self, missing: &[SchemaChange]) -> Result<(), SinkError> {
        self.begin().await?;
        self.dry_run = Some(Traces::default());
        self.busy = true;
        for missing in missing {
            definition::rehearse(self.session()?, missing).await?;
        }
        self.finished();
        Ok(())
    }

    fn why_not_tried(&self, table: &Table) -> Option<String> {
        self.dry_run.as_ref()?.get(&table.name)?.untried()
    }

    fn definition(&self, missing: &SchemaChange) -> Option<String> {
        Some(definition::statement(missing, &self.session().ok()?.profile))
    }
}

impl PostgresSink {
    /// As `write`, by the way that every batch can take.
    pub(super) async fn try_out(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let trace = self.dry_run.as_mut().and_then(|traces| traces.get_mut(&batch.table.name));
        let rehearsed = trace.map_or(Rehearsed::Encoded, |trace| trace.rehearsed(batch));
        let Rehearsed::Tried(filled) = rehearsed else { return Ok(Written::checked(batch)) };
        self.busy = true;
        let (_, statement) = self.statement(batch, batch.len())?;
        let statement = Statement { filled: Some(&filled), ..statement };
        let savepoint = statement.behind(self.savepoint.renew());
        let outcome = Way::Arrays.write(self.client()?, &savepoint, statement).await;
        self.passed(outcome)
    }
}
