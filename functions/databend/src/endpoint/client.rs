//! Requests to the server, and what their statuses mean.
//!
//! Not here: what a query is made of (`session`), and uploads (`upload`).

use std::collections::BTreeMap;
use std::time::Duration;

use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_http::{Answer, Client, Request, Url};

use crate::endpoint::protocol::ErrorAnswer;
use crate::fault;

/// How a request logs in.
pub(crate) enum Login {
    Basic { user: String, password: String },
    Token(String),
}

/// The server, and what every request to it says.
pub(crate) struct Endpoint {
    pub(super) http: Client,
    /// The address of its API, with a slash at the end.
    pub(super) base: Url,
    pub(super) login: Login,
    pub(crate) database: String,
    pub(super) tenant: Option<String>,
    pub(super) warehouse: Option<String>,
    pub(super) role: Option<String>,
    /// Settings of every session.
    pub(super) settings: BTreeMap<String, String>,
    /// The stage for uploads, without its @.
    pub(crate) stage: String,
    /// Whether files go into the object store with a URL that the server signs.
    pub(super) presigns: bool,
    /// How long a statement may take.
    pub(super) timeout: Option<Duration>,
}

impl Endpoint {
    /// The address of a path, which the server itself may have given.
    pub(super) fn url(&self, path: &str) -> Result<Url, SinkError> {
        self.base
            .join(path)
            .ok()
            // The login must not go to another server.
            .filter(|url| url.host_str() == self.base.host_str() && url.port() == self.base.port())
            .ok_or_else(|| SinkError::fatal("the server answers with an address of another server"))
    }

    /// The same request with the login and the headers of every request.
    pub(super) fn dressed(&self, request: Request) -> Request {
        let request = match &self.login {
            Login::Basic { user, password } => request.basic(user, password),
            Login::Token(token) => request.bearer(token),
        };
        let named =
            [("x-databend-tenant", &self.tenant), ("x-databend-warehouse", &self.warehouse)];
        named.into_iter().fold(request, |request, (name, value)| match value {
            Some(value) => request.header(name, value.clone()),
            None => request,
        })
    }

    /// Sends a request and returns the answer if its status is a success.
    ///
    /// # Errors
    /// There is no answer, or its status says why it was refused.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, SinkError> {
        let answer = self.http.send(request).await?;
        if answer.is_success() { Ok(answer) } else { Err(refusal(&answer)) }
    }
}

/// The error for a status. A server that starts again or wakes up says so with a status; a code that the server gives
/// says more, unless only the status is known to pass.
fn refusal(answer: &Answer) -> SinkError {
    let by_status =
        answer.refusal(format!("the server refuses a request with status {}", answer.status));
    let Ok(ErrorAnswer { error }) = serde_json::from_slice(&answer.body) else {
        // A query that the server does not know any more: it has started again.
        return match answer.status {
            404 => SinkError::transient("the server does not know the query any more (404)"),
            _ => by_status,
        };
    };
    let by_code = fault::classify(error.code, &error.message);
    match by_status.fault {
        Fault::Fatal => by_code,
        fault => SinkError {
            fault,
            cause: Cause { retry_after_ms: by_status.cause.retry_after_ms, ..by_code.cause },
        },
    }
}
