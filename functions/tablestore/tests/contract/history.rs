//! What becomes of a record does not depend on the records that the process had before.

use serde_json::json;
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::invocation::{self, Options, UPSERT, all_written};

use crate::stand_in::StandIn;

/// The rows after these values, by a process that has had others before, of other rows.
async fn written(own: Options<'_>, before: &[&str], values: &[&str]) -> Vec<String> {
    let stand_in = StandIn::new();
    stand_in.table("t", json!([["id", "integer"]])).await;
    let mut sink = stand_in.sink(own);
    let shared = own.iter().filter(|(name, _)| *name != "columns.types");
    let rules: Vec<_> = UPSERT.iter().chain(shared).copied().collect();
    for values in [before, values] {
        for value in values {
            let outcome = invocation::deliver_values(&mut sink, "t", &rules, [*value]).await;
            assert_eq!(outcome, Ok::<Outcome, _>(all_written(1)), "{value}");
        }
    }
    let rows = stand_in.rows("t").await;
    rows.into_iter().filter(|row| !row.starts_with("id=9")).collect()
}

/// A null, a value and an object under one key, in any order: an object is always taken apart.
#[test]
fn an_object_is_taken_apart_whatever_its_key_had_before() {
    let flat: Options<'_> = &[("flatten.delimiter", "_")];
    let earlier = [
        &[][..],
        &[r#"{"id":9,"a":null}"#],
        &[r#"{"id":9,"a":7}"#, r#"{"id":9,"a_b":7}"#],
        &[r#"{"id":9,"a":{}}"#, r#"{"id":9,"a":{"b":{"c":1}}}"#],
    ];
    invocation::run(async {
        for before in earlier {
            let values = [
                r#"{"id":1,"a":{"b":1,"c":{"d":2}}}"#,
                r#"{"id":2,"a_b":1,"a":7}"#,
                r#"{"id":2,"a":null}"#,
                r#"{"id":3,"a":{}}"#,
            ];
            let rows = written(flat, before, &values).await;
            let expected = ["id=1 | a_b=1 a_c_d=2", "id=2 | a_b=1", r#"id=3 | a="{}""#];
            assert_eq!(rows, expected, "after {before:?}");
        }
        // A column that an option names takes the object, and a null of an object is one of its columns.
        let named: Options<'_> =
            &[("flatten.delimiter", "_"), ("columns.types", "o:string,a_b:integer")];
        for before in [&[][..], &[r#"{"id":9,"a":null,"o":null}"#, r#"{"id":9,"a":7}"#]] {
            let values = [r#"{"id":1,"o":{"b":1},"a":{"b":1}}"#, r#"{"id":1,"a":null}"#];
            assert_eq!(written(named, before, &values).await, [r#"id=1 | o="{\"b\":1}""#]);
        }
    });
}

/// Declared bytes are binary in every column without a type, also where a mapping names it.
#[test]
fn declared_bytes_are_binary_whatever_their_column_had_before() {
    let schema = r#"{"type":"struct","fields":[{"field":"id","type":"int32"},{"field":"b","type":"bytes"}]}"#;
    let bytes = |id: u8| format!(r#"{{"schema":{schema},"payload":{{"id":{id},"b":"AP8="}}}}"#);
    let (earlier, value) = (bytes(9), bytes(1));
    let text = r#"{"id":2,"b":"AP8="}"#;
    invocation::run(async {
        for (column, own) in [("b", &[][..]), ("m", &[("fields.mapping", "b:m")])] {
            for before in [&[][..], &[r#"{"id":9,"b":"text"}"#], &[&earlier]] {
                let rows = written(own, before, &[&value, text]).await;
                let binary = format!(r#"id=1 | {column}=base64:"AP8=""#);
                assert_eq!(rows, [binary, format!(r#"id=2 | {column}="AP8=""#)], "{before:?}");
            }
        }
        let own: Options<'_> = &[("fields.mapping", "b:m"), ("columns.types", "m:string")];
        let outcome = written(own, &[], &[text]).await;
        assert_eq!(outcome, [r#"id=2 | m="AP8=""#]);
    });
}
