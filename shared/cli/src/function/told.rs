//! Options that a command passes on to its function: how to reach the cluster, for letters, and how its
//! answers are read. What the function's environment already sets stays as it is.

use sluice_bridge::options::PREFIX;
use sluice_trigger::Mapping;

use crate::arguments::Cluster;

/// The function's option that has to agree with the mapping.
pub(crate) const REPORT: &str = "report.batch.item.failures";
pub(super) const SERVERS: &str = "kafka.bootstrap.servers";

/// A variable, and its value or that there is none.
pub(crate) type Variable = (String, Option<String>);

/// The variable of an option.
pub(crate) fn variable(option: &str) -> String {
    format!("{PREFIX}{}", option.to_uppercase().replace(['.', '-'], "_"))
}

/// The name of a connection option as a function has it.
pub(crate) fn kafka_option(name: &str) -> String {
    format!("kafka.{}", name.trim_start_matches("kafka."))
}

/// What this process has of variables that are text.
pub(crate) fn inherited() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Variables that a function gets in addition to our environment. `reports` is whether its
/// answer's `batchItemFailures` are heeded, where that is asked.
pub(crate) fn environment(cluster: &Cluster, reports: Option<bool>) -> Vec<Variable> {
    of(&sluice_runtime::given_options(&inherited()), cluster, reports)
}

fn of(given: &[String], cluster: &Cluster, reports: Option<bool>) -> Vec<Variable> {
    let is_given = |option: &str| given.iter().any(|known| known == option);
    let mut told = Vec::new();
    let mut tell = |option: &str, value: &str| {
        if !is_given(option) {
            told.push((variable(option), Some(value.to_owned())));
        }
    };
    if let Some(reports) = reports {
        tell(REPORT, &reports.to_string());
    }
    // With brokers of their own its letters go to another cluster, which is reached otherwise.
    if !is_given(SERVERS) {
        for option in &cluster.options {
            tell(&kafka_option(&option.name), &option.typed);
        }
    }
    told
}

/// The environment of a function: ours, and what `told` changes.
pub(crate) fn whole(told: &[Variable]) -> Vec<(String, String)> {
    let mut whole = inherited();
    whole.retain(|(name, _)| !told.iter().any(|(changed, _)| changed == name));
    let news = told.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    whole.extend(news);
    whole
}

/// The topics that a function with this environment sends letters to.
pub(crate) fn letter_topics(told: &[Variable]) -> Vec<String> {
    sluice_runtime::letter_topics(&whole(told))
}

/// One of `topics` that the function's own letters go to.
pub(crate) fn own_letters(topics: &[String], told: &[Variable]) -> Option<String> {
    letter_topics(told).into_iter().find(|topic| topics.contains(topic))
}

/// What to say of a topic that is read and that letters go to.
pub(crate) fn is_circle(topic: &str) -> String {
    format!(
        "holds {topic}, to which the function sends its own letters: they would go round for ever"
    )
}

/// The same, and the topic of records that are given up, as far as they are in the cluster at
/// `bootstrap`.
pub(crate) fn topics_here(bootstrap: &str, mapping: &Mapping) -> Vec<String> {
    let told = &mapping.function.environment;
    let servers = variable(SERVERS);
    let is_elsewhere = |(name, value): &(String, String)| {
        *name == servers && !value.is_empty() && value != bootstrap
    };
    let mut topics = match whole(told).iter().any(is_elsewhere) {
        true => Vec::new(),
        false => letter_topics(told),
    };
    topics.extend(mapping.destination.iter().map(|destination| destination.topic.clone()));
    topics
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// A command line of a cluster alone.
    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        cluster: Cluster,
    }

    fn told(given: &[&str]) -> Vec<String> {
        let line = "sluice --bootstrap b:1 --kafka sasl.username=u --kafka kafka.client.id=c";
        let line =
            Line::parse_from(line.split(' ').chain(["--kafka", "sasl.password=${env:PATH}"]));
        let given: Vec<_> = given.iter().map(|name| (*name).to_owned()).collect();
        let told = of(&given, &line.cluster, Some(true));
        told.into_iter()
            .map(|(name, value)| format!("{name}={}", value.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_function_is_told_what_it_does_not_know() {
        let report = "SLUICE_REPORT_BATCH_ITEM_FAILURES=true";
        let (user, id) = ("SLUICE_KAFKA_SASL_USERNAME=u", "SLUICE_KAFKA_CLIENT_ID=c");
        // A function replaces references itself: no secret is in a process's environment.
        let password = "SLUICE_KAFKA_SASL_PASSWORD=${env:PATH}";
        assert_eq!(told(&[]), [report, user, id, password]);
        assert_eq!(told(&["kafka.sasl.username", REPORT]), [id, password]);
        assert_eq!(told(&[SERVERS]), [report], "another cluster is reached in another way");
    }
}
