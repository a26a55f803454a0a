//! A table whose records are written in several portions comes to what one portion would come to.

use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::options::rules::{InsertMode, Rules};
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::run::portion::Portion;
use sluice_testkit::constraints::{self, Put, Sent};
use sluice_testkit::invocation::{self, deliver_in, run};
use sluice_testkit::memory::TextRow;
use sluice_testkit::{
    EventBuilder, Kind, MemoryDatabase, MemorySink, Method, Report, TableSpec, Trouble,
};

use crate::told;

/// Portions of one record each, for a table of any width.
const SINGLE: Portion = Portion { cells: 1, bytes: usize::MAX };

fn put(key: u8, e: Option<u8>, up: Option<u8>) -> Sent {
    Sent { key, put: Some(Put { e, up, s: Some(1) }) }
}

fn delete(key: u8) -> Sent {
    Sent { key, put: None }
}

fn text(row: &[&str]) -> TextRow {
    row.iter().map(|cell| (*cell != "-").then(|| (*cell).to_owned())).collect()
}

/// Delivers records to a table whose rows refer to each other, one at a time.
fn deliver(tolerance: &str, records: &[Sent]) -> (Result<Outcome, GivenBack>, Vec<TextRow>) {
    let options = [invocation::BY_KEY, &[("errors.tolerance", tolerance)]].concat();
    let database = MemoryDatabase::with([constraints::table("")]);
    let mut sink = MemorySink::new(&database, Report::Pointer).bad(|_, _| false);
    let body = constraints::event(records).build();
    let outcome = run(deliver_in(&mut sink, &body, &invocation::rules(&options), SINGLE));
    (outcome, database.rows("t"))
}

#[test]
fn a_row_may_refer_to_one_of_a_later_portion() {
    for tolerance in ["all", "none"] {
        let (outcome, rows) =
            deliver(tolerance, &[put(1, None, Some(2)), put(2, None, Some(3)), put(3, None, None)]);
        assert_eq!(outcome, Ok(invocation::all_written(3)));
        let expected = [["1", "-", "2", "1"], ["2", "-", "3", "1"], ["3", "-", "-", "1"]];
        assert_eq!(rows, expected.map(|row| text(&row)));
    }
}

#[test]
fn a_value_may_be_given_up_in_a_later_portion() {
    let records = [put(1, Some(7), None), put(2, Some(7), None), put(1, Some(8), None)];
    let (outcome, rows) = deliver("all", &records);
    assert_eq!(outcome, Ok(invocation::all_written(3)));
    assert_eq!(rows, [["1", "8", "-", "1"], ["2", "7", "-", "1"]].map(|row| text(&row)));
}

/// The second portion writes a row that is not valid in its turn, because it comes to something valid as a whole. The third
/// keeps its order, and its valid row conflicts with that one.
#[test]
fn what_an_earlier_portion_has_forgiven_fails_no_valid_row() {
    let records = [
        [put(1, None, None), delete(0), put(0, Some(2), None), put(1, None, None)],
        [put(1, None, None), put(1, Some(2), None), put(0, None, None), put(2, None, None)],
    ];
    let records = [&records.concat()[..], &[put(2, Some(2), Some(1)), delete(0)]].concat();
    let options = [invocation::BY_KEY, &[("errors.tolerance", "all")]].concat();
    let database = MemoryDatabase::with([constraints::table("ON DELETE CASCADE")]);
    let mut sink = MemorySink::new(&database, Report::Pointer).bad(|_, _| false);
    let body = constraints::event(&records).build();
    let portion = Portion { cells: 16, ..SINGLE };
    let outcome = run(deliver_in(&mut sink, &body, &invocation::rules(&options), portion)).unwrap();
    assert_eq!((outcome.written, told(&outcome).failed), (9, vec![5]));
    let rows = [["1", "-", "-", "1"], ["2", "2", "1", "1"]];
    assert_eq!(database.rows("t"), rows.map(|row| text(&row)));
}

/// A second chance after the later portions would undo what a later record of the key did.
#[test]
fn a_refused_row_that_a_later_portion_changes_has_no_second_chance() {
    let records = [put(1, None, Some(3)), put(1, Some(5), None), put(3, None, None)];
    let (outcome, rows) = deliver("all", &records);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.written, told(&outcome).failed), (2, vec![0]));
    assert_eq!(rows, [["1", "5", "-", "1"], ["3", "-", "-", "1"]].map(|row| text(&row)));
    let (outcome, rows) = deliver("none", &records);
    assert_eq!(outcome.unwrap_err().culprit.map(|(record, _)| record), Some(0));
    assert_eq!(rows, Vec::<TextRow>::new());
}

