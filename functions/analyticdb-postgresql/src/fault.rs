//! What an error of the server means for us: the table of SQLSTATEs, and the words a letter
//! may carry.
//!
//! Codes: "PostgreSQL Error Codes" in the manual. The server's own message may quote a value,
//! so for bad rows it is kept apart as detail.
//!
//! Not here: what is then done about it.

pub(crate) mod refusal;

use std::error::Error as _;

use sluice_bridge::model::failure::{Cause, Fault, SinkError};

pub(crate) use crate::fault::refusal::Refused;
use crate::fault::refusal::{RAISED, is_servers};
use tokio_postgres::Error;
use tokio_postgres::error::DbError;

/// What input functions say of a value: a syntax error, or a name that is none, is unknown, or
/// is several.
const READING: [&str; 7] = ["42601", "42602", "42704", "42725", "42883", "42P01", "3F000"];

/// What the server says to whoever makes something that another makes at the same moment: a
/// column, a table, the table's type (42710), or a row of the catalog's own index (23505).
const MADE: [&str; 4] = ["42701", "42P07", "42710", "23505"];

/// Whether what was to be made is there already, or just being made.
pub(crate) fn is_made(error: &Error) -> bool {
    error.code().is_some_and(|code| MADE.contains(&code.code()))
}

/// Whether another session may fare better. A server that has become a standby stays one, and what
/// a role is set to is learnt at the login; of a lock that somebody holds no session is rid.
pub(crate) fn spends_session(error: &SinkError) -> bool {
    const ANY_SESSION: [&str; 4] = ["40001", "40P01", "55006", "55P03"];
    let is_any = |code: &str| ANY_SESSION.contains(&code);
    !matches!(error.fault, Fault::Data(_)) && !error.cause.code.as_deref().is_some_and(is_any)
}

/// Tells what to do about an error.
pub(crate) fn classify(error: &Error) -> SinkError {
    match error.as_db_error() {
        Some(error) => server(error, None),
        None => SinkError { fault: without_code(error), cause: Cause::new(chain(error)) },
    }
}

/// The same of a statement that has the server read text. Input functions of types such as
/// `tsquery`, `jsonpath` and `regclass` call a bad value a syntax error or an unknown name; were
/// it about the statement, the server would say where in it, or in whose function.
pub(crate) fn classify_reading(error: &Error) -> SinkError {
    match error.as_db_error() {
        Some(error)
            if READING.contains(&error.code().code())
                && error.position().is_none()
                && error.where_().is_none() =>
        {
            SinkError { fault: Fault::Data(None), cause: Refused::from(error).cause() }
        }
        _ => classify(error),
    }
}

/// The same of a block of ours, in whose context nobody can be told from us: what may be said of a
/// bad value is found out row by row.
pub(crate) fn classify_block(error: &Error) -> SinkError {
    match error.as_db_error() {
        Some(error) if READING.contains(&error.code().code()) => {
            SinkError { fault: Fault::Data(None), cause: Refused::from(error).cause() }
        }
        _ => classify(error),
    }
}

/// The same where no row is involved: then none can be at fault.
pub(crate) fn classify_outside_rows(error: &Error) -> SinkError {
    let classified = classify(error);
    match (classified.fault, error.as_db_error()) {
        (Fault::Data(_), Some(error)) => {
            SinkError { fault: Fault::Fatal, cause: other_cause(error) }
        }
        _ => classified,
    }
}

/// The same of a login. Poolers have one code for all they have to say, so their words are asked.
pub(crate) fn classify_login(attempt: &str, error: &Error) -> SinkError {
    let classified = classify_attempt(attempt, error);
    let is_refused = |error: &DbError| match error.code().code() {
        "08P01" => ["authentication failed", "no such user"]
            .iter()
            .any(|words| error.message().contains(words)),
        code => code.starts_with("28"),
    };
    match error.as_db_error() {
        Some(error) if is_refused(error) => SinkError { fault: Fault::Unauthorized, ..classified },
        _ => classified,
    }
}

/// The same, what could not be done said first.
pub(crate) fn classify_attempt(attempt: &str, error: &Error) -> SinkError {
    let SinkError { fault, cause } = classify_outside_rows(error);
    let message = format!("{attempt}: {}", sluice_tls::explain(&cause.message));
    SinkError { fault, cause: Cause { message: message.into(), ..cause } }
}

