//! What can go wrong, sorted by what to do next. A [`Failure`] concerns one record, a [`SinkError`]
//! the whole attempt. Where a failure is sent is decided elsewhere.

use std::fmt;

/// Why something was refused, as a message and as fields. Only `detail` may contain values of a
/// record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// One lower-case sentence.
    pub message: Box<str>,
    /// The column at fault, if one is.
    pub column: Option<Box<str>>,
    /// The type the column has.
    pub expected: Option<Box<str>>,
    /// The type the record gave.
    pub given: Option<Box<str>>,
    /// The target's own code, e.g. an SQLSTATE.
    pub code: Option<Box<str>>,
    /// The target's own message, which may quote values; shown only on request.
    pub detail: Option<Box<str>>,
    /// How the refusal depends on another row, if it does.
    pub conflict: Option<Conflict>,
    /// How many milliseconds the target asks the client to wait (HTTP's `Retry-After`); 0 if it
    /// does not ask. The next attempt does not start earlier.
    pub retry_after_ms: u32,
}

/// A refusal that depends on other rows: it may pass when they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another row has a value that must be unique, or excludes the row.
    Duplicate,
    /// The row refers to a row that does not exist, or another row still refers to it.
    Reference,
}

impl Cause {
    /// A cause that is only a sentence.
    #[must_use]
    pub fn new(message: impl Into<Box<str>>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// A value that does not fit its column.
    #[must_use]
    pub fn mismatch(column: &str, expected: &str, given: &str, why: &str) -> Self {
        Self {
            message: format!("column \"{column}\" is {expected}: {why}").into(),
            column: Some(column.into()),
            expected: Some(expected.into()),
            given: Some(given.into()),
            ..Self::default()
        }
    }

    /// The same cause, with its column named.
    #[must_use]
    pub fn at_column(self, column: &str) -> Self {
        Self { column: Some(column.into()), ..self }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

/// The step at which a record failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its key could not be decoded.
    Key,
    /// Its value could not be decoded.
    Value,
    /// Its fields could not be mapped to columns.
    Mapping,
    /// The target refused the row, or its column cannot hold the value.
    Write,
}

/// Why one record cannot become a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The step at which it failed.
    pub stage: Stage,
    /// Why it failed.
    pub cause: Cause,
}

impl Refusal {
    pub(crate) fn new(stage: Stage, message: impl Into<Box<str>>) -> Self {
        Self { stage, cause: Cause::new(message) }
    }
}

/// One record that will not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its index among the event's records.
    pub record: usize,
    /// The step at which it failed.
    pub stage: Stage,
    /// Why it failed.
    pub cause: Cause,
    /// Whether a change of another row may still let it pass: the refusal is a conflict, and no
    /// later record of the event changed the row it is about.
    pub may_pass: bool,
}

/// A failed attempt: every record of the invocation is given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBack {
    /// Why.
    pub error: SinkError,
    /// The record at fault and the step at which it failed, if one record is at fault.
    pub culprit: Option<(usize, Stage)>,
}

impl From<SinkError> for GivenBack {
    fn from(error: SinkError) -> Self {
        Self { error, culprit: None }
    }
}

/// What to do next, not what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Rows are at fault: isolate them. The index is that of the bad row, if the target named it.
    Data(Option<usize>),
    /// The network or the target is at fault: connect again, wait, try again.
    Transient,
    /// Our credentials are at fault: read them again, and log in once more if they have changed.
    Unauthorized,
    /// We are at fault, or the cause is unknown: give everything back.
    Fatal,
}

/// An attempt that failed: none of its rows is durable, or writing them again does no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkError {
    /// What to do next.
    pub fault: Fault,
    /// Why.
    pub cause: Cause,
}

impl SinkError {
    /// Rows are at fault.
    #[must_use]
    pub fn data(row: Option<usize>, cause: Cause) -> Self {
        Self { fault: Fault::Data(row), cause }
    }

    /// The network or the target is at fault.
    #[must_use]
    pub fn transient(message: impl Into<Box<str>>) -> Self {
        Self { fault: Fault::Transient, cause: Cause::new(message) }
    }

    /// Our credentials are at fault.
    #[must_use]
    pub fn unauthorized(message: impl Into<Box<str>>) -> Self {
        Self { fault: Fault::Unauthorized, cause: Cause::new(message) }
    }

    /// We are at fault, or the cause is unknown.
    #[must_use]
    pub fn fatal(message: impl Into<Box<str>>) -> Self {
        Self { fault: Fault::Fatal, cause: Cause::new(message) }
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl std::error::Error for SinkError {}
