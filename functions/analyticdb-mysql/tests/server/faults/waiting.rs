//! Locks, deadlines, and connections that end while something is under way.

use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::sink::Sink;
use sluice_testkit::{EventBuilder, invocation};
use tokio::time::{sleep, timeout};

use crate::support::{INSERT, Options, Stage, UPSERT, admin, all_written, deliver, everywhere};

pub(super) const ONCE: Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_value"), ("max.retries", "0")];
pub(super) const PLAIN: Options<'_> = &[("max.retries", "0")];
const ROW: [&str; 1] = [r#"{"id":1,"v":"new"}"#];
pub(super) const EVERYTHING: &str = "SELECT, INSERT, UPDATE, DELETE, TRIGGER";

pub(super) fn told(outcome: Result<Outcome, GivenBack>) -> (Fault, Option<String>) {
    let error = outcome.expect_err("it is given back").error;
    (error.fault, error.cause.code.map(String::from))
}

/// The connections of the user that is named after the database, those that run a statement only.
pub(super) async fn theirs(stage: &mut Stage, busy: bool) -> Vec<String> {
    let busy = if busy {
        "AND COMMAND <> 'Sleep' AND (INFO LIKE 'INSERT%' OR COMMAND = 'Execute' OR INFO LIKE '%VALUES%')"
    } else {
        ""
    };
    let name = stage.database.clone();
    let query =
        format!("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '{name}' {busy}");
    stage.column(&query).await
}

/// The connection that writes, once it does and has been seen twice.
pub(super) async fn writer(stage: &mut Stage) -> String {
    let waited = timeout(Duration::from_secs(20), async {
        loop {
            let before = theirs(stage, true).await;
            sleep(Duration::from_millis(100)).await;
            let ids = theirs(stage, true).await;
            if before.len() == 1 && before == ids {
                return ids.concat();
            }
        }
    });
    waited.await.expect("nobody writes")
}

pub(super) async fn gone(stage: &mut Stage) {
    let waited = timeout(Duration::from_secs(20), async {
        while !theirs(stage, false).await.is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "somebody is left: {:?}", theirs(stage, false).await);
}

/// A row that somebody else has locked, and that somebody.
pub(super) async fn locked(stage: &mut Stage) -> Conn {
    stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text)").await;
    stage.sql("INSERT INTO t VALUES (1, 'old')").await;
    let mut other = admin(&stage.server).await;
    let lock = format!("BEGIN; UPDATE {}.t SET v = 'locked' WHERE id = 1", stage.database);
    other.query_drop(lock).await.expect("the row is locked");
    other
}

/// The row that is locked, and many behind it.
pub(super) fn rows(count: usize) -> impl Iterator<Item = String> + Clone {
    let padding = "x".repeat(1000);
    (1..=count).map(move |id| format!(r#"{{"id":{id},"v":"{padding}"}}"#))
}

const COUNTS: [usize; 3] = [1, 30, 5_000];

#[test]
fn a_locked_row_is_transient_and_tried_again() {
    everywhere("faults_locked", async |stage| {
        let mut other = locked(stage).await;
        let mut sink = stage.sink_with(&[("lock.timeout.ms", "1000")]);
        let code = Some("1205".to_owned());
        for count in COUNTS {
            let outcome = deliver(&mut sink, "t", ONCE, rows(count)).await;
            assert_eq!(told(outcome), (Fault::Transient, code.clone()), "{count}");
        }
        let retried = async {
            sleep(Duration::from_millis(1500)).await;
            other.query_drop("ROLLBACK").await.unwrap();
        };
        let (outcome, ()) = tokio::join!(deliver(&mut sink, "t", UPSERT, ROW), retried);
        assert_eq!(outcome, Ok(all_written(1)));
        assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "new"]]);
    });
}

/// The deadline drops the write half way: nothing of it stays behind in the server, no lock and no
/// session, and nothing is applied later.
#[test]
fn a_write_that_was_given_up_leaves_nobody_behind() {
    everywhere("faults_deadline", async |stage| {
        for count in COUNTS {
            for way in [ONCE, PLAIN] {
                let mut other = locked(stage).await;
                let mut sink =
                    stage.sink_of_user(&[&format!("{EVERYTHING} ON faults_deadline.*")]).await;
                let values: Vec<String> = rows(count).collect();
                tokio::select! {
                    outcome = deliver(&mut sink, "t", way, &values) => panic!("{outcome:?}"),
                    _ = writer(stage) => {}
                }
                sink.abandon().await;
                gone(stage).await;
                other.query_drop("COMMIT").await.unwrap();
                assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "locked"]], "{count}");
                stage
                    .sql("SET SESSION innodb_lock_wait_timeout = 1; UPDATE t SET v = 'free'")
                    .await;
                assert_eq!(deliver(&mut sink, "t", ONCE, ROW).await, Ok(all_written(1)));
                assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "new"]]);
            }
        }
    });
}

