//! TLS: whom the sink trusts in each mode.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_bridge::model::failure::Fault;
use sluice_testkit::invocation::run;

use crate::account::{PASSWORD, SERVERS, Server, begin};
use crate::stand_in::{Heard, stand_in};

/// A certificate of an authority that signed nothing here.
fn stranger() -> String {
    format!("{}/tests/server/stranger.pem", env!("CARGO_MANIFEST_DIR"))
}

/// A place in the folder for such things that no other run of the tests has.
fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("sluice-mysql-{name}-{}", std::process::id()))
}

/// Makes an account that the server takes over TLS alone; gives addresses to log in with it, by
/// host and parameters.
async fn only_encrypted(server: Server, name: &'static str) -> impl Fn(&str, &str) -> String {
    server.account(name, &format!("IDENTIFIED BY '{PASSWORD}' REQUIRE SSL")).await;
    move |host, parameters| format!("mysql://{name}:{PASSWORD}@{}?{parameters}", server.at(host))
}

#[test]
fn every_mode_with_the_right_authority() {
    run(async {
        for server in SERVERS {
            let url = only_encrypted(server, "tls_right").await;
            let ca = format!("&ssl-ca={}", server.authority());
            for host in ["127.0.0.1", "localhost"] {
                let plain = begin(&url(host, "ssl-mode=DISABLED")).await;
                let plain = plain.expect_err("it is not encrypted");
                assert_eq!(plain.fault, Fault::Unauthorized, "{plain}");
                for (mode, ca) in [
                    ("", ""),
                    ("useSSL=true", ""),
                    ("ssl-mode=PREFERRED", ""),
                    ("ssl-mode=REQUIRED", ""),
                    ("", &ca),
                    ("ssl-mode=REQUIRED", &ca),
                    ("ssl-mode=VERIFY_CA", &ca),
                    ("ssl-mode=VERIFY_IDENTITY", &ca),
                    ("sslmode=verify-full", &ca),
                ] {
                    let url = url(host, &format!("{mode}{ca}"));
                    begin(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
                }
            }
        }
    });
}

#[test]
fn a_wrong_authority_is_fatal() {
    run(async {
        let stranger = format!("&ssl-ca={}", stranger());
        for server in SERVERS {
            let url = only_encrypted(server, "tls_wrong").await;
            // Without a file of ours it is the web's authorities, who do not know the server.
            for (mode, authority) in [
                ("VERIFY_CA", ""),
                ("VERIFY_CA", &stranger),
                ("VERIFY_IDENTITY", ""),
                ("VERIFY_IDENTITY", &stranger),
                ("REQUIRED", &stranger),
            ] {
                let url = url("127.0.0.1", &format!("ssl-mode={mode}{authority}"));
                let error = begin(&url).await.expect_err("nobody vouches");
                assert_eq!(error.fault, Fault::Fatal, "{mode}{authority}: {error}");
                assert!(error.to_string().contains("ssl-ca"), "{error}");
            }
        }
    });
}

/// The server's address in another spelling, which its certificate does not name.
#[test]
fn only_verify_identity_looks_at_the_name() {
    run(async {
        for server in SERVERS {
            let url = only_encrypted(server, "tls_name").await;
            let ca = server.authority();
            let url =
                |mode: &str| url("[::ffff:127.0.0.1]", &format!("ssl-mode={mode}&ssl-ca={ca}"));
            begin(&url("VERIFY_CA")).await.unwrap_or_else(|error| panic!("{server:?}: {error}"));
            let error = begin(&url("VERIFY_IDENTITY")).await.expect_err("it is another name");
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            assert!(error.to_string().contains("not valid for name"), "{error}");
        }
    });
}

#[test]
fn an_authority_that_cannot_be_read_is_named() {
    run(async {
        let file = temporary("authority");
        let shown = file.display().to_string();
        let url = format!("mysql://u@127.0.0.1:1/d?ssl-mode=VERIFY_IDENTITY&ssl-ca={shown}");
        let contents: [Option<&str>; 3] = [
            None,
            Some(""),
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ];
        for content in contents {
            if let Some(content) = content {
                std::fs::write(&file, content).unwrap();
            }
            let error = begin(&url).await.expect_err("there is no authority");
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            assert!(error.to_string().contains(&shown), "{error}");
        }
        std::fs::remove_file(&file).unwrap();
    });
}

/// An account may ask for a certificate of the client's.
#[test]
fn a_certificate_of_the_client() {
    run(async {
        for server in SERVERS {
            server.account("tls_x509", &format!("IDENTIFIED BY '{PASSWORD}' REQUIRE X509")).await;
            let ca = server.authority();
            let verified = format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}");
            let url = format!("mysql://tls_x509:{PASSWORD}@{}?{verified}", server.place());
            let error = begin(&url).await.expect_err("it shows no certificate");
            assert_eq!(error.fault, Fault::Unauthorized, "{error}");
            let folder = temporary("client");
            certify(Path::new(&ca), &folder);
            let file = |name: &str| folder.join(name).display().to_string();
            let certified =
                |key: &str| format!("{url}&ssl-cert={}&ssl-key={}", file("client.pem"), file(key));
            let url = certified("client.key");
            begin(&url).await.unwrap_or_else(|error| panic!("{server:?}: {error}"));
            let error = begin(&certified("none.key")).await.expect_err("there is no such key");
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            assert!(error.to_string().contains("none.key"), "{error}");
            std::fs::remove_dir_all(folder).unwrap();
        }
    });
}

