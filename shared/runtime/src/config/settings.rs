//! Collects options: from the file that `SLUICE_CONFIG` names, and from the environment, which
//! wins. References are resolved.

use std::path::Path;

use sluice_bridge::connector::Connector;
use sluice_bridge::options::encoding::{EVENT_KEY_ENCODING, EVENT_VALUE_ENCODING};
use sluice_bridge::options::rules;
use sluice_bridge::options::{Opt, PREFIX, Settings};

use crate::config::file;
use crate::config::reference;
use crate::config::secret::{SecretRef, SecretValues};
use crate::platform::{FC_FUNCTION, LAMBDA_FUNCTION};

/// `report.batch.item.failures`
pub(crate) const REPORT_ITEM_FAILURES: Opt = Opt::new("report.batch.item.failures", "Whether the event source mapping has `ReportBatchItemFailures`. If `true`, the answer names records that are given back by partition and offset; if `false`, the invocation fails. Set both or neither.").or("false");
/// `errors.log.enable`
pub(crate) const ERRORS_LOG_ENABLE: Opt = Opt::new(
    "errors.log.enable",
    "Whether the log line of a batch names the first 20 records that failed, with their reasons.",
)
.or("true");

const OPTIONS: &[&Opt] =
    &[&REPORT_ITEM_FAILURES, &ERRORS_LOG_ENABLE, &EVENT_VALUE_ENCODING, &EVENT_KEY_ENCODING];
const CONFIG: &str = "SLUICE_CONFIG";

/// Every option of a connector: its own, then those of all sinks.
#[must_use]
pub fn connector_options<S: Connector>() -> Vec<&'static Opt> {
    let shared = [
        rules::OPTIONS,
        sluice_registry::OPTIONS,
        sluice_dead_letter::OPTIONS,
        OPTIONS,
        sluice_kafka::options::OPTIONS,
    ];
    S::OPTIONS.iter().chain(shared.into_iter().flatten()).copied().collect()
}

/// The names and values of options before they are checked, and the problems so far.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct RawSettings {
    pairs: Vec<(String, String)>,
    problems: Vec<String>,
}

impl RawSettings {
    /// Reads environment variables and the file that they may name; references are not resolved.
    pub(crate) fn read(environment: &[(String, String)]) -> Self {
        let variable = |name: &str| lookup(environment, name);
        let mut given = Self::default();
        if let Some(region) = variable("AWS_REGION") {
            given.pairs.push((sluice_kafka::options::AWS_REGION.name.to_owned(), region));
        }
        if let Some(function) = variable(LAMBDA_FUNCTION).or_else(|| variable(FC_FUNCTION)) {
            given.pairs.push((rules::NAME.name.to_owned(), function));
        }
        if let Some(file) = variable(CONFIG).filter(|file| !file.is_empty()) {
            match file::read(Path::new(&file)) {
                Ok(read) => given.pairs.extend(read),
                Err(why) => given.problems.push(format!("{CONFIG}: {why}")),
            }
        }
        let ours = |(name, _): &&(String, String)| name.starts_with(PREFIX) && name != CONFIG;
        given.pairs.extend(environment.iter().filter(ours).cloned());
        given
    }

    /// The secrets and parameters to which the options refer.
    pub(crate) fn secret_refs(&self) -> Vec<SecretRef> {
        self.pairs.iter().flat_map(|(_, value)| reference::secret_refs(value)).collect()
    }

    /// The options that do not refer to AWS, and the names of the other options.
    pub(crate) fn without_remote(mut self) -> (Self, Vec<String>) {
        let is_remote =
            |(_, value): &mut (String, String)| !reference::secret_refs(value).is_empty();
        let remote = self.pairs.extract_if(.., is_remote).map(|(name, _)| dotted(name));
        let remote = remote.collect();
        (self, remote)
    }

    /// Replaces the references.
    pub(crate) fn resolve(
        mut self,
        environment: &[(String, String)],
        values: &SecretValues,
    ) -> Self {
        for (name, value) in &mut self.pairs {
            if value.contains(char::REPLACEMENT_CHARACTER) {
                self.problems.push(format!("{name} is not UTF-8 text"));
            }
            match reference::resolve(value, |name| lookup(environment, name), values) {
                Ok(resolved) => *value = resolved,
                Err(why) => self.problems.push(format!("{name}: {why}")),
            }
        }
        self
    }

    /// Checks the names against the known options.
    pub(crate) fn settings(self, known: &[&'static Opt]) -> Settings {
        let mut settings = Settings::new(known, self.pairs);
        self.problems.into_iter().for_each(|problem| settings.problem(problem));
        settings
    }
}

fn lookup(environment: &[(String, String)], name: &str) -> Option<String> {
    environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// The topics to which a function with this environment sends its letters. A name that refers to a
/// secret in AWS is not known here.
#[must_use]
pub fn letter_topics(environment: &[(String, String)]) -> Vec<String> {
    let settings = gather(sluice_dead_letter::OPTIONS, environment);
    let given = |opt| settings.given(opt).map(str::to_owned);
    sluice_dead_letter::OPTIONS.iter().filter_map(|opt| given(opt)).collect()
}

/// Collects the settings from environment variables and the file that they may name. References to
/// secrets in AWS are problems here, because only a running function reads them.
#[must_use]
pub fn gather(known: &[&'static Opt], environment: &[(String, String)]) -> Settings {
    RawSettings::read(environment).resolve(environment, &SecretValues::default()).settings(known)
}

/// The names of the options that are set for a function with this environment, such as
/// `kafka.sasl.username`.
#[must_use]
pub fn given_options(environment: &[(String, String)]) -> Vec<String> {
    RawSettings::read(environment).pairs.into_iter().map(|(name, _)| dotted(name)).collect()
}

/// The documented name of an option, from the name of its variable or its own name.
fn dotted(name: String) -> String {
    match name.strip_prefix(PREFIX) {
        Some(variable) => variable.to_lowercase().replace('_', "."),
        None => name,
    }
}