/// So that the next attempt does not write it over the later one either, whichever call fails.
#[test]
fn what_a_durable_row_has_overtaken_is_settled() {
    let rules = invocation::rules(&[invocation::BY_KEY, &[("max.retries", "1")]].concat());
    let records = [
        [put(1, None, Some(3)), put(7, None, None)],
        [put(1, Some(5), None), delete(9)],
        [put(3, None, None), put(8, None, None)],
    ];
    let body = constraints::event(&records.concat()).build();
    let portion = Portion { cells: 8, ..SINGLE };
    for nth in 0..8 {
        let database = MemoryDatabase::with([constraints::table("")]);
        let sink = MemorySink::new(&database, Report::Pointer).bad(|_, _| false).durable_at_once();
        let mut sink = sink.trouble(Method::Write, nth, Trouble::Refused(Fault::Transient));
        let outcome = run(deliver_in(&mut sink, &body, &rules, portion)).unwrap();
        assert_eq!((outcome.written, told(&outcome).failed), (5, vec![0]), "call {nth}");
        let rows = [["1", "5", "-", "1"], ["3", "-", "-", "1"], ["7", "-", "-", "1"]];
        let rows = [&rows[..], &[["8", "-", "-", "1"]]].concat();
        assert_eq!(database.rows("t"), rows.iter().map(|row| text(row)).collect::<Vec<_>>());
        assert!(sink.calls(Method::Write) > 4);
    }
}

fn evolving() -> Rules {
    invocation::rules(&[
        ("auto.create", "true"),
        ("auto.evolve", "true"),
        ("errors.tolerance", "all"),
    ])
}

/// Each of thirty portions has a column of its own, and one that a later portion shows to be text.
#[test]
fn the_columns_that_all_portions_lack_are_created_at_once() {
    let database = MemoryDatabase::with([TableSpec::new("t").column("id", Kind::Integer)]);
    let mut sink = MemorySink::new(&database, Report::Pointer);
    let last = r#"{"id":30,"kind":"thirty"}"#.to_owned();
    let values = (0..30).map(|id| format!(r#"{{"id":{id},"c{id}":1,"kind":{id}}}"#));
    let body = EventBuilder::msk().values("t", 0, values.chain([last])).build();
    let outcome = run(deliver_in(&mut sink, &body, &evolving(), SINGLE));
    assert_eq!(outcome, Ok(invocation::all_written(31)));
    assert_eq!(sink.calls(Method::Begin), 2);
    let rows = database.rows("t");
    assert!(rows.iter().all(|row| row.len() == 32));
    assert_eq!(rows[30].iter().flatten().collect::<Vec<_>>(), ["30", "thirty"]);
}

/// The limit on what is created is one of each table.
#[test]
fn more_tables_may_be_missing_than_one_may_change() {
    let database = MemoryDatabase::default();
    let mut sink = MemorySink::new(&database, Report::Pointer);
    let topics: Vec<String> = (0..25).map(|topic| format!("t{topic}")).collect();
    let event = topics
        .iter()
        .fold(EventBuilder::msk(), |event, topic| event.values(topic, 0, [r#"{"a":1}"#]));
    let outcome = run(invocation::deliver(&mut sink, &event.build(), &evolving()));
    assert_eq!(outcome, Ok(invocation::all_written(25)));
    assert!(topics.iter().all(|topic| database.rows(topic) == [text(&["1"])]));
}

/// What no portion changes: rows are counted once, and the bad ones are named.
#[test]
fn rows_are_counted_once_in_any_portions() {
    let rules = crate::rules(InsertMode::Upsert, "all");
    let values = |id: usize| {
        let a = if id.is_multiple_of(3) { crate::model::BAD } else { "good" };
        (format!("k{id}"), format!(r#"{{"a":"{a}"}}"#))
    };
    let event = (0..10).map(values).fold(EventBuilder::msk(), |event, (key, value)| {
        let record = event.next("t", 0).key(key).value(value);
        event.record(record)
    });
    let body = event.build();
    for cells in [1, 6, 9, 100] {
        let database = MemoryDatabase::with([crate::table()]);
        let mut sink = crate::sink(&database, Report::Pointer);
        let portion = Portion { cells, ..Portion::default() };
        let outcome = run(deliver_in(&mut sink, &body, &rules, portion)).unwrap();
        assert_eq!((outcome.written, told(&outcome).failed), (6, vec![0, 3, 6, 9]), "{cells}");
        assert_eq!(database.rows("t").len(), 6);
    }
}
