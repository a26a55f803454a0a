//! The way in for rows of which many are bad: COPY into a temporary table, then one block that
//! writes each behind a savepoint of its own and notes what the server says of those it refuses.
//! Two flights, however many they are.

use std::sync::Arc;

use futures_util::future;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::{Rejected, Written};
use tokio_postgres::{Client, Row};

use crate::fault::refusal::{RAISED, SERVERS};
use crate::fault::{self, Refused};
use crate::sql::statement::{STAGE, Statement};
use crate::write::blame;
use crate::write::copy::{CopyIn, Rows};

const TEXT: &str = "pg_catalog.text";

/// What the block notes; gone before the next batch.
const NOTED: &str = "sluice_refused";
const NOTES: &str = "SELECT place, code, message, detail, context, of_column, of_constraint \
                     FROM pg_temp.sluice_refused ORDER BY place";

/// Lines that are tried together: with one bad row in a hundred most such groups have none.
const TOGETHER: usize = 16;

/// The classes and codes that [`fault::fault`] takes for a row's own, the last four by number, for
/// older servers have no names for all of them. So is a code of its author's own that RAISE gives.
/// Anything else ends the block, and other ways have to find the row.
const OF_A_ROW: &str = "data_exception OR integrity_constraint_violation OR \
                        cardinality_violation OR with_check_option_violation OR \
                        program_limit_exceeded OR SQLSTATE 'P0001' OR SQLSTATE 'P0002' OR \
                        SQLSTATE 'P0003' OR SQLSTATE 'P0004'";

/// What the block learns of an error, and how it notes that.
const LEARN: &str = "GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
          detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT,
          of_column = COLUMN_NAME, of_constraint = CONSTRAINT_NAME";
const NOTE: &str = "INSERT INTO pg_temp.sluice_refused
          VALUES (place, code, message, detail, context, of_column, of_constraint);
        good := false";

/// Writes a batch behind a fresh savepoint.
pub(crate) async fn write(
    client: &Arc<Client>,
    savepoint: &str,
    statement: Statement<'_, '_>,
) -> Result<Written, SinkError> {
    let begin = format!(
        "{savepoint}; {}; CREATE TEMPORARY TABLE {NOTED} (place bigint, code {TEXT}, message {TEXT}, \
         detail {TEXT}, context {TEXT}, of_column {TEXT}, of_constraint {TEXT}) ON COMMIT DROP",
        statement.create_stage()
    );
    let mut copy = CopyIn::open_staged(client, begin, statement);
    copy.take(statement).await;
    let Rows { lines, mut rejected, .. } = copy.end().await?;
    let drop = format!("DROP TABLE pg_temp.{STAGE}, pg_temp.{NOTED}");
    let (written, notes, dropped) = future::join3(
        client.batch_execute(&block(&statement.write_lines(), &statement.write_line())),
        client.query_typed(NOTES, &[]),
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
    blame::name(client, statement, &mut refused_rows).await;
    rejected.extend(refused_rows);
    Ok(Written { rejected, ..Written::default() })
}

/// A block that writes lines together as long as they are good, and one by one where they are not.
/// Whatever the search path, its functions, types and operators are the server's own.
fn block(write_some: &str, write_one: &str) -> String {
    let unless_own = unless_own();
    let body = format!(
        "#variable_conflict use_column
DECLARE lines pg_temp.{STAGE}[]; line pg_temp.{STAGE}; place bigint := 0; good boolean := true;
  code {TEXT}; message {TEXT}; detail {TEXT}; context {TEXT}; of_column {TEXT}; of_constraint {TEXT};
BEGIN
  FOR lines IN SELECT pg_catalog.array_agg(n.line ORDER BY n.place) FROM
    (SELECT t AS line, pg_catalog.row_number() OVER (ORDER BY t.ctid) OPERATOR(pg_catalog.-) 1 AS place
     FROM pg_temp.{STAGE} AS t) AS n
    GROUP BY n.place OPERATOR(pg_catalog./) {TOGETHER}
    ORDER BY n.place OPERATOR(pg_catalog./) {TOGETHER}
  LOOP
    IF good THEN
      BEGIN
        {write_some};
        place := place OPERATOR(pg_catalog.+) pg_catalog.cardinality(lines);
        CONTINUE;
      EXCEPTION WHEN {OF_A_ROW} THEN NULL;
      WHEN OTHERS THEN {LEARN}; {unless_own};
      END;
    END IF;
    good := true;
    FOREACH line IN ARRAY lines LOOP
      BEGIN
        {write_one};
      EXCEPTION WHEN {OF_A_ROW} THEN {LEARN}; {NOTE};
      WHEN OTHERS THEN {LEARN}; {unless_own}; {NOTE};
      END;
      place := place OPERATOR(pg_catalog.+) 1;
    END LOOP;
  END LOOP;
END"
    );
    // Names of columns may hold anything, a tag too.
    let mut tag = "$sluice$".to_owned();
    while body.contains(&tag) {
        tag = tag.replacen("$s", "$ss", 1);
    }
    format!("DO {tag}{body}{tag}")
}

/// Raises an error again that is not of a RAISE with a code of its author's own.
fn unless_own() -> String {
    let classes: Vec<String> = SERVERS.iter().map(|class| format!("'{class}'")).collect();
    format!(
        "IF pg_catalog.\"left\"(code, 2) OPERATOR(pg_catalog.=) ANY (ARRAY[{}]::{TEXT}[])
          OR pg_catalog.\"right\"(pg_catalog.split_part(context, pg_catalog.chr(10), 1), 5)
             OPERATOR(pg_catalog.<>) 'RAISE' THEN
          RAISE;
        END IF",
        classes.join(", ")
    )
}

/// The batch's row that a note is about, what it says, and what that means.
fn read<'n>(note: &'n Row, lines: &[usize]) -> Result<(usize, Refused<'n>, Fault), SinkError> {
    let odd = || SinkError::fatal("a refused row cannot be told from the others");
    let place = usize::try_from(note.get::<_, i64>(0)).map_err(|_| odd())?;
    let row = lines.get(place).copied().ok_or_else(odd)?;
    let text = |column: usize| note.get::<_, Option<&str>>(column).filter(|text| !text.is_empty());
    let context = text(4);
    // The first line is where it was raised: RAISE … USING COLUMN may name anything.
    let raised = context.is_some_and(|it| it.lines().next().unwrap_or_default().ends_with("RAISE"));
    let refused = Refused {
        code: text(1).unwrap_or_default(),
        message: text(2).unwrap_or_default(),
        detail: text(3),
        context,
        column: text(5).filter(|_| !raised),
        constraint: text(6).filter(|_| !raised),
    };
    let fault = fault::fault(refused.code, raised.then_some(RAISED));
    Ok((row, refused, fault))
}
