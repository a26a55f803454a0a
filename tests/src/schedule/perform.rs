//! A schedule carried out: records are sent and faults happen, each in its own time; then the
//! world is well again, and the triggers have to come to the end by themselves.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::task::{JoinSet, LocalSet};

use crate::database::target::Target;
use crate::schedule::Schedule;
use crate::schedule::evidence::Evidence;
use crate::schedule::laws;
use crate::schedule::records::Planned;
use crate::schedule::stage::Stage;
use crate::schedule::table_chain::name_of;
use crate::services;

mod acts;
mod replay_phase;
mod settled;
mod topic_change;

/// Carries it out. What was logged stays in `target/<profile>/schedules` only after a failure.
///
/// # Errors
/// What the laws found, or that something panicked; with the command that repeats it.
pub async fn run(target: Target, seed: u64) -> Result<String, String> {
    let schedule = Rc::new(Schedule::of(seed, target));
    let stage = Rc::new(Stage::build(&schedule).await);
    let directory = stage.directory.clone();
    // A panic is a finding too.
    let local = LocalSet::new();
    let carried_out = local.spawn_local(carry_out(Rc::clone(&schedule), stage));
    let findings = match local.run_until(carried_out).await {
        Ok(findings) => findings,
        Err(error) => vec![error.to_string()],
    };
    if findings.is_empty() {
        std::fs::remove_dir_all(&directory).expect("our own directory");
        return Ok(schedule.to_string());
    }
    let findings = findings.join("\n  ");
    Stage::close(&directory, &findings);
    let (command, directory) = (schedule.command(), directory.display());
    Err(format!("{schedule}  {findings}\n  logs: {directory}\n  repeat: {command}"))
}

async fn carry_out(schedule: Rc<Schedule>, stage: Rc<Stage>) -> Vec<String> {
    for _ in 0..schedule.triggers {
        stage.processes.lock().await.hire(&stage.pipeline);
    }
    let mut acts = JoinSet::new();
    for (at, fault) in schedule.faults.clone() {
        let stage = Rc::clone(&stage);
        acts.spawn_local(async move {
            tokio::time::sleep(at).await;
            stage.note(&format!("{fault}"));
            acts::act(&stage, fault).await;
            stage.note(&format!("over: {fault}"));
        });
    }
    send(&schedule, &stage).await;
    let mut findings = Vec::new();
    while let Some(acted) = acts.join_next().await {
        findings.extend(acted.err().map(|error| error.to_string()));
    }
    stage.note("all is well");
    findings.extend(settle(&schedule, &stage).await);
    let evidence = Evidence::gather(&stage, &schedule).await;
    findings.extend(laws::judge(&schedule, &evidence));
    if let (Some(replay_phase), true) = (schedule.replay_phase, findings.is_empty()) {
        let (replayed, more) = replay_phase::perform(&schedule, &stage, replay_phase).await;
        findings.extend(more);
        findings.extend(crate::schedule::replayed::judge(&schedule, &evidence, &replayed));
    }
    findings
}

/// Sends the records in bursts, evenly over the schedule's time. Those of partitions that are not
/// there yet wait for them.
async fn send(schedule: &Schedule, stage: &Stage) {
    let bursts = schedule.records.chunks(schedule.burst);
    let pause = schedule.span() / bursts.len() as u32;
    let start = Instant::now();
    let mut held: Vec<&Planned> = Vec::new();
    let mut forget = None;
    for (index, burst) in bursts.enumerate() {
        tokio::time::sleep_until((start + pause * index as u32).into()).await;
        if let Some(remade) = schedule.remade
            && remade.after == index * schedule.burst
        {
            topic_change::make_again(schedule, stage, remade).await;
            forget = schedule.exactly_once.then_some(remade);
        }
        held.extend(burst);
        let grown = stage.grown.load(Ordering::Acquire);
        let there = |record: &Planned| grown || record.partition < schedule.partitions_at_first;
        let now = held.extract_if(.., |record| there(record));
        send_all(schedule, stage, now.collect()).await;
        if let Some(remade) = forget.take() {
            topic_change::forget_stored_offsets(stage, remade).await;
        }
        // Whoever holds it is at work on it.
        if let Ok(mut processes) = stage.processes.try_lock() {
            processes.look_after(&stage.pipeline);
        }
    }
    services::until("the topic grows", async || stage.grown.load(Ordering::Acquire)).await;
    send_all(schedule, stage, held).await;
    stage.note("everything is sent");
}

async fn send_all(schedule: &Schedule, stage: &Stage, records: Vec<&Planned>) {
    for topic in 0..schedule.topics() {
        let of_topic = records.iter().filter(|record| record.topic == topic);
        let of_topic: Vec<_> = of_topic.map(|record| record.record()).collect();
        stage.pipeline.send_to(&name_of(&stage.pipeline.name, topic), of_topic).await;
    }
}

/// Waits until every offset is committed, and ends the triggers.
async fn settle(schedule: &Schedule, stage: &Stage) -> Vec<String> {
    settled::settle_to(schedule, stage, &schedule.ends()).await
}
