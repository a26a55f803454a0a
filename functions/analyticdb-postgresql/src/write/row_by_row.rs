//! The way in for rows of which many are bad: COPY into a temporary table, then one block that
//! writes each behind a savepoint of its own and notes what the server says of those it refuses.
//! Two flights, however many they are.

use std::sync::Arc;

use futures_util::future;
use sluice_bridge::failure::{Fault, SinkError};
use sluice_bridge::sink::{Rejected, Written};
use tokio_postgres::{Client, Row};

use crate::fault::{self, Refused};
use crate::sql::statement::{STAGE, Statement};
use crate::write::arrays::blame_column;
use crate::write::copy::{CopyIn, Rows};

/// What the block notes; gone before the next batch.
const NOTED: &str = "sluice_refused";
const NOTES: &str = "SELECT place, code, message, detail, context, of_column, of_constraint \
                     FROM pg_temp.sluice_refused ORDER BY place";

/// Lines that are tried together: with one bad row in a hundred most such groups have none.
const TOGETHER: usize = 16;

/// The classes and codes that [`fault::fault`] takes for a row's own; anything else ends the
/// block, and other ways have to find the row.
const OF_A_ROW: &str = "data_exception OR integrity_constraint_violation OR \
                        cardinality_violation OR with_check_option_violation OR \
                        program_limit_exceeded OR raise_exception";

/// Writes a batch behind a fresh savepoint.
pub(crate) async fn write(
    client: &Arc<Client>,
    savepoint: &str,
    statement: Statement<'_, '_>,
) -> Result<Written, SinkError> {
    let begin = format!(
        "{savepoint}; {}; CREATE TEMPORARY TABLE {NOTED} (place bigint, code text, message text, \
         detail text, context text, of_column text, of_constraint text) ON COMMIT DROP",
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
    for note in &notes {
        let (row, refused) = read(note, &lines)?;
        match fault::fault(refused.code, None) {
            Fault::Data(_) => {
                let cause = blame_column(statement, row, refused.cause());
                rejected.push(Rejected { row, cause });
            }
            fault => return Err(SinkError { fault, cause: refused.cause() }),
        }
    }
    Ok(Written { rejected, ..Written::default() })
}

/// A block that writes lines together as long as they are good, and one by one where they are not.
fn block(write_some: &str, write_one: &str) -> String {
    let body = format!(
        "#variable_conflict use_column
DECLARE lines pg_temp.{STAGE}[]; line pg_temp.{STAGE}; place bigint := 0; good boolean := true;
  code text; message text; detail text; context text; of_column text; of_constraint text;
BEGIN
  FOR lines IN SELECT array_agg(n.line ORDER BY n.place)
    FROM (SELECT t AS line, row_number() OVER (ORDER BY t.ctid) - 1 AS place
          FROM pg_temp.{STAGE} AS t) AS n
    GROUP BY n.place / {TOGETHER} ORDER BY n.place / {TOGETHER}
  LOOP
    IF good THEN
      BEGIN
        {write_some};
        place := place + cardinality(lines);
        CONTINUE;
      EXCEPTION WHEN {OF_A_ROW} THEN
        NULL;
      END;
    END IF;
    good := true;
    FOREACH line IN ARRAY lines LOOP
      BEGIN
        {write_one};
      EXCEPTION WHEN {OF_A_ROW} THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
          detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT,
          of_column = COLUMN_NAME, of_constraint = CONSTRAINT_NAME;
        INSERT INTO pg_temp.{NOTED}
          VALUES (place, code, message, detail, context, of_column, of_constraint);
        good := false;
      END;
      place := place + 1;
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

/// The batch's row that a note is about, and what it says.
fn read<'n>(note: &'n Row, lines: &[usize]) -> Result<(usize, Refused<'n>), SinkError> {
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
    Ok((row, refused))
}
