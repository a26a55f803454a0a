//! Which of the ways in a batch takes: one decision.

use std::sync::Arc;

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::Written;
use tokio_postgres::Client;

use crate::sql::statement::Statement;
use crate::types::column::Shape;
use crate::write::arrays;
use crate::write::copy::{CopyIn, Rows};
use crate::write::row_by_row;
use crate::write::staged;

/// The ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Straight into the table.
    Copy,
    /// Over a temporary table that one statement merges.
    Stage,
    /// Over a temporary table, row by row, where many are bad.
    Each,
    /// As one array for each column.
    Arrays,
}

impl Way {
    /// The fastest way that so many rows like the batch's can take.
    pub(crate) fn of(shape: &Shape, statement: Statement<'_, '_>, rows: usize) -> Self {
        let batch = &statement.batch;
        let has_binary_form = |column: &usize| shape.columns[*column].has_binary_form();
        let copies = shape.takes_copy && batch.columns.iter().all(has_binary_form);
        let may_stage = shape.may_stage && !batch.columns.is_empty() && statement.is_staged();
        match batch.operation {
            Operation::Insert | Operation::Upsert
                if batch.suspect && may_stage && statement.profile.runs_blocks =>
            {
                Way::Each
            }
            // A COPY without a column is no SQL; of one row nobody needs to be told the line, and
            // arrays take one round trip where COPY takes three.
            Operation::Insert if copies && !batch.columns.is_empty() && rows > 1 => Way::Copy,
            Operation::Upsert if may_stage && rows >= staged::ROWS => Way::Stage,
            _ => Way::Arrays,
        }
    }

    /// Takes it, behind a fresh savepoint.
    pub(crate) async fn write(
        self,
        client: &Arc<Client>,
        savepoint: &str,
        statement: Statement<'_, '_>,
    ) -> Result<Written, SinkError> {
        match self.open(client, savepoint, statement) {
            Some(mut copy) => {
                copy.take(statement).await;
                self.close(client, copy, statement).await
            }
            None if self == Way::Each => row_by_row::write(client, savepoint, statement).await,
            None => arrays::write(client, savepoint, statement).await,
        }
    }

    /// The COPY it begins with and needs no rows for, behind a fresh savepoint.
    pub(crate) fn open(
        self,
        client: &Arc<Client>,
        savepoint: &str,
        statement: Statement<'_, '_>,
    ) -> Option<CopyIn> {
        match self {
            Way::Copy => Some(CopyIn::open(client, savepoint.to_owned(), statement)),
            Way::Stage => Some(staged::open(client, savepoint, statement)),
            Way::Each | Way::Arrays => None,
        }
    }

    /// Ends that COPY, and does what comes behind it.
    pub(crate) async fn close(
        self,
        client: &Client,
        copy: CopyIn,
        statement: Statement<'_, '_>,
    ) -> Result<Written, SinkError> {
        let Rows { rejected, .. } = copy.end().await?;
        if self == Way::Stage {
            staged::merge(client, statement).await?;
        }
        Ok(Written { rejected, ..Written::default() })
    }
}
