//! `sluice check` of a source: what the next invocation would read, while everything stays as it is.

use serde_json::{Value, json};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{binary, until};

use super::once::{COLUMNS, fill};
use super::stage::{MARIADB, MYSQL, Stage};
use crate::registered::schemas::url;

async fn check(stage: &Stage, arguments: &[&str]) -> Run {
    let mut command = stage.sluice(&["check", "--function"]);
    command.arg(binary("mysql-source")).args(arguments);
    Running::start(command, None).ended().await
}

async fn report(stage: &Stage) -> (Option<i32>, Value) {
    let run = check(stage, &["--values", "--format", "json"]).await;
    let report = serde_json::from_str(&run.stdout);
    (run.code, report.unwrap_or_else(|error| panic!("{error}: {run:#?}")))
}

#[tokio::test]
async fn it_tells_what_is_read_next_and_reads_nothing_away() {
    for server in [MARIADB, MYSQL] {
        let stage = Stage::new(server, "source_check", COLUMNS).await;
        stage.say("INSERT INTO t (v) VALUES ('a'), ('b')").await;
        let run = check(&stage, &["--values"]).await;
        assert_eq!(run.code, Some(0), "{run:#?}");
        let told = run.stdout.contains("does not exist: the first invocation creates it")
            && run.stdout.contains("from the first row on: the first 2 rows can be read")
            && run.stdout.contains(r#"{"id":1}  {"id":1,"v":"a"}"#);
        assert!(told, "{run:#?}");
        assert_eq!(stage.poll().await["rows"], 2, "the check has stored no offset");

        stage.say("INSERT INTO t (v) VALUES ('c')").await;
        let (code, next) = report(&stage).await;
        let table = &next["tables"][0];
        assert_eq!((code, &table["after"]), (Some(0), &json!({ "incrementing": 2 })), "{next}");
        let record = json!([{ "key": r#"{"id":3}"#, "value": r#"{"id":3,"v":"c"}"# }]);
        assert_eq!((&table["records"], &next["offsetsTopicExists"]), (&record, &true.into()));
        let plain = check(&stage, &[]).await;
        assert!(plain.stdout.contains("1 row can be read"), "{plain:#?}");
        assert!(!plain.stdout.contains(r#""v""#), "no value is shown that was not asked for");
        assert_eq!(stage.values().await.len(), 2, "nothing was sent");
        assert_eq!(stage.poll().await["rows"], 1);
        let (code, nothing) = report(&stage).await;
        assert_eq!((code, &nothing["tables"][0]["rows"]), (Some(0), &0.into()), "{nothing}");
        stage.gone().await;
    }
}

#[tokio::test]
async fn each_problem_is_told_at_its_table() {
    let stage = Stage::new(MYSQL, "source_check_bad", COLUMNS).await;
    stage
        .say("CREATE TABLE keyless (v INT); CREATE TABLE lost (id INT AUTO_INCREMENT PRIMARY KEY)")
        .await;
    stage.say("ALTER TABLE t ADD w TEXT; INSERT INTO t (v, w) VALUES ('a', REPEAT('x', 5000)); INSERT INTO lost VALUES (NULL)").await;
    stage.limit_messages(2_000).await;
    let stage = stage.with("TABLE_WHITELIST", "t,keyless,lost,unknown");
    let (code, report) = report(&stage).await;
    assert_eq!(code, Some(1), "{report}");
    let told = |short: &str| {
        let name = format!("{}.{short}", stage.name);
        let tables = report["tables"].as_array().expect("a list");
        let it = tables.iter().find(|it| it["table"] == name || it["table"] == short);
        it.unwrap_or_else(|| panic!("{short}: {report}")).clone()
    };
    let says = |value: &Value, text: &str| {
        assert!(value.as_str().is_some_and(|it| it.contains(text)), "{report}");
    };
    says(&told("t")["failed"][0]["reason"], "accepts 2000 (max.message.bytes)");
    assert_eq!(told("t")["failed"][0]["letter"], false, "{report}");
    says(&told("keyless")["error"], "no AUTO_INCREMENT column");
    says(&told("lost")["topicError"], "does not exist");
    assert_eq!(told("lost")["rows"], 1, "its row could be read: {report}");
    says(&told("unknown")["error"], "sees no such table");
    let run = check(&stage, &[]).await;
    assert!(run.stdout.contains("it stops the table"), "{run:#?}");
    stage.gone().await;
}

#[tokio::test]
async fn an_invocation_that_runs_goes_on() {
    const ROWS: usize = 3_000;
    let stage =
        Stage::new(MARIADB, "source_check_runs", COLUMNS).await.with("BATCH_MAX_ROWS", "100");
    let stage = stage.with("MAX_ROWS_PER_SECOND", "1000");
    fill(&stage, ROWS).await;
    let (answer, (code, checked)) = tokio::join!(stage.poll(), async {
        until("it has begun", async || !stage.values().await.is_empty()).await;
        report(&stage).await
    });
    assert_eq!((code, &checked["tables"][0]["rows"]), (Some(0), &5.into()), "{checked}");
    assert_eq!((&answer["rows"], &answer["superseded"]), (&ROWS.into(), &false.into()));
    stage.gone().await;
}

#[tokio::test]
async fn a_schema_is_shown_and_not_registered() {
    let stage = Stage::new(MYSQL, "source_check_avro", COLUMNS).await.with("VALUE_FORMAT", "avro");
    let stage = stage.with("SCHEMA_REGISTRY_URL", &url());
    stage.say("INSERT INTO t (v) VALUES ('a')").await;
    let (code, tried) = report(&stage).await;
    let table = &tried["tables"][0];
    assert_eq!((code, &table["rows"]), (Some(0), &1.into()), "{tried}");
    assert_eq!(table["schemas"][1]["subject"], format!("{}-t-value", stage.name), "{tried}");
    // It would be there if it had been registered.
    let looked_up = stage.with("AUTO_REGISTER_SCHEMAS", "false");
    let (code, missing) = report(&looked_up).await;
    let error = missing["tables"][0]["error"].as_str().unwrap_or_default();
    assert!(code == Some(1) && error.contains("does not have the schema"), "{missing}");
    looked_up.gone().await;
}

#[tokio::test]
async fn a_sink_asks_for_records() {
    let stage = Stage::new(MYSQL, "source_check_sink", COLUMNS).await;
    let mut command = stage.sluice(&["check", "--function"]);
    command.arg(binary("analyticdb-mysql"));
    for unknown in ["MODE", "TABLE_WHITELIST", "TOPIC_PREFIX"] {
        command.env_remove(format!("SLUICE_{unknown}"));
    }
    let run = Running::start(command, None).ended().await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("the function is a sink: name records"), "{run:#?}");
    stage.gone().await;
}
