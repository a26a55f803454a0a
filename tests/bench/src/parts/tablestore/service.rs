//! A service that takes every row and keeps none, compiled and on a thread of its own, so that it is not what limits
//! its clients. It answers what they ask, signs its answers, counts, and can answer later than it could.
//!
//! Not here: signatures of requests, checksums, types and names of columns, and faults. The stand-in of the tests
//! (`scripts/services/tablestore`) checks them.

use std::error::Error;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::received::Received;
use super::signature::{self, Keys};
use super::wire;

type Failed = Box<dyn Error + Sync + Send>;

/// The service; it runs until the process ends.
pub(super) struct Service {
    pub(super) url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Received>,
    /// What an answer waits, in milliseconds.
    delay: AtomicU64,
    keys: Keys,
}

impl Service {
    /// Starts it.
    ///
    /// # Errors
    /// There is no free port, or no thread.
    pub(super) fn start() -> Result<Self, Failed> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        std::thread::Builder::new().spawn(move || runtime.block_on(serve(listener, serving)))?;
        Ok(Self { url, shared })
    }

    /// From now on each answer waits so long.
    pub(super) fn delay(&self, milliseconds: u64) {
        self.shared.delay.store(milliseconds, Ordering::Relaxed);
    }

    /// What came since the last look.
    pub(super) fn look(&self) -> Received {
        std::mem::take(&mut self.shared.received())
    }
}

impl Shared {
    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to an operation.
    fn run(&self, path: &str, body: Bytes) -> (StatusCode, Vec<u8>) {
        let mut received = self.received();
        let answer = match path {
            "/BatchWriteRow" => received.take(body).map(wire::written),
            "/DescribeTable" => Ok(wire::described()),
            "/ListTable" => Ok(wire::listed()),
            _ => Err("there is no such operation"),
        };
        received.others += usize::from(path != "/BatchWriteRow");
        match answer {
            Ok(answer) => (StatusCode::OK, answer),
            Err(why) => (StatusCode::BAD_REQUEST, wire::refused(why)),
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&shared)));
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            served.await.ok()
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let delay = shared.delay.load(Ordering::Relaxed);
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let path = parts.uri.path();
    let (status, answer) = shared.run(path, body);
    let date = parts.headers.get("x-ots-signdate").and_then(|date| date.to_str().ok());
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    *response.headers_mut() = headers(&shared.keys.of(date), path, &answer);
    *response.body_mut() = answer.into();
    Ok(response)
}

/// The headers of an answer. Their names are in the order in which they are signed.
fn headers(key: &[u8], path: &str, answer: &[u8]) -> HeaderMap {
    let now = Timestamp::now();
    let signed = [
        ("x-ots-contentmd5", signature::md5(answer)),
        ("x-ots-contenttype", "protocol buffer".to_owned()),
        ("x-ots-date", now.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()),
        ("x-ots-requestid", format!("{:x}", now.as_nanosecond())),
    ];
    let signature = signature::sign(key, &signed, path);
    let all = signed.into_iter().chain([("authorization", signature)]);
    all.filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?))).collect()
}
