//! The client of a function that is an HTTP server, as Function Compute's custom runtimes are.
//!
//! Source: "Principles", "Lifecycle hooks" and "Web functions" (failures) of Function Compute 3.0.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::function::runtime_api::Invocation;

const STATUS: &str = "x-fc-status";

/// How long to wait before a function that does not listen yet is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// One function process, reached by its port.
#[derive(Debug)]
pub(super) struct CustomRuntime {
    port: u16,
    /// Kept open from one request to the next.
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl CustomRuntime {
    /// Finds a port that is free now.
    pub(super) async fn reserve() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self { port: listener.local_addr()?.port(), connection: None })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until the function listens, and has it check its configuration.
    ///
    /// # Errors
    /// What it says is wrong.
    pub(super) async fn initialize(&mut self) -> Result<(), Bytes> {
        loop {
            // Until it listens, nobody answers.
            match self.post("/initialize", &[], Bytes::new()).await {
                Ok(answer) => return answer.map(drop),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// Invokes it: its answer, or the error that it reports.
    ///
    /// # Errors
    /// The connection broke off, most likely because the process ended.
    pub(super) async fn invoke(
        &mut self,
        invocation: Invocation,
    ) -> io::Result<Result<Bytes, Bytes>> {
        // A part of a second counts as one, as there is no smaller unit.
        let timeout = invocation.timeout.as_secs_f64().ceil().to_string();
        let headers = [("x-fc-request-id", &*invocation.id), ("x-fc-function-timeout", &timeout)];
        self.post("/invoke", &headers, invocation.event).await
    }

    async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> io::Result<Result<Bytes, Bytes>> {
        let mut request = Request::post(path)
            .header(HOST, "function")
            .header(CONTENT_TYPE, "application/octet-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).map_err(io::Error::other)?;
        let mut connection = self.connected().await?;
        let answer = connection.send_request(request).await.map_err(io::Error::other)?;
        let succeeded = has_succeeded(&answer);
        let body = answer.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        self.connection = Some(connection);
        Ok(if succeeded { Ok(body) } else { Err(body) })
    }

    /// The connection of the last request, if it is still good.
    async fn connected(&mut self) -> io::Result<SendRequest<Full<Bytes>>> {
        if let Some(mut kept) = self.connection.take()
            && kept.ready().await.is_ok()
        {
            return Ok(kept);
        }
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // What breaks it shows where an answer is waited for.
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// The platform looks at the header alone. An answer without it would count as a success there, with
/// whatever was lost; here it does not.
fn has_succeeded(answer: &Response<Incoming>) -> bool {
    let judged = answer.headers().get(STATUS).is_some_and(|status| status == "200");
    judged && answer.status() == StatusCode::OK
}
