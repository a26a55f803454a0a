//! Checks the retention of letter topics, and warns if the broker may delete letters soon.
//!
//! A letter that is deleted, or replaced by a later letter with the same key, cannot be replayed.
//! Such settings may be intended, so this is a warning and never an error.

use std::collections::BTreeSet;
use std::time::Duration;

use krafka::Kafka;
use krafka::admin::{ConfigResource, DescribeConfigsOptions};
use tokio::time::timeout;

/// How long the broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The shortest retention of a letter topic without a warning, in milliseconds.
const A_DAY: i64 = 24 * 60 * 60 * 1_000;

const POLICY: &str = "cleanup.policy";
const RETENTION: &str = "retention.ms";

/// A warning for each of `topics` that does not keep its letters for a day. There is no warning for
/// a topic whose configuration cannot be read, or not in time.
pub async fn warnings(kafka: &Kafka, topics: &[String]) -> Vec<String> {
    let topics: BTreeSet<&String> = topics.iter().collect();
    let resource = |topic: &&String| ConfigResource::topic(topic.as_str());
    let options = DescribeConfigsOptions::default();
    let admin = kafka.admin();
    let described = admin.describe_configs(topics.iter().map(resource), options);
    let Ok(Ok(described)) = timeout(PATIENCE, described).await else { return Vec::new() };
    let mut warnings = Vec::new();
    for topic in topics {
        let Some(Ok(entries)) = described.get(&resource(&topic)) else { continue };
        let value = |name: &str| {
            let entry = entries.iter().find(|entry| entry.name == name);
            entry.and_then(|entry| entry.value.as_deref())
        };
        let (policy, retention) = (value(POLICY).unwrap_or_default(), value(RETENTION));
        warnings.extend(judge(topic, policy, retention.and_then(|text| text.parse().ok())));
    }
    warnings
}

fn judge(topic: &str, policy: &str, retention: Option<i64>) -> Vec<String> {
    let policies: Vec<&str> = policy.split(',').map(str::trim).collect();
    let mut warnings = Vec::new();
    if policies.contains(&"compact") {
        warnings.push(format!(
            "topic {topic} holds letters and has {POLICY}={policy}: a letter replaces earlier \
             letters with the same key, and the broker refuses a letter without a key; set \
             {POLICY} to delete"
        ));
    }
    let retention = retention.filter(|millis| (0..A_DAY).contains(millis));
    if let Some(millis) = retention.filter(|_| policies.contains(&"delete")) {
        warnings.push(format!(
            "topic {topic} holds letters and has {RETENTION}={millis}: the broker deletes a letter \
             after less than a day; keep letters for as long as you may need to replay them"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loses_letters_is_named() {
        let warned = |policy: &str, retention| {
            let warnings = judge("dead", policy, retention);
            warnings.iter().map(|text| text.contains(RETENTION)).collect::<Vec<_>>()
        };
        let none: [bool; 0] = [];
        for retention in [None, Some(-1), Some(A_DAY)] {
            assert_eq!(warned("delete", retention), none, "{retention:?}");
        }
        assert_eq!(warned("delete", Some(A_DAY - 1)), [true]);
        assert_eq!(warned("delete", Some(0)), [true]);
        // Without the policy `delete` no record is deleted by age.
        assert_eq!(warned("compact", Some(1)), [false]);
        assert_eq!(warned("compact, delete", Some(1)), [false, true]);
        assert_eq!(warned("", Some(1)), none);
    }
}
