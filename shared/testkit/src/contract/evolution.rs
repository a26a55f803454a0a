//! Clauses about `auto.evolve`: tables that lack columns.

use sluice_bridge::model::change::ColumnKind::{Booleans, Decimals, Integers, Text};

use super::creation::{CREATE, expected_columns};
use super::{Database, Stage};
use crate::invocation::{self, Options, all_written, deliver_values, refused};
use crate::table::{Kind, TableSpec};

const EVOLVE: Options<'_> = &[("auto.evolve", "true"), ("errors.tolerance", "all")];

/// A key without a column gets one, once; a value that does not fit it is refused.
pub async fn a_key_without_a_column_gets_one<D: Database>(database: &mut D) {
    let table = TableSpec::new("t").key("id", Kind::Integer).column("Name", Kind::Text);
    let mut stage = Stage::set(database, table, EVOLVE).await;
    stage
        .writes([r#"{"id":1,"name":"x","a":"y","n":null}"#, r#"{"id":2,"b":1.5,"ID2":true}"#])
        .await;
    let columns =
        [("id", Integers), ("Name", Text), ("a", Text), ("b", Decimals), ("ID2", Booleans)];
    let expected = expected_columns(stage.subject, &columns, &["id"]);
    assert_eq!(stage.subject.columns("t").await, expected);
    let outcome = stage.deliver([r#"{"id":3,"b":"x"}"#, r#"{"id":4}"#]).await;
    assert_eq!(refused(&outcome), [(0, None)]);
    stage.rules = invocation::rules(&[EVOLVE, &[("fields.unknown", "ignore")]].concat());
    stage.writes([r#"{"id":5,"c":1}"#, r#"{"id":6,"a":"z"}"#]).await;
    assert_eq!(stage.subject.columns("t").await, expected);
    stage.table = stage.table.column("a", Kind::Text).column("b", Kind::Decimal);
    let rows = [
        ["1", "x", "y", "∅"],
        ["2", "∅", "∅", "1.5"],
        ["4", "∅", "∅", "∅"],
        ["5", "∅", "∅", "∅"],
        ["6", "∅", "z", "∅"],
    ];
    assert_eq!(stage.rows().await, rows);
}

/// A name that no column can have costs its record; every other name becomes a column.
pub async fn a_name_that_no_column_can_have_is_refused<D: Database>(database: &mut D) {
    const GOOD: [&str; 5] =
        ["\"; DROP TABLE t; --", "`; DROP TABLE t; -- ;", "select", "Ünïcode 名", " x"];
    let table = TableSpec::new("t").column("id", Kind::Integer);
    let mut stage = Stage::set(database, table, EVOLVE).await;
    let too_long = "x".repeat(D::LONGEST + 1);
    let impossible: Vec<&str> =
        D::IMPOSSIBLE.iter().copied().chain([&*too_long, "", "a\0b"]).collect();
    let one = |name: &&str| format!(r#"{{"id":1,{}:1}}"#, serde_json::Value::from(*name));
    let values: Vec<String> = impossible.iter().chain(&GOOD).map(one).collect();
    let outcome = stage.deliver(values).await;
    let bad: Vec<_> = (0..impossible.len()).map(|nth| (nth, None)).collect();
    assert_eq!(refused(&outcome), bad);
    let columns: Vec<_> = ["id"].into_iter().chain(GOOD).map(|name| (name, Integers)).collect();
    assert_eq!(stage.subject.columns("t").await, expected_columns(stage.subject, &columns, &[]));
}

/// Invocations that create one table at the same time create one, with the columns of all.
pub async fn invocations_that_race_make_one_table_of_all_columns<D: Database>(database: &mut D) {
    const RACERS: usize = 8;
    let options = [CREATE, &[("auto.evolve", "true"), ("max.retries", "10")]].concat();
    for round in 0..3 {
        database.drop_table(&TableSpec::new("t")).await;
        let mut races = Vec::new();
        for nth in 0..RACERS {
            let (mut sink, options) = (database.sink().await, &options);
            races.push(async move {
                let value = format!(r#"{{"shared":{nth},"own{nth}":"x"}}"#);
                deliver_values(&mut sink, "t", options, [value]).await
            });
        }
        let outcomes = futures_util::future::join_all(races).await;
        let all = outcomes.iter().all(|outcome| *outcome == Ok(all_written(1)));
        assert!(all, "{round}: {outcomes:?}");
        let mut found = database.columns("t").await;
        found.sort();
        let own: Vec<String> = (0..RACERS).map(|nth| format!("own{nth}")).collect();
        let own = own.iter().map(|name| (&**name, Text));
        let columns: Vec<_> = own.chain([("shared", Integers)]).collect();
        assert_eq!(found, expected_columns(database, &columns, &[]), "{round}");
        let table = TableSpec::new("t").column("shared", Kind::Integer);
        assert_eq!(database.rows(&table).await.len(), RACERS, "{round}");
    }
}
