//! What an error of the server means for a source: the table of its numbers.
//!
//! Numbers: "Server Error Message Reference" of MySQL's manual, "MariaDB Error Code Reference". What is unknown stops.

use mysql_async::{DriverError, Error};
use sluice_mysql::{is_login_refused, is_transient};
use sluice_source::error::{Next, SourceError};

/// A lock that was not granted in time, or not at once; or a deadlock, which another session has won.
const LOCKS: [u16; 3] = [1205, 1213, 3572];

/// The server has not enough memory for an answer, or a packet is too large: out of memory (2), out of memory for a sort,
/// a packet, the text of a result.
const TOO_LARGE: [u16; 5] = [1037, 1038, 1041, 1153, 1162];

/// Tells what to do next.
pub(crate) fn classify(error: &Error) -> SourceError {
    let next = match error {
        Error::Server(error) if is_login_refused(error.code) => Next::LogIn,
        Error::Server(error) if LOCKS.contains(&error.code) => Next::Wait,
        Error::Server(error) if TOO_LARGE.contains(&error.code) => Next::Shrink,
        Error::Server(error) if is_transient(error.code) => Next::Retry,
        Error::Io(_)
        | Error::Driver(
            DriverError::ConnectionClosed
            | DriverError::UnexpectedPacket { .. }
            | DriverError::PacketOutOfOrder,
        ) => Next::Retry,
        _ => Next::Stop,
    };
    let message = match error {
        Error::Server(error) => format!("{} ({})", error.message, error.code),
        // What was read may be in its words.
        Error::Driver(DriverError::FromValue { .. } | DriverError::FromRow { .. }) => {
            "the server answers with something else than was asked for".to_owned()
        }
        other => other.to_string(),
    };
    SourceError { next, message }
}

/// Whether a lock was not granted in time.
pub(crate) fn is_lock_timeout(error: &Error) -> bool {
    matches!(error, Error::Server(error) if error.code == 1205)
}

#[cfg(test)]
mod tests {
    use mysql_async::ServerError;

    use super::*;

    #[test]
    fn what_is_unknown_stops() {
        let next = |code| {
            let error = ServerError { code, message: "m".into(), state: "HY000".into() };
            classify(&Error::Server(error)).next
        };
        assert_eq!(next(1105), Next::Stop);
        assert_eq!(next(1146), Next::Stop);
        assert_eq!(next(1045), Next::LogIn);
        assert_eq!(next(1412), Next::Retry);
        assert_eq!(next(1205), Next::Wait);
        assert_eq!(next(1038), Next::Shrink);
        let lost = std::io::Error::other("lost");
        assert_eq!(classify(&Error::from(lost)).next, Next::Retry);
    }
}
