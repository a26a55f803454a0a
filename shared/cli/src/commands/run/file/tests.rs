//! Files that are right, and all that can be wrong with one.

use sluice_trigger::{Mapping, OutOfRange, TopicSelection};

use super::*;

/// A program that exists wherever the tests run.
fn function() -> String {
    std::env::current_exe().expect("the test itself").display().to_string()
}

fn file() -> String {
    format!(
        r#"metrics = "127.0.0.1:0"
drain-timeout = "5s"
[defaults]
function = "{}"
bootstrap = "b:9092"
batch-size = 500
kafka."security.protocol" = "PLAINTEXT"
options."errors.tolerance" = "all"
options.insert.mode = "upsert"
[connectors.orders]
topics = ["orders", "payments"]
group = "orders-to-table"
max-record-age = 3600
options."insert.mode" = "insert"
options.max.retries = 3
[connectors.events]
topics = "events"
group = "events-to-table"
batch-size = 7
bisect = true
on-failure = "kafka://events-failed"
"#,
        function()
    )
}

fn mapping(connector: &Connector) -> &Mapping {
    match &connector.work {
        Work::Sink(mapping) => mapping,
        Work::Source(schedule) => panic!("no sink: {schedule:?}"),
    }
}

fn variable<'c>(connector: &'c Connector, name: &str) -> Option<&'c str> {
    let environment = match &connector.work {
        Work::Sink(mapping) => &mapping.function.environment,
        Work::Source(schedule) => &schedule.function.environment,
    };
    let found = environment.iter().rev().find(|(known, _)| known == name)?;
    found.1.as_deref()
}

#[test]
fn connectors_have_what_they_say_and_else_the_defaults() {
    let file = File::read(&file()).expect("a file");
    assert_eq!(file.metrics.as_deref(), Some("127.0.0.1:0"));
    assert_eq!(file.drain_timeout, Duration::from_secs(5));
    let [events, orders] = &file.connectors[..] else { panic!("two connectors") };
    assert_eq!((orders.name.as_str(), mapping(orders).limits.records), ("orders", 500));
    let TopicSelection::Named(topics) = &mapping(orders).topics else { panic!("topics by name") };
    assert_eq!(*topics, ["orders", "payments"]);
    assert_eq!(mapping(orders).error_controls.max_age, Some(Duration::from_secs(3600)));
    assert_eq!(variable(orders, "SLUICE_INSERT_MODE"), Some("insert"));
    assert_eq!(variable(orders, "SLUICE_MAX_RETRIES"), Some("3"));
    assert_eq!(variable(orders, "SLUICE_NAME"), Some("orders"));
    assert_eq!(variable(orders, "SLUICE_KAFKA_SECURITY_PROTOCOL"), Some("PLAINTEXT"));
    assert_eq!(variable(orders, "SLUICE_REPORT_BATCH_ITEM_FAILURES"), Some("true"));
    assert_eq!((mapping(events).limits.records, mapping(events).error_controls.bisect), (7, true));
    assert_eq!(variable(events, "SLUICE_INSERT_MODE"), Some("upsert"));
    assert_eq!(variable(events, "SLUICE_ERRORS_TOLERANCE"), Some("all"));
    assert_eq!(mapping(events).error_controls.retries, Some(10));
}

/// The problems of `text`, each with the line it is on.
fn problems(text: &str) -> Vec<(usize, String)> {
    let mut problems = File::read(text).expect_err("problems");
    problems.sort_by_key(|problem| problem.at);
    let line = |problem: Problem| (text[..problem.at].matches('\n').count() + 1, problem.text);
    problems.into_iter().map(line).collect()
}

#[test]
fn every_problem_is_told_with_its_line() {
    let text = format!(
        r#"metrics = 9464
metric = "x"
[defaults]
function = "/no/such/function"
kafka."sasl.password" = "${{env:NO_SUCH_NAME}}"
[connectors.a]
bootstrap = "b:9092"
topics = []
group = "g"
batch-sise = 5
batch-size = 10001
timeout = "soon"
mode = "on-demand"
bisect = true
filter = "{{}}"
options."report.batch.item.failures" = true
[connectors.b]
function = "{}"
topics = ["t"]
on-failure = "kafka://t"
"#,
        function()
    );
    let problems_found = problems(&text);
    for (line, says) in [
        (1, "metrics must be text"),
        (2, "there is no setting metric; did you mean metrics?"),
        (4, "function /no/such/function is not a file"),
        (5, "kafka.sasl.password: the environment has no variable NO_SUCH_NAME"),
        (8, "topics must name at least one topic"),
        (10, "there is no setting batch-sise; did you mean batch-size?"),
        (11, "batch-size must be a number from 1 to 10000"),
        (12, "timeout must be a time"),
        (14, "bisect exists only in provisioned mode"),
        (15, "filter must look like"),
        (16, "must equal report-batch-item-failures"),
        (17, "bootstrap is missing"),
        (17, "group is missing"),
        (20, "on-failure t is read by this mapping"),
    ] {
        let found = problems_found.iter().any(|(at, text)| *at == line && text.contains(says));
        assert!(found, "{line}: {says}\n{problems_found:#?}");
    }
}

