//! What holds for any records.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use proptest::prelude::*;
use sluice_bridge::model::failure::Fault;
use sluice_bridge::options::rules::InsertMode;
use sluice_testkit::invocation::{self, run};
use sluice_testkit::memory::TextRow;
use sluice_testkit::{
    EventBuilder, Kind, MemoryDatabase, MemorySink, Method, Report, TableSpec, Trouble,
};

use crate::generators::{chunk, durable_hiccups, hiccups, mode, records, report};
use crate::model::{BAD, DEFAULT, Model};
use crate::{RETRIES, event, rules, sink, table, told};
proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Good records are written once and in order, bad ones reported exactly, hiccups unseen.
    #[test]
    fn every_record_meets_the_fate_the_model_says(
        events in prop::collection::vec((records(), hiccups()), 1..3),
        mode in mode(),
        report in report(),
        chunk in chunk(),
    ) {
        let (database, rules) = (MemoryDatabase::with([table()]), rules(mode, "all"));
        let mut model = Model::new(mode);
        for (records, hiccups) in events {
            let sink = sink(&database, report).ahead(chunk);
            let trouble = |sink: MemorySink, (method, nth, trouble)| sink.trouble(method, nth, trouble);
            let mut sink = hiccups.into_iter().fold(sink, trouble);
            let outcome = run(invocation::deliver(&mut sink, &event(&records), &rules));
            let outcome = outcome.expect("hiccups are within max.retries");
            prop_assert_eq!(told(&outcome), model.take(&records, sink.streamed_ahead()));
            let counted = outcome.written + outcome.filtered + outcome.failures.len();
            prop_assert_eq!(counted, records.len());
            prop_assert_eq!(database.rows("t"), model.rows());
        }
    }

    /// Where nothing can be undone, what is written in one attempt is not written again in the next
    /// (the sink in memory panics if it is), and rows that are postponed keep the order of their key.
    #[test]
    fn what_is_durable_at_once_is_written_once(
        (mode, events) in mode().prop_flat_map(|mode| {
            let event = (records(), durable_hiccups(mode));
            (Just(mode), prop::collection::vec(event, 1..3))
        }),
        report in report(),
    ) {
        let (database, rules) = (MemoryDatabase::with([table()]), rules(mode, "all"));
        let mut model = Model::new(mode);
        for (records, hiccups) in events {
            let trouble = |sink: MemorySink, (method, nth, trouble)| sink.trouble(method, nth, trouble);
            let sink = sink(&database, report).durable_at_once();
            let mut sink = hiccups.into_iter().fold(sink, trouble);
            let outcome = run(invocation::deliver(&mut sink, &event(&records), &rules));
            let outcome = outcome.expect("hiccups are within max.retries");
            let (actual, expected) = (told(&outcome), model.take(&records, 0));
            prop_assert_eq!(actual.written + actual.filtered + actual.failed.len(), records.len());
            let forgiven: Vec<usize> =
                expected.failed.iter().copied().filter(|it| !actual.failed.contains(it)).collect();
            if forgiven.is_empty() {
                prop_assert_eq!(actual, expected);
                prop_assert_eq!(database.rows("t"), model.rows());
                continue;
            }
            // The attempt ended while the records of one key were written one by one. The next one
            // reduces those that are left, so that a bad value may be overwritten after all.
            prop_assert!(actual.failed.iter().all(|it| expected.failed.contains(it)));
            let later = |at: usize| records[at + 1..].iter().any(|it| it.key == records[at].key);
            prop_assert!(forgiven.iter().all(|&at| later(at)), "{forgiven:?}");
            let keys: Vec<_> = forgiven.iter().map(|&at| records[at].key()).collect();
            let others = |rows: Vec<TextRow>| rows.into_iter().filter(|row| !keys.contains(&row[0])).collect::<Vec<_>>();
            prop_assert_eq!(others(database.rows("t")), others(model.rows()));
            break;
        }
    }

    /// What is given back then is in part durable, and an upsert does not mind when it comes again.
    #[test]
    fn what_is_durable_and_given_back_is_upserted_again(
        records in records(),
        report in report(),
        nth in 0..6_usize,
        fault in prop::sample::select(vec![Fault::Fatal, Fault::Transient]),
    ) {
        let (database, rules) = (MemoryDatabase::with([table()]), rules(InsertMode::Upsert, "all"));
        let trouble = |sink: MemorySink, nth| sink.trouble(Method::Write, nth, Trouble::Refused(fault));
        let troubled = sink(&database, report).durable_at_once();
        let mut troubled = (nth..=nth + 9 * RETRIES).fold(troubled, trouble);
        let mut model = Model::new(InsertMode::Upsert);
        let expected = model.take(&records, 0);
        let first = run(invocation::deliver(&mut troubled, &event(&records), &rules));
        let mut again = sink(&database, report).durable_at_once();
        let outcome = match first {
            Ok(outcome) => outcome,
            Err(_) => run(invocation::deliver(&mut again, &event(&records), &rules)).unwrap(),
        };
        prop_assert_eq!(told(&outcome), expected);
        prop_assert_eq!(database.rows("t"), model.rows());
    }

    /// Whatever cannot be delivered leaves nothing, and comes whole with the next delivery.
    #[test]
    fn what_is_given_back_left_nothing(
        records in records(),
        mode in mode(),
        report in report(),
        chunk in chunk(),
        (method, nth) in (prop::sample::select(vec![Method::Begin, Method::Table, Method::Write, Method::Commit]), 0..6_usize),
        fault in prop::sample::select(vec![Fault::Fatal, Fault::Transient]),
    ) {
        let (database, rules) = (MemoryDatabase::with([table()]), rules(mode, "all"));
        let trouble = |sink: MemorySink, nth| sink.trouble(method, nth, Trouble::Refused(fault));
        let mut sink = (nth..=nth + RETRIES).fold(sink(&database, report).ahead(chunk), trouble);
        match run(invocation::deliver(&mut sink, &event(&records), &rules)) {
            Ok(_) => prop_assert!(fault == Fault::Transient || sink.calls(method) <= nth),
            Err(given_back) => {
                prop_assert_eq!(given_back.error.fault, fault);
                prop_assert_eq!(database.rows("t"), Vec::<TextRow>::new());
                let mut again = crate::sink(&database, report).ahead(chunk);
                let outcome = run(invocation::deliver(&mut again, &event(&records), &rules)).unwrap();
                let mut model = Model::new(mode);
                prop_assert_eq!(told(&outcome), model.take(&records, again.streamed_ahead()));
                prop_assert_eq!(database.rows("t"), model.rows());
            }
        }
    }

    /// A commit whose answer was lost is delivered again, and an upsert does not mind.
    #[test]
    fn a_lost_answer_to_a_commit_is_harmless_to_an_upsert(records in records(), report in report(), chunk in chunk()) {
        let rules = rules(InsertMode::Upsert, "all");
        let database = MemoryDatabase::with([table()]);
        let mut sink = sink(&database, report).ahead(chunk).trouble(Method::Commit, 0, Trouble::AnswerLost);
        let mut model = Model::new(InsertMode::Upsert);
        let lost = run(invocation::deliver(&mut sink, &event(&records), &rules));
        let expected = model.take(&records, sink.streamed_ahead());
        prop_assert_eq!(lost.unwrap_err().error.fault, Fault::Transient);
        prop_assert_eq!(database.rows("t"), model.rows());
        let outcome = run(invocation::deliver(&mut sink, &event(&records), &rules)).unwrap();
        prop_assert_eq!(told(&outcome), expected);
        prop_assert_eq!(database.rows("t"), model.rows());
    }

    /// Under `errors.tolerance=none` it is all or nothing, and a record at fault is named, unless
    /// several became the row that was refused.
    #[test]
    fn without_tolerance_it_is_all_or_nothing(
        records in records(),
        mode in mode(),
        report in report(),
        chunk in chunk(),
    ) {
        let (database, rules) = (MemoryDatabase::with([table()]), rules(mode, "none"));
        let mut model = Model::new(mode);
        let mut sink = sink(&database, report).ahead(chunk);
        let delivered = run(invocation::deliver(&mut sink, &event(&records), &rules));
        let expected = model.take(&records, sink.streamed_ahead());
        match delivered {
            Ok(outcome) => {
                prop_assert_eq!(&outcome.failures, &[]);
                prop_assert_eq!(told(&outcome), expected);
                prop_assert_eq!(database.rows("t"), model.rows());
            }
            Err(given_back) => {
                prop_assert!(matches!(given_back.error.fault, Fault::Data(_)));
                let several = (1..records.len())
                    .any(|at| records[..at].iter().any(|other| other.key == records[at].key));
                let named = given_back.culprit.map(|(record, _)| expected.failed.contains(&record));
                prop_assert!(named.unwrap_or(several), "{:?} of {expected:?}", given_back.culprit);
                prop_assert!(!expected.failed.is_empty());
                prop_assert_eq!(database.rows("t"), Vec::<TextRow>::new());
            }
        }
    }

    /// Without a key of ours the table's own tells rows apart, and the first of a key wins.
    #[test]
    fn the_first_insert_of_a_key_wins(
        records in prop::collection::vec((0..6_u8, prop::option::of(0..9_u8)), 1..20),
        report in report(),
        chunk in chunk(),
    ) {
        let value = |(id, b): &(u8, Option<u8>)| match b {
            Some(b) => format!(r#"{{"id":"{id}","b":"{b}"}}"#),
            None => format!(r#"{{"id":"{id}"}}"#),
        };
        let event = EventBuilder::msk().values("t", 0, records.iter().map(value)).build();
        let mut first: BTreeMap<u8, TextRow> = BTreeMap::new();
        let mut taken = Vec::new();
        for (index, (id, b)) in records.iter().enumerate() {
            let b = b.map_or(DEFAULT.to_owned(), |b| b.to_string());
            match first.entry(*id) {
                Entry::Vacant(new) => _ = new.insert(vec![Some(id.to_string()), None, Some(b)]),
                Entry::Occupied(_) => taken.push(index),
            }
        }
        let database = MemoryDatabase::with([table()]);
        let rules = invocation::rules(&[("errors.tolerance", "all")]);
        let mut sink = sink(&database, report).ahead(chunk);
        let outcome = run(invocation::deliver(&mut sink, &event, &rules)).unwrap();
        prop_assert_eq!(told(&outcome).failed, taken);
        prop_assert_eq!(database.rows("t"), first.into_values().collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Isolating bad rows costs a bounded number of calls, and writes each good row once, in
    /// order: the table has no key that would hide a second time.
    #[test]
    fn good_rows_once_and_calls_bounded(
        rows in 1..2000_usize,
        bad in prop::collection::btree_set(0..2000_usize, 0..20),
        report in report(),
        chunk in chunk(),
    ) {
        let bad = || bad.iter().filter(|row| **row < rows);
        let value = |row: &usize| if bad().any(|bad| bad == row) { BAD } else { "good" };
        let value = |row: usize| format!(r#"{{"id":"{row}","a":"{}"}}"#, value(&row));
        let event = EventBuilder::msk().values("t", 0, (0..rows).map(value)).build();
        let plain = TableSpec::new("t").column("id", Kind::Text).column("a", Kind::Text);
        let database = MemoryDatabase::with([plain]);
        let mut sink = sink(&database, report).ahead(chunk);
        let rules = invocation::rules(&[("errors.tolerance", "all")]);
        let outcome = run(invocation::deliver(&mut sink, &event, &rules)).unwrap();
        prop_assert!(told(&outcome).failed.iter().eq(bad()));
        let good = (0..rows).filter(|row| !bad().any(|bad| bad == row));
        let good = good.map(|row| vec![Some(row.to_string()), Some("good".to_owned())]);
        prop_assert!(database.rows("t").into_iter().eq(good));
        let (bad, log) = (bad().count(), rows.next_power_of_two().ilog2() as usize);
        let bound = match report {
            Report::Pointer => 1 + bad * (2 + log),
            // All at once, all under suspicion, then by halving.
            Report::WithoutPointer => 2 + 2 * bad * log,
            Report::Rejected => 1,
            Report::Suspects => 2,
        };
        let calls = sink.calls(Method::Write);
        prop_assert!(calls <= bound, "{calls} calls for {bad} of {rows} rows, more than {bound}");
        // Rows after a bad one are sent for nothing: their number must stay in proportion too.
        let sent: usize = sink.attempts().iter().map(|attempt| attempt.rows).sum();
        prop_assert!(matches!(report, Report::WithoutPointer | Report::Suspects) || sent <= 6 * rows + 16 * bad, "{sent} rows were sent");
    }
}
