//! `sluice check`: verdicts that the real table gives, and nothing that stays of it.

use serde_json::Value;
use sluice_tests::database::refusal::Refusal;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, binary};

mod untried;

const COLUMNS: &str = "id int UNIQUE, amount numeric(6,2) CHECK (amount >= 0), made date";

/// A table with these columns, and those whose numbers a check leaves as they are.
async fn pipeline(target: Target, what: &str, columns: &str) -> Pipeline {
    Pipeline::to(target, what, 1, &format!("{}{columns}", target.numbered())).await
}

/// Checks with the pipeline's options.
async fn check(pipeline: &Pipeline, arguments: &[&str]) -> Run {
    let mut command = sluice();
    command.args(["check", "--function"]).arg(binary(pipeline.target.connector())).args(arguments);
    command.envs(pipeline.options());
    Running::start(command, None).ended().await
}

/// Checks these values, one a line, and returns the report.
async fn report(pipeline: &Pipeline, values: &[&str]) -> (Run, Value) {
    let file = pipeline.file("records", &values.join("\n"));
    let file = file.to_str().expect("a path that is text");
    let arguments = ["--topic", &pipeline.name, "--records", file, "--format", "json"];
    let run = check(pipeline, &arguments).await;
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
    (run, report)
}

fn verdicts(report: &Value) -> Vec<&str> {
    let records = report["records"].as_array().expect("records");
    records.iter().map(|record| record["verdict"].as_str().expect("a verdict")).collect()
}

/// Everything that a check could leave behind.
async fn traces(pipeline: &Pipeline) -> Vec<String> {
    let mut traces = Vec::new();
    let rows = "SELECT * FROM TABLE ORDER BY id".to_owned();
    for query in [vec![rows], pipeline.target.traces(&pipeline.name)].concat() {
        traces.extend(pipeline.query(&query).await.into_iter().map(|row| format!("{row:?}")));
    }
    traces.push(format!(
        "{} letters",
        pipeline.count(&pipeline.dead).await + pipeline.count(&pipeline.errors).await
    ));
    traces
}

async fn every_record_and_field_has_its_verdict_and_nothing_stays(target: Target) {
    let pipeline = pipeline(target, "verdicts", COLUMNS).await.with("exactly.once.enabled", "true");
    let pipeline = pipeline.with("name", "checked");
    let pipeline = {
        let table = format!("{}_offsets", pipeline.name);
        pipeline.with("offsets.table", &table)
    };
    pipeline.sql(&format!("INSERT INTO {} (id) VALUES (1)", pipeline.name)).await;
    let before = traces(&pipeline).await;
    let values = [
        r#"{"id":2,"amount":1.25,"made":"2026-01-31"}"#,
        r#"{"id":1,"amount":1}"#,
        r#"{"id":3,"amount":-1}"#,
        r#"{"id":4,"amount":1.239,"made":"hush"}"#,
        r#"{"id":5,"colour":"hush"}"#,
        r#"{"id":2}"#,
        r#"{"id":6}"#,
    ];
    let (run, report) = report(&pipeline, &values).await;
    let expected =
        ["written", "lettered", "lettered", "lettered", "lettered", "lettered", "written"];
    assert_eq!((run.code, verdicts(&report)), (Some(1), expected.to_vec()), "{report:#}");
    let records = &report["records"];
    let [unique, check] = [Refusal::Unique, Refusal::Check].map(|why| why.code(target));
    assert_eq!(records[1]["reason"]["code"], unique, "against a row that is there");
    assert_eq!(records[2]["reason"]["code"], check);
    assert_eq!(records[5]["reason"]["code"], unique, "against an earlier record");
    assert_eq!(records[4]["letterTopic"], pipeline.dead);
    assert_eq!(records[1]["letterTopic"], pipeline.errors);
    let fields = records[3]["fields"].as_array().expect("fields");
    let told = |index: usize| {
        ["column", "type", "given"].map(|name| fields[index][name].as_str().unwrap_or_default())
    };
    assert_eq!(told(0), ["id", &target.shows("int"), "number"]);
    assert_eq!(told(1), ["amount", &target.shows("numeric(6,2)"), "number"]);
    assert_eq!(told(2), ["made", "date", "string"]);
    assert_eq!(fields[0]["verdict"], "ok");
    for bad in &fields[1..] {
        assert!(bad["verdict"].as_str().expect("a verdict").starts_with("column \""), "{bad}");
    }
    assert!(report["tables"][0].get("untried").is_none(), "{report:#}");
    assert!(!format!("{run:?}").contains("hush"), "no value is told");
    assert_eq!(traces(&pipeline).await, before);
    // What a check promises comes true.
    pipeline.send_values(values).await;
    let run = pipeline.drain(&[]).await;
    assert_eq!((run.count("written"), run.count("lettered")), (2, 5), "{run:#?}");
}

