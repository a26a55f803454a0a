//! Clauses about rows that the target refuses: a bad row costs itself and no other.

use std::collections::BTreeSet;

use sluice_bridge::model::failure::{Fault, Stage as Came};

use super::{Stage, Subject};
use crate::invocation::{INSERT, UPSERT};
use crate::table::{Kind, TableSpec};

const MANY: usize = 1000;

fn numbers(name: &str) -> TableSpec {
    TableSpec::new(name).key("id", Kind::Integer).column("amount", Kind::Integer)
}

fn value(id: usize, bad: bool) -> String {
    let amount = if bad { "\"no number\"".to_owned() } else { id.to_string() };
    format!(r#"{{"id":{id},"amount":{amount}}}"#)
}

/// A batch of one bad row: reported with its column, and nothing is written.
pub async fn one_row_that_is_bad<S: Subject>(subject: &mut S) {
    for (name, mode) in [("contract_one_insert", INSERT), ("contract_one_upsert", UPSERT)] {
        let mut stage = Stage::set(subject, numbers(name), mode).await;
        let outcome = stage.deliver([value(1, true)]).await.expect("a bad row is not a fault");
        let [failure] = outcome.failures.as_slice() else { panic!("{outcome:?}") };
        assert_eq!((failure.record, failure.stage), (0, Came::Write));
        assert_eq!(failure.cause.column.as_deref(), Some("amount"));
        let is_quoted = failure.cause.message.contains("no number");
        assert!(!is_quoted, "the message quotes the value: {}", failure.cause);
        assert_eq!(stage.rows().await, Vec::<Vec<String>>::new());
    }
}

/// One bad row first, in the middle or last, several, and all of 1,000, with `insert`.
pub async fn every_bad_row_is_found_by_insert<S: Subject>(subject: &mut S) {
    every_bad_row_is_found(subject, "contract_bad_insert", INSERT).await;
}

/// The same with `upsert`.
pub async fn every_bad_row_is_found_by_upsert<S: Subject>(subject: &mut S) {
    every_bad_row_is_found(subject, "contract_bad_upsert", UPSERT).await;
}

async fn every_bad_row_is_found<S: Subject>(subject: &mut S, name: &str, mode: &[(&str, &str)]) {
    let several = [1, 2, 499, 500, 731];
    let all: Vec<usize> = (0..MANY).collect();
    for bad in [&[0][..], &[500], &[999], &several, &all] {
        let mut stage = Stage::set(subject, numbers(name), mode).await;
        let bad: BTreeSet<usize> = bad.iter().copied().collect();
        let values = (0..MANY).map(|id| value(id, bad.contains(&id)));
        let outcome = stage.deliver(values).await.expect("bad rows are not a fault");
        let failed: Vec<usize> = outcome.failures.iter().map(|failure| failure.record).collect();
        assert!(failed.iter().eq(&bad), "{} of {} were reported", failed.len(), bad.len());
        assert_eq!(outcome.written, MANY - bad.len());
        let written: BTreeSet<String> =
            stage.rows().await.into_iter().map(|row| row[0].clone()).collect();
        let good = (0..MANY).filter(|id| !bad.contains(id)).map(|id| id.to_string());
        assert_eq!(written, good.collect::<BTreeSet<String>>());
    }
}

/// With `errors.tolerance=none` one bad row gives everything back, nothing is written, and the
/// error names the bad row.
pub async fn without_tolerance_nothing_is_left<S: Subject>(subject: &mut S) {
    let upsert = [("insert.mode", "upsert"), ("pk.mode", "record_value")];
    for (name, mode) in [("contract_none_insert", &[][..]), ("contract_none_upsert", &upsert)] {
        let mut stage = Stage::set(subject, numbers(name), mode).await;
        let values = (0..10).map(|id| value(id, id == 7));
        let given_back = stage.deliver(values).await.expect_err("nothing is to be written");
        assert!(matches!(given_back.error.fault, Fault::Data(_)), "{given_back:?}");
        assert_eq!(given_back.culprit.map(|(record, _)| record), Some(7), "{given_back:?}");
        assert_eq!(stage.rows().await, Vec::<Vec<String>>::new());
        stage.writes([value(7, false)]).await;
        assert_eq!(stage.rows().await, [["7", "7"]]);
    }
}
