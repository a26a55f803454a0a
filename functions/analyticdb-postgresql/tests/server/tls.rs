//! TLS: whom the sink trusts in each mode.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::Sink;
use sluice_testkit::invocation::run;

use crate::support::{Stage, configure, on_stage, service};

/// A certificate of an authority that signed nothing here.
pub(crate) fn stranger() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/stranger.pem")
}

/// The server's address with another host, and parameters.
pub(crate) fn url(host: &str, parameters: &str) -> String {
    let url = service("TEST_POSTGRES");
    let (login, place) = url.rsplit_once('@').expect("the address names a user");
    let port = place.split_once(':').expect("the address names a port").1;
    format!("{login}@{host}:{port}?{parameters}")
}

pub(crate) async fn begin(url: &str, name: &str) -> Result<(), SinkError> {
    let mut sink = configure(&[("connection.url", url), ("name", name)]).expect("a good address");
    sink.begin().await
}

/// Connects and tells whether the session is encrypted.
pub(crate) async fn encrypted(stage: &Stage, url: &str) -> bool {
    let options = [("connection.url", url), ("name", stage.schema.as_str())];
    let mut sink = configure(&options).expect("a good address");
    sink.begin().await.unwrap_or_else(|error| panic!("{url}: {error}"));
    let query =
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name";
    let answer = stage.column(&format!("{query} = '{}'", stage.schema)).await;
    assert_eq!(answer.len(), 1, "{url}: {answer:?}");
    sink.abandon().await;
    drop(sink);
    let gone = format!("{query} = '{}'", stage.schema);
    while !stage.column(&gone).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    answer == ["t"]
}

#[test]
fn every_mode_with_the_right_authority() {
    on_stage("tls_right", async |stage| {
        let ca = service("TEST_POSTGRES_CA");
        for host in ["127.0.0.1", "localhost"] {
            assert!(!encrypted(stage, &url(host, "sslmode=disable")).await);
            assert!(encrypted(stage, &url(host, "")).await, "prefer is the default");
            for mode in ["prefer", "require"] {
                assert!(encrypted(stage, &url(host, &format!("sslmode={mode}"))).await);
            }
            for mode in ["require", "verify-ca", "verify-full"] {
                let parameters = format!("sslmode={mode}&sslrootcert={ca}");
                assert!(encrypted(stage, &url(host, &parameters)).await);
            }
        }
    });
}

#[test]
fn a_wrong_authority_is_fatal() {
    run(async {
        let stranger = stranger();
        let stranger = format!("&sslrootcert={}", stranger.display());
        for host in ["127.0.0.1", "localhost"] {
            for mode in ["verify-ca", "verify-full"] {
                // Without a file of ours it is the web's authorities, who do not know the server.
                for authority in ["", &stranger] {
                    let url = url(host, &format!("sslmode={mode}{authority}"));
                    let error = begin(&url, "tls_wrong").await.expect_err("nobody vouches");
                    assert_eq!(error.fault, Fault::Fatal, "{mode}{authority}: {error}");
                    assert!(error.to_string().contains("certificate"), "{error}");
                }
            }
            let url = url(host, &format!("sslmode=require{stranger}"));
            assert_eq!(begin(&url, "tls_wrong").await.unwrap_err().fault, Fault::Fatal);
        }
    });
}

#[test]
fn only_verify_full_looks_at_the_name() {
    on_stage("tls_name", async |stage| {
        let ca = service("TEST_POSTGRES_CA");
        let url = |mode: &str| {
            url("db.example", &format!("hostaddr=127.0.0.1&sslmode={mode}&sslrootcert={ca}"))
        };
        assert!(encrypted(stage, &url("verify-ca")).await);
        let error = begin(&url("verify-full"), "tls_name").await.expect_err("it is another name");
        assert_eq!(error.fault, Fault::Fatal, "{error}");
    });
}

#[test]
fn an_authority_that_cannot_be_read_is_named() {
    run(async {
        let file = std::env::temp_dir().join(format!("sluice-tls-{}.pem", std::process::id()));
        let shown = file.display().to_string();
        let url = url("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={shown}"));
        let contents: [Option<&str>; 3] = [
            None,
            Some(""),
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ];
        for content in contents {
            if let Some(content) = content {
                std::fs::write(&file, content).unwrap();
            }
            let error = begin(&url, "tls_unreadable").await.expect_err("there is no authority");
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            assert!(error.to_string().contains(&shown), "{error}");
        }
        std::fs::remove_file(&file).unwrap();
    });
}

/// A server that answers the wish for TLS with "no", and what it hears after that.
fn plain_server() -> (u16, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has an address").port();
    let heard = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("somebody comes");
        socket.read_exact(&mut [0; 8]).expect("the wish for TLS");
        socket.write_all(b"N").expect("the answer is taken");
        socket.read(&mut [0; 1024]).unwrap_or(0)
    });
    (port, heard)
}

/// Whoever asks for TLS says nothing to a server without it, however odd the password.
#[test]
fn a_server_without_tls() {
    run(async {
        let passwords = ["p", "p%3Fq%26", "p?q", "p&q", "p#q"];
        for password in passwords {
            for mode in ["require", "verify-ca", "verify-full"] {
                let (port, heard) = plain_server();
                let url = format!("postgresql://u:{password}@127.0.0.1:{port}/d?sslmode={mode}");
                // An address that cannot be read safely may be refused at once.
                let Ok(mut sink) = configure(&[("connection.url", &url)]) else {
                    TcpStream::connect(("127.0.0.1", port)).unwrap().write_all(&[0; 8]).unwrap();
                    heard.join().unwrap();
                    continue;
                };
                let error = sink.begin().await.expect_err("there is no TLS");
                assert_eq!(heard.join().unwrap(), 0, "{url} goes on without TLS");
                assert_eq!(error.fault, Fault::Fatal, "{error}");
            }
        }
        let (port, heard) = plain_server();
        let url = format!("postgresql://u:p@127.0.0.1:{port}/d?sslmode=prefer");
        let error = begin(&url, "tls_plain").await.expect_err("the server hangs up");
        assert!(heard.join().unwrap() > 0, "prefer goes on without TLS");
        assert_eq!(error.fault, Fault::Transient, "{error}");
    });
}
