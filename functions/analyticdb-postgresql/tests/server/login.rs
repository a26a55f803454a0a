//! Addresses and logins: how they are read, and the secrets that no text tells.

use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;
use sluice_testkit::invocation::run;

use crate::support::{configure, on_stage, service};
use crate::tls::{begin, encrypted, stranger, url};

#[test]
fn a_pasted_jdbc_url() {
    on_stage("tls_jdbc", async |stage| {
        stage.sql("CREATE TABLE t (id int)").await;
        let plain = url("127.0.0.1", "");
        let (login, place) = plain.trim_start_matches("postgresql://").rsplit_once('@').unwrap();
        let (user, password) = login.split_once(':').unwrap();
        let place = place.trim_end_matches('?');
        let ca = service("TEST_POSTGRES_CA");
        let url = format!(
            "jdbc:postgresql://{place}?user={user}&password={password}&ssl=true&sslrootcert={ca}\
             &currentSchema=tls_jdbc&reWriteBatchedInserts=true&loginTimeout=5&tcpKeepAlive=true&prepareThreshold=0"
        );
        assert!(encrypted(stage, &url).await);
        let mut sink = configure(&[("connection.url", &url)]).unwrap();
        let written = crate::support::deliver(&mut sink, "t", &[], [r#"{"id":1}"#]).await;
        assert_eq!(written, Ok(crate::support::all_written(1)));
        let stranger = url.replace(&ca, &stranger().display().to_string());
        assert_eq!(begin(&stranger, "tls_jdbc").await.unwrap_err().fault, Fault::Fatal);
    });
}

#[test]
fn options_go_before_the_address_and_odd_passwords_survive() {
    on_stage("tls_login", async |stage| {
        let password = "p@ss/w:rd?#%&+= ü'\"\\";
        stage
            .sql(&format!(
                "DROP ROLE IF EXISTS sluice_login; CREATE ROLE sluice_login LOGIN PASSWORD '{}'",
                password.replace('\'', "''")
            ))
            .await;
        let encoded: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let place = url("127.0.0.1", "").rsplit_once('@').unwrap().1.to_owned();
        let cases: [(String, &[(&str, &str)]); 4] = [
            (format!("postgresql://sluice_login:{encoded}@{place}"), &[]),
            (format!("jdbc:postgresql://{place}user=sluice_login&password={encoded}"), &[]),
            (
                format!("postgresql://{place}"),
                &[("connection.user", "sluice_login"), ("connection.password", password)],
            ),
            (
                format!("postgresql://somebody:wrong@{place}"),
                &[("connection.user", "sluice_login"), ("connection.password", password)],
            ),
        ];
        for (url, login) in cases {
            let options = [&[("connection.url", url.as_str())], login].concat();
            let mut sink = configure(&options).unwrap_or_else(|why| panic!("{url}: {why}"));
            sink.begin().await.unwrap_or_else(|error| panic!("{url}: {error}"));
        }
        stage.sql("DROP ROLE sluice_login").await;
    });
}

/// A schema's name may need quotes, and more than one may be searched.
#[test]
fn the_schemas_of_a_jdbc_url() {
    on_stage("login_schema", async |stage| {
        stage
            .sql(
                "DROP SCHEMA IF EXISTS \"Login Schema\" CASCADE; CREATE SCHEMA \"Login Schema\"; \
                  CREATE TABLE \"Login Schema\".t (id int); CREATE TABLE t2 (id int)",
            )
            .await;
        let address = format!("jdbc:{}", url("127.0.0.1", ""));
        for schemas in ["login_schema,%22Login%20Schema%22", "%22Login%20Schema%22,%20login_schema"]
        {
            let url = format!("{address}currentSchema={schemas}");
            for table in ["t", "t2"] {
                let mut sink = configure(&[("connection.url", &url)]).expect("a good address");
                let written = crate::support::deliver(&mut sink, table, &[], [r#"{"id":1}"#]).await;
                assert_eq!(written, Ok(crate::support::all_written(1)), "{schemas}");
            }
        }
        stage.sql("DROP SCHEMA \"Login Schema\" CASCADE").await;
    });
}

/// Whatever is wrong with an address, the password in it is not told.
#[test]
fn no_secret_in_any_text() {
    run(async {
        let urls = [
            "hunter2",
            "mysql://u:hunter2@h/d",
            "postgresql://u:hunter2",
            "postgresql://u:hunter2@",
            "postgresql://u:hunter2@/d",
            "postgresql://u:hunter2@h:port/d",
            "postgresql://u:hunter2@h:99999/d",
            "postgresql://u:x@hunter2@h/d?connect_timeout=x",
            "postgresql://u:%zzhunter2@h/d",
            "postgresql://u:hunter2%ff@h/d",
            "postgresql://h/d?password=hunter2",
            "postgresql://u@h/d?hunter2",
            "postgresql://u@h/d?hunter2=1",
            "postgresql://u@h/d?passwort=hunter2",
            "postgresql://u:x?hunter2@h/d?sslmode=require",
            "postgresql://u:x&hunter2@h/d?sslmode=require",
            "postgresql://u:x?a=hunter2&hunter2@h/d",
            "postgresql://u:x?sslmode=hunter2@h/d",
            "postgresql://u:x#hunter2@h/d",
            "postgresql://u:x/hunter2@h/d",
            "postgresql://h/d?user=u&password=hunter2&sslmode=hunter",
            "postgresql://u:hunter2@h/d?sslrootcert=%zz",
            "jdbc:postgresql://h/d?user=u&password=hunter2&sslfactory=x",
            "jdbc:mysql://h/d?user=u&password=hunter2",
            "jdbc:postgresql:d?user=u&password=hunter2",
        ];
        for url in urls {
            let wrong = match configure(&[("connection.url", url)]) {
                Err(wrong) => wrong,
                Ok(sink) => format!("{sink:?}"),
            };
            assert!(!wrong.contains("hunter2"), "{url}: {wrong}");
        }
    });
}

/// A refused login says nothing of the password either.
#[test]
fn no_secret_when_the_login_fails() {
    run(async {
        let place = url("127.0.0.1", "").rsplit_once('@').unwrap().1.to_owned();
        let url = format!("postgresql://nobody:hunter2@{place}");
        let mut sink = configure(&[("connection.url", &url)]).unwrap();
        assert!(!format!("{sink:?}").contains("hunter2"));
        let error = sink.begin().await.expect_err("there is no such user");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    });
}

/// A token is good for whoever reads it, and for one host.
#[test]
fn a_token_in_place_of_the_password_needs_tls_and_one_host() {
    let problems = |url: &str, password: &str| {
        let iam = ("connection.iam.auth", "true");
        configure(&[("connection.url", url), ("connection.password", password), iam]).err()
    };
    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(problems(&format!("postgresql://u@h/d?sslmode={mode}"), ""), None);
    }
    assert_eq!(problems("jdbc:postgresql://h/d?user=u&ssl=true", ""), None);
    for (url, password, word) in [
        ("postgresql://u@h/d", "", "sslmode"),
        ("postgresql://u@h/d?sslmode=disable", "", "sslmode"),
        ("postgresql://u@h/d?sslmode=prefer", "", "sslmode"),
        ("postgresql://u:hunter2@h/d?sslmode=require", "", "remove connection.password"),
        ("postgresql://u@h/d?sslmode=require", "hunter2", "remove connection.password"),
        ("postgresql://u@h1,h2/d?sslmode=require", "", "one host"),
    ] {
        let problem = problems(url, password).unwrap_or_else(|| panic!("{url} is accepted"));
        assert!(problem.contains(word) && !problem.contains("hunter2"), "{url}: {problem}");
    }
}
