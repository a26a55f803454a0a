//! What the service would refuse is found before it is sent: it costs one row, never a request.

use serde_json::json;
use sluice_testkit::invocation::{self, INSERT, refused};

use crate::stand_in::StandIn;

#[test]
fn each_limit_costs_one_row() {
    invocation::run(async {
        let stand_in = StandIn::new();
        stand_in.table("t", json!([["id", "string"]])).await;
        let mut sink = stand_in.sink(&[]);
        let text = |length: usize| "a".repeat(length);
        let columns = |count: usize| {
            let columns: Vec<String> = (0..count).map(|nth| format!(r#""c{nth}":{nth}"#)).collect();
            columns.join(",")
        };
        let values = [
            format!(r#"{{"id":"{}"}}"#, text(1025)),
            format!(r#"{{"id":"{}"}}"#, text(1024)),
            format!(r#"{{"id":"2","v":"{}"}}"#, text(2 * 1024 * 1024 + 1)),
            format!(r#"{{"id":"3","v":"{}"}}"#, text(2 * 1024 * 1024)),
            format!(r#"{{"id":"4","v":"{0}","w":"{0}","x":"{0}"}}"#, text(1_500_000)),
            format!(r#"{{"id":"5",{}}}"#, columns(1025)),
            format!(r#"{{"id":"6",{}}}"#, columns(1024)),
            r#"{"id":"7","1a":1}"#.to_owned(),
        ];
        let outcome = invocation::deliver_values(&mut sink, "t", INSERT, values).await;
        let records: Vec<usize> = refused(&outcome).into_iter().map(|(record, _)| record).collect();
        assert_eq!(records, [0, 2, 4, 5, 7]);
        let rows = stand_in.rows("t").await;
        let starts: Vec<String> = rows.iter().map(|row| row.chars().take(6).collect()).collect();
        assert_eq!(starts, [r#"id="3""#, r#"id="6""#, r#"id="aa"#]);
        let refusals = stand_in.get("log").await;
        let refusals = refusals.as_array().expect("a log").iter();
        assert_eq!(refusals.filter(|entry| entry.get("refused").is_some()).count(), 0);
    });
}

#[test]
fn a_name_that_no_table_has_gives_the_batch_back() {
    invocation::run(async {
        let stand_in = StandIn::new();
        for (format, why) in [("a-b", "a name has letters"), ("s.t", "no schema")] {
            let options = [INSERT, &[("table.name.format", format)]].concat();
            let mut sink = stand_in.sink(&[]);
            let given_back =
                invocation::deliver_values(&mut sink, "t", &options, [r#"{"id":1}"#]).await;
            let error = given_back.unwrap_err().error.to_string();
            assert!(error.contains(why), "{error}");
        }
    });
}

#[test]
fn what_cannot_work_is_refused_at_the_start() {
    for (option, value, why) in [
        ("exactly.once.enabled", "true", "Tablestore has no transaction"),
        ("connection.url", "orders", "connection.url must be"),
        ("max.concurrency", "0", "must be at least 1"),
        ("columns.types", "a:text", "`text` is not string"),
        ("auto.create.time.to.live", "60", "at least 86400"),
        ("auto.create.max.versions", "0", "at least 1"),
        ("insert.condition", "maybe", "insert.condition must be one of"),
        ("connection.ca", "/no/such/file", "connection.ca"),
        ("auto.create.reserved.read", "-1", "at least 0"),
        ("auto.create.auto.increment", "1x", "no digit first"),
        ("columns.types", "a:string,t.a:integer,a:double", "`a` has another type before it"),
    ] {
        let options = [
            ("connection.url", "https://orders.cn-hangzhou.ots.aliyuncs.com"),
            ("connection.user", "id"),
            ("connection.password", "hunter2"),
            (option, value),
        ];
        let problem = invocation::configure::<tablestore::TablestoreSink>(&options).unwrap_err();
        assert!(problem.contains(why) && !problem.contains("hunter2"), "{option}: {problem}");
    }
}

#[test]
fn a_condition_that_the_mode_does_not_ask_for_is_refused_at_the_start() {
    for mode in ["insert", "upsert", "update"] {
        let options = [
            ("connection.url", "https://orders.cn-hangzhou.ots.aliyuncs.com"),
            ("connection.user", "id"),
            ("connection.password", "hunter2"),
            ("pk.mode", "record_key"),
            ("insert.mode", mode),
            ("insert.condition", "expect_exist"),
        ];
        let configured = invocation::configure::<tablestore::TablestoreSink>(&options);
        let problem = configured.err().unwrap_or_default();
        let is_told =
            problem.contains(&format!("insert.condition is not possible with insert.mode={mode}"));
        assert_eq!(is_told, mode != "insert", "{mode}: {problem}");
    }
}

/// A table is not made before it is known that no record fits it.
#[test]
fn what_does_not_go_with_a_numbered_key_is_refused_at_the_start() {
    let numbered = ("auto.create.auto.increment", "seq");
    for (option, value, why) in [
        ("pk.fields", "seq", "a column of the key already"),
        ("pk.mode", "record_key", "auto.create.auto.increment needs pk.fields"),
        ("insert.mode", "upsert", "insert.mode=upsert is not possible"),
        ("insert.mode", "update", "insert.mode=update is not possible"),
        ("delete.enabled", "true", "delete.enabled=true is not possible"),
        ("insert.condition", "expect_not_exist", "must not be expect_not_exist"),
    ] {
        let options = [
            ("connection.url", "https://orders.cn-hangzhou.ots.aliyuncs.com"),
            ("connection.user", "id"),
            ("connection.password", "hunter2"),
            ("pk.mode", "record_key"),
            numbered,
            (option, value),
        ];
        let problem = invocation::configure::<tablestore::TablestoreSink>(&options).unwrap_err();
        assert!(problem.contains(why), "{option}: {problem}");
    }
}
