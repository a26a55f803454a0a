//! Asks the server for the tokens of the client's session: with the password, or with the token that is there to renew
//! them.
//!
//! A server that refuses, or that does not answer, leaves everything as it is: requests log in with the password.
//!
//! API: `servers/http/v1/session/login_handler.rs` and `refresh_handler.rs` of the server's sources.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sluice_http::{Answer, Request};

use crate::endpoint::client::Endpoint;
use crate::endpoint::login::{Given, Tokens, in_session};

const JSON: &str = "application/json";
/// The path does not exist: the server knows no logins.
const NOT_FOUND: u16 = 404;

#[derive(Serialize)]
struct LoginRequest<'a> {
    database: &'a str,
}

/// The old token, so that the server can forget it early.
#[derive(Serialize)]
struct RefreshRequest<'a> {
    session_token: &'a str,
}

/// The answer to both requests.
#[derive(Deserialize)]
struct LoginAnswer {
    /// Only a login says it.
    session_id: Option<String>,
    tokens: Option<TokensAnswer>,
}

#[derive(Deserialize)]
struct TokensAnswer {
    session_token: String,
    refresh_token: String,
    session_token_ttl_in_secs: u64,
}

impl Endpoint {
    /// Whether new tokens should be asked for.
    pub(crate) fn needs_tokens(&self) -> bool {
        self.login.is_due()
    }

    /// Asks for new tokens, and keeps them.
    pub(crate) async fn renew(&self) {
        let given = match self.refresh().await {
            Some(given) => Some(given),
            None => self.log_in().await,
        };
        if let Some(given) = given {
            self.login.keep(given);
        }
    }

    async fn log_in(&self) -> Option<Given> {
        let body = serde_json::to_vec(&LoginRequest { database: &self.database }).ok()?;
        let request = Request::post(self.url("v1/session/login").ok()?, JSON, body);
        let id = self.login.id();
        // Without the first cookie the server gives no session. A session that is there goes on.
        let request = match &id {
            Some(id) => in_session(request, Some(id)),
            None => request.header("cookie", "cookie_enabled=true"),
        };
        let answer = self.http.send(self.routed(self.login.own(request))).await.ok()?;
        if answer.status == NOT_FOUND {
            return Some(Given::Never);
        }
        let LoginAnswer { session_id, tokens } = read(&answer)?;
        Some(match (id.or(session_id), tokens) {
            (Some(id), Some(tokens)) => Given::Tokens { id, tokens: tokens.into() },
            _ => Given::Never,
        })
    }

    async fn refresh(&self) -> Option<Given> {
        let (id, old) = (self.login.id()?, self.login.tokens()?);
        let body = serde_json::to_vec(&RefreshRequest { session_token: &old.session }).ok()?;
        let request = Request::post(self.url("v1/session/refresh").ok()?, JSON, body);
        let request = in_session(request, Some(&id)).bearer(&old.refresh);
        let answer = self.http.send(self.routed(request)).await.ok()?;
        let tokens = read(&answer)?.tokens?.into();
        Some(Given::Tokens { id, tokens })
    }
}

fn read(answer: &Answer) -> Option<LoginAnswer> {
    answer.is_success().then(|| serde_json::from_slice(&answer.body).ok()).flatten()
}

impl From<TokensAnswer> for Tokens {
    fn from(told: TokensAnswer) -> Self {
        let time = Duration::from_secs(told.session_token_ttl_in_secs);
        Self::new(told.session_token, told.refresh_token, time)
    }
}
