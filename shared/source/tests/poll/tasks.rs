//! Tables that are polled side by side.

use std::collections::BTreeSet;
use std::time::Duration;

use sluice_source::error::Next;
use sluice_source::model::position::Order;
use tokio::time::Instant;

use crate::scripted::{Kafka, Script, ids, poll_with, rules, table};

const SIDE_BY_SIDE: [(&str, &str); 1] = [("tasks.max", "3")];

#[tokio::test]
async fn each_table_is_read_by_one_task() {
    let kafka = Kafka::default();
    let names = ["a", "b", "c", "d", "e"];
    let tables = names.iter().map(|name| (table(name, false, Order::Id), ids(&[1, 2, 3])));
    let tables: Vec<_> = tables.collect();
    for tasks in ["3", "32", "1"] {
        let more = rules("incrementing", &[("tasks.max", tasks)]);
        let outcome = poll_with(tables.clone(), 0, &kafka, more).await.expect("an outcome");
        let read: BTreeSet<_> = outcome.tables.iter().map(|it| it.table.as_str()).collect();
        assert_eq!(read, BTreeSet::from(["d.a", "d.b", "d.c", "d.d", "d.e"]), "{tasks}");
        assert_eq!((outcome.is_done, outcome.error()), (true, None), "{tasks}");
        let mut sent: Vec<_> =
            kafka.transactions().into_iter().flat_map(|(records, _)| records).collect();
        sent.sort();
        let each = |name: &&str| (1..4).map(|id| format!("p-{name}:{id}")).collect::<Vec<_>>();
        let all: Vec<String> = match tasks {
            "3" => names.iter().flat_map(each).collect(),
            // What one task has read, another does not read again.
            _ => Vec::new(),
        };
        assert_eq!(sent, all, "{tasks}");
    }
}

#[tokio::test(start_paused = true)]
async fn when_one_task_fails_the_others_end_after_their_page() {
    let kafka = Kafka::default();
    let fails = Script { fails_at: Some((2, Next::Retry)), ..ids(&[1, 2]) };
    let waits = Script { holders: vec![7], ..ids(&[1]) };
    let tables = vec![
        (table("a", false, Order::Id), waits),
        (table("b", false, Order::Id), ids(&[1, 2])),
        (table("c", false, Order::Id), fails),
    ];
    let start = Instant::now();
    let rules = rules("incrementing", &SIDE_BY_SIDE);
    let error = poll_with(tables, u32::MAX, &kafka, rules).await.expect_err("one failed");
    assert_eq!(
        (error.next, error.message.as_str()),
        (Next::Retry, "table d.c: row 2 cannot be told")
    );
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    let sent: Vec<_> = kafka.transactions().into_iter().map(|(records, _)| records).collect();
    assert_eq!(sent, [["p-b:1", "p-b:2"]]);
}

#[tokio::test]
async fn when_one_task_is_superseded_all_are() {
    let kafka = Kafka::default();
    kafka.0.borrow_mut().commits = Some(1);
    let waits = Script { holders: vec![7], ..ids(&[1]) };
    let tables = vec![
        (table("a", false, Order::Id), waits),
        (table("b", false, Order::Id), ids(&[1])),
        (table("c", false, Order::Id), ids(&[1])),
    ];
    let rules = rules("incrementing", &SIDE_BY_SIDE);
    let error = poll_with(tables, u32::MAX, &kafka, rules).await.expect_err("it is superseded");
    assert_eq!(error.next, Next::GiveWay);
    assert_eq!(kafka.transactions().len(), 1);
}
