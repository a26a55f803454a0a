//! Lambda's Runtime API for one function process.
//!
//! "Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide, version
//! 2018-06-01. Each process has its own endpoint, which ends with it, so that a pending request of
//! a process that has ended never takes an invocation.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::http;

const PREFIX: &str = "/2018-06-01/runtime/";

/// Lambda's limit for the response of a synchronous invocation, in bytes ("Lambda quotas": 6 MB).
const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// One event for the function.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) event: Bytes,
    pub(crate) timeout: Duration,
}

/// A request of the function to the endpoint.
#[derive(Debug)]
pub(crate) enum FunctionRequest {
    /// It asks for the next invocation: it is initialised, or has finished the last one.
    Next,
    /// It answers the invocation with this id.
    Answer(String, Bytes),
    /// It reports an error for the invocation with this id.
    Error(String, Bytes),
    /// It reports an initialisation error.
    InitError(Bytes),
}

/// The endpoint of one function process. Dropping it closes every connection.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    invocations: mpsc::Sender<Invocation>,
    reports: mpsc::UnboundedReceiver<FunctionRequest>,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    invocations: Mutex<mpsc::Receiver<Invocation>>,
    reports: mpsc::UnboundedSender<FunctionRequest>,
}

impl RuntimeApi {
    /// Listens on a free port of the loopback interface.
    pub(crate) async fn serve() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, receiver) = mpsc::channel(1);
        let (sender, reports) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { invocations: Mutex::new(receiver), reports: sender });
        let mut server = JoinSet::new();
        let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
        server.spawn(http::serve(listener, service));
        Ok(Self { address, invocations, reports, _server: server })
    }

    /// Host and port, for `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Answers the function's next request with `invocation`.
    pub(crate) async fn offer(&self, invocation: Invocation) {
        // The receiver lives as long as the server, which is ours.
        let _ = self.invocations.send(invocation).await;
    }

    /// The function's next report.
    pub(crate) async fn report(&mut self) -> FunctionRequest {
        match self.reports.recv().await {
            Some(report) => report,
            // The server has ended, and the function's connections with it.
            None => std::future::pending().await,
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
    let steps: Vec<&str> = path.split('/').collect();
    let report: fn(String, Bytes) -> FunctionRequest = match (&parts.method, steps.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => return Ok(next(&shared).await),
        (&Method::POST, ["invocation", _, "response"]) => FunctionRequest::Answer,
        (&Method::POST, ["invocation", _, "error"]) => FunctionRequest::Error,
        (&Method::POST, ["init", "error"]) => |_, body| FunctionRequest::InitError(body),
        _ => return Ok(refused(StatusCode::NOT_FOUND, "UnknownPath")),
    };
    let id = steps[1].to_owned();
    // After a timeout of the invocation nobody waits for a report.
    if let Ok(body) = Limited::new(body, MAX_ANSWER_BYTES).collect().await {
        let _ = shared.reports.send(report(id, body.to_bytes()));
        return Ok(json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#.into()));
    }
    let reason =
        error("Function.ResponseSizeTooLarge", "the answer is incomplete or larger than 6 MB");
    let _ = shared.reports.send(FunctionRequest::Error(id, Bytes::from(reason)));
    Ok(refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge"))
}

/// Waits, as Lambda does, until there is an invocation.
async fn next(shared: &Shared) -> Response<Full<Bytes>> {
    let _ = shared.reports.send(FunctionRequest::Next);
    let Some(invocation) = shared.invocations.lock().await.recv().await else {
        return refused(StatusCode::GONE, "ShuttingDown");
    };
    let deadline = SystemTime::now() + invocation.timeout;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let trace = Uuid::new_v4().simple().to_string();
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", invocation.id)
        .header("Lambda-Runtime-Deadline-Ms", deadline.as_millis().to_string())
        .header("Lambda-Runtime-Invoked-Function-Arn", invocation.arn)
        .header(
            "Lambda-Runtime-Trace-Id",
            format!("Root=1-{}-{};Sampled=0", &trace[..8], &trace[8..]),
        )
        .body(Full::new(invocation.event))
        .unwrap_or_else(|_| refused(StatusCode::INTERNAL_SERVER_ERROR, "BadFunctionName"))
}

fn refused(status: StatusCode, kind: &str) -> Response<Full<Bytes>> {
    json(status, error(kind, status.as_str()))
}

fn error(kind: &str, message: &str) -> String {
    format!(r#"{{"errorType":"{kind}","errorMessage":"{message}"}}"#)
}

fn json(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
}
