//! Every record is accounted for, in order, however many there are and however they are batched.

use std::collections::BTreeMap;

use krafka::producer::Record;
use sluice_tests::database::target::Target;
use sluice_tests::kafka::letter::Letter;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::pipeline::traffic::value_of;
use sluice_tests::run::Run;

const RECORDS: usize = 4000;
const KEYS: usize = 150;

/// Every 40th record cannot be decoded, every 41st is refused by its column, every 43rd is a
/// tombstone and filtered; others of the same key come before and after them.
fn traffic() -> Vec<Record> {
    (0..RECORDS)
        .map(|n| {
            let id = n % KEYS;
            let key = format!("{id}");
            let record = match n {
                _ if n % 40 == 39 => value_of("{\"id\":"),
                _ if n % 41 == 40 => value_of(format!("{{\"id\":{id},\"n\":\"many\"}}")),
                _ if n % 43 == 42 => value_of("").without_value(),
                _ => value_of(format!("{{\"id\":{id},\"n\":{n}}}")),
            };
            record.key(key).partition((id % 4) as i32)
        })
        .collect()
}

struct Expected {
    dead: usize,
    errors: usize,
    filtered: usize,
    last: BTreeMap<usize, usize>,
    all: Vec<usize>,
}

fn expected() -> Expected {
    let mut expected =
        Expected { dead: 0, errors: 0, filtered: 0, last: BTreeMap::new(), all: Vec::new() };
    for n in 0..RECORDS {
        match n {
            _ if n % 40 == 39 => expected.dead += 1,
            _ if n % 41 == 40 => expected.errors += 1,
            _ if n % 43 == 42 => expected.filtered += 1,
            _ => {
                expected.last.insert(n % KEYS, n);
                expected.all.push(n);
            }
        }
    }
    expected
}

fn assert_accounted(run: &Run, expected: &Expected) {
    run.assert_settled();
    let counts =
        ["records", "written", "lettered", "filtered"].map(|name| run.count(name) as usize);
    let lettered = expected.dead + expected.errors;
    assert_eq!(counts, [RECORDS, expected.all.len(), lettered, expected.filtered]);
    let sum = expected.all.len() + lettered + expected.filtered;
    assert_eq!(sum, RECORDS);
}

/// A letter for each refused record and no other, in its own topic.
async fn assert_lettered(pipeline: &Pipeline, expected: &Expected) {
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (expected.dead, expected.errors));
    let mut origins: Vec<_> = dead.iter().chain(&errors).map(Letter::origin).collect();
    origins.sort_unstable();
    origins.dedup();
    assert_eq!(origins.len(), expected.dead + expected.errors);
    assert!(dead.iter().all(|letter| letter.value.as_deref() == Some(b"{\"id\":")));
    assert!(errors.iter().all(|letter| letter.reason("__sluice.errors.column") == "n"));
}

async fn upsert(target: Target, what: &str, concurrency: &str) {
    let pipeline = Pipeline::to(target, what, 4, "id int PRIMARY KEY, n bigint").await.upserting();
    pipeline.send(traffic()).await;
    let expected = expected();
    let run = pipeline.drain(&["--concurrency", concurrency, "--batch-size", "700"]).await;
    assert_accounted(&run, &expected);
    assert_lettered(&pipeline, &expected).await;
    let rows = pipeline.query("SELECT id, n FROM TABLE ORDER BY id").await;
    let last = rows.iter().map(|row| (row.get::<usize>(0), row.get::<usize>(1)));
    assert_eq!(last.collect::<BTreeMap<_, _>>(), expected.last, "the last value of a key wins");

    let again = pipeline.drain(&[]).await;
    again.assert_settled();
    assert_eq!(again.count("records"), 0, "a second run adds nothing");
}

async fn upserts_one_process(target: Target) {
    upsert(target, "upsert1", "1").await;
}

async fn upserts_three_processes(target: Target) {
    upsert(target, "upsert3", "3").await;
}