/// Has the authority of the tests sign a client's certificate.
fn certify(authority: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a temporary folder");
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    command.args(["-nodes", "-subj", "/CN=writer", "-addext", "extendedKeyUsage=clientAuth"]);
    command.args(["-days", "2", "-keyout", "client.key", "-out", "client.pem"]);
    command.arg("-CA").arg(authority).arg("-CAkey").arg(authority.with_file_name("ca.key"));
    let made = command.current_dir(folder).output().expect("there is an openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A client that requires TLS says nothing to a server without it; one that prefers it goes on.
#[test]
fn a_server_without_tls() {
    run(async {
        for mode in ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] {
            let (port, heard) = stand_in("mysql_native_password", None, 1);
            let url = format!("mysql://u:{PASSWORD}@127.0.0.1:{port}/d?ssl-mode={mode}");
            let error = begin(&url).await.expect_err("there is no TLS");
            assert_eq!(heard.await.unwrap(), [Heard::default()], "{mode} goes on without TLS");
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            assert!(error.to_string().contains(&format!("ssl-mode={mode}")), "{error}");
        }
        let (port, heard) = stand_in("mysql_native_password", None, 2);
        let url = format!("mysql://u:{PASSWORD}@127.0.0.1:{port}/d");
        let error = begin(&url).await.expect_err("the stand-in refuses everybody");
        assert_eq!(error.fault, Fault::Unauthorized, "{error}");
        let [tried, gone_on] = heard.await.unwrap().try_into().unwrap();
        assert_eq!(tried, Heard::default());
        assert!(gone_on.in_the_clear > 0 && gone_on.answer.is_some(), "{gone_on:?}");
    });
}

/// A server that has TLS, but not such as we take, is never spoken to in the clear.
#[test]
fn tls_that_fails_is_not_gone_without() {
    run(async {
        let ca = Server::MariaDb.authority();
        let (port, heard) = stand_in("mysql_native_password", Some(ca), 1);
        let url = format!("mysql://u:{PASSWORD}@127.0.0.1:{port}/d?ssl-ca={}", stranger());
        let error = begin(&url).await.expect_err("nobody vouches");
        assert_eq!(error.fault, Fault::Fatal, "{error}");
        let encrypted = Heard { encrypted: true, ..Heard::default() };
        assert_eq!(heard.await.unwrap(), [encrypted]);
    });
}
