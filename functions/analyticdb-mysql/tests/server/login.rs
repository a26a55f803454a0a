//! Logins: who is let in, and what a refusal means.

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::Sink;
use sluice_testkit::invocation::run;

use crate::account::{PASSWORD, SERVERS, Server, begin, begin_with};
use crate::stand_in::stand_in;
use crate::support::{Options, all_written, configure, deliver, on_stage, service};

/// The error of a login, which has the server's address and no password.
async fn refused(url: &str) -> SinkError {
    let error = begin(url).await.expect_err(url);
    let (_, place) = url.rsplit_once('@').expect("it names a user");
    let (place, _) = place.split_once('/').expect("it names a database");
    let told = format!("{error:?}");
    assert!(told.contains(place) && !told.contains(PASSWORD), "{told}");
    error
}

/// The same, as what to do next and the server's number.
async fn refusal(url: &str) -> (Fault, Option<Box<str>>) {
    let error = refused(url).await;
    (error.fault, error.cause.code)
}

#[test]
fn a_pasted_jdbc_url() {
    for variable in ["TEST_MARIADB", "TEST_MYSQL"] {
        on_stage(variable, "login_jdbc", async |stage| {
            stage.sql("CREATE TABLE t (id INT)").await;
            let url = stage.url();
            let (login, place) = url.trim_start_matches("mysql://").rsplit_once('@').unwrap();
            let (user, password) = login.split_once(':').unwrap();
            let ca = service(&format!("{variable}_CA"));
            let url = format!(
                "jdbc:mysql://{place}?user={user}&password={password}&sslMode=VERIFY_IDENTITY\
                 &ssl-ca={ca}&rewriteBatchedStatements=true&useServerPrepStmts=true\
                 &characterEncoding=UTF-8&connectTimeout=5000&allowPublicKeyRetrieval=true"
            );
            let mut sink = configure(&[("connection.url", &url)]).expect("a good address");
            let written = deliver(&mut sink, "t", &[], [r#"{"id":1}"#]).await;
            assert_eq!(written, Ok(all_written(1)), "{url}");
        });
    }
}

#[test]
fn odd_passwords_survive_wherever_they_stand() {
    run(async {
        let password = "p@ss/w:rd?#%&+= ü'\"\\";
        let quoted = password.replace('\\', "\\\\").replace('\'', "''");
        let escaped: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for server in SERVERS {
            server.account("login_odd", &format!("IDENTIFIED BY '{quoted}'")).await;
            let place = server.place();
            let parameters = format!("user=login_odd&password={escaped}");
            let options: Options =
                &[("connection.user", "login_odd"), ("connection.password", password)];
            for (url, options) in [
                (format!("mysql://login_odd:{escaped}@{place}"), &[][..]),
                (format!("jdbc:mysql://{place}?{parameters}&useSSL=true"), &[]),
                (format!("jdbc:mariadb://{place}?{parameters}&sslMode=trust"), &[]),
                (format!("mariadb://{place}"), options),
                (format!("mysql://nobody:wrong@{place}"), options),
            ] {
                let options = [&[("connection.url", url.as_str())], options].concat();
                begin_with(&options).await.unwrap_or_else(|error| panic!("{url}: {error}"));
            }
        }
    });
}

/// The first login with caching_sha2_password sends the password, over TLS or under the server's
/// RSA key; later ones send a hash, until the server forgets.
#[test]
fn caching_sha2_password_in_every_way() {
    run(async {
        let server = Server::MySql;
        let clauses = format!("IDENTIFIED WITH caching_sha2_password BY '{PASSWORD}'");
        for mode in ["REQUIRED", "DISABLED"] {
            server.account("login_sha2", &clauses).await;
            let place = format!("{}?ssl-mode={mode}", server.place());
            let right = format!("mysql://login_sha2:{PASSWORD}@{place}");
            let wrong = format!("mysql://login_sha2:hunter3@{place}");
            for _ in 0..2 {
                begin(&right).await.unwrap_or_else(|error| panic!("{mode}: {error}"));
                assert_eq!(refused(&wrong).await.fault, Fault::Unauthorized);
                begin(&right).await.unwrap_or_else(|error| panic!("{mode}: {error}"));
                server.sql(["FLUSH PRIVILEGES"]).await;
                assert_eq!(refused(&wrong).await.fault, Fault::Unauthorized);
            }
        }
    });
}

/// RSA takes no more in one piece; TLS takes any, and so does a server that remembers the password.
#[test]
fn a_password_that_is_too_long_for_rsa() {
    run(async {
        let server = Server::MySql;
        for length in [213, 214, 256] {
            let password = "p".repeat(length);
            let clauses = format!("IDENTIFIED WITH caching_sha2_password BY '{password}'");
            server.account("login_long", &clauses).await;
            let url =
                |mode| format!("mysql://login_long:{password}@{}?ssl-mode={mode}", server.place());
            let logged_in = begin(&url("DISABLED")).await;
            if length == 213 {
                assert_eq!(logged_in, Ok(()));
            } else {
                let error = logged_in.expect_err("nothing encrypts it");
                assert_eq!(error.fault, Fault::Fatal);
                let told = error.to_string();
                assert!(told.contains("213 bytes") && !told.contains(&password), "{told}");
            }
            assert_eq!(begin(&url("REQUIRED")).await, Ok(()));
            assert_eq!(begin(&url("DISABLED")).await, Ok(()));
        }
    });
}

#[test]
fn plugins_of_mariadb() {
    run(async {
        let server = Server::MariaDb;
        server.sql(["INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'"]).await;
        for plugin in ["mysql_native_password", "ed25519"] {
            let clauses = format!("IDENTIFIED VIA {plugin} USING PASSWORD('{PASSWORD}')");
            server.account("login_plugin", &clauses).await;
            for mode in ["REQUIRED", "DISABLED"] {
                let place = format!("{}?ssl-mode={mode}", server.place());
                let right = format!("mysql://login_plugin:{PASSWORD}@{place}");
                begin(&right).await.unwrap_or_else(|error| panic!("{plugin} {mode}: {error}"));
                for wrong in ["login_plugin:hunter3", "login_plugin"] {
                    let wrong = refused(&format!("mysql://{wrong}@{place}")).await;
                    assert_eq!(wrong.fault, Fault::Unauthorized, "{plugin}: {wrong}");
                }
            }
        }
        server.account("login_plugin", "").await;
        begin(&format!("mysql://login_plugin@{}", server.place())).await.expect("no password");
    });
}

/// MySQL asks a user it does not know for a plugin of its choice: here for this one now and then.
#[test]
fn a_plugin_that_is_not_known_is_named() {
    run(async {
        let server = Server::MySql;
        let clauses = format!("IDENTIFIED WITH sha256_password BY '{PASSWORD}'");
        server.account("login_sha256", &clauses).await;
        let url = format!("mysql://login_sha256:{PASSWORD}@{}", server.place());
        let error = refused(&url).await;
        assert_eq!(error.fault, Fault::Unauthorized, "{error}");
        assert!(error.to_string().contains("authentication plugin sha256_password"), "{error}");
    });
}

#[test]
fn who_is_not_let_in() {
    run(async {
        for server in SERVERS {
            let place = server.place();
            let known = format!("IDENTIFIED BY '{PASSWORD}'");
            server.account("login_known", &known).await;
            server.account("login_locked", &format!("{known} ACCOUNT LOCK")).await;
            let once = format!("{known} WITH MAX_CONNECTIONS_PER_HOUR 1");
            server.account("login_once", &once).await;
            begin(&format!("mysql://login_once:{PASSWORD}@{place}")).await.expect("the first");
            for (login, fault) in [
                ("login_known:hunter3", Fault::Unauthorized),
                ("login_known", Fault::Unauthorized),
                ("login_nobody:hunter3", Fault::Unauthorized),
                ("login_locked:hunter2", Fault::Unauthorized),
                ("login_once:hunter2", Fault::Transient),
            ] {
                let (refused, code) = refusal(&format!("mysql://{login}@{place}")).await;
                assert_eq!(refused, fault, "{server:?} {login}: {code:?}");
            }
            let nowhere = format!("mysql://login_known:{PASSWORD}@{place}_nowhere");
            let grant = |act| format!("{act} ALL ON sluice_nowhere.*");
            assert_eq!(refusal(&nowhere).await, (Fault::Fatal, Some("1044".into())));
            let (give, take) = (grant("GRANT"), grant("REVOKE"));
            server.sql([format!("{give} TO 'login_known'@'127.0.0.1'")]).await;
            assert_eq!(refusal(&nowhere).await, (Fault::Fatal, Some("1049".into())));
            server.sql([format!("{take} FROM 'login_known'@'127.0.0.1'")]).await;
        }
    });
}

/// MariaDB lets a password that is too old in, and refuses the first statement, unless it is set to
/// hang up at once.
#[test]
fn a_password_that_is_too_old_for_mariadb() {
    run(async {
        let server = Server::MariaDb;
        let clauses = format!("IDENTIFIED BY '{PASSWORD}' PASSWORD EXPIRE");
        server.account("login_old", &clauses).await;
        let url = format!("mysql://login_old:{PASSWORD}@{}", server.place());
        let error = begin(&url).await.expect_err("its password has expired");
        assert_eq!(error.fault, Fault::Unauthorized, "{error}");
        assert_eq!(error.cause.code.as_deref(), Some("1820"), "{error}");
    });
}

/// A password that is too old, and an account that was tried with too many wrong ones.
#[test]
fn who_is_no_longer_let_in() {
    run(async {
        let server = Server::MySql;
        let login = |name: &str| format!("mysql://{name}:{PASSWORD}@{}", server.place());
        let known = format!("IDENTIFIED BY '{PASSWORD}'");
        server.account("login_old", &format!("{known} PASSWORD EXPIRE")).await;
        let old = refusal(&login("login_old")).await;
        assert_eq!(old, (Fault::Unauthorized, Some("1862".into())));
        let limit = format!("{known} FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME 1");
        server.account("login_tried", &limit).await;
        for _ in 0..2 {
            refused(&login("login_tried").replace(PASSWORD, "hunter3")).await;
        }
        let tried = refusal(&login("login_tried")).await;
        assert_eq!(tried, (Fault::Unauthorized, Some("3955".into())));
    });
}

/// Whoever answers instead of a server, or nobody.
#[test]
fn no_server_there() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let url = format!("mysql://u:{PASSWORD}@127.0.0.1:{port}/d");
        let silent = refused(&format!("{url}?connectTimeout=200")).await;
        assert_eq!(silent.fault, Fault::Transient, "{silent}");
        assert!(silent.to_string().contains("does not answer within 0.2 s"), "{silent}");
        drop(listener.accept());
        for (said, fault) in [
            (&b""[..], Fault::Transient),
            (b"\x17\0\0\0\xff\x10\x04Too many connections", Fault::Transient),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", Fault::Fatal),
        ] {
            let listener = listener.try_clone().expect("it can be listened to twice");
            let server = std::thread::spawn(move || {
                let (mut client, _) = listener.accept().expect("somebody comes");
                client.write_all(said).expect("it listens");
            });
            let error = refused(&url).await;
            assert_eq!(error.fault, fault, "{}: {error}", String::from_utf8_lossy(said));
            server.join().unwrap();
        }
        drop(listener);
        for url in [url.as_str(), "mysql://u:hunter2@no-such-host.invalid:1/d"] {
            let error = refused(url).await;
            assert_eq!(error.fault, Fault::Transient, "{error}");
        }
    });
}

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
        again.args(["--exact", "login::a_token_in_place_of_the_password", "--nocapture"]).envs([
            (
                URL,
                format!("mysql://writer@{place}/d?ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}").as_str(),
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
