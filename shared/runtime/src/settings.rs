//! Where options come from: the file that `SLUICE_CONFIG` names, then the environment above
//! it, references resolved.

use std::path::Path;

use serde_json::Value;
use sluice_bridge::options::{Opt, PREFIX, Settings};
use sluice_bridge::rules;
use sluice_bridge::sink::Connector;

/// `report.batch.item.failures`
pub(crate) const REPORT_ITEM_FAILURES: Opt = Opt::new("report.batch.item.failures", "Whether the event source mapping has `ReportBatchItemFailures`: what is given back is then named by partition and offset; otherwise it fails the invocation.").or("false");
/// `errors.log.enable`
pub(crate) const ERRORS_LOG_ENABLE: Opt = Opt::new(
    "errors.log.enable",
    "Whether the log line of a batch names the first 20 records that failed, with their reasons.",
)
.or("true");

const OPTIONS: &[&Opt] = &[&REPORT_ITEM_FAILURES, &ERRORS_LOG_ENABLE];
const CONFIG: &str = "SLUICE_CONFIG";

/// Every option of a connector: its own, then those all sinks share.
#[must_use]
pub fn connector_options<S: Connector>() -> Vec<&'static Opt> {
    let shared =
        [rules::OPTIONS, sluice_dead_letter::OPTIONS, OPTIONS, sluice_kafka::options::OPTIONS];
    S::OPTIONS.iter().chain(shared.into_iter().flatten()).copied().collect()
}

/// Collects the settings from environment variables and the file they may name.
#[must_use]
pub fn gather(known: &[&'static Opt], environment: &[(String, String)]) -> Settings {
    let variable = |name: &str| {
        let found = environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    let mut pairs = Vec::new();
    let mut problems = Vec::new();
    if let Some(region) = variable("AWS_REGION") {
        pairs.push((sluice_kafka::options::AWS_REGION.name.to_owned(), region));
    }
    if let Some(file) = variable(CONFIG).filter(|file| !file.is_empty()) {
        match read_file(Path::new(&file)) {
            Ok(read) => pairs.extend(read),
            Err(why) => problems.push(format!("{CONFIG}: {why}")),
        }
    }
    let ours = |(name, _): &&(String, String)| name.starts_with(PREFIX) && name != CONFIG;
    pairs.extend(environment.iter().filter(ours).cloned());
    for (name, value) in &mut pairs {
        match crate::reference::resolve(value, variable) {
            Ok(resolved) => *value = resolved,
            Err(why) => problems.push(format!("{name}: {why}")),
        }
    }
    let mut settings = Settings::new(known, pairs);
    problems.into_iter().for_each(|problem| settings.problem(problem));
    settings
}

/// Reads a JSON object (Kafka Connect's `{"name": …, "config": {…}}` too) or properties.
///
/// # Errors
/// A sentence that names the file, never its content.
pub(crate) fn read_file(path: &Path) -> Result<Vec<(String, String)>, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if !text.trim_start().starts_with('{') {
        return Ok(properties(&text));
    }
    let wrong = |what: &str| format!("{}: {what}", path.display());
    let document: Value = serde_json::from_str(&text).map_err(|error| {
        wrong(&format!("not JSON at line {} column {}", error.line(), error.column()))
    })?;
    let mut pairs = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        match value {
            Value::Object(config) if name == "config" => {
                for (name, value) in config {
                    pairs.push((
                        name.clone(),
                        scalar(value).ok_or_else(|| wrong(&format!("{name} must be text")))?,
                    ));
                }
            }
            value => pairs.push((
                name.clone(),
                scalar(value).ok_or_else(|| wrong(&format!("{name} must be text")))?,
            )),
        }
    }
    Ok(pairs)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// `name=value` or `name: value` lines; `#` and `!` begin comments.
fn properties(text: &str) -> Vec<(String, String)> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
    let pair = |line: &str| {
        let (name, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
        (name.trim().to_owned(), value.trim().to_owned())
    };
    lines.map(pair).collect()
}
