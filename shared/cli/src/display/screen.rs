//! The output of a run on a terminal: the function's log, notices, and a progress line.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use sluice_trigger::{Notice, Observer, PartitionProgress, Progress};

/// How many partitions the progress line names.
const SHOWN: usize = 3;

const TEMPLATE: &str = "{spinner} {human_pos} records, {rate}/s, {msg}";

/// Standard error, with a progress line at its end if it is a terminal.
pub(crate) struct Screen {
    bar: ProgressBar,
    log: Option<Mutex<File>>,
}

impl Screen {
    /// A screen without a progress line; the function's log goes to standard error.
    pub(crate) fn plain() -> Self {
        Self { bar: ProgressBar::hidden(), log: None }
    }

    /// The same; the function's log is appended to `log`, if there is one.
    pub(crate) fn quiet(log: Option<&Path>) -> io::Result<Self> {
        Ok(Self { log: opened(log)?, ..Self::plain() })
    }

    /// A screen with a progress line; the function's log is appended to `log`, if there is one.
    pub(crate) fn new(log: Option<&Path>) -> io::Result<Self> {
        let log = opened(log)?;
        let bar = ProgressBar::new_spinner();
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // An error of the progress line must not end the run.
            let _ = write!(out, "{}", HumanCount(state.per_sec() as u64));
        };
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| {
            // The template is a constant, so this does not happen.
            ProgressStyle::default_spinner()
        });
        bar.set_style(style.with_key("rate", rate));
        bar.enable_steady_tick(Duration::from_millis(100));
        Ok(Self { bar, log })
    }

    /// Prints a message of this program.
    pub(crate) fn say(&self, text: &str) {
        self.write(format!("sluice: {text}").as_bytes());
    }

    /// Removes the progress line.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn write(&self, line: &[u8]) {
        // A closed standard error must not end the run.
        self.bar.suspend(|| {
            let mut stderr = io::stderr().lock();
            let _ = stderr.write_all(line).and_then(|()| stderr.write_all(b"\n"));
        });
    }
}

fn opened(log: Option<&Path>) -> io::Result<Option<Mutex<File>>> {
    let open = |path| OpenOptions::new().create(true).append(true).open(path);
    Ok(log.map(open).transpose()?.map(Mutex::new))
}

impl Observer for Screen {
    fn line(&self, line: &[u8]) {
        let Some(log) = &self.log else { return self.write(line) };
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let written = log.write_all(line).and_then(|()| log.write_all(b"\n"));
        if written.is_err() {
            self.write(line);
        }
    }

    fn notice(&self, notice: &Notice) {
        self.write(format!("sluice: {notice}").as_bytes());
    }

    fn progress(&self, progress: &Progress) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(progress.summary.records);
        self.bar.set_message(message(progress));
    }
}

/// The progress line after the number of records: the lag, the partitions with the largest lag, and
/// other numbers.
fn message(progress: &Progress) -> String {
    let mut message = format!("{} behind", HumanCount(progress.lag));
    behind(&mut message, &progress.partitions);
    let summary = &progress.summary;
    let counts = [
        ("lettered", summary.lettered),
        ("filtered out", summary.filtered_out),
        ("retries", summary.retries),
        ("given up", summary.given_up),
        ("lost", summary.lost),
    ];
    if let Some(since) = progress.failing_since {
        let seconds = since.elapsed().unwrap_or_default().as_secs();
        let _ = write!(message, ", every batch has failed for {seconds} s");
    }
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        // Writing to memory does not fail.
        let _ = write!(message, ", {} {name}", HumanCount(count));
    }
    message
}

/// Adds the few partitions with the largest lag.
fn behind(message: &mut String, partitions: &[PartitionProgress]) {
    let mut behind: Vec<(u64, &PartitionProgress)> = partitions
        .iter()
        .filter_map(|partition| Some((partition.state?.lag, partition)))
        .filter(|(lag, _)| *lag > 0)
        .collect();
    if behind.is_empty() || partitions.len() < 2 {
        return;
    }
    // The sort is stable, so that the line does not flicker.
    behind.sort_by_key(|(lag, _)| std::cmp::Reverse(*lag));
    for (index, (lag, partition)) in behind.iter().take(SHOWN).enumerate() {
        let separator = if index == 0 { " (" } else { ", " };
        let (topic, number) = (&partition.topic, partition.partition);
        let _ = write!(message, "{separator}{topic}-{number}: {}", HumanCount(*lag));
    }
    match behind.len().saturating_sub(SHOWN) {
        0 => message.push(')'),
        more => {
            let _ = write!(message, ", {more} more)");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use sluice_trigger::PartitionState;

    use super::*;

    #[test]
    fn many_partitions_make_no_long_line() {
        let partition = |(partition, lag): (i32, u64)| PartitionProgress {
            topic: "orders".into(),
            partition,
            counters: Default::default(),
            state: Some(PartitionState { lag, in_flight: 0, stopped: false }),
        };
        let mut progress = Progress { lag: 12_345, ..Progress::default() };
        progress.partitions =
            [5, 0, 12_000, 300, 40].into_iter().zip(0..).map(|(l, p)| partition((p, l))).collect();
        assert_eq!(
            message(&progress),
            "12,345 behind (orders-2: 12,000, orders-3: 300, orders-4: 40, 1 more)"
        );
        progress.partitions.truncate(1);
        progress.summary.given_up = 2;
        assert_eq!(message(&progress), "12,345 behind, 2 given up");
        progress.failing_since = Some(SystemTime::now() - Duration::from_millis(35_500));
        let failing = "12,345 behind, every batch has failed for 35 s, 2 given up";
        assert_eq!(message(&progress), failing);
    }
}
