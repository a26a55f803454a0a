//! A sink that encodes rows and does not send them. The server only describes the table. It measures the cost
//! of the function itself.

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{Sink, Written};
use tokio_postgres::Client;

use crate::catalog;
use crate::connection::profile::{Dialect, Profile};
use crate::fault;
use crate::sql::statement::Statement;
use crate::types::column::Shape;
use crate::write::copy;

/// A sink for one table that encodes every batch in COPY's binary format and drops the bytes.
#[derive(Debug)]
pub struct EncodeOnly {
    table: Table,
    profile: Profile,
    bytes: usize,
}

/// The decimal places of a second in a JSON number: milliseconds.
const MILLISECONDS: u8 = 3;

impl EncodeOnly {
    /// Reads the description of the table. The server is not needed afterwards.
    ///
    /// # Errors
    /// The table does not exist, or it cannot be read.
    pub async fn of(client: &Client, table: &TableName) -> Result<Self, SinkError> {
        let profile = Profile::detect(client, Dialect::Auto).await?;
        let read = catalog::read(client, "BEGIN", table, MILLISECONDS, profile.on_conflict).await?;
        let ended = client.batch_execute("ROLLBACK").await;
        ended.map_err(|error| fault::classify_outside_rows(&error))?;
        let table = read.ok_or_else(|| SinkError::fatal("the table does not exist"))?;
        Ok(Self { table, profile, bytes: 0 })
    }

    /// The number of bytes that would have been sent so far.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Sink for EncodeOnly {
    async fn begin(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    async fn table(&mut self, _: &TableName) -> Result<Option<Table>, SinkError> {
        Ok(Some(self.table.clone()))
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let shape: &Shape = batch.table.shape_as()?;
        let statement =
            Statement { batch: *batch, types: &shape.columns, profile: self.profile, filled: None };
        let (mut rows, mut out) = (copy::Rows::default(), copy::piece());
        for row in 0..batch.len() {
            rows.add(statement, row, &mut out);
            if out.len() >= copy::PIECE {
                self.bytes += std::mem::replace(&mut out, copy::piece()).len();
            }
        }
        self.bytes += out.len();
        Ok(Written { rejected: rows.rejected, ..Written::default() })
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    async fn abandon(&mut self) {}
}
