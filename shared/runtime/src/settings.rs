//! Where options come from: the file that `SLUICE_CONFIG` names, then the environment above
//! it, references resolved.

use std::path::Path;

use sluice_bridge::options::{Opt, PREFIX, Settings};
use sluice_bridge::rules;
use sluice_bridge::sink::Connector;

use crate::file;
use crate::reference;

/// `report.batch.item.failures`
pub(crate) const REPORT_ITEM_FAILURES: Opt = Opt::new("report.batch.item.failures", "Whether the event source mapping has `ReportBatchItemFailures`: what is given back is then named by partition and offset; otherwise it fails the invocation. Set both or neither.").or("false");
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
    if let Some(function) = variable("AWS_LAMBDA_FUNCTION_NAME") {
        pairs.push((rules::NAME.name.to_owned(), function));
    }
    if let Some(file) = variable(CONFIG).filter(|file| !file.is_empty()) {
        match file::read(Path::new(&file)) {
            Ok(read) => pairs.extend(read),
            Err(why) => problems.push(format!("{CONFIG}: {why}")),
        }
    }
    let ours = |(name, _): &&(String, String)| name.starts_with(PREFIX) && name != CONFIG;
    pairs.extend(environment.iter().filter(ours).cloned());
    for (name, value) in &mut pairs {
        if value.contains(char::REPLACEMENT_CHARACTER) {
            problems.push(format!("{name} is not UTF-8 text"));
        }
        match reference::resolve(value, variable) {
            Ok(resolved) => *value = resolved,
            Err(why) => problems.push(format!("{name}: {why}")),
        }
    }
    let mut settings = Settings::new(known, pairs);
    problems.into_iter().for_each(|problem| settings.problem(problem));
    settings
}