#[test]
fn what_is_no_toml_and_what_is_empty_is_told() {
    assert_eq!(problems("a = \nb = 1\nc = [\n").len(), 2);
    assert!(problems("")[0].1.contains("no connector"));
    for address in ["9464", "localhost", ":9464", "localhost:http"] {
        let problems_found = problems(&file().replace("127.0.0.1:0", address));
        assert_eq!(problems_found, [(1, "metrics must be HOST:PORT".to_owned())], "{address}");
    }
    let twice = file().replace("events-to-table", "orders-to-table");
    let problems_found = problems(&twice);
    assert!(problems_found[0].1.contains("has the same"), "{problems_found:?}");
}

#[test]
fn topics_are_named_or_match_a_pattern_and_never_are_the_connectors_own() {
    let text = |section: &str| {
        let function = function();
        format!(
            "[defaults]\nfunction = \"{function}\"\nbootstrap = \"b:9092\"\ngroup = \"g\"\n\
             topics = [\"orders\"]\noptions.\"errors.deadletterqueue.topic.name\" = \"shop-dead\"\n\
             [connectors.a]\n{section}\n"
        )
    };
    let file = File::read(&text(
        "topics-regex = \"shop-.*\"\non-failure = \"kafka://shop-failed\"\n\
         options.\"errors.data.topic.name\" = \"shop-errors\"\nmetadata-max-age = \"5s\"\n\
         on-offset-out-of-range = \"stop\"",
    ));
    let file = file.expect("a pattern in place of the default's names");
    let mapping = mapping(&file.connectors[0]);
    let TopicSelection::Matching { pattern, except } = &mapping.topics else { panic!("a pattern") };
    assert!(pattern.matches("shop-orders") && !pattern.matches("orders"));
    let mut except = except.clone();
    except.sort();
    assert_eq!(except, ["shop-dead", "shop-errors", "shop-failed"]);
    assert_eq!(mapping.metadata_max_age, Duration::from_secs(5));
    assert_eq!(mapping.out_of_range, OutOfRange::Stop);

    let problems =
        |section: &str| File::read(&text(section)).expect_err("a problem").remove(0).text;
    assert!(problems("topics = [\"a\"]\ntopics-regex = \"b\"").contains("only one of them"));
    assert!(problems("topics-regex = \"a(\"").contains("is not a regular expression"));
    assert!(problems("metadata-max-age = \"6m\"").contains("must be 100ms to 5m"));
    assert!(
        problems("on-offset-out-of-range = \"skip\"").contains("must be \"starting-position\"")
    );
}

#[test]
fn a_source_has_an_interval_and_neither_topics_nor_a_group() {
    let source = |settings: &str| format!("{}[connectors.rows]\n{settings}\n", file());
    let read = File::read(&source("poll-interval = \"5s\"\ntimeout = \"70s\"")).expect("a file");
    let rows = read.connectors.iter().find(|it| it.name == "rows").expect("the source");
    let Work::Source(schedule) = &rows.work else { panic!("a source") };
    let times = (schedule.every, schedule.function.timeout);
    assert_eq!(times, (Duration::from_secs(5), Duration::from_secs(70)));
    assert_eq!(variable(rows, "SLUICE_KAFKA_BOOTSTRAP_SERVERS"), Some("b:9092"));
    assert_eq!(variable(rows, "SLUICE_KAFKA_SECURITY_PROTOCOL"), Some("PLAINTEXT"));
    assert_eq!(variable(rows, "SLUICE_NAME"), Some("rows"));
    assert_eq!(variable(rows, "SLUICE_REPORT_BATCH_ITEM_FAILURES"), None);
    for (settings, says) in [
        ("poll-interval = \"5s\"\ntopics = \"t\"", "topics is a setting of sinks"),
        ("poll-interval = \"0s\"", "longer than nothing"),
        ("poll-interval = 5", "poll-interval must be a time"),
    ] {
        let found = problems(&source(settings));
        assert!(found.iter().any(|(_, text)| text.contains(says)), "{says}: {found:?}");
    }
}
