//! From a topic into Databend's engine behind the front of `tests/databend`.

mod stage;

use serde_json::json;
use sluice_tests::services::until;

use stage::Stage;

/// Puts, deletes and bad records of one topic: a table is created, the last value of each key stays, a bad record
/// becomes a letter.
#[tokio::test]
async fn a_topic_becomes_a_table() {
    let stage = Stage::new("becomes").await.with("auto.create", "true").upserting();
    let put = |id: i32, version: i32| {
        format!(
            "{id}\t{{\"total\":12345678901234567890.25,\"version\":{version},\"lines\":[{{\"n\":1}}]}}\n"
        )
    };
    let mut lines: String = (0..900).map(|n| put(n % 300, n / 300)).collect();
    lines += "7\t\n8\t{\"total\":\"no number\"}\n";
    stage.send(&lines).await;
    let run = stage.drain().await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.count("lettered")), (901, 1), "{run:#?}");
    let rows = stage
        .query("SELECT count(*), min(version), max(version), count(DISTINCT id), max(CAST(total AS VARCHAR)) FROM TABLE")
        .await;
    let total = format!("12345678901234567890.25{}", "0".repeat(28));
    assert_eq!(rows, json!([["299", "2", "2", "299", total]]));
    let reasons = stage.first_letter().await.reasons();
    assert!(reasons.contains("__sluice.errors.column=total"), "{reasons}");
}

/// The function is killed while its commit is on the way, again and again: every record is there once.
#[tokio::test]
async fn a_killed_function_writes_once() {
    let stage = Stage::new("killed").await;
    let stage = stage.with("exactly.once.enabled", "true").with("auto.create", "true");
    let lines: String = (0..2_000).map(|n| format!("k\t{{\"n\":{n}}}\n")).collect();
    stage.send(&lines).await;
    for (what, matching) in [("slow", "INSERT INTO"), ("slow", "COMMIT"), ("lost", "COMMIT")] {
        stage.trouble(what, matching).await;
    }
    let running = stage.start();
    for kill in 1..=2 {
        until("the function works", async || stage.starts().len() >= kill).await;
        until("it is slow", async || stage.slowed().await >= kill).await;
        stage.kill_function();
    }
    let run = running.ended().await;
    run.assert_settled();
    assert!(stage.starts().len() > 2, "it was killed and started again");
    assert_eq!(
        stage.query("SELECT count(*), count(DISTINCT n) FROM TABLE").await,
        json!([["2000", "2000"]])
    );
}
