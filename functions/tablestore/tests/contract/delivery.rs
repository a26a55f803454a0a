//! How rows are sent: in as few requests as possible, with one operation for each key, in each key's order.

use serde_json::{Value, json};
use sluice_testkit::EventBuilder;
use sluice_testkit::invocation::{self, BY_KEY, INSERT, UPSERT, all_written};

use crate::stand_in::StandIn;

async fn table() -> StandIn {
    let stand_in = StandIn::new();
    stand_in.table("t", json!([["id", "integer"]])).await;
    stand_in
}

fn sizes(requests: &[Value]) -> Vec<u64> {
    let mut sizes: Vec<u64> =
        requests.iter().map(|request| request["rows"].as_u64().unwrap_or_default()).collect();
    sizes.sort_unstable();
    sizes
}

/// The table is described once, and a request has up to 200 rows.
#[test]
fn requests_are_full() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = stand_in.sink(&[]);
        let values = |from: usize| (from..from + 450).map(|id| format!(r#"{{"id":{id},"v":1}}"#));
        for (from, options) in [(0, INSERT), (200, UPSERT)] {
            let outcome = invocation::deliver_values(&mut sink, "t", options, values(from)).await;
            assert_eq!(outcome, Ok(all_written(450)));
        }
        assert_eq!(stand_in.rows("t").await.len(), 650);
        let requests = stand_in.requests("BatchWriteRow").await;
        assert_eq!(sizes(&requests), [50, 50, 200, 200, 200, 200]);
        assert_eq!(stand_in.requests("DescribeTable").await.len(), 1);
    });
}

/// The bytes of a request are counted as they are sent: the stand-in refuses more than 4 MB.
#[test]
fn large_rows_go_by_their_bytes() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = stand_in.sink(&[]);
        let text = "a".repeat(1_000_000);
        let values = (0..5).map(|id| format!(r#"{{"id":{id},"v":"{text}"}}"#));
        let outcome = invocation::deliver_values(&mut sink, "t", INSERT, values).await;
        assert_eq!(outcome, Ok(all_written(5)));
        let requests = stand_in.requests("BatchWriteRow").await;
        assert_eq!(sizes(&requests), [1, 4]);
    });
}

#[test]
fn one_key_many_times_ends_as_its_last_record() {
    invocation::run(async {
        for (options, row) in [(INSERT, "id=1 | b=3"), (UPSERT, "id=1 | a=1 b=3")] {
            let stand_in = table().await;
            let mut sink = stand_in.sink(&[]);
            let values = [
                r#"{"id":1,"a":1}"#,
                r#"{"id":2,"a":1}"#,
                r#"{"id":1.0,"b":2}"#,
                r#"{"id":"1","b":3}"#,
            ];
            let outcome = invocation::deliver_values(&mut sink, "t", options, values).await;
            assert_eq!(outcome, Ok(all_written(4)), "{options:?}");
            assert_eq!(stand_in.rows("t").await, [row, "id=2 | a=1"], "{options:?}");
        }
    });
}

/// A delivery that comes again changes nothing, deletes included.
#[test]
fn a_redelivery_changes_nothing() {
    invocation::run(async {
        let stand_in = table().await;
        let event = EventBuilder::msk().keyed(
            "t",
            0,
            [
                ("1", Some(r#"{"a":1}"#)),
                ("2", Some(r#"{"a":1,"b":2}"#)),
                ("1", None),
                ("2", Some(r#"{"a":null}"#)),
                ("1", Some(r#"{"c":3}"#)),
            ],
        );
        for _ in 0..2 {
            let mut sink = stand_in.sink(&[]);
            let rules = invocation::rules(BY_KEY);
            let outcome = invocation::deliver(&mut sink, &event.build(), &rules).await;
            assert_eq!(outcome, Ok(all_written(5)));
            assert_eq!(stand_in.rows("t").await, ["id=1 | c=3", "id=2 | b=2"]);
        }
    });
}

/// `pk.mode=kafka` needs no key in the records, and a redelivery finds its rows.
#[test]
fn the_coordinates_are_a_key() {
    invocation::run(async {
        let stand_in = StandIn::new();
        let key = json!([
            ["__connect_topic", "string"],
            ["__connect_partition", "integer"],
            ["__connect_offset", "integer"]
        ]);
        stand_in.table("t", key).await;
        let options = [INSERT, &[("pk.mode", "kafka")]].concat();
        for _ in 0..2 {
            let mut sink = stand_in.sink(&[]);
            let values = [r#"{"a":1}"#, r#"{"a":2}"#];
            let outcome = invocation::deliver_values(&mut sink, "t", &options, values).await;
            assert_eq!(outcome, Ok(all_written(2)));
        }
        let row = |offset| {
            format!(
                r#"__connect_offset={offset} __connect_partition=0 __connect_topic="t" | a={}"#,
                offset + 1
            )
        };
        assert_eq!(stand_in.rows("t").await, [row(0), row(1)]);
    });
}

/// Only columns with a type are written, as with the vendor's list of columns.
#[test]
fn a_list_of_columns() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = stand_in.sink(&[("columns.types", "a:integer,b:string")]);
        let options = [UPSERT, &[("fields.unknown", "ignore")]].concat();
        let values = [r#"{"id":1,"a":"7","b":8,"c":9}"#, r#"{"id":2,"a":"x","c":9}"#];
        let outcome = invocation::deliver_values(&mut sink, "t", &options, values).await;
        assert_eq!(invocation::refused(&outcome), [(1, None)]);
        assert_eq!(stand_in.rows("t").await, [r#"id=1 | a=7 b="8""#]);
    });
}

/// Both versions of the signature, and credentials of STS.
#[test]
fn every_way_to_log_in() {
    invocation::run(async {
        let stand_in = table().await;
        for (id, options) in [
            (1, &[("connection.signature", "v2")][..]),
            (2, &[("connection.signature", "v4"), ("connection.token", "of-a-role")]),
            (3, &[("connection.signature", "v2"), ("connection.token", "of-a-role")]),
        ] {
            let mut sink = stand_in.sink(options);
            let value = format!(r#"{{"id":{id}}}"#);
            let outcome = invocation::deliver_values(&mut sink, "t", INSERT, [value]).await;
            assert_eq!(outcome, Ok(all_written(1)), "{options:?}");
            stand_in.faults(json!([{"kind": "token", "token": "of-a-role"}])).await;
        }
    });
}
