//! Log lines outside of an invocation: about the start, a panic, an answer that Lambda refuses.
//! Each is one line on standard error, in Lambda's log format. Libraries do not log: the clients of
//! databases and brokers return errors, which are in the line of the invocation, and their other
//! messages could contain values.

use std::io::Write;
use std::time::SystemTime;

use serde_json::json;

use crate::log::format::{Level, LogFormat, timestamp};

/// Writes one line, if its level is enabled.
pub(crate) fn say(format: LogFormat, level: Level, message: &str) {
    if level < format.level {
        return;
    }
    // A closed standard error must not end the function.
    let mut stderr = std::io::stderr().lock();
    let _ = if format.json {
        let timestamp = timestamp(SystemTime::now());
        let line = json!({ "timestamp": timestamp, "level": level, "message": message });
        writeln!(stderr, "{line}")
    } else {
        writeln!(stderr, "{message}")
    };
}
