//! Locks, deadlines, and connections that end while something is under way.

use std::time::Duration;

use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::sink::Sink;
use sluice_testkit::{EventBuilder, invocation};
use tokio::time::{sleep, timeout};

use crate::support::{
    INSERT, Options, Stage, UPSERT, admin, all_written, configure, deliver, on_stage,
};

const ONCE: Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_value"), ("max.retries", "0")];
const ROW: [&str; 1] = [r#"{"id":1,"v":"new"}"#];

fn told(outcome: Result<Outcome, GivenBack>) -> (Fault, Option<String>) {
    let error = outcome.expect_err("it is given back").error;
    (error.fault, error.cause.code.map(String::from))
}

/// Polls until a query answers `t`.
async fn until(stage: &Stage, query: String) {
    let answered = timeout(Duration::from_secs(20), async {
        while stage.column(&query).await != ["t"] {
            sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(answered.await.is_ok(), "never true: {query}");
}

/// Whether a sink's session waits for a lock.
fn waits(sink: &str) -> String {
    format!(
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '{sink}' AND wait_event_type = 'Lock'"
    )
}

/// Ends a sink's session while it waits for a lock, and tells whether it did.
fn kill(sink: &str) -> String {
    waits(sink).replace("count(*)", "count(pg_terminate_backend(pid))")
}

/// Whether a sink's session is over.
fn gone(sink: &str) -> String {
    format!("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = '{sink}'")
}

/// A row that somebody else has locked, and that somebody.
async fn locked(stage: &Stage) -> tokio_postgres::Client {
    let create = "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text)";
    stage.sql(&format!("{create}; INSERT INTO t VALUES (1, 'old')")).await;
    let other = admin().await;
    let lock = format!("BEGIN; UPDATE {}.t SET v = 'locked' WHERE id = 1", stage.schema);
    other.batch_execute(&lock).await.expect("the row is locked");
    other
}

#[test]
fn a_locked_row_is_transient() {
    on_stage("faults_locked", async |stage| {
        let other = locked(stage).await;
        let mut sink = stage.sink_with(&["lock_timeout=50ms"]);
        let code = Some("55P03".to_owned());
        assert_eq!(told(deliver(&mut sink, "t", ONCE, ROW).await), (Fault::Transient, code));
        other.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(deliver(&mut sink, "t", ONCE, ROW).await, Ok(all_written(1)));
        assert_eq!(stage.column("SELECT v FROM t").await, ["new"]);
    });
}

/// The row that is locked, and so many behind it that COPY cannot send them all.
fn rows() -> Vec<String> {
    let padding = "x".repeat(1000);
    (1..5000).map(|id| format!(r#"{{"id":{id},"v":"{padding}"}}"#)).collect()
}

/// By arrays and by COPY, without a retry.
const WAYS: [Options<'_>; 2] = [ONCE, &[("max.retries", "0")]];

/// The deadline drops the write half way: nothing of it stays behind in the server.
#[test]
fn a_write_that_was_given_up_leaves_no_backend_behind() {
    on_stage("faults_deadline", async |stage| {
        for way in WAYS {
            let other = locked(stage).await;
            let mut sink = stage.sink_named("faults_deadline", &[]);
            tokio::select! {
                outcome = deliver(&mut sink, "t", way, rows()) => panic!("{outcome:?}"),
                () = until(stage, waits("faults_deadline")) => {}
            }
            sink.abandon().await;
            until(stage, gone("faults_deadline")).await;
            other.batch_execute("COMMIT").await.unwrap();
            assert_eq!(stage.column("SELECT v FROM t").await, ["locked"]);
            assert_eq!(deliver(&mut sink, "t", ONCE, ROW).await, Ok(all_written(1)));
            assert_eq!(stage.column("SELECT v FROM t").await, ["new"]);
        }
    });
}

#[test]
fn a_backend_killed_in_a_write_is_transient() {
    on_stage("faults_killed", async |stage| {
        for (way, rows) in WAYS.into_iter().flat_map(|way| [(way, rows()), (way, one())]) {
            let other = locked(stage).await;
            let mut sink = stage.sink_named("faults_killed", &[]);
            let (outcome, ()) = tokio::join!(
                deliver(&mut sink, "t", way, &rows),
                until(stage, kill("faults_killed"))
            );
            let (fault, _) = told(outcome);
            assert_eq!(fault, Fault::Transient, "{way:?}, {} rows", rows.len());
            other.batch_execute("ROLLBACK").await.unwrap();
            assert_eq!(stage.column("SELECT v FROM t").await, ["old"]);
            assert_eq!(deliver(&mut sink, "t", ONCE, ROW).await, Ok(all_written(1)));
            assert_eq!(stage.column("SELECT v FROM t").await, ["new"]);
        }
    });
}

fn one() -> Vec<String> {
    ROW.map(str::to_owned).to_vec()
}

/// With a retry left, the record is none the worse for it.
#[test]
fn a_retry_mends_a_killed_backend() {
    on_stage("faults_retry", async |stage| {
        let other = locked(stage).await;
        let mut sink = stage.sink_named("faults_retry", &[]);
        let mend = async {
            until(stage, kill("faults_retry")).await;
            other.batch_execute("ROLLBACK").await.unwrap();
        };
        let (outcome, ()) = tokio::join!(deliver(&mut sink, "t", UPSERT, ROW), mend);
        assert_eq!(outcome, Ok(all_written(1)));
        assert_eq!(stage.column("SELECT v FROM t").await, ["new"]);
    });
}

/// A session may be ended by the server while letters are on their way.
#[test]
fn a_session_that_idled_too_long_is_transient() {
    on_stage("faults_idle", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let session = ["idle_in_transaction_session_timeout=50ms"];
        let mut sink = stage.sink_named("faults_idle", &session);
        let body = EventBuilder::msk().values("t", 0, ROW).build();
        let written = invocation::write(&mut sink, &body, &invocation::rules(INSERT)).await;
        assert_eq!(written, Ok(all_written(1)));
        until(stage, gone("faults_idle")).await;
        let error = sink.commit().await.expect_err("the session is over");
        assert_eq!(error.fault, Fault::Transient, "{error}");
        sink.abandon().await;
        assert_eq!(stage.column("SELECT count(*) FROM t").await, ["0"]);
        assert_eq!(deliver(&mut sink, "t", INSERT, ROW).await, Ok(all_written(1)));
    });
}

#[test]
fn a_statement_that_takes_too_long_is_transient() {
    on_stage("faults_slow", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text); \
                 CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN new; END $$; \
                 CREATE TRIGGER d BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE doze()",
            )
            .await;
        for options in [ONCE, &[("errors.tolerance", "all"), ("max.retries", "0")]] {
            let mut sink = stage.sink_with(&["statement_timeout=100ms"]);
            let code = Some("57014".to_owned());
            let outcome = deliver(&mut sink, "t", options, ROW).await;
            assert_eq!(told(outcome), (Fault::Transient, code), "{options:?}");
        }
    });
}

/// A primary that became a standby: another connection may find the new one.
#[test]
fn a_database_that_is_read_only_is_transient() {
    on_stage("faults_read_only", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        for options in [ONCE, &[("errors.tolerance", "all"), ("max.retries", "0")]] {
            let mut sink = stage.sink_with(&["default_transaction_read_only=on"]);
            let code = Some("25006".to_owned());
            let outcome = deliver(&mut sink, "t", options, ROW).await;
            assert_eq!(told(outcome), (Fault::Transient, code), "{options:?}");
        }
    });
}

/// Two sinks that wait for each other: one is told so, and after its retry both are done.
#[test]
fn a_deadlock_is_mended_by_a_retry() {
    on_stage("faults_deadlock", async |stage| {
        stage
            .sql("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text); \
                  INSERT INTO a VALUES (1, 'old'); INSERT INTO b VALUES (1, 'old')")
            .await;
        let event = |first: &str, second: &str| {
            EventBuilder::msk().values(first, 0, ROW).values(second, 0, ROW).build()
        };
        let rules = invocation::rules(UPSERT);
        let (mut one, mut other) = (
            stage.sink_with(&["deadlock_timeout=50ms"]),
            stage.sink_with(&["deadlock_timeout=50ms"]),
        );
        let (ab, ba) = (event("a", "b"), event("b", "a"));
        for _ in 0..5 {
            let (first, second) = tokio::join!(
                invocation::deliver(&mut one, &ab, &rules),
                invocation::deliver(&mut other, &ba, &rules)
            );
            assert_eq!((first, second), (Ok(all_written(2)), Ok(all_written(2))));
        }
    });
}

/// By the connector's own options, which need no setting of the session.
#[test]
fn waiting_has_limits_of_its_own() {
    on_stage("faults_limits", async |stage| {
        let other = locked(stage).await;
        let url = stage.url(&[]);
        for (option, code) in [("lock.timeout.ms", "55P03"), ("statement.timeout.ms", "57014")] {
            let options = [("connection.url", url.as_str()), (option, "50")];
            let mut sink = configure(&options).expect("the options are good");
            for _ in 0..2 {
                let told = told(deliver(&mut sink, "t", ONCE, ROW).await);
                assert_eq!(told, (Fault::Transient, Some(code.to_owned())), "{option}");
            }
        }
        other.batch_execute("ROLLBACK").await.unwrap();
    });
}
