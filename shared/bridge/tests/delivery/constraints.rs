//! Constraints that look at other rows: a value that must be unique, a reference to another row. A
//! batch comes to what its records would come to one by one, in order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sluice_bridge::failure::Fault;
use sluice_testkit::invocation::{self, run};
use sluice_testkit::memory::TextRow;
use sluice_testkit::{EventBuilder, Kind, MemoryDatabase, MemorySink, Report, TableSpec};

use crate::laws::{report, stride};
use crate::told;

/// A record of `t(id, e UNIQUE, up REFERENCES t, s NOT NULL DEFAULT '' CHECK (s <> ''))`.
#[derive(Debug, Clone)]
struct Sent {
    key: u8,
    put: Option<Put>,
}

#[derive(Debug, Clone)]
struct Put {
    e: Option<u8>,
    up: Option<u8>,
    /// Left out, the default is stored in a new row, which the check refuses.
    s: Option<u8>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let up = prop::option::weighted(0.4, 0..5_u8);
    let put = (prop::option::weighted(0.8, 0..4_u8), up, prop::option::weighted(0.8, 0..9_u8))
        .prop_map(|(e, up, s)| Put { e, up, s });
    (0..5_u8, prop::option::weighted(0.8, put)).prop_map(|(key, put)| Sent { key, put })
}

fn table(words: &'static str) -> TableSpec {
    TableSpec::new("t")
        .key("id", Kind::Text)
        .column("e", Kind::Text)
        .unique()
        .column("up", Kind::Text)
        .refers("t", words)
        .column("s", Kind::Text)
        .or("")
        .except("")
}

fn event(records: &[Sent]) -> Vec<u8> {
    let text = |value: Option<u8>| value.map_or("null".to_owned(), |value| format!("\"{value}\""));
    let event = records.iter().fold(EventBuilder::msk(), |event, sent| {
        let record = event.next("t", 0).key(format!("{{\"id\":\"{}\"}}", sent.key));
        let record = match &sent.put {
            Some(Put { e, up, s }) => {
                let s = s.map_or(String::new(), |s| format!(",\"s\":\"{s}\""));
                record.value(format!("{{\"e\":{},\"up\":{}{s}}}", text(*e), text(*up)))
            }
            None => record,
        };
        event.record(record)
    });
    event.build()
}

#[derive(Debug, Clone)]
struct Model {
    cascades: bool,
    /// `e`, `up` and `s` by key.
    rows: BTreeMap<u8, (Option<u8>, Option<u8>, u8)>,
}

impl Model {
    /// Whether a record can be applied; then it is.
    fn takes(&mut self, sent: &Sent) -> bool {
        let Some(Put { e, up, s }) = &sent.put else { return self.delete(sent.key) };
        let known = self.rows.get(&sent.key).map(|row| row.2);
        let Some(s) = s.or(known) else { return false };
        let others = || self.rows.iter().filter(|(key, _)| **key != sent.key);
        let is_taken = e.is_some() && others().any(|(_, row)| row.0 == *e);
        let is_there = up.is_none_or(|up| up == sent.key || self.rows.contains_key(&up));
        if !is_taken && is_there {
            self.rows.insert(sent.key, (*e, *up, s));
        }
        !is_taken && is_there
    }

    fn delete(&mut self, key: u8) -> bool {
        let children = self.rows.iter().filter(|(other, row)| **other != key && row.1 == Some(key));
        let children: Vec<u8> = children.map(|(child, _)| *child).collect();
        let exists = self.rows.contains_key(&key);
        if exists && !self.cascades && !children.is_empty() {
            return false;
        }
        if self.rows.remove(&key).is_some() {
            children.into_iter().for_each(|child| _ = self.delete(child));
        }
        true
    }

    fn rows(&self) -> Vec<TextRow> {
        let text = |value: Option<u8>| value.map(|value| value.to_string());
        let row = |(key, (e, up, s)): (&u8, &(Option<u8>, Option<u8>, u8))| {
            vec![Some(key.to_string()), text(*e), text(*up), text(Some(*s))]
        };
        self.rows.iter().map(row).collect()
    }
}

