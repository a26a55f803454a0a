//! A session that is kept from one invocation to the next, and when it is not.

use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::run::outcome::Outcome;

use crate::own::Cluster;
use crate::support::{INSERT, Stage, UPSERT, all_written, configure, deliver, on_stage, service};
use crate::tls::url;

fn told(outcome: Result<Outcome, GivenBack>) -> (Fault, Option<String>) {
    let error = outcome.expect_err("it is given back").error;
    (error.fault, error.cause.code.map(Into::into))
}

/// A role of the test's own, which finds its tables in the schema.
async fn role(stage: &Stage, name: &str) -> String {
    stage
        .sql(&format!(
            "DROP ROLE IF EXISTS {name}; CREATE ROLE {name} SUPERUSER LOGIN PASSWORD 'p'; \
             ALTER ROLE {name} SET search_path = {}",
            stage.schema
        ))
        .await;
    let place = url("127.0.0.1", "").rsplit_once('@').expect("it names a user").1.to_owned();
    format!("postgresql://{name}:p@{place}")
}

/// What a session was given at its login goes with the session, once that is right again.
#[test]
fn a_session_that_cannot_write_is_left() {
    on_stage("sessions_left", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text); \
                 CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN PERFORM pg_sleep(0.2); RETURN new; END $$; \
                 CREATE TRIGGER d BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE doze()",
            )
            .await;
        let address = role(stage, "sessions_left_writer").await;
        let cases = [
            ("default_transaction_read_only", "on", Fault::Transient, Some("25006")),
            ("statement_timeout", "50", Fault::Transient, Some("57014")),
            ("search_path", "nowhere", Fault::Fatal, None),
        ];
        for (name, value, fault, code) in cases {
            for options in [INSERT, UPSERT] {
                stage.sql("TRUNCATE t").await;
                let options = [options, &[("max.retries", "0")]].concat();
                let row = [r#"{"id":1,"v":"a"}"#];
                let mut sink = configure(&[("connection.url", &address)]).expect("a good address");
                let set = format!("ALTER ROLE sessions_left_writer SET {name} = {value}");
                stage.sql(&set).await;
                for _ in 0..2 {
                    let outcome = deliver(&mut sink, "t", &options, row).await;
                    assert_eq!(told(outcome), (fault, code.map(str::to_owned)), "{name}");
                }
                let reset = match name {
                    "search_path" => format!("SET search_path = {}", stage.schema),
                    _ => format!("RESET {name}"),
                };
                stage.sql(&format!("ALTER ROLE sessions_left_writer {reset}")).await;
                let outcome = deliver(&mut sink, "t", &options, row).await;
                assert_eq!(outcome, Ok(all_written(1)), "{name} is as it was");
            }
        }
        stage.sql("DROP ROLE sessions_left_writer").await;
    });
}

/// Who waits for a lock, or has a bad row, keeps the session.
#[test]
fn a_session_that_is_not_at_fault_is_kept() {
    on_stage("sessions_kept", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v > 0))").await;
        let mut sink = stage.sink_named("sessions_kept", &["lock_timeout=50ms"]);
        let query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'sessions_kept'";
        let row = [r#"{"id":1,"v":1}"#];
        assert_eq!(deliver(&mut sink, "t", INSERT, row).await, Ok(all_written(1)));
        let session = stage.column(query).await;
        let refused = deliver(&mut sink, "t", INSERT, [r#"{"id":2,"v":0}"#]).await;
        assert_eq!(refused.expect("it is a letter").failures.len(), 1);
        stage.sql("BEGIN; LOCK TABLE t IN SHARE MODE").await;
        let options = [INSERT, &[("max.retries", "0")]].concat();
        let outcome = deliver(&mut sink, "t", &options, [r#"{"id":3,"v":1}"#]).await;
        assert_eq!(told(outcome), (Fault::Transient, Some("55P03".to_owned())));
        stage.sql("ROLLBACK").await;
        assert_eq!(
            deliver(&mut sink, "t", INSERT, [r#"{"id":3,"v":1}"#]).await,
            Ok(all_written(1))
        );
        assert_eq!(stage.column(query).await, session);
    });
}

/// Of several servers the one that writes is found.
#[test]
fn a_server_that_only_reads_is_passed_over() {
    on_stage("sessions_several", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY)").await;
        let url = service("TEST_POSTGRES");
        let (login, place) = url.rsplit_once('@').expect("it names a user");
        let (user, _) = login.trim_start_matches("postgresql://").split_once(':').expect("a login");
        let (server, database) = place.split_once('/').expect("it names a database");
        let cluster = Cluster::make("reads").await;
        let reads = cluster.start(&["default_transaction_read_only=on"]).await;
        let owner = format!(
            "postgresql://owner@127.0.0.1:{}/postgres?options=-cdefault_transaction_read_only%3Doff",
            reads.port
        );
        let (client, driver) = connected(&owner).await;
        tokio::spawn(async move { driver.await.ok() });
        for made in
            [format!("CREATE ROLE {user} SUPERUSER LOGIN"), format!("CREATE DATABASE {database}")]
        {
            client.batch_execute(&made).await.expect("its owner may");
        }
        let hosts = format!("127.0.0.1:{},{server}", reads.port);
        let search = format!("options=-csearch_path%3D{}", stage.schema);
        let several =
            format!("{login}@{hosts}/{database}?target_session_attrs=read-write&{search}");
        let mut sink = configure(&[("connection.url", &several)]).expect("a good address");
        assert_eq!(deliver(&mut sink, "t", INSERT, [r#"{"id":1}"#]).await, Ok(all_written(1)));
        assert_eq!(stage.column("SELECT id FROM t").await, ["1"]);
        reads.stop();
    });
}

async fn connected(
    address: &str,
) -> (
    tokio_postgres::Client,
    tokio_postgres::Connection<tokio_postgres::Socket, tokio_postgres::tls::NoTlsStream>,
) {
    for _ in 0..500 {
        if let Ok(connected) = tokio_postgres::connect(address, tokio_postgres::NoTls).await {
            return connected;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{address} does not answer");
}
