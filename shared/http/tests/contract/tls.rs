//! Whom the client trusts, and how it shows who it is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sluice_http::{Client, ErrorKind};
use sluice_tls::{Pem, Tls, Trust};

use crate::server::{Server, answer};
use crate::{LIMITS, get};

const REQUEST: &str = "\
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
[server]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost
[client]
basicConstraints = critical, CA:FALSE
";

/// A folder with an authority, a server's certificate and a client's.
struct Certificates(PathBuf);

impl Certificates {
    fn make() -> Self {
        let folder = std::env::temp_dir().join(format!("sluice-http-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder of our own");
        let made = Self(folder);
        std::fs::write(made.0.join("request.cnf"), REQUEST).expect("a file of our own");
        made.run("-subj /CN=authority -extensions authority -keyout ca.key -out ca.pem");
        for name in ["server", "client"] {
            let files = format!("-keyout {name}.key -out {name}.pem");
            let signed = "-CA ca.pem -CAkey ca.key";
            made.run(&format!("-subj /CN={name} -extensions {name} {signed} {files}"));
        }
        made
    }

    fn run(&self, line: &str) {
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let line = format!("req -x509 -days 2 -config request.cnf {key} {line}");
        let mut command = Command::new("openssl");
        let done = command.args(line.split_whitespace()).current_dir(&self.0).output();
        let done = done.expect("openssl is installed");
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn pem(&self, file: &str) -> Pem {
        Pem::File(self.0.join(file).display().to_string())
    }

    /// A server that wants a client's certificate.
    fn server(&self) -> Arc<ServerConfig> {
        let read =
            |file: &str| CertificateDer::from_pem_file(self.0.join(file)).expect("it is PEM");
        let mut roots = RootCertStore::empty();
        roots.add(read("ca.pem")).expect("an authority");
        let provider = Arc::new(ring::default_provider());
        let clients =
            WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
        let key = PrivateKeyDer::from_pem_file(self.0.join("server.key")).expect("a key");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions that everybody has")
            .with_client_cert_verifier(clients.build().expect("a verifier"))
            .with_single_cert(vec![read("server.pem")], key);
        Arc::new(config.expect("the key fits the certificate"))
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(Path::new(&self.0));
    }
}

#[tokio::test]
async fn both_sides_show_who_they_are() {
    let made = Certificates::make();
    let known = Tls {
        trust: Trust::Host,
        authorities: Some(made.pem("ca.pem")),
        identity: Some((made.pem("client.pem"), made.pem("client.key"))),
    };
    let stranger = Tls { identity: None, ..known.clone() };
    let unknown = Tls { authorities: None, ..known.clone() };
    for (tls, expected) in [
        (&known, Ok(200)),
        // With TLS 1.3 the server refuses a client after the client has sent its request.
        (&stranger, Err((ErrorKind::Unanswered, "CertificateRequired"))),
        (&unknown, Err((ErrorKind::NotSent, "UnknownIssuer"))),
    ] {
        let server = Server::secure(made.server(), [answer(200, "", "")]);
        let client = Client::new(tls, LIMITS).expect("the files are good");
        match (get(&client, &server.secure_url()).await, expected) {
            (Ok(answer), Ok(status)) => assert_eq!(answer.status, status),
            (Err(error), Err((kind, says))) => {
                assert_eq!(error.kind, kind, "{error}");
                assert!(error.message.contains(says), "{error}");
                assert!(server.asked().is_empty());
            }
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }
    let unusable = Tls { authorities: Some(Pem::File("no.pem".to_owned())), ..known };
    assert!(Client::new(&unusable, LIMITS).is_err());
}
