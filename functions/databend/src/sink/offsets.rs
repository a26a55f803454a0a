//! The offsets of exactly once, in the transaction of the rows.
//!
//! The server locks no rows. Of two invocations that have read the same offsets, the one that commits second fails,
//! because each has changed the rows before it read them.

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::sink::partition_offset::PartitionOffset;

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::{Rows, Session, changed};
use crate::fault;
use crate::sink::state::DatabendSink;
use crate::wire::offsets;

impl DatabendSink {
    /// Reads the offsets; creates the table and the rows that are missing, for which the transaction begins again.
    pub(super) async fn read_offsets(
        &mut self,
        table: &OffsetsTable,
        asked: &[PartitionOffset],
    ) -> Result<Vec<PartitionOffset>, SinkError> {
        let (endpoint, work) = self.working()?;
        let missing = match held(endpoint, &mut work.session, table, asked).await {
            Ok(known) => {
                let missing = missing(&known, asked);
                if missing.is_empty() {
                    return Ok(known);
                }
                missing
            }
            Err(error) if fault::is_missing_table(&error) => {
                let mut session = Session::new(endpoint);
                let attempt = |error| named(table, error);
                endpoint.query(&mut session, &offsets::create(table)).await.map_err(attempt)?;
                asked.to_vec()
            }
            Err(error) => return Err(error),
        };
        self.insert_offsets(table, &missing, asked).await
    }

    /// Inserts rows and commits that, and then reads all rows in a new transaction.
    async fn insert_offsets(
        &mut self,
        table: &OffsetsTable,
        missing: &[PartitionOffset],
        asked: &[PartitionOffset],
    ) -> Result<Vec<PartitionOffset>, SinkError> {
        let (endpoint, work) = self.working()?;
        endpoint.query(&mut work.session, "ROLLBACK").await?;
        let mut session = Session::new(endpoint);
        endpoint.query(&mut session, &offsets::insert(table, missing)).await?;
        endpoint.begin(&mut work.session).await?;
        held(endpoint, &mut work.session, table, asked).await
    }

    /// Stores the offsets in the open transaction.
    pub(super) async fn write_offsets(
        &mut self,
        table: &OffsetsTable,
        reached: &[PartitionOffset],
    ) -> Result<(), SinkError> {
        let (endpoint, work) = self.working()?;
        let answer = endpoint.query(&mut work.session, &offsets::store(table, reached)).await?;
        if changed(&answer)? < reached.len() {
            return Err(SinkError::transient(
                "rows of the offsets table were deleted while they were used",
            ));
        }
        Ok(())
    }
}

/// Changes the rows, and then reads them.
async fn held(
    endpoint: &Endpoint,
    session: &mut Session,
    table: &OffsetsTable,
    asked: &[PartitionOffset],
) -> Result<Vec<PartitionOffset>, SinkError> {
    endpoint.query(session, &offsets::hold(table, asked)).await?;
    known(&endpoint.query(session, &offsets::read(table, asked)).await?, table)
}

fn missing(known: &[PartitionOffset], asked: &[PartitionOffset]) -> Vec<PartitionOffset> {
    let is_known = |it: &&PartitionOffset| {
        !known.iter().any(|known| {
            (&known.topic, known.partition, &known.table) == (&it.topic, it.partition, &it.table)
        })
    };
    asked.iter().filter(is_known).cloned().collect()
}

fn known(rows: &Rows, table: &OffsetsTable) -> Result<Vec<PartitionOffset>, SinkError> {
    let one = |row: &Vec<Option<String>>| {
        let [topic, partition, name, next, latest] = row.as_slice() else { return None };
        Some(PartitionOffset {
            topic: topic.clone()?,
            partition: partition.as_deref()?.parse().ok()?,
            table: name.clone()?,
            next_offset: next.as_deref()?.parse().ok()?,
            latest_timestamp: latest.as_deref().map(str::parse).transpose().ok()?,
        })
    };
    let known: Option<Vec<PartitionOffset>> = rows.iter().map(one).collect();
    known.ok_or_else(|| {
        SinkError::fatal(format!(
            "table {} cannot be used as the offsets table: it has other columns",
            table.table
        ))
    })
}

fn named(table: &OffsetsTable, error: SinkError) -> SinkError {
    let attempt = format!("the offsets table {} cannot be created", table.table);
    let error = fault::classify_definition(&attempt, error);
    // No record can be the cause.
    let fault = if matches!(error.fault, Fault::Data(_)) { Fault::Fatal } else { error.fault };
    SinkError { fault, ..error }
}
