//! Options: what is wrong with a configuration is said at once, all of it, and no secret.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use sluice_bridge::options::rules::{InsertMode, OPTIONS, PkMode, Rules, Unknown};
use sluice_bridge::options::{Opt, Problems, Settings};

const PASSWORD: Opt = Opt::new("connection.password", "The password.");
const API_KEY: Opt = Opt::new("access.key.count", "A number nobody may see.").or("1");

fn settings(pairs: &[(&str, &str)]) -> Settings {
    let known: Vec<&'static Opt> = [OPTIONS, &[&PASSWORD, &API_KEY]].concat();
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::new(&known, pairs)
}

fn problems(pairs: &[(&str, &str)]) -> Vec<String> {
    let mut settings = settings(pairs);
    Rules::from_settings(&mut settings);
    settings.check().err().map_or(Vec::new(), |Problems(problems)| problems)
}

fn rules(pairs: &[(&str, &str)]) -> Rules {
    let mut settings = settings(pairs);
    let rules = Rules::from_settings(&mut settings);
    settings.check().unwrap();
    rules
}

/// Checks that a configuration has exactly this problem.
#[track_caller]
fn check(pairs: &[(&str, &str)], expected: &str) {
    let problems = problems(pairs);
    let [problem] = problems.as_slice() else { panic!("not one problem: {problems:?}") };
    assert!(problem.contains(expected), "\n expected {expected}\n     came {problem}");
}

#[test]
fn nothing_set_is_a_configuration() {
    let rules = rules(&[]);
    assert_eq!((rules.insert_mode, rules.pk_mode), (InsertMode::Insert, PkMode::None));
    assert_eq!(
        (rules.tolerant, rules.delete_enabled, rules.include_messages),
        (false, false, false)
    );
    assert_eq!((rules.unknown, rules.flatten, rules.max_retries), (Unknown::Error, None, 3));
    assert_eq!(rules.retry_backoff.as_millis(), 200);
    assert_eq!(rules.routes.table("orders").to_string(), "\"orders\"");
}

#[test]
fn each_problem_says_what_to_do() {
    check(
        &[("insert.mode", "merge")],
        "insert.mode must be one of insert, upsert, update, not `merge`",
    );
    check(
        &[("pk.mode", "key")],
        "pk.mode must be one of none, kafka, record_key, record_value, not `key`",
    );
    check(&[("delete.enabled", "yes")], "delete.enabled must be one of true, false, not `yes`");
    check(
        &[("value.format", "xml")],
        "value.format must be one of auto, json, json-envelope, debezium, string, avro, protobuf, json-schema, not `xml`",
    );
    check(
        &[("key.format", "xml")],
        "key.format must be one of auto, json, json-envelope, debezium, string, avro, protobuf, json-schema, not `xml`",
    );
    check(
        &[("value.format", "avro")],
        "value.format=avro, protobuf and json-schema need schema.registry.url",
    );
    check(
        &[("key.schema.id", "none")],
        "key.schema.id must be one of auto, confluent, apicurio, apicurio-4, glue, header, not `none`",
    );
    check(&[("errors.tolerance", "some")], "errors.tolerance must be one of none, all, not `some`");
    check(
        &[("fields.unknown", "column:")],
        "fields.unknown must be error, ignore or column:NAME, not `column:`",
    );
    check(&[("max.retries", "-1")], "max.retries must be a whole number, not `-1`");
    check(
        &[("retry.backoff.ms", "1s")],
        "retry.backoff.ms must be a whole number of milliseconds, not `1s`",
    );
    check(&[("fields.mapping", "a:b:c")], "fields.mapping: `a:b:c` must be source:column");
    check(&[("fields.mapping", "$nope:c")], "fields.mapping: `$nope:c`: a source is");
    check(&[("table.name.format", "a.b.c")], "`a.b.c` has more than one dot");
    check(&[("topics.to.tables.mapping", "orders")], "`orders` must be topic:table");
    check(&[("insert.mode", "upsert")], "insert.mode=upsert and update need a key: set pk.mode");
    check(&[("insert.mode", "update")], "insert.mode=upsert and update need a key: set pk.mode");
    check(&[("delete.enabled", "true")], "delete.enabled=true needs pk.mode=record_key");
    let by_value = [("delete.enabled", "true"), ("pk.mode", "record_value")];
    check(&by_value, "delete.enabled=true needs pk.mode=record_key");
    check(
        &[("pk.mode", "kafka"), ("pk.fields", "a,b")],
        "three columns (topic, partition, offset)",
    );
    check(&[("pk.fields", "a")], "pk.fields is set but pk.mode is none");
    check(&[("pk.mode", "record_key"), ("pk.fields", "a,b,a")], "pk.fields names `a` twice");
    let lists = [("fields.include.list", "a,b"), ("fields.exclude.list", "b")];
    check(&lists, "`b` is in both fields.include.list and fields.exclude.list");
}

