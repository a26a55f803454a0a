//! An answer, and what its status means.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};

use crate::retry_after;

/// A complete answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status, from 200 on.
    pub status: u16,
    /// The body, which may hold values of records: no message shows it unasked.
    pub body: Bytes,
    pub(crate) headers: HeaderMap,
}

impl Answer {
    /// Whether the status is one of 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers that are text, their names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.headers.iter();
        texts.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// How long the server asks the client to wait, from now on.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::parse(self.header(RETRY_AFTER.as_str())?, SystemTime::now())
    }

    /// The error for an answer of which the caller knows no more than its status. The message says
    /// who refused what; the status is its code, and `Retry-After` counts if the fault is one that
    /// passes.
    #[must_use]
    pub fn refusal(&self, message: impl Into<Box<str>>) -> SinkError {
        let fault = fault(self.status);
        let pause = self.retry_after().filter(|_| fault == Fault::Transient).unwrap_or_default();
        let cause = Cause {
            code: Some(self.status.to_string().into()),
            retry_after_ms: pause.as_millis().try_into().unwrap_or(u32::MAX),
            ..Cause::new(message)
        };
        SinkError { fault, cause }
    }
}

/// What a status means if the caller knows no more about it. The server or the way to it is at
/// fault with 408, 429 and from 500 on; our login with 401 and 403; with anything else we are. It is
/// never a record.
#[must_use]
pub fn fault(status: u16) -> Fault {
    match status {
        408 | 429 | 500.. => Fault::Transient,
        401 | 403 => Fault::Unauthorized,
        _ => Fault::Fatal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, pause: &'static str) -> SinkError {
        let headers = [(RETRY_AFTER, pause.parse().unwrap())].into_iter().collect();
        Answer { status, body: Bytes::new(), headers }.refusal("the service refused it")
    }

    #[test]
    fn a_pause_belongs_to_what_passes() {
        for (status, pause, fault, expected) in [
            (429, "2", Fault::Transient, 2_000),
            (503, "99999999999999999999", Fault::Transient, u32::MAX),
            (500, "soon", Fault::Transient, 0),
            (408, "1", Fault::Transient, 1_000),
            (401, "2", Fault::Unauthorized, 0),
            (403, "2", Fault::Unauthorized, 0),
            (302, "2", Fault::Fatal, 0),
            (400, "2", Fault::Fatal, 0),
            (404, "2", Fault::Fatal, 0),
        ] {
            let error = refused(status, pause);
            assert_eq!((error.fault, error.cause.retry_after_ms), (fault, expected), "{status}");
            assert_eq!(error.to_string(), format!("the service refused it ({status})"));
        }
    }
}
