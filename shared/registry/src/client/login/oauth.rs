//! Tokens of an OAuth server, for client credentials: RFC 6749, section 4.4.

use std::time::{Duration, SystemTime};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_http::{Answer, Request, Url, fault};
use tokio::sync::Mutex;

use crate::client::lazy::LazyClient;

/// The content type of a request for a token.
const FORM: &str = "application/x-www-form-urlencoded";
/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How long a token is used if its server does not say.
const LIFETIME: Duration = Duration::from_secs(60);
/// How long before its end a token is not used any more, at most: what the client of Confluent has
/// (`bearer.auth.cache.expiry.buffer.seconds`).
const RESERVE: Duration = Duration::from_secs(300);

/// A client of an OAuth server. There is no `Debug`, because it would print a secret.
pub(crate) struct OAuthClient {
    pub(crate) issuer: Url,
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) scope: Option<String>,
}

/// A client and its last token.
pub(crate) struct OAuth {
    client: OAuthClient,
    /// Locked while a token is asked for, so that there is one request for all.
    last: Mutex<Option<Token>>,
}

struct Token {
    text: String,
    /// By the clock of the day: the other one stops while the execution environment is frozen.
    until: SystemTime,
}

/// Section 5.1.
#[derive(Deserialize)]
struct Issued {
    access_token: String,
    expires_in: Option<Seconds>,
}

/// A number, which some servers write as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

impl Seconds {
    /// `None` for text that is no number: the server does not say.
    fn duration(&self) -> Option<Duration> {
        let seconds = match self {
            Seconds::Number(seconds) => Some(*seconds),
            Seconds::Text(text) => text.parse().ok(),
        };
        seconds.map(Duration::from_secs)
    }
}

impl OAuth {
    pub(crate) fn new(client: OAuthClient) -> Self {
        Self { client, last: Mutex::new(None) }
    }

    /// The token. It is asked for if there is none, if it soon ends, or to have it `renewed`.
    ///
    /// # Errors
    /// The server does not answer, or refuses the client.
    pub(crate) async fn token(&self, by: &LazyClient, renewed: bool) -> Result<String, SinkError> {
        let mut last = self.last.lock().await;
        if let Some(token) = &*last
            && !renewed
            && SystemTime::now() < token.until
        {
            return Ok(token.text.clone());
        }
        let token = self.client.ask(by).await?;
        Ok(last.insert(token).text.clone())
    }
}

impl OAuthClient {
    async fn ask(&self, by: &LazyClient) -> Result<Token, SinkError> {
        let encoded = |scope: &str| utf8_percent_encode(scope, RESERVED).to_string();
        let scope = self.scope.as_deref().map(|scope| format!("&scope={}", encoded(scope)));
        let form = format!("grant_type=client_credentials{}", scope.unwrap_or_default());
        // Section 2.3.1 wants the login encoded as in a form. Kafka's and Confluent's clients send it
        // as it is, by default, and what works there has to work here.
        let request = Request::post(self.issuer.clone(), FORM, form)
            .basic(&self.id, &self.secret)
            .header("accept", "application/json");
        let answer = by.send(request, "the OAuth server of the schema registry").await?;
        read(&answer, SystemTime::now())
    }
}

fn read(answer: &Answer, now: SystemTime) -> Result<Token, SinkError> {
    if !answer.is_success() {
        let message = "the OAuth server refuses a token for the schema registry";
        let mut error = answer.refusal(message);
        // Section 5.2: 400 is the answer to a wrong client, too.
        if fault(answer.status) == Fault::Fatal {
            error.fault = Fault::Unauthorized;
        }
        return Err(error);
    }
    let issued: Issued = serde_json::from_slice(&answer.body).map_err(|_| {
        SinkError::fatal("the OAuth server for the schema registry does not answer with a token")
    })?;
    let lifetime = issued.expires_in.and_then(|it| it.duration()).unwrap_or(LIFETIME);
    // A token that lives for a short time is used for most of it.
    let lifetime = lifetime - (lifetime / 5).min(RESERVE);
    let until = now.checked_add(lifetime).unwrap_or(now);
    Ok(Token { text: issued.access_token, until })
}
