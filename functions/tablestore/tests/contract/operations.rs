//! What records do to rows: whole rows, named columns, deletes, conditions, and the types of values.

use serde_json::json;
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::EventBuilder;
use sluice_testkit::invocation::{
    self, BY_KEY, INSERT, Options, UPDATE, UPSERT, all_written, refused,
};

use crate::stand_in::StandIn;

async fn table() -> StandIn {
    let stand_in = StandIn::new();
    stand_in.table("t", json!([["id", "integer"]])).await;
    stand_in
}

/// Writes values with options of the rules, and returns the rows then.
async fn written(
    stand_in: &StandIn,
    own: Options<'_>,
    rules: Options<'_>,
    values: &[&str],
) -> Vec<String> {
    let mut sink = stand_in.sink(own);
    let outcome = invocation::deliver_values(&mut sink, "t", rules, values).await;
    assert_eq!(outcome, Ok(all_written(values.len())));
    stand_in.rows("t").await
}

#[test]
fn a_put_replaces_the_row_and_an_update_changes_columns() {
    invocation::run(async {
        let stand_in = table().await;
        let first = [r#"{"id":1,"a":1,"b":"x"}"#];
        assert_eq!(written(&stand_in, &[], INSERT, &first).await, [r#"id=1 | a=1 b="x""#]);
        let next = [r#"{"id":1,"b":"y"}"#];
        assert_eq!(written(&stand_in, &[], UPSERT, &next).await, [r#"id=1 | a=1 b="y""#]);
        assert_eq!(written(&stand_in, &[], INSERT, &next).await, [r#"id=1 | b="y""#]);
    });
}

#[test]
fn values_have_their_own_types() {
    invocation::run(async {
        let stand_in = table().await;
        let value = r#"{"id":1,"b":true,"d":0.5,"i":9223372036854775807,"j":{"a":[1,null]},"s":"ü","t":7.0,"B":1}"#;
        let rows = written(&stand_in, &[], UPSERT, &[value]).await;
        let expected =
            r#"id=1 | B=1 b=true d=0.5 i=9223372036854775807 j="{\"a\":[1,null]}" s="ü" t=7.0"#;
        assert_eq!(rows, [expected]);
        let types = [("columns.types", "d:string,t:integer,n:binary,t.i:double")];
        let value =
            r#"{"id":1,"b":null,"d":0.5,"i":1,"t":7.0,"n":"AP8=","j":null,"s":null,"B":null}"#;
        let rows = written(&stand_in, &types, UPSERT, &[value]).await;
        assert_eq!(rows, [r#"id=1 | d="0.5" i=1.0 n=base64:"AP8=" t=7"#]);
    });
}

/// Declared bytes become binary, and a declared time is text.
#[test]
fn declared_types_are_kept() {
    invocation::run(async {
        let stand_in = table().await;
        let schema = r#"{"type":"struct","fields":[
            {"field":"id","type":"int32"},{"field":"b","type":"bytes"},{"field":"s","type":"string"},
            {"field":"at","type":"int64","name":"org.apache.kafka.connect.data.Timestamp","version":1},
            {"field":"f","type":"double","optional":true}]}"#;
        let payload = r#"{"id":1,"b":"AP8=","s":"AP8=","at":1700000000123,"f":null}"#;
        let value = format!(r#"{{"schema":{schema},"payload":{payload}}}"#);
        let rows = written(&stand_in, &[], UPSERT, &[&value]).await;
        assert_eq!(rows, [r#"id=1 | at="2023-11-14T22:13:20.123Z" b=base64:"AP8=" s="AP8=""#]);
    });
}

#[test]
fn what_would_lose_something_costs_one_row() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = stand_in.sink(&[("columns.types", "n:binary")]);
        let values = [
            r#"{"id":1,"v":9223372036854775808}"#,
            r#"{"id":2,"v":0.12345678901234567890}"#,
            r#"{"id":3,"n":"no base64"}"#,
            r#"{"id":4,"v":1}"#,
            r#"{"id":null,"v":1}"#,
            r#"{"id":5,"v-w":1}"#,
        ];
        let outcome = invocation::deliver_values(&mut sink, "t", INSERT, values).await;
        let records: Vec<usize> = refused(&outcome).into_iter().map(|(record, _)| record).collect();
        assert_eq!(records, [0, 1, 2, 4, 5]);
        let failures = outcome.unwrap().failures;
        let columns = failures.iter().map(|failure| failure.cause.column.as_deref());
        assert!(columns.take(4).eq([Some("v"), Some("v"), Some("n"), Some("id")]), "{failures:?}");
        assert_eq!(stand_in.rows("t").await, ["id=4 | v=1"]);
        assert_eq!(stand_in.requests("BatchWriteRow").await.len(), 1, "nothing bad was sent");
    });
}

/// The matrix of the vendor's connector: `delete.mode` none, row, column and both, in put and in update. Where that
/// one refuses a record, this one leaves the row as it is, or makes it.
#[test]
fn the_matrix_of_deletes() {
    const NONE: Options<'_> = &[("delete.columns.enabled", "false")];
    const COLUMNS: Options<'_> = &[("delete.columns.enabled", "true")];
    let put = [("pk.mode", "record_key"), ("errors.tolerance", "all")];
    let put_row = [&put[..], &[("delete.enabled", "true")]].concat();
    let update = [("insert.mode", "upsert"), put[0], put[1]];
    let row = BY_KEY;
    // Records: a tombstone; all null; A set and others null; and the rows afterwards: all had A, B and C.
    let cases: [(&str, Options<'_>, Options<'_>, [&str; 3]); 8] = [
        ("put/none", NONE, &put, ["id=1 | A=1 B=1 C=1", "id=2 |", "id=3 | A=9"]),
        ("put/row", NONE, &put_row, ["", "id=2 |", "id=3 | A=9"]),
        ("put/column", COLUMNS, &put, ["id=1 | A=1 B=1 C=1", "id=2 |", "id=3 | A=9"]),
        ("put/both", COLUMNS, &put_row, ["", "id=2 |", "id=3 | A=9"]),
        (
            "update/none",
            NONE,
            &update,
            ["id=1 | A=1 B=1 C=1", "id=2 | A=1 B=1 C=1", "id=3 | A=9 B=1 C=1"],
        ),
        ("update/row", NONE, row, ["", "id=2 | A=1 B=1 C=1", "id=3 | A=9 B=1 C=1"]),
        ("update/column", COLUMNS, &update, ["id=1 | A=1 B=1 C=1", "id=2 |", "id=3 | A=9"]),
        ("update/both", COLUMNS, row, ["", "id=2 |", "id=3 | A=9"]),
    ];
    invocation::run(async {
        for (name, own, rules, expected) in cases {
            let stand_in = table().await;
            let all = ["1", "2", "3"].map(|key| (key, Some(r#"{"A":1,"B":1,"C":1}"#)));
            let before = EventBuilder::msk().keyed("t", 0, all);
            let event = EventBuilder::msk().keyed(
                "t",
                0,
                [
                    ("1", None),
                    ("2", Some(r#"{"A":null,"B":null,"C":null}"#)),
                    ("3", Some(r#"{"A":9,"B":null,"C":null}"#)),
                ],
            );
            let rules = invocation::rules(rules);
            let mut sink = stand_in.sink(own);
            for event in [before, event] {
                let outcome = invocation::deliver(&mut sink, &event.build(), &rules).await.unwrap();
                assert_eq!(outcome.failures, [], "{name}");
            }
            let rows = stand_in.rows("t").await;
            let expected: Vec<&str> = expected.into_iter().filter(|it| !it.is_empty()).collect();
            assert_eq!(rows, expected, "{name}");
        }
    });
}

/// A cold function deletes a column that it has never seen a value of.
#[test]
fn a_null_of_an_unknown_column_deletes_it() {
    invocation::run(async {
        let stand_in = table().await;
        written(&stand_in, &[], UPSERT, &[r#"{"id":1,"a":1,"b":2}"#]).await;
        let rows = written(&stand_in, &[], UPSERT, &[r#"{"id":1,"a":null}"#]).await;
        assert_eq!(rows, ["id=1 | b=2"]);
        let rows = written(&stand_in, &[], UPSERT, &[r#"{"id":2,"a":null}"#, r#"{"id":3}"#]).await;
        assert_eq!(rows, ["id=1 | b=2", "id=2 |", "id=3 |"]);
        let rows = written(&stand_in, &[], UPSERT, &[r#"{"id":1}"#]).await;
        assert_eq!(rows[0], "id=1 | b=2");
    });
}

#[test]
fn conditions_of_a_put() {
    invocation::run(async {
        let stand_in = table().await;
        written(&stand_in, &[], INSERT, &[r#"{"id":1,"v":1}"#]).await;
        let values = [r#"{"id":1,"v":2}"#, r#"{"id":2,"v":2}"#];
        for (condition, bad, row) in
            [("expect_not_exist", 0, "id=1 | v=1"), ("expect_exist", 1, "id=1 | v=2")]
        {
            let mut sink = stand_in.sink(&[("insert.condition", condition)]);
            stand_in.post("tables", json!({"name": "t", "key": [["id", "integer"]]})).await;
            written(&stand_in, &[], INSERT, &[r#"{"id":1,"v":1}"#]).await;
            let outcome = invocation::deliver_values(&mut sink, "t", INSERT, values).await;
            assert_eq!(refused(&outcome), [(bad, Some("OTSConditionCheckFail"))], "{condition}");
            assert_eq!(stand_in.rows("t").await[0], row, "{condition}");
        }
    });
}

#[test]
fn an_update_needs_its_row_and_a_column() {
    invocation::run(async {
        let stand_in = table().await;
        written(&stand_in, &[], INSERT, &[r#"{"id":1,"v":1}"#]).await;
        let mut sink = stand_in.sink(&[]);
        let values = [r#"{"id":1,"v":2}"#, r#"{"id":2,"v":2}"#, r#"{"id":1}"#];
        let outcome = invocation::deliver_values(&mut sink, "t", UPDATE, values[..2].iter()).await;
        assert_eq!(outcome, Ok(Outcome { written: 1, filtered: 1, ..Outcome::default() }));
        let outcome = invocation::deliver_values(&mut sink, "t", UPDATE, values[2..].iter()).await;
        assert_eq!(refused(&outcome), [(0, None)]);
        assert_eq!(stand_in.rows("t").await, ["id=1 | v=2"]);
    });
}

fn now() -> u128 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("the clock is after 1970").as_millis()
}

/// The newest version of a batch stays, whatever the order of its records, and each record's other columns too.
#[test]
fn versions_of_one_key_in_one_batch() {
    invocation::run(async {
        let (stand_in, now) = (table().await, now());
        let at = |ago: u128| now - ago;
        let values = [
            format!(r#"{{"id":1,"v":1,"at":{}}}"#, at(1000)),
            format!(r#"{{"id":1,"v":2,"w":2,"at":{}}}"#, at(2000)),
            format!(r#"{{"id":2,"v":3,"at":{}}}"#, at(3000)),
        ];
        let values = values.each_ref().map(String::as_str);
        let rows = written(&stand_in, &[("version.column", "at")], UPSERT, &values).await;
        assert_eq!(rows, ["id=1 | v=1 w=2", "id=2 | v=3"]);
    });
}

#[test]
fn a_version_in_the_key() {
    invocation::run(async {
        let (stand_in, at) = (StandIn::new(), now() - 1000);
        stand_in.table("t", json!([["id", "integer"], ["at", "integer"]])).await;
        let value = format!(r#"{{"id":1,"v":1,"at":{at}}}"#);
        written(&stand_in, &[("version.column", "at")], UPSERT, &[&value]).await;
        let rows = stand_in.get("rows/t").await;
        assert_eq!(rows[0]["columns"]["v"][2], json!(at));
    });
}

/// Versions come from a field or from the record's time, and a version that the service would refuse costs one row.
#[test]
fn versions_of_cells() {
    invocation::run(async {
        let (stand_in, now) = (table().await, now());
        let mut sink = stand_in.sink(&[("version.column", "at")]);
        let values = [
            format!(r#"{{"id":1,"v":1,"at":{}}}"#, now - 1000),
            format!(r#"{{"id":1,"v":2,"at":{}}}"#, now - 2000),
            r#"{"id":2,"v":1,"at":1}"#.to_owned(),
            r#"{"id":3,"v":1}"#.to_owned(),
        ];
        let mut failed = Vec::new();
        for value in values {
            let outcome = invocation::deliver_values(&mut sink, "t", UPSERT, [value]).await;
            failed.push(refused(&outcome).len());
        }
        assert_eq!(failed, [0, 0, 1, 0]);
        // The later version stays, although it came first.
        assert_eq!(stand_in.rows("t").await, ["id=1 | v=1", "id=3 | v=1"]);
        let rows = stand_in.get("rows/t").await;
        assert_eq!(rows[0]["columns"]["v"][2], json!(now - 1000));
        let rules = [UPSERT, &[("fields.mapping", "$timestamp:at")]].concat();
        let mut sink =
            stand_in.sink(&[("version.column", "at"), ("fields.mapping", "$timestamp:at")]);
        // The event's time is months ago.
        let outcome =
            invocation::deliver_values(&mut sink, "t", &rules, [r#"{"id":4,"v":1}"#]).await;
        assert_eq!(outcome.unwrap().failures[0].cause.column.as_deref(), Some("at"));
    });
}
