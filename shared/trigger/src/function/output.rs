//! Reads the function's log: passes every line to the observer, and counts the batch lines.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use memchr::memmem;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::observer::Observer;

/// A line is cut at this length in bytes, so that a function that never ends a line cannot fill our
/// memory.
const LONGEST_LINE: u64 = 256 * 1024;

/// How many of a process's last lines are kept to explain a crash.
const KEPT_LINES: usize = 5;

/// The sums of the batch lines of a function.
#[derive(Debug, Default)]
pub(crate) struct FunctionCounts {
    counts: Mutex<Counts>,
}

/// Sums over the batch lines of a function, and the restarts of its processes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) written: u64,
    pub(crate) lettered: u64,
    pub(crate) filtered: u64,
    pub(crate) restarts: u64,
}

impl FunctionCounts {
    pub(crate) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a process that replaces another.
    pub(crate) fn restarted(&self) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).restarts += 1;
    }

    /// Counts a batch line.
    fn count(&self, line: &Value) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |name: &str| line[name].as_u64().unwrap_or(0);
        counts.written += number("written");
        counts.lettered += number("lettered");
        counts.filtered += number("filtered");
    }
}

/// Why a process gave back the current batch: the error in its last batch line.
#[derive(Debug, Clone, Default)]
pub(crate) struct GiveBackReason(Arc<Mutex<ReasonState>>);

#[derive(Debug, Default)]
struct ReasonState {
    /// The id of the current invocation.
    request: String,
    reason: Option<String>,
    arrived: Arc<Notify>,
}

impl GiveBackReason {
    /// Forgets the last reason, and waits for the reason of the invocation with this id.
    pub(crate) fn expect(&self, request: &str) {
        let mut state = self.state();
        *state = ReasonState {
            request: request.to_owned(),
            reason: None,
            arrived: Arc::clone(&state.arrived),
        };
    }

    /// The reason in the batch line of the invocation, if it arrives within `patience`. The
    /// function writes the line before the answer, but it arrives over another channel.
    pub(crate) async fn reason(&self, patience: Duration) -> Option<String> {
        let arrived = Arc::clone(&self.state().arrived);
        let reason = async {
            loop {
                let notified = arrived.notified();
                if let Some(reason) = self.state().reason.clone() {
                    return reason;
                }
                notified.await;
            }
        };
        timeout(patience, reason).await.ok()
    }

    /// Takes a batch line. A line without a request id belongs to the current invocation.
    fn note(&self, line: &Value) {
        let mut state = self.state();
        let request = line["requestId"].as_str();
        let Some(error) = line["error"].as_str() else { return };
        if request.is_none_or(|request| request == state.request) {
            let kind = line["error_type"].as_str().map(|kind| format!("{kind}: "));
            state.reason = Some(kind.unwrap_or_default() + error);
            state.arrived.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, ReasonState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last lines that a process wrote.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    fn push(&self, line: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(line).into_owned());
    }

    pub(crate) fn joined(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" | ")
    }
}

/// Parses `line` if it is the line that a function logs for each batch.
fn batch_line(line: &[u8]) -> Option<Value> {
    memmem::find(line, br#""batch""#)?;
    let line = serde_json::from_slice::<Value>(line).ok()?;
    (line["message"] == "batch").then_some(line)
}

/// Reads `stream` to its end in a new task.
pub(crate) fn follow(
    stream: impl AsyncRead + Send + Unpin + 'static,
    observer: Arc<dyn Observer>,
    function_counts: Arc<FunctionCounts>,
    last: LastLines,
    reason: GiveBackReason,
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
            if let Some(line) = batch_line(line) {
                function_counts.count(&line);
                reason.note(&line);
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
        let function_counts = FunctionCounts::default();
        for line in [
            r#"{"level":"INFO","message":"batch","received":9,"written":5,"lettered":2,"filtered":1,"given_back":1}"#,
            r#"{"message":"batch","written":1}"#,
            r#"{"message":"other \"batch\"","written":7}"#,
            r#"{"message":"ready","written":7,"kind":"batch"}"#,
            r#"written "batch" 7"#,
        ] {
            if let Some(line) = batch_line(line.as_bytes()) {
                function_counts.count(&line);
            }
        }
        let counts = function_counts.counts();
        assert_eq!((counts.written, counts.lettered, counts.filtered), (6, 2, 1));
    }

    #[tokio::test]
    async fn a_reason_belongs_to_its_own_invocation() {
        let last = GiveBackReason::default();
        let note = |text: &str| last.note(&batch_line(text.as_bytes()).expect("a batch line"));
        let (short, long) = (Duration::from_millis(5), Duration::from_secs(10));
        last.expect("a");
        note(r#"{"message":"batch","requestId":"other","error":"no"}"#);
        note(r#"{"message":"batch","requestId":"a","written":3}"#);
        assert_eq!(last.reason(short).await, None);
        let (reason, ()) = tokio::join!(last.reason(long), async {
            note(
                r#"{"message":"batch","requestId":"a","error_type":"Sluice.Fatal","error":"why"}"#,
            );
        });
        assert_eq!(reason.as_deref(), Some("Sluice.Fatal: why"));
        last.expect("b");
        assert_eq!(last.reason(short).await, None, "the reason of another batch is forgotten");
        note(r#"{"message":"batch","error":"text format has no ids"}"#);
        assert_eq!(last.reason(long).await.as_deref(), Some("text format has no ids"));
    }
}
