//! Lambda's Runtime API ("Using the Lambda runtime API for custom runtimes", version 2018-06-01), as
//! one function process speaks it over the vendor's client. An invocation is known when its head is
//! there: what its body would wait for can be asked for while that is on its way, which a loop that
//! hands over whole bodies does not allow.
//!
//! What an invocation is and what becomes of it is not known here.

use std::error::Error;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Method, Response, StatusCode};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde_json::json;

use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, LambdaResponse};

const NEXT: &str = "invocation/next";
const INIT_ERROR: &str = "init/error";
/// A process that was restored from a snapshot says so before its first invocation ("Lambda
/// SnapStart").
const RESTORED: &str = "restore/next";
const INITIALIZATION: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";
const FROM_SNAPSHOT: &str = "snap-start";

const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
/// Goes back with the answer where it came with the invocation, as the vendor's own loop does it.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// An event is no longer than this ("Lambda quotas"): more room than that is made only as bytes come.
const LONGEST: usize = 6 << 20;

/// Why a process cannot go on.
pub(crate) type Ended = Box<dyn Error + Send + Sync>;

/// Where invocations come from.
pub(crate) struct RuntimeApi(PooledClient);

/// One of them, whose body is on its way.
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) deadline: Deadline,
    echo: Option<HeaderValue>,
    body: Incoming,
}

impl RuntimeApi {
    /// Of the address in the environment, which must be there.
    pub(crate) fn new() -> Self {
        Self(PooledClient::builder().build())
    }

    /// Waits until the process may be invoked: where a snapshot is made of it, until it is restored.
    ///
    /// # Errors
    /// The Runtime API is away or refuses.
    pub(crate) async fn ready(&self) -> Result<(), Ended> {
        if std::env::var_os(INITIALIZATION).is_some_and(|how| how == FROM_SNAPSHOT) {
            accepted(&self.call(Method::GET, RESTORED, None, Body::empty()).await?)?;
            // Its connections are those of before.
            self.0.reset_pool();
        }
        Ok(())
    }

    /// Waits for the next invocation.
    ///
    /// # Errors
    /// As [`RuntimeApi::ready`], or its answer is no invocation.
    pub(crate) async fn next(&self) -> Result<Invocation, Ended> {
        let answer = self.call(Method::GET, NEXT, None, Body::empty()).await?;
        accepted(&answer)?;
        let headers = answer.headers();
        let id = text(headers, REQUEST_ID).ok_or("the Runtime API names no request")?.to_owned();
        let millis = text(headers, DEADLINE).and_then(|millis| millis.parse().ok());
        let deadline = Deadline::from_epoch_millis(millis.unwrap_or_default());
        let echo = headers.get(INVOCATION_ID).cloned();
        Ok(Invocation { id, deadline, echo, body: answer.into_body() })
    }

    /// Answers an invocation. An answer that is refused is told of and nothing more can be done: the
    /// invocation is over.
    ///
    /// # Errors
    /// The Runtime API is away.
    pub(crate) async fn answer(
        &self,
        invocation: &Invocation,
        answer: Result<LambdaResponse, Failed>,
    ) -> Result<Result<(), String>, Ended> {
        let Invocation { id, echo, .. } = invocation;
        let (end, kind, body) = match answer {
            Ok(LambdaResponse(body)) => ("response", None, body),
            Err(failed) => ("error", Some(failed.kind.name()), failed.told()),
        };
        let kind = kind.map(|kind| (ERROR_TYPE, HeaderValue::from_static(kind)));
        let echo = echo.clone().map(|echo| (INVOCATION_ID, echo));
        let path = format!("invocation/{id}/{end}");
        let headers = kind.into_iter().chain(echo);
        let answered =
            self.call(Method::POST, &path, headers, Body::from(body.to_string())).await?;
        let taken = accepted(&answered).map_err(|why| format!("invocation {id}: {why}"));
        // The connection is used again once this is read, and given up where it cannot be.
        let _ = answered.into_body().collect().await;
        Ok(taken)
    }

    /// Says that there will be nothing to invoke.
    ///
    /// # Errors
    /// The Runtime API is away.
    pub(crate) async fn fail_start(&self, failed: &Failed) -> Result<(), Ended> {
        let kind = [(ERROR_TYPE, HeaderValue::from_static(failed.kind.name()))];
        let told = Body::from(failed.told().to_string());
        self.call(Method::POST, INIT_ERROR, kind, told).await?;
        Ok(())
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: impl IntoIterator<Item = (&'static str, HeaderValue)>,
        body: Body,
    ) -> Result<Response<Incoming>, Ended> {
        let request = build_request().method(method).uri(format!("/2018-06-01/runtime/{path}"));
        let request =
            headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        self.0.call(request.body(body)?).await
    }
}

impl Invocation {
    /// Reads the body into room that an earlier one has had.
    ///
    /// # Errors
    /// The Runtime API goes away half way.
    pub(crate) async fn read(&mut self, room: &mut Vec<u8>) -> Result<(), Ended> {
        room.clear();
        let length = hyper::body::Body::size_hint(&self.body).lower();
        room.reserve(usize::try_from(length).map_or(LONGEST, |length| length.min(LONGEST)));
        while let Some(frame) = self.body.frame().await {
            if let Ok(bytes) = frame?.into_data() {
                room.extend_from_slice(&bytes);
            }
        }
        Ok(())
    }
}

fn accepted(answer: &Response<Incoming>) -> Result<(), String> {
    match answer.status() {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => {
            Err("the Runtime API no longer takes the answer: it came too late".to_owned())
        }
        status => Err(format!("the Runtime API answers {status}")),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

impl Failed {
    /// As Lambda is told.
    fn told(&self) -> serde_json::Value {
        json!({ "errorType": self.kind.name(), "errorMessage": self.message })
    }
}
