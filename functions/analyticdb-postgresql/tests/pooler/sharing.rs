//! Many sinks on two connections.

use analyticdb_postgresql::PostgresSink;
use futures_util::future::join_all;
use sluice_bridge::failure::Fault;
use sluice_testkit::{EventBuilder, invocation};
use tokio_postgres::NoTls;

use crate::cut::{Cut, through};
use crate::support::{
    BY_KEY, INSERT, Options, Stage, UPDATE, UPSERT, admin, all_written, configure, deliver,
    on_stage, refused, service,
};

/// The address of a role whose sessions look into the stage's schema first: PgBouncer before 1.20
/// refuses an address that says so itself.
async fn url(stage: &Stage) -> String {
    let schema = &stage.schema;
    stage
        .sql(&format!(
            "DROP ROLE IF EXISTS {schema}; CREATE ROLE {schema} SUPERUSER LOGIN PASSWORD 'pooled'; \
             ALTER ROLE {schema} SET search_path = {schema}"
        ))
        .await;
    let pooler = service("TEST_PGBOUNCER");
    let place = pooler.rsplit_once('@').expect("the address names a user").1;
    format!("postgresql://{schema}:pooled@{place}")
}

fn sink(url: &str, options: Options<'_>) -> PostgresSink {
    configure(&[&[("connection.url", url)], options].concat()).expect("the options are good")
}

/// What the server's connections of the pool answer, two clients having one each.
async fn ask_each_connection(url: &str, query: &str) -> Vec<String> {
    let mut clients = Vec::new();
    for _ in 0..2 {
        let (client, driver) = tokio_postgres::connect(url, NoTls).await.expect("it answers");
        tokio::spawn(async move { driver.await.ok() });
        client.batch_execute("BEGIN").await.expect("there is a connection for it");
        clients.push(client);
    }
    let mut answers = Vec::new();
    for client in &clients {
        let row = client.query_typed(query, &[]).await.expect("a good query");
        answers.push(row[0].get::<_, i32>(0).to_string());
    }
    answers
}

