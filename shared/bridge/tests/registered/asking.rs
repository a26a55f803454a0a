//! The registry is asked for what records need, once, and its faults are never those of records.

use std::cell::RefCell;
use std::time::Duration;

use bumpalo::Bump;
use futures_util::FutureExt;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaKind};
use sluice_bridge::model::failure::{Fault, GivenBack, SinkError};
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::run::pipeline::{self, Registry};
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;
use sluice_bridge::sink::Sink;
use sluice_testkit::invocation::{self, TestClock, run};
use sluice_testkit::memory::TextRow;
use sluice_testkit::{
    EventBuilder, Kind, MemoryDatabase, MemorySink, Method, RecordBuilder, Report, TableSpec,
    Trouble,
};

use crate::avro::{long, sized};
use crate::{Options, REGISTRY, schema};

const ROW: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},{"name":"a","type":"string"}]}"#;

/// A registry that answers what it is told to.
pub(crate) struct Scripted<F> {
    known: KnownSchemas,
    asked: RefCell<Vec<Vec<SchemaId>>>,
    answer: F,
}

impl<F> Scripted<F>
where
    F: Fn(usize, SchemaId) -> Result<Answer, SinkError>,
{
    pub(crate) fn new(answer: F) -> Self {
        Self { known: KnownSchemas::default(), asked: RefCell::default(), answer }
    }
}

impl<F> Registry for Scripted<F>
where
    F: Fn(usize, SchemaId) -> Result<Answer, SinkError>,
{
    fn known(&self) -> &KnownSchemas {
        &self.known
    }

    async fn ask(&self, ids: &[SchemaId]) -> Result<Vec<(SchemaId, Answer)>, SinkError> {
        let nth = self.asked.borrow().len();
        self.asked.borrow_mut().push(ids.to_vec());
        ids.iter().map(|id| Ok((*id, (self.answer)(nth, *id)?))).collect()
    }
}

fn value(schema: u8, id: i64) -> Vec<u8> {
    [vec![0, 0, 0, 0, schema], long(id), sized("x")].concat()
}

/// Nothing stands for a tombstone.
fn body(values: &[Vec<u8>]) -> Vec<u8> {
    let record = |(nth, value): (usize, &Vec<u8>)| {
        let record = RecordBuilder::new("t", 0, nth as i64);
        if value.is_empty() { record } else { record.value(value) }
    };
    let records = values.iter().enumerate().map(record);
    records.fold(EventBuilder::msk(), EventBuilder::record).build()
}

fn write(
    registry: &impl Registry,
    values: &[Vec<u8>],
) -> (Result<Outcome, GivenBack>, Vec<TextRow>) {
    write_to(&database(), registry, &[], values)
}

fn database() -> MemoryDatabase {
    let table = TableSpec::new("t").key("id", Kind::Integer).column("a", Kind::Text);
    MemoryDatabase::with([table])
}

pub(crate) fn write_to(
    database: &MemoryDatabase,
    registry: &impl Registry,
    more: Options<'_>,
    values: &[Vec<u8>],
) -> (Result<Outcome, GivenBack>, Vec<TextRow>) {
    let mut sink = MemorySink::new(database, Report::Pointer);
    let rules = invocation::rules(&[&[REGISTRY, ("errors.tolerance", "all")], more].concat());
    let (body, arena) = (body(values), Bump::new());
    let (clock, mut waiting) = (TestClock::new(Duration::from_secs(900)), Waiting::default());
    let mut event = Incoming::new(&body, &arena);
    let tries = &mut Tries::default();
    let outcome = run(async {
        let written = pipeline::write_with(
            &mut sink,
            &mut event,
            &rules,
            registry,
            &clock,
            &mut waiting,
            tries,
        );
        let outcome = written.await?;
        sink.commit().await?;
        Ok(outcome)
    });
    (outcome, database.rows("t"))
}

fn known_schema() -> Answer {
    Answer::Schema(schema(SchemaKind::Avro, ROW))
}

#[test]
fn each_schema_is_asked_for_once() {
    let registry = Scripted::new(|_, _| Ok(known_schema()));
    let values = [value(1, 1), value(1, 2), value(2, 3), value(3, 4)];
    let (outcome, rows) = write(&registry, &values);
    assert_eq!((outcome.unwrap().written, rows.len()), (4, 4));
    // That of the first record, then all others at once.
    let id = SchemaId::Number;
    assert_eq!(*registry.asked.borrow(), [vec![id(1)], vec![id(2), id(3)]]);
    let (outcome, _) = write(&registry, &values);
    assert_eq!(outcome.unwrap().written, 4);
    assert_eq!(registry.asked.borrow().len(), 2);
}

