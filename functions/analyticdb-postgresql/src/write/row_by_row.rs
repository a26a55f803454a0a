//! Writes batches of which many rows are refused: COPY into a temporary table, then one PL/pgSQL block that
//! writes each row after its own savepoint and records the errors of refused rows. This takes two round trips
//! for any number of rows.

use std::sync::Arc;

use futures_util::future;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::{Rejected, Written};
use tokio_postgres::{Client, Row};

use crate::fault::refusal::{RAISE_ROUTINE, SERVER_CLASSES};
use crate::fault::{self, Refused};
use crate::sql::statement::{STAGE, Statement};
use crate::write::copy::{CopyIn, Rows};
use crate::write::refused_column;

const TEXT: &str = "pg_catalog.text";

/// The temporary table for the errors. It is dropped before the next batch.
const ERRORS_TABLE: &str = "sluice_refused";
const READ_ERRORS: &str = "SELECT place, code, message, detail, context, of_column, of_constraint, of_type \
                     FROM pg_temp.sluice_refused ORDER BY place";

/// The number of lines that are tried together. If one row in a hundred is refused, most such groups succeed.
const GROUP_SIZE: usize = 16;

/// The classes and codes that [`fault::fault`] attributes to a row. The last four are numbers, because older
/// servers do not have all their names. A code that the author of a RAISE has chosen also refuses a row. Any
/// other error ends the block, and other paths find the row.
const ROW_ERRORS: &str = "data_exception OR integrity_constraint_violation OR \
                        cardinality_violation OR with_check_option_violation OR \
                        program_limit_exceeded OR SQLSTATE 'P0001' OR SQLSTATE 'P0002' OR \
                        SQLSTATE 'P0003' OR SQLSTATE 'P0004'";

/// How the block reads an error, and records it.
const READ_DIAGNOSTICS: &str =
    "GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
          detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT,
          of_column = COLUMN_NAME, of_constraint = CONSTRAINT_NAME,
          of_type = PG_DATATYPE_NAME";
const RECORD_ERROR: &str = "INSERT INTO pg_temp.sluice_refused
          VALUES (place, code, message, detail, context, of_column, of_constraint, of_type);
        good := false";

/// Writes a batch after a new savepoint.
pub(crate) async fn write(
    client: &Arc<Client>,
    savepoint: &str,
    statement: Statement<'_, '_>,
) -> Result<Written, SinkError> {
    let begin = format!(
        "{savepoint}; {}; CREATE TEMPORARY TABLE {ERRORS_TABLE} (place bigint, code {TEXT}, message {TEXT}, \
         detail {TEXT}, context {TEXT}, of_column {TEXT}, of_constraint {TEXT}, of_type {TEXT}) ON COMMIT DROP",
        statement.create_stage()
    );
    let mut copy = CopyIn::open_staged(client, begin, statement);
    copy.add_rows(statement).await;
    let Rows { lines, mut rejected, .. } = copy.end().await?;
    let drop = format!("DROP TABLE pg_temp.{STAGE}, pg_temp.{ERRORS_TABLE}");
    let (written, notes, dropped) = future::join3(
        client.batch_execute(&block(&statement.write_lines(), &statement.write_line())),
        client.query_typed(READ_ERRORS, &[]),
        client.batch_execute(&drop),
    )
    .await;
    written.map_err(|error| fault::classify_block(&error))?;
    let notes = notes.map_err(|error| fault::classify(&error))?;
    dropped.map_err(|error| fault::classify(&error))?;
    let mut refused_rows = Vec::with_capacity(notes.len());
    for note in &notes {
        let (row, refused, fault) = read(note, &lines)?;
        match fault {
            Fault::Data(_) => refused_rows.push(Rejected { row, cause: refused.cause() }),
            fault => return Err(SinkError { fault, cause: refused.cause() }),
        }
    }
    refused_column::name_columns(client, statement, &mut refused_rows).await;
    rejected.extend(refused_rows);
    Ok(Written { rejected, ..Written::default() })
}

