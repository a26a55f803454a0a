//! What happens to a whole server: it is stopped, started again, set to be only read, and closes connections that are
//! silent. These tests have servers of their own.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};
use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;
use sluice_testkit::{EventBuilder, invocation};

use super::waiting::{EVERYTHING, ONCE, PLAIN, gone, locked, rows, theirs, told, writer};
use crate::support::{
    INSERT, Stage, UPSERT, admin, all_written, deliver, on_stage, refused, service,
};

/// A server that may be stopped.
struct Spare {
    /// The variable that says where it is.
    server: &'static str,
    /// What `scripts/services.sh` calls it.
    service: &'static str,
    /// The variable of its own that has everybody only read.
    only_read: &'static str,
}

const SPARES: [Spare; 2] = [
    Spare { server: "TEST_MARIADB_SPARE", service: "mariadb-spare", only_read: "read_only" },
    Spare { server: "TEST_MYSQL_SPARE", service: "mysql-spare", only_read: "super_read_only" },
];

/// For one test at a time.
static TAKEN: Mutex<()> = Mutex::new(());

/// By itself, and so many that they set out before all are mapped.
const COUNTS: [usize; 2] = [1, 5_000];

/// Runs a test on each of them, on a server that has just been started.
#[allow(clippy::needless_pass_by_value, reason = "a closure is written where it is given")]
fn on_spares(database: &str, test: impl AsyncFn(&mut Stage, &Spare)) {
    let _taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    for spare in SPARES {
        eprintln!("{}", spare.service);
        invocation::run(spare.restart());
        on_stage(spare.server, database, async |stage| test(stage, &spare).await);
    }
}

impl Spare {
    async fn stop(&self) {
        self.turn("down").await;
    }

    async fn start(&self) {
        self.turn("up").await;
    }

    async fn restart(&self) {
        self.stop().await;
        self.start().await;
    }

    async fn turn(&self, way: &'static str) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/services.sh");
        let mut command = Command::new(script);
        command.args([way, self.service]);
        let turned = tokio::task::spawn_blocking(move || command.output()).await;
        let turned = turned.expect("a thread").expect("the script runs");
        assert!(turned.status.success(), "{}", String::from_utf8_lossy(&turned.stderr));
    }
}

/// Nobody's connection has lived through it.
async fn come_back(stage: &mut Stage) {
    stage.admin = admin(&stage.server).await;
    let database = stage.database.clone();
    stage.sql(&format!("USE {database}")).await;
}

async fn count(stage: &mut Stage) -> usize {
    stage.column("SELECT COUNT(*) FROM t").await[0].parse().expect("a number")
}

/// Neither a record given back nor a retry: what is dead is noticed before anything depends on it.
#[test]
fn a_server_that_is_started_again_between_invocations() {
    on_spares("spare_between", async |stage, spare| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let mut sink = stage.sink();
        for count in COUNTS {
            let written = Ok(all_written(count));
            assert_eq!(deliver(&mut sink, "t", ONCE, rows(count)).await, written);
            spare.restart().await;
            assert_eq!(deliver(&mut sink, "t", ONCE, rows(count)).await, written, "{count}");
        }
        come_back(stage).await;
        assert_eq!(count(stage).await, COUNTS[1]);
    });
}

/// What was written and not committed is gone with the server, and is told to be.
#[test]
fn a_server_that_is_started_again_before_the_commit() {
    on_spares("spare_commit", async |stage, spare| {
        for rows_of_it in COUNTS {
            stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text)").await;
            let mut sink = stage.sink();
            let body = EventBuilder::msk().values("t", 0, rows(rows_of_it)).build();
            let rules = invocation::rules(INSERT);
            let written = Ok(all_written(rows_of_it));
            assert_eq!(invocation::write(&mut sink, &body, &rules).await, written);
            spare.restart().await;
            let error = sink.commit().await.expect_err("the session is over");
            assert_eq!(error.fault, Fault::Transient, "{error}");
            sink.abandon().await;
            come_back(stage).await;
            assert_eq!(count(stage).await, 0);
            assert_eq!(invocation::deliver(&mut sink, &body, &rules).await, written);
            assert_eq!(count(stage).await, rows_of_it);
        }
    });
}

