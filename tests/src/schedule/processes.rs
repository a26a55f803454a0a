//! The triggers of a schedule and their functions: real processes that are killed, frozen and
//! started again. Each writes to a file of its own, so that nothing dies with a pipe.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::database::target::Target;
use crate::pipeline::{Pipeline, make_executable};
use crate::services::{PATIENCE, binary};

const SIGTERM: i32 = 15;

/// The triggers of one group, and what they said when they ended by themselves.
#[derive(Debug)]
pub struct Processes {
    directory: PathBuf,
    function: PathBuf,
    script: PathBuf,
    arguments: Vec<String>,
    triggers: Vec<Child>,
    started: usize,
    /// Triggers that ended by themselves, or not as they were asked to.
    pub trouble: Vec<String>,
}

impl Processes {
    /// Nobody yet; every trigger will be given `arguments`, write to `directory`, and have functions
    /// for the target.
    ///
    /// # Panics
    /// The directory is not ours.
    #[must_use]
    pub fn new(target: Target, directory: &Path, arguments: Vec<String>) -> Self {
        let function = binary(target.connector());
        let (script, pids) = (directory.join(target.connector()), directory.join("pids"));
        let log = directory.join("function");
        let text =
            format!("#!/bin/sh\necho $$ >>{pids:?}\nexec {function:?} >>{log:?}-$$.log 2>&1\n");
        fs::write(&script, text).expect("a file of our own");
        make_executable(&script);
        let directory = directory.to_owned();
        let (triggers, trouble) = (Vec::new(), Vec::new());
        Self { directory, function, script, arguments, triggers, started: 0, trouble }
    }

    /// Starts a trigger more.
    pub fn hire(&mut self, pipeline: &Pipeline) {
        let trigger = self.start(pipeline, &[]);
        self.triggers.push(trigger);
    }

    /// Starts a trigger that is nobody's concern but the caller's.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start(&mut self, pipeline: &Pipeline, more: &[&str]) -> Child {
        let mut arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        arguments.extend(more);
        let command = pipeline.trigger(&self.script, &arguments);
        let log = self.directory.join(format!("trigger-{}.log", self.started));
        self.started += 1;
        start(command, &log)
    }

    /// Kills one, and leaves its functions orphaned.
    ///
    /// # Panics
    /// It is no child of ours.
    pub async fn kill(&mut self, one: usize) {
        let mut trigger = self.take(one);
        trigger.kill().await.expect("our own child");
    }

    /// Asks one to end, and waits.
    pub async fn stop(&mut self, one: usize) {
        let trigger = self.take(one);
        self.dismiss(trigger).await;
    }

    /// The same for all.
    pub async fn stop_all(&mut self) {
        for trigger in &self.triggers {
            terminate(trigger);
        }
        for trigger in std::mem::take(&mut self.triggers) {
            self.await_end(trigger).await;
        }
    }

    /// Asks a trigger to end that is not one of them, and waits.
    pub async fn dismiss(&mut self, trigger: Child) {
        terminate(&trigger);
        self.await_end(trigger).await;
    }

    /// Notes if it does not go well. A second signal would cut it short.
    async fn await_end(&mut self, mut trigger: Child) {
        match timeout(PATIENCE, trigger.wait()).await {
            // By the signal itself: it had not begun to listen, nor done anything.
            Ok(Ok(status)) if status.success() || status.signal() == Some(SIGTERM) => {}
            ended => self.trouble.push(format!("a trigger that was asked to end: {ended:?}")),
        }
    }

    /// Holds one still for a time.
    pub async fn freeze(&self, one: usize, time: Duration) {
        let trigger = &self.triggers[one % self.triggers.len()];
        if let Some(process) = trigger.id() {
            freeze(&[process], time).await;
        }
    }

    /// Puts another in the place of whoever has ended by themselves, as an operator would.
    pub fn look_after(&mut self, pipeline: &Pipeline) {
        for index in 0..self.triggers.len() {
            if let Ok(Some(status)) = self.triggers[index].try_wait() {
                self.trouble.push(format!("a trigger ended by itself: {status}"));
                self.triggers[index] = self.start(pipeline, &[]);
            }
        }
    }

    /// How many triggers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.triggers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.triggers.is_empty()
    }

    fn take(&mut self, one: usize) -> Child {
        self.triggers.remove(one % self.triggers.len())
    }
}

impl Drop for Processes {
    /// Orphans would outlive us.
    fn drop(&mut self) {
        for function in functions(&self.directory, &self.function) {
            kill(function);
        }
    }
}

/// The functions that live, of all that were ever started from `directory` and are `ours`.
#[must_use]
pub fn functions(directory: &Path, ours: &Path) -> Vec<u32> {
    let noted = fs::read_to_string(directory.join("pids")).unwrap_or_default();
    // A number may be another process's by now.
    let lives =
        |pid: &u32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program == ours);
    noted.lines().filter_map(|line| line.parse().ok()).filter(lives).collect()
}

/// Kills a process that may be dead already.
pub fn kill(process: u32) {
    let _ = quietly("KILL", process);
}

/// Holds processes still for a time.
pub async fn freeze(processes: &[u32], time: Duration) {
    for process in processes {
        let _ = quietly("STOP", *process);
    }
    tokio::time::sleep(time).await;
    for process in processes {
        let _ = quietly("CONT", *process);
    }
}

fn terminate(trigger: &Child) {
    if let Some(process) = trigger.id() {
        let _ = quietly("TERM", process);
    }
}

fn quietly(name: &str, process: u32) -> std::io::Result<()> {
    let arguments = [format!("-{name}"), process.to_string()];
    let mut command = std::process::Command::new("kill");
    command.args(arguments).stderr(Stdio::null()).status().map(|_| ())
}

fn start(mut command: Command, log: &Path) -> Child {
    let log = File::create(log).expect("a file of our own");
    let both = log.try_clone().expect("a second handle");
    command.stdin(Stdio::null()).stdout(log).stderr(both).kill_on_drop(true);
    command.spawn().expect("the trigger starts")
}
