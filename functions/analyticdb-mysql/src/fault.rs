//! What an error of the server means for us: the table of its numbers. The words for a refused row are
//! in `refusal`.
//!
//! Numbers: "Server Error Message Reference" of MySQL's manual, "MariaDB Error Code Reference". The
//! server's own message may quote a value, so for bad rows it is kept apart as detail.
//!
//! Not here: what is then done about it.

pub(crate) mod refusal;

use mysql_async::{DriverError, Error, ServerError};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_mysql::is_refused;

use refusal::refused;

/// There is no such table, no such database.
const NO_TABLE: [u16; 2] = [1146, 1049];
/// What cannot be made for what is asked: a name that is too long or wrong, a key of too many columns
/// or bytes, too many columns, rows that are too long.
const NOT_MAKEABLE: [u16; 7] = [1059, 1166, 1070, 1071, 1117, 1118, 1074];
/// What is to be made is there: a table, a column.
const MADE: [u16; 2] = [1050, 1060];
/// A privilege is missing, of a table or of a column; or a table without transactions must not be
/// locked beside others (GTID consistency).
const NOT_ALLOWED: [u16; 3] = [1142, 1143, 1785];

/// What the server calls a key that is there already.
pub(crate) const DUPLICATE: &str = "1062";

/// Whether there is no such table.
pub(crate) fn is_no_table(error: &Error) -> bool {
    number(error).is_some_and(|number| NO_TABLE.contains(&number))
}

/// Whether a question would look at more rows than `max_join_size` allows.
pub(crate) fn is_too_big(error: &Error) -> bool {
    number(error) == Some(1104)
}

/// Whether what was to be made is there already.
pub(crate) fn is_made(error: &Error) -> bool {
    number(error).is_some_and(|number| MADE.contains(&number))
}

/// Whether a statement is not allowed here.
pub(crate) fn is_not_allowed(error: &Error) -> bool {
    number(error).is_some_and(|number| NOT_ALLOWED.contains(&number))
}

/// Whether a row is refused for what it refers to, or for what refers to it.
pub(crate) fn is_reference(cause: &Cause) -> bool {
    matches!(cause.code.as_deref(), Some("1216" | "1217" | "1451" | "1452"))
}

fn number(error: &Error) -> Option<u16> {
    match error {
        Error::Server(error) => Some(error.code),
        _ => None,
    }
}

/// Tells what to do about an error.
pub(crate) fn classify(error: &Error) -> SinkError {
    match error {
        Error::Server(error) => server(error, false),
        Error::Io(_) | Error::Driver(DriverError::ConnectionClosed) => {
            SinkError::transient(format!("the connection is lost: {error}"))
        }
        // What was read may be in its words.
        Error::Driver(DriverError::FromValue { .. } | DriverError::FromRow { .. }) => {
            SinkError::fatal("the server answers with something else than was asked for")
        }
        Error::Driver(DriverError::UnexpectedPacket { .. } | DriverError::PacketOutOfOrder) => {
            SinkError::transient("the server's answer cannot be read")
        }
        other => SinkError::fatal(other.to_string()),
    }
}

/// The same where a trigger may have refused a row in numbers and states of its author's own. A server
/// without triggers has them for itself.
pub(crate) fn classify_row(error: &Error, has_triggers: bool) -> SinkError {
    match error {
        Error::Server(error) => server(error, has_triggers),
        other => classify(other),
    }
}

/// The same where no row is involved: then none can be at fault.
pub(crate) fn classify_outside_rows(error: &Error) -> SinkError {
    let classified = classify(error);
    match (classified.fault, error) {
        (Fault::Data(_), Error::Server(error)) => {
            SinkError { fault: Fault::Fatal, cause: refused(error) }
        }
        _ => classified,
    }
}

/// The same of a commit: if its answer is lost, nobody knows.
pub(crate) fn classify_commit(error: &Error) -> SinkError {
    match error {
        Error::Server(_) => classify_outside_rows(error),
        _ => SinkError::transient(
            "the connection was lost at the commit, and its outcome is unknown",
        ),
    }
}

