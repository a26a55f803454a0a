//! Exactly once where nothing waits: of two invocations with the same records one commits.

use sluice_bridge::model::failure::Fault;
use sluice_bridge::model::table::TableName;
use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::sink::Sink;
use sluice_bridge::sink::partition_offset::PartitionOffset;
use sluice_testkit::contract::Subject;
use sluice_testkit::invocation::{INSERT, UPSERT};
use sluice_testkit::{EventBuilder, Kind, TableSpec, invocation};

use crate::subject::Server;

const ONCE: invocation::Options<'_> =
    &[("exactly.once.enabled", "true"), ("name", "racer"), ("errors.tolerance", "all")];

fn numbers() -> TableSpec {
    TableSpec::new("t").column("n", Kind::Integer)
}

fn event(values: std::ops::Range<usize>) -> Vec<u8> {
    EventBuilder::msk().values("t", 0, values.map(|n| format!("{{\"n\":{n}}}"))).build()
}

/// The one that commits second fails, whether the partition is new or known.
#[test]
fn a_stale_invocation_cannot_commit() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&numbers()).await;
        let rules = invocation::rules(ONCE);
        for (round, records) in [0..3, 0..6].into_iter().enumerate() {
            let (mut stale, mut winner) = (server.sink().await, server.sink().await);
            invocation::write(&mut stale, &event(records.clone()), &rules)
                .await
                .expect("it is written");
            invocation::deliver(&mut winner, &event(records.clone()), &rules)
                .await
                .expect("it wins");
            let error = stale.commit().await.expect_err("the other one was faster");
            assert_eq!(error.fault, Fault::Transient, "{round}: {error}");
            stale.abandon().await;
            // The next attempt finds everything written.
            let outcome = invocation::deliver(&mut stale, &event(records.clone()), &rules).await;
            assert_eq!(
                outcome.map(|it| (it.written, it.filtered)),
                Ok((0, records.len())),
                "{round}"
            );
            assert_eq!(server.rows(&numbers()).await.len(), records.len(), "{round}");
        }
    });
}

/// The same if the other one commits between our reading of the offsets and our first change of a row, whether the
/// partition is new or known.
#[test]
fn offsets_that_were_read_are_not_stale_at_the_commit() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&numbers()).await;
        let rules = invocation::rules(ONCE);
        let table = OffsetsTable {
            table: TableName { schema: None, name: "sluice_offsets".to_owned() },
            connector: "racer".to_owned(),
        };
        let place = |next_offset| PartitionOffset {
            topic: "t".to_owned(),
            partition: 0,
            table: "\"t\"".to_owned(),
            next_offset,
            latest_timestamp: None,
        };
        for (known, reached) in [(0, 3), (3, 6)] {
            let (mut stale, mut winner) = (server.sink().await, server.sink().await);
            stale.begin().await.expect("a transaction");
            let read = stale.lock_offsets(&table, &[place(0)]).await.expect("the offsets");
            assert_eq!(read.iter().map(|it| it.next_offset).collect::<Vec<_>>(), [known]);
            let won = invocation::deliver(&mut winner, &event(0..reached), &rules).await;
            assert_eq!(won.map(|it| it.written), Ok(3));
            let reached = i64::try_from(reached).expect("a small number");
            stale.store_offsets(&table, &[place(reached)]).await.expect("its own view");
            let error = stale.commit().await.expect_err("the other one was faster");
            assert_eq!(error.cause.code.as_deref(), Some("4001"), "{error}");
            assert_eq!(error.fault, Fault::Transient, "{error}");
            stale.abandon().await;
        }
    });
}

/// Eight first invocations at the same time: every record is written once.
#[test]
fn many_invocations_at_once_write_each_record_once() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&numbers()).await;
        let rules = invocation::rules(&[ONCE, &[("max.retries", "20")]].concat());
        let mut sinks = Vec::new();
        for _ in 0..8 {
            sinks.push(server.sink().await);
        }
        let body = event(0..5);
        for sink in &mut sinks {
            let written = invocation::write(sink, &body, &rules).await;
            written.expect("nothing is committed yet");
        }
        let mut committed = 0;
        for sink in &mut sinks {
            committed += usize::from(sink.commit().await.is_ok());
            sink.abandon().await;
        }
        assert_eq!(committed, 1);
        assert_eq!(server.rows(&numbers()).await.len(), 5);
    });
}

