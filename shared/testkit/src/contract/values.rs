//! Clauses about the content of the table afterwards.

use super::{Refusal, Stage, Subject};
use crate::event::EventBuilder;
use crate::invocation::{BY_KEY, INSERT, UPSERT, all_written, refused};
use crate::table::{Kind, TableSpec};
use sluice_bridge::run::outcome::Outcome;

fn orders(name: &str) -> TableSpec {
    TableSpec::new(name)
        .key("id", Kind::Integer)
        .column("note", Kind::Text)
        .column("status", Kind::Text)
        .or("new")
}

/// All rows of one event are in the table after the commit.
pub async fn rows_are_written<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, orders("contract_written"), INSERT).await;
    stage.writes([r#"{"id":1,"note":"a"}"#, r#"{"id":2,"note":"b","status":"paid"}"#]).await;
    assert_eq!(stage.rows().await, [["1", "a", S::LEFT_OUT], ["2", "b", "paid"]]);
}

/// Records of several topics and partitions in one event, a bad one among them.
pub async fn topics_of_one_event_go_to_their_own_tables<S: Subject>(subject: &mut S) {
    let other = TableSpec::new("c").column("name", Kind::Text).column("at", Kind::Timestamp);
    subject.create(&other).await;
    let mut stage =
        Stage::set(subject, TableSpec::new("a-b").column("id", Kind::Integer), INSERT).await;
    let event = EventBuilder::self_managed()
        .values("a-b", 0, [r#"{"id":1}"#, r#"{"id":"x"}"#])
        .values("c", 3, [r#"{"name":"n"}"#, r#"{"at":"2026-01-02T03:04:05.678Z"}"#])
        .values("a-b", 1, [r#"{"id":2}"#]);
    assert_eq!(refused(&stage.deliver_event(&event).await), [(1, None)]);
    assert_eq!(stage.rows().await, [["1"], ["2"]]);
    stage.table = other;
    assert_eq!(stage.rows().await, [["n", "∅"], ["∅", "2026-01-02T03:04:05.678Z"]]);
}

/// A row that one table refuses last must not disturb the next table.
pub async fn a_refused_row_before_another_table<S: Subject>(subject: &mut S) {
    for options in [INSERT, UPSERT] {
        let other = TableSpec::new("b").key("id", Kind::Integer);
        subject.create(&other).await;
        let table =
            TableSpec::new("a").key("id", Kind::Integer).column("v", Kind::Integer).except("0");
        let mut stage = Stage::set(subject, table, options).await;
        let event = EventBuilder::msk()
            .values("a", 0, [r#"{"id":1,"v":1}"#, r#"{"id":2,"v":0}"#])
            .values("b", 0, [r#"{"id":1}"#])
            .values("a", 1, [r#"{"id":3,"v":0}"#]);
        let code = stage.subject.code(Refusal::Excepted);
        assert_eq!(refused(&stage.deliver_event(&event).await), [(1, code), (3, code)]);
        assert_eq!(stage.rows().await, [["1", "1"]]);
        stage.table = other;
        assert_eq!(stage.rows().await, [["1"]]);
    }
}

/// An upsert that comes again changes nothing.
pub async fn the_same_upsert_twice_is_one_row<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, orders("contract_twice"), UPSERT).await;
    let values = [r#"{"id":1,"note":"a","status":"paid"}"#, r#"{"id":2,"note":"b"}"#];
    for _ in 0..2 {
        stage.writes(values).await;
        assert_eq!(stage.rows().await, [["1", "a", "paid"], ["2", "b", S::LEFT_OUT]]);
    }
}

/// An upsert changes the columns its record mentions, null among them, and no other.
pub async fn a_later_put_keeps_what_it_leaves_out<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, orders("contract_partial"), UPSERT).await;
    stage.writes([r#"{"id":1,"note":"a","status":"paid"}"#]).await;
    stage.writes([r#"{"id":1,"note":"b"}"#]).await;
    assert_eq!(stage.rows().await, [["1", "b", "paid"]]);
    stage.writes([r#"{"id":1,"status":null}"#, r#"{"id":2,"status":"x"}"#]).await;
    assert_eq!(stage.rows().await, [["1", "b", "∅"], ["2", "∅", "x"]]);
    stage.writes([r#"{"id":1}"#]).await;
    assert_eq!(stage.rows().await, [["1", "b", "∅"], ["2", "∅", "x"]]);
}

/// An insert whose key exists, from an earlier event or the same one, costs only itself.
pub async fn a_duplicate_is_refused_alone<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, orders("contract_duplicate"), INSERT).await;
    stage.writes([r#"{"id":1,"note":"first"}"#]).await;
    let values = [r#"{"id":1}"#, r#"{"id":2,"note":"own"}"#, r#"{"id":2}"#, r#"{"id":3}"#];
    let outcome = stage.deliver(values).await.expect("the others are written");
    let failed: Vec<usize> = outcome.failures.iter().map(|failure| failure.record).collect();
    assert_eq!((failed, outcome.written), (vec![0, 2], 2));
    let rows = [["1", "first", S::LEFT_OUT], ["2", "own", S::LEFT_OUT], ["3", "∅", S::LEFT_OUT]];
    assert_eq!(stage.rows().await, rows);
}

/// An update whose row does not exist is counted as filtered, and inserts nothing.
pub async fn an_update_of_no_row_is_filtered<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, orders("contract_update"), UPSERT).await;
    stage.writes([r#"{"id":2,"note":"old"}"#]).await;
    let update = [("insert.mode", "update"), ("pk.mode", "record_value")];
    stage.rules = crate::invocation::rules(&update);
    let values = [r#"{"id":1,"note":"x"}"#, r#"{"id":2,"note":"new"}"#, r#"{"id":3,"note":"x"}"#];
    let expected = Outcome { written: 1, filtered: 2, ..Outcome::default() };
    assert_eq!(stage.deliver(values).await, Ok(expected));
    assert_eq!(stage.rows().await, [["2", "new", S::LEFT_OUT]]);
}

/// A column left out takes its default, one set to null is null, empty text is text.
pub async fn absent_is_the_default_and_null_is_null<S: Subject>(subject: &mut S) {
    let values = [
        r#"{"id":1}"#,
        r#"{"id":2,"note":null,"status":null}"#,
        r#"{"id":3,"note":"","status":""}"#,
    ];
    for (name, mode) in [("contract_absent_insert", INSERT), ("contract_absent_upsert", UPSERT)] {
        let mut stage = Stage::set(subject, orders(name), mode).await;
        stage.writes(values).await;
        assert_eq!(stage.rows().await, [["1", "∅", S::LEFT_OUT], ["2", "∅", "∅"], ["3", "", ""]]);
    }
}

/// A null in a column that must not be null, given or left out, costs its row; empty text is not
/// null.
pub async fn not_null_costs_one_row<S: Subject>(subject: &mut S) {
    for options in [INSERT, UPSERT] {
        let table = TableSpec::new("t").key("id", Kind::Integer).column("v", Kind::Text).required();
        let mut stage = Stage::set(subject, table, options).await;
        let values =
            [r#"{"id":1,"v":"a"}"#, r#"{"id":2,"v":null}"#, r#"{"id":3}"#, r#"{"id":4,"v":""}"#];
        let outcome = stage.deliver(values).await;
        // A statement with many rows may have to write null for a column that one of them leaves
        // out.
        let codes = [Refusal::Null, Refusal::LeftOut].map(|why| stage.subject.code(why));
        let refused = refused(&outcome);
        assert_eq!(refused.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 2], "{options:?}");
        assert!(refused.iter().all(|it| codes.contains(&it.1)), "{refused:?}");
        let failures = &outcome.as_ref().expect("refused rows are not a fault").failures;
        assert!(failures.iter().all(|failure| failure.cause.column.as_deref() == Some("v")));
        assert_eq!(stage.rows().await, [["1", "a"], ["4", ""]]);
    }
}

/// Text comes back as it was sent, whatever it holds.
pub async fn unicode_comes_back_equal<S: Subject>(subject: &mut S) {
    let texts = [
        "naïve – 東京 – 🦀 – e\u{301}",
        "tab\t newline\n return\r quote\" apostrophe' backslash\\ percent% comma, \\N \\.",
        " spaces around ",
        "NULL",
        "\u{1}\u{7f}\u{feff}\u{fffd}",
        "{not,an,array}",
    ];
    let mut stage = Stage::set(subject, orders("contract_unicode"), UPSERT).await;
    let value = |(id, text): (usize, &&str)| {
        format!(r#"{{"id":{id},"note":{}}}"#, serde_json::Value::from(*text))
    };
    stage.writes(texts.iter().enumerate().map(value)).await;
    let rows = stage.rows().await;
    let notes: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(notes, texts);
}

/// Decimals and integers keep every digit, sent as numbers or as text.
pub async fn big_decimals_come_back_equal<S: Subject>(subject: &mut S) {
    let table = TableSpec::new("contract_decimals")
        .key("id", Kind::Integer)
        .column("amount", Kind::Decimal);
    let amounts = [
        "1234567890123456789012345678.0123456789",
        "-9999999999999999999999999999.9999999999",
        "0.1",
        "0",
        "9007199254740993",
    ];
    let mut stage = Stage::set(subject, table, UPSERT).await;
    let first = 9_223_372_036_854_775_707_u64;
    let number = |(id, amount)| format!(r#"{{"id":{},"amount":{amount}}}"#, first + id);
    let text = |(id, amount)| format!(r#"{{"id":"{}","amount":"{amount}"}}"#, first + 50 + id);
    let numbers = (0..).zip(amounts).map(number);
    stage.writes(numbers.chain((0..).zip(amounts).map(text))).await;
    let row = |id: u64, amount: &str| vec![id.to_string(), amount.to_owned()];
    let expected = (first..).zip(amounts).chain((first + 50..).zip(amounts));
    let expected: Vec<Vec<String>> = expected.map(|(id, amount)| row(id, amount)).collect();
    assert_eq!(stage.rows().await, expected);
}

/// Nested JSON comes back as the same document, whatever kind it is.
pub async fn json_comes_back_equal<S: Subject>(subject: &mut S) {
    let table =
        TableSpec::new("contract_json").key("id", Kind::Integer).column("document", Kind::Json);
    let documents = [
        r#"{"a":[1,{"b":null,"c":"ü\"\\ \u00e9"}],"d":{"e":{"f":[true,false,[]]}},"g":{}}"#,
        "[]",
        r#"[[1,2],["3"],{"a":-0.5}]"#,
    ];
    let mut stage = Stage::set(subject, table, UPSERT).await;
    let value = |(id, document)| format!(r#"{{"id":{id},"document":{document}}}"#);
    stage.writes((0..).zip(documents).map(|pair: (i32, _)| value(pair))).await;
    let parse = |text: &str| -> serde_json::Value { serde_json::from_str(text).expect("JSON") };
    for (row, document) in stage.rows().await.iter().zip(documents) {
        assert_eq!(parse(&row[1]), parse(document));
    }
    assert_eq!(stage.rows().await.len(), documents.len());
}

/// Booleans and moments in ISO form come back equal.
pub async fn booleans_and_times_come_back_equal<S: Subject>(subject: &mut S) {
    let table = TableSpec::new("contract_times")
        .key("id", Kind::Integer)
        .column("paid", Kind::Boolean)
        .column("at", Kind::Timestamp);
    let mut stage = Stage::set(subject, table, UPSERT).await;
    let values = [
        r#"{"id":1,"paid":true,"at":"2026-01-02T03:04:05.678Z"}"#,
        r#"{"id":2,"paid":false,"at":"1969-12-31T23:59:59.999Z"}"#,
        r#"{"id":3,"paid":null,"at":null}"#,
    ];
    stage.writes(values).await;
    let rows = [
        ["1", "true", "2026-01-02T03:04:05.678Z"],
        ["2", "false", "1969-12-31T23:59:59.999Z"],
        ["3", "∅", "∅"],
    ];
    assert_eq!(stage.rows().await, rows);
}

/// A tombstone deletes the row of its key and no other; a tombstone without a row does no harm.
pub async fn a_tombstone_deletes<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, orders("contract_tombstone"), BY_KEY).await;
    let topic = stage.table.name.clone();
    let puts = (1..=3).fold(EventBuilder::msk(), |event, id: i32| {
        let record = event.next(&topic, 0).key(id.to_string()).value(r#"{"note":"a"}"#);
        event.record(record)
    });
    assert_eq!(stage.deliver_event(&puts).await, Ok(all_written(3)));
    let deletes = ["2", "4"].into_iter().fold(EventBuilder::msk(), |event, key| {
        let record = event.next(&topic, 0).key(key);
        event.record(record)
    });
    assert_eq!(stage.deliver_event(&deletes).await, Ok(all_written(2)));
    assert_eq!(stage.rows().await, [["1", "a", S::LEFT_OUT], ["3", "a", S::LEFT_OUT]]);
}

/// Put, delete, put of one key in one event leads to a row without any value of the first put.
pub async fn put_delete_put_is_a_new_row<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, orders("contract_put_delete_put"), BY_KEY).await;
    let topic = stage.table.name.clone();
    let put = |event: EventBuilder, value: &str| {
        let record = event.next(&topic, 0).key("1").value(value);
        event.record(record)
    };
    let delete = |event: EventBuilder| {
        let record = event.next(&topic, 0).key("1");
        event.record(record)
    };
    let event = put(EventBuilder::msk(), r#"{"note":"old","status":"paid"}"#);
    let event = put(delete(event), r#"{"status":"last"}"#);
    for _ in 0..2 {
        assert_eq!(stage.deliver_event(&event).await, Ok(all_written(3)));
        assert_eq!(stage.rows().await, [["1", "∅", "last"]]);
    }
    assert_eq!(stage.deliver_event(&delete(EventBuilder::msk())).await, Ok(all_written(1)));
    assert_eq!(stage.rows().await, Vec::<Vec<String>>::new());
}
