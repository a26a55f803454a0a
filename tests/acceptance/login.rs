//! A token instead of a password: from the function's own variables to the wire.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::sluice;
use sluice_tests::run::Running;
use sluice_tests::services::{authority, binary, repository};
use tokio::task::{JoinHandle, spawn, spawn_blocking};

// Of MySQL's protocol; PostgreSQL's is below.
#[path = "../../functions/analyticdb-mysql/tests/server/stand_in.rs"]
mod stand_in;

const ASK_FOR_PASSWORD: &[u8] = b"R\0\0\0\x08\0\0\0\x03";
const REFUSAL: &[u8] = b"E\0\0\0\x27SFATAL\0VFATAL\0C28000\0MPAM says no\0\0";

/// Asks the first client for its password, over TLS, as RDS does where IAM is on; refuses it, and
/// tells what it was.
fn database(target: Target) -> (u16, JoinHandle<String>) {
    if target == Target::Postgres {
        return postgres();
    }
    let (port, heard) = stand_in::stand_in("mysql_clear_password", Some(authority()), 1);
    let token = async {
        let heard = heard.await.expect("the thread lives").remove(0);
        heard.answer.filter(|_| heard.encrypted).expect("a token over TLS")
    };
    (port, spawn(token))
}

fn postgres() -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let serve = move || -> io::Result<String> {
        let (mut client, _) = listener.accept()?;
        client.read_exact(&mut [0; 8])?;
        client.write_all(b"S")?;
        let mut client = encrypted(client);
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        client.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize - 4])?;
        client.write_all(ASK_FOR_PASSWORD)?;
        let mut head = [0; 5];
        client.read_exact(&mut head)?;
        let [b'p', length @ ..] = head else { return Err(io::ErrorKind::InvalidData.into()) };
        let mut password = vec![0; u32::from_be_bytes(length) as usize - 4];
        client.read_exact(&mut password)?;
        client.write_all(REFUSAL)?;
        client.flush()?;
        Ok(String::from_utf8_lossy(&password[..password.len() - 1]).into_owned())
    };
    (port, spawn_blocking(move || serve().expect("a client came")))
}

fn encrypted(client: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    let beside = |name: &str| PathBuf::from(authority()).with_file_name(name);
    let chain = CertificateDer::pem_file_iter(beside("server.pem")).expect("the certificate");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("it is one");
    let key = PrivateKeyDer::from_pem_file(beside("server.key")).expect("its key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that everybody has")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("the key fits the certificate");
    StreamOwned::new(ServerConnection::new(Arc::new(config)).expect("a connection"), client)
}

async fn a_token_is_sent_and_never_told(target: Target) {
    let (port, token) = database(target);
    let url = format!(
        "{}://writer@127.0.0.1:{port}/shop?sslmode=verify-full&sslrootcert={}",
        target.scheme(),
        authority()
    );
    let mut command = sluice();
    command
        .args(["invoke", "--timeout", "10s", "--function"])
        .arg(binary(target.connector()))
        .arg("--event")
        .arg(repository().join("tests/events/orders.json"))
        .envs([
            ("SLUICE_CONNECTION_URL", url.as_str()),
            ("SLUICE_CONNECTION_IAM_AUTH", "true"),
            ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "top-hunter2"),
            ("AWS_SESSION_TOKEN", "of/a+session"),
            ("AWS_REGION", "eu-central-1"),
        ]);
    let run = Running::start(command, None).ended().await;
    let token = token.await.expect("the database lives");
    let address = format!("127.0.0.1:{port}/?Action=connect&DBUser=writer&");
    assert!(token.starts_with(&address), "{token}");
    for part in [
        "X-Amz-Credential=ASIAEXAMPLE%2F",
        "%2Feu-central-1%2Frds-db%2Faws4_request",
        "X-Amz-Security-Token=of%2Fa%2Bsession",
    ] {
        assert!(token.contains(part), "no {part} in {token}");
    }
    let signature = token.rsplit_once("X-Amz-Signature=").expect("it is signed").1;
    assert_eq!(signature.len(), 64);
    let said = format!("{run:?}");
    assert!(said.contains("Sluice.Unauthorized") && said.contains(" says no"), "{said}");
    for secret in [signature, "hunter2", "of/a+session"] {
        assert!(!said.contains(secret), "{secret} is told: {said}");
    }
}

sluice_tests::on_each_target! { a_token_is_sent_and_never_told }
