//! Refused, or not there: connections, privileges, servers that only read.

use std::net::TcpListener;

use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;

use crate::support::{INSERT, UPSERT, all_written, configure, deliver, everywhere};

#[test]
fn a_port_where_nobody_listens_is_transient() {
    sluice_testkit::invocation::run(async {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("mysql://u:hunter2@127.0.0.1:{free}/d");
        let mut sink = configure(&[("connection.url", &url)]).expect("the options are good");
        let error = sink.begin().await.expect_err("nobody listens");
        assert_eq!(error.fault, Fault::Transient, "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    });
}

#[test]
fn a_server_that_is_full_is_transient() {
    everywhere("faults_full", async |stage| {
        let mut first = stage.sink_of_user(&["SELECT, INSERT ON faults_full.*"]).await;
        stage
            .sql(
                "ALTER USER 'faults_full'@'%' WITH MAX_USER_CONNECTIONS 1; CREATE TABLE t (id int)",
            )
            .await;
        let mut second =
            stage.sink_with(&[("connection.user", "faults_full"), ("connection.password", "p")]);
        assert_eq!(deliver(&mut first, "t", INSERT, [r#"{"id":1}"#]).await, Ok(all_written(1)));
        let error = second.begin().await.expect_err("it is full");
        assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Transient, Some("1226")));
        first.abandon().await;
        stage.sql("ALTER USER 'faults_full'@'%' WITH MAX_USER_CONNECTIONS 0").await;
        assert_eq!(deliver(&mut second, "t", INSERT, [r#"{"id":2}"#]).await, Ok(all_written(1)));
    });
}

/// A privilege that is missing is nobody's row's fault: no row may become a letter for it.
#[test]
fn a_revoked_privilege_is_fatal() {
    everywhere("faults_revoked", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let all = "SELECT, INSERT, UPDATE, DELETE ON faults_revoked.t";
        let mut sink = stage.sink_of_user(&[all]).await;
        assert_eq!(deliver(&mut sink, "t", INSERT, [r#"{"id":1}"#]).await, Ok(all_written(1)));
        for (privilege, options) in [("INSERT", INSERT), ("INSERT", UPSERT), ("UPDATE", UPSERT)] {
            stage
                .sql(&format!(
                    "GRANT {all} TO 'faults_revoked'@'%'; \
                     REVOKE {privilege} ON faults_revoked.t FROM 'faults_revoked'@'%'"
                ))
                .await;
            for count in [1, 3] {
                let values = (10..10 + count).map(|id| format!(r#"{{"id":{id},"v":"a"}}"#));
                let error =
                    deliver(&mut sink, "t", options, values).await.expect_err("revoked").error;
                assert_eq!(error.fault, Fault::Fatal, "{privilege}: {error}");
                let code = error.cause.code.as_deref();
                assert!(matches!(code, Some("1142" | "1143")), "{privilege}: {error}");
            }
        }
        let user = "'faults_revoked'@'%'";
        stage.sql(&format!("GRANT {all} TO {user}; REVOKE {all} FROM {user}")).await;
        let error =
            deliver(&mut sink, "t", INSERT, [r#"{"id":3}"#]).await.expect_err("closed").error;
        assert_eq!(error.fault, Fault::Fatal, "{error}");
        stage.sql(&format!("GRANT {all} TO 'faults_revoked'@'%'")).await;
        let values = [r#"{"id":4}"#];
        assert_eq!(deliver(&mut sink, "t", INSERT, values).await, Ok(all_written(1)));
        assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, ["1", "4"]);
    });
}

/// A user whose privileges are just those of appending does not need more.
#[test]
fn who_may_only_append_appends() {
    everywhere("faults_append", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        for grant in ["INSERT ON faults_append.t", "SELECT, INSERT ON faults_append.t"] {
            stage.sql("DELETE FROM t").await;
            let mut sink = stage.sink_of_user(&[grant]).await;
            for count in [1, 1_200] {
                let values = (0..count).map(|id| format!(r#"{{"id":{},"v":"a"}}"#, id + count));
                assert_eq!(
                    deliver(&mut sink, "t", INSERT, values).await,
                    Ok(all_written(count)),
                    "{grant}"
                );
            }
        }
    });
}

/// Names mind case, and take quotes for letters: the table that was meant is named.
#[test]
fn a_missing_table_names_the_one_that_is_spelled_alike() {
    everywhere("faults_similar", async |stage| {
        stage.sql("CREATE TABLE `Orders` (id int)").await;
        let cases = [
            ("${topic}", "orders", true),
            ("${topic}", "ORDERS", true),
            ("`Orders`", "t", true),
            ("\"Orders\"", "t", true),
            ("`faults_similar`.`orders`", "t", true),
            ("faults_similar.orders", "t", true),
            ("elsewhere.Orders", "t", false),
            ("${topic}", "faults_similar_orders", false),
        ];
        for (format, topic, has_hint) in cases {
            let options = [INSERT, &[("table.name.format", format)]].concat();
            let given_back = stage.deliver(topic, &options, [r#"{"id":1}"#]).await;
            let error = given_back.expect_err("there is no such table").error;
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            let told = error.to_string();
            let hint = "\"faults_similar\".\"Orders\" exists: names are case-sensitive and written without quotes";
            assert_eq!(told.contains(hint), has_hint, "{format}: {told}");
            assert_eq!(told.contains(" exists: "), has_hint, "{format}: {told}");
        }
        let written = stage.deliver("Orders", INSERT, [r#"{"id":1}"#]).await;
        assert_eq!(written, Ok(all_written(1)));
    });
}