async fn insert(target: Target, what: &str, concurrency: &str) {
    let columns = format!("seen {}, id int, n bigint", target.serial());
    let pipeline = Pipeline::to(target, what, 4, &columns).await;
    pipeline.send(traffic()).await;
    let expected = expected();
    let run = pipeline.drain(&["--concurrency", concurrency, "--batch-size", "700"]).await;
    assert_accounted(&run, &expected);
    assert_lettered(&pipeline, &expected).await;
    let mut rows: Vec<(i32, i64)> = Vec::new();
    for row in pipeline.query("SELECT id, n FROM TABLE ORDER BY seen").await {
        rows.push((row.get(0), row.get(1)));
    }
    let mut all: Vec<usize> = rows.iter().map(|(_, n)| *n as usize).collect();
    all.sort_unstable();
    assert_eq!(all, expected.all, "every record once");
    let mut last: BTreeMap<i32, i64> = BTreeMap::new();
    for (id, n) in rows {
        let before = last.insert(id, n);
        assert!(before.is_none_or(|before| before < n), "key {id}: {before:?} came before {n}");
    }

    let again = pipeline.drain(&[]).await;
    assert_eq!((again.count("records"), pipeline.rows().await as usize), (0, all.len()));
}

async fn inserts_one_process(target: Target) {
    insert(target, "insert1", "1").await;
}

async fn inserts_three_processes(target: Target) {
    insert(target, "insert3", "3").await;
}

/// 16 MB of records in batches that only the 6 MB of an event limit.
async fn six_megabyte_batches(target: Target) {
    let columns = format!("id int PRIMARY KEY, filler {}", target.text());
    let pipeline = Pipeline::to(target, "large", 1, &columns).await.upserting();
    let filler = "ö".repeat(40_000);
    let value = |id: usize| format!("{{\"id\":{id},\"filler\":\"{filler}\"}}");
    pipeline.send_values((0..200).map(value)).await;
    let run = pipeline.drain(&["--batch-size", "10000", "--batch-window", "2s"]).await;
    run.assert_settled();
    assert_eq!((run.count("written"), pipeline.rows().await), (200, 200));
    let largest = run.lines().iter().filter_map(|line| line["bytes"].as_u64()).max();
    let largest = largest.expect("the log tells the bytes of an event");
    assert!((4_000_000..=6 * 1024 * 1024).contains(&largest), "{largest}");
    let kept = pipeline.column("SELECT filler FROM TABLE WHERE id = 199").await;
    assert!(kept == [filler]);
}

/// A record that may not become a letter, in the middle of good ones of two partitions.
async fn poisoned(target: Target, report: bool) -> (Pipeline, Run) {
    let what = if report { "reported" } else { "unreported" };
    let mut pipeline = Pipeline::to(target, what, 2, "id int PRIMARY KEY, n int").await.upserting();
    pipeline.set("errors.tolerance", "none");
    pipeline.unset("errors.deadletterqueue.topic.name");
    pipeline.unset("errors.data.topic.name");
    pipeline.set("report.batch.item.failures", if report { "true" } else { "false" });
    let value = |id: usize| match id {
        5 => "{\"id\":5,\"n\":\"five\"}".to_owned(),
        id => format!("{{\"id\":{id},\"n\":1}}"),
    };
    pipeline.send((0..20).map(|id| value_of(value(id)).partition((id % 2) as i32))).await;
    let run = pipeline.drain(&["--max-retries", "1"]).await;
    (pipeline, run)
}

/// The partition of the bad record stops before the batch it is in, and nothing is lettered.
fn assert_given_up(run: &Run, pipeline: &Pipeline) {
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains(&pipeline.name), "what was given up is named: {}", run.stderr);
    assert!(run.log.contains("\\\"n\\\""), "the log names the column: {}", run.log);
    assert!(!run.log.contains("five"), "the log tells a value: {}", run.log);
}

async fn without_tolerance_a_bad_record_fails_the_invocation(target: Target) {
    let (pipeline, run) = poisoned(target, false).await;
    assert_given_up(&run, &pipeline);
    assert_eq!(run.count("records") + run.count("given_up"), 20);
    assert_eq!(pipeline.rows().await, run.count("records") as i64, "settled records are rows");
}

async fn without_tolerance_a_bad_record_is_reported_as_an_item(target: Target) {
    let (mut pipeline, run) = poisoned(target, true).await;
    assert_given_up(&run, &pipeline);
    assert_eq!(pipeline.rows().await, run.count("records") as i64, "settled records are rows");

    // It is tolerated now: the group goes on where it stopped, and nothing was lost.
    pipeline.set("errors.tolerance", "all");
    pipeline.set("errors.deadletterqueue.topic.name", "DEAD");
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!((pipeline.rows().await, pipeline.read(&pipeline.dead).await.len()), (19, 1));
}

sluice_tests::on_each_target! {
    upserts_one_process,
    upserts_three_processes,
    inserts_one_process,
    inserts_three_processes,
    six_megabyte_batches,
    without_tolerance_a_bad_record_fails_the_invocation,
    without_tolerance_a_bad_record_is_reported_as_an_item,
}
