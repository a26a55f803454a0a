//! Classifies the server's errors by their numbers. The texts for a refused row are in `refusal`.
//!
//! Numbers: "Server Error Message Reference" of MySQL's manual, "MariaDB Error Code Reference". The server's
//! message may quote a value, so for refused rows it is kept separately, as the detail.
//!
//! Not here: what is done about an error.

pub(crate) mod refusal;

use mysql_async::{DriverError, Error, ServerError};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};

use refusal::refused;

/// The table or the database does not exist.
const NO_TABLE: [u16; 2] = [1146, 1049];
/// The requested table or column is impossible: an invalid or too long name, a key with too many columns or
/// bytes, too many columns, or too long rows.
const NOT_MAKEABLE: [u16; 7] = [1059, 1166, 1070, 1071, 1117, 1118, 1074];
/// The table or the column already exists.
const MADE: [u16; 2] = [1050, 1060];
/// A privilege on a table or column is missing, or GTID consistency forbids locking a table without
/// transactions together with others.
const NOT_ALLOWED: [u16; 3] = [1142, 1143, 1785];

/// The server's code for a duplicate key.
pub(crate) const DUPLICATE: &str = "1062";

/// Whether the table does not exist.
pub(crate) fn is_no_table(error: &Error) -> bool {
    number(error).is_some_and(|number| NO_TABLE.contains(&number))
}

/// Whether a query would examine more rows than `max_join_size` allows.
pub(crate) fn is_too_big(error: &Error) -> bool {
    number(error) == Some(1104)
}

/// Whether the table or column already exists.
pub(crate) fn is_made(error: &Error) -> bool {
    number(error).is_some_and(|number| MADE.contains(&number))
}

/// Whether the user is not allowed to run the statement.
pub(crate) fn is_not_allowed(error: &Error) -> bool {
    number(error).is_some_and(|number| NOT_ALLOWED.contains(&number))
}

/// Whether a row is refused because of a foreign key.
pub(crate) fn is_reference(cause: &Cause) -> bool {
    matches!(cause.code.as_deref(), Some("1216" | "1217" | "1451" | "1452"))
}

/// Whether the server refuses the credentials: they are unknown, wrong, expired or locked.
pub(crate) fn is_refused(code: u16) -> bool {
    // 4151 is MariaDB's code for a locked account.
    matches!(code, 1045 | 1698 | 1820 | 1862 | 3118 | 3955 | 4151)
}

fn number(error: &Error) -> Option<u16> {
    match error {
        Error::Server(error) => Some(error.code),
        _ => None,
    }
}

/// Classifies an error.
pub(crate) fn classify(error: &Error) -> SinkError {
    match error {
        Error::Server(error) => server(error, false),
        Error::Io(_) | Error::Driver(DriverError::ConnectionClosed) => {
            SinkError::transient(format!("the connection is lost: {error}"))
        }
        // The error's text may contain a value.
        Error::Driver(DriverError::FromValue { .. } | DriverError::FromRow { .. }) => {
            SinkError::fatal("the server returned a result of an unexpected type")
        }
        Error::Driver(DriverError::UnexpectedPacket { .. } | DriverError::PacketOutOfOrder) => {
            SinkError::transient("the server's response cannot be read")
        }
        other => SinkError::fatal(other.to_string()),
    }
}

/// Classifies the error of a statement whose rows may be refused by a trigger, with error numbers and states
/// of its author. A server without triggers uses them itself.
pub(crate) fn classify_row(error: &Error, has_triggers: bool) -> SinkError {
    match error {
        Error::Server(error) => server(error, has_triggers),
        other => classify(other),
    }
}

/// Classifies the error of a statement without rows, for which no row can be the cause.
pub(crate) fn classify_outside_rows(error: &Error) -> SinkError {
    let classified = classify(error);
    match (classified.fault, error) {
        (Fault::Data(_), Error::Server(error)) => {
            SinkError { fault: Fault::Fatal, cause: refused(error) }
        }
        _ => classified,
    }
}

/// Classifies the error of a commit. If the answer is lost, the outcome is unknown.
pub(crate) fn classify_commit(error: &Error) -> SinkError {
    match error {
        Error::Server(_) => classify_outside_rows(error),
        _ => SinkError::transient(
            "the connection was lost during the commit, so it is unknown whether the transaction is committed",
        ),
    }
}

/// Classifies an error outside rows. The message starts with the attempt that failed.
pub(crate) fn classify_attempt(attempt: &str, error: &Error) -> SinkError {
    let SinkError { fault, cause } = classify_outside_rows(error);
    let message = format!("{attempt}: {}", cause.message);
    SinkError { fault, cause: Cause { message: message.into(), ..cause } }
}

