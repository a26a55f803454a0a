//! The command and the scripted function as processes: how they are started, and how they end.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The longest time that a test waits; after it the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn bootstrap() -> String {
    exported("TEST_KAFKA")
}

/// An address that the services' environment file exports.
pub(crate) fn exported(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} must name a running test service; scripts/services.sh starts and exports it")
    })
}

pub(crate) fn sluice() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("SLUICE_REPORT_BATCH_ITEM_FAILURES");
    command
}

/// The path of the scripted function, which cargo builds together with the command.
pub(crate) fn function() -> String {
    let target = Path::new(env!("CARGO_BIN_EXE_sluice")).parent().expect("a directory");
    let function = target.join("examples/scripted-function");
    assert!(
        function.exists(),
        "cargo builds the example the tests need with: cargo test -p sluice"
    );
    function.to_string_lossy().into_owned()
}

/// The exit code and the output of a command.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The summary, which is the whole standard output.
    pub(crate) fn summary(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no summary: {self:?}"))
    }

    /// How often the group took its partitions away while it lived, as on a slow machine: what was in flight then comes
    /// again.
    pub(crate) fn times_taken_for_dead(&self) -> usize {
        self.stderr.matches("partitions away").count()
    }

    /// A number of the summary.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.summary()[name].as_u64().unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }
}

pub(crate) async fn run(mut command: Command) -> Ended {
    ended(command.spawn().expect("the command starts")).await
}

/// Waits for `child`. If it does not end, it is killed and the test fails.
pub(crate) async fn ended(child: Child) -> Ended {
    let id = child.id();
    let waiting = tokio::task::spawn_blocking(move || child.wait_with_output());
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(output) => of(output.expect("waited").expect("an output")),
        Err(_) => {
            signal(id, "KILL");
            panic!("the command did not end");
        }
    }
}

fn of(output: Output) -> Ended {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Sends a signal to one process.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    assert!(sent.expect("kill exists").success(), "no process {process}");
}
