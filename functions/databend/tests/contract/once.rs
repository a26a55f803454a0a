//! Exactly once where nothing waits: of two invocations with the same records one commits.

use sluice_bridge::model::failure::Fault;
use sluice_bridge::model::table::TableName;
use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::sink::Sink;
use sluice_bridge::sink::partition_offset::PartitionOffset;
use sluice_testkit::contract::Subject;
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

/// The answer to the commit is lost: the batch is given back, and its records are filtered when they come again.
#[test]
fn a_lost_answer_to_the_commit_doubles_nothing() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&numbers()).await;
        let mut sink = server.sink().await;
        let rules = invocation::rules(ONCE);
        server.admin.trouble("lost", "COMMIT", serde_json::json!({})).await;
        let given_back =
            invocation::deliver(&mut sink, &event(0..3), &rules).await.expect_err("no answer");
        assert_eq!(given_back.error.fault, Fault::Transient);
        assert!(given_back.error.to_string().contains("unknown whether"), "{}", given_back.error);
        let again = invocation::deliver(&mut sink, &event(0..3), &rules).await;
        assert_eq!(again.map(|it| (it.written, it.filtered)), Ok((0, 3)));
        assert_eq!(server.rows(&numbers()).await.len(), 3);
    });
}
