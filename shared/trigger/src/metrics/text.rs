//! Prometheus's text exposition format: the metric families, each with its help and type
//! ("Exposition formats", Prometheus documentation).

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::time::SystemTime;

use crate::metrics::connector::Connector;
use crate::observer::{PartitionProgress, PartitionState};

type Connectors = BTreeMap<String, Connector>;

/// A metric of each connector: name, help, value.
type OfConnector = (&'static str, &'static str, fn(&Connector) -> u64);

/// A metric of each partition: name, help, value if it has one.
type OfPartition = (&'static str, &'static str, fn(&PartitionProgress) -> Option<u64>);

const CONNECTOR_FAMILIES: &[OfConnector] = &[
    ("sluice_connector_up", "Whether the connector runs.", |it| u64::from(it.running)),
    ("sluice_connector_restarts_total", "Times the connector was started again.", |it| {
        it.starts.saturating_sub(1)
    }),
    ("sluice_function_restarts_total", "Function processes started to replace another.", |it| {
        it.progress.summary.restarts
    }),
    ("sluice_function_written_rows_total", "Rows the function says it wrote.", |it| {
        it.progress.summary.written
    }),
    ("sluice_function_lettered_records_total", "Records the function says became letters.", |it| {
        it.progress.summary.lettered
    }),
    ("sluice_function_filtered_records_total", "Records the function says it left out.", |it| {
        it.progress.summary.filtered
    }),
    ("sluice_failed_batches_total", "Invocations after which records were sent again.", |it| {
        it.progress.summary.retries
    }),
    ("sluice_last_success_timestamp_seconds", LAST_SUCCESS, |it| {
        it.last_success.map_or(0, seconds)
    }),
    ("sluice_topics_missing", "Topics that are configured and cannot be read.", |it| {
        it.progress.topics_missing as u64
    }),
    ("sluice_invocations_in_flight", "Invocations that are running.", |it| {
        it.progress.functions_in_flight as u64
    }),
];

const PARTITION_FAMILIES: &[OfPartition] = &[
    ("sluice_records_total", "Records settled by the function.", |it| Some(it.counters.records)),
    ("sluice_batches_total", "Batches settled, or parts of them.", |it| Some(it.counters.batches)),
    ("sluice_retries_total", "Batches sent again, or parts of them.", |it| {
        Some(it.counters.retries)
    }),
    ("sluice_filtered_records_total", "Records held back by the mapping's filters.", |it| {
        Some(it.counters.filtered)
    }),
    ("sluice_given_up_records_total", "Records given up.", |it| Some(it.counters.given_up)),
    ("sluice_on_failure_records_total", "Records sent to the on-failure destination.", |it| {
        Some(it.counters.sent)
    }),
    ("sluice_lost_records_total", "Records deleted from the topic before they were read.", |it| {
        Some(it.counters.lost)
    }),
    ("sluice_offset_out_of_range_total", "Times the log did not hold the offset to read.", |it| {
        Some(it.counters.out_of_range)
    }),
    ("sluice_lag_records", "Records not settled yet.", |it| state(it, |at| at.lag)),
    ("sluice_in_flight_records", "Records in an invocation or tried again.", |it| {
        state(it, |at| at.in_flight)
    }),
    ("sluice_partition_stopped", "Whether the partition is stopped.", |it| {
        state(it, |at| u64::from(at.stopped))
    }),
];

const LAST_SUCCESS: &str =
    "When the function last settled a whole batch, in seconds since 1970; 0 if it has not yet.";

const DURATION: &str = "sluice_invocation_duration_seconds";

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn state(partition: &PartitionProgress, number: fn(&PartitionState) -> u64) -> Option<u64> {
    partition.state.as_ref().map(number)
}

pub(super) fn write(connectors: &Connectors) -> String {
    let mut out = String::new();
    for (name, help, number) in CONNECTOR_FAMILIES {
        open(&mut out, name, help, type_of(name));
        for (connector, state) in connectors {
            line(&mut out, name, &[("connector", connector)], number(state));
        }
    }
    for (name, help, number) in PARTITION_FAMILIES {
        open(&mut out, name, help, type_of(name));
        for (connector, state) in connectors {
            for partition in &state.progress.partitions {
                let Some(number) = number(partition) else { continue };
                let index = partition.partition.to_string();
                let labels = [
                    ("connector", connector.as_str()),
                    ("topic", &partition.topic),
                    ("partition", &index),
                ];
                line(&mut out, name, &labels, number);
            }
        }
    }
    durations(&mut out, connectors);
    out
}

