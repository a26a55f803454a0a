//! Answers. The platform looks at the header `x-fc-status`, and takes an answer without it for a success.
//! So every answer has it.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;

use crate::lambda::response::{Failed, LambdaResponse};

const STATUS: HeaderName = HeaderName::from_static("x-fc-status");
const SUCCEEDED: HeaderValue = HeaderValue::from_static("200");
/// The only value that means a failure.
const FAILED: HeaderValue = HeaderValue::from_static("404");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) type Answer = Response<Full<Bytes>>;

/// An invocation has succeeded, or a question about tables is answered.
pub(super) fn settled(LambdaResponse(answer): &LambdaResponse) -> Answer {
    answer_of(StatusCode::OK, SUCCEEDED, answer.to_string())
}

/// What was asked for is done, and there is nothing to tell.
pub(super) fn done() -> Answer {
    answer_of(StatusCode::OK, SUCCEEDED, String::new())
}

/// It failed; the body is the error that Lambda would be told.
pub(super) fn failed(failed: &Failed) -> Answer {
    refused(StatusCode::NOT_FOUND, failed)
}

/// The same with another HTTP status, for what is not an invocation.
pub(super) fn refused(status: StatusCode, failed: &Failed) -> Answer {
    let error = json!({ "errorType": failed.kind.name(), "errorMessage": failed.message });
    answer_of(status, FAILED, error.to_string())
}

fn answer_of(status: StatusCode, judged: HeaderValue, body: String) -> Answer {
    let mut answer = Response::new(Full::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(STATUS, judged);
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer
}
