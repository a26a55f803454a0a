//! What a refusal of the service means. The lists are those of the page "Error codes" and of the official SDKs'
//! retry policies, without their mistakes: a missing table and a bad request are not sent again for ever.
//!
//! Not here: which rows a refusal concerns (`write`).

use sluice_bridge::model::failure::{Cause, Fault, SinkError};

/// What to do next after a refusal of a request, or of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The rows are at fault.
    Data,
    /// The condition of a row does not hold.
    Condition,
    /// The service does not take it now, or did not answer: again after a pause.
    Again,
    /// There is no such table.
    Missing,
    /// The credentials are at fault.
    Unauthorized,
    /// We are at fault, or the refusal is not known: give everything back.
    Fatal,
}

/// A refusal: what to do next, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) verdict: Verdict,
    pub(crate) cause: Cause,
}

/// How long to wait for a table that was made just now, at least. The service says "several seconds" ("Create a data
/// table"), and has no header for it.
pub(crate) const TABLE_NOT_READY_MS: u32 = 2_000;
pub(crate) const TABLE_NOT_READY: &str = "OTSTableNotReady";

/// They pass: the service is busy, moves a partition, or has had enough. The last four may come after the write
/// was done; writing the row again does no harm, because it has the same content and the same key.
const PASSING: [&str; 12] = [
    TABLE_NOT_READY,
    "OTSRowOperationConflict",
    "OTSNotEnoughCapacityUnit",
    "OTSPartitionUnavailable",
    "OTSServerBusy",
    "OTSStorageServerBusy",
    "OTSOperationConflict",
    "OTSOperationThrottled",
    "OTSTimeout",
    "OTSRequestTimeout",
    "OTSInternalServerError",
    "OTSServerUnavailable",
];

/// Something about the rows: a name, a type, a size.
const DATA: [&str; 5] = [
    "OTSParameterInvalid",
    "OTSInvalidPK",
    "OTSOutOfColumnCountLimit",
    "OTSOutOfRowSizeLimit",
    "OTSRequestBodyTooLarge",
];

/// How messages of `OTSParameterInvalid` begin if they are about the request itself and no row ("Error codes",
/// "HTTP message errors"). Every row would be refused like this.
const REQUEST: [&str; 3] = ["Missing header", "Invalid date format", "Unsupported operation"];

/// The verdict about an error code with its message.
pub(crate) fn judge(code: &str, message: &str) -> Verdict {
    match code {
        "OTSConditionCheckFail" => Verdict::Condition,
        "OTSObjectNotExist" => Verdict::Missing,
        "OTSAuthFailed" | "OTSNoPermissionAccess" => Verdict::Unauthorized,
        // The quota of tables does not pass, that of operations on tables does.
        "OTSQuotaExhausted" if message.contains("Too frequent") => Verdict::Again,
        "OTSParameterInvalid" if REQUEST.iter().any(|it| message.starts_with(it)) => Verdict::Fatal,
        _ if PASSING.contains(&code) => Verdict::Again,
        _ if DATA.contains(&code) => Verdict::Data,
        _ => Verdict::Fatal,
    }
}

impl Refusal {
    /// Reads an error code of the service with its message, which may quote values.
    pub(crate) fn of(code: &str, message: &str) -> Self {
        let verdict = judge(code, message);
        let said = match verdict {
            Verdict::Data => "the service refuses the row",
            Verdict::Condition => "the row's condition does not hold",
            Verdict::Again => "the service does not take it now",
            Verdict::Missing => "the table does not exist any more",
            Verdict::Unauthorized => "the service refuses the function's credentials",
            Verdict::Fatal => "the service refuses the request",
        };
        let pause = if code == TABLE_NOT_READY { TABLE_NOT_READY_MS } else { 0 };
        let cause = Cause {
            code: Some(code.into()),
            detail: (!message.is_empty()).then(|| message.into()),
            retry_after_ms: pause,
            ..Cause::new(said)
        };
        Self { verdict, cause }
    }

    /// A refusal without a code of the service.
    pub(crate) fn new(verdict: Verdict, message: impl Into<Box<str>>) -> Self {
        Self { verdict, cause: Cause::new(message) }
    }
}

impl From<Refusal> for SinkError {
    /// The fault of a call that wrote nothing.
    fn from(refusal: Refusal) -> Self {
        let fault = match refusal.verdict {
            Verdict::Data => Fault::Data(None),
            Verdict::Again => Fault::Transient,
            Verdict::Unauthorized => Fault::Unauthorized,
            Verdict::Condition | Verdict::Missing | Verdict::Fatal => Fault::Fatal,
        };
        Self { fault, cause: refusal.cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, message, verdict) in [
            ("OTSServerBusy", "", Verdict::Again),
            ("OTSQuotaExhausted", "Too frequent table operations.", Verdict::Again),
            ("OTSQuotaExhausted", "Number of tables exceeds the quota.", Verdict::Fatal),
            ("OTSObjectNotExist", "Requested table does not exist.", Verdict::Missing),
            ("OTSAuthFailed", "The AccessKeyID does not exist.", Verdict::Unauthorized),
            ("OTSInvalidPK", "Validate PK size fail.", Verdict::Data),
            ("OTSParameterInvalid", "Invalid column name: '1a'.", Verdict::Data),
            ("OTSParameterInvalid", "Unsupported operation: 'BatchWriteRow'.", Verdict::Fatal),
            ("OTSConditionCheckFail", "Condition check failed.", Verdict::Condition),
            ("OTSMethodNotAllowed", "", Verdict::Fatal),
            ("OTSNew", "", Verdict::Fatal),
        ] {
            assert_eq!(judge(code, message), verdict, "{code} {message}");
        }
    }

    #[test]
    fn a_message_of_the_service_is_only_a_detail() {
        let refusal = Refusal::of("OTSParameterInvalid", "The value is 'secret'.");
        assert!(!refusal.cause.to_string().contains("secret"), "{}", refusal.cause);
        assert_eq!(refusal.cause.detail.as_deref(), Some("The value is 'secret'."));
        assert_eq!(SinkError::from(refusal).fault, Fault::Data(None));
        assert_eq!(Refusal::of(TABLE_NOT_READY, "").cause.retry_after_ms, TABLE_NOT_READY_MS);
    }
}