fn durations(out: &mut String, connectors: &Connectors) {
    open(out, DURATION, "How long invocations took.", "histogram");
    for (connector, state) in connectors {
        let durations = &state.progress.durations;
        let bucket = format!("{DURATION}_bucket");
        for (bound, count) in durations.buckets() {
            let labels = [("connector", connector.as_str()), ("le", &bound.to_string())];
            line(out, &bucket, &labels, count);
        }
        line(out, &bucket, &[("connector", connector), ("le", "+Inf")], durations.count());
        let labels = [("connector", connector.as_str())];
        line(out, &format!("{DURATION}_sum"), &labels, durations.sum().as_secs_f64());
        line(out, &format!("{DURATION}_count"), &labels, durations.count());
    }
}

fn type_of(name: &str) -> &'static str {
    if name.ends_with("_total") { "counter" } else { "gauge" }
}

fn open(out: &mut String, name: &str, help: &str, kind: &str) {
    // Writing to memory does not fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &[(&str, &str)], value: impl Display) {
    out.push_str(name);
    for (index, (label, text)) in labels.iter().enumerate() {
        out.push(if index == 0 { '{' } else { ',' });
        // The format has these three escapes.
        let text = text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
        let _ = write!(out, "{label}=\"{text}\"");
    }
    let _ = writeln!(out, "}} {value}");
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use crate::metrics::Metrics;
    use crate::observer::{Counters, PartitionProgress, PartitionState, Progress};

    #[test]
    fn families_are_complete_and_labels_escaped() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_460_800_900);
        let mut progress =
            Progress { up: true, last_success: Some(at), topics_missing: 1, ..Progress::default() };
        progress.summary.written = 7;
        progress.durations.record(Duration::from_millis(30));
        progress.durations.record(Duration::from_secs(400));
        let state = PartitionState { lag: 3, in_flight: 2, stopped: false };
        for (partition, state) in [(0, Some(state)), (1, None)] {
            let counters = Counters { records: 5, lost: 4, out_of_range: 2, ..Counters::default() };
            let topic = "orders".into();
            progress.partitions.push(PartitionProgress { topic, partition, counters, state });
        }
        let metrics = Metrics::default();
        metrics.start("a\"b");
        metrics.progress("a\"b", &progress);
        let text = metrics.to_text();
        for line in [
            "# TYPE sluice_records_total counter",
            r#"sluice_records_total{connector="a\"b",topic="orders",partition="1"} 5"#,
            r#"sluice_lost_records_total{connector="a\"b",topic="orders",partition="0"} 4"#,
            "# TYPE sluice_lag_records gauge",
            r#"sluice_lag_records{connector="a\"b",topic="orders",partition="0"} 3"#,
            r#"sluice_in_flight_records{connector="a\"b",topic="orders",partition="0"} 2"#,
            r#"sluice_function_written_rows_total{connector="a\"b"} 7"#,
            r#"sluice_connector_up{connector="a\"b"} 1"#,
            r#"sluice_last_success_timestamp_seconds{connector="a\"b"} 1764460800"#,
            r#"sluice_topics_missing{connector="a\"b"} 1"#,
            r#"sluice_offset_out_of_range_total{connector="a\"b",topic="orders",partition="0"} 2"#,
            "# TYPE sluice_invocation_duration_seconds histogram",
            r#"sluice_invocation_duration_seconds_bucket{connector="a\"b",le="0.025"} 0"#,
            r#"sluice_invocation_duration_seconds_bucket{connector="a\"b",le="0.05"} 1"#,
            r#"sluice_invocation_duration_seconds_bucket{connector="a\"b",le="1"} 1"#,
            r#"sluice_invocation_duration_seconds_bucket{connector="a\"b",le="+Inf"} 2"#,
            r#"sluice_invocation_duration_seconds_sum{connector="a\"b"} 400.03"#,
            r#"sluice_invocation_duration_seconds_count{connector="a\"b"} 2"#,
        ] {
            assert!(text.lines().any(|given| given == line), "{line}\n{text}");
        }
        assert!(
            !text.contains(r#"sluice_lag_records{connector="a\"b",topic="orders",partition="1"}"#)
        );

        metrics.end("a\"b");
        assert_eq!(metrics.down(), ["a\"b"]);
        metrics.start("a\"b");
        assert!(
            metrics.to_text().contains(r#"sluice_connector_restarts_total{connector="a\"b"} 1"#)
        );
        assert_eq!(metrics.down(), ["a\"b"], "its functions have not come up");
        metrics.progress("a\"b", &Progress { up: true, ..Progress::default() });
        assert!(metrics.down().is_empty());
        let last = r#"sluice_last_success_timestamp_seconds{connector="a\"b"} 1764460800"#;
        assert!(metrics.to_text().contains(last), "it outlives the connector's restart");
    }
}