/// A write is under way while the server stops; it is down for a while; it is up again.
#[test]
fn a_server_that_stops_in_a_write() {
    on_spares("spare_write", async |stage, spare| {
        for (rows_of_it, way) in [(1, ONCE), (5_000, PLAIN)] {
            let _other = locked(stage).await;
            let mut sink = stage.sink_of_user(&[&format!("{EVERYTHING} ON spare_write.*")]).await;
            let values: Vec<String> = rows(rows_of_it).collect();
            let stopping = async {
                writer(stage).await;
                spare.stop().await;
            };
            let (outcome, ()) = tokio::join!(deliver(&mut sink, "t", way, &values), stopping);
            assert_eq!(told(outcome).0, Fault::Transient, "{rows_of_it}");
            let outcome = deliver(&mut sink, "t", way, &values).await;
            assert_eq!(told(outcome).0, Fault::Transient, "nobody is there");
            spare.start().await;
            come_back(stage).await;
            assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "old"]]);
            let written = Ok(all_written(rows_of_it));
            assert_eq!(deliver(&mut sink, "t", ONCE, &values).await, written);
            assert_eq!(count(stage).await, rows_of_it);
        }
    });
}

/// What is asked for is answered whole, whatever the server lets others see.
#[test]
fn a_server_that_limits_what_is_read() {
    on_spares("spare_limits", async |stage, _| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, v text); SET GLOBAL sql_select_limit = 1, max_join_size = 1")
            .await;
        for rows_of_it in COUNTS {
            let written = Ok(all_written(rows_of_it));
            assert_eq!(deliver(&mut stage.sink(), "t", ONCE, rows(rows_of_it)).await, written);
        }
        stage.sql("SET GLOBAL sql_select_limit = DEFAULT, max_join_size = DEFAULT").await;
    });
}

