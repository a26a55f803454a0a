//! The error numbers that pass, whatever was sent on the connection: for a sink and a source alike.
//!
//! Numbers: "Server Error Message Reference" of MySQL's manual, "MariaDB Error Code Reference".

/// Whether an error with this number usually passes: a lock, too many connections, a server that shuts
/// down, an interrupted statement, or a table definition that has just changed.
#[must_use]
pub fn is_transient(code: u16) -> bool {
    match code {
        // A lock wait timeout, a deadlock, a lock that NOWAIT did not get.
        1205 | 1213 | 3572 => true,
        // Too many connections, in total or of one user.
        1040 | 1203 | 1226 => true,
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
        | 3168
        | 3169
        | 4031 => true,
        // The table definition has changed, or a proxy uses a different connection.
        1243 | 1412 | 1615 => true,
        _ => false,
    }
}
