//! The rival: the official Java client's `TableStoreWriter` in a process of its own (`tests/bench/OfficialWriter.java`).

use std::error::Error;
use std::process::Stdio;

use sluice_tests::services::repository;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::wire::TABLE;

type Failed = Box<dyn Error + Sync + Send>;

/// A process that has read its rows and waits.
pub(super) struct Writer {
    _child: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    /// Starts it with the rows of a file.
    ///
    /// # Errors
    /// `BENCH_JARS` does not name the client's jars, or it does not start.
    pub(super) fn start(url: &str, instance: &str, file: &str) -> Result<Self, Failed> {
        let jars = std::env::var("BENCH_JARS").map_err(|_| "BENCH_JARS is not set")?;
        let program = repository().join("tests/bench/OfficialWriter.java");
        let mut child = Command::new("java")
            .args(["-cp", &format!("{jars}/*")])
            .arg(program)
            .args([url, instance, TABLE, file])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let asks = child.stdin.take().ok_or("it has no input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("it has no output")?).lines();
        Ok(Self { _child: child, asks, answers })
    }

    /// Writes all rows, by `put` or `update`, and returns the seconds that this took.
    ///
    /// # Errors
    /// It failed, and said why.
    pub(super) async fn write(&mut self, operation: &str) -> Result<f64, Failed> {
        self.asks.write_all(format!("{operation}\n").as_bytes()).await?;
        let answer = self.answers.next_line().await?;
        Ok(answer.ok_or("the official client failed, and said why above")?.parse()?)
    }
}
