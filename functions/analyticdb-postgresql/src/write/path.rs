//! Chooses the path for a batch.

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

/// How a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WritePath {
    /// COPY into the table.
    Copy,
    /// COPY into a temporary table, then one statement that merges it.
    Staged,
    /// COPY into a temporary table, then row by row, if many rows are refused.
    RowByRow,
    /// One array parameter for each column.
    Arrays,
}

impl WritePath {
    /// The fastest path for this number of rows like those of the batch.
    pub(crate) fn of(shape: &Shape, statement: Statement<'_, '_>, rows: usize) -> Self {
        let batch = &statement.batch;
        let has_binary_form = |column: &usize| shape.columns[*column].has_binary_form();
        let copies = shape.takes_copy && batch.columns.iter().all(has_binary_form);
        let may_stage = shape.may_stage && !batch.columns.is_empty() && statement.may_be_staged();
        match batch.operation {
            Operation::Insert | Operation::Upsert
                if batch.suspect && may_stage && statement.profile.runs_blocks =>
            {
                WritePath::RowByRow
            }
            // A COPY needs at least one column. For one row, the line number is not needed, and arrays take
            // one round trip where COPY takes three.
            Operation::Insert if copies && !batch.columns.is_empty() && rows > 1 => WritePath::Copy,
            Operation::Upsert if may_stage && rows >= staged::ROWS => WritePath::Staged,
            _ => WritePath::Arrays,
        }
    }

    /// Writes the batch on this path, after a new savepoint.
    pub(crate) async fn write(
        self,
        client: &Arc<Client>,
        savepoint: &str,
        statement: Statement<'_, '_>,
    ) -> Result<Written, SinkError> {
        match self.open(client, savepoint, statement) {
            Some(mut copy) => {
                copy.add_rows(statement).await;
                self.close(client, copy, statement).await
            }
            None if self == WritePath::RowByRow => {
                row_by_row::write(client, savepoint, statement).await
            }
            None => arrays::write(client, savepoint, statement).await,
        }
    }

    /// Starts the COPY of this path, if it has one, after a new savepoint. No rows are needed yet.
    pub(crate) fn open(
        self,
        client: &Arc<Client>,
        savepoint: &str,
        statement: Statement<'_, '_>,
    ) -> Option<CopyIn> {
        match self {
            WritePath::Copy => Some(CopyIn::open(client, savepoint.to_owned(), statement)),
            WritePath::Staged => Some(staged::open(client, savepoint, statement)),
            WritePath::RowByRow | WritePath::Arrays => None,
        }
    }

    /// Ends the COPY, and runs the statements after it.
    pub(crate) async fn close(
        self,
        client: &Client,
        copy: CopyIn,
        statement: Statement<'_, '_>,
    ) -> Result<Written, SinkError> {
        let Rows { rejected, .. } = copy.end().await?;
        if self == WritePath::Staged {
            staged::merge(client, statement).await?;
        }
        Ok(Written { rejected, ..Written::default() })
    }
}
