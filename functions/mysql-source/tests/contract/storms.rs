//! No committed row is lost: storms of short inserts, and mixes of transactions. Beside the mixes the same without the
//! drain, which loses rows: so the test would notice.

use std::collections::BTreeSet;
use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_source::poll::Poll;
use sluice_testkit::{MemoryJournal, Told};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::late::{TABLES, committed, known, options, ways};
use crate::stage::{Stage, on_both};

/// Polls, invocation after invocation, while the writers write and until nothing is new behind that.
async fn poll_beside(
    stage: &Stage,
    options: &[(&str, &str)],
    writers: Vec<JoinHandle<()>>,
) -> Vec<Told> {
    let journal = MemoryJournal::default();
    let mut is_over = false;
    loop {
        let (source, rules) = stage.source(options);
        let mut poll = Poll::open(source, journal.clone(), rules).await.expect("a poll");
        let outcome = poll.run(Instant::now() + Duration::from_secs(2)).await.expect("an outcome");
        poll.close().await;
        assert_eq!(outcome.error(), None);
        if is_over && outcome.is_done {
            return journal.take();
        }
        if !is_over && writers.iter().all(JoinHandle::is_finished) {
            is_over = true;
            // Behind the margin of the modes with time.
            sleep(Duration::from_millis(2_500)).await;
        }
    }
}

/// The rows that were lost; nothing may be told twice.
async fn lost(stage: &Stage, mode: &str, way: &str, writers: Vec<JoinHandle<()>>) -> usize {
    let has_time = mode != "incrementing";
    let told = poll_beside(stage, &options(mode, way), writers).await;
    let all: BTreeSet<_> = told.iter().map(|told| known(told, has_time)).collect();
    assert_eq!(all.len(), told.len(), "{mode} {way}: told twice");
    let committed = committed(stage, has_time).await;
    assert!(committed.len() > 30, "{mode} {way}: {} rows", committed.len());
    committed.difference(&all).count()
}

/// Short inserts from many sides.
async fn storm(stage: &Stage) -> Vec<JoinHandle<()>> {
    let mut writers = Vec::new();
    for _ in 0..12 {
        let mut conn = stage.connect().await;
        writers.push(tokio::spawn(async move {
            for _ in 0..20 {
                let many = ["INSERT INTO t (v) VALUES (1)"; 20].join(";");
                conn.query_drop(many).await.expect("it is written");
            }
            conn.disconnect().await.expect("goodbye");
        }));
    }
    writers
}

/// Transactions of all sorts, short and long, some of which are rolled back.
async fn mix(stage: &Stage, seed: u64) -> Vec<JoinHandle<()>> {
    let mut writers = Vec::new();
    for writer in 0..8 {
        let mut conn = stage.connect().await;
        conn.query_drop("SET SESSION innodb_lock_wait_timeout = 3").await.expect("a setting");
        let random = fastrand::Rng::with_seed(seed + writer);
        writers.push(tokio::spawn(write(random, conn)));
    }
    let mut conn = stage.connect().await;
    writers.push(tokio::spawn(async move {
        let long = "START TRANSACTION; INSERT INTO t (v) VALUES (9); DO SLEEP(2.5); \
             INSERT INTO t (v) VALUES (9); COMMIT";
        conn.query_drop(long).await.expect("it is written");
        conn.disconnect().await.expect("goodbye");
    }));
    writers
}

async fn write(mut random: fastrand::Rng, mut conn: Conn) {
    let until = Instant::now() + Duration::from_secs(4);
    while Instant::now() < until {
        let key = random.u32(0..60);
        let act = match random.u32(0..6) {
            0 => "INSERT INTO t (v) VALUES (1)".to_owned(),
            1 => "INSERT INTO t (v) VALUES (1), (2), (3)".to_owned(),
            2 => "INSERT INTO t (v) SELECT SLEEP(0.05) FROM u UNION ALL SELECT SLEEP(0.05) FROM u"
                .to_owned(),
            3 => {
                format!("INSERT INTO t (k, v) VALUES ({key}, 1) ON DUPLICATE KEY UPDATE v = v + 1")
            }
            4 => format!("INSERT IGNORE INTO t (k, v) VALUES ({key}, 1)"),
            _ => format!("UPDATE t SET v = v + 1 WHERE k = {key}"),
        };
        let end = if random.u32(0..100) < 15 { "ROLLBACK" } else { "COMMIT" };
        let pause = f64::from(random.u32(0..300)) / 1_000.0;
        let script = match random.bool() {
            true => act,
            false => format!("START TRANSACTION; {act}; DO SLEEP({pause}); {end}"),
        };
        // A deadlock or a lock waited for in vain writes nothing.
        if conn.query_drop(script).await.is_err() {
            conn.query_drop("ROLLBACK").await.expect("it is undone");
        }
    }
    conn.disconnect().await.expect("goodbye");
}

#[test]
fn a_storm_of_inserts() {
    on_both("storm", async |stage| {
        for way in ways(stage, "incrementing") {
            stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}")).await;
            let writers = storm(stage).await;
            assert_eq!(lost(stage, "incrementing", way, writers).await, 0, "{way}");
        }
    });
}

#[test]
fn a_mix_of_transactions_by_id() {
    on_both("mix_id", async |stage| {
        for way in ways(stage, "incrementing") {
            stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}")).await;
            let writers = mix(stage, 7).await;
            assert_eq!(lost(stage, "incrementing", way, writers).await, 0, "{way}");
        }
        stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}")).await;
        let writers = mix(stage, 7).await;
        assert!(lost(stage, "incrementing", "delay", writers).await > 0, "the mix loses rows");
    });
}

fn mix_by(mode: &str, name: &str) {
    on_both(name, async |stage| {
        for way in ways(stage, mode) {
            stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}")).await;
            let writers = mix(stage, 8).await;
            assert_eq!(lost(stage, mode, way, writers).await, 0, "{mode} {way}");
        }
        stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}")).await;
        let writers = mix(stage, 8).await;
        assert!(lost(stage, mode, "delay", writers).await > 0, "the mix loses rows");
    });
}

#[test]
fn a_mix_of_transactions_by_time() {
    mix_by("timestamp", "mix_time");
}

#[test]
fn a_mix_of_transactions_by_time_and_id() {
    mix_by("timestamp+incrementing", "mix_both");
}
