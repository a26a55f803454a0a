//! Single cases that say what a law means, and what only happens once.

use std::task::{Context, Waker};
use std::time::Duration;

use bumpalo::Bump;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::options::rules::InsertMode;
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::run::pipeline;
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;
use sluice_bridge::sink::Sink;
use sluice_testkit::invocation::{self, TestClock, run};
use sluice_testkit::memory::TextRow;
use sluice_testkit::{
    EventBuilder, Kind, MemoryDatabase, MemorySink, Method, Report, TableSpec, Trouble,
};

use crate::model::{Ask, Field, Sent};
use crate::{event, rules, sink, table};

fn put(key: u8, a: Field, b: Field) -> Sent {
    Sent { key, ask: Ask::Put { a, b } }
}

fn delete(key: u8) -> Sent {
    Sent { key, ask: Ask::Delete }
}

fn deliver(records: &[Sent], tolerance: &str) -> (Result<Outcome, GivenBack>, MemoryDatabase) {
    let database = MemoryDatabase::with([table()]);
    let rules = rules(InsertMode::Upsert, tolerance);
    let mut sink = sink(&database, Report::Pointer);
    (run(invocation::deliver(&mut sink, &event(records), &rules)), database)
}

#[test]
fn delete_put_delete_asks_for_each_key_once() {
    let (outcome, database) =
        deliver(&[delete(0), put(0, Field::Good(1), Field::Absent), delete(0)], "all");
    assert_eq!(outcome.unwrap().written, 3);
    assert_eq!(database.rows("t"), Vec::<TextRow>::new());
}

#[test]
fn a_bad_value_that_is_overwritten_in_its_batch_counts_as_written() {
    let records = [put(0, Field::Bad, Field::Good(1)), put(0, Field::Good(2), Field::Absent)];
    let (outcome, database) = deliver(&records, "all");
    assert_eq!(outcome.unwrap().written, 2);
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(database.rows("t"), [[text("k0"), text("2"), text("1")]]);
}

/// Of several records that became one row the good one is not to be blamed.
#[test]
fn the_culprit_is_never_a_good_record() {
    let records = [put(0, Field::Bad, Field::Absent), put(0, Field::Absent, Field::Good(1))];
    let (outcome, _) = deliver(&records, "none");
    let culprit = outcome.unwrap_err().culprit.map(|(record, _)| record);
    assert_ne!(culprit, Some(1));
}

#[test]
fn pauses_double_and_end_with_the_time() {
    let database = MemoryDatabase::with([table()]);
    let body = event(&[put(0, Field::Good(1), Field::Absent)]);
    let arena = Bump::new();
    let attempt = |millis| {
        let troubled = (0..9).fold(sink(&database, Report::WithoutPointer), |sink, nth| {
            sink.trouble(Method::Write, nth, Trouble::Refused(Fault::Transient))
        });
        let clock = TestClock::new(Duration::from_millis(millis));
        let (mut sink, mut waiting, mut tries) = (troubled, Waiting::default(), Tries::default());
        let rules = rules(InsertMode::Upsert, "all");
        let mut event = Incoming::new(&body, &arena);
        let write =
            pipeline::write(&mut sink, &mut event, &rules, &clock, &mut waiting, &mut tries);
        assert_eq!(run(write).unwrap_err().error.fault, Fault::Transient);
        assert_eq!(tries.retries as usize, clock.pauses().len());
        clock.pauses().iter().map(Duration::as_millis).collect::<Vec<_>>()
    };
    assert_eq!(attempt(900_000), [200, 400, 800, 1600]);
    assert_eq!(attempt(1_000), [200, 400]);
    assert_eq!(attempt(200), Vec::<u128>::new());
}

/// A deadline drops the attempt wherever it hangs; the next one begins afresh.
#[test]
fn an_attempt_that_hangs_can_be_dropped() {
    let rules = rules(InsertMode::Upsert, "all");
    let body = event(&[put(0, Field::Good(1), Field::Absent)]);
    for method in [Method::Begin, Method::Table, Method::Write, Method::Commit] {
        let database = MemoryDatabase::with([table()]);
        let mut sink = sink(&database, Report::WithoutPointer).trouble(method, 0, Trouble::Hang);
        let mut context = Context::from_waker(Waker::noop());
        let mut hanging = Box::pin(invocation::deliver(&mut sink, &body, &rules));
        assert!(hanging.as_mut().poll(&mut context).is_pending());
        drop(hanging);
        assert_eq!(database.changes(), []);
        run(sink.abandon());
        assert_eq!(run(invocation::deliver(&mut sink, &body, &rules)).unwrap().written, 1);
        assert_eq!(database.changes().len(), 1);
    }
}