/// A block that writes several lines together while they are accepted, and otherwise one by one. It uses the
/// server's own functions, types and operators, whatever the search path is.
fn block(write_some: &str, write_one: &str) -> String {
    let raise_unless_author_defined = raise_unless_author_defined();
    let body = format!(
        "#variable_conflict use_column
DECLARE lines pg_temp.{STAGE}[]; line pg_temp.{STAGE}; place bigint := 0; good boolean := true;
  code {TEXT}; message {TEXT}; detail {TEXT}; context {TEXT}; of_column {TEXT}; of_constraint {TEXT};
  of_type {TEXT};
BEGIN
  FOR lines IN SELECT pg_catalog.array_agg(n.line ORDER BY n.place) FROM
    (SELECT t AS line, pg_catalog.row_number() OVER (ORDER BY t.ctid) OPERATOR(pg_catalog.-) 1 AS place
     FROM pg_temp.{STAGE} AS t) AS n
    GROUP BY n.place OPERATOR(pg_catalog./) {GROUP_SIZE}
    ORDER BY n.place OPERATOR(pg_catalog./) {GROUP_SIZE}
  LOOP
    IF good THEN
      BEGIN
        {write_some};
        place := place OPERATOR(pg_catalog.+) pg_catalog.cardinality(lines);
        CONTINUE;
      EXCEPTION WHEN {ROW_ERRORS} THEN NULL;
      WHEN OTHERS THEN {READ_DIAGNOSTICS}; {raise_unless_author_defined};
      END;
    END IF;
    good := true;
    FOREACH line IN ARRAY lines LOOP
      BEGIN
        {write_one};
      EXCEPTION WHEN {ROW_ERRORS} THEN {READ_DIAGNOSTICS}; {RECORD_ERROR};
      WHEN OTHERS THEN {READ_DIAGNOSTICS}; {raise_unless_author_defined}; {RECORD_ERROR};
      END;
      place := place OPERATOR(pg_catalog.+) 1;
    END LOOP;
  END LOOP;
END"
    );
    // Column names may contain anything, even the tag.
    let mut tag = "$sluice$".to_owned();
    while body.contains(&tag) {
        tag = tag.replacen("$s", "$ss", 1);
    }
    format!("DO {tag}{body}{tag}")
}

/// Raises an error again unless a RAISE with a code of its author caused it.
fn raise_unless_author_defined() -> String {
    let classes: Vec<String> = SERVER_CLASSES.iter().map(|class| format!("'{class}'")).collect();
    format!(
        "IF pg_catalog.\"left\"(code, 2) OPERATOR(pg_catalog.=) ANY (ARRAY[{}]::{TEXT}[])
          OR pg_catalog.\"right\"(pg_catalog.split_part(context, pg_catalog.chr(10), 1), 5)
             OPERATOR(pg_catalog.<>) 'RAISE' THEN
          RAISE;
        END IF",
        classes.join(", ")
    )
}

/// The row that a recorded error is about, the error, and its classification.
fn read<'n>(note: &'n Row, lines: &[usize]) -> Result<(usize, Refused<'n>, Fault), SinkError> {
    let unidentified = || SinkError::fatal("the row that the server refuses cannot be identified");
    let position = usize::try_from(note.get::<_, i64>(0)).map_err(|_| unidentified())?;
    let row = lines.get(position).copied().ok_or_else(unidentified)?;
    let text = |column: usize| note.get::<_, Option<&str>>(column).filter(|text| !text.is_empty());
    let context = text(4);
    // The first line shows where the error was raised: RAISE … USING COLUMN may name anything.
    let raised = context.is_some_and(|it| it.lines().next().unwrap_or_default().ends_with("RAISE"));
    let refused = Refused {
        code: text(1).unwrap_or_default(),
        message: text(2).unwrap_or_default(),
        detail: text(3),
        context,
        column: text(5).filter(|_| !raised),
        constraint: text(6).filter(|_| !raised),
        domain: text(7).filter(|_| !raised),
    };
    let fault = fault::fault(refused.code, raised.then_some(RAISE_ROUTINE));
    Ok((row, refused, fault))
}
