//! `offsets.table`: how far a connector came, locked and stored in the transaction of the rows.

use mysql_async::prelude::Queryable;
use mysql_async::Row;
use sluice_bridge::failure::SinkError;
use sluice_bridge::ledger::{Ledger, Position};

use crate::encode::Spelled;
use crate::fault;
use crate::literal::{self, Escapes};
use crate::session::Session;
use crate::statement::quote_table;

/// Locks the rows of these positions, making those that are missing; `None` where there is no
/// such table.
///
/// # Errors
/// The table cannot be read or written, or its engine has no transactions.
pub(crate) async fn lock(
    session: &mut Session,
    ledger: &Ledger,
    asked: &[Position],
) -> Result<Option<Vec<Position>>, SinkError> {
    // Made first, so that whoever else makes them now is waited for: a row that is there is left as
    // it is.
    let missing = asked.iter().map(|position| {
        let Position { topic, partition, table, .. } = position;
        let [connector, topic, table] =
            [&ledger.connector, topic, table].map(|text| quoted(text, session.escapes));
        format!("({connector},{topic},{partition},{table},0)")
    });
    let mut missing: Vec<String> = missing.collect();
    missing.sort();
    let make = format!(
        "INSERT INTO {} (connector, topic, `partition`, `table`, next_offset) VALUES {} \
         ON DUPLICATE KEY UPDATE next_offset = next_offset",
        quote_table(&ledger.table),
        missing.join(",")
    );
    match session.conn()?.query_drop(make).await {
        Err(error) if fault::is_no_table(&error) => return Ok(None),
        made => made.map_err(|error| fault::classify_outside_rows(&error))?,
    }
    let read = format!(
        "SELECT topic, `partition`, `table`, next_offset, latest_timestamp FROM {} \
         WHERE {} ORDER BY topic, `partition`, `table` FOR UPDATE",
        quote_table(&ledger.table),
        of(ledger, asked, session.escapes)
    );
    let rows: Vec<Row> = session
        .conn()?
        .query(read)
        .await
        .map_err(|error| fault::classify_outside_rows(&error))?;
    rows.iter().map(position).collect::<Option<_>>().map(Some).ok_or_else(|| {
        SinkError::fatal(format!(
            "table {} is not what offsets are kept in: it has other columns",
            ledger.table
        ))
    })
}

/// Makes the table, which the server commits by itself.
///
/// # Errors
/// It may not be made.
pub(crate) async fn create(session: &mut Session, ledger: &Ledger) -> Result<(), SinkError> {
    let table = quote_table(&ledger.table);
    // Topics are ASCII and 249 long at most; a table's name is two of 64.
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {table} (\
         connector VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
         topic VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
         `partition` INT NOT NULL, \
         `table` VARCHAR(140) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
         next_offset BIGINT NOT NULL, latest_timestamp BIGINT NULL, \
         PRIMARY KEY (connector, topic, `partition`, `table`)) ENGINE=InnoDB"
    );
    let made = session.conn()?.query_drop(sql).await;
    made.map_err(|error| {
        fault::classify_attempt(&format!("the offsets table {table} cannot be made"), &error)
    })
}

/// Whether a rollback undoes what is written to the table; nothing where there is none.
///
/// # Errors
/// The catalog cannot be read.
pub(crate) async fn is_transactional(
    session: &mut Session,
    ledger: &Ledger,
) -> Result<Option<bool>, SinkError> {
    let name = quoted(&ledger.table.name, session.escapes);
    let schema = match &ledger.table.schema {
        Some(schema) => quoted(schema, session.escapes),
        None => "DATABASE()".to_owned(),
    };
    let sql = format!(
        "SELECT COALESCE(e.TRANSACTIONS, 'YES') FROM information_schema.TABLES t \
         LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
         WHERE t.TABLE_SCHEMA = {schema} AND t.TABLE_NAME = {name}"
    );
    let answer: Option<String> = session
        .conn()?
        .query_first(sql)
        .await
        .map_err(|error| fault::classify_outside_rows(&error))?;
    Ok(answer.map(|answer| answer == "YES"))
}

/// Stores how far the rows of these positions have come.
///
/// # Errors
/// They were not locked, or the server's.
pub(crate) async fn store(
    session: &mut Session,
    ledger: &Ledger,
    reached: &[Position],
) -> Result<(), SinkError> {
    let table = quote_table(&ledger.table);
    let updates = reached.iter().map(|position| {
        let latest = position.latest_timestamp.map_or("NULL".to_owned(), |at| at.to_string());
        format!(
            "UPDATE {table} SET next_offset = {}, latest_timestamp = {latest} WHERE {}",
            position.next_offset,
            of(ledger, std::slice::from_ref(position), session.escapes)
        )
    });
    let updates: Vec<String> = updates.collect();
    let mut found = 0;
    let mut answers = session
        .conn()?
        .query_iter(updates.join("; "))
        .await
        .map_err(|error| fault::classify_outside_rows(&error))?;
    loop {
        found += answers.affected_rows();
        let moved_on = answers.collect::<Row>().await;
        moved_on.map_err(|error| fault::classify_outside_rows(&error))?;
        if answers.is_empty() {
            break;
        }
    }
    match answers.drop_result().await {
        Err(error) => Err(fault::classify_outside_rows(&error)),
        Ok(()) if found == reached.len() as u64 => Ok(()),
        Ok(()) => {
            Err(SinkError::fatal("rows of the offsets table were deleted while they were locked"))
        }
    }
}

fn of(ledger: &Ledger, positions: &[Position], escapes: Escapes) -> String {
    let each = positions.iter().map(|position| {
        format!(
            "(topic = {} AND `partition` = {} AND `table` = {})",
            quoted(&position.topic, escapes),
            position.partition,
            quoted(&position.table, escapes)
        )
    });
    let connector = quoted(&ledger.connector, escapes);
    format!("connector = {connector} AND ({})", each.collect::<Vec<_>>().join(" OR "))
}

fn quoted(text: &str, escapes: Escapes) -> String {
    let mut out = Vec::new();
    literal::write(Spelled::Text, text.as_bytes(), escapes, &mut out);
    // Quotes around text are text.
    String::from_utf8(out).unwrap_or_default()
}

fn position(row: &Row) -> Option<Position> {
    Some(Position {
        topic: row.get_opt(0)?.ok()?,
        partition: row.get_opt(1)?.ok()?,
        table: row.get_opt(2)?.ok()?,
        next_offset: row.get_opt(3)?.ok()?,
        latest_timestamp: row.get_opt(4)?.ok()?,
    })
}
