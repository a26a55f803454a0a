//! Tables that are polled side by side, each task with transactions of its own: a newer instance, or a command, takes over
//! from all of them, whatever their number.

use std::time::Duration;

use serde_json::json;
use sluice_tests::run::Run;
use sluice_tests::services::until;
use tokio::time::sleep;

use super::commands::document;
use super::once::{COLUMNS, assert_once};
use super::stage::{MARIADB, MYSQL, Stage};

const TABLES: [&str; 5] = ["t", "t1", "t2", "t3", "t4"];

/// Tables with so many rows each, and their topics.
async fn stage(server: &str, what: &str, rows: usize) -> Stage {
    let stage = Stage::new(server, what, COLUMNS).await;
    let values = vec!["('x')"; rows].join(",");
    for table in TABLES {
        if table != "t" {
            stage.say(&format!("CREATE TABLE {table} LIKE t")).await;
            stage.topic(table).await;
        }
        stage.say(&format!("INSERT INTO {table} (v) VALUES {values}")).await;
    }
    stage.with("TABLE_WHITELIST", &TABLES.join(","))
}

async fn gone(stage: Stage) {
    let topics = TABLES.map(|table| format!("{}-{table}", stage.name));
    let _ = stage.kafka.admin().delete_topics(&topics, Default::default()).await;
    stage.gone().await;
}

async fn assert_each_once(stage: &Stage, rows: usize, when: &str) {
    for table in TABLES {
        let records = stage.records(table).await.into_iter();
        let values = records.map(|record| super::stage::text(record.value.as_deref()));
        assert_once(&values.collect::<Vec<_>>(), rows, &format!("{when}, {table}"));
    }
}

/// Each deals the tables out to another number of tasks.
#[tokio::test]
async fn overlapping_invocations_leave_neither_gap_nor_double() {
    const ROWS: usize = 1_500;
    for server in [MARIADB, MYSQL] {
        let mut stage = stage(server, "source_tasks", ROWS).await.with("BATCH_MAX_ROWS", "50");
        let mut runs = Vec::new();
        for (number, tasks) in ["4", "1", "3", "5", "2"].into_iter().enumerate() {
            stage = stage.with("TASKS_MAX", tasks);
            match number {
                // It dies in the middle of its work, and the next one has fewer tasks.
                3 => {
                    let mut killed = stage.start();
                    sleep(Duration::from_millis(300)).await;
                    killed.kill().await.expect("it is killed");
                }
                _ => {
                    runs.push(stage.begin());
                    sleep(Duration::from_millis(250)).await;
                }
            }
        }
        let mut superseded = 0;
        for run in runs {
            let run: Run = run.ended().await;
            assert_eq!(run.code, Some(0), "one that is superseded has not failed: {run:#?}");
            superseded += usize::from(run.stdout.contains(r#""superseded":true"#));
        }
        assert!(superseded > 0, "{server}: they did not overlap");
        stage.poll_all().await;
        assert_each_once(&stage, ROWS, server).await;
        gone(stage).await;
    }
}

/// Also those that the command does not use.
#[tokio::test]
async fn a_command_takes_over_from_every_task() {
    const ROWS: usize = 2_000;
    let stage = stage(MYSQL, "source_tasks_give_way", ROWS).await.with("TASKS_MAX", "3");
    // It does not end before the command has been run.
    let stage = stage.with("BATCH_MAX_ROWS", "20").with("MAX_ROWS_PER_SECOND", "500");
    let (invocation, reset) = tokio::join!(stage.invoke(), async {
        until("all tasks have begun", async || {
            let mut begun = 0;
            for table in TABLES {
                begun += usize::from(!stage.records(table).await.is_empty());
            }
            begun == TABLES.len()
        })
        .await;
        document(&stage, &["reset", "--all-tables", "--execute"]).await
    });
    assert_eq!(reset["changes"].as_array().map(Vec::len), Some(TABLES.len()), "{reset}");
    assert!(invocation.stdout.contains(r#""superseded":true"#), "{invocation:#?}");
    let shown = document(&stage, &["show"]).await;
    assert_eq!(shown["offsets"], json!([]), "nothing is committed after it");
    let stage = stage.with("BATCH_MAX_ROWS", "5000").with("MAX_ROWS_PER_SECOND", "100000");
    assert_eq!(stage.poll_all().await, (TABLES.len() * ROWS) as u64, "all of them again");
    gone(stage).await;
}
