//! A run of a binary: what it said, and what it ended with.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::database::target;
use crate::services::PATIENCE;
use crate::signal::signal;

/// A binary that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: Option<PathBuf>,
}

/// What a run ended with. That no output of it holds the database's password is checked.
#[derive(Debug)]
pub struct Run {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// What the function wrote, in this and earlier runs of the same pipeline.
    pub log: String,
}

impl Running {
    /// Starts `command`; `log` is where the function's own output goes.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start(mut command: Command, log: Option<PathBuf>) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { child: command.kill_on_drop(true).spawn().expect("a binary starts"), log }
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end within [`PATIENCE`], or it told the password.
    pub async fn ended(self) -> Run {
        let output = timeout(PATIENCE, self.child.wait_with_output()).await;
        let output = output.expect("the run ends").expect("an output");
        let log =
            self.log.map_or(String::new(), |log| std::fs::read_to_string(log).unwrap_or_default());
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let run = Run {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            log,
        };
        for secret in target::passwords() {
            for said in [&run.stdout, &run.stderr, &run.log] {
                assert!(!said.contains(&secret), "a password was told: {said}");
            }
        }
        run
    }

    /// Ends it as the kernel would, without a word.
    ///
    /// # Panics
    /// It has ended already.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it still runs");
    }

    /// Asks it to finish what is in flight, and waits for its end.
    ///
    /// # Panics
    /// It does not end.
    pub async fn stop(self) -> Run {
        signal(self.child.id().expect("it still runs"), "TERM");
        self.ended().await
    }
}

impl Run {
    /// The summary's number `name`.
    ///
    /// # Panics
    /// There is no summary with that number.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        let summary: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no summary: {self:#?}"));
        summary[name].as_u64().unwrap_or_else(|| panic!("no {name}: {self:#?}"))
    }

    /// That every record was settled.
    ///
    /// # Panics
    /// It was not so.
    #[track_caller]
    pub fn assert_settled(&self) {
        assert_eq!((self.code, self.count("given_up")), (Some(0), 0), "{self:#?}");
    }

    /// The function's log lines.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        self.log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The sum of a number over all log lines of batches.
    #[must_use]
    pub fn logged(&self, name: &str) -> u64 {
        self.lines().iter().filter_map(|line| line[name].as_u64()).sum()
    }
}
