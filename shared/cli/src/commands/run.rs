//! `sluice run`: the connectors of a file, side by side.

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

use sluice_trigger::metrics::Metrics;
use sluice_trigger::metrics::serve::Endpoint;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::arguments::Run;
use crate::display::output::{note, out};
use crate::display::screen::Screen;
use crate::process::stop::Stop;

mod connector;
mod file;
mod section;
mod source;
mod supervise;

use file::File;

const CUT_SHORT: u8 = 130;

pub(crate) async fn run(arguments: Run) -> Result<ExitCode, Box<dyn Error>> {
    let path = arguments.file.display().to_string();
    let text = fs::read_to_string(&arguments.file)
        .map_err(|error| format!("cannot read {path}: {error}"))?;
    let file = File::read(&text).map_err(|problems| listed(&path, &text, &problems))?;
    if arguments.check {
        return check(&path, &text, &file).await;
    }
    let mut stop = Stop::listen()?;
    let mut hangup = signal(SignalKind::hangup())?;
    let screen = Arc::new(Screen::plain());
    let metrics = Arc::new(Metrics::default());
    let _endpoint = match &file.metrics {
        Some(address) => {
            let endpoint = Endpoint::listen(address, Arc::clone(&metrics)).await?;
            screen.say(&format!("metrics on http://{}/metrics", endpoint.address()));
            Some(endpoint)
        }
        None => None,
    };
    let (stopping, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    for connector in file.connectors {
        let (screen, metrics) = (Arc::clone(&screen), Arc::clone(&metrics));
        running.spawn(supervise::supervise(connector, screen, metrics, stopped.clone()));
    }
    loop {
        tokio::select! {
            () = stop.signalled() => break,
            _ = hangup.recv() => screen.say("SIGHUP changes nothing: restart to read the file again"),
        }
    }
    screen.say(&format!("stopping: records in flight have {:?} to finish", file.drain_timeout));
    // Connectors that wait to be started again stop too.
    let _ = stopping.send(true);
    let drained = async { while running.join_next().await.is_some() {} };
    tokio::select! {
        () = drained => Ok(ExitCode::SUCCESS),
        () = stop.signalled() => Ok(ExitCode::from(CUT_SHORT)),
        () = sleep(file.drain_timeout) => {
            screen.say("the drain-timeout is over: records in flight will be delivered again");
            Ok(ExitCode::from(CUT_SHORT))
        }
    }
}

/// Lets every function check its options.
async fn check(path: &str, text: &str, file: &File) -> Result<ExitCode, Box<dyn Error>> {
    let mut problems = Vec::new();
    for connector in &file.connectors {
        let (found, unchecked) = connector.check_options().await;
        problems.extend(found);
        for text in unchecked {
            note!("sluice: {path}: {text}");
        }
    }
    if !problems.is_empty() {
        return Err(listed(path, text, &problems).into());
    }
    let connectors = match file.connectors.len() {
        1 => "1 connector".to_owned(),
        count => format!("{count} connectors"),
    };
    out!("{path}: {connectors}, no problem");
    Ok(ExitCode::SUCCESS)
}

/// Every problem with its line and column, in the order of the file.
fn listed(path: &str, text: &str, problems: &[section::Problem]) -> String {
    let mut problems: Vec<_> = problems.iter().collect();
    problems.sort_by_key(|problem| problem.at);
    let line = |problem: &&section::Problem| {
        let before = &text[..problem.at.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        format!("{path}:{line}:{column}: {}", problem.text)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\nsluice: ")
}
