//! A gate before the registry: TLS, a login by user and password, and perhaps a subject that it may not use.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sluice_tests::services::authority;

use super::schemas::url_at;

/// The gate, as long as the test.
pub(crate) struct Gate(u16);

impl Gate {
    /// A gate before `target`, `host:port`, for one user and password.
    pub(crate) fn before(target: &str, login: &str) -> Self {
        Self::of(target, login, None)
    }

    /// The same; the login is not allowed to use this subject.
    pub(crate) fn forbidding(target: &str, login: &str, subject: &str) -> Self {
        Self::of(target, login, Some(format!("/subjects/{subject}/")))
    }

    fn of(target: &str, login: &str, forbidden: Option<String>) -> Self {
        let listener = TcpListener::bind("localhost:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (tls, target) = (tls(), target.to_owned());
        let expected = format!("authorization: basic {}", STANDARD.encode(login).to_lowercase());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = ServerConnection::new(Arc::clone(&tls)).expect("a session");
                // A client that hangs up has nothing more to ask.
                let _ = pass(
                    StreamOwned::new(session, stream),
                    &target,
                    &expected,
                    forbidden.as_deref(),
                );
            }
        });
        Self(port)
    }

    pub(crate) fn url(&self) -> String {
        url_at(&format!("localhost:{}", self.0)).replace("http:", "https:")
    }
}

/// The certificate of the services.
fn tls() -> Arc<ServerConfig> {
    let authority = authority();
    let beside = |name: &str| Path::new(&authority).with_file_name(name);
    let certificate = CertificateDer::from_pem_file(beside("server.pem")).expect("it is one");
    let key = PrivateKeyDer::from_pem_file(beside("server.key")).expect("its key");
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that everybody has")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.expect("the key fits the certificate"))
}

/// Passes one request on, if it has the login and is allowed.
fn pass(
    stream: impl Read + Write,
    target: &str,
    expected: &str,
    forbidden: Option<&str>,
) -> std::io::Result<()> {
    let mut client = BufReader::new(stream);
    let (mut head, mut known, mut length) = (String::new(), false, 0);
    loop {
        let start = head.len();
        client.read_line(&mut head)?;
        let line = head[start..].trim_end().to_lowercase();
        known |= line == expected;
        if let Some(given) = line.strip_prefix("content-length: ") {
            length = given.parse().expect("a length");
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    let client = client.get_mut();
    let path = head.split(' ').nth(1).unwrap_or_default();
    if known && forbidden.is_some_and(|forbidden| format!("{path}/").contains(forbidden)) {
        client.write_all(
            b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        )?;
    } else if known {
        let mut server = TcpStream::connect(target)?;
        server.write_all(head.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes())?;
        server.write_all(&body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        client.write_all(&answer)?;
    } else {
        client.write_all(
            b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        )?;
    }
    client.flush()
}
