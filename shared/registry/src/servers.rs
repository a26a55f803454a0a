//! The servers of a registry, asked in turn.

use std::cell::Cell;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_http::{Answer, Request, Url, fault};

use crate::base::Base;
use crate::client::LazyClient;
use crate::login::Login;

/// What the clients of Confluent accept.
const ACCEPT: &str =
    "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json";

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
        let mut last = SinkError::fatal(format!("no server can be asked for {what}"));
        // Other requests may move it meanwhile.
        let first = first.unwrap_or_else(|| self.first.get());
        for turn in 0..self.bases.len() {
            let at = (first + turn) % self.bases.len();
            let Some(url) = address(&self.bases[at]) else { continue };
            match self.ask(&url, what).await {
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

    async fn ask(&self, url: &Url, what: &str) -> Result<Answer, SinkError> {
        let mut answer = self.send(url, false).await?;
        if answer.status == 401 && self.login.is_renewable() {
            // The token may have been revoked.
            answer = self.send(url, true).await?;
        }
        match answer.status {
            200..300 | 404 => Ok(answer),
            status => Err(answer.refusal(refused(url, what, status))),
        }
    }

    async fn send(&self, url: &Url, renewed: bool) -> Result<Answer, SinkError> {
        let mut request = Request::get(url.clone()).header("accept", ACCEPT);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = self.login.apply(&self.client, request, renewed).await?;
        self.client.send(request, "the schema registry").await
    }
}

fn refused(url: &Url, what: &str, status: u16) -> String {
    let host = url.host_str().unwrap_or_default();
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
