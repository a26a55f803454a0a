//! Options that a command passes to its function in its environment: the connection options for
//! letters, and how its answers are read. Options that the function's environment already sets are
//! not changed.

use sluice_bridge::options::PREFIX;
use sluice_trigger::Mapping;

use crate::arguments::Cluster;

/// The function's option that must equal the mapping's setting.
pub(crate) const REPORT: &str = "report.batch.item.failures";
pub(crate) const SERVERS: &str = "kafka.bootstrap.servers";

/// A variable and its value; `None` removes the variable.
pub(crate) type Variable = (String, Option<String>);

/// The variable of an option.
pub(crate) fn variable(option: &str) -> String {
    format!("{PREFIX}{}", option.to_uppercase().replace(['.', '-'], "_"))
}

/// The function's name of a connection option.
pub(crate) fn kafka_option(name: &str) -> String {
    format!("kafka.{}", name.trim_start_matches("kafka."))
}

/// The environment variables of this process that are UTF-8 text.
pub(crate) fn inherited() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Variables that a function gets in addition to our environment. `reports` says whether
/// `batchItemFailures` of its answer are used, if it has an answer.
pub(crate) fn changes(cluster: &Cluster, reports: Option<bool>) -> Vec<Variable> {
    changes_for(&sluice_runtime::given_options(&inherited()), cluster, reports)
}

fn changes_for(given: &[String], cluster: &Cluster, reports: Option<bool>) -> Vec<Variable> {
    let is_given = |option: &str| given.iter().any(|known| known == option);
    let mut changes = Vec::new();
    let mut set = |option: &str, value: &str| {
        if !is_given(option) {
            changes.push((variable(option), Some(value.to_owned())));
        }
    };
    if let Some(reports) = reports {
        set(REPORT, &reports.to_string());
    }
    // If the function has its own brokers, its letters go to another cluster, and these connection
    // options do not apply.
    if !is_given(SERVERS) {
        for option in &cluster.options {
            set(&kafka_option(&option.name), &option.typed);
        }
    }
    changes
}

/// The whole environment of a function: ours, with `changes`.
pub(crate) fn merged(changes: &[Variable]) -> Vec<(String, String)> {
    let mut merged = inherited();
    merged.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let new = changes.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    merged.extend(new);
    merged
}

/// The topics to which a function with this environment sends letters.
pub(crate) fn letter_topics(changes: &[Variable]) -> Vec<String> {
    sluice_runtime::letter_topics(&merged(changes))
}

/// One of `topics` to which the function sends its letters.
pub(crate) fn letter_loop(topics: &[String], changes: &[Variable]) -> Option<String> {
    letter_topics(changes).into_iter().find(|topic| topics.contains(topic))
}

/// The message about a topic that is read and to which the function sends letters.
pub(crate) fn loop_message(topic: &str) -> String {
    format!(
        "includes {topic}, to which the function sends its letters: they would be read again for ever"
    )
}

/// The letter topics in the cluster at `bootstrap`, and the topic for records that are given up.
pub(crate) fn letter_topics_in_cluster(bootstrap: &str, mapping: &Mapping) -> Vec<String> {
    let changes = &mapping.function.environment;
    let servers = variable(SERVERS);
    let is_other_cluster = |(name, value): &(String, String)| {
        *name == servers && !value.is_empty() && value != bootstrap
    };
    let mut topics = match merged(changes).iter().any(is_other_cluster) {
        true => Vec::new(),
        false => letter_topics(changes),
    };
    topics.extend(mapping.destination.iter().map(|destination| destination.topic.clone()));
    topics
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// A command line with only the arguments of a cluster.
    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        cluster: Cluster,
    }

    fn changed(given: &[&str]) -> Vec<String> {
        let line = "sluice --bootstrap b:1 --kafka sasl.username=u --kafka kafka.client.id=c";
        let line =
            Line::parse_from(line.split(' ').chain(["--kafka", "sasl.password=${env:PATH}"]));
        let given: Vec<_> = given.iter().map(|name| (*name).to_owned()).collect();
        let changes = changes_for(&given, &line.cluster, Some(true));
        changes
            .into_iter()
            .map(|(name, value)| format!("{name}={}", value.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_function_is_told_what_it_does_not_know() {
        let report = "SLUICE_REPORT_BATCH_ITEM_FAILURES=true";
        let (user, id) = ("SLUICE_KAFKA_SASL_USERNAME=u", "SLUICE_KAFKA_CLIENT_ID=c");
        // A function replaces references itself: no secret is in a process's environment.
        let password = "SLUICE_KAFKA_SASL_PASSWORD=${env:PATH}";
        assert_eq!(changed(&[]), [report, user, id, password]);
        assert_eq!(changed(&["kafka.sasl.username", REPORT]), [id, password]);
        assert_eq!(changed(&[SERVERS]), [report], "another cluster is reached in another way");
    }
}
