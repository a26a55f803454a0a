//! Clauses about a database's own types: of keys, and of columns that it fills in itself.

use sluice_bridge::run::outcome::Outcome;

use super::{Database, Stage};
use crate::event::EventBuilder;
use crate::invocation::{self, BY_KEY, INSERT, UPDATE, UPSERT, all_written};
use crate::table::{Kind, TableSpec};

/// With every type, the row that was put is the one that is changed and deleted.
pub async fn keys_of_every_kind_find_their_row<D: Database>(database: &mut D) {
    let mut lost = Vec::new();
    for (kind, key) in database.keys().await {
        let table = TableSpec::new("t").key("k", Kind::Native(kind)).column("v", Kind::Text);
        let mut stage = Stage::set(database, table, BY_KEY).await;
        let mut seen = Vec::new();
        for (options, text) in [(UPSERT, "a"), (UPSERT, "b"), (UPDATE, "c")] {
            let value = format!(r#"{{"k":{key},"v":"{text}"}}"#);
            let outcome = stage.deliver_by(options, [value]).await;
            seen.push((outcome, stage.column(1).await.concat()));
        }
        let tombstone = EventBuilder::msk().keyed("t", 0, [(format!(r#"{{"k":{key}}}"#), None)]);
        let outcome = stage.deliver_event(&tombstone).await;
        seen.push((outcome, stage.column(1).await.concat()));
        let expected = ["a", "b", "c", ""].map(|text| (Ok(all_written(1)), text.to_owned()));
        if seen != expected {
            lost.push((kind, key, seen));
        }
    }
    assert!(lost.is_empty(), "rows not found: {lost:#?}");
}

/// A record that has only its key inserts a row, or finds one and does not change it.
pub async fn a_record_that_is_nothing_but_its_key<D: Database>(database: &mut D) {
    let counted = database.counted().await.into_iter().map(Kind::Native);
    for kind in counted.chain([Kind::Integer]) {
        let table = TableSpec::new("t").key("id", kind).column("v", Kind::Text);
        let mut stage = Stage::set(database, table, UPSERT).await;
        stage.writes([r#"{"id":1,"v":"kept"}"#]).await;
        stage.writes([r#"{"id":1}"#, r#"{"id":2}"#]).await;
        assert_eq!(stage.rows().await, [["1", "kept"], ["2", "∅"]], "{kind:?}");
        let found = Outcome { written: 1, filtered: 1, ..Outcome::default() };
        let values = [r#"{"id":1}"#, r#"{"id":3}"#];
        assert_eq!(stage.deliver_by(UPDATE, values).await, Ok(found), "{kind:?}");
    }
}

/// A record without values is a row too, alone or among many.
pub async fn a_record_without_a_column_is_a_row_of_defaults<D: Database>(database: &mut D) {
    const MANY: usize = 1_500;
    for kind in database.counted().await {
        let table = TableSpec::new("t")
            .key("id", Kind::Native(kind))
            .column("a", Kind::Text)
            .or("none")
            .column("b", Kind::Text);
        let mut stage = Stage::set(database, table, INSERT).await;
        stage.writes(["{}", "{}"]).await;
        stage.writes([r#"{"b":"x"}"#, "{}"]).await;
        stage.writes(std::iter::repeat_n("{}", MANY)).await;
        let mut rows = stage.rows().await;
        rows.dedup_by(|one, other| one[0] == other[0]);
        assert_eq!(rows.len(), MANY + 4, "{kind}");
        assert!(rows.iter().all(|row| row[1] == "none"), "{kind}");
        assert_eq!(rows.iter().filter(|row| row[2] == "x").count(), 1, "{kind}");
        assert_eq!(rows.iter().filter(|row| row[2] == "∅").count(), MANY + 3, "{kind}");
    }
}

/// A default is computed by the database if the record leaves the column out, and null stays null.
pub async fn defaults_are_computed_where_nothing_is_given<D: Database>(database: &mut D) {
    let [two, now] = D::COMPUTED.map(Kind::Native);
    for options in [INSERT, UPSERT] {
        let table = TableSpec::new("t")
            .key("id", Kind::Integer)
            .column("a", Kind::Text)
            .or("none")
            .column("b", two)
            .column("c", now)
            .column("d", Kind::Text);
        let mut stage = Stage::set(database, table, options).await;
        let values = [
            r#"{"id":1}"#,
            r#"{"id":2,"a":null,"b":null,"c":null,"d":null}"#,
            r#"{"id":3,"a":"x","d":"y"}"#,
        ];
        stage.writes(values).await;
        let mut rows = stage.rows().await;
        let moments = rows.iter_mut().map(|row| row.remove(3) != "∅");
        assert_eq!(moments.collect::<Vec<_>>(), [true, false, true], "{options:?}");
        let expected = [["1", "none", "2", "∅"], ["2", "∅", "∅", "∅"], ["3", "x", "2", "y"]];
        assert_eq!(rows, expected, "{options:?}");
    }
}

/// The database computes a generated column, whatever the record has for it.
pub async fn a_generated_column_is_left_to_the_database<D: Database>(database: &mut D) {
    for kind in database.doubled().await {
        for options in [INSERT, UPSERT] {
            let table = TableSpec::new("t")
                .key("id", Kind::Integer)
                .column("n", Kind::Integer)
                .required()
                .column("twice", Kind::Native(kind));
            let mut stage = Stage::set(database, table, options).await;
            stage.writes([r#"{"id":1,"n":4}"#]).await;
            stage.writes([r#"{"id":2,"n":4,"twice":9}"#]).await;
            assert_eq!(stage.rows().await, [["1", "4", "8"], ["2", "4", "8"]], "{kind}");
            stage.rules = invocation::rules(UPSERT);
            stage.writes([r#"{"id":1,"n":5}"#]).await;
            assert_eq!(stage.rows().await, [["1", "5", "10"], ["2", "4", "8"]], "{kind}");
        }
    }
}
