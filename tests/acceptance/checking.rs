//! `sluice check`: verdicts that the real table gives, and nothing that stays of it.

use serde_json::Value;
use sluice_tests::road::{FUNCTION, Road, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, binary};

mod untried;

const COLUMNS: &str = "number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial serial, \
                       id int UNIQUE, amount numeric(6,2) CHECK (amount >= 0), made date";

/// Checks with the road's options.
async fn check(road: &Road, arguments: &[&str]) -> Run {
    let mut command = sluice();
    command.args(["check", "--function"]).arg(binary(FUNCTION)).args(arguments);
    command.envs(road.options());
    Running::start(command, None).ended().await
}

/// Checks these values, one a line, and returns the report.
async fn report(road: &Road, values: &[&str]) -> (Run, Value) {
    let file = road.file("records", &values.join("\n"));
    let file = file.to_str().expect("a path that is text");
    let arguments = ["--topic", &road.name, "--records", file, "--format", "json"];
    let run = check(road, &arguments).await;
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
    (run, report)
}

fn verdicts(report: &Value) -> Vec<&str> {
    let records = report["records"].as_array().expect("records");
    records.iter().map(|record| record["verdict"].as_str().expect("a verdict")).collect()
}

/// Everything that a check could leave behind.
async fn traces(road: &Road) -> Vec<String> {
    let rows = road.column("SELECT t::text FROM TABLE t ORDER BY 1").await;
    let sequences = "SELECT last_value::text || is_called FROM ";
    let mut traces = rows;
    for column in ["number", "serial"] {
        let name = format!("{}_{column}_seq", road.name);
        traces.extend(road.column(&format!("{sequences}{name}")).await);
    }
    let named = "SELECT relname::text FROM pg_class WHERE relname LIKE '%' || 'TABLE' || '%' \
                 OR relname = 'sluice_stage' ORDER BY 1";
    traces.extend(road.column(named).await);
    traces
        .push(format!("{} letters", road.count(&road.dead).await + road.count(&road.errors).await));
    traces
}

#[tokio::test]
async fn every_record_and_field_has_its_verdict_and_nothing_stays() {
    let road = Road::new("verdicts", 1, COLUMNS).await.with("exactly.once.enabled", "true");
    let road = road.with("name", "checked");
    let road = {
        let table = format!("{}_offsets", road.name);
        road.with("offsets.table", &table)
    };
    road.sql(&format!("INSERT INTO {} (id) VALUES (1)", road.name)).await;
    let before = traces(&road).await;
    let values = [
        r#"{"id":2,"amount":1.25,"made":"2026-01-31"}"#,
        r#"{"id":1,"amount":1}"#,
        r#"{"id":3,"amount":-1}"#,
        r#"{"id":4,"amount":1.239,"made":"hush"}"#,
        r#"{"id":5,"colour":"hush"}"#,
        r#"{"id":2}"#,
        r#"{"id":6}"#,
    ];
    let (run, report) = report(&road, &values).await;
    let expected =
        ["written", "lettered", "lettered", "lettered", "lettered", "lettered", "written"];
    assert_eq!((run.code, verdicts(&report)), (Some(1), expected.to_vec()), "{report:#}");
    let records = &report["records"];
    assert_eq!(records[1]["reason"]["code"], "23505", "against a row that is there");
    assert_eq!(records[2]["reason"]["code"], "23514");
    assert_eq!(records[5]["reason"]["code"], "23505", "against an earlier record");
    assert_eq!(records[4]["letterTopic"], road.dead);
    assert_eq!(records[1]["letterTopic"], road.errors);
    let fields = records[3]["fields"].as_array().expect("fields");
    let told = |index: usize| {
        ["column", "type", "given"].map(|name| fields[index][name].as_str().unwrap_or_default())
    };
    assert_eq!(told(0), ["id", "integer", "number"]);
    assert_eq!(told(1), ["amount", "numeric(6,2)", "number"]);
    assert_eq!(told(2), ["made", "date", "string"]);
    assert_eq!(fields[0]["verdict"], "ok");
    for bad in &fields[1..] {
        assert!(bad["verdict"].as_str().expect("a verdict").starts_with("column \""), "{bad}");
    }
    assert!(report["tables"][0].get("untried").is_none(), "{report:#}");
    assert!(!format!("{run:?}").contains("hush"), "no value is told");
    assert_eq!(traces(&road).await, before);
    // What a check promises comes true.
    road.send_values(values).await;
    let run = road.drain(&[]).await;
    assert_eq!((run.count("written"), run.count("lettered")), (2, 5), "{run:#?}");
}

