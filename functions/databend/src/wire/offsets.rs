//! The statements for `offsets.table`.
//!
//! The server locks no rows: of two transactions that change the same row, the second fails when it commits (4001). A
//! transaction sees a table as it was when the transaction first changed it, so the rows are changed before they are
//! read: what another transaction commits after that is a conflict. A row that is new would conflict with nothing, so it
//! is inserted before the transaction begins. Two invocations may then insert the same row twice; both rows count as
//! one, and are changed together.

use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::sink::partition_offset::PartitionOffset;

use crate::wire::literal::{quote_table, text};

/// Creates the table.
pub(crate) fn create(offsets: &OffsetsTable) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (connector VARCHAR NOT NULL, topic VARCHAR NOT NULL, \
         \"partition\" INT NOT NULL, \"table\" VARCHAR NOT NULL, next_offset BIGINT NOT NULL, \
         latest_timestamp BIGINT NULL)",
        quote_table(&offsets.table)
    )
}

/// Changes the rows of these partitions to what they are. From then on, nobody else can change them before this
/// transaction commits, or it does not commit.
pub(crate) fn hold(offsets: &OffsetsTable, asked: &[PartitionOffset]) -> String {
    let table = quote_table(&offsets.table);
    format!("UPDATE {table} SET next_offset = next_offset WHERE {}", conditions(offsets, asked))
}

/// Reads the rows of these partitions: topic, partition, table, next offset, latest timestamp.
pub(crate) fn read(offsets: &OffsetsTable, asked: &[PartitionOffset]) -> String {
    format!(
        "SELECT topic, \"partition\", \"table\", max(next_offset), max(latest_timestamp) FROM {} \
         WHERE {} GROUP BY topic, \"partition\", \"table\"",
        quote_table(&offsets.table),
        conditions(offsets, asked)
    )
}

/// Inserts the rows that are missing, with offset 0.
pub(crate) fn insert(offsets: &OffsetsTable, missing: &[PartitionOffset]) -> String {
    let rows = missing.iter().map(|it| {
        let [connector, topic, table] =
            [&offsets.connector, &it.topic, &it.table].map(|it| text(it));
        format!("({connector}, {topic}, {}, {table}, 0, NULL)", it.partition)
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    format!("INSERT INTO {} VALUES {rows}", quote_table(&offsets.table))
}

/// Changes the rows of these partitions.
pub(crate) fn store(offsets: &OffsetsTable, reached: &[PartitionOffset]) -> String {
    let case = |value: &dyn Fn(&PartitionOffset) -> String| {
        let whens = reached.iter().map(|it| format!("WHEN {} THEN {}", condition(it), value(it)));
        format!("CASE {} END", whens.collect::<Vec<_>>().join(" "))
    };
    let next = case(&|it| it.next_offset.to_string());
    let latest = case(&|it| {
        it.latest_timestamp.map_or_else(|| "latest_timestamp".to_owned(), |at| at.to_string())
    });
    format!(
        "UPDATE {} SET next_offset = {next}, latest_timestamp = {latest} WHERE {}",
        quote_table(&offsets.table),
        conditions(offsets, reached)
    )
}

fn conditions(offsets: &OffsetsTable, of: &[PartitionOffset]) -> String {
    let partitions = of.iter().map(condition).collect::<Vec<_>>().join(" OR ");
    format!("connector = {} AND ({partitions})", text(&offsets.connector))
}

fn condition(of: &PartitionOffset) -> String {
    let (topic, table) = (text(&of.topic), text(&of.table));
    format!("(topic = {topic} AND \"partition\" = {} AND \"table\" = {table})", of.partition)
}
