//! The function's process: it is started, invoked, and started again when it ends.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::error::{Failure, FailureKind};
use crate::function::config::FunctionConfig;
use crate::function::door::Door;
use crate::function::output::{self, FunctionCounts, GiveBackReason, LastLines};
use crate::function::platform::Platform;
use crate::function::runtime_api::Invocation;
use crate::observer::Observer;
use crate::time::retry;

/// How often a function that has never been ready is started before the run fails.
const FIRST_STARTS: u32 = 3;

/// How long to wait for the last output of a process that has ended: a child process of it may keep
/// the pipe open.
const OUTPUT_WAIT: Duration = Duration::from_secs(1);

/// How long the batch line of an invocation may take to arrive after its answer.
const LOG_LINE_WAIT: Duration = Duration::from_millis(250);

/// One execution environment: it has at most one process, which handles one invocation at a time.
pub(crate) struct Function {
    config: FunctionConfig,
    platform: Platform,
    observer: Arc<dyn Observer>,
    function_counts: Arc<FunctionCounts>,
    process: Option<Process>,
    /// Whether a process was started before.
    ran: bool,
    /// The number of failed starts in a row.
    failed_starts: u32,
}

struct Process {
    child: Child,
    door: Door,
    last: LastLines,
    reason: GiveBackReason,
    readers: [Option<JoinHandle<()>>; 2],
}

impl Function {
    pub(crate) fn new(
        config: FunctionConfig,
        observer: Arc<dyn Observer>,
        function_counts: Arc<FunctionCounts>,
    ) -> Self {
        let platform = Platform::Lambda;
        Self {
            config,
            platform,
            observer,
            function_counts,
            process: None,
            ran: false,
            failed_starts: 0,
        }
    }

    /// The same on another platform than Lambda.
    pub(crate) fn on(self, platform: Platform) -> Self {
        Self { platform, ..self }
    }

    /// Starts the process for the first time, with several attempts.
    pub(crate) async fn start(&mut self) -> Result<(), Failure> {
        loop {
            let started = self.ready().await;
            if started.is_ok() || self.failed_starts >= FIRST_STARTS {
                return started;
            }
        }
    }

    /// Invokes the function with `event` and waits for its answer. After a failure other than a
    /// reported error the process has ended, and the next invocation starts a new one.
    pub(crate) async fn invoke(&mut self, id: String, event: Bytes) -> Result<Bytes, Failure> {
        let limit = self.config.timeout;
        let arn = self.config.arn();
        self.ready().await?;
        let invocation = Invocation { id, arn, event, timeout: limit };
        let outcome = match &mut self.process {
            Some(process) => timeout(limit, process.outcome(invocation)).await,
            None => Ok(None),
        };
        match outcome {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Err(self.end(FailureKind::Crash, None).await),
            Err(_) => {
                let message = format!("it did not answer within {limit:?}");
                Err(self.end(FailureKind::Timeout, Some(message)).await)
            }
        }
    }

    /// Why the function gave back records of the last invocation, if its log says so.
    pub(crate) async fn reason(&self) -> Option<String> {
        self.process.as_ref()?.reason.reason(LOG_LINE_WAIT).await
    }

    /// Kills the process, if there is one, and waits until its last output is passed on.
    pub(crate) async fn stop(mut self) {
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Ensures that there is a process, and that it has asked for an invocation.
    async fn ready(&mut self) -> Result<(), Failure> {
        if let Some(process) = &mut self.process
            && matches!(process.child.try_wait(), Ok(None))
        {
            return Ok(());
        }
        if self.failed_starts > 0 {
            sleep(retry::scattered(self.failed_starts)).await;
        }
        self.failed_starts += 1;
        if std::mem::replace(&mut self.ran, true) {
            self.function_counts.restarted();
        }
        let limit = self.config.timeout;
        let process = self.process.insert(self.spawn().await?);
        let message = match timeout(limit, process.came_up()).await {
            Ok(Some(Err(wrong))) => Some(wrong),
            Ok(Some(Ok(()))) => {
                self.failed_starts = 0;
                return Ok(());
            }
            Ok(None) => None,
            Err(_) => Some(match self.platform {
                Platform::Lambda => format!("it did not ask for an invocation within {limit:?}"),
                Platform::FunctionCompute { .. } => format!("it did not listen within {limit:?}"),
            }),
        };
        Err(self.end(FailureKind::Init, message).await)
    }

    async fn spawn(&self) -> Result<Process, Failure> {
        let program = &self.config.program;
        let failed = |error: std::io::Error| Failure {
            kind: FailureKind::Init,
            message: format!("cannot run {}: {error}", program.display()),
        };
        let door = Door::open(self.platform).await.map_err(failed)?;
        let mut command = Command::new(self.config.path());
        for (name, value) in &self.config.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        door.prepare(&mut command, &self.config);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at the terminal must not reach the function: it finishes the batch in flight.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (last, reason) = (LastLines::default(), GiveBackReason::default());
        let (observer, function_counts) = (&self.observer, &self.function_counts);
        let clones =
            || (Arc::clone(observer), Arc::clone(function_counts), last.clone(), reason.clone());
        let stdout = child.stdout.take().map(|stream| {
            let (observer, function_counts, last, reason) = clones();
            output::follow(stream, observer, function_counts, last, reason)
        });
        let stderr = child.stderr.take().map(|stream| {
            let (observer, function_counts, last, reason) = clones();
            output::follow(stream, observer, function_counts, last, reason)
        });
        Ok(Process { child, door, last, reason, readers: [stdout, stderr] })
    }

    /// Ends the process and returns why; `message` is used if it is known already.
    async fn end(&mut self, kind: FailureKind, message: Option<String>) -> Failure {
        let Some(process) = self.process.take() else {
            return Failure { kind, message: message.unwrap_or_default() };
        };
        let last = process.last.clone();
        let status = process.kill().await;
        let message = message.unwrap_or_else(|| match last.joined() {
            lines if lines.is_empty() => status,
            lines => format!("{status}: {lines}"),
        });
        Failure { kind, message }
    }
}

impl Process {
    /// Waits until it can be invoked, or cannot start; `None` if it ends first.
    async fn came_up(&mut self) -> Option<Result<(), String>> {
        tokio::select! {
            biased;
            came_up = self.door.came_up() => Some(came_up),
            _ = self.child.wait() => None,
        }
    }

    /// The outcome of `invocation`, or `None` if the process ends first.
    async fn outcome(&mut self, invocation: Invocation) -> Option<Result<Bytes, Failure>> {
        self.reason.expect(&invocation.id);
        tokio::select! {
            biased;
            outcome = self.door.outcome(invocation) => Some(outcome),
            _ = self.child.wait() => None,
        }
    }

    /// Kills the process if it still runs, and returns its exit status.
    async fn kill(mut self) -> String {
        // The process may have ended already.
        let _ = self.child.start_kill();
        let status = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        for reader in self.readers.into_iter().flatten() {
            let _ = timeout(OUTPUT_WAIT, reader).await;
        }
        status
    }
}
