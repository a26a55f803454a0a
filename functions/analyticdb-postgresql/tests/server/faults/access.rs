//! Refused, or not there: connections, privileges, tables.

use std::net::TcpListener;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::Sink;

use crate::support::{
    BY_KEY, INSERT, Options, UPSERT, all_written, configure, deliver, on_stage, service,
};

async fn refused_connection(options: Options<'_>) -> SinkError {
    let mut sink = configure(options).expect("the options are good");
    sink.begin().await.expect_err("the server refuses")
}

#[test]
fn a_port_where_nobody_listens_is_transient() {
    sluice_testkit::invocation::run(async {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("postgresql://u:hunter2@127.0.0.1:{free}/d");
        let error = refused_connection(&[("connection.url", &url)]).await;
        assert_eq!(error.fault, Fault::Transient, "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    });
}

#[test]
fn a_server_that_is_full_is_transient() {
    on_stage("faults_full", async |stage| {
        stage
            .sql("DROP ROLE IF EXISTS sluice_full; CREATE ROLE sluice_full LOGIN PASSWORD 'p' CONNECTION LIMIT 0")
            .await;
        let url = stage.url(&[]);
        let options = [
            ("connection.url", url.as_str()),
            ("connection.user", "sluice_full"),
            ("connection.password", "p"),
        ];
        let error = refused_connection(&options).await;
        assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Transient, Some("53300")));
        stage.sql("DROP ROLE sluice_full").await;
    });
}

#[test]
fn what_only_a_person_can_mend_is_fatal_and_a_refused_login_is_told_apart() {
    sluice_testkit::invocation::run(async {
        let url = service("TEST_POSTGRES");
        let nowhere = format!("{}/nowhere", url.rsplit_once('/').unwrap().0);
        let unauthorized = (Fault::Unauthorized, Some("28P01"));
        let cases: [(Options<'_>, _); 3] = [
            (&[("connection.url", &url), ("connection.password", "hunter2")], unauthorized),
            (&[("connection.url", &url), ("connection.user", "nobody")], unauthorized),
            (&[("connection.url", &nowhere)], (Fault::Fatal, Some("3D000"))),
        ];
        for (options, expected) in cases {
            let error = refused_connection(options).await;
            assert_eq!((error.fault, error.cause.code.as_deref()), expected);
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    });
}

/// A bad setting in the address has a code of class 22, as bad values have, and is no row's.
#[test]
fn an_error_before_any_row_is_fatal() {
    sluice_testkit::invocation::run(async {
        let url = format!("{}?options=-cwork_mem%3Doops", service("TEST_POSTGRES"));
        let error = refused_connection(&[("connection.url", &url)]).await;
        assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Fatal, Some("22023")));
        assert!(error.to_string().contains("work_mem"), "it does not say why: {error}");
    });
}

/// A privilege that is missing is nobody's row's fault: no row may become a letter for it.
#[test]
fn a_revoked_privilege_is_fatal() {
    on_stage("faults_revoked", async |stage| {
        stage
            .sql(
                "DROP ROLE IF EXISTS sluice_revoked; CREATE ROLE sluice_revoked LOGIN PASSWORD 'p'; \
                 CREATE TABLE t (id int PRIMARY KEY, v text); GRANT USAGE ON SCHEMA faults_revoked TO sluice_revoked; \
                 GRANT ALL ON t TO sluice_revoked",
            )
            .await;
        let url = stage.url(&[]);
        let user = [
            ("connection.url", url.as_str()),
            ("connection.user", "sluice_revoked"),
            ("connection.password", "p"),
        ];
        let mut sink = configure(&user).unwrap();
        assert_eq!(deliver(&mut sink, "t", INSERT, [r#"{"id":1}"#]).await, Ok(all_written(1)));
        for (privilege, options) in
            [("INSERT", INSERT), ("INSERT", UPSERT), ("UPDATE", UPSERT), ("SELECT", UPSERT)]
        {
            stage
                .sql(&format!(
                    "GRANT ALL ON t TO sluice_revoked; REVOKE {privilege} ON t FROM sluice_revoked"
                ))
                .await;
            let given_back = deliver(&mut sink, "t", options, [r#"{"id":2,"v":"a"}"#]).await;
            let error = given_back.expect_err("the privilege is missing").error;
            let told = (error.fault, error.cause.code.as_deref());
            assert_eq!(told, (Fault::Fatal, Some("42501")), "{privilege}: {error}");
        }
        stage.sql("GRANT ALL ON t TO sluice_revoked; REVOKE USAGE ON SCHEMA faults_revoked FROM sluice_revoked").await;
        let given_back = deliver(&mut sink, "t", INSERT, [r#"{"id":3}"#]).await;
        assert_eq!(given_back.expect_err("the schema is closed").error.fault, Fault::Fatal);
        stage.sql("GRANT USAGE ON SCHEMA faults_revoked TO sluice_revoked").await;
        assert_eq!(deliver(&mut sink, "t", INSERT, [r#"{"id":4}"#]).await, Ok(all_written(1)));
        assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, ["1", "4"]);
        stage.sql("DROP OWNED BY sluice_revoked; DROP ROLE sluice_revoked").await;
    });
}

#[test]
fn a_key_without_a_unique_index_is_fatal() {
    on_stage("faults_no_index", async |stage| {
        stage.sql("CREATE TABLE t (id int, v text)").await;
        let options = [UPSERT, &[("pk.fields", "id")]].concat();
        let given_back = stage.deliver("t", &options, [r#"{"id":1,"v":"a"}"#]).await;
        let error = given_back.expect_err("there is no index").error;
        assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Fatal, Some("42P10")));
        let given_back = stage.deliver("t", BY_KEY, [r#"{"id":1,"v":"a"}"#]).await;
        assert_eq!(given_back.expect_err("there is no key").error.fault, Fault::Fatal);
    });
}

/// The same connection sees the table as it is now.
#[test]
fn a_table_may_change_between_invocations() {
    on_stage("faults_changed", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v int)").await;
        let mut sink = stage.sink();
        for options in [INSERT, UPSERT] {
            stage.sql("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v int)").await;
            let written = deliver(&mut sink, "t", options, [r#"{"id":1,"v":1}"#]).await;
            assert_eq!(written, Ok(all_written(1)));
            stage.sql("ALTER TABLE t ALTER v TYPE text, ADD w jsonb DEFAULT '[]'").await;
            let written = deliver(&mut sink, "t", options, [r#"{"id":2,"v":"two"}"#]).await;
            assert_eq!(written, Ok(all_written(1)));
            stage.sql("ALTER TABLE t DROP v, ADD v date").await;
            let values = [r#"{"id":3,"v":"2026-01-02","w":{}}"#];
            assert_eq!(deliver(&mut sink, "t", options, values).await, Ok(all_written(1)));
            let rows = [["1", "[]", "∅"], ["2", "[]", "∅"], ["3", "{}", "2026-01-02"]];
            assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, rows);
        }
    });
}

/// A privilege on some columns hides no column: what is missing is told, and costs no record.
#[test]
fn a_column_without_a_privilege_is_fatal() {
    on_stage("faults_column", async |stage| {
        let role = "sluice_column";
        stage
            .sql(&format!(
                "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN PASSWORD 'p'; \
                 CREATE TABLE t (id int PRIMARY KEY, a int, b int); \
                 GRANT USAGE ON SCHEMA faults_column TO {role}; \
                 GRANT SELECT (id, a), INSERT (id, a), UPDATE (id, a) ON t TO {role}"
            ))
            .await;
        let url = stage.url(&[]);
        let user = [
            ("connection.url", url.as_str()),
            ("connection.user", role),
            ("connection.password", "p"),
        ];
        let mut sink = configure(&user).unwrap();
        for (id, options) in [(1, INSERT), (2, UPSERT)] {
            let good = format!(r#"{{"id":{id},"a":1}}"#);
            assert_eq!(deliver(&mut sink, "t", options, [good]).await, Ok(all_written(1)));
            let bad = [r#"{"id":7,"a":1,"b":2}"#, r#"{"id":8,"b":2}"#];
            let given_back = deliver(&mut sink, "t", options, bad).await;
            let error = given_back.expect_err("the privilege is missing").error;
            let told = (error.fault, error.cause.code.as_deref());
            assert_eq!(told, (Fault::Fatal, Some("42501")), "{error}");
        }
        assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, ["1", "2"]);
        stage.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    });
}

/// The server passes over a schema that may not be used. A table behind it has other columns, and a
/// new one is not where it is looked for.
#[test]
fn a_schema_without_a_privilege_is_fatal() {
    on_stage("faults_schema", async |stage| {
        let role = "sluice_schema";
        stage
            .sql(&format!(
                "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN PASSWORD 'p'; \
                 DROP SCHEMA IF EXISTS faults_behind CASCADE; CREATE SCHEMA faults_behind; \
                 CREATE TABLE t (id int PRIMARY KEY, b int); CREATE TABLE u (id int PRIMARY KEY); \
                 CREATE TABLE faults_behind.t (id int PRIMARY KEY); \
                 CREATE TABLE faults_behind.v (id int PRIMARY KEY, b int); \
                 GRANT ALL ON ALL TABLES IN SCHEMA faults_schema TO {role}; \
                 GRANT ALL ON SCHEMA faults_behind TO {role}; \
                 GRANT ALL ON ALL TABLES IN SCHEMA faults_behind TO {role}"
            ))
            .await;
        let url = stage.url(&[]).replace("faults_schema", "faults_schema,faults_behind");
        let user = [
            ("connection.url", url.as_str()),
            ("connection.user", role),
            ("connection.password", "p"),
        ];
        let mut sink = configure(&user).unwrap();
        let makes = [INSERT, &[("auto.create", "true")]].concat();
        for (table, options) in [("t", INSERT), ("u", makes.as_slice())] {
            let given_back = deliver(&mut sink, table, options, [r#"{"id":1,"b":2}"#]).await;
            let error = given_back.expect_err("the privilege is missing").error;
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            assert!(
                error.to_string().contains("GRANT USAGE ON SCHEMA \"faults_schema\""),
                "{error}"
            );
        }
        let made = "SELECT to_regclass('faults_behind.u') IS NULL";
        assert_eq!(stage.column(made).await, ["t"], "a table was made in another place");
        // Of a name that is only there, or with its schema, nothing is hidden.
        let values = [r#"{"id":1,"b":2}"#];
        assert_eq!(deliver(&mut sink, "v", INSERT, values).await, Ok(all_written(1)));
        let named = [INSERT, &[("table.name.format", "faults_behind.${topic}")]].concat();
        assert_eq!(deliver(&mut sink, "t", &named, [r#"{"id":1}"#]).await, Ok(all_written(1)));
        // Behind the one that may be used nothing is looked for.
        let url = url.replace("faults_schema,faults_behind", "faults_behind,faults_schema");
        let user = [&[("connection.url", url.as_str())], &user[1..]].concat();
        let mut sink = configure(&user).unwrap();
        assert_eq!(deliver(&mut sink, "t", INSERT, [r#"{"id":2}"#]).await, Ok(all_written(1)));
        stage
            .sql(&format!(
                "DROP OWNED BY {role}; DROP ROLE {role}; DROP SCHEMA faults_behind CASCADE"
            ))
            .await;
    });
}

/// Names mind case, and take quotes for letters: the table that was meant is named.
#[test]
fn a_missing_table_names_the_one_that_is_spelled_alike() {
    on_stage("faults_similar", async |stage| {
        stage.sql("CREATE TABLE \"Orders\" (id int)").await;
        let cases = [
            ("${topic}", "orders", Some("\"faults_similar\".\"Orders\" exists")),
            ("${topic}", "ORDERS", Some("\"faults_similar\".\"Orders\" exists")),
            ("\"Orders\"", "t", Some("\"faults_similar\".\"Orders\" exists")),
            ("\"faults_similar\".\"Orders\"", "t", Some("\"faults_similar\".\"Orders\" exists")),
            ("FAULTS_SIMILAR.Orders", "t", Some("\"faults_similar\".\"Orders\" exists")),
            ("elsewhere.Orders", "t", None),
            ("${topic}", "faults_similar_orders", None),
        ];
        for (format, topic, hint) in cases {
            let options = [INSERT, &[("table.name.format", format)]].concat();
            let given_back = stage.deliver(topic, &options, [r#"{"id":1}"#]).await;
            let error = given_back.expect_err("there is no such table").error;
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            let told = error.to_string();
            assert_eq!(told.contains(" exists: "), hint.is_some(), "{format}: {told}");
            assert!(told.contains(hint.unwrap_or_default()), "{format}: {told}");
        }
        let written = stage.deliver("Orders", INSERT, [r#"{"id":1}"#]).await;
        assert_eq!(written, Ok(all_written(1)));
    });
}
