//! Classifies the server's errors. A message of the server may quote a value, so it is the detail, unless its code is
//! one of those that never do.
//!
//! Codes: `src/common/exception/src/exception_code.rs` of Databend's sources.
//!
//! Not here: what is done about an error, and HTTP statuses without a code.

use sluice_bridge::model::failure::{Cause, Fault, SinkError};

/// The table, its database, or a part of its description does not exist.
const MISSING_TABLE: [&str; 3] = ["1003", "1025", "1026"];
/// The table or the column already exists.
const ALREADY_EXISTS: [&str; 2] = ["2302", "1108"];
/// The requested column is impossible: it has the name of one of the server's own columns. Other refusals of a definition
/// may have other reasons than the records.
const CANNOT_CREATE: u32 = 1110;

/// Another transaction has changed the same rows, and has committed.
const CONFLICT: &str = "4001";
/// Wrong arguments, of a statement or of a request.
const BAD_ARGUMENTS: u32 = 1006;
const NODE_IS_GONE: &str = "Sticky session state lost";
/// The named file format does not exist.
const MISSING_FORMAT: &str = "2507";

/// What to do next after an error with this code.
fn fault(code: u32) -> Fault {
    match code {
        // Wrong or expired login, unknown or locked user, password to be changed.
        5100..=5104 | 2201 | 2215 | 1066 => Fault::Unauthorized,
        // Another transaction was faster, or holds a lock; a transaction that the server has ended.
        2009 | 2011 | 2015 | 2016 | 2317 | 4001..=4003 => Fault::Transient,
        // The query or the session is lost: killed, closed, unknown, on a node that has started again.
        1042..=1044 | 1053 | 1127 | 5002 | 5110..=5112 => Fault::Transient,
        // The server's own services do not answer: metadata, storage, nodes, cloud control.
        1035..=1038 | 1122 | 1701 | 1910 | 2001 | 2003 | 2401 | 3901 => Fault::Transient,
        // It is busy, or its warehouse is suspended or changes.
        1041 | 2404 | 2407 | 2408 | 2411 | 3143 => Fault::Transient,
        _ => Fault::Fatal,
    }
}

/// Whether the server's message for this code never quotes a value: it is about a name, a privilege, or the server.
fn is_without_values(code: u32) -> bool {
    let is_name = matches!(code, 1003 | 1025 | 1026 | 1058 | 1061..=1063 | 1108 | 1402..=1404 | 2406 | 2501 | 2506 | 2507);
    is_name || fault(code) != Fault::Fatal
}

/// Classifies an error of a statement. None of them is a row's: a row that the server would refuse is found before
/// it is written, because a statement that fails ends the whole transaction.
pub(crate) fn classify(code: u32, message: &str) -> SinkError {
    let told = format!("the server reports error {code}");
    let cause = match is_without_values(code) {
        true => Cause::new(format!("{told}: {}", first_line(message))),
        false => Cause { detail: Some(message.into()), ..Cause::new(told) },
    };
    SinkError { fault: fault(code), cause: Cause { code: Some(code.to_string().into()), ..cause } }
}

/// Classifies an error with which the server refuses a request as a bad one. If the node of a transaction has gone, and the
/// transaction with it, the code is that of wrong arguments (`servers/http/middleware/session.rs` of the sources).
pub(crate) fn classify_refused(code: u32, message: &str) -> SinkError {
    let error = classify(code, message);
    match code == BAD_ARGUMENTS && message.starts_with(NODE_IS_GONE) {
        true => SinkError { fault: Fault::Transient, ..error },
        false => error,
    }
}

/// Classifies the error of a statement that creates a table or adds columns. The records may ask for something
/// impossible.
pub(crate) fn classify_definition(attempt: &str, error: SinkError) -> SinkError {
    let code = error.cause.code.as_deref().and_then(|code| code.parse().ok());
    let message = format!("{attempt}: {}", error.cause.message).into();
    let fault = match code {
        Some(CANNOT_CREATE) => Fault::Data(None),
        _ => error.fault,
    };
    SinkError { fault, cause: Cause { message, ..error.cause } }
}

/// The error of a question about a query that runs. The server refuses it with the status 400 if it has closed the query.
pub(crate) fn classify_page(error: SinkError) -> SinkError {
    match error.cause.code.as_deref() {
        Some("400") => SinkError {
            fault: Fault::Transient,
            cause: Cause {
                detail: error.cause.detail,
                ..Cause::new("the server has closed the query (400)")
            },
        },
        _ => error,
    }
}

