//! A request: plain data.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::{Method, Url};

/// A request. Its headers may be secret, so only method and server are shown.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: Bytes::new() }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// A `POST` of a body.
    #[must_use]
    pub fn post(url: Url, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, url).header("content-type", content_type).body(body)
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with another body.
    #[must_use]
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The same with a user and a password (RFC 7617).
    #[must_use]
    pub fn basic(self, user: &str, password: &str) -> Self {
        let login = STANDARD.encode(format!("{user}:{password}"));
        self.header("authorization", format!("Basic {login}"))
    }

    /// The same with a token (RFC 6750).
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, server(&self.url))
    }
}

/// The server of a URL as a message names it: a path or a query may hold a secret.
pub(crate) fn server(url: &Url) -> String {
    let host = url.host_str().unwrap_or("a server without a name");
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_shows_no_secret() {
        let url = Url::parse("https://user:hunter2@h.example/hunter2?token=hunter2").unwrap();
        let request = Request::get(url).basic("hunter2", "hunter2").body("hunter2");
        assert_eq!(format!("{request:?}"), "GET h.example:443");
        // The example of RFC 7617, section 2.
        let request = Request::get(request.url).basic("Aladdin", "open sesame");
        assert_eq!(request.headers[0].1, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
