//! `sluice compare`: a function answers questions about its own database. Each question is one
//! invocation, so Lambda's limits apply: an answer stays below 6 MB, and if the time is over, the
//! answer says where the next one continues.
//!
//! The question is JSON within `{"sluice":"compare","ask":…}`; its member `what` is one of
//!
//! - `describe`: the columns of a `table`, its primary key and how many rows it has;
//! - `sums`: for each of `buckets` the number of rows and the sum of their hashes;
//! - `rows`: key and hash of each row whose bucket is one of `within`;
//! - `look`: for each of `keys` a hash of every column, or its text if `values` is set.
//!
//! The last three have `columns`, each with the class as which it is compared, and the indexes of
//! the `key` among them. The bucket of a row follows from the hash of its key, or of the whole row
//! without a key. Buckets and sums do not depend on the order of the rows, because databases with
//! different collations sort differently. `after` in an answer says where reading continues; the
//! next question repeats it.

mod collector;
mod question;

use std::ops::ControlFlow;

use serde_json::{Value, json};
use sluice_bridge::compare::{Compare, Line, Reached, Selection};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;
use tokio::time::{Instant, timeout_at};

use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use collector::{RowCollector, Rows, Sums, Values};
use question::{Question, QuestionKind};

const OPEN: &[u8] = br#"{"sluice":"compare","ask":"#;
const CLOSE: &[u8] = b"}";

/// The number of rows between two checks of the deadline.
const LOOK_EVERY: u64 = 64;

/// The question, if the body has exactly the form that `sluice compare` writes.
pub(crate) fn asked(body: &[u8]) -> Option<&[u8]> {
    body.strip_prefix(OPEN)?.strip_suffix(CLOSE)
}

/// Answers one question about a table.
///
/// # Errors
/// The question is not valid, the table cannot be read, or the time is too short for one row.
pub(crate) async fn run<S: Compare>(
    sink: &mut S,
    question: &[u8],
    deadline: Deadline,
) -> Result<LambdaResponse, Failed> {
    let not_valid = |why: String| Failed::new(Kind::NotAnEvent, format!("not a question: {why}"));
    let question: Question =
        serde_json::from_slice(question).map_err(|wrong| not_valid(wrong.to_string()))?;
    let answering = async {
        match question.what {
            QuestionKind::Describe => describe(sink, &question.table().map_err(not_valid)?).await,
            what => {
                let selection = question.selection().map_err(not_valid)?;
                match what {
                    QuestionKind::Rows => {
                        read(sink, &selection, deadline, Rows::of(&question)).await
                    }
                    QuestionKind::Look => {
                        read(sink, &selection, deadline, Values::of(&question)).await
                    }
                    _ => read(sink, &selection, deadline, Sums::of(&question)).await,
                }
            }
        }
    };
    let answered = timeout_at(deadline.settle(), answering).await;
    let late = "the server did not answer in time: give the function more time (--timeout)";
    answered.unwrap_or_else(|_| Err(Failed::new(Kind::Transient, late))).map(LambdaResponse)
}

async fn describe<S: Compare>(sink: &mut S, table: &TableName) -> Result<Value, Failed> {
    let described = sink.describe(table).await.map_err(|error| Failed::refused(&error))?;
    let Some(described) = described else {
        return Err(Failed::new(Kind::Fatal, format!("table {table} does not exist")));
    };
    let column = |column: &sluice_bridge::compare::Described| json!({ "name": column.name, "type": column.shown, "class": column.class.name() });
    let columns: Vec<Value> = described.columns.iter().map(column).collect();
    Ok(json!({ "columns": columns, "key": described.key, "rows": described.rows }))
}

/// Reads rows into a collector until all rows are read, the answer is full, or the time is over.
async fn read<S: Compare>(
    sink: &mut S,
    selection: &Selection,
    deadline: Deadline,
    mut collector: impl RowCollector,
) -> Result<Value, Failed> {
    let mut rows = 0_u64;
    let mut each = |line: &Line| {
        collector.add(line, &selection.key);
        rows += 1;
        let is_late = rows.is_multiple_of(LOOK_EVERY) && Instant::now() >= deadline.write();
        if is_late || collector.is_full() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let reached = sink.read(selection, &mut each).await;
    let after = match reached.map_err(|error| Failed::refused(&error))? {
        Reached::End => None,
        Reached::Stopped(Some(place)) => Some(place),
        Reached::Stopped(None) => {
            let stuck = "the table was not read to its end, and without a primary key reading cannot continue there: give the function more time (--timeout), or add a primary key";
            return Err(Failed::refused(&SinkError::fatal(stuck)));
        }
    };
    Ok(json!({ "rows": rows, "found": collector.found(), "after": after }))
}

#[cfg(test)]
mod tests;