/// What is stored and refused is the same, whatever sessions of a server begin with.
#[test]
fn a_server_that_is_set_otherwise() {
    on_spares("spare_settings", async |stage, _| {
        let of_maria = stage.server.contains("MARIADB");
        let check = if of_maria { ", check_constraint_checks = 0" } else { "" };
        stage
            .sql(&format!(
                "CREATE TABLE parent (id int PRIMARY KEY); \
                 CREATE TABLE t (id int PRIMARY KEY, v text, n int REFERENCES parent (id), \
                 part decimal(20, 12) AS (id / 7) STORED, CHECK (v <> 'bad'), \
                 FOREIGN KEY (n) REFERENCES parent (id)); \
                 CREATE TABLE model LIKE t; INSERT INTO model (id) VALUES (0), (3), (4); \
                 SET GLOBAL sql_mode = '', foreign_key_checks = 0, completion_type = 2, autocommit = 0, \
                 div_precision_increment = 0, lc_messages = 'de_DE', max_error_count = 0, \
                 sql_quote_show_create = 0, time_zone = '+05:00'{check}"
            ))
            .await;
        let mut sink = stage.sink();
        for count in COUNTS {
            stage.sql("DELETE FROM t").await;
            let value = |id: usize| match id {
                1 => r#"{"id":1,"v":"bad"}"#.to_owned(),
                2 => r#"{"id":2,"n":7}"#.to_owned(),
                3 => r#"{"id":3,"v":null,"id":"3"}"#.to_owned(),
                id => format!(r#"{{"id":{id},"v":"fine"}}"#),
            };
            let outcome = deliver(&mut sink, "t", INSERT, (0..count.max(5)).map(value)).await;
            let code = if of_maria { "4025" } else { "3819" };
            assert_eq!(refused(&outcome), [(1, Some(code)), (2, Some("1452"))], "{outcome:?}");
            let told = &outcome.as_ref().expect("it is written").failures[0].cause.message;
            assert!(told.contains("t_chk_1") || told.contains("CONSTRAINT_1"), "{told}");
            let parts = "SELECT COUNT(*) FROM t JOIN model USING (id, part)";
            assert_eq!(stage.column(parts).await, ["3"]);
        }
        // The next test's server is started again, and forgets them.
    });
}

/// What a session that was given up is known by belongs to somebody else after the server's start:
/// nobody else is ended for it, not even of the same user.
#[test]
fn a_number_that_is_somebody_elses_by_now() {
    on_spares("spare_number", async |stage, spare| {
        let _other = locked(stage).await;
        // The client that watches the server start takes the first numbers.
        for _ in 0..100 {
            admin(&stage.server).await;
        }
        let mut sink = stage.sink_of_user(&[&format!("{EVERYTHING} ON spare_number.*")]).await;
        let ours = tokio::select! {
            outcome = deliver(&mut sink, "t", ONCE, rows(1)) => panic!("{outcome:?}"),
            id = writer(stage) => id,
        };
        spare.restart().await;
        come_back(stage).await;
        let mut stranger = colleague(stage).await;
        while stranger.id().to_string() != ours {
            stranger = colleague(stage).await;
        }
        sink.abandon().await;
        stranger.ping().await.expect("it was left alone");
        assert_eq!(deliver(&mut sink, "t", ONCE, rows(1)).await, Ok(all_written(1)));
    });
}

/// Somebody else who is logged in as the sink's user.
async fn colleague(stage: &Stage) -> Conn {
    let opts = Opts::from_url(&service(&stage.server)).expect("the address is good");
    let opts = OptsBuilder::from_opts(opts).user(Some(&stage.database)).pass(Some("p"));
    let opts = opts.db_name(Some(&stage.database)).prefer_socket(false);
    Conn::new(opts).await.expect("the server answers")
}

/// A primary that became a replica and kept its connections: what is given back comes again on
/// another one, which may find the new primary. A function that updates learns it from the first lock, one that only
/// appends from nothing but the transaction's beginning.
#[test]
fn a_server_that_only_reads_is_transient_and_left() {
    on_spares("spare_read", async |stage, spare| {
        for (privileges, way) in [(EVERYTHING, ONCE), ("SELECT, INSERT", PLAIN)] {
            let mut sink = stage.sink_of_user(&[&format!("{privileges} ON spare_read.*")]).await;
            for rows_of_it in COUNTS {
                let create = "CREATE TABLE t (id int PRIMARY KEY, v text)";
                stage.sql(&format!("DROP TABLE IF EXISTS t; {create}")).await;
                let written = Ok(all_written(rows_of_it));
                assert_eq!(deliver(&mut sink, "t", way, rows(rows_of_it)).await, written);
                let before = theirs(stage, false).await;
                assert_eq!(before.len(), 1);
                stage.sql(&format!("DELETE FROM t; SET GLOBAL {} = ON", spare.only_read)).await;
                let told = told(deliver(&mut sink, "t", way, rows(rows_of_it)).await);
                assert_eq!(told, (Fault::Transient, Some("1290".to_owned())), "{rows_of_it}");
                stage.sql("SET GLOBAL read_only = OFF").await;
                assert_eq!(deliver(&mut sink, "t", way, rows(rows_of_it)).await, written);
                let after = theirs(stage, false).await;
                assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
            }
        }
    });
}

/// `wait_timeout` ends a session that says nothing: between invocations, of which nobody hears, and
/// while letters are on their way.
#[test]
fn a_server_that_hangs_up_on_the_silent() {
    on_spares("spare_silent", async |stage, _| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text); SET GLOBAL wait_timeout = 1").await;
        let mut sink = stage.sink_of_user(&[&format!("{EVERYTHING} ON spare_silent.*")]).await;
        for rows_of_it in COUNTS {
            let written = Ok(all_written(rows_of_it));
            assert_eq!(deliver(&mut sink, "t", ONCE, rows(rows_of_it)).await, written);
            gone(stage).await;
            assert_eq!(deliver(&mut sink, "t", ONCE, rows(rows_of_it)).await, written);
            gone(stage).await;
            stage.sql("DELETE FROM t").await;
            let body = EventBuilder::msk().values("t", 0, rows(rows_of_it)).build();
            let rules = invocation::rules(UPSERT);
            assert_eq!(invocation::write(&mut sink, &body, &rules).await, written);
            gone(stage).await;
            let error = sink.commit().await.expect_err("the session is over");
            assert_eq!(error.fault, Fault::Transient, "{error}");
            sink.abandon().await;
            assert_eq!(count(stage).await, 0);
        }
        stage.sql("SET GLOBAL wait_timeout = DEFAULT").await;
    });
}