/// Classifies the error of a statement that creates a table or adds columns. The records may ask for
/// something impossible. The column is named if the server names it.
pub(crate) fn classify_definition(attempt: &str, error: &Error) -> SinkError {
    let classified = classify_attempt(attempt, error);
    match error {
        // MariaDB's error for a table with too many columns.
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
        // Some servers let a user with an expired password log in, and then refuse every statement.
        refused if is_refused(refused) => Fault::Unauthorized,
        // A deadlock rolls back the transaction, a lock wait timeout the statement. 1020 is MariaDB's code
        // for a row that another transaction has changed.
        1205 | 1213 | 3572 | 1020 | 1613 | 1614 | 1689 => Fault::Transient,
        // Too many connections, in total or of one user.
        1040 | 1203 | 1226 => Fault::Transient,
        // Shutdown, killed, interrupted, timed out, connection lost.
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
        // A replica after a failover. 1290 has other meanings too.
        1792 | 1836 | 1874 | 3100 => Fault::Transient,
        1290 if error.message.contains("read-only") => Fault::Transient,
        1290 if error.message.contains("read_only") => Fault::Transient,
        // No disk space, no memory, too many transactions or prepared statements. 28 is the system's code for
        // a full disk.
        1021 | 1026 | 1037 | 1038 | 1041 | 1114 | 1135 | 1180 | 1461 | 1637 => Fault::Transient,
        1030 if error.message.starts_with("Got error 28 ") => Fault::Transient,
        // A node of a Galera cluster that is not ready.
        1047 if error.message.contains("WSREP") => Fault::Transient,
        // The table definition has changed, or a proxy uses a different connection.
        1243 | 1412 | 1615 => Fault::Transient,
        _ if is_of_a_row(error) => Fault::Data(row(&error.message)),
        _ => Fault::Fatal,
    }
}

/// Whether only the author of a trigger can have chosen the number or the state. Servers send no number from
/// 10,000 on to clients ("Error Message Components" of the manual). Classes from 5 and from I on are reserved
/// for implementations; servers use only 70100 and XA of them.
fn is_of_an_author(error: &ServerError) -> bool {
    let is_free = matches!(error.state.as_bytes(), [b'5'..=b'9' | b'I'..=b'Z', ..]);
    let is_servers = error.state == "70100" || error.state.starts_with("XA");
    error.code >= 10_000 || is_free && !is_servers
}

fn is_of_a_row(error: &ServerError) -> bool {
    match error.code {
        // Keys, nulls, defaults, foreign keys, check constraints, partitions.
        1022 | 1048 | 1062 | 1169 | 1216 | 1217 | 1364 | 1369 | 1423 | 1451 | 1452 | 1526
        | 1557 | 1586 | 1591 | 1748 | 1761 | 1762 | 3673 | 3819 | 4025 => true,
        // Values that the column does not accept.
        1264 | 1265 | 1292 | 1299 | 1300 | 1365 | 1366 | 1367 | 1406 | 1411 | 1416 | 1425
        | 1426 | 1427 | 1439 | 1441 | 1525 | 1690 | 1918 | 1977 | 3854 | 3988 => true,
        // Indexed expressions. 1235 is the code for everything that is not supported.
        3751 | 3752 | 3903..=3908 => true,
        1235 => error.message.contains("CAST-ing "),
        // JSON documents and geometries.
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
        // Rows or index entries that are too long.
        1118 | 1301 | 1713 => true,
        // Regular expressions. Our statements have none, so the pattern comes from a row.
        3685..=3699 => true,
        // Vectors.
        6136 => true,
        // SIGNAL in a trigger, and its queries that return several rows or none. No statement of ours has
        // such a subquery.
        1643 | 1644 | 1172 | 1242 | 1329 => true,
        _ => error.state == "45000",
    }
}

/// The row in `… at row N`, which MySQL counts from 1.
fn row(message: &str) -> Option<usize> {
    let (_, digits) = message.rsplit_once(" at row ")?;
    digits.parse::<usize>().ok()?.checked_sub(1)
}

/// The server's message, unless it quotes the statement.
fn other_cause(error: &ServerError) -> Cause {
    let code = Some(error.code.to_string().into());
    match matches!(error.code, 1064 | 1149) {
        false => Cause { code, ..Cause::new(&*error.message) },
        true => {
            let detail = Some(error.message.as_str().into());
            Cause {
                code,
                detail,
                ..Cause::new("the server reports a syntax error in the statement")
            }
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
