//! What has no invocation's line to stand in: the start, a panic, an answer that Lambda refuses. On
//! stderr, one line each, in the form Lambda asks for. What libraries would say stays unsaid: the
//! clients of databases and brokers tell us what is wrong as errors, which stand in the line; what they
//! would log besides may hold values.

use std::io::Write;
use std::time::SystemTime;

use serde_json::json;

use crate::log::format::{Level, LogFormat, timestamp};

/// Writes one line, if its level is wanted.
pub(crate) fn say(format: LogFormat, level: Level, message: &str) {
    if level < format.level {
        return;
    }
    // A standard error that is closed must not end a function that works.
    let mut stderr = std::io::stderr().lock();
    let _ = if format.json {
        let timestamp = timestamp(SystemTime::now());
        let line = json!({ "timestamp": timestamp, "level": level, "message": message });
        writeln!(stderr, "{line}")
    } else {
        writeln!(stderr, "{message}")
    };
}
