//! Reads the file of connectors, and finds every problem with its position.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::connector::{self, Connector, Work};
use super::section::{Problem, Section, text_of, unknown};

/// How long records in flight may take to finish after a signal, by default. This is less than
/// systemd waits before it kills a process.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);

const MEMBERS: &[&str] = &["connectors", "defaults", "drain-timeout", "metrics"];

/// A file without a problem.
#[derive(Debug)]
pub(super) struct File {
    pub(super) metrics: Option<String>,
    pub(super) drain_timeout: Duration,
    pub(super) connectors: Vec<Connector>,
}

impl File {
    /// Reads `text`, TOML.
    pub(super) fn read(text: &str) -> Result<Self, Vec<Problem>> {
        let (document, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let problem = |error: toml::de::Error| Problem {
                at: error.span().map_or(0, |span| span.start),
                text: error.message().to_owned(),
            };
            return Err(errors.into_iter().map(problem).collect());
        }
        let mut problems = Vec::new();
        let file = Self::collect(document.get_ref(), &mut problems);
        if problems.is_empty() { Ok(file) } else { Err(problems) }
    }

    fn collect(document: &DeTable, problems: &mut Vec<Problem>) -> Self {
        let mut file = Self { metrics: None, drain_timeout: DRAIN_TIMEOUT, connectors: Vec::new() };
        let mut defaults = Section::default();
        let mut sections = None;
        for (key, value) in document {
            let at = value.span().start;
            match key.get_ref().as_ref() {
                "metrics" => {
                    file.metrics = text_of(value, "metrics", problems);
                    if file.metrics.as_deref().is_some_and(|address| !is_address(address)) {
                        problems.push(Problem::new(at, "metrics must be HOST:PORT"));
                    }
                }
                "drain-timeout" => {
                    let text = text_of(value, "drain-timeout", problems);
                    match text.as_deref().map(humantime::parse_duration) {
                        Some(Ok(time)) => file.drain_timeout = time,
                        Some(Err(_)) => {
                            problems.push(Problem::new(
                                at,
                                "drain-timeout must be a time such as \"60s\"",
                            ));
                        }
                        None => {}
                    }
                }
                "defaults" => match value.get_ref() {
                    DeValue::Table(table) => defaults.read(table, problems),
                    _ => problems.push(Problem::new(at, "defaults must be a table, [defaults]")),
                },
                "connectors" => match value.get_ref() {
                    DeValue::Table(table) => sections = Some(table),
                    _ => problems
                        .push(Problem::new(at, "connectors must be tables, [connectors.NAME]")),
                },
                name => problems.push(Problem::new(key.span().start, unknown(name, MEMBERS))),
            }
        }
        match sections {
            Some(sections) if !sections.is_empty() => {
                file.connectors = connectors(sections, &defaults, problems);
            }
            _ => problems.push(Problem::new(0, "the file has no connector: add [connectors.NAME]")),
        }
        file
    }
}

/// Whether `text` has the form `host:port`.
fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once(':');
    parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn connectors(
    sections: &DeTable,
    defaults: &Section,
    problems: &mut Vec<Problem>,
) -> Vec<Connector> {
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    let mut connectors = Vec::new();
    for (name, value) in sections {
        let at = name.span().start;
        let name = name.get_ref().to_string();
        let DeValue::Table(table) = Spanned::get_ref(value) else {
            problems.push(Problem::new(at, format!("{name} must be a table, [connectors.{name}]")));
            continue;
        };
        let mut section = Section::below(defaults, at);
        section.read(table, problems);
        let Some(connector) = connector::of(&name, &section, problems) else { continue };
        if let Work::Sink(mapping) = &connector.work
            && let Some(other) = groups.insert(mapping.group.clone(), name.clone())
        {
            let text = format!(
                "group: connector {other} has the same group: each would receive only a part of the records"
            );
            problems.push(Problem::new(section.place("group"), text));
        }
        connectors.push(connector);
    }
    connectors
}

#[cfg(test)]
mod tests;
