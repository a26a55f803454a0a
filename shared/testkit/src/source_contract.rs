//! What every source must do against its real server, clause by clause.
//!
//! A connector's tests implement [`SourceSubject`] for its server and call
//! [`contract_source!`](crate::contract_source!), which makes one test of each clause. Kafka is a journal in memory.
//! Types, and what only one database does, are tested in the connector.

use std::time::Duration;

use sluice_source::error::Next;
use sluice_source::options::mode::Rules;
use sluice_source::poll::Poll;
use sluice_source::poll::outcome::Outcome;
use sluice_source::source::Source;
use tokio::time::Instant;

use crate::memory_journal::{MemoryJournal, Told};

/// A database under test, with a table `t` of three columns: `id`, an integer that the server counts from 1 on and the
/// primary key; `v`, a text; `ts`, which the server sets at each change, with an index.
#[allow(async_fn_in_trait, reason = "tests run on one thread")]
pub trait SourceSubject {
    /// What is tested.
    type Source: Source;

    /// Creates the table, empty, and replaces one from an earlier run.
    async fn create(&mut self);

    /// Inserts a row and commits it.
    async fn insert(&mut self, v: &str);

    /// Changes a row and commits that.
    async fn update(&mut self, id: i64, v: &str);

    /// Inserts a row in a transaction that stays open.
    async fn begin(&mut self, v: &str);

    /// Ends that transaction.
    async fn end(&mut self, commits: bool);

    /// Ends the connections of this subject's sources from the server's side, and returns when they are closed.
    async fn sever(&mut self);

    /// Makes a source of the connector `c` that has not connected yet, with these options and what it needs for its
    /// server.
    fn source(&mut self, options: &[(&str, &str)]) -> (Self::Source, Rules);
}

/// Makes one test of each clause; `run` is a function that takes a name and an asynchronous closure of a subject.
#[macro_export]
macro_rules! contract_source {
    ($run:path) => {
        $crate::contract_source! { $run =>
            each_row_is_read_once_page_by_page
            an_update_is_read_by_its_time
            an_open_transaction_is_waited_for
            what_is_rolled_back_is_never_read
            a_pass_reads_every_row_each_time
            a_lost_connection_costs_nothing
        }
    };
    ($run:path => $($clause:ident)*) => {
        $(
            #[test]
            fn $clause() {
                $run(stringify!($clause), async |subject| {
                    $crate::source_contract::$clause(subject).await;
                });
            }
        )*
    };
}

const BY_ID: [(&str, &str); 3] =
    [("mode", "incrementing"), ("table.whitelist", "t"), ("batch.max.rows", "2")];
const BY_TIME: [(&str, &str); 4] = [
    ("mode", "timestamp+incrementing"),
    ("timestamp.column.name", "ts"),
    ("table.whitelist", "t"),
    ("batch.max.rows", "2"),
];
/// No transaction of another test is longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// A row is read by its time only if it is older than the margin of the source, and the clock has moved on.
const OLD: Duration = Duration::from_millis(2_500);

async fn poll<S: SourceSubject>(
    subject: &mut S,
    journal: &MemoryJournal,
    options: &[(&str, &str)],
    time: Duration,
) -> Outcome {
    let (source, rules) = subject.source(options);
    let mut poll = Poll::open(source, journal.clone(), rules).await.expect("it opens");
    let outcome = poll.run(Instant::now() + time).await.expect("an outcome");
    poll.close().await;
    assert_eq!(outcome.error(), None);
    outcome
}

/// The values of one invocation that comes to its end.
async fn read<S: SourceSubject>(
    subject: &mut S,
    journal: &MemoryJournal,
    options: &[(&str, &str)],
) -> Vec<String> {
    let outcome = poll(subject, journal, options, PATIENCE).await;
    assert!(outcome.is_done, "{outcome:?}");
    values(&journal.take())
}

/// The texts of `v`.
fn values(told: &[Told]) -> Vec<String> {
    let value = |told: &Told| {
        let row: serde_json::Value = serde_json::from_str(&told.value).expect("JSON");
        row["v"].as_str().expect("a text").to_owned()
    };
    told.iter().map(value).collect()
}

