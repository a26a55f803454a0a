//! Each fault as it is done.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::proxy::Side;
use crate::schedule::crew;
use crate::schedule::fault::{Blow, Fault, LOOKOUT, Step, Wire};
use crate::schedule::stage::{Stage, patient_session};
use crate::services;
use crate::weather::Weather;

/// Does it, and returns when it is over.
pub(super) async fn act(stage: &Stage, fault: Fault) {
    match fault {
        Fault::KillFunction { all } => kill_functions(stage, all).await,
        Fault::FreezeFunction(time) => {
            let functions = crew::functions(&stage.directory);
            crew::freeze(&functions, time).await;
        }
        Fault::KillTrigger(..)
        | Fault::StopTrigger(..)
        | Fault::Join(_)
        | Fault::Replay
        | Fault::Twin(_)
        | Fault::FreezeTrigger(..) => shuffle(stage, fault).await,
        Fault::Cut(wire) => stage.proxy(wire).cut(),
        Fault::At(step, blow) => strike(stage, step, blow).await,
        Fault::Slow(wire, pause, time) => {
            weather(stage, wire, Weather { pause, silent: None }, time).await;
        }
        Fault::Silent(wire, side, time) => {
            let silence = Weather { pause: Duration::ZERO, silent: Some(side) };
            weather(stage, wire, silence, time).await;
            stage.proxy(wire).cut();
        }
        Fault::Shut(wire, time) => shut(stage, wire, time).await,
        Fault::Terminate => administer(stage, "SELECT pg_terminate_backend(pid) FROM OURS").await,
        Fault::Cancel => administer(stage, "SELECT pg_cancel_backend(pid) FROM OURS").await,
        Fault::LockTable(time) => lock(stage, "LOCK TABLE NAME IN SHARE MODE", time).await,
        Fault::LockRow(time) => {
            lock(stage, "SELECT FROM NAME ORDER BY random() LIMIT 1 FOR UPDATE", time).await;
        }
        Fault::Restart(time) => restart(stage, time).await,
        Fault::LateLetters(time) => {
            sleep(time).await;
            stage.road.create_missing_topic(&stage.road.dead).await;
        }
    }
}

async fn kill_functions(stage: &Stage, all: bool) {
    let functions = crew::functions(&stage.directory);
    let count = if all { functions.len() } else { 1 };
    functions.into_iter().take(count).for_each(crew::kill);
}

/// Who is in the group changes. One at a time, since the crew is one.
async fn shuffle(stage: &Stage, fault: Fault) {
    let mut crew = stage.crew.lock().await;
    let road = &stage.road;
    match fault {
        Fault::KillTrigger(one, pause) => {
            crew.kill(one).await;
            sleep(pause).await;
            crew.hire(road);
        }
        Fault::StopTrigger(one, pause) => {
            crew.stop(one).await;
            sleep(pause).await;
            crew.hire(road);
        }
        Fault::Join(time) | Fault::Twin(time) => {
            let twin = format!("{}_twin", road.name);
            let group = if matches!(fault, Fault::Twin(_)) { &twin } else { &road.name };
            let other = crew.start(road, &["--group", group]);
            sleep(time).await;
            crew.dismiss(other).await;
        }
        Fault::Replay => {
            let triggers = crew.len();
            crew.stop_all().await;
            road.forget_offsets().await;
            (0..triggers).for_each(|_| crew.hire(road));
        }
        Fault::FreezeTrigger(one, time) => crew.freeze(one, time).await,
        _ => unreachable!("no change of the group: {fault}"),
    }
}

async fn strike(stage: &Stage, step: Step, blow: Blow) {
    let (wire, side) = match step {
        Step::Letter => (Wire::Letters, Side::Client),
        Step::Answer => (Wire::Database, Side::Server),
        _ => (Wire::Database, Side::Client),
    };
    let mut held = stage.proxy(wire).hold(side, &words(stage, step));
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

/// What is said on the wire at a step.
fn words(stage: &Stage, step: Step) -> Vec<u8> {
    let words: &[u8] = match step {
        Step::Lock => b"FOR UPDATE OF o",
        // The table of offsets has a longer name.
        Step::Write => return format!("\"{}\"", stage.road.name).into_bytes(),
        Step::Isolate => b"SAVEPOINT sluice",
        Step::Letter => b"__connect.errors.topic",
        Step::Store => b"SET next_offset",
        Step::Commit => b"Q\0\0\0\x0bCOMMIT\0",
        Step::Answer => b"C\0\0\0\x0bCOMMIT\0",
    };
    words.to_vec()
}

async fn weather(stage: &Stage, wire: Wire, weather: Weather, time: Duration) {
    stage.proxy(wire).set_weather(weather);
    sleep(time).await;
    stage.proxy(wire).set_weather(Weather::default());
}

async fn shut(stage: &Stage, wire: Wire, time: Duration) {
    let proxy = stage.proxy(wire);
    if proxy.shut().await {
        sleep(time).await;
        proxy.open().await;
    }
}

/// `OURS` stands for the functions' sessions.
async fn administer(stage: &Stage, query: &str) {
    let ours = format!("pg_stat_activity WHERE application_name = '{}'", stage.road.name);
    // A server that dies under it is a fault of its own.
    let _ = patient_session().await.batch_execute(&query.replace("OURS", &ours)).await;
}

/// `NAME` stands for the table. The lock goes with the session.
async fn lock(stage: &Stage, statement: &str, time: Duration) {
    let session = patient_session().await;
    let statement = statement.replace("NAME", &stage.road.name);
    let statement = format!("SET lock_timeout = '1s'; BEGIN; {statement}");
    if session.batch_execute(&statement).await.is_ok() {
        sleep(time).await;
    }
}

/// One at a time: what is just starting may not be killed, or nobody says that it has started.
async fn restart(stage: &Stage, time: Duration) {
    let _alone = stage.restarting.lock().await;
    if services::is_postgres_ours() {
        services::crash_postgres(time).await;
    } else {
        administer(stage, "SELECT pg_terminate_backend(pid) FROM OURS").await;
        shut(stage, Wire::Database, time).await;
    }
}
