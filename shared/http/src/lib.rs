//! HTTP as a client: what everything shares that asks a service over HTTP. TLS is rustls with ring,
//! and trusts what `sluice-tls` says.
//!
//! A request is sent once: who asks decides about retries, because only they know whether a request
//! may be repeated. A redirect is an answer like any other, so that a login never goes to another
//! server. A proxy of the environment (`HTTPS_PROXY`) is not used: the service is named by an
//! option, and so would be the way to it. Answers are not compressed.
//!
//! Here is no knowledge of a service: its addresses, its bodies, its error codes.

mod answer;
mod client;
mod error;
mod request;
mod retry_after;

pub use answer::{Answer, fault};
pub use client::{Client, Limits};
pub use error::{ErrorKind, HttpError};
pub use request::Request;
pub use reqwest::{Method, Url};
