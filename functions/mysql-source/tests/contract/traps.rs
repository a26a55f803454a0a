//! The traps that each simpler way of looking falls into.

use std::collections::BTreeSet;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use sluice_testkit::MemoryJournal;
use tokio::time::sleep;

use crate::late::{TABLES, committed, known, options, ways};
use crate::stage::{Stage, on_both};

/// A statement of which the moment is fixed long before it writes.
struct Trap {
    name: &'static str,
    /// What the table has besides a row.
    prepares: &'static str,
    /// What keeps it waiting, and what ends that.
    holds: &'static str,
    frees: &'static str,
    waits: &'static str,
    /// What comes later and commits first.
    later: &'static str,
    /// Whether its transaction stays open over a poll.
    stays_open: bool,
}

const LATER: &str = "INSERT INTO t (v) VALUES (3)";

const TRAPS: [Trap; 4] = [
    Trap {
        name: "it waits for the metadata lock of the table, and then stays open",
        prepares: "",
        // It lets readers pass.
        holds: "LOCK TABLES t READ",
        frees: "UNLOCK TABLES",
        waits: "UPDATE t SET v = 2 WHERE id = 1",
        later: LATER,
        stays_open: true,
    },
    Trap {
        name: "it waits for a row of another table",
        prepares: "",
        holds: "START TRANSACTION; UPDATE u SET v = 2",
        frees: "COMMIT",
        waits: "INSERT INTO t (v) SELECT v FROM u FOR UPDATE",
        later: LATER,
        stays_open: false,
    },
    Trap {
        name: "it waits for the metadata lock of another table",
        prepares: "",
        holds: "LOCK TABLES u WRITE",
        frees: "UNLOCK TABLES",
        waits: "UPDATE u, t SET t.v = 2 WHERE t.id = 1 AND u.id = 1",
        later: LATER,
        stays_open: false,
    },
    Trap {
        name: "it waits in a trigger",
        prepares: "CREATE TRIGGER gate BEFORE INSERT ON t FOR EACH ROW \
                   SELECT v INTO @gate FROM u WHERE id = 1 FOR UPDATE",
        holds: "START TRANSACTION; UPDATE u SET v = 2",
        frees: "COMMIT",
        waits: "INSERT INTO t (v) VALUES (2)",
        // The trigger would stop another insert too.
        later: "UPDATE t SET v = 3 WHERE id = 1",
        stays_open: false,
    },
];

/// Whether the row of the statement that waited was lost.
async fn is_lost(stage: &Stage, trap: &Trap, way: &str) -> bool {
    stage
        .say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}; INSERT INTO t (v) VALUES (1), (1)"))
        .await;
    if !trap.prepares.is_empty() {
        stage.say(trap.prepares).await;
    }
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
        let outcome = outcome.expect("an outcome");
        assert_eq!(outcome.error(), None);
        let told = journal.take();
        // The later row is there for everybody to see: it is told, or it is said what it waits for.
        let has_later = told.iter().any(|told| told.value.contains("\"v\":3"));
        let waits = !outcome.is_done && outcome.tables[0].waits_for.is_some();
        assert!(has_later || waits || way == "delay", "{way}: {}: {outcome:?}", trap.name);
        told
    };
    let early = if trap.stays_open {
        holder.query_drop(trap.frees).await.expect("it frees");
        sleep(Duration::from_millis(200)).await;
        stage.say(trap.later).await;
        poll().await
    } else {
        stage.say(trap.later).await;
        let early = poll().await;
        holder.query_drop(trap.frees).await.expect("it frees");
        early
    };
    let mut waiter = waiting.await.expect("it ends");
    waiter.query_drop("COMMIT").await.expect("a commit");
    // Others write to the same server: this one ends when nothing is left.
    sleep(Duration::from_millis(2_500)).await;
    let told = [early, stage.told(&journal, &options).await].concat();
    let told: BTreeSet<_> = told.iter().map(|told| known(told, true)).collect();
    let committed = committed(stage, true).await;
    holder.disconnect().await.expect("goodbye");
    waiter.disconnect().await.expect("goodbye");
    assert!(told.len() >= 2, "{}: something is told", trap.name);
    committed.difference(&told).next().is_some()
}

/// Side by side, because most of the time is waiting.
fn catches_nobody(place: usize) {
    on_both(&format!("trap_{place}"), async |stage| {
        let trap = &TRAPS[place];
        for way in ways(stage, "timestamp") {
            assert!(!is_lost(stage, trap, way).await, "{way}: {}", trap.name);
        }
        assert!(is_lost(stage, trap, "delay").await, "no trap: {}", trap.name);
    });
}

#[test]
fn a_statement_that_waits_for_the_table() {
    catches_nobody(0);
}

#[test]
fn a_statement_that_waits_for_a_row_of_another_table() {
    catches_nobody(1);
}

#[test]
fn a_statement_that_waits_for_another_table() {
    catches_nobody(2);
}

#[test]
fn a_statement_that_waits_in_a_trigger() {
    catches_nobody(3);
}

/// A transaction of XA that is prepared belongs to no session, and takes its locks under other names.
#[test]
fn a_transaction_that_is_prepared_is_waited_for() {
    on_both("prepared", async |stage| {
        for way in ways(stage, "incrementing") {
            stage.say(&format!("DROP TABLE IF EXISTS t, u; {TABLES}")).await;
            let journal = MemoryJournal::default();
            let (mut writer, xid) = (stage.connect().await, format!("'{}-{way}'", stage.database));
            let begun = format!("XA START {xid}; INSERT INTO t (v) VALUES (1)");
            writer.query_drop(begun).await.expect("it is written");
            stage.say("INSERT INTO t (v) VALUES (2)").await;
            let told_early = async {
                sleep(Duration::from_millis(1_500)).await;
                let prepared = format!("XA END {xid}; XA PREPARE {xid}");
                writer.query_drop(prepared).await.expect("it is prepared");
                writer.disconnect().await.expect("goodbye");
                sleep(Duration::from_millis(1_500)).await;
                let told = journal.take();
                stage.say(&format!("XA COMMIT {xid}")).await;
                told
            };
            let options = options("incrementing", way);
            let (told_early, told) = tokio::join!(told_early, stage.told(&journal, &options));
            assert_eq!(told_early, [], "{way}");
            let ids: Vec<_> = told.iter().map(|told| known(told, false).0).collect();
            assert_eq!(ids, [1, 2], "{way}");
        }
    });
}
