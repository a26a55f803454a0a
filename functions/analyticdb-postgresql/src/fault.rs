//! Classifies the server's errors by SQLSTATE, and decides which texts a letter may contain.
//!
//! Codes: "PostgreSQL Error Codes" in the manual. The server's message may quote a value, so for refused rows
//! it is kept separately, as the detail.
//!
//! Not here: what is done about an error.

pub(crate) mod refusal;

use std::error::Error as _;

use sluice_bridge::model::failure::{Cause, Fault, SinkError};

pub(crate) use crate::fault::refusal::Refused;
use crate::fault::refusal::{RAISE_ROUTINE, is_server_code};
use tokio_postgres::Error;
use tokio_postgres::error::DbError;

/// The codes that input functions of types return for a value: a syntax error, or an invalid, unknown or
/// ambiguous name.
const INPUT_ERRORS: [&str; 7] = ["42601", "42602", "42704", "42725", "42883", "42P01", "3F000"];

/// The codes for an object that another session creates at the same time: a column, a table, the table's type
/// (42710), or a row in an index of the catalog (23505).
const ALREADY_EXISTS: [&str; 4] = ["42701", "42P07", "42710", "23505"];

/// Whether the object already exists, or another session creates it now.
pub(crate) fn already_exists(error: &Error) -> bool {
    error.code().is_some_and(|code| ALREADY_EXISTS.contains(&code.code()))
}

/// Whether a new session may succeed. A standby stays a standby, and a role's settings are read at login. A
/// lock of another session blocks a new session too.
pub(crate) fn needs_new_session(error: &SinkError) -> bool {
    const ANY_SESSION: [&str; 4] = ["40001", "40P01", "55006", "55P03"];
    let is_any = |code: &str| ANY_SESSION.contains(&code);
    !matches!(error.fault, Fault::Data(_)) && !error.cause.code.as_deref().is_some_and(is_any)
}

/// Classifies an error.
pub(crate) fn classify(error: &Error) -> SinkError {
    match error.as_db_error() {
        Some(error) => server(error, None),
        None => SinkError { fault: without_code(error), cause: Cause::new(error_chain(error)) },
    }
}

/// Classifies the error of a statement for which the server reads text. Input functions of types such as
/// `tsquery`, `jsonpath` and `regclass` report an invalid value as a syntax error or an unknown name. If the
/// error were in the statement, it would have a position in it or in a function.
pub(crate) fn classify_input(error: &Error) -> SinkError {
    match error.as_db_error() {
        Some(error)
            if INPUT_ERRORS.contains(&error.code().code())
                && error.position().is_none()
                && error.where_().is_none() =>
        {
            SinkError { fault: Fault::Data(None), cause: Refused::from(error).cause() }
        }
        _ => classify(error),
    }
}

/// Classifies the error of a PL/pgSQL block, whose context does not show whether a value is invalid. The rows
/// are then tried one by one.
pub(crate) fn classify_block(error: &Error) -> SinkError {
    match error.as_db_error() {
        Some(error) if INPUT_ERRORS.contains(&error.code().code()) => {
            SinkError { fault: Fault::Data(None), cause: Refused::from(error).cause() }
        }
        _ => classify(error),
    }
}

/// Classifies the error of a statement without rows, for which no row can be the cause.
pub(crate) fn classify_outside_rows(error: &Error) -> SinkError {
    let classified = classify(error);
    match (classified.fault, error.as_db_error()) {
        (Fault::Data(_), Some(error)) => {
            SinkError { fault: Fault::Fatal, cause: other_cause(error) }
        }
        _ => classified,
    }
}

/// Classifies the error of a login. Poolers have one code for all errors, so their messages are examined.
pub(crate) fn classify_login(attempt: &str, error: &Error) -> SinkError {
    let classified = classify_attempt(attempt, error);
    let is_login_refused = |error: &DbError| match error.code().code() {
        "08P01" => ["authentication failed", "no such user"]
            .iter()
            .any(|words| error.message().contains(words)),
        code => code.starts_with("28"),
    };
    match error.as_db_error() {
        Some(error) if is_login_refused(error) => {
            SinkError { fault: Fault::Unauthorized, ..classified }
        }
        _ => classified,
    }
}

/// Classifies an error outside rows. The message starts with the attempt that failed.
pub(crate) fn classify_attempt(attempt: &str, error: &Error) -> SinkError {
    let SinkError { fault, cause } = classify_outside_rows(error);
    let message = format!("{attempt}: {}", sluice_tls::explain(&cause.message));
    SinkError { fault, cause: Cause { message: message.into(), ..cause } }
}