/// So many that in earnest they would set out before all are mapped.
#[tokio::test]
async fn many_records_leave_nothing_either() {
    let road = Road::new("many_checked", 1, COLUMNS).await;
    let before = traces(&road).await;
    let values: Vec<_> = (0..1_500).map(|id| format!(r#"{{"id":{id},"amount":1}}"#)).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    let (run, report) = report(&road, &values).await;
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written"; 1_500]));
    assert_eq!(traces(&road).await, before);
}

#[tokio::test]
async fn without_tolerance_a_bad_record_gives_back_and_hides_no_other() {
    let mut road = Road::new("intolerant", 1, COLUMNS).await;
    for option in ["errors.deadletterqueue.topic.name", "errors.data.topic.name"] {
        road.unset(option);
    }
    road.set("errors.tolerance", "none");
    let (run, report) = report(&road, &[r#"{"id":"x"}"#, r#"{"id":1}"#, r#"{"id":"y"}"#]).await;
    let expected = vec!["given back", "written", "given back"];
    assert_eq!((run.code, verdicts(&report)), (Some(1), expected));
}

#[tokio::test]
async fn upserts_updates_deletes_and_tombstones() {
    let mut road = Road::new("changes", 1, "id int PRIMARY KEY, v text, n serial").await;
    road.set("pk.mode", "record_key");
    road.set("pk.fields", "id");
    road.set("insert.mode", "upsert");
    road.sql(&format!("INSERT INTO {} VALUES (1, 'there')", road.name)).await;
    let sequence = format!("SELECT last_value::text FROM {}_n_seq", road.name);
    let before = road.column(&sequence).await;
    let file = road.file("records", "1:{\"v\":\"a\"}\n2:{\"v\":\"b\"}\n");
    let file = file.to_str().expect("a path that is text").to_owned();
    let arguments = [
        "--topic",
        &road.name.clone(),
        "--records",
        &file,
        "--key-separator",
        ":",
        "--format",
        "json",
    ];
    let run = check(&road, &arguments).await;
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written", "written"]), "{run:#?}");
    road.set("insert.mode", "update");
    let run = check(&road, &arguments).await;
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written", "filtered"]), "{run:#?}");
    assert_eq!(road.column("SELECT v FROM TABLE").await, ["there"]);
    assert_eq!(road.column(&sequence).await, before);
}

#[tokio::test]
async fn a_table_that_would_be_made_is_told_and_not_made() {
    let road = Road::new("unmade", 1, "id int").await;
    road.sql(&format!("DROP TABLE {}", road.name)).await;
    let values = [r#"{"id":1,"v":"a"}"#, r#"{"id":[1],"v":2}"#];
    let file = road.file("records", &values.join("\n"));
    let arguments = ["--topic", &road.name, "--records", file.to_str().expect("text")];
    let run = check(&road, &arguments).await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("does not exist"), "{run:#?}");
    let road = road.with("auto.create", "true");
    let (run, report) = report(&road, &values).await;
    assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written", "written"]), "{run:#?}");
    let table = &report["tables"][0];
    assert_eq!(table["exists"], false);
    let definition = table["definition"].as_str().expect("a definition");
    assert!(
        definition.contains("CREATE TABLE") && definition.contains("\"v\" text"),
        "{definition}"
    );
    let made = format!("SELECT relname::text FROM pg_class WHERE relname = '{}'", road.name);
    assert_eq!(road.column(&made).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_topic_is_read_without_a_group_and_told_as_a_table() {
    let road = Road::new("topic", 2, "id int PRIMARY KEY, amount numeric(6,2)").await;
    road.send_values((0..20).map(|id| format!(r#"{{"id":{id},"amount":{id}.125}}"#))).await;
    let bootstrap = services::kafka();
    let arguments = ["--topic", &road.name, "--bootstrap", &bootstrap, "--last", "3"];
    let run = check(&road, &arguments).await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let last = run.stdout.lines().last().expect("a line");
    assert!(last.ends_with("nothing was written"), "{}", run.stdout);
    let lettered =
        run.stdout.lines().filter(|line| line.ends_with(&format!("lettered to {}", road.errors)));
    let lettered = lettered.count();
    assert!((3..=6).contains(&lettered), "three of each partition that has any: {}", run.stdout);
    assert!(
        run.stdout.contains("  amount  numeric(6,2)  number  column \"amount\""),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("  id      integer       number  ok"), "{}", run.stdout);
    assert_eq!(road.rows().await, 0);
    assert_eq!(road.committed(2).await, [None, None]);
    let groups = road.kafka.admin().list_consumer_groups(Default::default()).await.expect("groups");
    let mut groups = groups.into_values().flatten().flatten();
    assert!(groups.all(|group| group.group_id != road.name));
}
