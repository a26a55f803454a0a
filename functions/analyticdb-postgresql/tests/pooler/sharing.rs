//! Many sinks on two connections.

use analyticdb_postgresql::PostgresSink;
use futures_util::future::join_all;
use sluice_bridge::model::failure::Fault;
use sluice_testkit::{EventBuilder, invocation};
use tokio_postgres::NoTls;

use crate::cut::{Cut, through};
use crate::support::{
    BY_KEY, INSERT, Options, Stage, UPDATE, UPSERT, admin, all_written, configure, deliver,
    on_stage, refused, service,
};

/// Runs a test on a stage, with the pooled address of a role whose sessions look into the stage's
/// schema first.
fn on_pool(schema: &str, test: impl AsyncFnOnce(&mut Stage, &str)) {
    on_stage(schema, async |stage| {
        stage
            .sql(&format!(
                "DROP ROLE IF EXISTS {schema}; CREATE ROLE {schema} SUPERUSER LOGIN PASSWORD 'pooled'; \
                 ALTER ROLE {schema} SET search_path = {schema}"
            ))
            .await;
        let pooler = service("TEST_PGBOUNCER");
        let place = pooler.rsplit_once('@').expect("the address names a user").1;
        test(stage, &format!("postgresql://{schema}:pooled@{place}")).await;
        stage.sql(&format!("DROP ROLE {schema}")).await;
    });
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
    on_pool("pooler_eight", async |stage, url| {
        stage
            .sql(
                "CREATE TABLE added (id int, v text); \
                 CREATE TABLE put (id int PRIMARY KEY, v text NOT NULL, w inet); \
                 CREATE TABLE many (id int PRIMARY KEY, v text NOT NULL CHECK (v <> 'bad'))",
            )
            .await;
        let writers = (0..8_u32).map(|writer| {
            let mut sink = sink(url, &[]);
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
        nothing_stays(url).await;
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
    on_pool("pooler_letters", async |stage, url| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, v varchar(3)); INSERT INTO t VALUES (1), (2)")
            .await;
        let mut sink = sink(url, &[]);
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
    on_pool("pooler_dies", async |stage, url| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let padding = "x".repeat(1_000);
        for options in [INSERT, UPSERT] {
            let rows: Vec<String> =
                (0..2_000).map(|id| format!(r#"{{"id":{id},"v":"{padding}"}}"#)).collect();
            let other = admin().await;
            let lock = format!("BEGIN; LOCK TABLE {}.t IN SHARE MODE", stage.schema);
            other.batch_execute(&lock).await.expect("nobody else has it");
            let mut dying = sink(url, &[]);
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
            let mut next = sink(url, &[]);
            assert_eq!(deliver(&mut next, "t", options, &rows).await, Ok(all_written(2_000)));
            stage.sql("TRUNCATE t").await;
        }
        nothing_stays(url).await;
    });
}

/// PgBouncer before 1.20 refuses an address that sets something for the session, which only a
/// person can mend; later ones obey it.
#[test]
fn an_address_with_options() {
    on_pool("pooler_options", async |stage, url| {
        stage.sql("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.t (id int)").await;
        let url = format!("{url}?options=-csearch_path%3Delsewhere");
        match deliver(&mut sink(&url, &[]), "t", INSERT, [r#"{"id":1}"#]).await {
            Ok(outcome) => assert_eq!(outcome, all_written(1)),
            Err(given_back) => {
                let error = given_back.error;
                assert_eq!(error.fault, Fault::Fatal, "{error}");
                assert!(error.to_string().contains("options"), "{error}");
            }
        }
        stage.sql("DROP SCHEMA elsewhere CASCADE").await;
    });
}

/// The connection to the pooler is lost around the commit: the server is asked over another.
#[test]
fn a_commit_whose_answer_is_lost() {
    on_pool("pooler_commit", async |stage, url| {
        for (cut, rows) in [(Cut::AfterCommit, "2"), (Cut::BeforeCommit, "0")] {
            stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (v text)").await;
            let mut sink = sink(&through(cut, url).await, &[]);
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
        nothing_stays(url).await;
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
    on_pool("pooler_timeout", async |stage, url| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let other = admin().await;
        let lock = format!("BEGIN; LOCK TABLE {}.t IN SHARE MODE", stage.schema);
        other.batch_execute(&lock).await.expect("nobody else has it");
        let row = [r#"{"id":1}"#];
        let once = [UPSERT, &[("max.retries", "0")]].concat();
        for (option, code) in [("lock.timeout.ms", "55P03"), ("statement.timeout.ms", "57014")] {
            let mut impatient = sink(url, &[(option, "50")]);
            let error = deliver(&mut impatient, "t", &once, row).await.expect_err("it waits").error;
            assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Transient, Some(code)));
        }
        nothing_stays(url).await;
        other.batch_execute("ROLLBACK").await.expect("it was begun");
        assert_eq!(deliver(&mut sink(url, &[]), "t", &once, row).await, Ok(all_written(1)));
    });
}
