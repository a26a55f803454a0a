//! Connections that are lost in the middle of a batch, or while nobody speaks.

use std::time::Duration;

use sluice_bridge::model::failure::Fault;

use crate::scene::{KEEPS, play};
use crate::stand_in::Cut;
use crate::support::{BY_KEY, INSERT, Options, UPSERT, all_written, deliver};

const MANY: usize = 5000;

fn values(others: &str) -> impl Iterator<Item = String> {
    (0..MANY).map(move |id| format!(r#"{{"id":{id}{others}}}"#))
}

#[test]
fn a_batch_that_was_cut_off_and_comes_again_leaves_the_same_rows() {
    play("adb_cut", async |scene| {
        let whole = r#","a":1,"b":2"#;
        for (options, others) in [(INSERT, whole), (UPSERT, whole), (UPSERT, r#","a":1"#)] {
            for cut in [Cut::Before(2), Cut::After(2), Cut::After(1)] {
                scene.table("id BIGINT PRIMARY KEY, a BIGINT, b BIGINT DEFAULT 2", KEEPS).await;
                let once = [options, &[("max.retries", "0")]].concat();
                let mut sink = scene.sink();
                scene.stand_in.cut(cut);
                let lost = deliver(&mut sink, "t", &once, values(others)).await;
                let error = lost.expect_err("the connection was lost").error;
                assert_eq!(error.fault, Fault::Transient, "{cut:?}: {error}");
                assert!(!scene.stand_in.is_to_cut());
                let again = deliver(&mut sink, "t", &once, values(others)).await;
                assert_eq!(again, Ok(all_written(MANY)), "{cut:?}");
                let query = "SELECT COUNT(*) FROM t WHERE a = 1 AND b = 2";
                assert_eq!(scene.stage.column(query).await, [MANY.to_string()], "{cut:?}");
            }
        }
    });
}

#[test]
fn a_lost_connection_is_made_again_within_the_invocation() {
    play("adb_cut_retried", async |scene| {
        for cut in [Cut::Before(1), Cut::After(3)] {
            scene.table("id BIGINT PRIMARY KEY", KEEPS).await;
            let before = scene.stand_in.connections();
            scene.stand_in.cut(cut);
            assert_eq!(scene.write(UPSERT, values("")).await, Ok(all_written(MANY)));
            assert_eq!(scene.rows().await.len(), MANY);
            assert_eq!(scene.stand_in.connections(), before + 2);
        }
    });
}

#[test]
fn deletes_and_updates_that_were_cut_off_can_come_again() {
    play("adb_cut_deletes", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, a BIGINT", KEEPS).await;
        scene.stage.sql("INSERT INTO t SELECT seq, 0 FROM seq_0_to_4999").await;
        let update: Options<'_> = &[("insert.mode", "update"), ("pk.mode", "record_value")];
        scene.stand_in.cut(Cut::After(7));
        let changes = (0..50).map(|id| format!(r#"{{"id":{id},"a":{id}}}"#));
        assert_eq!(scene.write(update, changes).await, Ok(all_written(50)));
        let changed = scene.stage.column("SELECT COUNT(*) FROM t WHERE a = id AND id < 50").await;
        assert_eq!(changed, ["50"]);

        let keys: Vec<String> = (0..1000).map(|id| id.to_string()).collect();
        let deletes: Vec<(&str, Option<&str>)> =
            keys.iter().map(|key| (key.as_str(), None)).collect();
        scene.stand_in.cut(Cut::After(3));
        assert_eq!(scene.write_keyed(BY_KEY, &deletes).await, Ok(all_written(1000)));
        assert!(!scene.stand_in.is_to_cut());
        assert_eq!(scene.stage.column("SELECT MIN(id) FROM t").await, ["1000"]);
    });
}

/// Rows without a key stand there twice: nothing tells them from others.
#[test]
fn an_insert_without_a_key_that_was_cut_off_loses_nothing() {
    play("adb_cut_keyless", async |scene| {
        for (cut, doubled) in [(Cut::Before(1), false), (Cut::After(1), true)] {
            scene.table("id BIGINT", KEEPS).await;
            scene.stand_in.cut(cut);
            assert_eq!(scene.write(INSERT, values("")).await, Ok(all_written(MANY)));
            let counts = "SELECT COUNT(DISTINCT id), COUNT(*) > COUNT(DISTINCT id) FROM t";
            let expected = [MANY.to_string(), u8::from(doubled).to_string()];
            assert_eq!(scene.stage.rows(counts).await, [expected]);
        }
    });
}

/// As a frozen execution environment finds it: the other end is gone and nobody was told.
#[test]
fn after_a_while_a_connection_is_tried_before_it_is_trusted() {
    play("adb_idle", async |scene| {
        scene.table("id BIGINT PRIMARY KEY", KEEPS).await;
        let [mut gone, mut alive] = [scene.sink(), scene.sink()];
        deliver(&mut gone, "t", UPSERT, [r#"{"id":1}"#]).await.expect("it is written");
        scene.stand_in.silence();
        deliver(&mut alive, "t", UPSERT, [r#"{"id":2}"#]).await.expect("it is written");
        assert_eq!(scene.stand_in.connections(), 2);
        // Longer than a connection is trusted.
        tokio::time::sleep(Duration::from_millis(5_100)).await;
        deliver(&mut alive, "t", UPSERT, [r#"{"id":3}"#]).await.expect("it is written");
        assert_eq!(scene.stand_in.connections(), 2, "the living one is kept");
        deliver(&mut gone, "t", UPSERT, [r#"{"id":4}"#]).await.expect("it is written");
        assert_eq!(scene.stand_in.connections(), 3);
        assert_eq!(scene.rows().await, ["1", "2", "3", "4"]);
    });
}

/// One that was used a moment ago is tried as well, so that no invocation waits for its deadline.
#[test]
fn a_connection_that_died_a_moment_ago_is_given_up() {
    play("adb_died", async |scene| {
        scene.table("id BIGINT PRIMARY KEY", KEEPS).await;
        let mut sink = scene.sink();
        deliver(&mut sink, "t", UPSERT, [r#"{"id":1}"#]).await.expect("it is written");
        scene.stand_in.silence();
        let again = deliver(&mut sink, "t", UPSERT, [r#"{"id":2}"#]);
        let again = tokio::time::timeout(Duration::from_secs(60), again).await;
        assert_eq!(again.expect("another connection answers"), Ok(all_written(1)));
        assert_eq!(scene.rows().await, ["1", "2"]);
    });
}
