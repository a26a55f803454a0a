//! The function's log: every line is passed on, the summary lines are counted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::task::JoinHandle;

use crate::observer::Observer;

/// A line is cut here, so that a function that never ends one cannot fill our memory.
const LONGEST_LINE: u64 = 256 * 1024;

/// How many of a process's last lines are kept, to say why it died.
const KEPT_LINES: usize = 5;

/// What a function says about its batches, summed up.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Mutex<Counts>,
}

/// Sums over the summary lines of a function, and over its processes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) written: u64,
    pub(crate) lettered: u64,
    pub(crate) filtered: u64,
    pub(crate) restarts: u64,
}

impl Tally {
    pub(crate) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a process that takes the place of another.
    pub(crate) fn restarted(&self) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).restarts += 1;
    }

    /// Counts `line` if it is the one line a function logs for each batch. Returns the error in it.
    fn count(&self, line: &[u8]) -> Option<String> {
        memmem::find(line, br#""batch""#)?;
        let line: Value = serde_json::from_slice(line).ok()?;
        if line["message"] != "batch" {
            return None;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |name: &str| line[name].as_u64().unwrap_or(0);
        counts.written += number("written");
        counts.lettered += number("lettered");
        counts.filtered += number("filtered");
        let error = line["error"].as_str()?;
        Some(match line["error_type"].as_str() {
            Some(kind) => format!("{kind}: {error}"),
            None => error.to_owned(),
        })
    }
}

/// The last lines one process wrote.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastLines {
    lines: Arc<Mutex<VecDeque<String>>>,
    /// The error of the last batch, until somebody takes it.
    error: Arc<Mutex<Option<String>>>,
}

impl LastLines {
    fn push(&self, line: &[u8]) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(line).into_owned());
    }

    pub(crate) fn joined(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" | ")
    }

    /// Takes the error that the process has told of its last batch.
    pub(crate) fn take_error(&self) -> Option<String> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Reads `stream` to its end in a task of its own.
pub(crate) fn follow(
    stream: impl AsyncRead + Send + Unpin + 'static,
    observer: Arc<dyn Observer>,
    tally: Arc<Tally>,
    last: LastLines,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let line = line.trim_ascii_end();
            if let Some(error) = tally.count(line) {
                *last.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            last.push(line);
            observer.line(line);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_of_a_batch_is_counted() {
        let tally = Tally::default();
        for line in [
            r#"{"level":"INFO","message":"batch","received":9,"written":5,"lettered":2,"filtered":1,"given_back":1}"#,
            r#"{"message":"batch","written":1}"#,
            r#"{"message":"other \"batch\"","written":7}"#,
            r#"{"message":"ready","written":7,"kind":"batch"}"#,
            r#"written "batch" 7"#,
        ] {
            tally.count(line.as_bytes());
        }
        let counts = tally.counts();
        assert_eq!((counts.written, counts.lettered, counts.filtered), (6, 2, 1));
    }
}
