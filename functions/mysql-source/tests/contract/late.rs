//! No committed row is lost: storms of short inserts, mixes of transactions, and the traps that each simpler way falls
//! into. Beside each the same without the drain, which loses rows: so the test would notice.

use std::collections::BTreeSet;
use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_source::poll::Poll;
use sluice_testkit::{MemoryJournal, Told};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::stage::{Stage, on_both};

const T: (&str, &str) = ("table.whitelist", "t");
const TABLES: &str = "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v INT NOT NULL, \
     ts TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (ts, id)); \
     CREATE TABLE u (id INT PRIMARY KEY, v INT); INSERT INTO u VALUES (1, 1)";

/// The ways that a server has, for this mode.
fn ways(stage: &Stage, mode: &str) -> Vec<&'static str> {
    let mut ways = vec!["processes"];
    if !stage.is_maria {
        ways.push("metadata-locks");
    }
    if mode == "incrementing" {
        ways.push("table-lock");
    }
    ways
}

fn options<'o>(mode: &'o str, way: &'o str) -> Vec<(&'o str, &'o str)> {
    let time = ("timestamp.column.name", if mode == "incrementing" { "" } else { "ts" });
    vec![T, ("mode", mode), time, ("late.commits", way), ("batch.max.rows", "200")]
}

/// What a row is known by: its id, and in the modes with time the moment of its last change.
fn known(told: &Told, has_time: bool) -> (i64, String) {
    let value = told.value.as_str();
    let id = value.strip_prefix("{\"id\":").and_then(|rest| rest.split(',').next());
    let time = value.rsplit_once("\"ts\":\"").map(|(_, rest)| rest.trim_end_matches("Z\"}"));
    let id = id.and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("{value}"));
    (
        id,
        if has_time { time.unwrap_or_else(|| panic!("{value}")).to_owned() } else { String::new() },
    )
}

/// The rows that are committed, as [`known`] knows them.
async fn committed(stage: &Stage, has_time: bool) -> BTreeSet<(i64, String)> {
    let mut conn = stage.connect().await;
    conn.query_drop("SET time_zone = '+00:00'").await.expect("a zone");
    let question = "SELECT id, DATE_FORMAT(ts, '%Y-%m-%dT%H:%i:%s.%f') FROM t";
    let rows: Vec<(i64, String)> = conn.query(question).await.expect("rows");
    conn.disconnect().await.expect("goodbye");
    let known = |(id, time)| (id, if has_time { time } else { String::new() });
    rows.into_iter().map(known).collect()
}

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
    assert!(committed.len() > 100, "{mode} {way}: {} rows", committed.len());
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

#[test]
fn a_mix_of_transactions_by_time() {
    on_both("mix_time", async |stage| {
        for mode in ["timestamp", "timestamp+incrementing"] {
            for way in ways(stage, mode) {
                stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}")).await;
                let writers = mix(stage, 8).await;
                assert_eq!(lost(stage, mode, way, writers).await, 0, "{mode} {way}");
            }
        }
        stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}")).await;
        let writers = mix(stage, 8).await;
        assert!(lost(stage, "timestamp", "delay", writers).await > 0, "the mix loses rows");
    });
}

/// A statement of which the moment is fixed long before it writes.
struct Trap {
    name: &'static str,
    /// What keeps it waiting, and what ends that.
    holds: &'static str,
    frees: &'static str,
    waits: &'static str,
    /// Whether its transaction stays open over a poll.
    stays_open: bool,
}

const TRAPS: [Trap; 3] = [
    Trap {
        name: "it waits for the metadata lock of the table, and then stays open",
        // It lets readers pass.
        holds: "LOCK TABLES t READ",
        frees: "UNLOCK TABLES",
        waits: "UPDATE t SET v = 2 WHERE id = 1",
        stays_open: true,
    },
    Trap {
        name: "it waits for a row of another table",
        holds: "START TRANSACTION; UPDATE u SET v = 2",
        frees: "COMMIT",
        waits: "INSERT INTO t (v) SELECT v FROM u FOR UPDATE",
        stays_open: false,
    },
    Trap {
        name: "it waits for the metadata lock of another table",
        holds: "LOCK TABLES u WRITE",
        frees: "UNLOCK TABLES",
        waits: "UPDATE u, t SET t.v = 2 WHERE t.id = 1 AND u.id = 1",
        stays_open: false,
    },
];

/// Whether the row of the statement that waited was lost.
async fn is_lost(stage: &Stage, trap: &Trap, way: &str) -> bool {
    stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}; INSERT INTO t (v) VALUES (1)")).await;
    let options = options("timestamp", way);
    let journal = MemoryJournal::default();
    let (mut holder, mut waiter) = (stage.connect().await, stage.connect().await);
    holder.query_drop(trap.holds).await.expect("it holds");
    let begins = if trap.stays_open { "START TRANSACTION; " } else { "" };
    let waits = format!("{begins}{}", trap.waits);
    let waiting = tokio::spawn(async move {
        waiter.query_drop(waits).await.expect("it is written");
        waiter
    });
    sleep(Duration::from_millis(1_200)).await;
    let poll = async || {
        sleep(Duration::from_millis(2_500)).await;
        let outcome = stage.poll_for(Duration::from_secs(2), &journal, &options).await;
        assert_eq!(outcome.expect("an outcome").error(), None);
    };
    // A row that comes later and commits first.
    let later = "INSERT INTO t (v) VALUES (3)";
    if trap.stays_open {
        holder.query_drop(trap.frees).await.expect("it frees");
        sleep(Duration::from_millis(200)).await;
        stage.say(later).await;
        poll().await;
    } else {
        stage.say(later).await;
        poll().await;
        holder.query_drop(trap.frees).await.expect("it frees");
    }
    let mut waiter = waiting.await.expect("it ends");
    waiter.query_drop("COMMIT").await.expect("a commit");
    poll().await;
    let told: BTreeSet<_> = journal.take().iter().map(|told| known(told, true)).collect();
    let committed = committed(stage, true).await;
    holder.disconnect().await.expect("goodbye");
    waiter.disconnect().await.expect("goodbye");
    assert!(told.len() >= 2, "{}: something is told", trap.name);
    committed.difference(&told).next().is_some()
}

#[test]
fn no_trap_catches_the_drain() {
    on_both("traps", async |stage| {
        for trap in &TRAPS {
            for way in ways(stage, "timestamp") {
                assert!(!is_lost(stage, trap, way).await, "{way}: {}", trap.name);
            }
            assert!(is_lost(stage, trap, "delay").await, "no trap: {}", trap.name);
        }
    });
}
