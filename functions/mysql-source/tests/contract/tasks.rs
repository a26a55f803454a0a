//! Tables that are polled side by side: every row of each, once, also those that commit late.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use sluice_source::poll::Poll;
use sluice_testkit::MemoryJournal;
use tokio::time::Instant;

use crate::late::ways;
use crate::stage::{Stage, on_both};

const TABLES: usize = 6;
const WRITING: Duration = Duration::from_secs(2);

fn options<'o>(way: &'o str, tasks: &'o str) -> [(&'o str, &'o str); 6] {
    [
        ("mode", "incrementing"),
        ("incrementing.column.name", "id"),
        ("late.commits", way),
        ("table.whitelist", "t0,t1,t2,t3,t4,t5"),
        ("batch.max.rows", "20"),
        ("tasks.max", tasks),
    ]
}

/// Transactions over two tables each, some of them long and some rolled back.
async fn write(stage: &Stage, seed: u64) {
    let (mut random, mut conn) = (fastrand::Rng::with_seed(seed), stage.connect().await);
    let until = Instant::now() + WRITING;
    while Instant::now() < until {
        let mut insert = || {
            let rows = vec!["(1)"; random.usize(1..30)].join(",");
            format!("INSERT INTO t{} (v) VALUES {rows}", random.usize(0..TABLES))
        };
        let (one, other) = (insert(), insert());
        let end = if random.u32(0..100) < 20 { "ROLLBACK" } else { "COMMIT" };
        let pause = f64::from(random.u32(0..250)) / 1_000.0;
        let script = format!("START TRANSACTION; {one}; DO SLEEP({pause}); {other}; {end}");
        conn.query_drop(script).await.expect("it is written");
    }
    conn.disconnect().await.expect("goodbye");
}

/// How many rows of each table were read, of which none twice, once nobody writes any more.
async fn read(
    stage: &Stage,
    journal: &MemoryJournal,
    way: &str,
    is_written: &Cell<bool>,
) -> BTreeMap<String, usize> {
    let mut invocation = 0;
    loop {
        let is_last = is_written.get();
        // Each invocation deals the tables out in another way.
        invocation += 1;
        let tasks = ["4", "1", "3"][invocation % 3];
        let (source, rules) = stage.source(&options(way, tasks));
        let mut poll = Poll::open(source, journal.clone(), rules).await.expect("a poll");
        let outcome = poll.run(Instant::now() + Duration::from_secs(1)).await.expect("an outcome");
        poll.close().await;
        assert_eq!(outcome.error(), None);
        if outcome.is_done && is_last {
            break;
        }
    }
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for told in journal.take() {
        ids.entry(told.topic).or_default().push(told.key.expect("a key"));
    }
    let once = |(table, mut ids): (String, Vec<String>)| {
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "{way}: rows of {table} were told twice");
        (table, all)
    };
    ids.into_iter().map(once).collect()
}

async fn stored(stage: &Stage) -> BTreeMap<String, usize> {
    let (mut rows, mut conn) = (BTreeMap::new(), stage.connect().await);
    for table in (0..TABLES).map(|number| format!("t{number}")) {
        let count = conn.query_first(format!("SELECT COUNT(*) FROM {table}")).await;
        rows.insert(table, count.expect("a count").expect("a row"));
    }
    conn.disconnect().await.expect("goodbye");
    rows
}

#[test]
fn no_row_is_lost_or_doubled() {
    on_both("tasks", async |stage| {
        for way in ways(stage, "incrementing") {
            for number in 0..TABLES {
                stage
                    .say(&format!(
                        "DROP TABLE IF EXISTS t{number}; \
                         CREATE TABLE t{number} (id INT AUTO_INCREMENT PRIMARY KEY, v INT)"
                    ))
                    .await;
            }
            let journal = MemoryJournal::default();
            let is_written = Cell::new(false);
            let writers = async {
                tokio::join!(write(stage, 1), write(stage, 2), write(stage, 3), write(stage, 4));
                is_written.set(true);
            };
            let (read, ()) = tokio::join!(read(stage, &journal, way, &is_written), writers);
            assert_eq!(read, stored(stage).await, "{way}");
            assert!(read.values().sum::<usize>() > 300, "{way}: {read:?}");
        }
    });
}
