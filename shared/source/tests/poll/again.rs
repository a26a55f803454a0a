//! What is tried again within an invocation: a lock that was not granted, a page that was too large.

use sluice_source::model::position::Order;

use crate::scripted::{Kafka, Script, ids, poll, table};

#[tokio::test(start_paused = true)]
async fn a_table_whose_lock_is_not_granted_waits_and_the_others_are_read() {
    let kafka = Kafka::default();
    let tables = |locked| {
        let locked = Script { locked, ..ids(&[1]) };
        vec![(table("t", false, Order::Id), locked), (table("u", false, Order::Id), ids(&[2]))]
    };
    let outcome = poll(tables(99), 0, &kafka, "incrementing").await.expect("an outcome");
    let told: Vec<_> = outcome
        .tables
        .iter()
        .map(|table| (table.rows, table.waits_for.as_deref(), table.error.is_some()))
        .collect();
    assert_eq!(told, [(0, Some("a lock is not granted"), false), (1, None, false)]);
    assert!(!outcome.is_done && outcome.error().is_none());
    let outcome = poll(tables(1), 0, &kafka, "incrementing").await.expect("an outcome");
    assert_eq!((outcome.rows(), outcome.is_done), (1, true), "{outcome:?}");
    assert_eq!(outcome.tables[0].waits_for, None);
}

#[tokio::test]
async fn a_page_that_is_too_large_is_read_again_with_fewer_rows() {
    let kafka = Kafka::default();
    let read = async |at_once| {
        let script = Script { at_once: Some(at_once), ..ids(&[1, 2, 3]) };
        let tables = vec![(table("t", false, Order::Id), script)];
        poll(tables, 0, &kafka, "incrementing").await.expect("an outcome")
    };
    let outcome = read(0).await;
    let error = outcome.error().expect("an error").message;
    assert_eq!(
        (error.as_str(), kafka.transactions()),
        ("table d.t: the rows are too large", vec![])
    );
    let outcome = read(1).await;
    assert_eq!((outcome.rows(), outcome.is_done, outcome.error()), (3, true, None));
    let ends: Vec<_> = kafka.transactions().into_iter().map(|(rows, _)| rows.len()).collect();
    assert_eq!(ends, [1, 1, 1]);
}
