//! What an error of the server means for a source: the table of its numbers.
//!
//! Numbers: "Server Error Message Reference" of MySQL's manual, "MariaDB Error Code Reference". What is unknown stops.

use mysql_async::{DriverError, Error};
use sluice_mysql::{is_login_refused, is_transient};
use sluice_source::error::{Next, SourceError};

/// Tells what to do next.
pub(crate) fn classify(error: &Error) -> SourceError {
    let next = match error {
        Error::Server(error) if is_login_refused(error.code) => Next::LogIn,
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
        let lost = std::io::Error::other("lost");
        assert_eq!(classify(&Error::from(lost)).next, Next::Retry);
    }
}