/// Whether the server has not answered, so that nobody knows what it did. A status alone, which has three digits, may be
/// that of a gateway.
pub(crate) fn has_no_answer(error: &SinkError) -> bool {
    let is_servers = error.cause.code.as_deref().is_some_and(|code| code.len() > 3);
    error.fault == Fault::Transient && !is_servers
}

/// The error of a commit that was sent again because there was no answer. Only a conflict says that nothing is committed:
/// any other error may be that of a server that has forgotten the first one.
pub(crate) fn classify_second_commit(first: &SinkError, error: SinkError) -> SinkError {
    if error.cause.code.as_deref() == Some(CONFLICT) {
        return error;
    }
    SinkError::transient(format!(
        "the answer to the commit is lost, so it is unknown whether the transaction is committed: {}; asked again: {}",
        first.cause.message, error.cause.message
    ))
}

/// The error of a statement that reads a file, which may say that the file's format does not exist: `create` creates it,
/// unless it is the server's own.
pub(crate) fn classify_reading(create: Option<String>, error: SinkError) -> SinkError {
    match (error.cause.code.as_deref(), create) {
        (Some(MISSING_FORMAT), Some(create)) => {
            let message = format!("execute `{create}` once: {}", error.cause.message).into();
            SinkError { cause: Cause { message, ..error.cause }, ..error }
        }
        _ => error,
    }
}

/// Whether the table does not exist.
pub(crate) fn is_missing_table(error: &SinkError) -> bool {
    error.cause.code.as_deref().is_some_and(|code| MISSING_TABLE.contains(&code))
}

/// Whether the table or the column already exists.
pub(crate) fn already_exists(error: &SinkError) -> bool {
    error.cause.code.as_deref().is_some_and(|code| ALREADY_EXISTS.contains(&code))
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_what_is_unknown_is_given_back() {
        for code in [4001, 2009, 4002, 4003, 2404, 5111, 1043] {
            assert_eq!(classify(code, "x").fault, Fault::Transient, "{code}");
        }
        for code in [1006, 1046, 1065, 1063, 1025, 1001, 9999] {
            assert_eq!(classify(code, "x").fault, Fault::Fatal, "{code}");
        }
        assert_eq!(classify(5100, "x").fault, Fault::Unauthorized);
    }

    #[test]
    fn a_definition_that_is_refused_is_seldom_the_records_fault() {
        for (code, fault) in [
            (1110, Fault::Data(None)),
            (1005, Fault::Fatal),
            (1063, Fault::Fatal),
            (2009, Fault::Transient),
        ] {
            let told = classify_definition("it cannot be created", classify(code, "x"));
            assert_eq!(told.fault, fault, "{told}");
            assert!(told.cause.message.starts_with("it cannot be created: "), "{told}");
        }
    }

    #[test]
    fn a_value_is_only_in_the_detail() {
        let told = classify(1006, "cannot parse secret");
        assert!(!told.cause.message.contains("secret"), "{told}");
        assert_eq!(told.cause.detail.as_deref(), Some("cannot parse secret"));
        let told = classify(1025, "Unknown table t\nmore");
        assert_eq!(&*told.cause.message, "the server reports error 1025: Unknown table t");
    }

    #[test]
    fn a_closed_query_is_lost() {
        let refused = |code: &str| SinkError {
            fault: Fault::Fatal,
            cause: Cause { code: Some(code.into()), ..Cause::new("refused") },
        };
        assert_eq!(classify_page(refused("400")).fault, Fault::Transient);
        assert!(has_no_answer(&classify_page(refused("400"))));
        assert_eq!(classify_page(refused("1025")).fault, Fault::Fatal);
    }

    #[test]
    fn a_commit_without_an_answer_is_an_open_question() {
        let lost = SinkError::transient("the server does not answer");
        assert!(has_no_answer(&lost) && !has_no_answer(&classify(4001, "conflict")));
        let gateway = SinkError {
            fault: Fault::Transient,
            cause: Cause { code: Some("504".into()), ..Cause::new("refused") },
        };
        assert!(has_no_answer(&gateway));
        let second = |code| classify_second_commit(&lost, classify(code, "again"));
        assert_eq!(second(4001).cause.code.as_deref(), Some("4001"));
        for code in [4003, 5111, 1043, 9999] {
            let told = second(code);
            assert_eq!((told.fault, &told.cause.code), (Fault::Transient, &None), "{told}");
            assert!(told.cause.message.contains("unknown whether"), "{told}");
        }
    }
}