/// The same for a COPY into the table of this name: the server says which line it stumbled
/// over, and is believed only where nobody else can have written it. `named` tells which column it
/// means.
pub(crate) fn classify_copy(
    error: &Error,
    table: &str,
    named: impl Fn(String) -> Option<String>,
) -> SinkError {
    let renamed = |place: Place| Place { column: place.column.and_then(&named), ..place };
    match error.as_db_error() {
        Some(error) => server(error, Place::of(error, table).map(renamed)),
        None => classify(error),
    }
}

/// What a code means; of two that are alike, by the routine of the server that gave it.
pub(crate) fn fault(code: &str, routine: Option<&str>) -> Fault {
    match code {
        // Row-level security and check options of views refuse rows with the code of a
        // missing privilege; only the server's routine tells them apart in every language.
        "42501" if routine == Some("ExecWithCheckOptions") => Fault::Data(None),
        // The table is not what we encoded for: it was held as it is, so we are wrong.
        "22P03" | "22P04" => Fault::Fatal,
        // A pooled connection in which somebody left a statement of the name we took, or took ours
        // away: the next attempt takes another.
        "26000" | "42P05" => Fault::Transient,
        "40001" | "40P01" | "40003" | "55P03" | "55006" | "57014" | "57P01" | "57P02" | "57P03"
        | "57P05" | "25006" | "25P03" => Fault::Transient,
        // A key too long for its index is 54000.
        // Codes of PL/pgSQL: RAISE, STRICT and ASSERT in somebody's trigger, which works with the row.
        "21000" | "44000" | "54000" | "P0001" | "P0002" | "P0003" | "P0004" => Fault::Data(None),
        own if routine == Some(RAISED) && !is_servers(own) => Fault::Data(None),
        _ => match code.get(..2) {
            Some("22" | "23") => Fault::Data(None),
            Some("08" | "53" | "58") => Fault::Transient,
            _ => Fault::Fatal,
        },
    }
}

fn server(error: &DbError, place: Option<Place>) -> SinkError {
    let code = error.code().code();
    // A pooler has one code for all it has to say.
    if code == "08P01" && error.message().starts_with("unsupported startup parameter") {
        return SinkError { fault: Fault::Fatal, cause: other_cause(error) };
    }
    match fault(code, error.routine()) {
        Fault::Data(_) => {
            let (line, column) =
                place.map_or((None, None), |place| (Some(place.line), place.column));
            let refused = Refused::from(error);
            let column = refused.column.or(column.as_deref());
            SinkError { fault: Fault::Data(line), cause: Refused { column, ..refused }.cause() }
        }
        fault => SinkError { fault, cause: other_cause(error) },
    }
}

/// The server's own words, unless somebody's function had a part in them: those may hold
/// anything. What follows COPY's own line of context is the server's.
fn other_cause(error: &DbError) -> Cause {
    let code = Some(error.code().code().into());
    let own = error
        .where_()
        .is_none_or(|context| context.starts_with("COPY ") && !context.contains('\n'));
    if own && error.routine() != Some(RAISED) {
        return Cause { code, ..Cause::new(error.message()) };
    }
    let detail = Some(error.message().into());
    let what = match error.code().code() {
        "57014" => {
            "a statement within a function in the database takes longer than statement_timeout allows, or was cancelled"
        }
        "55P03" => "a function in the database waits for a lock longer than lock_timeout allows",
        "40P01" => "a function in the database ran into a deadlock",
        "40001" => "a function in the database met a concurrent change",
        "25006" => "a function in the database writes where only reading is allowed",
        _ => "a function in the database fails",
    };
    Cause { code, detail, ..Cause::new(what) }
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

/// Where COPY stumbled.
struct Place {
    /// Counted from zero.
    line: usize,
    column: Option<String>,
}

impl Place {
    /// Reads `COPY table, line N` or `COPY table, line N, column c`, which COPY writes last into
    /// an error's context, after whatever a trigger may have to say. In another language than
    /// English it reads otherwise, and halving finds the row.
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
