//! The server's error numbers: which of them belong to a row, to the session or to a definition.
//!
//! Numbers: "Server Error Message Reference" of MySQL's manual, "MariaDB Error Code Reference".
//!
//! Not here: what is done about an error, and the texts for a refused row.

use mysql_async::{Error, ServerError};
use sluice_bridge::model::failure::{Cause, Fault};
use sluice_mysql::{is_login_refused, is_transient};

/// The table or the database does not exist.
const MISSING_TABLE: [u16; 2] = [1146, 1049];
/// The requested table or column is impossible: an invalid or too long name, a key with too many columns or
/// bytes, too many columns, or too long rows.
pub(super) const CANNOT_CREATE: [u16; 7] = [1059, 1166, 1070, 1071, 1117, 1118, 1074];
/// The table or the column already exists.
const ALREADY_EXISTS: [u16; 2] = [1050, 1060];
/// A privilege on a table or column is missing, or GTID consistency forbids locking a table without
/// transactions together with others.
const NOT_ALLOWED: [u16; 3] = [1142, 1143, 1785];

/// The server's code for a duplicate key.
pub(crate) const DUPLICATE: &str = "1062";

/// Whether the table does not exist.
pub(crate) fn is_missing_table(error: &Error) -> bool {
    number(error).is_some_and(|number| MISSING_TABLE.contains(&number))
}

/// Whether a query would examine more rows than `max_join_size` allows.
pub(crate) fn is_too_big(error: &Error) -> bool {
    number(error) == Some(1104)
}

/// Whether the table or column already exists.
pub(crate) fn already_exists(error: &Error) -> bool {
    number(error).is_some_and(|number| ALREADY_EXISTS.contains(&number))
}

/// Whether the user is not allowed to run the statement.
pub(crate) fn is_not_allowed(error: &Error) -> bool {
    number(error).is_some_and(|number| NOT_ALLOWED.contains(&number))
}

/// Whether a row is refused because of a foreign key.
pub(crate) fn is_reference(cause: &Cause) -> bool {
    matches!(cause.code.as_deref(), Some("1216" | "1217" | "1451" | "1452"))
}

fn number(error: &Error) -> Option<u16> {
    match error {
        Error::Server(error) => Some(error.code),
        _ => None,
    }
}

/// What to do next after an error with this number.
pub(super) fn fault(error: &ServerError) -> Fault {
    match error.code {
        // Some servers let a user with an expired password log in, and then refuse every statement.
        refused if is_login_refused(refused) => Fault::Unauthorized,
        passing if is_transient(passing) => Fault::Transient,
        // MariaDB's code for a row that another transaction has changed; a transaction that was rolled
        // back or aborted while it waited or committed.
        1020 | 1613 | 1614 | 1689 | 3101 => Fault::Transient,
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
        _ if is_row_error(error) => Fault::Data(row(&error.message)),
        _ => Fault::Fatal,
    }
}

/// Whether only the author of a trigger can have chosen the number or the state. Servers send no number from
/// 10,000 on to clients ("Error Message Components" of the manual). Classes from 5 and from I on are reserved
/// for implementations; servers use only 70100 and XA of them.
pub(super) fn is_author_defined(error: &ServerError) -> bool {
    let is_free = matches!(error.state.as_bytes(), [b'5'..=b'9' | b'I'..=b'Z', ..]);
    let is_servers = error.state == "70100" || error.state.starts_with("XA");
    error.code >= 10_000 || is_free && !is_servers
}

/// Whether the error is about a row.
fn is_row_error(error: &ServerError) -> bool {
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
pub(super) fn row(message: &str) -> Option<usize> {
    let (_, digits) = message.rsplit_once(" at row ")?;
    digits.parse::<usize>().ok()?.checked_sub(1)
}
