//! Each fault as it is done.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::pipeline::step::Step;
use crate::schedule::fault::{Blow, Fault, LOOKOUT, Wire};
use crate::schedule::perform::topic_change;
use crate::schedule::processes;
use crate::schedule::stage::Stage;
use crate::wire::conditions::Conditions;

/// Does it, and returns when it is over.
pub(super) async fn act(stage: &Stage, fault: Fault) {
    let (target, name) = (stage.pipeline.target, stage.pipeline.name.as_str());
    match fault {
        Fault::KillFunction { all } => kill_functions(stage, all).await,
        Fault::FreezeFunction(time) => {
            let functions = stage.functions();
            processes::freeze(&functions, time).await;
        }
        Fault::KillTrigger(..)
        | Fault::StopTrigger(..)
        | Fault::Join(_)
        | Fault::Replay
        | Fault::Beyond
        | Fault::Twin(_)
        | Fault::Outlast(_)
        | Fault::FreezeTrigger(..) => shuffle(stage, fault).await,
        Fault::Grow | Fault::Trim | Fault::Overtake | Fault::StoredBeyond(_) => {
            topic_change::act(stage, fault).await;
        }
        Fault::Cut(wire) => stage.proxy(wire).cut(),
        Fault::At(step, blow) => strike(stage, step, blow).await,
        Fault::Slow(wire, pause, time) => {
            conditions(stage, wire, Conditions { pause, silent: None }, time).await;
        }
        Fault::Silent(wire, side, time) => {
            let silence = Conditions { pause: Duration::ZERO, silent: Some(side) };
            conditions(stage, wire, silence, time).await;
            stage.proxy(wire).cut();
        }
        Fault::Shut(wire, time) => shut(stage, wire, time).await,
        Fault::Terminate => administer(stage, target.terminate(name)).await,
        Fault::Cancel => administer(stage, target.cancel(name)).await,
        Fault::LockTable(time) => lock(stage, target.lock_table(name), time).await,
        Fault::LockRow(time) => lock(stage, target.lock_a_row(name), time).await,
        Fault::Restart(time) => restart(stage, time).await,
        Fault::LateLetters(time) => {
            sleep(time).await;
            stage.pipeline.create_missing_topic(&stage.pipeline.dead).await;
        }
    }
}

async fn kill_functions(stage: &Stage, all: bool) {
    let functions = stage.functions();
    let count = if all { functions.len() } else { 1 };
    functions.into_iter().take(count).for_each(processes::kill);
}

/// Who is in the group changes. One at a time, because the processes change together.
async fn shuffle(stage: &Stage, fault: Fault) {
    let mut processes = stage.processes.lock().await;
    let pipeline = &stage.pipeline;
    match fault {
        Fault::KillTrigger(one, pause) => {
            processes.kill(one).await;
            sleep(pause).await;
            processes.hire(pipeline);
        }
        Fault::StopTrigger(one, pause) => {
            processes.stop(one).await;
            sleep(pause).await;
            processes.hire(pipeline);
        }
        Fault::Join(time) | Fault::Twin(time) => {
            let twin = format!("{}_twin", pipeline.name);
            let group = if matches!(fault, Fault::Twin(_)) { &twin } else { &pipeline.name };
            let other = processes.start(pipeline, &["--group", group]);
            sleep(time).await;
            processes.dismiss(other).await;
        }
        Fault::Replay | Fault::Beyond => {
            let triggers = processes.len();
            processes.stop_all().await;
            pipeline.forget_offsets().await;
            if fault == Fault::Beyond {
                let moved = pipeline.move_beyond(stage.partitions).await;
                stage.take(|taken| taken.beyond.extend(moved));
            }
            (0..triggers).for_each(|_| processes.hire(pipeline));
        }
        Fault::Outlast(time) => {
            let triggers = processes.len();
            processes.stop_all().await;
            sleep(time).await;
            topic_change::act(stage, Fault::Overtake).await;
            (0..triggers).for_each(|_| processes.hire(pipeline));
        }
        Fault::FreezeTrigger(one, time) => processes.freeze(one, time).await,
        _ => unreachable!("no change of the group: {fault}"),
    }
}

async fn strike(stage: &Stage, step: Step, blow: Blow) {
    let wire = if step == Step::Letter { Wire::Letters } else { Wire::Database };
    let mut held = step.hold(&stage.pipeline, stage.proxy(wire));
    if timeout(LOOKOUT, held.caught()).await.is_err() {
        stage.note(&format!("it did not come: {step:?}"));
        return;
    }
    if blow == Blow::Kill {
        kill_functions(stage, true).await;
    }
    // The dead do not speak: what they had not said is lost, and the server hears them hang up.
    stage.proxy(wire).cut();
}

async fn conditions(stage: &Stage, wire: Wire, conditions: Conditions, time: Duration) {
    stage.proxy(wire).set_conditions(conditions);
    sleep(time).await;
    stage.proxy(wire).set_conditions(Conditions::default());
}

async fn shut(stage: &Stage, wire: Wire, time: Duration) {
    let proxy = stage.proxy(wire);
    if proxy.shut().await {
        sleep(time).await;
        proxy.open().await;
    }
}

/// A server that dies under it is a fault of its own.
async fn administer(stage: &Stage, statement: String) {
    let _ = stage.patient_session().await.run(&statement).await;
}

/// The lock goes with the session.
async fn lock(stage: &Stage, statements: String, time: Duration) {
    let session = stage.patient_session().await;
    if session.run(&statements).await.is_ok() {
        sleep(time).await;
    }
}

/// One at a time: what is just starting may not be killed, or nobody says that it has started.
async fn restart(stage: &Stage, time: Duration) {
    let _alone = stage.restarting.lock().await;
    let target = stage.pipeline.target;
    if target.is_ours() {
        target.crash(time).await;
    } else {
        administer(stage, target.terminate(&stage.pipeline.name)).await;
        shut(stage, Wire::Database, time).await;
    }
}