/// A cold start does not wait for one after the other.
#[test]
fn the_registry_is_asked_while_the_sink_begins() {
    let registry = Scripted::new(|_, _| Ok(known_schema()));
    let database = MemoryDatabase::with([TableSpec::new("t").key("id", Kind::Integer)]);
    let mut sink = MemorySink::new(&database, Report::Pointer);
    sink = sink.trouble(Method::Begin, 0, Trouble::Hang);
    let rules = invocation::rules(&[REGISTRY, ("errors.tolerance", "all")]);
    let (body, arena) = (body(&[value(1, 1)]), Bump::new());
    let (clock, mut waiting) = (TestClock::new(Duration::from_secs(900)), Waiting::default());
    let (mut event, mut tries) = (Incoming::new(&body, &arena), Tries::default());
    let (waiting, tries) = (&mut waiting, &mut tries);
    let written =
        pipeline::write_with(&mut sink, &mut event, &rules, &registry, &clock, waiting, tries);
    assert!(written.now_or_never().is_none(), "the sink has not begun");
    assert_eq!(*registry.asked.borrow(), [vec![SchemaId::Number(1)]]);
}

#[test]
fn a_registry_that_is_away_gives_the_batch_back() {
    let away = Scripted::new(|_, _| Err(SinkError::transient("the registry does not answer")));
    let (outcome, rows) = write(&away, &[value(1, 1), value(1, 2)]);
    let given_back = outcome.unwrap_err();
    assert_eq!((given_back.error.fault, given_back.culprit), (Fault::Transient, None));
    assert!(rows.is_empty());
    // As often as the target itself would be asked.
    assert_eq!(away.asked.borrow().len(), 4);
    let late = Scripted::new(|nth, _| match nth {
        0 => Err(SinkError::transient("the registry does not answer")),
        _ => Ok(known_schema()),
    });
    let (outcome, rows) = write(&late, &[value(1, 1)]);
    assert_eq!((outcome.unwrap().written, rows.len()), (1, 1));
}

#[test]
fn a_schema_that_cannot_be_used_is_no_fault_of_a_record() {
    let wrong = Scripted::new(|_, _| Ok(Answer::Schema(schema(SchemaKind::Avro, "{"))));
    let (outcome, rows) = write(&wrong, &[value(7, 1)]);
    let given_back = outcome.unwrap_err();
    assert_eq!((given_back.error.fault, given_back.culprit), (Fault::Fatal, None));
    assert!(given_back.error.to_string().starts_with("schema 7 of the registry cannot be used"));
    assert!(rows.is_empty());
}

/// It is named first. Then it does not hold back others for ever.
#[test]
fn a_schema_that_cannot_be_used_costs_its_record_once_it_was_named() {
    let registry = Scripted::new(|_, id| match id {
        SchemaId::Number(7) => Ok(Answer::Schema(schema(SchemaKind::Avro, "{"))),
        SchemaId::Number(8) => Ok(Answer::Unusable("because of a reason".to_owned())),
        _ => Ok(known_schema()),
    });
    let values = [value(1, 1), value(7, 2), value(1, 3), value(8, 4)];
    let error = write(&registry, &values).0.unwrap_err().error;
    assert!(error.to_string().starts_with("schema 7 of the registry cannot be used as Avro"));
    let (outcome, rows) = write(&registry, &values);
    let failures = outcome.unwrap().failures;
    assert_eq!((failures.iter().map(|it| it.record).collect(), rows.len()), (vec![1, 3], 2));
    let why = &failures[1].cause.message;
    assert!(why.contains("written with schema 8, which cannot be used because of"), "{why}");
    // Nothing else can be read: it may be this program that does not know something.
    for other in [value(8, 5), value(9, 6)[..5].to_vec(), Vec::new()] {
        let (outcome, rows) = write(&registry, &[value(7, 4), other]);
        let given_back = outcome.unwrap_err();
        assert_eq!((given_back.error.fault, given_back.culprit), (Fault::Fatal, None));
        assert!(given_back.error.to_string().contains("schema 7, which cannot be used as Avro"));
        assert!(rows.is_empty());
    }
    assert_eq!(registry.asked.borrow().len(), 3);
}

/// `value.format` is more likely wrong than every record.
#[test]
fn a_topic_of_another_language_is_no_fault_of_its_records() {
    let registry = Scripted::new(|_, _| Ok(known_schema()));
    let database = MemoryDatabase::with([TableSpec::new("t").key("id", Kind::Integer)]);
    let options = [("value.format", "protobuf")];
    let (outcome, rows) = write_to(&database, &registry, &options, &[value(1, 1), value(1, 2)]);
    let error = outcome.unwrap_err().error;
    assert_eq!((error.fault, rows.len()), (Fault::Fatal, 0), "{error}");
    assert!(error.to_string().contains("cannot be used as Protobuf: it is Avro"), "{error}");
}

