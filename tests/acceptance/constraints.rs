//! Rows that refer to rows of other batches: they are tried again, and only what nothing cures becomes
//! a letter.

use krafka::producer::Record;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::pipeline::traffic::value_of;

const MANY: i32 = 60;

/// Children in one partition, and their parents in another: no batch has both.
async fn pipeline(target: Target, what: &str) -> Pipeline {
    let columns = "id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES NAME (id)";
    let pipeline = Pipeline::to(target, what, 2, columns).await.upserting();
    let child = |id: i32| value_of(format!("{{\"id\":{id},\"up\":{}}}", 1_000 + id));
    let parent = |id: i32| value_of(format!("{{\"id\":{},\"up\":null}}", 1_000 + id));
    let to = |partition: i32, record: Record| record.partition(partition);
    let children = (0..MANY).map(|id| to(0, child(id)));
    let parents = (0..MANY).map(|id| to(1, parent(id)));
    pipeline.send(children.chain(parents)).await;
    pipeline
}

async fn children_wait_for_their_parents(target: Target) {
    let pipeline = pipeline(target, "waits").await.with("errors.retry.timeout", "60000");
    let run = pipeline.drain(&["--batch-size", "7", "--max-retries", "-1"]).await;
    run.assert_settled();
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 0), "{run:#?}");
    assert_eq!(pipeline.rows().await, i64::from(2 * MANY));
}

async fn an_orphan_becomes_a_letter_in_the_end(target: Target) {
    let pipeline = pipeline(target, "orphan").await.with("errors.retry.timeout", "5000");
    pipeline.send([value_of("{\"id\":7777,\"up\":8888}").partition(0)]).await;
    let run = pipeline.drain(&["--batch-size", "7", "--max-retries", "-1"]).await;
    run.assert_settled();
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 1), "{run:#?}");
    assert_eq!(pipeline.rows().await, i64::from(2 * MANY));
}

/// The orphan is in the batch of the parents, which are written at once: their children do not grow old while it waits.
async fn an_orphan_costs_only_itself(target: Target) {
    let columns = "id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES NAME (id)";
    let pipeline = Pipeline::to(target, "beside", 2, columns).await.upserting();
    let row = |id: i32, up: &str| value_of(format!("{{\"id\":{id},\"up\":{up}}}"));
    let parent = |id: i32| 1_000 + id % (MANY - 1);
    let children = (0..MANY).map(|id| row(id, &parent(id).to_string()).partition(0));
    let parents = (1..MANY).map(|id| row(parent(id), "null").partition(1));
    let orphan = row(7_777, "8888").partition(1);
    pipeline.send(children.chain(parents).chain([orphan])).await;
    let batch = MANY.to_string();
    let run = pipeline.drain(&["--batch-size", &batch, "--max-retries", "-1"]).await;
    run.assert_settled();
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 1), "{run:#?}");
    assert_eq!(pipeline.rows().await, i64::from(2 * MANY - 1));
}

sluice_tests::on_each_target! {
    an_orphan_costs_only_itself,
    children_wait_for_their_parents,
    an_orphan_becomes_a_letter_in_the_end,
}
