//! Constraints that look at other rows: a value that must be unique, a reference to another row. A
//! batch comes to what its records would come to one by one, in order.

use proptest::prelude::*;
use sluice_bridge::model::failure::Fault;
use sluice_testkit::constraints::{Model, Put, Sent, event, table};
use sluice_testkit::invocation::{self, deliver_in, run};
use sluice_testkit::memory::TextRow;
use sluice_testkit::{MemoryDatabase, MemorySink, Method, Report, Trouble};

use crate::generators::{chunk, portion, report};
use crate::told;

/// How many columns the table has.
const COLUMNS: usize = 4;

/// Records; this many of ten say what `s` is.
fn sent(whole: u8) -> impl Strategy<Value = Sent> {
    let up = prop::option::weighted(0.4, 0..5_u8);
    let s = (0..10_u8, 1..9_u8).prop_map(move |(die, s)| (die < whole).then_some(s));
    let put = (prop::option::weighted(0.8, 0..4_u8), up, s);
    let put = put.prop_map(|(e, up, s)| Put { e, up, s });
    (0..5_u8, prop::option::weighted(0.8, put)).prop_map(|(key, put)| Sent { key, put })
}

fn sink(database: &MemoryDatabase, report: Report, chunk: Option<usize>) -> MemorySink {
    MemorySink::new(database, report).bad(|_, _| false).ahead(chunk)
}

fn rules(tolerance: &'static str) -> sluice_bridge::options::rules::Rules {
    invocation::rules(&[
        ("insert.mode", "upsert"),
        ("pk.mode", "record_key"),
        ("delete.enabled", "true"),
        ("errors.tolerance", tolerance),
        ("errors.retry.timeout", "0"),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Records that are each valid in their turn are all written, and leave what they leave one by one.
    #[test]
    fn valid_records_are_written_whatever_lies_between(
        events in prop::collection::vec(prop::collection::vec(sent(8), 1..14), 1..4),
        cascades in any::<bool>(),
        tolerant in any::<bool>(),
        report in report(),
        chunk in chunk(),
        portion in portion(COLUMNS),
    ) {
        let words = if cascades { "ON DELETE CASCADE" } else { "" };
        let database = MemoryDatabase::with([table(words)]);
        let mut model = Model::new(cascades);
        for records in events {
            let valid: Vec<Sent> = records.into_iter().filter(|sent| model.takes(sent)).collect();
            let rules = rules(if tolerant { "all" } else { "none" });
            let mut sink = sink(&database, report, chunk);
            let outcome = run(deliver_in(&mut sink, &event(&valid).build(), &rules, portion));
            let outcome = outcome.expect("every record is valid");
            prop_assert_eq!(told(&outcome).failed, Vec::<usize>::new());
            prop_assert_eq!(outcome.written, valid.len());
            prop_assert_eq!(database.rows("t"), model.rows());
        }
    }

    /// Among whole records of which some are not valid none fails that is, and all are counted.
    #[test]
    fn only_records_fail_that_are_not_valid_in_their_turn(
        before in prop::collection::vec(sent(10), 0..6),
        records in prop::collection::vec(sent(10), 1..14),
        cascades in any::<bool>(),
        report in report(),
        chunk in chunk(),
        portion in portion(COLUMNS),
    ) {
        let words = if cascades { "ON DELETE CASCADE" } else { "" };
        let database = MemoryDatabase::with([table(words)]);
        let mut model = Model::new(cascades);
        let before: Vec<Sent> = before.into_iter().filter(|sent| model.takes(sent)).collect();
        let rules = rules("all");
        let mut first = sink(&database, report, chunk);
        run(invocation::deliver(&mut first, &event(&before).build(), &rules)).expect("all are valid");
        let mut failed: Vec<usize> =
            (0..records.len()).filter(|&index| !model.takes(&records[index])).collect();
        let mut second = sink(&database, report, chunk);
        let outcome = run(deliver_in(&mut second, &event(&records).build(), &rules, portion));
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
    let put = |key, e| Sent { key, put: Some(Put { e: Some(e), up: None, s: Some(1) }) };
    let records = [put(1, 1), put(2, 1), put(3, 2)];
    let mut sink = sink(&database, Report::WithoutPointer, None);
    let outcome = run(invocation::deliver(&mut sink, &event(&records).build(), &rules("none")));
    let given_back = outcome.expect_err("one conflicts");
    assert!(matches!(given_back.error.fault, Fault::Data(_)));
    assert_eq!(given_back.culprit.map(|(record, _)| record), Some(1));
    assert_eq!(database.rows("t"), Vec::<TextRow>::new());
}

/// Two rows that exist are changed by records which leave out what a new row must have, and the first
/// takes a value that only the second gives up.
#[test]
fn a_row_that_exists_takes_what_another_gives_up_in_the_same_batch() {
    let put = |key, e, s| Sent { key, put: Some(Put { e, up: None, s }) };
    for report in [Report::Pointer, Report::WithoutPointer, Report::Rejected, Report::Suspects] {
        for tolerance in ["none", "all"] {
            let database = MemoryDatabase::with([table("")]);
            let mut model = Model::new(false);
            let before = [put(1, Some(2), Some(1)), put(0, None, Some(1))];
            for records in [before, [put(1, None, None), put(0, Some(2), None)]] {
                assert!(records.iter().all(|sent| model.takes(sent)), "every record is valid");
                let mut sink = sink(&database, report, None);
                let body = event(&records).build();
                let outcome = run(invocation::deliver(&mut sink, &body, &rules(tolerance)));
                assert_eq!(outcome.map(|outcome| outcome.written), Ok(2), "{report:?} {tolerance}");
                assert_eq!(database.rows("t"), model.rows());
            }
        }
    }
}

/// A row that an update did not find, beside one that the target postpones, is not settled: it is
/// still to be inserted, and refused then.
#[test]
fn a_row_that_is_not_there_is_not_filtered_beside_one_that_is_postponed() {
    let put = |key, e, s| Sent { key, put: Some(Put { e, up: None, s }) };
    let database = MemoryDatabase::with([table("")]);
    let mut first = sink(&database, Report::WithoutPointer, None);
    let body = event(&[put(0, Some(1), Some(1))]).build();
    run(invocation::deliver(&mut first, &body, &rules("all"))).expect("it is valid");
    // The first call is refused; of the second, which updates, the first row is postponed.
    let troubled = sink(&database, Report::WithoutPointer, None).durable_at_once();
    let mut troubled = troubled.trouble(Method::Write, 1, Trouble::Postponed(2));
    let body = event(&[put(0, Some(2), None), put(1, Some(3), None)]).build();
    let outcome = run(invocation::deliver(&mut troubled, &body, &rules("all"))).expect("it ends");
    assert_eq!((outcome.written, outcome.filtered, told(&outcome).failed), (1, 0, vec![1]));
}
