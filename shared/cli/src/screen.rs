//! What a person sees of a run: the function's log, notices, and a line of progress.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use sluice_trigger::{Notice, Observer, Progress};

const TEMPLATE: &str = "{spinner} {human_pos} records, {rate}/s, {msg}";

/// Standard error, with a line of progress at its end if it is a terminal.
pub(crate) struct Screen {
    bar: ProgressBar,
    log: Option<Mutex<File>>,
}

impl Screen {
    /// Without a line of progress; the function's log goes to standard error.
    pub(crate) fn plain() -> Self {
        Self { bar: ProgressBar::hidden(), log: None }
    }

    /// With a line of progress; the function's log is appended to `log`, if there is one.
    pub(crate) fn new(log: Option<&Path>) -> io::Result<Self> {
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        let log = log.map(open).transpose()?.map(Mutex::new);
        let bar = ProgressBar::new_spinner();
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A line of progress that cannot be drawn is no reason to stop.
            let _ = write!(out, "{}", HumanCount(state.per_sec() as u64));
        };
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| {
            // The template is ours; a plain spinner is better than nothing.
            ProgressStyle::default_spinner()
        });
        bar.set_style(style.with_key("rate", rate));
        bar.enable_steady_tick(Duration::from_millis(100));
        Ok(Self { bar, log })
    }

    /// Takes the line of progress away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn write(&self, line: &[u8]) {
        // Standard error that is gone is no reason to stop.
        self.bar.suspend(|| {
            let mut stderr = io::stderr().lock();
            let _ = stderr.write_all(line).and_then(|()| stderr.write_all(b"\n"));
        });
    }
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
        let summary = &progress.summary;
        let mut message = format!("{} behind", HumanCount(progress.lag));
        let counts = [
            ("lettered", summary.lettered),
            ("retries", summary.retries),
            ("given up", summary.given_up),
        ];
        for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let _ = write!(message, ", {} {name}", HumanCount(count));
        }
        self.bar.set_position(summary.records);
        self.bar.set_message(message);
    }
}
