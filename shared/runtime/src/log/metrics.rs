//! The counts of an invocation as CloudWatch metrics, in the embedded metric format: members of the
//! log line, and a member that lists them for CloudWatch Logs.
//!
//! "Specification: Embedded metric format" in the CloudWatch User Guide: a metric's value is a
//! member of the document's root; 30 dimensions in a set and 100 metrics at most; a dimension's
//! value is text of at most 1024 characters.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

const NAMESPACE: &str = "Sluice";
const COUNT: &str = "Count";

/// Metrics that are not already members of the line.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Measured {
    #[serde(rename = "givenBack")]
    pub(crate) given_back: usize,
    #[serde(rename = "writeMs", serialize_with = "millis")]
    pub(crate) write: Duration,
    #[serde(rename = "coldStart")]
    pub(crate) cold_start: u8,
    /// The age of the record with the earliest timestamp, in milliseconds; `None` if no record has
    /// a timestamp.
    #[serde(rename = "oldestRecordAgeMs", skip_serializing_if = "Option::is_none")]
    pub(crate) oldest_age: Option<i64>,
}

/// The member `_aws`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Directive {
    /// Milliseconds since 1970.
    timestamp: u64,
    cloud_watch_metrics: [MetricDirective; 1],
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDirective {
    namespace: &'static str,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<Metric>,
}

/// The name of a member of the line, and its unit in CloudWatch's words.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Metric {
    name: &'static str,
    unit: &'static str,
}

impl Metric {
    pub(crate) const fn new(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit }
    }
}

const METRICS: [Metric; 9] = [
    Metric { name: "received", unit: COUNT },
    Metric { name: "written", unit: COUNT },
    Metric { name: "lettered", unit: COUNT },
    Metric { name: "filtered", unit: COUNT },
    Metric { name: "givenBack", unit: COUNT },
    Metric { name: "bytes", unit: "Bytes" },
    Metric { name: "writeMs", unit: "Milliseconds" },
    Metric { name: "retries", unit: COUNT },
    Metric { name: "coldStart", unit: COUNT },
];
const OLDEST_AGE: Metric = Metric { name: "oldestRecordAgeMs", unit: "Milliseconds" };

impl Directive {
    /// Lists the metrics and dimensions of the line. A body that is not an event has no topic.
    pub(crate) fn new(now: SystemTime, has_topic: bool, measured: &Measured) -> Self {
        let dimensions: &[&str] = if has_topic { &["connector", "topic"] } else { &["connector"] };
        let mut metrics = METRICS.to_vec();
        metrics.extend(measured.oldest_age.map(|_| OLDEST_AGE));
        Self::of(now, dimensions, metrics)
    }

    /// Lists these metrics. Every name, also of the dimensions, is a member of the line.
    pub(crate) fn of(
        now: SystemTime,
        dimensions: &'static [&'static str],
        metrics: Vec<Metric>,
    ) -> Self {
        let timestamp = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let directive = MetricDirective { namespace: NAMESPACE, dimensions: [dimensions], metrics };
        Self { timestamp, cloud_watch_metrics: [directive] }
    }
}

/// Serializes a duration in milliseconds, with three decimal places.
pub(crate) fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_micros() as f64 / 1000.0)
}
