//! What has no invocation's line to stand in: the start, a panic, and what the Lambda runtime
//! itself has to say. On stderr, one line each, in the form Lambda asks for.

use std::time::SystemTime;

use log::{LevelFilter, Log, Metadata, Record};
use serde_json::json;

use crate::style::{Level, Style, timestamp};

/// Listens to the errors of the Lambda runtime alone. What matters less is not compiled into a
/// release (`release_max_level_error`): the words of all libraries would take 0.3 MB. The clients of
/// databases and brokers tell us what is wrong as errors, which stand in the line; what they would
/// log besides may hold values.
struct Listener(Style);

const RUNTIME: &str = "lambda_runtime";
/// Repeats every failure of ours, which the invocation's line has told.
const REPEATS: &str = "lambda_runtime::layers::panic";

impl Log for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        target.starts_with(RUNTIME) && target != REPEATS && metadata.level() == log::Level::Error
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            say(self.0, Level::Error, &record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// Listens from now on; a second call changes nothing.
pub(crate) fn install(style: Style) {
    if log::set_boxed_logger(Box::new(Listener(style))).is_ok() {
        log::set_max_level(LevelFilter::Error);
    }
}

/// Writes one line, if its level is wanted.
pub(crate) fn say(style: Style, level: Level, message: &str) {
    if level < style.level {
        return;
    }
    if style.json {
        let timestamp = timestamp(SystemTime::now());
        eprintln!("{}", json!({ "timestamp": timestamp, "level": level, "message": message }));
    } else {
        eprintln!("{message}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_runtimes_errors_are_heard_and_no_failure_twice() {
        let hears = |target: &str, level| {
            let metadata = Metadata::builder().target(target).level(level).build();
            Listener(Style::default()).enabled(&metadata)
        };
        assert!(hears("lambda_runtime::layers::api_client", log::Level::Error));
        assert!(!hears("lambda_runtime::runtime", log::Level::Warn));
        assert!(!hears(REPEATS, log::Level::Error));
        assert!(!hears("tokio_postgres::query", log::Level::Error), "it may hold values");
    }
}
