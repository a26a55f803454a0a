//! The function: a child process that is started, invoked, and started again when it dies.

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
use crate::function::output::{self, LastLines, Tally, Words};
use crate::function::platform::Platform;
use crate::function::runtime_api::Invocation;
use crate::observer::Observer;
use crate::time::retry;

/// How often a function that has never been ready is started before it counts as broken.
const FIRST_STARTS: u32 = 3;

/// How long to wait for a dead process's last words; a grandchild may hold the pipe for ever.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long the log line of an invocation may take to arrive after its answer.
const LAST_LINE: Duration = Duration::from_millis(250);

/// One execution environment: at most one process, one invocation at a time.
pub(crate) struct Function {
    config: FunctionConfig,
    platform: Platform,
    observer: Arc<dyn Observer>,
    tally: Arc<Tally>,
    process: Option<Process>,
    /// Whether there was a process before.
    ran: bool,
    /// Starts in a row that failed.
    failed_starts: u32,
}

struct Process {
    child: Child,
    door: Door,
    last: LastLines,
    words: Words,
    readers: [Option<JoinHandle<()>>; 2],
}

impl Function {
    pub(crate) fn new(
        config: FunctionConfig,
        observer: Arc<dyn Observer>,
        tally: Arc<Tally>,
    ) -> Self {
        let platform = Platform::Lambda;
        Self { config, platform, observer, tally, process: None, ran: false, failed_starts: 0 }
    }

    /// The same on another platform than Lambda.
    pub(crate) fn on(self, platform: Platform) -> Self {
        Self { platform, ..self }
    }

    /// Starts the process for the first time, more than once if need be.
    pub(crate) async fn start(&mut self) -> Result<(), Failure> {
        loop {
            let started = self.ready().await;
            if started.is_ok() || self.failed_starts >= FIRST_STARTS {
                return started;
            }
        }
    }

    /// Invokes the function with `event` and waits for its answer. After a failure other than a
    /// reported error the process is gone, and the next invocation starts another.
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
                let message = format!("no answer within {limit:?}");
                Err(self.end(FailureKind::Timeout, Some(message)).await)
            }
        }
    }

    /// Why the function gave records of the last invocation back, if its log says it.
    pub(crate) async fn reason(&self) -> Option<String> {
        self.process.as_ref()?.words.reason(LAST_LINE).await
    }

    /// Kills the process, if there is one, and waits until its last words are passed on.
    pub(crate) async fn stop(mut self) {
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Sees to it that there is a process, and that it has asked for work.
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
            self.tally.restarted();
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
                Platform::Lambda => format!("it asked for no work within {limit:?}"),
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
            // A Ctrl-C at the terminal is for us: the batch in flight is to be finished.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (last, words) = (LastLines::default(), Words::default());
        let (observer, tally) = (&self.observer, &self.tally);
        let ears = || (Arc::clone(observer), Arc::clone(tally), last.clone(), words.clone());
        let stdout = child.stdout.take().map(|stream| {
            let (observer, tally, last, words) = ears();
            output::follow(stream, observer, tally, last, words)
        });
        let stderr = child.stderr.take().map(|stream| {
            let (observer, tally, last, words) = ears();
            output::follow(stream, observer, tally, last, words)
        });
        Ok(Process { child, door, last, words, readers: [stdout, stderr] })
    }

    /// Ends the process and says what it died of; `message` is what is known already.
    async fn end(&mut self, kind: FailureKind, message: Option<String>) -> Failure {
        let Some(process) = self.process.take() else {
            return Failure { kind, message: message.unwrap_or_default() };
        };
        let last = process.last.clone();
        let status = process.kill().await;
        let message = message.unwrap_or_else(|| match last.joined() {
            words if words.is_empty() => status,
            words => format!("{status}: {words}"),
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
        self.words.expect(&invocation.id);
        tokio::select! {
            biased;
            outcome = self.door.outcome(invocation) => Some(outcome),
            _ = self.child.wait() => None,
        }
    }

    /// Kills the process if it still lives and says how it ended.
    async fn kill(mut self) -> String {
        // It may have ended by itself already.
        let _ = self.child.start_kill();
        let status = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        for reader in self.readers.into_iter().flatten() {
            let _ = timeout(LAST_WORDS, reader).await;
        }
        status
    }
}
