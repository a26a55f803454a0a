//! One call: signed, sent once, and its answer checked.

use std::fmt;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_http::{Answer, Client, ErrorKind, HttpError, Limits, Request};
use sluice_tls::Unusable;

use crate::endpoint::clock::ServiceClock;
use crate::endpoint::config::Connection;
use crate::endpoint::digest::Digester;
use crate::endpoint::response;
use crate::endpoint::signature::sign;
use crate::fault::{Refusal, Verdict};
use crate::wire::message;

/// An instance that can be called.
pub(crate) struct Endpoint {
    connection: Connection,
    client: Client,
    clock: ServiceClock,
    digester: Digester,
}

impl Endpoint {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// A certificate cannot be used.
    pub(crate) fn new(connection: Connection) -> Result<Self, Unusable> {
        let client = Client::new(&connection.tls, Limits::default())?;
        let (clock, digester) = (ServiceClock::default(), Digester::new());
        Ok(Self { connection, client, clock, digester })
    }

    /// The time at the service.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Calls an operation, and returns the body of its answer.
    ///
    /// # Errors
    /// The service refuses it, or does not answer. After [`Verdict::Again`] it may have been done.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        body: Vec<u8>,
    ) -> Result<Bytes, Refusal> {
        let body = Bytes::from(body);
        let md5 = self.digester.md5(&body).await;
        let Connection { url, instance, scheme, login, .. } = &self.connection;
        let credentials = login.credentials().ok_or_else(no_credentials)?;
        let now = self.clock.now();
        let (headers, key) = sign(&credentials, scheme, instance, operation, md5, now);
        let mut url = url.clone();
        url.set_path(operation);
        let request = Request::post(url, "application/x-protobuf", body);
        let request =
            headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let answer = self.client.send(request).await.map_err(unanswered)?;
        let wrong = answer.header("x-ots-date").and_then(|date| self.clock.learn(date, now));
        if !answer.is_success() {
            return Err(refused(&answer, wrong));
        }
        let headers: Vec<(&str, &str)> =
            answer.headers().filter(|(name, _)| name.starts_with("x-ots-")).collect();
        let signed = answer.header("authorization");
        let checked =
            response::check(&headers, signed, operation, &credentials.id, &key, &answer.body);
        match checked {
            Ok(()) => Ok(answer.body),
            Err(why) => {
                let message = format!("the answer is not the service's: {why}");
                Err(Refusal::new(Verdict::Again, message))
            }
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("instance", &self.connection.instance)
            .finish_non_exhaustive()
    }
}

/// Neither the options nor the platform has any.
fn no_credentials() -> Refusal {
    let what = "there are no credentials: give the function a role, or set connection.user and connection.password";
    Refusal::new(Verdict::Unauthorized, what)
}

/// What a call without a complete answer means. Each write may be sent again, so it does not matter whether the
/// service has done it.
fn unanswered(error: HttpError) -> Refusal {
    let verdict = match error.kind {
        ErrorKind::NotSent | ErrorKind::Unanswered => Verdict::Again,
        ErrorKind::TooLong | ErrorKind::Invalid => Verdict::Fatal,
    };
    Refusal::new(verdict, error.message)
}

/// What an answer with another status than 2xx means. `wrong` is by how much the request's date was wrong.
fn refused(answer: &Answer, wrong: Option<SignedDuration>) -> Refusal {
    let error = message::Error::decode(&*answer.body).ok();
    let Some(error) = error.filter(|error| error.code.starts_with("OTS")) else {
        // A proxy or a load balancer answers.
        return by_status(answer.refusal("the service refuses the request"));
    };
    let message = error.message.unwrap_or_default();
    let mut refusal = Refusal::of(&error.code, &message);
    let refuses_date = matches!(refusal.verdict, Verdict::Unauthorized | Verdict::Data);
    if let Some(wrong) = wrong.filter(|_| refuses_date) {
        let seconds = wrong.as_secs();
        let what = format!(
            "the function's clock differs from the service's by {seconds} s; requests are now dated by the service's"
        );
        let cause = refusal.cause;
        refusal = Refusal::new(Verdict::Again, what);
        (refusal.cause.code, refusal.cause.detail) = (cause.code, cause.detail);
    }
    if let Some(pause) = answer.retry_after().filter(|_| refusal.verdict == Verdict::Again) {
        let pause = pause.as_millis().try_into().unwrap_or(u32::MAX);
        refusal.cause.retry_after_ms = refusal.cause.retry_after_ms.max(pause);
    }
    refusal
}

fn by_status(SinkError { fault, cause }: SinkError) -> Refusal {
    let verdict = match fault {
        Fault::Transient => Verdict::Again,
        Fault::Unauthorized => Verdict::Unauthorized,
        Fault::Data(_) | Fault::Fatal => Verdict::Fatal,
    };
    Refusal { verdict, cause }
}
