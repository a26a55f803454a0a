//! What goes wrong between the function and the server, and what the server refuses.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;
use sluice_testkit::contract::Subject;
use sluice_testkit::invocation::{
    self, INSERT, UPDATE, UPSERT, all_written, deliver_values, refused,
};
use sluice_testkit::{EventBuilder, Kind, TableSpec};

use crate::subject::Server;

pub(crate) fn table() -> TableSpec {
    TableSpec::new("t").key("id", Kind::Integer).column("v", Kind::Text)
}

pub(crate) fn values(count: usize) -> Vec<String> {
    (0..count).map(|id| format!("{{\"id\":{id},\"v\":\"x\"}}")).collect()
}

/// Every batch becomes a file.
pub(crate) const STAGED: invocation::Options<'_> = &[("stage.min.rows", "0")];

pub(crate) async fn scene() -> (Server, databend::DatabendSink) {
    let mut server = Server::new().await;
    server.create(&table()).await;
    let sink = server.sink_with(STAGED);
    (server, sink)
}

/// A result that comes late and in pages is read to its end.
#[test]
fn a_slow_answer_in_pages_is_read_to_its_end() {
    invocation::run(async {
        let (mut server, mut sink) = scene().await;
        server.admin.trouble("page", "LEFT ANTI JOIN", json!({"rows": 2})).await;
        let outcome = deliver_values(&mut sink, "t", UPDATE, values(7)).await.expect("none exists");
        assert_eq!((outcome.written, outcome.filtered), (0, 7));
        server.admin.trouble("slow", "INSERT INTO", json!({"seconds": 0.3})).await;
        assert_eq!(deliver_values(&mut sink, "t", INSERT, values(7)).await, Ok(all_written(7)));
        assert_eq!(server.rows(&table()).await.len(), 7);
    });
}

/// Whatever is cut off or sent without an answer, the retry leaves each row once.
#[test]
fn what_is_cut_off_is_written_once() {
    for (what, matching) in [
        ("cut", "BEGIN"),
        ("busy", "BEGIN"),
        ("lost", "BEGIN"),
        ("cut", "upload"),
        ("busy", "upload"),
        ("lost", "upload"),
        ("cut", "INSERT INTO"),
        ("lost", "INSERT INTO"),
        ("busy", "system.columns"),
    ] {
        invocation::run(async {
            let (mut server, mut sink) = scene().await;
            server.admin.trouble(what, matching, json!({})).await;
            let outcome = deliver_values(&mut sink, "t", INSERT, values(3)).await;
            assert_eq!(outcome, Ok(all_written(3)), "{what} at {matching}");
            assert_eq!(server.rows(&table()).await.len(), 3, "{what} at {matching}");
        });
    }
}

/// A process that has written before sends its first requests while it reads the event. What fails then is asked again.
#[test]
fn what_is_asked_early_and_fails_is_asked_again() {
    invocation::run(async {
        let (mut server, mut sink) = scene().await;
        assert_eq!(deliver_values(&mut sink, "t", INSERT, values(1)).await, Ok(all_written(1)));
        for (what, matching) in [
            ("cut", "BEGIN"),
            ("lost", "BEGIN"),
            ("busy", "system.columns"),
            ("cut", "system.tables"),
        ] {
            server.admin.trouble(what, matching, json!({})).await;
            let outcome = deliver_values(&mut sink, "t", UPSERT, values(3)).await;
            assert_eq!(outcome, Ok(all_written(3)), "{what} at {matching}");
            assert_eq!(server.rows(&table()).await.len(), 3, "{what} at {matching}");
        }
        assert_eq!(server.admin.met().await, 4, "a trouble did not happen");
    });
}

/// A body that is no event needs no transaction: the one that has begun early is ended.
#[test]
fn an_early_transaction_that_is_not_needed_is_rolled_back() {
    invocation::run(async {
        let (server, mut sink) = scene().await;
        assert_eq!(deliver_values(&mut sink, "t", INSERT, values(1)).await, Ok(all_written(1)));
        let before = server.admin.seen().await.len();
        sink.prefetch().await;
        sink.abandon().await;
        let seen = server.admin.seen().await;
        let seen: Vec<&str> = seen[before..].iter().map(|(it, _)| it.as_str()).collect();
        assert!(seen.contains(&"BEGIN") && seen.contains(&"ROLLBACK"), "{seen:?}");
    });
}