/// One event may feed several tables; each failure keeps its place in the event.
#[test]
fn topics_go_to_their_own_tables() {
    let tables = ["one", "two"].map(|name| TableSpec::new(name).key("id", Kind::Integer));
    let database = MemoryDatabase::with(tables);
    let mut sink = MemorySink::new(&database, Report::WithoutPointer);
    let rules = invocation::rules(&[
        ("errors.tolerance", "all"),
        ("topics.to.tables.mapping", "a:one,c:one"),
        ("table.name.format", "two"),
    ]);
    let event = EventBuilder::msk()
        .values("a", 0, [r#"{"id":1}"#, r#"{"id":"x"}"#])
        .values("b", 0, [r#"{"id":1}"#, r#"{"id":"x"}"#])
        .values("c", 0, [r#"{"id":2}"#, r#"{"id":1}"#]);
    let outcome = run(invocation::deliver(&mut sink, &event.build(), &rules)).unwrap();
    let failed: Vec<usize> = outcome.failures.iter().map(|failure| failure.record).collect();
    assert_eq!((failed, outcome.written), (vec![1, 3, 5], 3));
    let row = |id: &str| vec![Some(id.to_owned())];
    assert_eq!(database.rows("one"), [row("1"), row("2")]);
    assert_eq!(database.rows("two"), [row("1")]);
}

#[test]
fn a_tombstone_where_deletes_are_off_is_filtered() {
    let database = MemoryDatabase::with([table()]);
    let rules = invocation::rules(&[("insert.mode", "upsert"), ("pk.mode", "record_key")]);
    let body = event(&[put(0, Field::Good(1), Field::Absent), delete(0)]);
    let outcome =
        run(invocation::deliver(&mut sink(&database, Report::WithoutPointer), &body, &rules));
    assert_eq!(outcome, Ok(Outcome { written: 1, filtered: 1, failures: Vec::new() }));
    assert_eq!(database.rows("t").len(), 1);
}

#[test]
fn an_event_without_records_commits_nothing_and_is_no_error() {
    let database = MemoryDatabase::default();
    let rules = rules(InsertMode::Upsert, "none");
    let mut sink = sink(&database, Report::WithoutPointer);
    let outcome = run(invocation::deliver(&mut sink, &event(&[]), &rules));
    assert_eq!(outcome, Ok(Outcome::default()));
}

/// A wide table takes its rows in portions: every key keeps its order across them.
#[test]
fn a_wide_table_is_written_in_portions() {
    const RECORDS: usize = 3_000;
    let columns = (0..1_000).map(|number| format!("c{number}"));
    let wide = columns.fold(TableSpec::new("t").key("id", Kind::Integer), |table, name| {
        table.column(&name, Kind::Integer)
    });
    let database = MemoryDatabase::with([wide]);
    let values = (0..RECORDS).map(|n| format!(r#"{{"id":{},"c7":{n}}}"#, n % 3));
    let body = EventBuilder::msk().values("t", 0, values).build();
    let rules = invocation::rules(&[("insert.mode", "upsert"), ("pk.mode", "record_value")]);
    let mut sink = MemorySink::new(&database, Report::WithoutPointer);
    let outcome = run(invocation::deliver(&mut sink, &body, &rules)).unwrap();
    assert_eq!((outcome.written, sink.calls(Method::Write)), (RECORDS, 2));
    let last: Vec<_> = database.rows("t").into_iter().map(|row| row[8].clone().unwrap()).collect();
    assert_eq!(last, ["2997", "2998", "2999"]);
}

/// Each attempt that makes more of an event durable starts the count of retries again, so that a
/// busy target is given as many as it needs; what is postponed keeps the order of its key.
#[test]
fn rows_that_are_postponed_come_again_as_long_as_that_helps() {
    let database = MemoryDatabase::with([table()]);
    let rules = rules(InsertMode::Upsert, "all");
    let records: Vec<Sent> = (0..64).map(|key| put(key, Field::Good(1), Field::Absent)).collect();
    let busy = |sink: MemorySink, nth| sink.trouble(Method::Write, nth, Trouble::Postponed(2));
    let sink = sink(&database, Report::WithoutPointer).durable_at_once();
    let mut sink = (0..9).fold(sink, busy);
    let body = event(&records);
    let outcome = run(invocation::deliver(&mut sink, &body, &rules)).unwrap();
    assert_eq!((outcome.written, database.changes().len()), (64, 64));
    // 64 rows, of which each attempt takes half: more attempts than `max.retries` would allow.
    assert!(sink.calls(Method::Begin) > 1 + crate::RETRIES);
}

/// The target's `Retry-After` is respected if it is longer than our pause and there is time for it.
#[test]
fn no_attempt_comes_before_the_time_that_the_target_asks_for() {
    let database = MemoryDatabase::with([table()]);
    let body = event(&[put(0, Field::Good(1), Field::Absent)]);
    let arena = Bump::new();
    let attempt = |millis| {
        let asked = Trouble::RetryAfter(700);
        let mut sink = sink(&database, Report::WithoutPointer).trouble(Method::Write, 0, asked);
        let clock = TestClock::new(Duration::from_millis(millis));
        let (mut waiting, mut tries) = (Waiting::default(), Tries::default());
        let rules = rules(InsertMode::Upsert, "all");
        let mut event = Incoming::new(&body, &arena);
        let write =
            pipeline::write(&mut sink, &mut event, &rules, &clock, &mut waiting, &mut tries);
        let written = run(write).map(|outcome| outcome.written);
        (written.ok(), clock.pauses().iter().map(Duration::as_millis).collect::<Vec<_>>())
    };
    assert_eq!(attempt(900_000), (Some(1), vec![700]));
    assert_eq!(attempt(700), (None, vec![]));
}

/// Where a target does not take two rows of one key in one call, an insert is cut.
#[test]
fn a_key_that_comes_again_goes_in_a_call_of_its_own() {
    let calls = |durable: bool| {
        let database = MemoryDatabase::with([table()]);
        let rules = rules(InsertMode::Insert, "all");
        let sink = sink(&database, Report::Rejected);
        let mut sink = if durable { sink.durable_at_once() } else { sink };
        let put = |key| put(key, Field::Good(1), Field::Good(1));
        let body = event(&[put(0), put(2), put(0), put(4)]);
        let outcome = run(invocation::deliver(&mut sink, &body, &rules)).unwrap();
        let failed: Vec<usize> = outcome.failures.iter().map(|failure| failure.record).collect();
        assert_eq!((outcome.written, failed), (3, vec![2]));
        sink.attempts().iter().map(|attempt| attempt.rows).take(2).collect::<Vec<_>>()
    };
    assert_eq!(calls(false)[0], 4);
    assert_eq!(calls(true), [3, 1]);
}

/// Where the target keeps the newest version of a cell, the last record of a key may have an older one: each record
/// is written. Keys that come once still share a call.
#[test]
fn rows_with_versions_are_not_reduced() {
    let calls = |keys: &[u8]| {
        let database = MemoryDatabase::with([table()]);
        let mut sink = sink(&database, Report::Rejected).durable_at_once().keeping_versions();
        let rules = rules(InsertMode::Upsert, "all");
        let puts: Vec<Sent> =
            keys.iter().map(|&key| put(key, Field::Good(1), Field::Good(1))).collect();
        let outcome = run(invocation::deliver(&mut sink, &event(&puts), &rules)).unwrap();
        assert_eq!(outcome.written, keys.len());
        sink.attempts().iter().map(|attempt| attempt.rows).collect::<Vec<_>>()
    };
    assert_eq!(calls(&[0, 0, 2, 0]), [1, 2, 1]);
    assert_eq!(calls(&[4, 0, 2]), [3]);
}

/// A key of an open table gets its column whatever `auto.evolve` says, also if it is null, and case matters.
#[test]
fn an_open_table_takes_any_key() {
    let database = MemoryDatabase::with([TableSpec::new("t").key("id", Kind::Text)]);
    let mut sink = MemorySink::new(&database, Report::Pointer).durable_at_once().open();
    let values = [r#"{"id":"1","a":"x","A":"y","n":null}"#, r#"{"id":"2","a":"z","b":{"c":1}}"#];
    let outcome = run(invocation::deliver_values(&mut sink, "t", invocation::UPSERT, values));
    assert_eq!(outcome, Ok(invocation::all_written(2)));
    let shown = |row: &TextRow| {
        row.iter().map(|it| it.as_deref().unwrap_or("-")).collect::<Vec<_>>().join(" ")
    };
    let rows: Vec<String> = database.rows("t").iter().map(shown).collect();
    assert_eq!(rows, ["1 x y - -", "2 z - - {\"c\":1}"]);
    // What Debezium adds to a flattened record is no column, unless one is named after it.
    let flat = [invocation::UPSERT, &[("value.format", "debezium")]].concat();
    let values = [r#"{"id":"1","a":"w","__deleted":"false","__lsn":7}"#];
    let outcome = run(invocation::deliver_values(&mut sink, "t", &flat, values));
    assert_eq!(outcome, Ok(invocation::all_written(1)));
    assert_eq!(database.rows("t").iter().map(shown).next().as_deref(), Some("1 w y - -"));
    // With a list, and with a name that no column has, nothing changes.
    let only = [invocation::UPSERT, &[("fields.unknown", "ignore")]].concat();
    let values = [r#"{"id":"3","a":"x","other":1}"#];
    let outcome = run(invocation::deliver_values(&mut sink, "t", &only, values));
    assert_eq!(outcome, Ok(invocation::all_written(1)));
    let outcome =
        run(invocation::deliver_values(&mut sink, "t", invocation::UPSERT, [r#"{"id":"4","":1}"#]));
    assert_eq!(invocation::refused(&outcome), [(0, None)]);
    assert_eq!(database.rows("t").iter().map(shown).next_back().as_deref(), Some("3 x - - -"));
}
