//! `auto.create`: a missing table is made once.

use serde_json::json;
use sluice_bridge::model::change::{ColumnKind, NewColumn, SchemaChange, Size};
use sluice_bridge::model::failure::Fault;
use sluice_bridge::model::table::TableName;
use sluice_bridge::sink::{DryRun, Sink};
use sluice_testkit::EventBuilder;
use sluice_testkit::invocation::{self, BY_KEY, INSERT, all_written};

use crate::stand_in::StandIn;

const CREATE: (&str, &str) = ("auto.create", "true");

#[test]
fn a_missing_table_is_made_once_and_waited_for() {
    invocation::run(async {
        let stand_in = StandIn::new();
        // The first rows are refused, because the table is new.
        stand_in.faults(json!([{"kind": "new", "refusals": 3}])).await;
        let event = EventBuilder::msk().keyed(
            "orders",
            0,
            [
                (r#"{"shop":"a","id":1}"#, Some(r#"{"v":1,"none":null}"#)),
                (r#"{"shop":"a","id":2}"#, Some(r#"{"v":2,"w":"x"}"#)),
            ],
        );
        let options = [BY_KEY, &[CREATE]].concat();
        let mut sink = stand_in.sink(&[]);
        let rules = invocation::rules(&options);
        let outcome = invocation::deliver(&mut sink, &event.build(), &rules).await;
        assert_eq!(outcome, Ok(all_written(2)));
        let rows = [r#"id=1 shop="a" | v=1"#, r#"id=2 shop="a" | v=2 w="x""#];
        assert_eq!(stand_in.rows("orders").await, rows);
        assert_eq!(stand_in.requests("CreateTable").await.len(), 1);
    });
}

#[test]
fn a_table_that_never_gets_ready_is_given_back() {
    invocation::run(async {
        let stand_in = StandIn::new();
        stand_in.faults(json!([{"kind": "new", "refusals": 1000}])).await;
        let options =
            [INSERT, &[CREATE, ("pk.mode", "record_value"), ("pk.fields", "id")]].concat();
        let mut sink = stand_in.sink(&[]);
        let given_back =
            invocation::deliver_values(&mut sink, "t", &options, [r#"{"id":1}"#]).await;
        let error = given_back.unwrap_err().error;
        assert_eq!(
            (error.fault, error.cause.code.as_deref()),
            (Fault::Transient, Some("OTSTableNotReady"))
        );
        assert_eq!(error.cause.retry_after_ms, 2_000);
        assert_eq!(stand_in.requests("CreateTable").await.len(), 1);
        assert!(stand_in.requests("BatchWriteRow").await.len() <= 4);
    });
}

/// How often an event may make something is counted for each table: here each needs itself and its column.
#[test]
fn many_tables_in_the_first_event_of_a_process() {
    invocation::run(async {
        let stand_in = StandIn::new();
        let record = |event: EventBuilder, number| {
            event.keyed(&format!("t{number}"), 0, [(r#"{"id":1}"#, Some(r#"{"v":1}"#))])
        };
        let event = (0..25).fold(EventBuilder::msk(), record).build();
        let rules = invocation::rules(&[BY_KEY, &[CREATE]].concat());
        // The second process finds the tables, and learns their columns.
        for process in 1..=2 {
            let mut sink = stand_in.sink(&[]);
            let outcome = invocation::deliver(&mut sink, &event, &rules).await;
            assert_eq!(outcome, Ok(all_written(25)), "{process}");
        }
        assert_eq!(stand_in.requests("CreateTable").await.len(), 25);
        assert_eq!(stand_in.rows("t24").await, ["id=1 | v=1"]);
    });
}

/// Numbers of the service: each delivery is another row, and nothing can be found by that key.
#[test]
fn a_key_that_the_service_numbers() {
    invocation::run(async {
        let stand_in = StandIn::new();
        let options =
            [INSERT, &[CREATE, ("pk.mode", "record_value"), ("pk.fields", "shop")]].concat();
        let own = [
            ("auto.create.auto.increment", "seq"),
            ("auto.create.time.to.live", "86400"),
            ("columns.types", "shop:string"),
        ];
        let mut sink = stand_in.sink(&own);
        let values = [r#"{"shop":7,"v":1}"#, r#"{"shop":7,"v":2}"#];
        for _ in 0..2 {
            let outcome = invocation::deliver_values(&mut sink, "t", &options, values).await;
            assert_eq!(outcome, Ok(all_written(2)));
            sink = stand_in.sink(&[]);
        }
        let row = |seq, v| format!(r#"seq={seq} shop="7" | v={v}"#);
        assert_eq!(stand_in.rows("t").await, [row(1, 1), row(2, 2), row(3, 1), row(4, 2)]);
        let upsert = [
            ("insert.mode", "upsert"),
            ("pk.mode", "record_value"),
            ("pk.fields", "shop"),
            ("errors.tolerance", "all"),
        ];
        let given_back = invocation::deliver_values(&mut sink, "t", &upsert, values).await;
        let error = given_back.unwrap_err().error;
        assert!(
            error.fault == Fault::Fatal && error.to_string().contains("whole primary key"),
            "{error}"
        );
    });
}

/// What the rules leave out of a row is no column of a new table either.
#[test]
fn a_new_table_gets_no_column_that_is_left_out() {
    invocation::run(async {
        let value = r#"{"id":1,"v":1,"__deleted":"false","__op":"u"}"#;
        for (option, value_of_it, row) in
            [("fields.unknown", "ignore", "id=1 |"), ("value.format", "debezium", "id=1 | v=1")]
        {
            let stand_in = StandIn::new();
            let mut sink = stand_in.sink(&[]);
            let key = [CREATE, ("pk.mode", "record_value"), ("pk.fields", "id")];
            let options = [INSERT, &key, &[(option, value_of_it)]].concat();
            let outcome = invocation::deliver_values(&mut sink, "t", &options, [value]).await;
            assert_eq!(outcome, Ok(all_written(1)), "{option}");
            assert_eq!(stand_in.rows("t").await, [row], "{option}");
        }
    });
}

/// A key that no table can have is the records' fault, no key at all is that of the options; without `auto.create` a missing table is nobody's.
#[test]
fn what_cannot_be_made() {
    invocation::run(async {
        let stand_in = StandIn::new();
        let mut sink = stand_in.sink(&[]);
        let options =
            [INSERT, &[CREATE, ("pk.mode", "record_value"), ("pk.fields", "id")]].concat();
        let outcome = invocation::deliver_values(&mut sink, "t", &options, [r#"{"id":1.5}"#]).await;
        let failures = outcome.unwrap().failures;
        assert!(
            failures[0].cause.message.contains("must be string, integer or binary"),
            "{failures:?}"
        );
        let given_back = invocation::deliver_values(&mut sink, "t", INSERT, [r#"{"id":1}"#]).await;
        assert_eq!(given_back.unwrap_err().error.fault, Fault::Fatal);
        let options = [INSERT, &[CREATE]].concat();
        let given_back =
            invocation::deliver_values(&mut sink, "t", &options, [r#"{"id":1}"#]).await;
        let error = given_back.unwrap_err().error;
        assert!(
            error.fault == Fault::Fatal && error.to_string().contains("needs a primary key"),
            "{error}"
        );
        assert_eq!(stand_in.requests("CreateTable").await.len(), 0);
    });
}

/// A check of records needs no definition of their columns, and makes no table.
#[test]
fn a_dry_run_makes_nothing() {
    invocation::run(async {
        let stand_in = StandIn::new();
        stand_in.table("t", json!([["id", "integer"]])).await;
        let mut sink = stand_in.sink(&[]);
        let name = TableName::parse("t").unwrap();
        let column = NewColumn {
            name: "v".to_owned(),
            kind: ColumnKind::Text,
            size: Size::Most,
            default: None,
        };
        sink.table(&name).await.unwrap();
        let columns = SchemaChange::Columns { table: name.clone(), columns: vec![column.clone()] };
        sink.begin_dry_run(&[columns]).await.unwrap();
        let table = sink.table(&name).await.unwrap().expect("a table");
        assert!(table.columns.iter().any(|column| column.name == "v"));
        assert!(sink.why_not_tried(&table).is_some());
        let missing = TableName::parse("missing").unwrap();
        let table = SchemaChange::Table { name: missing, columns: vec![column], key: vec![0] };
        let error = sink.begin_dry_run(&[table]).await.unwrap_err();
        assert_eq!(error.fault, Fault::Fatal);
        assert_eq!(stand_in.requests("CreateTable").await.len(), 0);
    });
}
