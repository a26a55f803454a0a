//! Whether everything is settled, and the wait for it.

use std::time::{Duration, Instant};

use crate::schedule::Schedule;
use crate::schedule::stage::Stage;
use crate::schedule::table_chain::name_of;
use crate::schedule::told::Told;

/// How long the triggers may take to settle everything once all is well: a dead member is waited
/// for, pauses between attempts have grown to ten seconds, and the machine may be busy.
pub(super) const RECOVERY: Duration = Duration::from_secs(150);

pub(super) async fn has_settled(schedule: &Schedule, stage: &Stage, ends: &[Vec<i64>]) -> bool {
    for (topic, ends) in ends.iter().enumerate() {
        let name = name_of(&stage.pipeline.name, topic);
        let committed = stage.pipeline.committed_of(&name, schedule.partitions).await;
        let reached = |(partition, (at, end)): (i32, (&Option<i64>, &i64))| {
            at.unwrap_or(0) == *end || is_told_gone(stage, partition, *end)
        };
        if !(0..).zip(committed.iter().zip(ends)).all(reached) {
            return false;
        }
    }
    true
}

/// Whether a trigger said that the last records of a partition are gone: then there is nothing left
/// whose offset it could commit.
fn is_told_gone(stage: &Stage, partition: i32, end: i64) -> bool {
    let deleted = stage.taken().deleted.get(&partition) == Some(&end);
    let is_last = |(gone, _, last): &(i32, i64, i64)| (*gone, last + 1) == (partition, end);
    deleted && Told::hear(&stage.logs("trigger")).gone.iter().any(is_last)
}

/// Waits until every offset has come to `ends`, and ends the triggers.
pub(super) async fn settle_to(
    schedule: &Schedule,
    stage: &Stage,
    ends: &[Vec<i64>],
) -> Vec<String> {
    let start = Instant::now();
    let mut findings = Vec::new();
    loop {
        if has_settled(schedule, stage, ends).await {
            break;
        }
        if start.elapsed() > RECOVERY {
            let committed = stage.pipeline.committed(schedule.partitions).await;
            findings.push(format!("committed after {RECOVERY:?}: {committed:?} of {ends:?}"));
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        stage.processes.lock().await.look_after(&stage.pipeline);
    }
    stage.note("everything is settled");
    let mut processes = stage.processes.lock().await;
    processes.stop_all().await;
    // Without a broker a trigger does not start.
    if !schedule.faults.iter().any(|(_, fault)| fault.ends_triggers()) {
        findings.append(&mut processes.trouble);
    }
    findings
}
