//! Classifies the server's errors. The numbers are in `codes`, the texts for a refused row in `refusal`. The
//! server's message may quote a value, so for refused rows it is kept separately, as the detail.
//!
//! Not here: what is done about an error.

mod codes;
pub(crate) mod refusal;

use mysql_async::{DriverError, Error, ServerError};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};

use codes::{CANNOT_CREATE, fault, is_author_defined, row};
pub(crate) use codes::{
    DUPLICATE, already_exists, is_login_refused, is_missing_table, is_not_allowed, is_reference,
    is_too_big,
};

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
            SinkError { fault: Fault::Fatal, cause: refusal::cause(error) }
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
                ..Cause::new(format!("{attempt}: {}", refusal::cannot_create(1117)))
            };
            SinkError::data(None, cause)
        }
        Error::Server(error) if CANNOT_CREATE.contains(&error.code) => {
            let message = format!("{attempt}: {}", refusal::cannot_create(error.code));
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
        Fault::Fatal if has_triggers && is_author_defined(error) => {
            SinkError { fault: Fault::Data(row(&error.message)), cause: refusal::cause(error) }
        }
        Fault::Data(row) => SinkError { fault: Fault::Data(row), cause: refusal::cause(error) },
        fault => SinkError { fault, cause: other_cause(error) },
    }
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