/// A file that is cut off in the stage loses no record.
#[test]
fn rows_that_the_server_has_not_read_are_written_again() {
    invocation::run(async {
        let (mut server, mut sink) = scene().await;
        for (options, mode) in [(INSERT, "insert"), (UPSERT, "upsert"), (UPDATE, "update")] {
            server.admin.trouble("short", "upload", json!({})).await;
            let outcome = deliver_values(&mut sink, "t", options, values(3)).await;
            assert_eq!(outcome, Ok(all_written(3)), "{mode}");
            assert_eq!(server.rows(&table()).await.len(), 3, "{mode}");
        }
        let aborted = server.admin.seen().await.iter().filter(|(it, _)| it == "ROLLBACK").count();
        assert_eq!(aborted, 3);
    });
}

/// The codes of the server: what passes is tried again, the rest gives the batch back. None costs a record.
#[test]
fn codes_decide_what_becomes_of_a_batch() {
    for (code, fault) in [
        (4001, Fault::Transient),
        (2009, Fault::Transient),
        (1063, Fault::Fatal),
        (1006, Fault::Fatal),
        (9999, Fault::Fatal),
    ] {
        invocation::run(async {
            let (mut server, mut sink) = scene().await;
            server.admin.trouble("error", "INSERT INTO", json!({"code": code, "times": 10})).await;
            let given_back =
                deliver_values(&mut sink, "t", INSERT, values(3)).await.expect_err("an error");
            assert_eq!(given_back.error.fault, fault, "{code}: {}", given_back.error);
            assert_eq!(given_back.error.cause.code.as_deref(), Some(&*code.to_string()));
            assert_eq!(server.rows(&table()).await.len(), 0, "{code}");
        });
    }
}

/// A statement that takes too long is cancelled at the server.
#[test]
fn a_timeout_cancels_the_statement() {
    invocation::run(async {
        let (mut server, _) = scene().await;
        let mut sink = server.sink_with(&[("statement.timeout.ms", "5000")]);
        server.admin.trouble("slow", "INSERT INTO", json!({"seconds": 20})).await;
        assert_eq!(deliver_values(&mut sink, "t", INSERT, values(1)).await, Ok(all_written(1)));
        assert_eq!(server.rows(&table()).await.len(), 1);
        let kills =
            server.admin.seen().await.iter().filter(|(it, _)| it.starts_with("kill ")).count();
        assert_eq!(kills, 1);
    });
}

/// A future that is dropped, as at an invocation's deadline, leaves nothing and cancels its statement.
#[test]
fn a_dropped_future_cancels_its_statement() {
    invocation::run(async {
        let (mut server, mut sink) = scene().await;
        server.admin.trouble("slow", "INSERT INTO", json!({"seconds": 20})).await;
        let body = EventBuilder::msk().values("t", 0, values(1)).build();
        let rules = invocation::rules(INSERT);
        let writing = invocation::write(&mut sink, &body, &rules);
        let executing = async {
            let is_insert = |(it, _): &(String, Value)| it.starts_with("INSERT INTO");
            while !server.admin.seen().await.iter().any(is_insert) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            written = writing => panic!("it is slow: {written:?}"),
            () = executing => {}
        }
        sink.abandon().await;
        let kills =
            server.admin.seen().await.iter().filter(|(it, _)| it.starts_with("kill ")).count();
        assert_eq!(kills, 1);
        assert_eq!(deliver_values(&mut sink, "t", INSERT, values(1)).await, Ok(all_written(1)));
        assert_eq!(server.rows(&table()).await.len(), 1);
    });
}

