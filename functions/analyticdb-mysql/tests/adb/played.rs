//! The stand-in itself: that it refuses, notes what it refused, and answers as it should.

use mysql_async::prelude::Queryable;
use mysql_async::{ChangeUserOpts, Conn, Opts, OptsBuilder};
use sluice_bridge::model::failure::Fault;

use crate::scene::{KEEPS, Scene, WHOLE, play};
use crate::support::{UPSERT, deliver};

/// A client that asks for no variable at its login.
async fn client(scene: &Scene) -> Conn {
    let opts = Opts::from_url(&scene.url()).expect("a good address");
    let opts = OptsBuilder::from_opts(opts).prefer_socket(false).client_found_rows(true);
    let opts = opts.max_allowed_packet(Some(1 << 30)).wait_timeout(Some(60));
    Conn::new(opts).await.expect("it lets clients in")
}

#[test]
fn what_is_not_documented_is_refused_and_noted() {
    play("adb_refusals", async |scene| {
        scene.table("id BIGINT PRIMARY KEY", KEEPS).await;
        let mut conn = client(scene).await;
        conn.exec_drop("SELECT 1", ()).await.expect_err("a prepared statement");
        let several = conn.query_drop("DELETE FROM t WHERE id=1; DELETE FROM t WHERE id=2").await;
        several.expect_err("two statements");
        conn.query_drop("START TRANSACTION").await.expect_err("a transaction");
        conn.query_drop("DELETE FROM t WHERE id=1").await.expect("it goes on");
        conn.change_user(ChangeUserOpts::default()).await.expect_err("another user");
        let offences = scene.stand_in.offences();
        let expected = ["command 22", "several statements", "START", "command 17"];
        assert_eq!(offences.len(), expected.len(), "{offences:#?}");
        assert!(offences.iter().zip(expected).all(|(offence, why)| offence.contains(why)));
        assert_eq!(scene.stand_in.said(), ["DELETE FROM t WHERE id=1"]);
    });
}

#[test]
fn a_sink_that_takes_it_for_something_else_is_found_out() {
    play("adb_mistaken", async |scene| {
        scene.table("id BIGINT PRIMARY KEY", WHOLE).await;
        scene.stand_in.answer_questions();
        let outcome = deliver(&mut scene.sink_of("mysql"), "t", UPSERT, [r#"{"id":1}"#]).await;
        assert_eq!(outcome.expect_err("it is refused").error.fault, Fault::Fatal);
        let offences = scene.stand_in.offences();
        assert!(offences[0].contains("several statements"), "{offences:#?}");
        // No MariaDB has its version.
        let outcome = deliver(&mut scene.sink_of("mariadb"), "t", UPSERT, [r#"{"id":1}"#]).await;
        let error = outcome.expect_err("it is refused").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(
            error.cause.message.starts_with("dialect.name=mariadb does not match the server"),
            "{error}"
        );
    });
}

#[test]
fn rows_are_counted_as_the_vendor_counts_them() {
    play("adb_counts", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, a BIGINT", KEEPS).await;
        let mut conn = client(scene).await;
        for (sql, rows) in [
            ("INSERT INTO t (id,a) VALUES (1,1),(2,2)", 2),
            ("INSERT INTO t (id,a) VALUES (1,5)", 0),
            ("INSERT INTO t (id,a) VALUES (1,5),(3,3)", 1),
            ("INSERT INTO t (id,a) VALUES (1,5),(4,4) ON DUPLICATE KEY UPDATE a=VALUES(a)", 2),
            ("UPDATE t SET a=5 WHERE id=1", 1),
            ("UPDATE t SET a=5 WHERE id=9", 0),
            ("DELETE FROM t WHERE id=4", 1),
        ] {
            conn.query_drop(sql).await.expect(sql);
            assert_eq!(conn.affected_rows(), rows, "{sql}");
        }
        assert_eq!(scene.rows().await, ["1 5", "2 2", "3 3"]);
    });
}
