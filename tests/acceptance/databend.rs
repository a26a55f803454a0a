//! From a topic into Databend's engine behind the front of `tests/databend`.

mod stage;

use serde_json::{Value, json};
use sluice_tests::database::session::Session;
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

/// A table of MySQL and its copy that came through a topic are equal. A row that is changed in the copy, and one that is
/// missing there, are told.
#[tokio::test]
async fn a_copy_of_a_mysql_table_is_compared() {
    let stage = Stage::new("copied").await.upserting();
    let source = std::env::var("TEST_MYSQL").expect("TEST_MYSQL is not set: run scripts/test.sh");
    let mysql = Session::open(&source).await.expect("the database answers");
    let name = stage.name.as_str();
    let columns =
        "id int PRIMARY KEY, total decimal(24, 4), note varchar(40), at datetime(6), doc json";
    mysql.run(&format!("CREATE TABLE {name} ({columns})")).await.expect("a new table");
    stage
        .create("id INT NOT NULL, total DECIMAL(24, 4), note VARCHAR, at TIMESTAMP, doc VARIANT")
        .await;
    let (mut rows, mut lines) = (Vec::new(), String::new());
    for id in 1..=300 {
        let total = format!("{id}0000000000000000.25");
        let [note, json] = match id % 3 {
            0 => ["NULL", "null"],
            1 => ["''", "\"\""],
            _ => ["'ü'", "\"ü\""],
        };
        rows.push(format!("({id},{total},{note},'2026-01-02 03:04:05.{id:06}','{{\"n\": {id}}}')"));
        lines += &format!(
            "{id}\t{{\"total\":{total},\"note\":{json},\"at\":\"2026-01-02T03:04:05.{id:06}Z\",\"doc\":{{\"n\":{id}}}}}\n"
        );
    }
    mysql.run(&format!("INSERT INTO {name} VALUES {}", rows.join(","))).await.expect("rows");
    stage.send(&lines).await;
    stage.drain().await.assert_settled();
    let (code, report) = stage.compare(&source).await;
    assert_eq!((code, &report["equal"]), (Some(0), &Value::from(true)), "{report:#}");
    assert_eq!(report["copy"]["rows"], json!(300), "{report:#}");
    stage.query("UPDATE TABLE SET note = 'other' WHERE id = 7").await;
    stage.query("DELETE FROM TABLE WHERE id = 9").await;
    let (code, report) = stage.compare(&source).await;
    let told = |it: &Value| format!("{} {} {}", it["key"], it["kind"], it["columns"][0]["column"]);
    let told: Vec<String> =
        report["differences"].as_array().expect("a list").iter().map(told).collect();
    let expected = [r#"["7"] "changed" "note""#, r#"["9"] "only in source" null"#];
    assert_eq!((code, &*told), (Some(1), &expected.map(str::to_owned)[..]), "{report:#}");
    mysql.run(&format!("DROP TABLE {name}")).await.expect("it is there");
}
