//! What a sink needs besides, so that records can be checked without writing them.

use crate::model::change::SchemaChange;
use crate::model::failure::SinkError;
use crate::model::table::Table;
use crate::sink::target::Sink;

/// A sink that can try rows: it writes them, and nothing of them stays.
///
/// The caller promises never to commit after `begin_dry_run`, and to `abandon` in the end.
#[allow(async_fn_in_trait, reason = "one thread, one invocation: nothing needs to be Send")]
pub trait DryRun: Sink {
    /// As [`Sink::begin`], for work of which nothing can stay. The missing tables and columns are
    /// created in it, as far as that does not disturb others. Where writing is
    /// [durable at once](Sink::is_durable_at_once), nothing is created, and `write` is not called.
    ///
    /// # Errors
    /// As [`Sink::begin`]; `Fatal` if something cannot be created without disturbing others.
    async fn begin_dry_run(&mut self, missing: &[SchemaChange]) -> Result<(), SinkError> {
        self.begin().await?;
        match missing.is_empty() {
            _ if !self.is_durable_at_once() => {
                Err(SinkError::fatal("this connector cannot try records out without writing them"))
            }
            false => Err(SinkError::fatal(
                "a table or a column is missing, and nothing can be created for a check only: create it, or leave these records out of the check",
            )),
            true => Ok(()),
        }
    }

    /// Why rows of a described table are only checked against its columns' types and not tried:
    /// something of them would stay. `None` if they are tried.
    fn why_not_tried(&self, _table: &Table) -> Option<String> {
        self.is_durable_at_once().then(|| "what is written there cannot be undone".to_owned())
    }

    /// The statement that would create something.
    fn definition(&self, _missing: &SchemaChange) -> Option<String> {
        None
    }
}
