//! Exactly once: invocations that are killed, that overlap, and that find their topic missing.

use std::time::Duration;

use serde_json::Value;
use sluice_tests::run::Run;

use super::stage::{MARIADB, MYSQL, Stage};

pub(super) const COLUMNS: &str = "id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(100) NOT NULL";
const BOTH: [&str; 2] = [MARIADB, MYSQL];

/// So many rows more.
pub(super) async fn fill(stage: &Stage, rows: usize) {
    let row = format!("('{}')", "x".repeat(90));
    for _ in 0..rows / 500 {
        let values = vec![row.as_str(); 500].join(",");
        stage.say(&format!("INSERT INTO t (v) VALUES {values}")).await;
    }
}

/// Each id once.
pub(super) fn assert_once(values: &[String], rows: usize, when: &str) {
    let id = |value: &String| -> usize {
        let id = value.strip_prefix("{\"id\":").and_then(|rest| rest.split(',').next());
        id.and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("{value}"))
    };
    let mut ids: Vec<usize> = values.iter().map(id).collect();
    ids.sort_unstable();
    let all: Vec<usize> = (1..=rows).collect();
    assert!(ids == all, "{when}: {} records of {rows} rows", ids.len());
}

#[tokio::test]
async fn rows_arrive_with_their_keys_and_go_on() {
    for server in BOTH {
        let stage = Stage::new(server, "source_rows", COLUMNS).await;
        stage.say("INSERT INTO t (v) VALUES ('a'), ('b')").await;
        let answer = stage.poll().await;
        assert_eq!((&answer["rows"], &answer["done"]), (&2.into(), &true.into()), "{answer}");
        let mut values = stage.values().await;
        values.sort();
        assert_eq!(values, [r#"{"id":1,"v":"a"}"#, r#"{"id":2,"v":"b"}"#]);
        assert_eq!(stage.poll().await["rows"], 0, "nothing is new");
        stage.say("INSERT INTO t (v) VALUES ('c')").await;
        assert_eq!(stage.poll().await["rows"], 1);
        stage.gone().await;
    }
}

/// Killed at many moments of its work; the next invocation goes on, and in the end each row was told once.
#[tokio::test]
async fn a_killed_invocation_leaves_neither_gap_nor_double() {
    const ROWS: usize = 20_000;
    for server in BOTH {
        let stage = Stage::new(server, "source_killed", COLUMNS).await;
        // However fast the machine is, there is enough to do for most of the kills.
        let stage = stage.with("BATCH_MAX_ROWS", "300").with("MAX_ROWS_PER_SECOND", "15000");
        fill(&stage, ROWS).await;
        let mut killed = 0;
        for delay in [60, 150, 250, 350, 450, 550, 700] {
            let mut invocation = stage.start();
            tokio::time::sleep(Duration::from_millis(delay)).await;
            if invocation.try_wait().expect("a status").is_none() {
                killed += 1;
            }
            invocation.kill().await.expect("it is killed");
        }
        assert!(killed > 3, "the invocations end too early to be killed: {killed}");
        stage.poll_all().await;
        assert_once(&stage.values().await, ROWS, server);
        stage.gone().await;
    }
}

/// Each new one takes over from those before it.
#[tokio::test]
async fn invocations_that_overlap_leave_neither_gap_nor_double() {
    const ROWS: usize = 10_000;
    for server in BOTH {
        let stage =
            Stage::new(server, "source_overlap", COLUMNS).await.with("BATCH_MAX_ROWS", "300");
        fill(&stage, ROWS).await;
        let first = stage.invoke();
        let second = async {
            tokio::time::sleep(Duration::from_millis(250)).await;
            stage.invoke().await
        };
        let third = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            stage.invoke().await
        };
        let (first, second, third) = tokio::join!(first, second, third);
        let runs = [first, second, third];
        for run in &runs {
            assert_eq!(run.code, Some(0), "one that is superseded has not failed: {run:#?}");
        }
        let is_superseded = runs.iter().any(|run| run.stdout.contains(r#""superseded":true"#));
        assert!(is_superseded, "they did not overlap: {runs:#?}");
        // Each row is counted by the invocation that committed it, superseded or not.
        let counted = runs.iter().map(rows).sum::<u64>() + stage.poll_all().await;
        assert_eq!(counted, ROWS as u64, "{runs:#?}");
        assert_once(&stage.values().await, ROWS, server);
        stage.gone().await;
    }
}

/// How many rows an invocation says that it committed.
fn rows(run: &Run) -> u64 {
    let mut lines = run.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find_map(|line| line["rows"].as_u64()).expect("a line of the poll")
}

#[tokio::test]
async fn a_missing_topic_is_named_and_nothing_is_passed() {
    let stage = Stage::new(MYSQL, "source_missing", COLUMNS).await;
    stage.say("INSERT INTO t (v) VALUES ('a')").await;
    let stage = stage.with("TOPIC_PREFIX", "no-such-topic-");
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("topic no-such-topic-t does not exist"), "{run:#?}");
    let prefix = format!("{}-", stage.name);
    let stage = stage.with("TOPIC_PREFIX", &prefix);
    assert_eq!(stage.poll().await["rows"], 1);
    stage.gone().await;
}

/// It will not pass by itself, and nothing behind it is told before it is dealt with.
#[tokio::test]
async fn a_row_that_no_broker_takes_stops_its_table() {
    let columns = "id INT AUTO_INCREMENT PRIMARY KEY, v LONGTEXT NOT NULL";
    let stage = Stage::new(MYSQL, "source_large", columns).await.with("BATCH_MAX_ROWS", "1");
    stage.limit_messages(500_000).await;
    stage.say("INSERT INTO t (v) VALUES ('a'), (REPEAT('x', 700000)), ('b')").await;
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("Sluice.Fatal"), "{run:#?}");
    assert_eq!(stage.values().await, [r#"{"id":1,"v":"a"}"#]);
    stage.limit_messages(1_000_000).await;
    assert_eq!(stage.poll().await["rows"], 2);
    stage.gone().await;
}