/// So many that in earnest they would set out before all are mapped.
async fn many_records_leave_nothing_either(target: Target) {
    let pipeline = pipeline(target, "many_checked", COLUMNS).await;
    let before = traces(&pipeline).await;
    let values: Vec<_> = (0..1_500).map(|id| format!(r#"{{"id":{id},"amount":1}}"#)).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    let (run, report) = report(&pipeline, &values).await;
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written"; 1_500]));
    assert_eq!(traces(&pipeline).await, before);
}

async fn a_null_that_needs_no_column_hides_no_field(target: Target) {
    let mut pipeline = pipeline(target, "null_checked", COLUMNS).await;
    pipeline.set("auto.evolve", "true");
    let (run, report) = report(&pipeline, &[r#"{"id":1,"amount":2,"later":null}"#]).await;
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written"]), "{report:#}");
    let fields = report["records"][0]["fields"].as_array().expect("fields");
    let columns: Vec<_> = fields.iter().map(|field| field["column"].as_str()).collect();
    assert_eq!(columns, [Some("id"), Some("amount")]);
}

async fn without_tolerance_a_bad_record_gives_back_and_hides_no_other(target: Target) {
    let mut pipeline = pipeline(target, "intolerant", COLUMNS).await;
    for option in ["errors.deadletterqueue.topic.name", "errors.data.topic.name"] {
        pipeline.unset(option);
    }
    pipeline.set("errors.tolerance", "none");
    let (run, report) = report(&pipeline, &[r#"{"id":"x"}"#, r#"{"id":1}"#, r#"{"id":"y"}"#]).await;
    let expected = vec!["given back", "written", "given back"];
    assert_eq!((run.code, verdicts(&report)), (Some(1), expected));
}

async fn upserts_updates_deletes_and_tombstones(target: Target) {
    let mut pipeline = pipeline(target, "changes", "id int PRIMARY KEY, v text").await;
    pipeline.set("pk.mode", "record_key");
    pipeline.set("pk.fields", "id");
    pipeline.set("insert.mode", "upsert");
    pipeline.sql(&format!("INSERT INTO {} (id, v) VALUES (1, 'there')", pipeline.name)).await;
    let before = traces(&pipeline).await;
    let file = pipeline.file("records", "1:{\"v\":\"a\"}\n2:{\"v\":\"b\"}\n");
    let file = file.to_str().expect("a path that is text").to_owned();
    let arguments = [
        "--topic",
        &pipeline.name.clone(),
        "--records",
        &file,
        "--key-separator",
        ":",
        "--format",
        "json",
    ];
    let run = check(&pipeline, &arguments).await;
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written", "written"]), "{run:#?}");
    pipeline.set("insert.mode", "update");
    let run = check(&pipeline, &arguments).await;
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written", "filtered"]), "{run:#?}");
    assert_eq!(traces(&pipeline).await, before);
}

/// A pipeline whose table is not there, and records for it.
async fn unmade(target: Target) -> Pipeline {
    let pipeline = Pipeline::to(target, "unmade", 1, "id int").await;
    pipeline.sql(&format!("DROP TABLE {}", pipeline.name)).await;
    pipeline
}

const FOR_NEW: [&str; 2] = [r#"{"id":1,"v":"a"}"#, r#"{"id":[1],"v":2}"#];

async fn check_new(pipeline: &Pipeline) -> Run {
    let file = pipeline.file("records", &FOR_NEW.join("\n"));
    let file = file.to_str().expect("a path that is text");
    check(pipeline, &["--topic", &pipeline.name, "--records", file]).await
}

async fn a_table_that_is_missing_is_named(target: Target) {
    let pipeline = unmade(target).await;
    let run = check_new(&pipeline).await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(
        run.stderr.contains("does not exist") && run.stderr.contains(&pipeline.name),
        "{run:#?}"
    );
}

/// PostgreSQL takes a definition back with its transaction.
#[tokio::test]
async fn a_table_that_would_be_made_is_told_and_not_made() {
    let pipeline = unmade(Target::Postgres).await.with("auto.create", "true");
    let (run, report) = report(&pipeline, &FOR_NEW).await;
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written", "written"]), "{run:#?}");
    let table = &report["tables"][0];
    assert_eq!(table["exists"], false);
    let definition = table["definition"].as_str().expect("a definition");
    assert!(
        definition.contains("CREATE TABLE") && definition.contains("\"v\" text"),
        "{definition}"
    );
    assert_eq!(tables(&pipeline).await, 0);
}

/// MariaDB commits one at once, and so nothing can be tried on a table that is not there.
#[tokio::test]
async fn a_table_that_could_not_be_unmade_is_told_and_nothing_is_tried() {
    let pipeline = unmade(Target::Mariadb).await.with("auto.create", "true");
    let run = check_new(&pipeline).await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    for words in [
        &format!("CREATE TABLE IF NOT EXISTS `{}`", pipeline.name),
        "`v` LONGTEXT",
        "run it yourself",
    ] {
        assert!(run.stderr.contains(words), "nothing of `{words}` in {}", run.stderr);
    }
    assert_eq!(tables(&pipeline).await, 0);
}

async fn tables(pipeline: &Pipeline) -> i64 {
    let made = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'TABLE'";
    pipeline.query(made).await[0].get(0)
}

async fn a_topic_is_read_without_a_group_and_told_as_a_table(target: Target) {
    let pipeline =
        Pipeline::to(target, "topic", 2, "id int PRIMARY KEY, amount numeric(6,2)").await;
    pipeline.send_values((0..20).map(|id| format!(r#"{{"id":{id},"amount":{id}.125}}"#))).await;
    let bootstrap = services::kafka();
    let arguments = ["--topic", &pipeline.name, "--bootstrap", &bootstrap, "--last", "3"];
    let run = check(&pipeline, &arguments).await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let last = run.stdout.lines().last().expect("a line");
    assert!(last.ends_with("nothing was written"), "{}", run.stdout);
    let lettered = run
        .stdout
        .lines()
        .filter(|line| line.ends_with(&format!("lettered to {}", pipeline.errors)));
    let lettered = lettered.count();
    assert!((3..=6).contains(&lettered), "three of each partition that has any: {}", run.stdout);
    let [int, numeric] = ["int", "numeric(6,2)"].map(|declared| target.shows(declared));
    for row in [
        format!("  amount  {numeric}  number  column \"amount\""),
        format!("  id      {int:numeric$}  number  ok", numeric = numeric.len()),
    ] {
        assert!(run.stdout.contains(&row), "no {row}: {}", run.stdout);
    }
    assert_eq!(pipeline.rows().await, 0);
    assert_eq!(pipeline.committed(2).await, [None, None]);
    let groups =
        pipeline.kafka.admin().list_consumer_groups(Default::default()).await.expect("groups");
    let mut groups = groups.into_values().flatten().flatten();
    assert!(groups.all(|group| group.group_id != pipeline.name));
}

sluice_tests::on_each_target! {
    every_record_and_field_has_its_verdict_and_nothing_stays,
    many_records_leave_nothing_either,
    a_null_that_needs_no_column_hides_no_field,
    without_tolerance_a_bad_record_gives_back_and_hides_no_other,
    upserts_updates_deletes_and_tombstones,
    a_table_that_is_missing_is_named,
    a_topic_is_read_without_a_group_and_told_as_a_table,
}
