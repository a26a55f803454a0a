//! The HTTP endpoint: `/metrics` for Prometheus; `/healthz`, which fails if a connector is down;
//! and `/readyz`, which also fails if a connector runs but writes nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Metrics;
use crate::error::Error;
use crate::http;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// An endpoint that answers until it is dropped.
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    _server: JoinSet<()>,
}

impl Endpoint {
    /// Listens on `address`, `host:port`; port 0 means any free port. The endpoint shows the names
    /// of topics and connectors to everyone who can connect, but nothing of a record.
    ///
    /// # Errors
    ///
    /// The address cannot be used.
    pub async fn listen(address: &str, metrics: Arc<Metrics>) -> Result<Self, Error> {
        let failed = |error| Error::Io(format!("cannot serve metrics on {address}"), error);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let mut server = JoinSet::new();
        let service = service_fn(move |request| {
            let answer = answer(&request, &metrics);
            async move { Ok::<_, Infallible>(answer) }
        });
        server.spawn(http::serve(listener, service));
        Ok(Self { address: local, _server: server })
    }

    /// The address on which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn answer<B>(request: &Request<B>, metrics: &Metrics) -> Response<Full<Bytes>> {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => text(StatusCode::OK, metrics.to_text()),
        (&Method::GET | &Method::HEAD, "/healthz") => match metrics.down().as_slice() {
            [] => text(StatusCode::OK, "ok\n".to_owned()),
            down => {
                let down = format!("down: {}\n", down.join(", "));
                text(StatusCode::SERVICE_UNAVAILABLE, down)
            }
        },
        (&Method::GET | &Method::HEAD, "/readyz") => {
            match metrics.problems(SystemTime::now()).as_slice() {
                [] => text(StatusCode::OK, "ok\n".to_owned()),
                problems => text(StatusCode::SERVICE_UNAVAILABLE, problems.join("\n") + "\n"),
            }
        }
        _ => {
            text(StatusCode::NOT_FOUND, "not found: use /metrics, /healthz or /readyz\n".to_owned())
        }
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
    response
}
