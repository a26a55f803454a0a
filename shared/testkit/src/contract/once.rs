//! Clauses of a target with transactions, `exactly.once.enabled=true`.

use std::ops::Range;

use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;

use super::{Stage, Subject};
use crate::event::EventBuilder;
use crate::table::{Kind, TableSpec};

const ONCE: &[(&str, &str)] =
    &[("exactly.once.enabled", "true"), ("name", "contract"), ("errors.tolerance", "all")];

/// Rows without a key: a record that is written twice gives two rows.
fn plain(name: &str) -> TableSpec {
    TableSpec::new(name).column("n", Kind::Integer)
}

/// The records of a range of one partition, each with its own offset as value and time.
fn stretch(table: &str, partition: i32, offsets: Range<i64>) -> EventBuilder {
    offsets.fold(EventBuilder::msk(), |event, offset| {
        let record = crate::RecordBuilder::new(table, partition, offset)
            .timestamp(1_000 + offset)
            .value(format!(r#"{{"n":{offset}}}"#));
        event.record(record)
    })
}

impl<S: Subject> Stage<'_, S> {
    /// Delivers a range and returns how many records were written and filtered.
    async fn stretch(&mut self, partition: i32, offsets: Range<i64>) -> (usize, usize) {
        let event = stretch(&self.table.name, partition, offsets);
        let outcome = self.deliver_event(&event).await.expect("nothing is given back");
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        (outcome.written, outcome.filtered)
    }
}

/// The same batch again, one that overlaps, one within it: every record is written once.
pub async fn a_redelivered_record_is_written_once<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_once"), ONCE).await;
    assert_eq!(stage.stretch(0, 0..4).await, (4, 0));
    assert_eq!(stage.stretch(0, 0..4).await, (0, 4));
    assert_eq!(stage.stretch(0, 2..6).await, (2, 2));
    assert_eq!(stage.stretch(0, 1..3).await, (0, 2));
    assert_eq!(stage.stretch(1, 0..2).await, (2, 0), "another partition has its own place");
    // Another connection knows it too.
    stage.sink = stage.subject.sink().await;
    assert_eq!(stage.stretch(0, 5..7).await, (1, 1));
    let rows: Vec<String> = stage.rows().await.concat();
    assert_eq!(rows, ["0", "0", "1", "1", "2", "3", "4", "5", "6"]);
}

/// What was not committed was not reached either.
pub async fn what_is_given_back_was_not_reached<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_once_back"), ONCE).await;
    let event = stretch(&stage.table.name, 0, 0..3);
    let body = event.build();
    crate::invocation::write(&mut stage.sink, &body, &stage.rules).await.expect("it is written");
    stage.sink.abandon().await;
    assert_eq!(stage.stretch(0, 0..3).await, (3, 0));
    assert_eq!(stage.rows().await.len(), 3);
}

/// A refused record is settled by its letter, and is refused only once.
pub async fn a_refused_record_is_refused_once<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_once_bad"), ONCE).await;
    let values = [r#"{"n":1}"#, r#"{"n":"one"}"#, r#"{"n":2}"#];
    let outcome = stage.deliver(values).await.expect("nothing is given back");
    assert_eq!((outcome.written, outcome.failures.len(), outcome.filtered), (2, 1, 0));
    let outcome = stage.deliver(values).await.expect("nothing is given back");
    assert_eq!((outcome.written, outcome.failures.len(), outcome.filtered), (0, 0, 3));
}

/// Offsets that start again are not mistaken for a redelivery.
pub async fn a_topic_that_was_made_again_is_fatal<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_once_again"), ONCE).await;
    assert_eq!(stage.stretch(0, 0..4).await, (4, 0));
    let record = crate::RecordBuilder::new(&stage.table.name, 0, 0);
    let event = EventBuilder::msk().record(record.timestamp(9_000).value(r#"{"n":9}"#));
    let given_back = stage.deliver_event(&event).await.expect_err("the topic may be a new one");
    assert_eq!(given_back.error.fault, Fault::Fatal, "{}", given_back.error);
    assert_eq!(stage.rows().await.len(), 4);
}
