//! Why there is no complete answer.

use std::error::Error;
use std::fmt;

use sluice_bridge::model::failure::SinkError;

/// What is known about a request without a complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing of it was sent: the name has no address, or there is no connection, or no TLS.
    NotSent,
    /// It may have been sent, and the server may have done what it says.
    Unanswered,
    /// The body of the answer is longer than the limit. The server has done what the request says.
    TooLong,
    /// It cannot be sent: a header or the URL is not valid.
    Invalid,
}

/// Why there is no complete answer. The text names the server, and nothing that may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpError {
    /// What is known about the request.
    pub kind: ErrorKind,
    /// One lower-case sentence.
    pub message: String,
}

impl HttpError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Reads an error of the library about a request to `server`.
    pub(crate) fn of(error: reqwest::Error, server: &str) -> Self {
        // A URL may hold a secret.
        let error = error.without_url();
        if error.is_builder() {
            let message = format!("the request to {server} cannot be built: {}", reasons(&error));
            return Self::new(ErrorKind::Invalid, message);
        }
        let reasons = sluice_tls::explain(&reasons(&error));
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => {
                let message = format!("{server} cannot be reached in time");
                Self::new(ErrorKind::NotSent, message)
            }
            (true, false) => {
                let message = format!("{server} cannot be reached: {reasons}");
                Self::new(ErrorKind::NotSent, message)
            }
            (false, true) => {
                Self::new(ErrorKind::Unanswered, format!("{server} does not answer in time"))
            }
            (false, false) => {
                Self::new(ErrorKind::Unanswered, format!("{server} does not answer: {reasons}"))
            }
        }
    }
}

/// The innermost reasons of an error; the outer ones only say in which layer it happened.
fn reasons(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for HttpError {}

/// The fault if a repetition does no harm: what was not answered may pass.
impl From<HttpError> for SinkError {
    fn from(error: HttpError) -> Self {
        match error.kind {
            ErrorKind::NotSent | ErrorKind::Unanswered => Self::transient(error.message),
            ErrorKind::TooLong | ErrorKind::Invalid => Self::fatal(error.message),
        }
    }
}
