//! What the headers of a request say about an invocation.

use std::time::Duration;

use hyper::HeaderMap;
use sluice_bridge::options::role::RoleCredentials;
use tokio::time::Instant;

use crate::lambda::deadline::Deadline;

const REQUEST_ID: &str = "x-fc-request-id";
/// In seconds.
const TIMEOUT: &str = "x-fc-function-timeout";
/// The credentials of the function's role: access key, its secret and the token. Runtimes from Debian 11 on send
/// no token, and have all three in their environment ("Context and log format").
const CREDENTIALS: [&str; 3] =
    ["x-fc-access-key-id", "x-fc-access-key-secret", "x-fc-security-token"];
/// A trigger waits no longer, whatever the function's timeout is ("Advanced features of triggers").
const TRIGGER: Duration = Duration::from_secs(5 * 60);

/// The head of one invocation.
#[derive(Debug)]
pub(super) struct Head {
    /// The platform's id of the invocation; empty if it gives none.
    pub(super) request: String,
    /// The credentials of the function's role, if all of them are there.
    pub(super) role: Option<RoleCredentials>,
    /// When nobody waits any longer.
    until: Instant,
}

impl Head {
    /// Of a request that has just come.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let timeout = text(TIMEOUT).and_then(|seconds| seconds.parse().ok());
        let timeout = timeout.filter(|&seconds| seconds > 0).map_or(TRIGGER, Duration::from_secs);
        let request = text(REQUEST_ID).unwrap_or_default().to_owned();
        let role = RoleCredentials::of(CREDENTIALS.map(text));
        Self { request, role, until: Instant::now() + timeout.min(TRIGGER) }
    }

    /// Whether nobody waits any longer.
    pub(super) fn is_over(&self) -> bool {
        self.until <= Instant::now()
    }

    /// What is left now.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.until.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(timeout: Option<&str>) -> u64 {
        let mut headers = HeaderMap::new();
        if let Some(timeout) = timeout {
            headers.insert(TIMEOUT, timeout.parse().expect("a header"));
        }
        let left = Head::of(&headers).until.saturating_duration_since(Instant::now());
        left.as_secs_f64().round() as u64
    }

    #[test]
    fn a_trigger_waits_five_minutes_at_most() {
        assert_eq!(seconds(Some("60")), 60);
        assert_eq!(seconds(Some("86400")), 300);
        for unknown in [None, Some(""), Some("0"), Some("-1"), Some("soon")] {
            assert_eq!(seconds(unknown), 300, "{unknown:?}");
        }
    }
}
