//! Checks settings before anything is opened.

use std::time::Duration;

use super::unchecked::{Mode, Problem, Settings};
use crate::destination::Destination;
use crate::event::batch::{MAX_BATCH_SIZE, MAX_EVENT_BYTES};
use crate::filter::{Filter, MAX_FILTERS};
use crate::function::Platform;
use crate::kafka::access;
use crate::kafka::topics::{TopicPattern, TopicSelection};

/// Lambda's largest `MaximumRetryAttempts`.
const MAX_RETRIES: i64 = 10_000;

/// Lambda's `MaximumRecordAgeInSeconds`.
const AGES: std::ops::RangeInclusive<u64> = 60..=604_800;

/// The longest is the default of Kafka's own clients.
const AGES_OF_METADATA: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(300);

/// Lambda's longest `MaximumBatchingWindowInSeconds`.
const MAX_WINDOW: Duration = Duration::from_secs(300);

const SCHEME: &str = "kafka://";

/// The problems so far.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    fn note(&mut self, setting: &'static str, text: impl Into<String>) {
        self.0.push(Problem { setting, text: text.into() });
    }

    pub(super) fn ranges(&mut self, settings: &Settings) {
        if !AGES_OF_METADATA.contains(&settings.metadata_max_age) {
            self.note("metadata-max-age", "must be 100ms to 5m");
        }
        if settings.group.is_empty() {
            self.note("group", "must not be empty");
        }
        if !(1..=MAX_BATCH_SIZE).contains(&settings.batch_size) {
            self.note("batch-size", format!("must be a number from 1 to {MAX_BATCH_SIZE}"));
        }
        if settings.batch_window > MAX_WINDOW {
            self.note("batch-window", "must be at most 300s");
        }
        if !(1..=MAX_EVENT_BYTES).contains(&settings.payload_limit) {
            self.note("payload-limit", format!("must be 1 to {MAX_EVENT_BYTES} bytes"));
        }
        if settings.max_retries.is_some_and(|retries| !(-1..=MAX_RETRIES).contains(&retries)) {
            self.note("max-retries", format!("must be -1 (no limit) or 0 to {MAX_RETRIES}"));
        }
        let age = settings.max_record_age.map(|age| age.as_secs());
        if age.is_some_and(|age| !AGES.contains(&age)) {
            self.note("max-record-age", "must be -1 (no limit) or 60s to 604800s (7 days)");
        }
        if settings.timeout.is_zero() {
            self.note("timeout", "must be longer than 0s");
        }
        if settings.concurrency == 0 {
            self.note("concurrency", "must be 1 or more");
        }
    }

    /// What the other platform does not have.
    pub(super) fn platform(&mut self, settings: &Settings) {
        if settings.platform != Platform::Lambda && settings.report_item_failures == Some(true) {
            let text = "cannot be true on Function Compute: a batch fails as a whole there";
            self.note("report-batch-item-failures", text);
        }
    }

    /// The topics to read: names, or a pattern.
    pub(super) fn selection(&mut self, settings: &Settings) -> Option<TopicSelection> {
        let names: Vec<String> =
            settings.topics.iter().filter(|name| !name.is_empty()).cloned().collect();
        let Some(pattern) = &settings.topics_regex else {
            if names.is_empty() {
                self.note("topics", "must name at least one topic, unless topics-regex is set");
            }
            return Some(TopicSelection::Named(names));
        };
        if !names.is_empty() {
            self.note("topics-regex", "cannot be used with topics: only one of them may be set");
        }
        let failed = settings.on_failure.as_deref().and_then(|text| text.strip_prefix(SCHEME));
        let own = settings.own_topics.iter().map(String::as_str).chain(failed);
        match TopicPattern::parse(pattern) {
            Ok(pattern) => {
                Some(TopicSelection::Matching { pattern, except: own.map(str::to_owned).collect() })
            }
            Err(problem) => {
                self.note("topics-regex", problem);
                None
            }
        }
    }

    /// Refuses the settings that Lambda has only in provisioned mode.
    pub(super) fn modes(&mut self, settings: &Settings) {
        if settings.mode == Mode::Provisioned {
            return;
        }
        let controls = [
            ("bisect", settings.bisect),
            ("max-retries", settings.max_retries.is_some()),
            ("max-record-age", settings.max_record_age.is_some()),
            ("on-failure", settings.on_failure.is_some()),
            ("report-batch-item-failures", settings.report_item_failures == Some(true)),
        ];
        for (control, _) in controls.into_iter().filter(|(_, given)| *given) {
            let text = "exists only in provisioned mode: in on-demand mode Lambda sends a failed \
                        batch again until it succeeds or its records expire";
            self.note(control, text);
        }
    }

    pub(super) fn filters(&mut self, patterns: &[String]) -> Vec<Filter> {
        if patterns.len() > MAX_FILTERS {
            self.note("filter", format!("can be used at most {MAX_FILTERS} times"));
        }
        let read = |pattern: &String| match Filter::parse(pattern) {
            Ok(filter) => Some(filter),
            Err(problem) => {
                self.note("filter", problem);
                None
            }
        };
        patterns.iter().filter_map(read).collect()
    }

    pub(super) fn destination(&mut self, settings: &Settings) -> Option<Destination> {
        let text = settings.on_failure.as_ref()?;
        let Some(topic) = text.strip_prefix(SCHEME).filter(|topic| !topic.is_empty()) else {
            self.note("on-failure", format!("must look like {SCHEME}topic"));
            return None;
        };
        if settings.topics.iter().any(|source| source == topic) {
            let text =
                format!("{topic} is read by this mapping: failed records would be read again");
            self.note("on-failure", text);
        }
        match access(&settings.bootstrap, &settings.kafka) {
            Ok(access) => Some(Destination { topic: topic.to_owned(), access }),
            // The connection to the cluster reports what is wrong with the options.
            Err(_) => None,
        }
    }
}
