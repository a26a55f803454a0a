//! The client: connections, deadlines, and the length of an answer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use reqwest::{redirect, retry};
use rustls::ClientConfig;
use sluice_tls::{Tls, Unusable};

use crate::answer::Answer;
use crate::error::{ErrorKind, HttpError};
use crate::request::{Request, server};

/// How long a connection may be unused, by the clock of the day. Servers and what is between close
/// connections, mostly after a minute or more, and a frozen execution environment does not notice.
/// Opening one costs less than a request that is lost.
const IDLE: Duration = Duration::from_secs(4);
/// How we name ourselves to servers.
const AGENT: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

/// How long a request may take, and how long its answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection with its TLS.
    pub connect: Duration,
    /// For the whole call, connection and body included.
    pub call: Duration,
    /// The longest body of an answer, in bytes.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let (connect, call) = (Duration::from_secs(5), Duration::from_secs(30));
        Self { connect, call, answer: 16 << 20 }
    }
}

/// A client of HTTP/1.1 that keeps connections as long as they are used.
pub struct Client {
    tls: ClientConfig,
    limits: Limits,
    current: Mutex<Current>,
}

/// The connections, and when one was used last. The time is that of the day: the monotonic clock
/// stops while the execution environment is frozen.
struct Current {
    connections: reqwest::Client,
    used: SystemTime,
}

impl Client {
    /// A client; nothing is connected.
    ///
    /// # Errors
    /// A certificate or a key cannot be used.
    pub fn new(tls: &Tls, limits: Limits) -> Result<Self, Unusable> {
        let tls = tls.client()?;
        let connections = connections(&tls, limits).map_err(Unusable::Tls)?;
        let current = Mutex::new(Current { connections, used: SystemTime::now() });
        Ok(Self { tls, limits, current })
    }

    /// Sends a request, once, and returns the answer with any status.
    ///
    /// # Errors
    /// There is no complete answer.
    pub async fn send(&self, request: Request) -> Result<Answer, HttpError> {
        let server = server(&request.url);
        let connections = self.connections()?;
        let Request { method, url, headers, body } = request;
        let mut sending = connections.request(method, url).body(body);
        for (name, value) in headers {
            sending = sending.header(&*name, value);
        }
        let answered = sending.send().await.map_err(|error| HttpError::of(error, &server))?;
        let answer = self.read(answered, &server).await?;
        self.current().used = SystemTime::now();
        Ok(answer)
    }

    /// Reads the body, and no more than its limit.
    async fn read(
        &self,
        mut answered: reqwest::Response,
        server: &str,
    ) -> Result<Answer, HttpError> {
        let status = answered.status().as_u16();
        let headers: HeaderMap = std::mem::take(answered.headers_mut());
        let mut body = Vec::new();
        loop {
            let chunk = answered.chunk().await.map_err(|error| HttpError::of(error, server))?;
            let Some(chunk) = chunk else { break };
            if chunk.len() > self.limits.answer - body.len() {
                let message =
                    format!("{server} answers with more than {} bytes", self.limits.answer);
                return Err(HttpError::new(ErrorKind::TooLong, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body: body.into(), headers })
    }

    /// The connections, or new ones if those were unused for long.
    fn connections(&self) -> Result<reqwest::Client, HttpError> {
        let mut current = self.current();
        // If the clock went back, the time is unknown.
        if current.used.elapsed().map_or(true, |unused| unused > IDLE) {
            let built = connections(&self.tls, self.limits);
            current.connections = built.map_err(|why| HttpError::new(ErrorKind::Invalid, why))?;
        }
        current.used = SystemTime::now();
        Ok(current.connections.clone())
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connections(tls: &ClientConfig, limits: Limits) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .user_agent(AGENT)
        .connect_timeout(limits.connect)
        .timeout(limits.call)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use reqwest::Url;

    use super::*;

    /// A server that answers one request on each connection, and never closes one.
    fn server() -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().flatten() {
                let mut stream = stream;
                let _ = stream.read(&mut [0; 1_000]);
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
                open.push(stream);
            }
        });
        Url::parse(&format!("http://{address}/")).expect("a URL")
    }

    /// What a frozen execution environment leaves behind: connections that look good, of which
    /// nobody hears any more.
    #[tokio::test]
    async fn after_a_freeze_there_is_a_new_connection() {
        let limits = Limits { call: Duration::from_secs(2), ..Limits::default() };
        let client = Client::new(&Tls::default(), limits).expect("there is nothing to read");
        let url = server();
        let send = || client.send(Request::get(url.clone()));
        assert_eq!(send().await.map(|answer| answer.status), Ok(204));
        // The connection is used again, and nobody answers.
        assert_eq!(send().await.map_err(|error| error.kind).err(), Some(ErrorKind::Unanswered));
        assert_eq!(send().await.map(|answer| answer.status), Ok(204));
        for moved in [SystemTime::now() - IDLE * 2, SystemTime::now() + IDLE] {
            client.current().used = moved;
            assert_eq!(send().await.map(|answer| answer.status), Ok(204));
        }
    }
}