/// The same, what could not be done said first.
pub(crate) fn classify_attempt(attempt: &str, error: &Error) -> SinkError {
    let SinkError { fault, cause } = classify_outside_rows(error);
    let message = format!("{attempt}: {}", cause.message);
    SinkError { fault, cause: Cause { message: message.into(), ..cause } }
}

/// The same of a statement that makes a table or columns: what records ask for may be at fault, and
/// the column is named where the server does.
pub(crate) fn classify_definition(attempt: &str, error: &Error) -> SinkError {
    let classified = classify_attempt(attempt, error);
    match error {
        // MariaDB's way to say that a table has too many columns.
        Error::Server(error) if error.code == 1005 && error.message.contains("errno: 185 ") => {
            let cause = Cause {
                code: Some("1005".into()),
                ..Cause::new(format!("{attempt}: {}", refusal::unmakeable(1117)))
            };
            SinkError::data(None, cause)
        }
        Error::Server(error) if NOT_MAKEABLE.contains(&error.code) => {
            let message = format!("{attempt}: {}", refusal::unmakeable(error.code));
            let named = error.message.split('\'').nth(1).filter(|_| error.code == 1166);
            let cause = Cause {
                message: message.into(),
                column: named.map(Into::into),
                code: Some(error.code.to_string().into()),
                detail: Some(error.message.as_str().into()),
                ..Cause::default()
            };
            SinkError::data(None, cause)
        }
        _ => classified,
    }
}

fn server(error: &ServerError, has_triggers: bool) -> SinkError {
    match fault(error) {
        Fault::Fatal if has_triggers && is_of_an_author(error) => {
            SinkError { fault: Fault::Data(row(&error.message)), cause: refused(error) }
        }
        Fault::Data(row) => SinkError { fault: Fault::Data(row), cause: refused(error) },
        fault => SinkError { fault, cause: other_cause(error) },
    }
}

fn fault(error: &ServerError) -> Fault {
    match error.code {
        // Some servers let in whoever's password has expired, and then do nothing for them.
        refused if is_refused(refused) => Fault::Unauthorized,
        // A deadlock has undone the transaction, a lock waited for in vain the statement; 1020 is
        // MariaDB's word for a row that another transaction changed meanwhile.
        1205 | 1213 | 3572 | 1020 | 1613 | 1614 | 1689 => Fault::Transient,
        // Too many connections, for all or for one user.
        1040 | 1203 | 1226 => Fault::Transient,
        // Shutting down, killed, interrupted, timed out, gone.
        1053
        | 1077
        | 1079
        | 1152
        | 1158..=1161
        | 1184
        | 1317
        | 1927
        | 1969
        | 3024
        | 3032
        | 3101
        | 3168
        | 3169
        | 4031 => Fault::Transient,
        // A replica after a failover. 1290 is the word for many an option.
        1792 | 1836 | 1874 | 3100 => Fault::Transient,
        1290 if error.message.contains("read-only") => Fault::Transient,
        1290 if error.message.contains("read_only") => Fault::Transient,
        // No room, no memory, no more transactions or prepared statements; 28 is the system's word
        // for a full disk.
        1021 | 1026 | 1037 | 1038 | 1041 | 1114 | 1135 | 1180 | 1461 | 1637 => Fault::Transient,
        1030 if error.message.starts_with("Got error 28 ") => Fault::Transient,
        // A node of a Galera cluster that is not ready.
        1047 if error.message.contains("WSREP") => Fault::Transient,
        // Another table definition, or another connection behind a proxy, than a moment ago.
        1243 | 1412 | 1615 => Fault::Transient,
        _ if is_of_a_row(error) => Fault::Data(row(&error.message)),
        _ => Fault::Fatal,
    }
}

/// Whether only the author of a trigger can have chosen the number or the state. Servers tell clients
/// no number from 10,000 on ("Error Message Components" of the manual); classes from 5 and from I on
/// are left to implementations, which have 70100 and XA of them.
fn is_of_an_author(error: &ServerError) -> bool {
    let is_free = matches!(error.state.as_bytes(), [b'5'..=b'9' | b'I'..=b'Z', ..]);
    let is_servers = error.state == "70100" || error.state.starts_with("XA");
    error.code >= 10_000 || is_free && !is_servers
}

