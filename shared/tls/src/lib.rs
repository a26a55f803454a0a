//! TLS as a client of a database: rustls with ring, the degrees of trust that databases' own clients
//! have, and the certificates that those clients accept.
//!
//! rustls alone refuses two kinds of certificates that OpenSSL accepts. One has X.509 version 1,
//! which `openssl x509 -req` writes unless told otherwise. The other signs itself and is marked as an
//! authority, as `openssl req -x509` writes it. What lives here accepts the first where nothing is
//! verified, and either where exactly that certificate is trusted. Clients that bring a verifier of
//! their own (brokers, MySQL) cannot; [`explain`] says what helps there.

mod advice;
mod certificate;
mod client;
mod verifier;

pub use advice::explain;
pub use certificate::Certificate;
pub use client::{Pem, Tls, Trust, Unusable, check_certificates};
