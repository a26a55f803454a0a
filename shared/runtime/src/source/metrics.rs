//! The metrics of an invocation of a source, in CloudWatch's embedded metric format (`log/metrics.rs`).

use std::time::SystemTime;

use serde::Serialize;
use sluice_source::poll::outcome::{Outcome, TableOutcome};

use crate::log::metrics::{Directive, Metric};

/// The tables of a connector are in the log line, and not a metric each: CloudWatch charges by metric.
const DIMENSIONS: &[&str] = &["connector"];
const COUNT: &str = "Count";

const METRICS: [Metric; 6] = [
    Metric::new("rows", COUNT),
    Metric::new("lettered", COUNT),
    Metric::new("finished", COUNT),
    Metric::new("gaveWay", COUNT),
    Metric::new("waitingTables", COUNT),
    Metric::new("failedTables", COUNT),
];
const BEHIND_MS: Metric = Metric::new("behindMs", "Milliseconds");
const BEHIND_IDS: Metric = Metric::new("behindIds", COUNT);

/// Metrics that are not already members of the line.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PollMeasured {
    /// Rows that became letters.
    lettered: u64,
    /// 1 if the invocation has read all its tables to the end.
    finished: u8,
    /// 1 if a newer instance has taken over.
    pub(crate) gave_way: u8,
    /// Tables with new rows that wait for a session which may still write below them.
    waiting_tables: usize,
    /// Tables that could not be read.
    failed_tables: usize,
    /// How far the table that is most behind is from its newest rows, in milliseconds. 0 is up to date; `None` in the
    /// modes without a timestamp, and if the invocation did not come to an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    behind_ms: Option<u64>,
    /// The same in ids, in the mode `incrementing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    behind_ids: Option<u64>,
}

impl PollMeasured {
    /// `has_time` says whether timestamps order the rows.
    pub(crate) fn of(outcome: &Outcome, has_time: bool) -> Self {
        let count = |is_so: fn(&TableOutcome) -> bool| {
            outcome.tables.iter().filter(|table| is_so(table)).count()
        };
        let behind = outcome.tables.iter().filter_map(|table| table.behind).max().unwrap_or(0);
        let failed_tables = count(|table| table.error.is_some());
        Self {
            lettered: outcome.tables.iter().map(|table| table.letters).sum(),
            finished: u8::from(outcome.is_done && failed_tables == 0),
            gave_way: 0,
            waiting_tables: count(|table| table.waits_for.is_some()),
            failed_tables,
            behind_ms: has_time.then_some(behind / 1_000),
            behind_ids: (!has_time).then_some(behind),
        }
    }

    /// Lists the metrics for CloudWatch.
    pub(crate) fn directive(&self, now: SystemTime) -> Directive {
        let mut metrics = METRICS.to_vec();
        metrics.extend(self.behind_ms.map(|_| BEHIND_MS));
        metrics.extend(self.behind_ids.map(|_| BEHIND_IDS));
        Directive::of(now, DIMENSIONS, metrics)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sluice_source::error::SourceError;

    use super::*;

    fn table(behind: Option<u64>, waits_for: Option<&str>, error: bool) -> TableOutcome {
        TableOutcome {
            table: "d.t".to_owned(),
            topic: "t".to_owned(),
            rows: 0,
            letters: 2,
            behind,
            waits_for: waits_for.map(str::to_owned),
            error: error.then(|| SourceError::stop("no such column")),
        }
    }

    fn told(tables: Vec<TableOutcome>, is_done: bool, has_time: bool) -> (Value, Vec<String>) {
        let measured = PollMeasured::of(&Outcome { tables, is_done }, has_time);
        let directive = json!(measured.directive(SystemTime::UNIX_EPOCH));
        let metrics = directive["CloudWatchMetrics"][0]["Metrics"].as_array().expect("a list");
        let names =
            metrics.iter().map(|metric| metric["Name"].as_str().expect("a name").to_owned());
        let names: Vec<_> = names.collect();
        (json!(measured), names)
    }

    #[test]
    fn the_table_that_is_most_behind_counts() {
        let tables =
            vec![table(Some(7_000), Some("somebody"), false), table(Some(9_500), None, false)];
        let (told, names) = told(tables, false, true);
        let expected = json!({
            "lettered": 4, "finished": 0, "gaveWay": 0, "waitingTables": 1, "failedTables": 0, "behindMs": 9,
        });
        assert_eq!(told, expected);
        // `rows` is a member of the line itself.
        let listed: Vec<_> = names.iter().filter(|name| *name != "rows").collect();
        assert!(listed.iter().all(|name| told.get(name.as_str()).is_some()), "{names:?}");
        assert_eq!(listed.len(), told.as_object().expect("an object").len());
    }

    #[test]
    fn a_table_that_failed_is_not_read_to_the_end() {
        let (told, _) = told(vec![table(None, None, false), table(None, None, true)], true, false);
        assert_eq!((&told["finished"], &told["failedTables"]), (&json!(0), &json!(1)), "{told}");
        assert_eq!((&told["behindIds"], told.get("behindMs")), (&json!(0), None), "{told}");
        assert_eq!(self::told(vec![table(None, None, false)], true, false).0["finished"], 1);
    }
}
