//! The servers of a registry, asked in turn.

use std::cell::Cell;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_http::{Answer, Request, Url, fault};

use crate::client::base::Base;
use crate::client::lazy::LazyClient;
use crate::client::login::Login;

/// What the clients of Confluent accept.
const ACCEPT: &str =
    "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json";

/// What they send, and every registry reads.
const ACCEPTED: &str = "application/vnd.schemaregistry.v1+json";

/// The servers of a registry.
pub(crate) struct Servers {
    pub(crate) client: LazyClient,
    pub(crate) bases: Vec<Base>,
    pub(crate) login: Login,
    /// Headers that every request has.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The server that is asked first.
    first: Cell<usize>,
}

impl Servers {
    pub(crate) fn new(
        client: LazyClient,
        bases: Vec<Base>,
        login: Login,
        headers: Vec<(&'static str, String)>,
    ) -> Self {
        Self { client, bases, login, headers, first: Cell::new(0) }
    }

    /// Asks for `what` at an address of one server after the other, until one answers. The answer is
    /// a success, or 404. The server `first` is asked first, or else the one that answered last.
    ///
    /// # Errors
    /// `Transient` if none answers; `Unauthorized` if one refuses the login; `Fatal` if the answer is
    /// not one of a registry.
    pub(crate) async fn get(
        &self,
        first: Option<usize>,
        address: impl Fn(&Base) -> Option<Url>,
        what: &str,
    ) -> Result<Answer, SinkError> {
        self.ask_each(first, |base| address(base).map(Request::get), &[404], what).await
    }

    /// Sends a body of JSON to an address of one server after the other, until one answers. The answer
    /// is a success, or says why the body is refused: 404, 409 or 422. The body must be one that may
    /// arrive twice.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) async fn post(
        &self,
        address: impl Fn(&Base) -> Url,
        body: &str,
        what: &str,
    ) -> Result<Answer, SinkError> {
        let request = |base: &Base| Some(Request::post(address(base), ACCEPTED, body.to_owned()));
        self.ask_each(None, request, &[404, 409, 422], what).await
    }

    async fn ask_each(
        &self,
        first: Option<usize>,
        request: impl Fn(&Base) -> Option<Request>,
        answers: &[u16],
        what: &str,
    ) -> Result<Answer, SinkError> {
        let mut last = SinkError::fatal(format!("no server can be asked for {what}"));
        // Other requests may move it meanwhile.
        let first = first.unwrap_or_else(|| self.first.get());
        for turn in 0..self.bases.len() {
            let at = (first + turn) % self.bases.len();
            let Some(request) = request(&self.bases[at]) else { continue };
            match self.ask(at, request, answers, what).await {
                Ok(answer) => {
                    self.first.set(at);
                    return Ok(answer);
                }
                Err(error) if error.fault == Fault::Transient => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// The server after the one that is asked first.
    pub(crate) fn next(&self) -> usize {
        (self.first.get() + 1) % self.bases.len().max(1)
    }

    async fn ask(
        &self,
        at: usize,
        request: Request,
        answers: &[u16],
        what: &str,
    ) -> Result<Answer, SinkError> {
        let mut answer = self.send(request.clone(), false).await?;
        if answer.status == 401 && self.login.is_renewable() {
            // The token may have been revoked.
            answer = self.send(request, true).await?;
        }
        if answer.is_success() || answers.contains(&answer.status) {
            return Ok(answer);
        }
        Err(answer.refusal(refused(self.bases[at].host(), what, answer.status)))
    }

    async fn send(&self, request: Request, renewed: bool) -> Result<Answer, SinkError> {
        let mut request = request.header("accept", ACCEPT);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = self.login.apply(&self.client, request, renewed).await?;
        self.client.send(request, "the schema registry").await
    }
}

fn refused(host: &str, what: &str, status: u16) -> String {
    let why = match fault(status) {
        Fault::Unauthorized => "refuses the login, or the right to read it",
        Fault::Transient => "does not answer",
        _ if (300..400).contains(&status) => {
            "answers with another address: set schema.registry.url to that"
        }
        _ => "does not answer as a registry does: see whether schema.registry.url is right",
    };
    format!("the schema registry {host}, asked for {what}, {why}")
}
