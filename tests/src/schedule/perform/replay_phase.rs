//! Letters are replayed into a table that takes what it refused before.

use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::sleep;

use super::settled::settle_to;
use crate::database::session::Row;
use crate::pipeline::sluice;
use crate::run::{Run, Running};
use crate::schedule::Schedule;
use crate::schedule::replay_phase::ReplayPhase;
use crate::schedule::replayed::Replayed;
use crate::schedule::stage::Stage;
use crate::services;

/// Does it, and tells what came of it, and what went wrong on the way.
pub(super) async fn perform(
    schedule: &Schedule,
    stage: &Stage,
    replay_phase: ReplayPhase,
) -> (Replayed, Vec<String>) {
    let session = stage.patient_session().await;
    for statement in stage.pipeline.target.loosen(&stage.pipeline.name) {
        session.run(&statement).await.expect("the table is ours");
    }
    stage.note("the table takes everything");
    stage.processes.lock().await.hire(&stage.pipeline);
    let (replayed, ()) = tokio::join!(replay(stage, replay_phase), strike(stage, replay_phase));
    let mut findings = replayed.err().into_iter().collect::<Vec<_>>();
    let source = stage.pipeline.read(&stage.pipeline.name).await;
    let end = |partition| {
        let last = source.iter().filter(|record| record.partition == partition);
        last.map(|record| record.offset + 1).max().unwrap_or(0)
    };
    let ends = (0..schedule.partitions).map(end).collect();
    findings.extend(settle_to(schedule, stage, &[ends]).await);
    let last = Running::start(command(stage), None).ended().await;
    let last = serde_json::from_str(&last.stdout).unwrap_or(Value::Null);
    let query = format!("SELECT id, n, pad FROM {}", stage.pipeline.name);
    let rows = stage.patient_session().await.query(&query).await.expect("the table is there");
    let stored = |row: &Row| {
        let n = row.text(1).map(|_| row.get(1));
        (row.get(0), n, row.text(2).map(str::to_owned))
    };
    let rows = rows.iter().map(stored).collect();
    let (dead, errors) = stage.pipeline.letters().await;
    (Replayed { rows, source, dead, errors, last }, findings)
}

async fn replay(stage: &Stage, replay_phase: ReplayPhase) -> Result<(), String> {
    if let Some(time) = replay_phase.killed_after {
        let first = Running::start(command(stage), None);
        sleep(time).await;
        first.kill().await;
        stage.note("the replay is killed");
    }
    let run: Run = Running::start(command(stage), None).ended().await;
    stage.note(&format!("replayed: {}", run.stdout.trim()));
    if run.code == Some(0) { Ok(()) } else { Err(format!("the replay ended so: {run:?}")) }
}

async fn strike(stage: &Stage, replay_phase: ReplayPhase) {
    let Some(time) = replay_phase.struck_after else { return };
    sleep(time).await;
    stage.note("the functions are killed");
    stage.functions().into_iter().for_each(crate::schedule::processes::kill);
    sleep(Duration::from_millis(100)).await;
}

fn command(stage: &Stage) -> Command {
    let pipeline = &stage.pipeline;
    let mut command = sluice();
    command
        .args(["replay", "--bootstrap", &services::kafka(), "--summary", "json", "--execute"])
        .args(["--from", &format!("{},{}", pipeline.dead, pipeline.errors)])
        .envs(pipeline.options());
    command
}
