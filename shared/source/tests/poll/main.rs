//! Invocations against a scripted database and a journal in memory: what is committed, in which pieces, and what an
//! error of one table or of Kafka means for the others.

mod again;
mod dry_run;
mod scripted;
mod tasks;

use std::time::Duration;

use sluice_bridge::options::Settings;
use sluice_source::error::Next;
use sluice_source::model::position::Order;
use sluice_source::options::mode::{OPTIONS, Rules};
use tokio::time::Instant;

use crate::scripted::{Kafka, Script, ids, poll, poll_with, rules, table};

fn told(records: &[&str], offset: Option<&str>) -> (Vec<String>, Option<String>) {
    (records.iter().map(|record| (*record).to_owned()).collect(), offset.map(str::to_owned))
}

#[tokio::test]
async fn rows_and_offset_are_committed_page_by_page_and_never_again() {
    let (kafka, t) = (Kafka::default(), table("t", false, Order::Id));
    let outcome =
        poll(vec![(t.clone(), ids(&[1, 2, 5]))], 0, &kafka, "incrementing").await.unwrap();
    assert_eq!((outcome.rows(), outcome.is_done, outcome.error()), (3, true, None));
    let pages = [
        told(&["p-t:1", "p-t:2"], Some(r#"{"incrementing":2}"#)),
        told(&["p-t:5"], Some(r#"{"incrementing":5}"#)),
    ];
    assert_eq!(kafka.transactions(), pages);
    let again = poll(vec![(t, ids(&[1, 2, 5, 6]))], 0, &kafka, "incrementing").await.unwrap();
    assert_eq!(again.rows(), 1);
    assert_eq!(kafka.transactions(), [told(&["p-t:6"], Some(r#"{"incrementing":6}"#))]);
}

#[tokio::test]
async fn nothing_is_read_while_somebody_may_still_write_below() {
    let kafka = Kafka::default();
    let script = Script { holders: vec![7], ..ids(&[1, 2]) };
    let tables = vec![(table("t", false, Order::Id), script)];
    let waits = poll(tables.clone(), u32::MAX, &kafka, "incrementing").await.unwrap();
    assert_eq!((waits.rows(), waits.is_done), (0, false));
    assert_eq!(waits.tables[0].waits_for.as_deref(), Some("7"));
    assert_eq!(kafka.transactions(), []);
    let drained = poll(tables, 3, &kafka, "incrementing").await.unwrap();
    assert_eq!((drained.rows(), drained.is_done), (2, true));
}

#[tokio::test]
async fn an_old_offset_is_taken_over() {
    let kafka = Kafka::default();
    let old = br#"["c",{"table":"t"}]"#.to_vec();
    kafka.0.borrow_mut().offsets.insert(old, br#"{"incrementing":1}"#.to_vec());
    let tables = vec![(table("t", false, Order::Id), ids(&[1, 2]))];
    assert_eq!(poll(tables, 0, &kafka, "incrementing").await.unwrap().rows(), 1);
    assert_eq!(kafka.transactions(), [told(&["p-t:2"], Some(r#"{"incrementing":2}"#))]);
}

#[tokio::test]
async fn a_pass_that_was_cut_goes_on_and_the_next_one_begins_anew() {
    let (kafka, t) = (Kafka::default(), table("t", true, Order::Id));
    kafka.0.borrow_mut().commits = Some(1);
    let cut = poll(vec![(t.clone(), ids(&[1, 2, 3]))], 0, &kafka, "bulk").await.unwrap_err();
    assert_eq!(cut.next, Next::GiveWay);
    assert_eq!(kafka.transactions(), [told(&["p-t:1", "p-t:2"], Some(r#"{"sluice":"pass 2"}"#))]);
    kafka.0.borrow_mut().commits = None;
    poll(vec![(t.clone(), ids(&[1, 2, 3]))], 0, &kafka, "bulk").await.unwrap();
    assert_eq!(kafka.transactions(), [told(&["p-t:3"], None)]);
    poll(vec![(t, ids(&[1, 2]))], 0, &kafka, "bulk").await.unwrap();
    let pass = [told(&["p-t:1", "p-t:2"], Some(r#"{"sluice":"pass 2"}"#)), told(&[], None)];
    assert_eq!(kafka.transactions(), pass, "a full page may be the last one");
}

#[tokio::test]
async fn a_table_without_an_order_is_committed_in_pieces() {
    let (kafka, t) = (Kafka::default(), table("t", true, Order::Unordered));
    let many: Vec<i64> = (0..1_200).collect();
    let outcome = poll(vec![(t, ids(&many))], 0, &kafka, "bulk").await.unwrap();
    let pieces: Vec<_> = kafka.transactions().iter().map(|(rows, _)| rows.len()).collect();
    assert_eq!((outcome.rows(), pieces), (1_200, vec![500, 500, 200]));
}

#[tokio::test(start_paused = true)]
async fn a_table_without_an_order_is_read_second_by_second() {
    let (kafka, t) = (Kafka::default(), table("t", true, Order::Unordered));
    let many: Vec<i64> = (0..250).collect();
    let rules = rules("bulk", &[("max.rows.per.second", "100")]);
    let outcome = poll_with(vec![(t, ids(&many))], 0, &kafka, rules).await.unwrap();
    let pieces: Vec<_> = kafka.transactions().iter().map(|(rows, _)| rows.len()).collect();
    assert_eq!((outcome.rows(), pieces), (250, vec![100, 100, 50]));
}

#[tokio::test]
async fn a_table_of_large_rows_is_committed_in_pieces_of_their_size() {
    let (kafka, t) = (Kafka::default(), table("t", true, Order::Unordered));
    let script = Script { width: 1 << 20, ..ids(&[1, 2, 3, 4, 5, 6]) };
    let outcome = poll(vec![(t, script)], 0, &kafka, "bulk").await.unwrap();
    let pieces: Vec<_> = kafka.transactions().iter().map(|(rows, _)| rows.len()).collect();
    assert_eq!((outcome.rows(), pieces), (6, vec![4, 2]));
}

#[tokio::test]
async fn a_table_that_is_named_and_not_found_fails_and_the_others_are_read() {
    let kafka = Kafka::default();
    let given = [
        ("name", "c"),
        ("mode", "incrementing"),
        ("table.whitelist", "t,lost"),
        ("topic.prefix", "p-"),
    ];
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = Settings::new(OPTIONS, given);
    let rules = Rules::from_settings(&mut settings);
    settings.check().expect("good options");
    let tables = vec![(table("t", false, Order::Id), ids(&[1]))];
    let outcome = poll_with(tables, 0, &kafka, rules).await.unwrap();
    assert_eq!((outcome.rows(), outcome.is_done), (1, true));
    let error = outcome.error().unwrap().message;
    assert!(error.starts_with("table lost: this account sees no such table"), "{error}");
    assert_eq!(outcome.tables[1].topic, "p-lost");
}

#[tokio::test]
async fn a_table_without_a_topic_stops_itself_only() {
    let kafka = Kafka::default();
    kafka.0.borrow_mut().missing = Some("p-bad");
    let tables = vec![
        (table("bad", false, Order::Id), ids(&[1])),
        (table("good", false, Order::Id), ids(&[8])),
    ];
    let outcome = poll(tables, 0, &kafka, "incrementing").await.unwrap();
    let error = outcome.error().unwrap();
    assert_eq!(error.message, "table d.bad: topic p-bad does not exist");
    assert_eq!(kafka.transactions(), [told(&["p-good:8"], Some(r#"{"incrementing":8}"#))]);
}

#[tokio::test]
async fn a_row_that_cannot_be_told_stops_its_table_only() {
    let kafka = Kafka::default();
    let bad = Script { fails_at: Some((4, Next::Stop)), ..ids(&[1, 2, 3, 4]) };
    let tables =
        vec![(table("bad", false, Order::Id), bad), (table("good", false, Order::Id), ids(&[8]))];
    let outcome = poll(tables, 0, &kafka, "incrementing").await.unwrap();
    let error = outcome.error().unwrap();
    assert_eq!(error.message, "table d.bad: row 4 cannot be told");
    let committed = [
        told(&["p-bad:1", "p-bad:2"], Some(r#"{"incrementing":2}"#)),
        told(&["p-good:8"], Some(r#"{"incrementing":8}"#)),
    ];
    assert_eq!(kafka.transactions(), committed, "row 3 shares a page with row 4");
}

#[tokio::test]
async fn a_row_that_cannot_be_written_becomes_a_letter_if_that_is_asked_for() {
    let tables = || {
        let odd = Script { unwritable: Some(4), ..ids(&[1, 2, 3, 4, 5]) };
        vec![(table("t", false, Order::Id), odd)]
    };
    let kafka = Kafka::default();
    let stopped = poll(tables(), 0, &kafka, "incrementing").await.unwrap();
    let error = stopped.error().unwrap();
    let why = "table d.t: the row 4 cannot be written as a record: column `c`: it is odd";
    assert!(error.next == Next::Stop && error.message.starts_with(why), "{error}");
    let before = [
        told(&["p-t:1", "p-t:2"], Some(r#"{"incrementing":2}"#)),
        told(&["p-t:3"], Some(r#"{"incrementing":3}"#)),
    ];
    assert_eq!(kafka.transactions(), before, "it stops at the row, and not at its page");
    let tolerant = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead")];
    let rules = rules("incrementing", &tolerant);
    let outcome = poll_with(tables(), 0, &kafka, rules).await.unwrap();
    assert_eq!((outcome.error(), outcome.rows(), outcome.tables[0].letters), (None, 2, 1));
    // In one transaction with its neighbour and the offset behind both.
    let letter = told(&["p-t:5", "dead:4 of d.t for p-t"], Some(r#"{"incrementing":5}"#));
    assert_eq!(kafka.transactions(), [letter]);
}

#[tokio::test]
async fn a_row_that_is_too_large_for_its_topic_is_a_row_that_cannot_be_written() {
    let tables = || {
        let wide = Script { width: 3, ..ids(&[1, 2, 11, 10_000_000]) };
        vec![(table("t", false, Order::Id), wide), (table("u", false, Order::Id), ids(&[8]))]
    };
    let kafka = Kafka::default();
    kafka.0.borrow_mut().most = Some(8);
    let stopped = poll(tables(), 0, &kafka, "incrementing").await.unwrap();
    let error = stopped.error().unwrap().message;
    let why =
        "table d.t: the row 10000000 cannot be written as a record: topic p-t accepts 8 bytes;";
    assert!(error.starts_with(why), "{error}");
    assert_eq!(stopped.rows(), 4, "three rows before it, and the other table");
    let tolerant = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead")];
    kafka.transactions();
    let outcome = poll_with(tables(), 0, &kafka, rules("incrementing", &tolerant)).await.unwrap();
    assert_eq!((outcome.error(), outcome.tables[0].letters), (None, 1));
    let letter = told(&["dead:10000000 of d.t for p-t"], Some(r#"{"incrementing":10000000}"#));
    assert_eq!(kafka.transactions(), [letter]);
}

#[tokio::test]
async fn what_a_topic_refuses_at_the_commit_stops_its_table_only() {
    let kafka = Kafka::default();
    kafka.0.borrow_mut().refuses = Some("p-bad");
    let tables = vec![
        (table("bad", false, Order::Id), ids(&[1])),
        (table("good", false, Order::Id), ids(&[8])),
    ];
    let outcome = poll(tables, 0, &kafka, "incrementing").await.unwrap();
    assert_eq!(outcome.error().unwrap().message, "table d.bad: topic p-bad refuses a record");
    assert_eq!(kafka.transactions(), [told(&["p-good:8"], Some(r#"{"incrementing":8}"#))]);
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_told_each_time_and_the_others_are_read() {
    let kafka = Kafka::default();
    for rows in [1, 0] {
        let refused = Script { refused: Some("it has no key"), ..Script::default() };
        let tables = vec![
            (table("bad", false, Order::Id), refused),
            (table("good", false, Order::Id), ids(&[8])),
        ];
        let outcome = poll(tables, 0, &kafka, "incrementing").await.unwrap();
        assert_eq!((outcome.rows(), outcome.is_done), (rows, true));
        assert_eq!(outcome.error().unwrap().message, "table d.bad: it has no key");
        assert_eq!(outcome.tables[1].topic, "p-bad");
    }
}

#[tokio::test]
async fn an_offset_that_cannot_be_read_stops_its_table_only() {
    let kafka = Kafka::default();
    let key = br#"["c",{"protocol":"1","table":"d.bad"}]"#.to_vec();
    kafka.0.borrow_mut().offsets.insert(key, b"7".to_vec());
    let tables = vec![
        (table("bad", false, Order::Id), ids(&[1])),
        (table("good", false, Order::Id), ids(&[8])),
    ];
    let outcome = poll(tables, 0, &kafka, "incrementing").await.unwrap();
    let error = outcome.error().unwrap().message;
    assert_eq!(error, "table d.bad: the stored offset is not a JSON object");
    assert_eq!(outcome.rows(), 1);
}

#[tokio::test]
async fn rows_that_are_held_back_are_waited_for() {
    let kafka = Kafka::default();
    let held = Script { held_back: Some("a statement that waits"), ..ids(&[1]) };
    let tables = vec![(table("t", false, Order::Id), held)];
    let outcome = poll(tables, 0, &kafka, "incrementing").await.unwrap();
    assert_eq!((outcome.rows(), outcome.is_done, outcome.error()), (0, false, None));
    assert_eq!(outcome.tables[0].waits_for.as_deref(), Some("a statement that waits"));
}

#[tokio::test]
async fn rows_are_read_no_faster_than_asked_for() {
    let (kafka, start) = (Kafka::default(), Instant::now());
    let rules = rules("incrementing", &[("max.rows.per.second", "20")]);
    let tables = vec![(table("t", false, Order::Id), ids(&[1, 2, 3, 4, 5, 6]))];
    let outcome = poll_with(tables, 0, &kafka, rules).await.unwrap();
    assert_eq!((outcome.rows(), outcome.is_done), (6, true));
    assert!(start.elapsed() >= Duration::from_millis(200), "two pages of two rows before the last");
}

#[tokio::test]
async fn a_lost_connection_ends_the_invocation() {
    let kafka = Kafka::default();
    let lost = Script { fails_at: Some((2, Next::Retry)), ..ids(&[1, 2]) };
    let tables = vec![(table("t", false, Order::Id), lost)];
    let error = poll(tables, 0, &kafka, "incrementing").await.unwrap_err();
    assert_eq!((error.next, kafka.transactions()), (Next::Retry, vec![]));
}

#[tokio::test]
async fn two_tables_of_one_topic_are_refused() {
    let mut other = table("t", false, Order::Id);
    other.name = "e.t".to_owned();
    let tables = vec![(table("t", false, Order::Id), ids(&[])), (other, ids(&[]))];
    let error = poll(tables, 0, &Kafka::default(), "incrementing").await.unwrap_err();
    assert!(error.message.contains("d.t and e.t would both go to topic p-t"), "{error}");
}
