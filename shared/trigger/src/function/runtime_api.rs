//! Lambda's Runtime API, served to one function process.
//!
//! "Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide, version
//! 2018-06-01. One endpoint serves one process and is thrown away with it, so that a request a dead
//! process left behind can never swallow an invocation.

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

/// Lambda's limit for the answer of a synchronous invocation, in bytes ("Lambda quotas": 6 MB).
const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// One event for the function.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) event: Bytes,
    pub(crate) timeout: Duration,
}

/// What the function tells the endpoint.
#[derive(Debug)]
pub(crate) enum Report {
    /// It asked for an invocation: it is initialised, or done with the last one.
    Next,
    /// It answered the invocation of this id.
    Answer(String, Bytes),
    /// It reported an error for the invocation of this id.
    Error(String, Bytes),
    /// It could not initialise.
    InitError(Bytes),
}

/// The endpoint of one function process. Dropping it closes every connection.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    invocations: mpsc::Sender<Invocation>,
    reports: mpsc::UnboundedReceiver<Report>,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    invocations: Mutex<mpsc::Receiver<Invocation>>,
    reports: mpsc::UnboundedSender<Report>,
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

    /// Host and port, as `AWS_LAMBDA_RUNTIME_API` wants them.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands `invocation` to the function's next request.
    pub(crate) async fn offer(&self, invocation: Invocation) {
        // The receiver lives as long as the server, which is ours.
        let _ = self.invocations.send(invocation).await;
    }

    /// The function's next report.
    pub(crate) async fn report(&mut self) -> Report {
        match self.reports.recv().await {
            Some(report) => report,
            // The server is gone, and with it the function's connections: nothing will come.
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
    let report: fn(String, Bytes) -> Report = match (&parts.method, steps.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => return Ok(next(&shared).await),
        (&Method::POST, ["invocation", _, "response"]) => Report::Answer,
        (&Method::POST, ["invocation", _, "error"]) => Report::Error,
        (&Method::POST, ["init", "error"]) => |_, body| Report::InitError(body),
        _ => return Ok(refused(StatusCode::NOT_FOUND, "UnknownPath")),
    };
    let id = steps[1].to_owned();
    // Nobody waits for a report any more once the invocation timed out.
    if let Ok(body) = Limited::new(body, MAX_ANSWER_BYTES).collect().await {
        let _ = shared.reports.send(report(id, body.to_bytes()));
        return Ok(json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#.into()));
    }
    let reason = error("Function.ResponseSizeTooLarge", "the answer broke off or exceeds 6 MB");
    let _ = shared.reports.send(Report::Error(id, Bytes::from(reason)));
    Ok(refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge"))
}

/// Waits, as Lambda does, until there is something to do.
async fn next(shared: &Shared) -> Response<Full<Bytes>> {
    let _ = shared.reports.send(Report::Next);
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