/// Each row is read once, and a transaction holds a page and the offset behind it.
pub async fn each_row_is_read_once_page_by_page<S: SourceSubject>(subject: &mut S) {
    subject.create().await;
    let journal = MemoryJournal::default();
    for v in ["a", "b", "c"] {
        subject.insert(v).await;
    }
    poll(subject, &journal, &BY_ID, PATIENCE).await;
    let told = journal.take();
    assert_eq!(
        (values(&told), journal.commits()),
        (["a", "b", "c"].map(str::to_owned).to_vec(), 2)
    );
    let keys: Vec<_> = told.iter().map(|told| told.key.as_deref()).collect();
    assert_eq!(keys, [Some(r#"{"id":1}"#), Some(r#"{"id":2}"#), Some(r#"{"id":3}"#)]);
    let offsets: Vec<_> = journal.offsets().into_values().collect();
    assert_eq!(offsets, [r#"{"incrementing":3}"#]);
    assert_eq!(read(subject, &journal, &BY_ID).await, Vec::<String>::new());
    subject.insert("d").await;
    assert_eq!(read(subject, &journal, &BY_ID).await, ["d"]);
}

/// With a timestamp, changes are new too.
pub async fn an_update_is_read_by_its_time<S: SourceSubject>(subject: &mut S) {
    subject.create().await;
    let journal = MemoryJournal::default();
    for v in ["a", "b", "c"] {
        subject.insert(v).await;
    }
    tokio::time::sleep(OLD).await;
    assert_eq!(read(subject, &journal, &BY_TIME).await, ["a", "b", "c"]);
    subject.update(2, "changed").await;
    tokio::time::sleep(OLD).await;
    assert_eq!(read(subject, &journal, &BY_TIME).await, ["changed"]);
    let offset = journal.offsets().into_values().next().expect("an offset");
    assert!(offset.contains(r#""incrementing":2,"timestamp":"#), "{offset}");
}

/// A row that commits late is not passed: nothing above it is read before.
pub async fn an_open_transaction_is_waited_for<S: SourceSubject>(subject: &mut S) {
    subject.create().await;
    let journal = MemoryJournal::default();
    subject.begin("late").await;
    subject.insert("early").await;
    let outcome = poll(subject, &journal, &BY_ID, Duration::from_secs(1)).await;
    assert!(!outcome.is_done && outcome.tables[0].waits_for.is_some(), "{outcome:?}");
    assert_eq!(journal.take(), []);
    subject.end(true).await;
    assert_eq!(read(subject, &journal, &BY_ID).await, ["late", "early"]);
}

/// Ids that no row got hold nothing back.
pub async fn what_is_rolled_back_is_never_read<S: SourceSubject>(subject: &mut S) {
    subject.create().await;
    let journal = MemoryJournal::default();
    subject.begin("undone").await;
    subject.insert("kept").await;
    subject.end(false).await;
    assert_eq!(read(subject, &journal, &BY_ID).await, ["kept"]);
}

/// A pass has no offset once it has ended.
pub async fn a_pass_reads_every_row_each_time<S: SourceSubject>(subject: &mut S) {
    subject.create().await;
    let journal = MemoryJournal::default();
    let pass = [("mode", "bulk"), ("table.whitelist", "t"), ("batch.max.rows", "2")];
    for v in ["a", "b", "c"] {
        subject.insert(v).await;
    }
    for _ in 0..2 {
        assert_eq!(read(subject, &journal, &pass).await, ["a", "b", "c"]);
        assert!(journal.offsets().is_empty());
    }
}

/// The invocation fails in a way that passes, and the next one leaves neither gap nor double.
pub async fn a_lost_connection_costs_nothing<S: SourceSubject>(subject: &mut S) {
    subject.create().await;
    let journal = MemoryJournal::default();
    subject.insert("a").await;
    let (source, rules) = subject.source(&BY_ID);
    let mut poll = Poll::open(source, journal.clone(), rules).await.expect("it opens");
    let outcome = poll.run(Instant::now() + PATIENCE).await.expect("an outcome");
    assert!(outcome.is_done, "{outcome:?}");
    subject.insert("b").await;
    subject.sever().await;
    let error = poll.run(Instant::now() + PATIENCE).await.expect_err("it is lost");
    assert_eq!(error.next, Next::Retry, "{error}");
    poll.close().await;
    assert_eq!(values(&journal.take()), ["a"]);
    assert_eq!(read(subject, &journal, &BY_ID).await, ["b"]);
}
