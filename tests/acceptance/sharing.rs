//! Several functions at once: on one table, in one group, and with a person's own commands.

use krafka::producer::Record;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::traffic::value_of;
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::Running;
use sluice_tests::services::{self, until};

/// Four partitions write the same rows in four different orders, in batches that overlap.
async fn functions_that_meet_on_the_same_rows(target: Target) {
    let pipeline =
        Pipeline::to(target, "meeting", 4, "id int PRIMARY KEY, n int").await.upserting();
    let record = |n: usize| {
        let (partition, place) = (n % 4, n / 4);
        let id = (place * [1, 7, 11, 499][partition]) % 500;
        value_of(format!("{{\"id\":{id},\"n\":{place}}}")).partition(partition as i32)
    };
    pipeline.send((0..8000).map(record)).await;
    let run = pipeline.drain(&["--concurrency", "4", "--batch-size", "400"]).await;
    run.assert_settled();
    assert_eq!(
        (run.count("written"), run.count("lettered"), pipeline.rows().await),
        (8000, 0, 500)
    );
    assert_eq!(run.count("retries"), 0, "rows are locked in one order: {run:#?}");
}

/// Eight functions on two connections of a pooler in transaction mode. Each is a process of its
/// own that names its statements as the others do. Of PostgreSQL, for that is what PgBouncer pools.
#[tokio::test]
async fn functions_that_share_two_connections() {
    let pooled = |pipeline: Pipeline| pipeline.with("connection.url", &services::pgbouncer());
    let adding = pooled(Pipeline::new("pooled", 4, "n int CHECK (n % 1000 <> 500)").await);
    let putting =
        pooled(Pipeline::new("pooled_put", 4, "id int PRIMARY KEY, n int").await.upserting());
    adding.send(numbered(0..4000)).await;
    let value = |n: usize| value_of(format!("{{\"id\":{n},\"n\":{n}}}"));
    putting.send((0..12_000).map(|n| value(n).partition((n % 4) as i32))).await;
    let (added, put) = tokio::join!(
        adding.drain(&["--concurrency", "4", "--batch-size", "100"]),
        putting.drain(&["--concurrency", "4", "--batch-size", "1500"]),
    );
    for (run, written, lettered) in [(&added, 3996, 4), (&put, 12_000, 0)] {
        run.assert_settled();
        assert_eq!((run.count("written"), run.count("lettered")), (written, lettered));
        assert_eq!(run.count("retries"), 0, "nobody is in another's way: {run:#?}");
    }
    assert_eq!((adding.rows().await, putting.rows().await), (3996, 12_000));
}

fn numbered(range: std::ops::Range<usize>) -> impl Iterator<Item = Record> {
    range.map(|n| value_of(format!("{{\"n\":{n}}}")).partition((n % 4) as i32))
}

/// A second trigger joins, the first one leaves; nothing is written twice or forgotten, though
/// no key would stop it.
async fn a_group_that_changes_under_way(target: Target) {
    let pipeline = Pipeline::to(target, "group", 4, "n int").await;
    let arguments = ["--batch-size", "50", "--batch-window", "10ms"];
    pipeline.send(numbered(0..4000)).await;
    let first = pipeline.start(&arguments);
    until("the first is at work", async || pipeline.rows().await > 100).await;
    let second = pipeline.start(&arguments);
    until("the second has started", async || pipeline.starts().len() == 2).await;
    pipeline.send(numbered(4000..6000)).await;
    until("half is there", async || pipeline.rows().await > 3000).await;
    let first = first.stop().await;
    pipeline.send(numbered(6000..8000)).await;
    until("all is there", async || pipeline.rows().await >= 8000).await;
    let second = second.stop().await;
    for run in [&first, &second] {
        run.assert_settled();
        assert!(run.count("records") > 0, "both did some of it: {run:#?}");
    }
    assert_eq!(first.count("records") + second.count("records"), 8000);
    assert_eq!(pipeline.drain(&[]).await.count("records"), 0, "everything was committed");
    let once = pipeline.query("SELECT count(*), count(DISTINCT n) FROM TABLE").await;
    assert_eq!([0, 1].map(|place| once[0].get::<i64>(place)), [8000, 8000]);
}

/// Lines and a tombstone from the command, and a summary for a person.
async fn what_the_readme_tells_a_person_to_do(target: Target) {
    let pipeline =
        Pipeline::to(target, "person", 4, "id bigint PRIMARY KEY, amount numeric(9,3)").await;
    let pipeline = pipeline.with("insert.mode", "upsert").with("pk.mode", "record_key");
    let pipeline = pipeline.with("delete.enabled", "true");
    let lines = "1\t{\"id\":1,\"amount\":12.345}\n2\t{\"id\":2,\"amount\":1e2}\n3\t\n";
    let lines = pipeline.file("lines", lines);
    let send = |arguments: &[&str]| {
        let mut command = sluice();
        command.args(["send", "--bootstrap", &services::kafka(), "--topic", &pipeline.name]);
        command.args(arguments);
        Running::start(command, None).ended()
    };
    let lines = lines.to_str().expect("a path of text");
    let sent = send(&["--lines", "--key-separator", "\t", lines]).await;
    assert_eq!((sent.code, sent.stdout.trim()), (Some(0), "3"), "{sent:#?}");
    let sent = send(&["--key", "2", "--tombstone"]).await;
    assert!(sent.stdout.starts_with(&format!("{}-", pipeline.name)), "{sent:#?}");

    let run = pipeline.start(&["--once", "--summary", "text"]).ended().await;
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.starts_with("4 records in "), "{run:#?}");
    let rows = pipeline.query("SELECT id, amount FROM TABLE").await;
    assert_eq!(rows.len(), 1, "2 is deleted");
    assert_eq!([0, 1].map(|place| rows[0].text(place)), [Some("1"), Some("12.345")]);
    let dead = pipeline.read(&pipeline.dead).await;
    assert_eq!((dead.len(), dead[0].value.as_deref()), (1, Some(&b""[..])));
}

sluice_tests::on_each_target! {
    functions_that_meet_on_the_same_rows,
    a_group_that_changes_under_way,
    what_the_readme_tells_a_person_to_do,
}
