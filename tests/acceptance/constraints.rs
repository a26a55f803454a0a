//! Rows that refer to rows of other batches: they are tried again, and only what nothing cures becomes
//! a letter.

use krafka::producer::Record;
use sluice_tests::road::Road;
use sluice_tests::target::Target;
use sluice_tests::traffic::value_of;

const MANY: i32 = 60;

/// Children in one partition, and their parents in another: no batch has both.
async fn road(target: Target, what: &str) -> Road {
    let columns = "id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES NAME (id)";
    let road = Road::to(target, what, 2, columns).await.upserting();
    let child = |id: i32| value_of(format!("{{\"id\":{id},\"up\":{}}}", 1_000 + id));
    let parent = |id: i32| value_of(format!("{{\"id\":{},\"up\":null}}", 1_000 + id));
    let to = |partition: i32, record: Record| record.partition(partition);
    let children = (0..MANY).map(|id| to(0, child(id)));
    let parents = (0..MANY).map(|id| to(1, parent(id)));
    road.send(children.chain(parents)).await;
    road
}

async fn children_wait_for_their_parents(target: Target) {
    let road = road(target, "waits").await.with("errors.retry.timeout", "60000");
    let run = road.drain(&["--batch-size", "7", "--max-retries", "-1"]).await;
    run.assert_settled();
    let (dead, errors) = road.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 0), "{run:#?}");
    assert_eq!(road.rows().await, i64::from(2 * MANY));
}

async fn an_orphan_becomes_a_letter_in_the_end(target: Target) {
    let road = road(target, "orphan").await.with("errors.retry.timeout", "5000");
    road.send([value_of("{\"id\":7777,\"up\":8888}").partition(0)]).await;
    let run = road.drain(&["--batch-size", "7", "--max-retries", "-1"]).await;
    run.assert_settled();
    let (dead, errors) = road.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 1), "{run:#?}");
    assert_eq!(road.rows().await, i64::from(2 * MANY));
}

sluice_tests::on_each_target! {
    children_wait_for_their_parents,
    an_orphan_becomes_a_letter_in_the_end,
}