#[test]
fn an_option_that_would_change_nothing_is_a_problem() {
    let registry = ("schema.registry.url", "http://registry");
    check(&[("value.schema.id", "header")], "value.schema.id needs schema.registry.url");
    check(&[("flatten.unions", "false")], "flatten.unions=false needs schema.registry.url");
    check(
        &[registry, ("key.schema.id", "glue"), ("key.format", "string")],
        "key.schema.id needs key.format=auto, debezium, avro, protobuf or json-schema",
    );
    let all = [registry, ("value.schema.id", "glue"), ("flatten.unions", "false")];
    assert_eq!(problems(&all), Vec::<String>::new());
    assert_eq!(problems(&[("value.schema.id", "auto")]), Vec::<String>::new());
}

#[test]
fn all_problems_are_reported_at_once() {
    let problems = problems(&[
        ("insert.mod", "upsert"),
        ("SLUICE_PK_MOD", "kafka"),
        ("insert.mode", "merge"),
        ("max.retries", "many"),
        ("fields.mapping", "a"),
        ("delete.enabled", "true"),
        ("pk.fields", "id"),
    ]);
    assert_eq!(problems.len(), 7, "{problems:#?}");
    let text = Problems(problems).to_string();
    assert!(text.starts_with("the configuration has 7 problems:\n- "), "{text}");
    assert_eq!(text.lines().count(), 8);
}

#[test]
fn a_typo_is_answered_with_the_nearest_name_in_the_same_spelling() {
    check(&[("insert.mod", "upsert")], "unknown option insert.mod; did you mean insert.mode?");
    check(&[("Insert.Mode", "upsert")], "unknown option Insert.Mode; did you mean insert.mode?");
    let variable = [("SLUICE_INSRT_MODE", "upsert")];
    check(&variable, "unknown option SLUICE_INSRT_MODE; did you mean SLUICE_INSERT_MODE?");
}

#[test]
fn names_are_dotted_or_environment_variables_and_the_last_wins() {
    assert_eq!(rules(&[("SLUICE_MAX_RETRIES", "7")]).max_retries, 7);
    assert_eq!(rules(&[("max.retries", "7"), ("SLUICE_MAX_RETRIES", "8")]).max_retries, 8);
}

/// A deployment template cannot leave a variable out.
#[test]
fn an_empty_value_is_not_set() {
    let empty: Vec<(&str, &str)> = OPTIONS.iter().map(|opt| (opt.name, "")).collect();
    assert_eq!(rules(&empty), rules(&[]));
}

#[test]
fn words_are_read_in_any_case_and_lists_trimmed() {
    let rules = rules(&[
        ("insert.mode", "UPSERT"),
        ("pk.mode", "Record_Value"),
        ("pk.fields", " a , ,b, "),
        ("errors.tolerance", "ALL"),
        ("fields.unknown", "column:Rest"),
    ]);
    assert_eq!((rules.insert_mode, rules.pk_mode), (InsertMode::Upsert, PkMode::RecordValue));
    assert_eq!((rules.pk_fields, rules.tolerant), (vec!["a".to_owned(), "b".to_owned()], true));
    assert_eq!(rules.unknown, Unknown::Column("Rest".to_owned()));
}

#[test]
fn a_secret_is_never_shown() {
    const SECRET: &str = "hunter2";
    let mut settings = settings(&[
        ("connection.password", SECRET),
        ("access.key.count", SECRET),
        ("connection.pasword", SECRET),
        ("SLUICE_CONNECTION_PASWORD", SECRET),
    ]);
    assert_eq!(settings.parsed::<u32>(&API_KEY, "a whole number"), 0);
    assert_eq!(settings.parsed::<u32>(&PASSWORD, "a whole number"), 0);
    _ = settings.choice(&PASSWORD, &[("right", true)]);
    let problems = settings.check().unwrap_err();
    assert_eq!(problems.0.len(), 5);
    assert!(!format!("{problems} {problems:?}").contains(SECRET), "{problems}");
}

#[test]
fn a_required_option_says_how_to_set_it() {
    let mut settings = settings(&[]);
    assert_eq!(settings.required(&PASSWORD), "");
    let problems = settings.check().unwrap_err().to_string();
    assert!(problems.contains("connection.password is required"), "{problems}");
    assert!(problems.contains("SLUICE_CONNECTION_PASSWORD"), "{problems}");
}

/// Names, defaults and docs are shown to people: each default is a value the option takes.
#[test]
fn every_default_may_be_given() {
    let defaults: Vec<(&str, &str)> =
        OPTIONS.iter().filter_map(|opt| Some((opt.name, opt.default?))).collect();
    assert_eq!(rules(&defaults), rules(&[]));
    let mut names: Vec<&str> = OPTIONS.iter().map(|opt| opt.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), OPTIONS.len());
}

#[test]
fn exactly_once_needs_a_name_and_a_table() {
    let once = ("exactly.once.enabled", "true");
    check(&[once], "exactly.once.enabled=true needs the option name");
    check(&[once, ("name", "a"), ("offsets.table", "a.b.c")], "offsets.table: `a.b.c` has more");
    let offsets_table =
        rules(&[once, ("name", "orders"), ("offsets.table", "ops.reached")]).offsets_table;
    let offsets_table = offsets_table.expect("progress is kept");
    assert_eq!(
        (offsets_table.connector.as_str(), offsets_table.table.to_string().as_str()),
        ("orders", r#""ops"."reached""#)
    );
    assert_eq!(rules(&[("offsets.table", "x")]).offsets_table, None);
}
