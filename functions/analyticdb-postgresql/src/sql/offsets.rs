//! `offsets.table`: locks and stores a connector's offsets in the transaction of the rows.

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::sink::partition_offset::PartitionOffset;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::connection::session::Session;
use crate::fault;
use crate::sql::quote::quote_table;

/// The key of a row: the connector, and for each offset its topic, partition and table.
const ASKED: &str = "unnest($2, $3, $4) AS asked(topic, \"partition\", \"table\")";
const SAME_KEY: &str = "o.connector OPERATOR(pg_catalog.=) $1 \
                    AND o.topic OPERATOR(pg_catalog.=) asked.topic \
                    AND o.\"partition\" OPERATOR(pg_catalog.=) asked.\"partition\" \
                    AND o.\"table\" OPERATOR(pg_catalog.=) asked.\"table\"";

/// Locks the rows of these offsets. Missing rows are inserted. `None` if the table does not exist; the
/// transaction has then failed.
///
/// # Errors
/// The table cannot be read or written.
pub(crate) async fn lock(
    Session { client, profile }: &Session,
    offsets_table: &OffsetsTable,
    asked: &[PartitionOffset],
) -> Result<Option<Vec<PartitionOffset>>, SinkError> {
    let rows = OffsetRows::of(offsets_table, asked);
    let locked = match rows.lock(client).await {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        Ok(locked) if locked.len() < asked.len() => {
            // If another session inserts them now, this one waits, and then finds the rows.
            match rows.insert(client, profile.on_conflict).await {
                Ok(_) => rows.lock(client).await,
                Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                    return Err(SinkError::transient(
                        "another invocation inserted the same offsets",
                    ));
                }
                Err(error) => Err(error),
            }
        }
        locked => locked,
    };
    let locked = locked.map_err(|error| fault::classify_outside_rows(&error))?;
    Ok(Some(locked.iter().map(partition_offset).collect()))
}

/// Creates the table, outside a transaction.
///
/// # Errors
/// The server refuses the statement, or another session creates the table now.
pub(crate) async fn create(client: &Client, offsets_table: &OffsetsTable) -> Result<(), SinkError> {
    let table = quote_table(&offsets_table.table);
    let sql = format!(
        "ROLLBACK; CREATE TABLE IF NOT EXISTS {table} (\
         connector pg_catalog.text NOT NULL, topic pg_catalog.text NOT NULL, \
         \"partition\" integer NOT NULL, \"table\" pg_catalog.text NOT NULL, next_offset bigint NOT NULL, latest_timestamp bigint, \
         PRIMARY KEY (connector, topic, \"partition\", \"table\"))"
    );
    let created = client.batch_execute(&sql).await;
    created.map_err(|error| {
        if fault::already_exists(&error) {
            return SinkError::transient(
                "another session creates the offsets table at the same time",
            );
        }
        fault::classify_attempt(&format!("the offsets table {table} cannot be created"), &error)
    })
}

/// Stores the next offsets.
///
/// # Errors
/// The rows are not locked, or the server returns an error.
pub(crate) async fn store(
    client: &Client,
    offsets_table: &OffsetsTable,
    reached: &[PartitionOffset],
) -> Result<(), SinkError> {
    let updated = OffsetRows::of(offsets_table, reached).update(client, reached).await;
    match updated.map_err(|error| fault::classify_outside_rows(&error))? {
        count if count == reached.len() as u64 => Ok(()),
        _ => Err(SinkError::fatal("rows of the offsets table were deleted while they were locked")),
    }
}

fn partition_offset(row: &Row) -> PartitionOffset {
    PartitionOffset {
        topic: row.get(0),
        partition: row.get(1),
        table: row.get(2),
        next_offset: row.get(3),
        latest_timestamp: row.get(4),
    }
}

/// Rows of the table, as parameters.
struct OffsetRows<'a> {
    table: String,
    connector: &'a str,
    topics: Vec<&'a str>,
    partitions: Vec<i32>,
    tables: Vec<&'a str>,
}

impl<'a> OffsetRows<'a> {
    fn of(offsets_table: &'a OffsetsTable, offsets: &'a [PartitionOffset]) -> Self {
        Self {
            table: quote_table(&offsets_table.table),
            connector: &offsets_table.connector,
            topics: offsets.iter().map(|offset| offset.topic.as_str()).collect(),
            partitions: offsets.iter().map(|offset| offset.partition).collect(),
            tables: offsets.iter().map(|offset| offset.table.as_str()).collect(),
        }
    }

    fn parameters(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        vec![
            (&self.connector, Type::TEXT),
            (&self.topics, Type::TEXT_ARRAY),
            (&self.partitions, Type::INT4_ARRAY),
            (&self.tables, Type::TEXT_ARRAY),
        ]
    }

    async fn lock(&self, client: &Client) -> Result<Vec<Row>, tokio_postgres::Error> {
        let sql = format!(
            "SELECT o.topic, o.\"partition\", o.\"table\", o.next_offset, o.latest_timestamp \
             FROM {} AS o, {ASKED} WHERE {SAME_KEY} \
             ORDER BY o.topic, o.\"partition\", o.\"table\" FOR UPDATE OF o",
            self.table
        );
        client.query_typed(&sql, &self.parameters()).await
    }

    async fn insert(
        &self,
        client: &Client,
        on_conflict: bool,
    ) -> Result<u64, tokio_postgres::Error> {
        let table = &self.table;
        let conflict = if on_conflict { " ON CONFLICT DO NOTHING" } else { "" };
        let sql = format!(
            "INSERT INTO {table} (connector, topic, \"partition\", \"table\", next_offset) \
             SELECT $1, asked.*, 0 FROM {ASKED} \
             WHERE NOT EXISTS (SELECT FROM {table} AS o WHERE {SAME_KEY}) ORDER BY 2, 3, 4{conflict}"
        );
        client.execute_typed(&sql, &self.parameters()).await
    }

    async fn update(
        &self,
        client: &Client,
        reached: &[PartitionOffset],
    ) -> Result<u64, tokio_postgres::Error> {
        let offsets: Vec<i64> = reached.iter().map(|offset| offset.next_offset).collect();
        let latest: Vec<Option<i64>> =
            reached.iter().map(|offset| offset.latest_timestamp).collect();
        let sql = format!(
            "UPDATE {} AS o SET next_offset = asked.next_offset, \
             latest_timestamp = asked.latest_timestamp \
             FROM unnest($2, $3, $4, $5, $6) \
             AS asked(topic, \"partition\", \"table\", next_offset, latest_timestamp) WHERE {SAME_KEY}",
            self.table
        );
        let mut parameters = self.parameters();
        parameters.push((&offsets, Type::INT8_ARRAY));
        parameters.push((&latest, Type::INT8_ARRAY));
        client.execute_typed(&sql, &parameters).await
    }
}