/// The answer to the commit is lost, or the commit never comes to the server: it is asked again, and each row is there once,
/// also without offsets.
#[test]
fn a_commit_without_an_answer_is_asked_for_again() {
    invocation::run(async {
        for what in ["lost", "cut"] {
            let mut server = Server::new().await;
            server.create(&numbers()).await;
            let mut sink = server.sink().await;
            server.admin.trouble(what, "COMMIT", serde_json::json!({})).await;
            let outcome =
                invocation::deliver(&mut sink, &event(0..3), &invocation::rules(INSERT)).await;
            assert_eq!(outcome, Ok(invocation::all_written(3)), "{what}");
            assert_eq!(server.rows(&numbers()).await.len(), 3, "{what}");
            let seen = server.admin.seen().await;
            let commits: Vec<_> = seen.iter().filter(|(it, _)| it == "COMMIT").collect();
            let [first, second] = commits[..] else { panic!("{what}: {commits:?}") };
            assert_eq!(first.1["x-databend-query-id"], second.1["x-databend-query-id"], "{what}");
        }
    });
}

/// The server restarts while it works on the commit, of which it has said that the session has no transaction any more.
/// A second commit must not be one outside a transaction: it would do nothing and succeed.
#[test]
fn a_commit_that_a_restart_has_ended_is_no_success() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&numbers()).await;
        let mut sink = server.sink().await;
        server.admin.trouble("gone", "COMMIT", serde_json::json!({})).await;
        let outcome =
            invocation::deliver(&mut sink, &event(0..3), &invocation::rules(INSERT)).await;
        let error = outcome.expect_err("nothing is committed").error;
        assert_eq!(error.fault, Fault::Transient, "{error}");
        assert!(error.cause.message.contains("it is unknown whether"), "{error}");
        assert_eq!(server.rows(&numbers()).await.len(), 0);
    });
}

/// The server finds no conflict between two invocations that both add the same new key. The offsets do.
#[test]
fn two_upserts_of_a_new_key_are_one_row() {
    invocation::run(async {
        let mut server = Server::new().await;
        let table = TableSpec::new("t").key("n", Kind::Integer);
        server.create(&table).await;
        let rules = invocation::rules(&[ONCE, UPSERT].concat());
        let (mut stale, mut winner) = (server.sink().await, server.sink().await);
        invocation::write(&mut stale, &event(0..3), &rules).await.expect("it is written");
        let won = invocation::deliver(&mut winner, &event(0..3), &rules).await;
        assert_eq!(won, Ok(invocation::all_written(3)));
        let error = stale.commit().await.expect_err("the other one was faster");
        assert_eq!(error.cause.code.as_deref(), Some("4001"), "{error}");
        stale.abandon().await;
        assert_eq!(server.rows(&table).await.len(), 3);
    });
}

/// Nobody answers to the commit: the batch is given back, and its records are filtered when they come again.
#[test]
fn a_lost_answer_to_the_commit_doubles_nothing() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&numbers()).await;
        let mut sink = server.sink().await;
        let rules = invocation::rules(ONCE);
        server.admin.trouble("lost", "COMMIT", serde_json::json!({"times": 2})).await;
        let given_back =
            invocation::deliver(&mut sink, &event(0..3), &rules).await.expect_err("no answer");
        assert_eq!(given_back.error.fault, Fault::Transient);
        assert!(given_back.error.to_string().contains("unknown whether"), "{}", given_back.error);
        let again = invocation::deliver(&mut sink, &event(0..3), &rules).await;
        assert_eq!(again.map(|it| (it.written, it.filtered)), Ok((0, 3)));
        assert_eq!(server.rows(&numbers()).await.len(), 3);
    });
}
