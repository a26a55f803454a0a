//! A dry run: what an invocation would do with each table, and that nothing is left of it.

use sluice_source::error::Next;
use sluice_source::model::position::Order;
use sluice_source::poll::Poll;
use sluice_source::poll::dry_run::TableDryRun;
use sluice_source::source::Table;

use crate::scripted::{Kafka, Script, Scripted, ids, rules, table};

async fn dry_run(tables: Vec<(Table, Script)>, kafka: &Kafka, mode: &str) -> Vec<TableDryRun> {
    let source = Scripted { tables, patience: 0 };
    let mut poll = Poll::open(source, kafka.clone(), rules(mode, &[])).await.expect("it opens");
    poll.dry_run(3).await.expect("each table is told")
}

fn values(table: &TableDryRun) -> Vec<String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    table.rows.records.iter().map(|record| text(&record.value)).collect()
}

#[tokio::test]
async fn the_first_rows_are_read_and_nothing_is_committed() {
    let kafka = Kafka::default();
    let stored =
        (br#"["c",{"protocol":"1","table":"d.t"}]"#.to_vec(), br#"{"incrementing":2}"#.to_vec());
    kafka.0.borrow_mut().offsets.insert(stored.0.clone(), stored.1.clone());
    let tables = vec![
        (table("t", false, Order::Id), ids(&[1, 2, 5, 6, 7, 8])),
        (table("u", false, Order::Id), ids(&[])),
        (table("v", false, Order::Id), Script { holders: vec![7], ..ids(&[1]) }),
    ];
    let [t, u, v] = &dry_run(tables, &kafka, "incrementing").await[..] else {
        panic!("three tables")
    };
    assert_eq!(
        (values(t).join(" "), t.after.as_deref()),
        ("5 6 7".to_owned(), Some(&stored.1[..]))
    );
    assert_eq!((values(u), u.after.as_deref(), &u.outcome.error), (vec![], None, &None));
    assert_eq!((values(v), v.outcome.waits_for.as_deref()), (vec![], Some("7")));
    assert_eq!(kafka.transactions(), []);
    assert_eq!(kafka.0.borrow().offsets, [stored].into());
}

#[tokio::test]
async fn each_table_tells_what_keeps_it_from_being_read() {
    let fails = Script { fails_at: Some((2, Next::Stop)), ..ids(&[1, 2]) };
    let odd = Script { unwritable: Some(1), ..ids(&[1, 2]) };
    let large = Script { at_once: Some(1), ..ids(&[1, 2]) };
    let locked = Script { locked: 1, ..ids(&[1]) };
    let tables = [("t", fails), ("u", odd), ("v", large), ("w", locked)];
    let tables = tables.map(|(name, script)| (table(name, false, Order::Id), script));
    let kafka = Kafka::default();
    let told = dry_run(tables.into(), &kafka, "incrementing").await;
    let error = told[0].outcome.error.as_ref().expect("an error");
    assert!(error.message.contains("row 2"), "{error}");
    assert_eq!(told[1].rows.failed[0].reason, "it is odd");
    assert_eq!(values(&told[1]), ["2"]);
    assert_eq!(values(&told[2]), ["1"], "rows that are too large together are read one by one");
    assert_eq!(told[3].outcome.waits_for.as_deref(), Some("a lock is not granted"));
    assert_eq!(kafka.transactions(), []);
}

#[tokio::test]
async fn a_pass_is_never_read_whole() {
    let kafka = Kafka::default();
    let many: Vec<i64> = (0..1_200).collect();
    let tables = vec![(table("t", true, Order::Unordered), ids(&many))];
    assert_eq!(values(&dry_run(tables, &kafka, "bulk").await[0]), ["0", "1", "2"]);
}
