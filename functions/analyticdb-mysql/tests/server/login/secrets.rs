//! What is kept secret: passwords in clear text, IAM tokens, and the texts of sinks and errors.

use std::process::Command;

use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;
use sluice_testkit::invocation::run;

use super::refused;
use crate::account::{PASSWORD, SERVERS, Server, begin_with};
use crate::stand_in::stand_in;
use crate::support::configure;

/// What a server may have as it is: nothing, unless it is asked for, and then over TLS alone.
#[test]
fn a_password_as_it_is() {
    run(async {
        let ca = Server::MySql.authority();
        let verified = format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}");
        let plugin = "mysql_clear_password";
        let url = |port: u16, parameters: &str| {
            format!("mysql://u:{PASSWORD}@127.0.0.1:{port}/d?{parameters}")
        };
        for parameters in ["ssl-mode=DISABLED", "", &verified] {
            let (port, heard) = stand_in(plugin, Some(ca.clone()), 1);
            let error = refused(&url(port, parameters)).await;
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            assert!(error.to_string().contains("connection.iam.auth"), "{error}");
            assert_eq!(heard.await.unwrap()[0].answer, None, "{parameters}");
        }
        let asked_for = "enable-cleartext-plugin=true&ssl-mode=REQUIRED";
        let (port, heard) = stand_in(plugin, Some(ca), 1);
        assert_eq!(refused(&url(port, asked_for)).await.fault, Fault::Unauthorized);
        let [heard] = heard.await.unwrap().try_into().unwrap();
        assert!(heard.encrypted && heard.answer.as_deref() == Some(PASSWORD), "{heard:?}");
        let (port, heard) = stand_in(plugin, None, 1);
        assert_eq!(refused(&url(port, asked_for)).await.fault, Fault::Fatal);
        assert_eq!(heard.await.unwrap()[0].in_the_clear, 0);
        let careless = url(1, "enable-cleartext-plugin=true");
        assert!(configure(&[("connection.url", &careless)]).unwrap_err().contains("ssl-mode"));
    });
}

/// What the test of the token tells its other self, for no test may change its own variables.
const URL: &str = "SLUICE_TEST_TOKEN_URL";

/// A token of IAM goes over TLS, names the server and the user, and is told to nobody else.
#[test]
fn a_token_in_place_of_the_password() {
    if let Ok(url) = std::env::var(URL) {
        let options = [("connection.url", url.as_str()), ("connection.iam.auth", "true")];
        let refusal = run(begin_with(&options)).expect_err("the stand-in refuses everybody");
        panic!("{refusal:?}");
    }
    run(async {
        let ca = Server::MySql.authority();
        let (port, heard) = stand_in("mysql_clear_password", Some(ca.clone()), 1);
        let place = format!("127.0.0.1:{port}");
        let mut again = Command::new(std::env::current_exe().expect("this program has a path"));
        again
            .args(["--exact", "login::secrets::a_token_in_place_of_the_password", "--nocapture"])
            .envs([
                (
                    URL,
                    format!("mysql://writer@{place}/d?ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}")
                        .as_str(),
                ),
                ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "top-hunter2"),
                ("AWS_SESSION_TOKEN", "of/a+session"),
                ("AWS_REGION", "eu-central-1"),
            ]);
        let ended = tokio::task::spawn_blocking(move || again.output()).await.unwrap().unwrap();
        let told = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        let [heard] = heard.await.unwrap().try_into().unwrap();
        assert!(heard.encrypted, "{told}");
        let token = heard.answer.expect("it has a token");
        let start = format!("{place}/?Action=connect&DBUser=writer&");
        assert!(token.starts_with(&start), "{token}");
        assert!(token.contains("X-Amz-Security-Token=of%2Fa%2Bsession"), "{token}");
        let signature = token.rsplit_once("X-Amz-Signature=").expect("it is signed").1;
        assert_eq!(signature.len(), 64);
        assert!(told.contains("Unauthorized") && told.contains("the stand-in says no"), "{told}");
        for secret in [signature, PASSWORD, "of/a+session"] {
            assert!(!told.contains(secret), "{told}");
        }
    });
}

/// Neither a sink's own text nor that of a login tells the password.
#[test]
fn no_secret_in_any_text() {
    run(async {
        for server in SERVERS {
            server.account("login_secret", &format!("IDENTIFIED BY '{PASSWORD}'")).await;
            let url = format!("mysql://login_secret:{PASSWORD}@{}", server.place());
            let mut sink = configure(&[("connection.url", &url)]).expect("a good address");
            assert!(!format!("{sink:?}").contains(PASSWORD));
            sink.begin().await.expect("it is let in");
            assert!(!format!("{sink:?}").contains(PASSWORD));
        }
    });
}
