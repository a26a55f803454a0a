//! What an error of the server means for us: the table of SQLSTATEs, and the words a letter
//! may carry.
//!
//! Codes: "PostgreSQL Error Codes" in the manual. The server's own message may quote a value,
//! so for bad rows it is kept apart as detail.

use std::error::Error as _;

use sluice_bridge::failure::{Cause, Fault, SinkError};
use tokio_postgres::Error;
use tokio_postgres::error::DbError;

/// Tells what to do about an error.
pub(crate) fn classify(error: &Error) -> SinkError {
    match error.as_db_error() {
        Some(error) => server(error),
        None => SinkError { fault: without_code(error), cause: Cause::new(chain(error)) },
    }
}

fn server(error: &DbError) -> SinkError {
    let code = error.code().code();
    let fault = match code {
        // Row-level security and check options of views refuse rows with the code of a
        // missing privilege; only the server's routine tells them apart in every language.
        "42501" if error.routine() == Some("ExecWithCheckOptions") => Fault::Data(None),
        // The table is not what we encoded for: it changed a moment ago, or we are wrong.
        "22P03" | "22P04" => Fault::Fatal,
        "40001" | "40P01" | "40003" | "55P03" | "55006" | "57014" | "57P01" | "57P02" | "57P03"
        | "57P05" | "25006" => Fault::Transient,
        // RAISE EXCEPTION of somebody's trigger speaks of the row, as does a key too long for
        // its index (54000).
        "21000" | "44000" | "P0001" | "54000" => Fault::Data(None),
        _ => match &code[..2] {
            "22" | "23" => Fault::Data(None),
            "08" | "53" | "58" => Fault::Transient,
            _ => Fault::Fatal,
        },
    };
    match fault {
        Fault::Data(_) => {
            SinkError { fault: Fault::Data(copy_line(error)), cause: data_cause(error) }
        }
        fault => {
            let code = Some(code.into());
            SinkError { fault, cause: Cause { code, ..Cause::new(error.message()) } }
        }
    }
}

/// A lost connection is the world's fault, a refused certificate is ours.
fn without_code(error: &Error) -> Fault {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<rustls::Error>() {
            return Fault::Fatal;
        }
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            let tls = io.get_ref().is_some_and(is_tls);
            return if tls { Fault::Fatal } else { Fault::Transient };
        }
        source = cause.source();
    }
    if error.is_closed() { Fault::Transient } else { Fault::Fatal }
}

fn is_tls(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.is::<rustls::Error>()
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}

/// What may be said of a refused row, without a value.
fn data_cause(error: &DbError) -> Cause {
    let code = error.code().code();
    let column = error.column().map(str::to_owned).or_else(|| copy_column(error));
    let what = match code {
        "22001" => "the value is too long for its column",
        "22003" => "the number is out of the column's range",
        "22007" | "22008" => "the text is no date or time the column can hold",
        "22021" => "the text holds a character the database cannot store",
        "22P02" => "the text is not in the form the column's type needs",
        "22P05" => "the JSON text holds a character the database cannot store",
        "23502" => "the column must not be null",
        "23503" => "a foreign key finds no such row, or is still used",
        "23505" => "a row with this key is already there",
        "23514" => "a check does not hold",
        "23P01" => "an exclusion does not hold",
        "42501" | "44000" => "a policy or a view's check does not allow the row",
        "54000" => "the row is too large for the table or an index",
        "P0001" => "a trigger refuses the row",
        _ => "the database refuses the row",
    };
    let place = match (&column, error.constraint()) {
        (Some(column), _) => format!("column \"{column}\": "),
        (None, Some(constraint)) => format!("constraint \"{constraint}\": "),
        (None, None) => String::new(),
    };
    let detail = [Some(error.message()), error.detail(), error.where_()];
    let detail: Vec<&str> = detail.into_iter().flatten().collect();
    Cause {
        column: column.map(Into::into),
        code: Some(code.into()),
        detail: Some(detail.join("; ").into()),
        ..Cause::new(format!("{place}{what}"))
    }
}

/// The row COPY stumbled over, from `COPY table, line N, column c` in the error's context. In
/// another language than English there is none, and halving finds it.
fn copy_line(error: &DbError) -> Option<usize> {
    let context = copy_context(error)?;
    let end = context.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(context.len());
    context[..end].parse::<usize>().ok()?.checked_sub(1)
}

fn copy_column(error: &DbError) -> Option<String> {
    let (_, column) = copy_context(error)?.split_once(", column ")?;
    // With text COPY the value follows the name: `column c: "value"`.
    Some(column.split(": \"").next().unwrap_or(column).to_owned())
}

/// What follows `, line ` in the last line of the context that COPY wrote.
fn copy_context(error: &DbError) -> Option<&str> {
    let copy = error.where_()?.lines().rfind(|line| line.starts_with("COPY "))?;
    Some(&copy[copy.rfind(", line ")? + ", line ".len()..])
}