/// Classifies the error of a COPY into the table with this name. The server names the line that failed, which
/// is used only if no function can have written it. `named` converts the server's column name.
pub(crate) fn classify_copy(
    error: &Error,
    table: &str,
    named: impl Fn(String) -> Option<String>,
) -> SinkError {
    let renamed = |position: CopyPosition| CopyPosition {
        column: position.column.and_then(&named),
        ..position
    };
    match error.as_db_error() {
        Some(error) => server(error, CopyPosition::of(error, table).map(renamed)),
        None => classify(error),
    }
}

/// Classifies a code. If a code has two meanings, the server's routine decides.
pub(crate) fn fault(code: &str, routine: Option<&str>) -> Fault {
    match code {
        // Row-level security and check options of views refuse rows with the code of a missing privilege.
        // Only the server's routine distinguishes them in every language.
        "42501" if routine == Some("ExecWithCheckOptions") => Fault::Data(None),
        // The encoding does not match the table, although its definition was locked: this is our error.
        "22P03" | "22P04" => Fault::Fatal,
        // In a pooled connection, another client has created or dropped a statement with our name. The next
        // attempt uses a different name.
        "26000" | "42P05" => Fault::Transient,
        "40001" | "40P01" | "40003" | "55P03" | "55006" | "57014" | "57P01" | "57P02" | "57P03"
        | "57P05" | "25006" | "25P03" => Fault::Transient,
        // 54000 is a key that is too long for its index. The other codes are from PL/pgSQL: RAISE, STRICT and
        // ASSERT in a trigger of the user.
        "21000" | "44000" | "54000" | "P0001" | "P0002" | "P0003" | "P0004" => Fault::Data(None),
        own if routine == Some(RAISE_ROUTINE) && !is_server_code(own) => Fault::Data(None),
        _ => match code.get(..2) {
            Some("22" | "23") => Fault::Data(None),
            Some("08" | "53" | "58") => Fault::Transient,
            _ => Fault::Fatal,
        },
    }
}

fn server(error: &DbError, position: Option<CopyPosition>) -> SinkError {
    let code = error.code().code();
    // A pooler has one code for all errors.
    if code == "08P01" && error.message().starts_with("unsupported startup parameter") {
        return SinkError { fault: Fault::Fatal, cause: other_cause(error) };
    }
    match fault(code, error.routine()) {
        Fault::Data(_) => {
            let (line, column) =
                position.map_or((None, None), |position| (Some(position.line), position.column));
            let refused = Refused::from(error);
            let column = refused.column.or(column.as_deref());
            SinkError { fault: Fault::Data(line), cause: Refused { column, ..refused }.cause() }
        }
        fault => SinkError { fault, cause: other_cause(error) },
    }
}

/// The server's message, unless a user-defined function was involved, whose messages may contain anything. A
/// context that is only COPY's own line comes from the server.
fn other_cause(error: &DbError) -> Cause {
    let code = Some(error.code().code().into());
    let own = error
        .where_()
        .is_none_or(|context| context.starts_with("COPY ") && !context.contains('\n'));
    if own && error.routine() != Some(RAISE_ROUTINE) {
        return Cause { code, ..Cause::new(error.message()) };
    }
    let detail = Some(error.message().into());
    let what = match error.code().code() {
        "57014" => {
            "a statement in a function of the database exceeds statement_timeout, or was cancelled"
        }
        "55P03" => "a function of the database waits for a lock longer than lock_timeout",
        "40P01" => "a function of the database detects a deadlock",
        "40001" => "a function of the database conflicts with a concurrent update",
        "25006" => "a function of the database writes in a read-only transaction",
        _ => "a function of the database fails",
    };
    Cause { code, detail, ..Cause::new(what) }
}

/// A lost connection is transient; a refused certificate is fatal.
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

fn error_chain(error: &Error) -> String {
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

/// The line and column at which COPY failed.
struct CopyPosition {
    /// The line, from 0.
    line: usize,
    column: Option<String>,
}

impl CopyPosition {
    /// Reads `COPY table, line N` or `COPY table, line N, column c`, which COPY adds at the end of an error's
    /// context, after the context of triggers. In other languages than English the text differs, and the row
    /// is found by bisection.
    fn of(error: &DbError, table: &str) -> Option<Self> {
        let (before, rest) = error.where_()?.rsplit_once(&format!("COPY {table}, line "))?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (line, rest) = rest.split_at(digits);
        let column = rest.strip_prefix(", column ");
        let is_last_line =
            (before.is_empty() || before.ends_with('\n')) && (rest.is_empty() || column.is_some());
        let line = line.parse::<usize>().ok().filter(|_| is_last_line)?.checked_sub(1)?;
        Some(Self { line, column: column.map(str::to_owned) })
    }
}
