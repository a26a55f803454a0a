//! TLS for clients of databases: rustls with ring, the levels of trust that databases' own clients
//! have, and the certificates that those clients accept.
//!
//! rustls alone refuses two kinds of certificates that OpenSSL accepts. One has X.509 version 1,
//! which `openssl x509 -req` writes by default. The other signs itself and is marked as an
//! authority, as `openssl req -x509` writes it. This crate accepts the first if nothing is
//! verified, and both if exactly that certificate is trusted. Clients with a verifier of their own
//! (brokers, MySQL) cannot use this; [`explain`] gives advice for them.

mod advice;
mod certificate;
mod client;
mod verifier;

pub use advice::explain;
pub use certificate::Certificate;
pub use client::{Pem, Tls, Trust, Unusable, check_certificates};