/// The rows that only the server can judge: one bad row or a thousand, one question.
#[test]
fn bad_rows_cost_one_question() {
    invocation::run(async {
        for (options, mode) in [(INSERT, "insert"), (UPSERT, "upsert")] {
            let mut server = Server::new().await;
            let table = TableSpec::new("t")
                .key("id", Kind::Integer)
                .column("at", Kind::Native("GEOMETRY"))
                .column("how_long", Kind::Native("INTERVAL"));
            server.create(&table).await;
            let mut sink = server.sink().await;
            for bad in [1, 999] {
                let value = |id: usize| {
                    let point =
                        if id < bad && id.is_multiple_of(2) { "nowhere" } else { "POINT(1 2)" };
                    let time = if id < bad && id % 2 == 1 { "ages" } else { "1 day" };
                    format!("{{\"id\":{id},\"at\":\"{point}\",\"how_long\":\"{time}\"}}")
                };
                let outcome = deliver_values(&mut sink, "t", options, (0..1000).map(value)).await;
                let failed: Vec<usize> = refused(&outcome).iter().map(|it| it.0).collect();
                assert_eq!(failed, (0..bad).collect::<Vec<_>>(), "{mode} {bad}");
                let failures = outcome.expect("rows only").failures;
                let columns: Vec<_> =
                    failures.iter().take(2).map(|it| it.cause.column.as_deref()).collect();
                assert_eq!(columns, [Some("at"), Some("how_long")][..columns.len()], "{mode}");
            }
            let verdicts = server.admin.seen().await;
            let verdicts =
                verdicts.iter().filter(|(it, _)| it.starts_with("SELECT metadata$")).count();
            assert_eq!(verdicts, 2, "{mode}");
        }
    });
}

/// A wrong password is told apart from everything else, so that the secret is read again.
#[test]
fn a_wrong_password_is_unauthorized() {
    invocation::run(async {
        let (server, _) = scene().await;
        let mut sink = server.sink_with(&[("connection.password", "wrong")]);
        let error = sink.begin().await.expect_err("no login");
        assert_eq!(error.fault, Fault::Unauthorized, "{error}");
    });
}

/// With TLS, the server's certificate must be one of a trusted authority, and name the host.
#[test]
fn tls_trusts_the_named_authority() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&table()).await;
        let [url, authority] = ["TEST_DATABEND_TLS", "TEST_DATABEND_CA"]
            .map(|name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set")));
        let url = url.replace("/default", &format!("/{}", server.admin.database));
        let trusting = format!("{url}?tls_ca_file={authority}");
        let mut sink = server.sink_with(&[("connection.url", &trusting)]);
        assert_eq!(deliver_values(&mut sink, "t", INSERT, values(1)).await, Ok(all_written(1)));
        let mut sink = server.sink_with(&[("connection.url", &url)]);
        let error = sink.begin().await.expect_err("an unknown authority");
        assert!(error.to_string().contains("certificate"), "{error}");
        let other_name = trusting.replace("localhost", "127.0.0.2");
        let mut sink = server.sink_with(&[("connection.url", &other_name)]);
        assert!(sink.begin().await.is_err());
    });
}

/// The rows of a key are reduced to one, and a null among them is a value like any other.
#[test]
fn a_null_of_a_key_that_comes_again() {
    invocation::run(async {
        let mut server = Server::new().await;
        let table = TableSpec::new("t").key("id", Kind::Integer).column("v", Kind::Integer);
        server.create(&table).await;
        for mut sink in [server.sink().await, server.sink_with(STAGED)] {
            let values = [
                r#"{"id":1,"v":10}"#,
                r#"{"id":1,"v":null}"#,
                r#"{"id":2,"v":null}"#,
                r#"{"id":2,"v":7}"#,
            ];
            let outcome = deliver_values(&mut sink, "t", UPSERT, values).await;
            assert_eq!(outcome, Ok(all_written(4)));
            let mut rows = server.rows(&table).await;
            rows.sort();
            assert_eq!(rows, [["1", "∅"], ["2", "7"]]);
        }
    });
}

/// One name that the server keeps for itself costs its record, and no other.
#[test]
fn a_reserved_name_costs_its_record_only() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&table()).await;
        let options = [INSERT, &[("auto.evolve", "true")]].concat();
        let values =
            [r#"{"id":1,"_segment_name":"s"}"#, r#"{"id":2,"total":5}"#, r#"{"id":3,"total":6}"#];
        let outcome = deliver_values(&mut server.sink().await, "t", &options, values).await;
        let outcome = outcome.expect("one letter");
        assert_eq!((outcome.written, outcome.failures.len()), (2, 1), "{outcome:?}");
        assert_eq!(outcome.failures[0].record, 0);
    });
}