/// A statement or a connection that is killed under a write costs another attempt.
#[test]
fn a_kill_in_a_write_is_transient() {
    everywhere("faults_killed", async |stage| {
        for count in COUNTS {
            for kill in ["KILL QUERY", "KILL CONNECTION"] {
                let mut other = locked(stage).await;
                let mut sink =
                    stage.sink_of_user(&[&format!("{EVERYTHING} ON faults_killed.*")]).await;
                let values: Vec<String> = rows(count).collect();
                let killing = async {
                    let id = writer(stage).await;
                    stage.sql(&format!("{kill} {id}")).await;
                };
                let (outcome, ()) = tokio::join!(deliver(&mut sink, "t", ONCE, &values), killing);
                let (fault, _) = told(outcome);
                assert_eq!(fault, Fault::Transient, "{kill} {count}");
                other.query_drop("ROLLBACK").await.unwrap();
                assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "old"]], "{kill} {count}");
                let outcome = deliver(&mut sink, "t", UPSERT, &values).await;
                assert_eq!(outcome, Ok(all_written(count)), "{kill}");
            }
        }
    });
}

/// A session that alters the table is waited for.
#[test]
fn a_table_that_is_being_altered() {
    everywhere("faults_altered", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let mut other = admin(&stage.server).await;
        let lock = format!("LOCK TABLES {}.t WRITE", stage.database);
        other.query_drop(lock).await.expect("it is locked");
        let mut sink = stage.sink_with(&[("lock.timeout.ms", "1000")]);
        let code = Some("1205".to_owned());
        assert_eq!(told(deliver(&mut sink, "t", ONCE, ROW).await), (Fault::Transient, code));
        other.query_drop("UNLOCK TABLES").await.unwrap();
        assert_eq!(deliver(&mut sink, "t", ONCE, ROW).await, Ok(all_written(1)));
    });
}

/// A session may be ended by the server while letters are on their way, and between invocations.
#[test]
fn a_session_that_idled_too_long() {
    everywhere("faults_idle", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let mut sink = stage.sink_of_user(&[&format!("{EVERYTHING} ON faults_idle.*")]).await;
        let body = EventBuilder::msk().values("t", 0, ROW).build();
        let written = invocation::write(&mut sink, &body, &invocation::rules(INSERT)).await;
        assert_eq!(written, Ok(all_written(1)));
        for id in theirs(stage, false).await {
            stage.sql(&format!("KILL {id}")).await;
        }
        gone(stage).await;
        let error = sink.commit().await.expect_err("the session is over");
        assert_eq!(error.fault, Fault::Transient, "{error}");
        sink.abandon().await;
        assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"]);
        assert_eq!(deliver(&mut sink, "t", INSERT, ROW).await, Ok(all_written(1)));
        // Between two invocations: the client notices without a record given back.
        for id in theirs(stage, false).await {
            stage.sql(&format!("KILL {id}")).await;
        }
        gone(stage).await;
        assert_eq!(deliver(&mut sink, "t", UPSERT, ROW).await, Ok(all_written(1)));
    });
}

/// Two sinks that wait for each other: one is told so, and after its retry both are done.
#[test]
fn a_deadlock_is_mended_by_a_retry() {
    everywhere("faults_deadlock", async |stage| {
        stage
            .sql("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text); \
                  INSERT INTO a VALUES (1, 'old'); INSERT INTO b VALUES (1, 'old')")
            .await;
        for count in [1, 40, 2_000] {
            let values = |tables: [&str; 2]| {
                let rows = (1..=count).map(|id| format!(r#"{{"id":{id},"v":"new"}}"#));
                let rows: Vec<String> = rows.collect();
                EventBuilder::msk().values(tables[0], 0, &rows).values(tables[1], 0, &rows).build()
            };
            let rules = invocation::rules(UPSERT);
            let (mut one, mut other) = (stage.sink(), stage.sink());
            let (ab, ba) = (values(["a", "b"]), values(["b", "a"]));
            for _ in 0..4 {
                let (first, second) = tokio::join!(
                    invocation::deliver(&mut one, &ab, &rules),
                    invocation::deliver(&mut other, &ba, &rules)
                );
                assert_eq!(
                    (first, second),
                    (Ok(all_written(2 * count)), Ok(all_written(2 * count)))
                );
            }
        }
    });
}