/// Every way in, from eight sinks at once, again and again.
#[test]
fn eight_sinks_on_two_connections() {
    on_stage("pooler_eight", async |stage| {
        stage
            .sql(
                "CREATE TABLE added (id int, v text); \
                 CREATE TABLE put (id int PRIMARY KEY, v text NOT NULL, w inet); \
                 CREATE TABLE many (id int PRIMARY KEY, v text NOT NULL CHECK (v <> 'bad'))",
            )
            .await;
        let url = url(stage).await;
        let writers = (0..8_u32).map(|writer| {
            let mut sink = sink(&url, &[]);
            async move {
                for round in 0..3 {
                    let id = writer * 3 + round;
                    let rows = (0..40).map(|_| format!(r#"{{"id":{id},"v":"a"}}"#));
                    assert_eq!(
                        deliver(&mut sink, "added", INSERT, rows).await,
                        Ok(all_written(40))
                    );
                    let rows = (0..9).map(|n| format!(r#"{{"id":{n},"v":"b","w":"::{id}"}}"#));
                    assert_eq!(deliver(&mut sink, "put", UPSERT, rows).await, Ok(all_written(9)));
                    let rows = [r#"{"id":3,"v":"c"}"#, r#"{"id":4,"w":"::1"}"#];
                    assert_eq!(deliver(&mut sink, "put", UPDATE, rows).await, Ok(all_written(2)));
                    let bad = |n| if n == 700 { "bad" } else { "good" };
                    let rows = (0..1_100).map(|n| format!(r#"{{"id":{n},"v":"{}"}}"#, bad(n)));
                    let outcome = deliver(&mut sink, "many", UPSERT, rows).await;
                    assert_eq!(refused(&outcome), [(700, Some("23514"))]);
                }
            }
        });
        join_all(writers).await;
        assert_eq!(
            stage.rows("SELECT count(*), count(DISTINCT id) FROM added").await,
            [["960", "24"]]
        );
        assert_eq!(stage.column("SELECT count(*) FROM put WHERE v = 'c' OR id <> 3").await, ["9"]);
        assert_eq!(stage.column("SELECT count(*) FROM many").await, ["1099"]);
        let sessions = format!(
            "SELECT count(*) <= 2 FROM pg_stat_activity WHERE usename = '{}'",
            stage.schema
        );
        assert_eq!(stage.column(&sessions).await, ["t"], "they shared two");
        nothing_stays(&url).await;
    });
}

/// No transaction leaves anything in the connection for the next client to stumble over: a
/// statement of that name, a table, a setting.
async fn nothing_stays(url: &str) {
    for what in [
        "pg_prepared_statements",
        "pg_class WHERE relnamespace = pg_my_temp_schema()",
        "pg_settings WHERE name IN ('lock_timeout', 'statement_timeout') AND setting <> '0'",
    ] {
        let query = format!("SELECT count(*)::int FROM {what}");
        assert_eq!(ask_each_connection(url, &query).await, ["0", "0"], "{what}");
    }
}

#[test]
fn tombstones_and_letters() {
    on_stage("pooler_letters", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, v varchar(3)); INSERT INTO t VALUES (1), (2)")
            .await;
        let mut sink = sink(&url(stage).await, &[]);
        let mut event = EventBuilder::msk();
        for (key, value) in
            [("1", None), ("3", Some(r#"{"v":"new"}"#)), ("4", Some(r#"{"v":"long"}"#))]
        {
            let record = event.next("t", 0).key(key);
            event = event.record(match value {
                Some(value) => record.value(value),
                None => record,
            });
        }
        let outcome =
            invocation::deliver(&mut sink, &event.build(), &invocation::rules(BY_KEY)).await;
        assert_eq!(refused(&outcome), [(2, None)]);
        assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, [["2", "∅"], ["3", "new"]]);
    });
}

/// What a client left half done when it died is gone before the connection has another.
#[test]
fn a_client_that_dies_half_way() {
    on_stage("pooler_dies", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let url = url(stage).await;
        let padding = "x".repeat(1_000);
        for options in [INSERT, UPSERT] {
            let rows: Vec<String> =
                (0..2_000).map(|id| format!(r#"{{"id":{id},"v":"{padding}"}}"#)).collect();
            let other = admin().await;
            let lock = format!("BEGIN; LOCK TABLE {}.t IN SHARE MODE", stage.schema);
            other.batch_execute(&lock).await.expect("nobody else has it");
            let mut dying = sink(&url, &[]);
            let waits = format!(
                "SELECT count(*) = 1 FROM pg_stat_activity \
                 WHERE usename = '{}' AND wait_event_type = 'Lock'",
                stage.schema
            );
            tokio::select! {
                outcome = deliver(&mut dying, "t", options, &rows) => panic!("{outcome:?}"),
                () = until(stage, &waits) => {}
            }
            drop(dying);
            other.batch_execute("ROLLBACK").await.expect("it was begun");
            let mut next = sink(&url, &[]);
            assert_eq!(deliver(&mut next, "t", options, &rows).await, Ok(all_written(2_000)));
            stage.sql("TRUNCATE t").await;
        }
        nothing_stays(&url).await;
    });
}

/// The connection to the pooler is lost around the commit: the server is asked over another.
#[test]
fn a_commit_whose_answer_is_lost() {
    on_stage("pooler_commit", async |stage| {
        let url = url(stage).await;
        for (cut, rows) in [(Cut::AfterCommit, "2"), (Cut::BeforeCommit, "0")] {
            stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (v text)").await;
            let mut sink = sink(&through(cut, &url).await, &[]);
            let delivered = deliver(&mut sink, "t", INSERT, [r#"{"v":"a"}"#, r#"{"v":"b"}"#]).await;
            match cut {
                Cut::AfterCommit => assert_eq!(delivered, Ok(all_written(2))),
                _ => {
                    let fault = delivered.expect_err("it was never heard of").error.fault;
                    assert_eq!(fault, Fault::Transient);
                }
            }
            assert_eq!(stage.column("SELECT count(*) FROM t").await, [rows]);
        }
        nothing_stays(&url).await;
    });
}

async fn until(stage: &Stage, query: &str) {
    while stage.column(query).await != ["t"] {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// The timeouts of one client are not those of the next on its connection.
#[test]
fn a_timeout_is_ones_own() {
    on_stage("pooler_timeout", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let url = url(stage).await;
        let other = admin().await;
        let lock = format!("BEGIN; LOCK TABLE {}.t IN SHARE MODE", stage.schema);
        other.batch_execute(&lock).await.expect("nobody else has it");
        let row = [r#"{"id":1}"#];
        let once = [UPSERT, &[("max.retries", "0")]].concat();
        for (option, code) in [("lock.timeout.ms", "55P03"), ("statement.timeout.ms", "57014")] {
            let mut impatient = sink(&url, &[(option, "50")]);
            let error = deliver(&mut impatient, "t", &once, row).await.expect_err("it waits").error;
            assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Transient, Some(code)));
        }
        nothing_stays(&url).await;
        other.batch_execute("ROLLBACK").await.expect("it was begun");
        assert_eq!(deliver(&mut sink(&url, &[]), "t", &once, row).await, Ok(all_written(1)));
    });
}
