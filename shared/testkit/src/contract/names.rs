//! Clauses about names that are only possible with quotes.

use sluice_bridge::model::failure::Fault;

use super::{Database, Stage};
use crate::event::EventBuilder;
use crate::invocation::{BY_KEY, INSERT, UPDATE, UPSERT, all_written, deliver_values, refused};
use crate::table::{Kind, TableSpec};

const HOSTILE: [&str; 10] = [
    "order",
    "Mixed Case",
    "quote\"d",
    "semi;colon--",
    "dotted.topic.name",
    "naïve-東京",
    "$1",
    "new\nline",
    "o'clock\\",
    "c0",
];

fn quoted(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}

/// Every way to write works for tables and columns of any name.
pub async fn hostile_names_of_tables_and_columns<D: Database>(database: &mut D) {
    for name in HOSTILE.iter().chain(D::NAMES).copied() {
        let table = TableSpec::new(name)
            .key("id", Kind::Integer)
            .column(name, Kind::Text)
            .column("must", Kind::Text)
            .required()
            .column("select", Kind::Native(D::UNLIKE));
        let mut stage = Stage::set(database, table, BY_KEY).await;
        let value =
            |id: i32, text: &str| format!(r#"{{"id":{id},{}:"{text}","must":"m"}}"#, quoted(name));
        let part = format!(r#"{{"id":1,{}:"f"}}"#, quoted(name));
        for (options, values) in [
            (INSERT, vec![value(1, "a"), value(2, "b")]),
            (UPSERT, vec![value(2, "c"), value(3, "d")]),
            (UPDATE, vec![value(3, "e")]),
            // What must not be null is left out: the row has to be found first.
            (UPSERT, vec![part]),
        ] {
            let expected = Ok(all_written(values.len()));
            assert_eq!(stage.deliver_by(options, values).await, expected, "{name}: {options:?}");
        }
        assert_eq!(stage.column(1).await, ["f", "c", "e"], "{name}");
        let tombstone = EventBuilder::msk().keyed(name, 0, [("2", None)]);
        assert_eq!(stage.deliver_event(&tombstone).await, Ok(all_written(1)), "{name}");
        assert_eq!(stage.column(1).await, ["f", "e"], "{name}");
    }
}

/// Whatever the names of table and column, the row that the database names is the bad one.
pub async fn hostile_names_do_not_point_at_another_row<D: Database>(database: &mut D) {
    let (kind, bad) = D::POINTED;
    let mut misled = Vec::new();
    for name in D::POINTERS {
        let table = TableSpec::new(name).key("id", Kind::Integer).column(name, Kind::Native(kind));
        let mut stage = Stage::set(database, table, INSERT).await;
        let value = |id| {
            let text = if id == 5 { bad } else { "fine" };
            format!(r#"{{"id":{id},{}:"{text}"}}"#, quoted(name))
        };
        let outcome = stage.deliver((0..9).map(value)).await;
        let refused: Vec<usize> = refused(&outcome).iter().map(|it| it.0).collect();
        let stored = stage.rows().await.len();
        if refused != [5] || stored != 8 {
            misled.push((name, outcome));
        }
    }
    assert!(misled.is_empty(), "innocent rows were refused in {misled:#?}");
}

/// A name that is too long must not match a table with the truncated name.
pub async fn a_name_too_long_is_no_other_table<D: Database>(database: &mut D) {
    let longest = "n".repeat(D::LONGEST);
    let table = TableSpec::new(&longest).column("id", Kind::Integer);
    let mut stage = Stage::set(database, table, INSERT).await;
    stage.writes([r#"{"id":1}"#]).await;
    let too_long = format!("{longest}n");
    for name in D::IMPOSSIBLE.iter().copied().chain([&*too_long]) {
        let outcome = deliver_values(&mut stage.sink, name, INSERT, [r#"{"id":2}"#]).await;
        let error = outcome.expect_err(name).error;
        assert_eq!(error.fault, Fault::Fatal, "{name}: {error}");
    }
    assert_eq!(stage.rows().await, [["1"]]);
}