#[test]
fn an_id_that_the_registry_does_not_have_costs_its_record() {
    let registry = Scripted::new(|_, id| match id {
        SchemaId::Number(9) => Ok(Answer::Unknown),
        _ => Ok(known_schema()),
    });
    let (outcome, rows) = write(&registry, &[value(1, 1), value(9, 2), value(1, 3)]);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.written, rows.len()), (2, 2));
    let [failure] = &outcome.failures[..] else { panic!("{:?}", outcome.failures) };
    assert_eq!(failure.record, 1);
    assert!(failure.cause.message.contains("schema 9, which the schema registry does not have"));
    // The next event asks again: it may be there by then.
    let asked = registry.asked.borrow().len();
    let _ = write(&registry, &[value(1, 1), value(9, 2)]);
    assert_eq!(registry.asked.borrow().len(), asked + 1);
}

/// Then the registry is more likely wrong than every record.
#[test]
fn a_batch_in_which_every_id_is_unknown_is_given_back() {
    let registry = Scripted::new(|_, _| Ok(Answer::Unknown));
    let (outcome, rows) = write(&registry, &[value(8, 1), value(9, 2)]);
    let given_back = outcome.unwrap_err();
    assert_eq!(given_back.error.fault, Fault::Fatal);
    assert!(given_back.error.to_string().contains("none of the schemas"), "{}", given_back.error);
    assert!(rows.is_empty());
}

fn is_given_back(outcome: Result<Outcome, GivenBack>) {
    let given_back = outcome.unwrap_err();
    assert_eq!(given_back.error.fault, Fault::Fatal);
    assert!(given_back.error.to_string().contains("none of the schemas"), "{}", given_back.error);
}

#[test]
fn what_names_no_schema_is_no_evidence_for_the_registry() {
    let (tombstone, broken, not_json) = (Vec::new(), vec![0, 0], b"{".to_vec());
    for other in [tombstone, broken, not_json] {
        for values in [[value(9, 1), other.clone()], [other, value(9, 1)]] {
            let registry = Scripted::new(|_, _| Ok(Answer::Unknown));
            let (outcome, rows) = write(&registry, &values);
            is_given_back(outcome);
            assert!(rows.is_empty(), "{values:?}");
        }
    }
}

#[test]
fn records_that_were_written_before_are_no_evidence_for_the_registry() {
    let (database, once) = (database(), [("name", "n"), ("exactly.once.enabled", "true")]);
    let right = Scripted::new(|_, _| Ok(known_schema()));
    assert_eq!(write_to(&database, &right, &once, &[value(1, 1)]).0.unwrap().written, 1);
    let emptied = Scripted::new(|_, _| Ok(Answer::Unknown));
    let (outcome, rows) = write_to(&database, &emptied, &once, &[value(1, 1), value(2, 2)]);
    is_given_back(outcome);
    assert_eq!(rows.len(), 1);
}

/// A topic that has JSON, too, may have a record that only looks as if it named a schema.
#[test]
fn an_unknown_id_among_plain_records_costs_its_record() {
    let registry = Scripted::new(|_, _| Ok(Answer::Unknown));
    let plain = br#"{"id":2,"a":"y"}"#.to_vec();
    let (outcome, rows) = write(&registry, &[value(9, 1), plain]);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.written, outcome.failures.len(), rows.len()), (1, 1, 1));
}

#[test]
fn a_registry_that_had_a_schema_before_is_the_right_one() {
    let registry = Scripted::new(|_, id| match id {
        SchemaId::Number(1) => Ok(known_schema()),
        _ => Ok(Answer::Unknown),
    });
    is_given_back(write(&registry, &[value(9, 1)]).0);
    assert_eq!(write(&registry, &[value(1, 1)]).0.unwrap().written, 1);
    let outcome = write(&registry, &[value(9, 1)]).0.unwrap();
    assert_eq!((outcome.written, outcome.failures.len()), (0, 1));
}

/// A registry that allows few requests in a time is passed in the end.
#[test]
fn what_was_answered_is_not_asked_for_again() {
    let registry = Scripted::new(|nth, _| match nth {
        2 => Err(SinkError::transient("429")),
        _ => Ok(known_schema()),
    });
    let values: Vec<_> = (1..=41).map(|id| value(id, i64::from(id))).collect();
    let (outcome, rows) = write(&registry, &values);
    assert_eq!((outcome.unwrap().written, rows.len()), (41, 41));
    let asked: Vec<_> = registry.asked.borrow().iter().map(Vec::len).collect();
    assert_eq!(asked, [1, 32, 8, 8]);
}
