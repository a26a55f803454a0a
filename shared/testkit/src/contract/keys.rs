//! Clauses about rows that are found by their key: upserts, updates, tombstones.

use super::{Refusal, Stage, Subject};
use crate::event::EventBuilder;
use crate::invocation::{BY_KEY, UPDATE, UPSERT, all_written, refused};
use crate::table::{Kind, TableSpec};

/// The parts of a key may have any order, in the record and in the table.
pub async fn a_composite_key_in_another_order<S: Subject>(subject: &mut S) {
    let mut table =
        TableSpec::new("t").column("v", Kind::Text).key("b", Kind::Text).key("a", Kind::Integer);
    table.primary_key.reverse();
    let mut stage = Stage::set(subject, table, BY_KEY).await;
    for (key, value) in [
        (r#"{"b":"x","a":1}"#, r#"{"v":"one"}"#),
        (r#"{"a":1,"b":"y"}"#, r#"{"v":"two"}"#),
        (r#"{"a":1,"b":"x"}"#, r#"{"v":"three"}"#),
    ] {
        let event = EventBuilder::msk().keyed("t", 0, [(key, Some(value))]);
        assert_eq!(stage.deliver_event(&event).await, Ok(all_written(1)));
    }
    assert_eq!(stage.rows().await, [["three", "x", "1"], ["two", "y", "1"]]);
    let event = EventBuilder::msk().keyed("t", 0, [(r#"{"b":"x","a":1}"#, None)]);
    assert_eq!(stage.deliver_event(&event).await, Ok(all_written(1)));
    assert_eq!(stage.rows().await, [["two", "y", "1"]]);
}

/// `pk.mode=kafka`: a record is found by its topic, partition and offset.
pub async fn the_coordinates_of_kafka_as_key<S: Subject>(subject: &mut S) {
    let mut table = TableSpec::new("t")
        .column("v", Kind::Text)
        .key("__connect_offset", Kind::Integer)
        .key("__connect_topic", Kind::Text)
        .key("__connect_partition", Kind::Integer);
    table.primary_key.rotate_left(1);
    let options = [("insert.mode", "upsert"), ("pk.mode", "kafka")];
    let mut stage = Stage::set(subject, table, &options).await;
    for _ in 0..2 {
        let event = EventBuilder::msk().values("t", 7, [r#"{"v":"a"}"#, r#"{"v":"b"}"#]).values(
            "t",
            8,
            [r#"{"v":"c"}"#],
        );
        assert_eq!(stage.deliver_event(&event).await, Ok(all_written(3)));
    }
    let rows = [["a", "0", "t", "7"], ["b", "1", "t", "7"], ["c", "0", "t", "8"]];
    assert_eq!(stage.rows().await, rows);
}

/// An upsert that leaves out a column which must not be null updates the existing row. It is only
/// refused if it would have to insert a row.
pub async fn an_upsert_may_leave_out_what_must_not_be_null<S: Subject>(subject: &mut S) {
    let table = TableSpec::new("t")
        .key("id", Kind::Integer)
        .column("must", Kind::Text)
        .required()
        .column("may", Kind::Text);
    let mut stage = Stage::set(subject, table, UPSERT).await;
    stage.writes([r#"{"id":1,"must":"a","may":"b"}"#, r#"{"id":2,"must":"c","may":"d"}"#]).await;
    let values = [
        r#"{"id":2,"may":"new"}"#,
        r#"{"id":3,"may":"no such row"}"#,
        r#"{"id":1}"#,
        r#"{"id":4}"#,
        r#"{"id":5,"must":"e"}"#,
    ];
    let outcome = stage.deliver(values).await;
    let code = stage.subject.code(Refusal::LeftOut);
    assert_eq!(refused(&outcome), [(1, code), (3, code)]);
    let failures = outcome.expect("refused rows are not a fault").failures;
    assert!(failures.iter().all(|failure| failure.cause.column.as_deref() == Some("must")));
    assert_eq!(stage.rows().await, [["1", "a", "b"], ["2", "c", "new"], ["5", "e", "∅"]]);
}

/// Updates of missing rows are filtered, refused updates cost only themselves, and an update that
/// changes nothing counts as written.
pub async fn updates_of_missing_rows_are_filtered<S: Subject>(subject: &mut S) {
    let table = TableSpec::new("t")
        .key("id", Kind::Integer)
        .column("v", Kind::Text)
        .column("n", Kind::Integer)
        .except("1000");
    let mut stage = Stage::set(subject, table, UPSERT).await;
    stage.writes([1, 3, 4].map(|id| format!(r#"{{"id":{id},"v":"old","n":{id}}}"#))).await;
    let values = [
        r#"{"id":1,"v":"A"}"#,
        r#"{"id":2,"v":"B"}"#,
        r#"{"id":3,"n":1000}"#,
        r#"{"id":4,"n":4}"#,
        r#"{"id":"x","v":"C"}"#,
    ];
    let outcome = stage.deliver_by(UPDATE, values).await;
    assert_eq!(refused(&outcome), [(2, stage.subject.code(Refusal::Excepted)), (4, None)]);
    let outcome = outcome.expect("refused rows are not a fault");
    assert_eq!((outcome.written, outcome.filtered), (2, 1));
    assert_eq!(stage.rows().await, [["1", "A", "1"], ["3", "old", "3"], ["4", "old", "4"]]);
}

/// Whether a value is refused must not depend on the other rows of its batch.
pub async fn a_refused_value_is_not_covered_up_by_a_later_record_of_its_key<S: Subject>(
    subject: &mut S,
) {
    for (values, bad) in [
        ([r#"{"id":1,"n":"many","m":5}"#, r#"{"id":1,"n":2}"#], 0),
        ([r#"{"id":1,"n":2}"#, r#"{"id":1,"n":"many","m":5}"#], 1),
    ] {
        let table = TableSpec::new("t")
            .key("id", Kind::Integer)
            .column("n", Kind::Integer)
            .column("m", Kind::Integer);
        let mut stage = Stage::set(subject, table, UPSERT).await;
        assert_eq!(refused(&stage.deliver(values).await), [(bad, None)]);
        assert_eq!(stage.rows().await, [["1", "2", "∅"]]);
    }
}
