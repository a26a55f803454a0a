//! What can go wrong while a source polls, sorted by what to do next.

use std::fmt;

use sluice_bridge::model::failure::{Fault, SinkError};

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The network or a server is at fault: the next invocation tries again.
    Retry,
    /// A lock on the table is not granted at the moment: it is tried again, and other tables are read meanwhile.
    Wait,
    /// The rows of a page are too large together: they are read again in smaller pages. One row alone stops its table.
    Shrink,
    /// Our credentials are at fault: read them again, then try again.
    LogIn,
    /// The configuration, the table or the account is at fault, or the cause is unknown: a person has to act.
    Stop,
    /// Another instance has taken over. This one ends quietly: nothing is wrong.
    GiveWay,
}

/// A failed step. Nothing of the open transaction is visible to a reader of committed records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// What to do next.
    pub next: Next,
    /// One lower-case sentence, without a value of a row.
    pub message: String,
}

impl SourceError {
    /// The next invocation tries again.
    #[must_use]
    pub fn retry(message: impl Into<String>) -> Self {
        Self { next: Next::Retry, message: message.into() }
    }

    /// A person has to act.
    #[must_use]
    pub fn stop(message: impl Into<String>) -> Self {
        Self { next: Next::Stop, message: message.into() }
    }

    /// Another instance has taken over.
    #[must_use]
    pub fn give_way() -> Self {
        let message = "a newer instance of this connector has taken over";
        Self { next: Next::GiveWay, message: message.to_owned() }
    }

    /// The same, with the table named.
    #[must_use]
    pub fn of_table(self, table: &str) -> Self {
        Self { message: format!("table {table}: {}", self.message), ..self }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SourceError {}

/// The client of a database that a sink uses too names its errors as a sink does. An unknown one stops.
impl From<SinkError> for SourceError {
    fn from(error: SinkError) -> Self {
        let next = match error.fault {
            Fault::Transient => Next::Retry,
            Fault::Unauthorized => Next::LogIn,
            Fault::Data(_) | Fault::Fatal => Next::Stop,
        };
        Self { next, message: error.to_string() }
    }
}