fn sink(database: &MemoryDatabase, report: Report, stride: Option<usize>) -> MemorySink {
    MemorySink::new(database, report).bad(|_, _| false).ahead(stride)
}

fn rules(tolerance: &'static str) -> sluice_bridge::rules::Rules {
    invocation::rules(&[
        ("insert.mode", "upsert"),
        ("pk.mode", "record_key"),
        ("delete.enabled", "true"),
        ("errors.tolerance", tolerance),
        ("errors.retry.timeout", "0"),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Records that are each valid in their turn are all written, and leave what they leave one by one.
    #[test]
    fn valid_records_are_written_whatever_lies_between(
        events in prop::collection::vec(prop::collection::vec(sent(), 1..14), 1..4),
        cascades in any::<bool>(),
        tolerant in any::<bool>(),
        report in report(),
        stride in stride(),
    ) {
        let words = if cascades { "ON DELETE CASCADE" } else { "" };
        let database = MemoryDatabase::with([table(words)]);
        let mut model = Model { cascades, rows: BTreeMap::new() };
        for records in events {
            let valid: Vec<Sent> = records.into_iter().filter(|sent| model.takes(sent)).collect();
            let rules = rules(if tolerant { "all" } else { "none" });
            let mut sink = sink(&database, report, stride);
            let outcome = run(invocation::deliver(&mut sink, &event(&valid), &rules));
            let outcome = outcome.expect("every record is valid");
            prop_assert_eq!(told(&outcome).failed, Vec::<usize>::new());
            prop_assert_eq!(outcome.written, valid.len());
            prop_assert_eq!(database.rows("t"), model.rows());
        }
    }

    /// Among records of which some are not valid none fails that is, and all are counted.
    #[test]
    fn only_records_fail_that_are_not_valid_in_their_turn(
        before in prop::collection::vec(sent(), 0..6),
        records in prop::collection::vec(sent(), 1..14),
        cascades in any::<bool>(),
        report in report(),
        stride in stride(),
    ) {
        let words = if cascades { "ON DELETE CASCADE" } else { "" };
        let database = MemoryDatabase::with([table(words)]);
        let mut model = Model { cascades, rows: BTreeMap::new() };
        let before: Vec<Sent> = before.into_iter().filter(|sent| model.takes(sent)).collect();
        let rules = rules("all");
        let mut first = sink(&database, report, stride);
        run(invocation::deliver(&mut first, &event(&before), &rules)).expect("all are valid");
        let mut failed: Vec<usize> =
            (0..records.len()).filter(|&index| !model.takes(&records[index])).collect();
        let mut second = sink(&database, report, stride);
        let outcome = run(invocation::deliver(&mut second, &event(&records), &rules));
        let outcome = outcome.expect("what is not valid is a letter");
        let actual = told(&outcome);
        prop_assert!(actual.failed.iter().all(|index| failed.contains(index)), "{actual:?} of {failed:?}");
        prop_assert_eq!(outcome.written + outcome.filtered + actual.failed.len(), records.len());
        failed.retain(|index| !actual.failed.contains(index));
        if failed.is_empty() && actual.failed.is_empty() {
            prop_assert_eq!(database.rows("t"), model.rows());
        }
    }
}

/// A record without tolerance that conflicts gives the batch back, and is named.
#[test]
fn without_tolerance_the_record_that_conflicts_is_named() {
    let database = MemoryDatabase::with([table("")]);
    let put = |key, e| Sent { key, put: Some(Put { e: Some(e), up: None, s: Some(0) }) };
    let records = [put(1, 1), put(2, 1), put(3, 2)];
    let mut sink = sink(&database, Report::Blind, None);
    let outcome = run(invocation::deliver(&mut sink, &event(&records), &rules("none")));
    let given_back = outcome.expect_err("one conflicts");
    assert!(matches!(given_back.error.fault, Fault::Data(_)));
    assert_eq!(given_back.culprit.map(|(record, _)| record), Some(1));
    assert_eq!(database.rows("t"), Vec::<TextRow>::new());
}
