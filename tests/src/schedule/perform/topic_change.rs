//! What happens to the topic itself, and to the offsets that the database keeps.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::settled::{RECOVERY, has_settled};
use crate::schedule::Schedule;
use crate::schedule::fault::Fault;
use crate::schedule::plan::Remade;
use crate::schedule::records::SENT_AT;
use crate::schedule::stage::{Stage, offsets_table};

/// After so long no function is left that has records of a topic before: it is longer than an
/// invocation may take.
const FUNCTIONS_HAVE_ENDED: Duration = Duration::from_secs(7);
/// Further than any log goes.
const BEYOND: i64 = 1_000_000;
/// How often a statement is tried that fails.
const ATTEMPTS: usize = 20;

/// Does it.
pub(super) async fn act(stage: &Stage, fault: Fault) {
    match fault {
        Fault::Grow => {
            stage.pipeline.grow(stage.partitions).await;
            stage.grown.store(true, Ordering::Release);
        }
        Fault::Trim => delete(stage, i64::min).await,
        Fault::Overtake => delete(stage, |_, end| end).await,
        Fault::StoredBeyond(time) => store_beyond(stage, time).await,
        _ => unreachable!("nothing of the topic: {fault}"),
    }
}

/// Deletes records, of partitions of which the group has committed an offset: without one nobody
/// could know that records were there.
async fn delete(stage: &Stage, before: fn(i64, i64) -> i64) {
    let committed = stage.pipeline.committed(stage.partitions).await;
    let ends = stage.pipeline.ends(stage.partitions).await;
    let offsets = committed.into_iter().zip(ends);
    let offsets: Vec<Option<i64>> =
        offsets.map(|(committed, end)| Some(before(committed?, end?))).collect();
    let known = (0..).zip(&offsets).filter_map(|(partition, offset)| Some((partition, (*offset)?)));
    stage.take(|taken| {
        for (partition, offset) in known {
            let deleted = taken.deleted.entry(partition).or_default();
            *deleted = offset.max(*deleted);
        }
    });
    stage.note(&format!("deleted before {offsets:?}"));
    stage.pipeline.delete_before(&offsets).await;
}

/// The function finds records that it has not written before the offset that was reached, and gives
/// them back until the offset is right again.
async fn store_beyond(stage: &Stage, time: Duration) {
    let (target, table) = (stage.pipeline.target, offsets_table(&stage.pipeline.name));
    // An answer that is lost says nothing: they may have moved.
    let _ = stage.patient_session().await.run(&target.move_offsets(&table, BEYOND)).await;
    sleep(time).await;
    let back = format!("{} WHERE next_offset >= {BEYOND}", target.move_offsets(&table, -BEYOND));
    insist(stage, "the offsets go back", &back).await;
}

/// Runs a statement that may be run twice, also where the database is just down. The table is made by
/// the first invocation and may never have been.
async fn insist(stage: &Stage, what: &str, statement: &str) {
    for _ in 0..ATTEMPTS {
        match stage.patient_session().await.run(statement).await {
            Ok(()) => return stage.note(what),
            Err(error) => stage.note(&format!("not yet: {what}: {error}")),
        }
        sleep(Duration::from_millis(250)).await;
    }
}

/// Deletes the topic and makes it again.
pub(super) async fn make_again(schedule: &Schedule, stage: &Stage, remade: Remade) {
    let (first, _) = schedule.before_and_after();
    let ends = [schedule.count(first, 0)];
    let start = Instant::now();
    while remade.settled && !has_settled(schedule, stage, &ends).await && start.elapsed() < RECOVERY
    {
        sleep(Duration::from_millis(100)).await;
        if let Ok(mut processes) = stage.processes.try_lock() {
            processes.look_after(&stage.pipeline);
        }
    }
    let committed = stage.pipeline.committed(schedule.partitions).await;
    let committed = (0..).zip(committed).map(|(partition, at)| (partition, at.unwrap_or(0)));
    stage.take(|taken| taken.committed = committed.collect());
    stage.note("the topic is deleted");
    stage.pipeline.delete_topic(&stage.pipeline.name).await;
    stage.pipeline.create_topic(&stage.pipeline.name, schedule.partitions, &[]).await;
    stage.note("the topic is there again");
}

/// As an operator does once the function says that the topic was made again. What is newer than the
/// first topic is of the second.
pub(super) async fn forget_stored_offsets(stage: &Stage, remade: Remade) {
    sleep(FUNCTIONS_HAVE_ENDED).await;
    let (table, first) = (offsets_table(&stage.pipeline.name), SENT_AT + remade.after as i64);
    let statement = format!("DELETE FROM {table} WHERE latest_timestamp < {first}");
    insist(stage, "the stored offsets of the first topic are deleted", &statement).await;
}
