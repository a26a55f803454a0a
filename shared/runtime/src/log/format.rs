//! Lambda's advanced logging controls: the log level and the log format.
//!
//! `AWS_LAMBDA_LOG_FORMAT` and `AWS_LAMBDA_LOG_LEVEL`: "Configuring advanced logging controls for
//! Lambda functions" in Lambda's developer guide, "Application log-level filtering with custom
//! runtimes".

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use sluice_bridge::values::calendar::civil;

const FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";
const LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// The level of a line, the lowest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Level {
    Trace,
    Debug,
    #[default]
    Info,
    Warn,
    Error,
    Fatal,
}

/// The log format and level; by default text and INFO.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LogFormat {
    /// Whether every line is a JSON object with a timestamp and the request's id.
    pub(crate) json: bool,
    /// Lines with a lower level are left out.
    pub(crate) level: Level,
}

impl LogFormat {
    /// Reads Lambda's variables; a missing one leaves the default.
    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let json = variable(FORMAT).is_some_and(|format| format.eq_ignore_ascii_case("json"));
        let level = match variable(LEVEL).unwrap_or_default().to_ascii_uppercase().as_str() {
            "TRACE" => Level::Trace,
            "DEBUG" => Level::Debug,
            "WARN" => Level::Warn,
            "ERROR" => Level::Error,
            "FATAL" => Level::Fatal,
            _ => Level::Info,
        };
        Self { json, level }
    }
}

/// A timestamp in RFC 3339, as Lambda requires: `2026-11-20T10:15:30.123Z`.
pub(crate) fn timestamp(at: SystemTime) -> String {
    let millis = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lambdas_variables_decide() {
        let style = |format: &str, level: &str| {
            LogFormat::from_variables(|name| {
                Some(if name == FORMAT { format.into() } else { level.into() })
            })
        };
        assert_eq!(
            LogFormat::from_variables(|_| None),
            LogFormat { json: false, level: Level::Info }
        );
        assert_eq!(style("Text", "nonsense"), LogFormat::default());
        assert_eq!(style("JSON", "WARN"), LogFormat { json: true, level: Level::Warn });
        assert_eq!(style("json", "debug"), LogFormat { json: true, level: Level::Debug });
        assert!(Level::Info < Level::Warn && Level::Error < Level::Fatal);
    }

    #[test]
    fn a_timestamp_is_rfc_3339() {
        let at = UNIX_EPOCH + Duration::from_millis(1_709_210_096_007);
        assert_eq!(timestamp(at), "2024-02-29T12:34:56.007Z");
    }
}
