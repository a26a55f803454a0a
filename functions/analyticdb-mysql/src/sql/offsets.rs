//! `offsets.table`: locks and stores a connector's offsets in the transaction of the rows.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::sink::partition_offset::PartitionOffset;

use crate::connection::multi_statement::run_each;
use crate::connection::session::Session;
use crate::fault;
use crate::sql::quote::quote_table;
use crate::values::sql_literal::{Escapes, quoted};

pub(crate) const NO_TRANSACTIONS: &str = "exactly.once.enabled=true needs transactions, which are not available with AnalyticDB for MySQL";

/// Locks the rows of these offsets. Missing rows are inserted; if the table does not exist, it is created.
/// Returns whether the table was created, in which case a new transaction has begun.
///
/// # Errors
/// The table cannot be created, read or written, or it has no transactions.
pub(crate) async fn lock(
    session: &mut Session,
    offsets_table: &OffsetsTable,
    asked: &[PartitionOffset],
    time_zone: &str,
) -> Result<(Vec<PartitionOffset>, bool), SinkError> {
    if !session.profile.transactional {
        return Err(SinkError::fatal(NO_TRANSACTIONS));
    }
    if let Some(locked) = lock_rows(session, offsets_table, asked).await? {
        return Ok((locked, false));
    }
    create(session, offsets_table).await?;
    session.begin(time_zone).await?;
    let locked = lock_rows(session, offsets_table, asked).await?;
    let is_dropped = || SinkError::transient("the offsets table was dropped after it was created");
    Ok((locked.ok_or_else(is_dropped)?, true))
}

/// `None` if the table does not exist.
async fn lock_rows(
    session: &mut Session,
    offsets_table: &OffsetsTable,
    asked: &[PartitionOffset],
) -> Result<Option<Vec<PartitionOffset>>, SinkError> {
    // Missing rows are inserted first, so that other sessions that insert them are waited for. An existing
    // row is not changed.
    let missing = asked.iter().map(|offset| {
        let PartitionOffset { topic, partition, table, .. } = offset;
        let [connector, topic, table] =
            [&offsets_table.connector, topic, table].map(|text| quoted(text, session.escapes));
        format!("({connector},{topic},{partition},{table},0)")
    });
    let mut missing: Vec<String> = missing.collect();
    missing.sort();
    let insert = format!(
        "INSERT INTO {} (connector, topic, `partition`, `table`, next_offset) VALUES {} \
         ON DUPLICATE KEY UPDATE next_offset = next_offset",
        quote_table(&offsets_table.table),
        missing.join(",")
    );
    let read = format!(
        "SELECT topic, `partition`, `table`, next_offset, latest_timestamp FROM {} \
         WHERE {} ORDER BY topic, `partition`, `table` FOR UPDATE",
        quote_table(&offsets_table.table),
        condition(offsets_table, asked, session.escapes)
    );
    let engine = engine_query(offsets_table, session.escapes);
    let (rows, transactional) =
        match run(session.conn()?, &format!("{insert}; {read}; {engine}")).await {
            Err(error) if fault::is_missing_table(&error) => return Ok(None),
            answer => answer.map_err(|error| fault::classify_outside_rows(&error))?,
        };
    if transactional.as_deref() == Some("NO") {
        return Err(SinkError::fatal(format!(
            "the offsets table {} has an engine without transactions: run ALTER TABLE … ENGINE=InnoDB",
            offsets_table.table
        )));
    }
    rows.iter().map(partition_offset).collect::<Option<_>>().map(Some).ok_or_else(|| {
        SinkError::fatal(format!(
            "table {} cannot be used as the offsets table: it has other columns",
            offsets_table.table
        ))
    })
}

async fn run(conn: &mut Conn, message: &str) -> Result<(Vec<Row>, Option<String>), Error> {
    let mut answers = conn.query_iter(message).await?;
    answers.collect::<Row>().await?;
    let rows = answers.collect().await?;
    let storage: Vec<Row> = answers.collect().await?;
    // Any error is returned here at the latest.
    answers.drop_result().await?;
    Ok((rows, storage.first().and_then(|row| row.get_opt(0)?.ok())))
}

/// The query for whether the table's engine has transactions.
fn engine_query(offsets_table: &OffsetsTable, escapes: Escapes) -> String {
    let name = quoted(&offsets_table.table.name, escapes);
    let schema = match &offsets_table.table.schema {
        Some(schema) => quoted(schema, escapes),
        None => "DATABASE()".to_owned(),
    };
    format!(
        "SELECT COALESCE(e.TRANSACTIONS, 'YES') FROM information_schema.TABLES t \
         LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
         WHERE t.TABLE_SCHEMA = {schema} AND t.TABLE_NAME = {name}"
    )
}

/// Creates the table. The server commits this by itself.
async fn create(session: &mut Session, offsets_table: &OffsetsTable) -> Result<(), SinkError> {
    let table = quote_table(&offsets_table.table);
    // A topic has at most 249 ASCII characters, a qualified table name two parts of 64.
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {table} (\
         connector VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
         topic VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
         `partition` INT NOT NULL, \
         `table` VARCHAR(140) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
         next_offset BIGINT NOT NULL, latest_timestamp BIGINT NULL, \
         PRIMARY KEY (connector, topic, `partition`, `table`)) ENGINE=InnoDB"
    );
    let created = session.conn()?.query_drop(sql).await;
    created.map_err(|error| {
        fault::classify_attempt(&format!("the offsets table {table} cannot be created"), &error)
    })
}

/// Stores the next offsets.
///
/// # Errors
/// The rows are not locked, or the server returns an error.
pub(crate) async fn store(
    session: &mut Session,
    offsets_table: &OffsetsTable,
    reached: &[PartitionOffset],
) -> Result<(), SinkError> {
    let table = quote_table(&offsets_table.table);
    let updates = reached.iter().map(|offset| {
        let latest = offset.latest_timestamp.map_or("NULL".to_owned(), |at| at.to_string());
        format!(
            "UPDATE {table} SET next_offset = {}, latest_timestamp = {latest} WHERE {}",
            offset.next_offset,
            condition(offsets_table, std::slice::from_ref(offset), session.escapes)
        )
    });
    let updates: Vec<String> = updates.collect();
    let answered = run_each(session.conn()?, updates.join(";").as_bytes(), reached.len()).await;
    match answered {
        (_, Some(error)) => Err(fault::classify_outside_rows(&error)),
        (found, None) if found.iter().all(|rows| *rows == 1) => Ok(()),
        _ => Err(SinkError::fatal("rows of the offsets table were deleted while they were locked")),
    }
}

fn condition(
    offsets_table: &OffsetsTable,
    offsets: &[PartitionOffset],
    escapes: Escapes,
) -> String {
    let each = offsets.iter().map(|offset| {
        format!(
            "(topic = {} AND `partition` = {} AND `table` = {})",
            quoted(&offset.topic, escapes),
            offset.partition,
            quoted(&offset.table, escapes)
        )
    });
    let connector = quoted(&offsets_table.connector, escapes);
    format!("connector = {connector} AND ({})", each.collect::<Vec<_>>().join(" OR "))
}

fn partition_offset(row: &Row) -> Option<PartitionOffset> {
    Some(PartitionOffset {
        topic: row.get_opt(0)?.ok()?,
        partition: row.get_opt(1)?.ok()?,
        table: row.get_opt(2)?.ok()?,
        next_offset: row.get_opt(3)?.ok()?,
        latest_timestamp: row.get_opt(4)?.ok()?,
    })
}
