//! What a person does with a source from the command line: polls it, looks at its offsets, and changes them.

use krafka::admin::NewTopic;
use krafka::producer::Record;
use serde_json::{Value, json};
use sluice_tests::kafka::topic;
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, until};

use super::once::{COLUMNS, fill};
use super::stage::{MARIADB, MYSQL, Stage};

/// A command of `sluice` about the stage's source.
async fn offsets(stage: &Stage, arguments: &[&str]) -> Run {
    let mut command = stage.sluice(&["offsets"]);
    command.args(arguments).args(["--bootstrap", &services::kafka(), "--connector", &stage.name]);
    Running::start(command, None).ended().await
}

pub(super) async fn document(stage: &Stage, arguments: &[&str]) -> Value {
    let run = offsets(stage, &[arguments, &["--output", "json"]].concat()).await;
    assert_eq!(run.code, Some(0), "{run:#?}");
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
}

fn table(stage: &Stage) -> String {
    format!("{}.t", stage.name)
}

#[tokio::test]
async fn a_poll_shows_its_tables_and_ends_when_nothing_is_new() {
    for (server, platform) in [(MARIADB, "lambda"), (MYSQL, "function-compute")] {
        let stage = Stage::new(server, "source_poll", COLUMNS).await;
        stage.say("INSERT INTO t (v) VALUES ('a'), ('b')").await;
        let command = stage.poll_command(&["--platform", platform]);
        let run = Running::start(command, None).ended().await;
        assert_eq!(run.code, Some(0), "{run:#?}");
        let topic = format!("{}-t", stage.name);
        let line = [table(&stage), topic, "2".to_owned(), "-".to_owned()];
        assert!(run.stdout.starts_with("2 rows; nothing is new\ntable "), "{run:#?}");
        let told = run.stdout.lines().last().unwrap_or_default();
        assert_eq!(told.split_whitespace().collect::<Vec<_>>(), line, "{run:#?}");
        assert!(run.stderr.contains(r#""finished":1"#), "the log line has metrics: {run:#?}");
        stage.gone().await;
    }
}

#[tokio::test]
async fn a_poll_goes_on_until_it_is_told_to_end() {
    let stage = Stage::new(MARIADB, "source_every", COLUMNS).await;
    let command = stage.poll_command(&["--every", "100ms", "--output", "json"]);
    let running = Running::start(command, None);
    for row in 1..=2 {
        stage.say("INSERT INTO t (v) VALUES ('a')").await;
        until("the row is in the topic", async || stage.values().await.len() == row).await;
    }
    let run = running.stop().await;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let rows = run.stdout.lines().map(|line| -> u64 {
        let answer: Value = serde_json::from_str(line).expect("JSON");
        answer["rows"].as_u64().expect("a number")
    });
    assert_eq!(rows.sum::<u64>(), 2, "{run:#?}");
    stage.gone().await;
}

#[tokio::test]
async fn a_poll_that_fails_says_why() {
    let stage = Stage::new(MARIADB, "source_poll_fails", COLUMNS).await;
    let stage = stage.with("TABLE_WHITELIST", "no_such_table");
    let run = Running::start(stage.poll_command(&[]), None).ended().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("Sluice.Fatal"), "{run:#?}");
    stage.gone().await;
}

#[tokio::test]
async fn offsets_are_shown_set_and_reset() {
    let stage = Stage::new(MYSQL, "source_offsets", COLUMNS).await;
    let missing = offsets(&stage, &["show"]).await;
    assert_eq!(missing.code, Some(2), "{missing:#?}");
    assert!(missing.stderr.contains("there is no topic"), "{missing:#?}");
    stage.say("INSERT INTO t (v) VALUES ('a'), ('b'), ('c')").await;
    assert_eq!(stage.poll().await["rows"], 3);
    let partition = json!({ "protocol": "1", "table": table(&stage) });
    let shown = json!({
        "connector": stage.name, "topic": format!("{}-offsets", stage.name),
        "offsets": [{ "partition": partition, "offset": { "incrementing": 3 } }],
    });
    assert_eq!(document(&stage, &["show"]).await, shown);

    let name = table(&stage);
    let set = ["set", "--table", &name, "--incrementing", "1"];
    let planned = document(&stage, &set).await;
    let change = json!([{
        "partition": partition, "from": { "incrementing": 3 }, "to": { "incrementing": 1 },
    }]);
    assert_eq!((&planned["changes"], &planned["executed"]), (&change, &false.into()));
    assert_eq!(stage.poll().await["rows"], 0, "nothing was changed");
    let done = document(&stage, &[&set[..], &["--execute"]].concat()).await;
    assert_eq!((&done["changes"], &done["executed"]), (&change, &true.into()));
    assert_eq!(stage.poll().await["rows"], 2, "rows 2 and 3 again");

    let unknown = offsets(&stage, &["reset", "--table", "no.such", "--execute"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:#?}");
    assert!(unknown.stderr.contains("no offset of table no.such is stored"), "{unknown:#?}");
    document(&stage, &["reset", "--table", &name, "--execute"]).await;
    assert_eq!(document(&stage, &["show"]).await["offsets"], json!([]));
    assert_eq!(stage.poll().await["rows"], 3, "from the beginning");
    stage.gone().await;
}

#[tokio::test]
async fn the_offset_of_a_query_is_set_and_reset() {
    let stage = Stage::new(MYSQL, "source_query_offset", COLUMNS).await;
    let topic = format!("{}-t", stage.name);
    let query = [
        ("QUERY", "SELECT id, v FROM t"),
        ("TABLE_WHITELIST", ""),
        ("INCREMENTING_COLUMN_NAME", "id"),
        ("TOPIC_PREFIX", topic.as_str()),
    ];
    let stage = query.iter().fold(stage, |stage, (name, value)| stage.with(name, value));
    stage.say("INSERT INTO t (v) VALUES ('a'), ('b'), ('c')").await;
    assert_eq!(stage.poll().await["rows"], 3);
    document(&stage, &["set", "--query", "--incrementing", "1", "--execute"]).await;
    assert_eq!(stage.poll().await["rows"], 2, "rows 2 and 3 again");
    document(&stage, &["reset", "--query", "--execute"]).await;
    assert_eq!(stage.poll().await["rows"], 3, "from the beginning");
    stage.gone().await;
}

/// What Kafka Connect's workers write: several partitions, offsets of several connectors, one of them deleted.
#[tokio::test]
async fn the_offsets_of_another_connector_are_taken_over() {
    let stage = Stage::new(MARIADB, "source_import", COLUMNS).await;
    stage.say("INSERT INTO t (v) VALUES ('a'), ('b'), ('c')").await;
    let theirs = format!("{}-connect", stage.name);
    let topic = NewTopic::new(&theirs, 5, 1).expect("a name");
    topic::create(&stage.kafka, topic.with_config("cleanup.policy", "compact")).await;
    let producer = stage.kafka.producer().metrics_push(false).build().await.expect("a producer");
    for (connector, table, offset) in [
        ("jdbc", table(&stage), Some(r#"{"incrementing":2}"#)),
        ("jdbc", format!("{}.gone", stage.name), Some("{}")),
        ("jdbc", format!("{}.gone", stage.name), None),
        ("other", table(&stage), Some(r#"{"incrementing":3}"#)),
    ] {
        let key = format!(r#"["{connector}",{{"protocol":"1","table":"{table}"}}]"#);
        let mut record = Record::new(&theirs, "");
        (record.key, record.value) = (Some(key.into()), offset.map(Into::into));
        let _ = producer.send(record).await.expect("it is written");
    }
    producer.close().await.expect("goodbye");

    let import = ["import", "--from-topic", &theirs, "--from-connector", "jdbc", "--execute"];
    let run = offsets(&stage, &import).await;
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("1 offset changed in topic"), "{run:#?}");
    assert_eq!(stage.poll().await["rows"], 1, "only row 3 is new");
    assert_eq!(stage.values().await, [r#"{"id":3,"v":"c"}"#]);
    let nobody = ["import", "--from-topic", &theirs, "--from-connector", "nobody"];
    let nobody = offsets(&stage, &nobody).await;
    assert_eq!(nobody.code, Some(2), "{nobody:#?}");
    assert!(nobody.stderr.contains("has no offset in that topic"), "{nobody:#?}");
    let _ = stage.kafka.admin().delete_topics([&theirs], Default::default()).await;
    stage.gone().await;
}

/// It ends as it would for a newer invocation, and nothing that it does later counts.
#[tokio::test]
async fn an_invocation_gives_way_to_a_command() {
    const ROWS: usize = 10_000;
    let stage = Stage::new(MYSQL, "source_give_way", COLUMNS).await.with("BATCH_MAX_ROWS", "20");
    // It does not end before the command has been run.
    let stage = stage.with("MAX_ROWS_PER_SECOND", "500");
    fill(&stage, ROWS).await;
    let (invocation, reset) = tokio::join!(stage.invoke(), async {
        until("it has begun", async || !stage.values().await.is_empty()).await;
        document(&stage, &["reset", "--all-tables", "--execute"]).await
    });
    let changed = reset["changes"].as_array().expect("a list");
    assert!(changed.len() == 1 && changed[0]["to"].is_null(), "it has begun to read: {reset}");
    assert_eq!(invocation.code, Some(0), "{invocation:#?}");
    assert!(invocation.stdout.contains(r#""superseded":true"#), "{invocation:#?}");
    assert_eq!(document(&stage, &["show"]).await["offsets"], json!([]));
    let stage = stage.with("BATCH_MAX_ROWS", "5000").with("MAX_ROWS_PER_SECOND", "100000");
    assert_eq!(stage.poll_all().await, ROWS as u64, "all of them again");
    stage.gone().await;
}