fn is_of_a_row(error: &ServerError) -> bool {
    match error.code {
        // Keys, nulls, defaults, foreign keys, checks, partitions.
        1022 | 1048 | 1062 | 1169 | 1216 | 1217 | 1364 | 1369 | 1423 | 1451 | 1452 | 1526
        | 1557 | 1586 | 1591 | 1748 | 1761 | 1762 | 3673 | 3819 | 4025 => true,
        // Values that their column cannot hold.
        1264 | 1265 | 1292 | 1299 | 1300 | 1365 | 1366 | 1367 | 1406 | 1411 | 1416 | 1425
        | 1426 | 1427 | 1439 | 1441 | 1525 | 1690 | 1918 | 1977 | 3854 | 3988 => true,
        // Expressions that are indexed. 1235 is the word for all that is not supported yet.
        3751 | 3752 | 3903..=3908 => true,
        1235 => error.message.contains("CAST-ing "),
        // Documents, shapes.
        1210
        | 1582
        | 3033
        | 3037
        | 3055
        | 3140..=3158
        | 3516
        | 3548
        | 3616
        | 3617
        | 3643
        | 3669
        | 3732
        | 4037
        | 4038
        | 4042
        | 4076
        | 4079 => true,
        // Rows that are too long, with their indexes.
        1118 | 1301 | 1713 => true,
        // Patterns: ours has none, a row's may be one.
        3685..=3699 => true,
        // Vectors.
        6136 => true,
        // What a trigger says by SIGNAL; what it looks for and finds several times or not at all. No
        // statement of ours has such a subquery.
        1643 | 1644 | 1172 | 1242 | 1329 => true,
        _ => error.state == "45000",
    }
}

/// The row in `… at row N`, which MySQL counts from 1.
fn row(message: &str) -> Option<usize> {
    let (_, digits) = message.rsplit_once(" at row ")?;
    digits.parse::<usize>().ok()?.checked_sub(1)
}

/// The server's own words, save where they quote the statement.
fn other_cause(error: &ServerError) -> Cause {
    let code = Some(error.code.to_string().into());
    match matches!(error.code, 1064 | 1149) {
        false => Cause { code, ..Cause::new(&*error.message) },
        true => {
            let detail = Some(error.message.as_str().into());
            Cause { code, detail, ..Cause::new("the server does not understand the statement") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u16, message: &str) -> SinkError {
        let error = ServerError { code, message: message.into(), state: "HY000".into() };
        classify(&Error::Server(error))
    }

    #[test]
    fn a_refused_row_is_told_without_its_value() {
        for message in [
            "Incorrect integer value: 'secret' for column `db`.`t`.`n` at row 7",
            "Incorrect integer value: 'secret' for column 'n' at row 7",
            "Incorrect integer value: 'x for column 'y' at row 9' for column 'n' at row 7",
        ] {
            let SinkError { fault, cause } = of(1366, message);
            assert_eq!(fault, Fault::Data(Some(6)));
            assert_eq!(cause.column.as_deref(), Some("n"));
            assert!(!cause.message.contains("secret"), "{cause}");
        }
        let SinkError { fault, cause } = of(1062, "Duplicate entry 'secret' for key 't.by_name'");
        assert_eq!(fault, Fault::Data(None));
        assert!(cause.message.starts_with("constraint \"t.by_name\""), "{cause}");
        assert!(!cause.message.contains("secret"), "{cause}");
    }

    #[test]
    fn what_is_unknown_is_fatal_and_what_passes_is_transient() {
        assert_eq!(of(1105, "Unknown error").fault, Fault::Fatal);
        assert_eq!(of(1213, "Deadlock found").fault, Fault::Transient);
        let read_only = "The MariaDB server is running with the --read-only option so it cannot execute this statement";
        assert_eq!(of(1290, read_only).fault, Fault::Transient);
        let option = "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement";
        assert_eq!(of(1290, option).fault, Fault::Fatal);
    }

    #[test]
    fn a_statement_is_not_quoted() {
        let SinkError { fault, cause } = of(1064, "You have an error … near 'secret' at line 1");
        assert_eq!(fault, Fault::Fatal);
        assert!(!cause.message.contains("secret"), "{cause}");
    }
}
