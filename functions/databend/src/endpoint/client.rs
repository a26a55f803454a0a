//! Requests to the server, and what their statuses mean.
//!
//! Not here: what a query is made of (`session`), uploads (`upload`), and how requests log in (`login`).

use std::collections::BTreeMap;
use std::time::Duration;

use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_http::{Answer, Client, Request, Url};

use crate::endpoint::compression::Compression;
use crate::endpoint::login::{Login, in_session};
use crate::endpoint::protocol::{ErrorAnswer, ServerError};
use crate::fault;

/// The login is not accepted, or not any more.
const UNAUTHORIZED: u16 = 401;

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
    /// From how many rows on a batch becomes a file.
    pub(crate) staged_from: usize,
    /// Whether files are compressed.
    pub(crate) compression: Compression,
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

    /// The same request with the headers that say where it goes.
    pub(super) fn routed(&self, request: Request) -> Request {
        let named =
            [("x-databend-tenant", &self.tenant), ("x-databend-warehouse", &self.warehouse)];
        named.into_iter().fold(request, |request, (name, value)| match value {
            Some(value) => request.header(name, value.clone()),
            None => request,
        })
    }

    /// Sends a request with a login, in the name of a client's session, and returns the answer if its status is a
    /// success. A request whose token is refused had no effect, and is sent again with the user's own credential.
    ///
    /// # Errors
    /// There is no answer, or its status says why it was refused.
    pub(super) async fn call(
        &self,
        client: Option<&str>,
        request: Request,
    ) -> Result<Answer, SinkError> {
        let request = in_session(self.routed(request), client);
        if let Some(tokens) = client.and_then(|_| self.login.tokens()) {
            let answer = self.http.send(request.clone().bearer(&tokens.session)).await?;
            if answer.status != UNAUTHORIZED {
                return accepted(answer);
            }
            self.login.drop_tokens(&tokens);
        }
        self.send(self.login.own(request)).await
    }

    /// Sends a request as it is.
    ///
    /// # Errors
    /// See [`Endpoint::call`].
    pub(super) async fn send(&self, request: Request) -> Result<Answer, SinkError> {
        accepted(self.http.send(request).await?)
    }
}

fn accepted(answer: Answer) -> Result<Answer, SinkError> {
    if answer.is_success() { Ok(answer) } else { Err(refusal(&answer)) }
}

/// The error for a status. A server that starts again or wakes up says so with a status; a code that the server gives
/// says more, unless only the status is known to pass.
fn refusal(answer: &Answer) -> SinkError {
    let by_status =
        answer.refusal(format!("the server refuses a request with status {}", answer.status));
    let told = serde_json::from_slice(&answer.body).ok().map(|it: ErrorAnswer| it.error);
    judged(answer.status, by_status, told)
}

fn judged(status: u16, by_status: SinkError, told: Option<ServerError>) -> SinkError {
    let error = match told {
        Some(error) if error.code != u32::from(status) => error,
        // The server repeats the status where it has no code, as for a query that it does not know any more.
        told => {
            let error = match status {
                404 => SinkError::transient("the server does not know the query any more (404)"),
                _ => by_status,
            };
            let detail = told.map(|it| it.message.into()).or(error.cause.detail);
            return SinkError { cause: Cause { detail, ..error.cause }, ..error };
        }
    };
    let by_code = match status {
        400 => fault::classify_refused(error.code, &error.message),
        _ => fault::classify(error.code, &error.message),
    };
    match by_status.fault {
        Fault::Fatal => by_code,
        fault => {
            let Cause { retry_after_ms, code: by_status, .. } = by_status.cause;
            // A gateway, or a node that could not pass the request on: the code is not what the statement came to.
            let code = if status >= 500 { by_status } else { by_code.cause.code };
            SinkError { fault, cause: Cause { retry_after_ms, code, ..by_code.cause } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_repeats_the_status_says_nothing() {
        let of = |status, code, by_status| {
            let by_status = SinkError { fault: by_status, cause: Cause::new("by status") };
            let message = "query id x not found".to_owned();
            judged(status, by_status, Some(ServerError { code, message }))
        };
        for (status, by_status, fault) in [
            (404, Fault::Fatal, Fault::Transient),
            (400, Fault::Fatal, Fault::Fatal),
            (500, Fault::Transient, Fault::Transient),
            (401, Fault::Unauthorized, Fault::Unauthorized),
        ] {
            let error = of(status, status.into(), by_status);
            assert_eq!(error.fault, fault, "{status}: {error}");
            assert_eq!(error.cause.detail.as_deref(), Some("query id x not found"));
        }
        let error = of(404, 1025, Fault::Fatal);
        assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Fatal, Some("1025")));
        assert_eq!(of(404, 1127, Fault::Fatal).fault, Fault::Transient);
        assert_eq!(of(503, 1006, Fault::Transient).fault, Fault::Transient);
    }

    #[test]
    fn the_node_of_a_transaction_may_be_gone() {
        let of = |status, message: &str| {
            let told = ServerError { code: 1006, message: message.to_owned() };
            judged(status, SinkError::fatal("by status"), Some(told)).fault
        };
        let gone = "Sticky session state lost: node 'n' not found in cluster, request=…";
        assert_eq!(of(400, gone), Fault::Transient);
        assert_eq!(of(400, "fail to start query: query_id q already exists"), Fault::Fatal);
    }
}
