//! Logins: which users may log in, and how a refusal is classified.

mod plugins;
mod secrets;

use std::io::Write;
use std::net::TcpListener;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_testkit::invocation::run;

use crate::account::{PASSWORD, SERVERS, Server, begin, begin_with};
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

/// Something else answers in place of a server, or nothing does.
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
