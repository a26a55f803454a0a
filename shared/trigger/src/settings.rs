//! What a mapping may be told, before it is checked: the rules of which settings go together.
//!
//! They are Lambda's, from "Configuring error handling controls for Kafka event sources" and the
//! API's `CreateEventSourceMapping`. How a person writes them is the command line's business.

use std::path::PathBuf;
use std::time::Duration;

use crate::access::access;
use crate::assignment::Patience;
use crate::batch::{Limits, MAX_BATCH_SIZE, MAX_EVENT_BYTES};
use crate::destination::Destination;
use crate::filter::{Filter, MAX_FILTERS};
use crate::function::FunctionConfig;
use crate::mapping::{Mapping, StartingPosition};
use crate::observer::Disposal;

/// How often `once` sends a batch again unless told: a database that is down for good must not
/// keep it for ever.
const RETRIES_ONCE: u32 = 3;

/// "When you configure both infinite retries and an on-failure destination, Lambda automatically
/// applies a maximum of 10 retry attempts."
const RETRIES_WITH_DESTINATION: u32 = 10;

/// The most retries Lambda takes.
const MAX_RETRIES: i64 = 10_000;

/// Lambda's `MaximumRecordAgeInSeconds`.
const AGES: std::ops::RangeInclusive<u64> = 60..=604_800;

/// Lambda's longest `MaximumBatchingWindowInSeconds`.
const MAX_WINDOW: Duration = Duration::from_secs(300);

const SCHEME: &str = "kafka://";

/// Which of Lambda's two modes of polling is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With every control over errors.
    Provisioned,
    /// With none: a batch that fails is sent again until it succeeds or the topic drops it.
    OnDemand,
}

/// Everything a mapping may be told. `Default` is Lambda's default in provisioned mode, except
/// that item failures are heeded.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The function's binary.
    pub function: PathBuf,
    /// What differs from our own environment in the function's.
    pub environment: Vec<(String, Option<String>)>,
    /// The brokers.
    pub bootstrap: String,
    /// Connection options.
    pub kafka: Vec<(String, String)>,
    /// The topics to read.
    pub topics: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// The mode.
    pub mode: Mode,
    /// Where a group begins that has committed nothing.
    pub starting_position: StartingPosition,
    /// Records of a batch.
    pub batch_size: usize,
    /// How long the first record of a batch waits.
    pub batch_window: Duration,
    /// Bytes of an event.
    pub payload_limit: usize,
    /// Patterns of which a record's value must match one.
    pub filters: Vec<String>,
    /// How often a failed batch is sent again; negative is for ever.
    pub max_retries: Option<i64>,
    /// How old a record may be.
    pub max_record_age: Option<Duration>,
    /// Whether a failed batch is halved.
    pub bisect: bool,
    /// `kafka://topic`, for what is given up.
    pub on_failure: Option<String>,
    /// Whether item failures are heeded.
    pub report_item_failures: Option<bool>,
    /// Function processes.
    pub concurrency: usize,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// Whether to end once the topics are drained.
    pub once: bool,
    /// How long the group waits for a silent member.
    pub session_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            function: PathBuf::new(),
            environment: Vec::new(),
            bootstrap: String::new(),
            kafka: Vec::new(),
            topics: Vec::new(),
            group: String::new(),
            mode: Mode::Provisioned,
            starting_position: StartingPosition::TrimHorizon,
            batch_size: 100,
            batch_window: Duration::from_millis(500),
            payload_limit: MAX_EVENT_BYTES,
            filters: Vec::new(),
            max_retries: None,
            max_record_age: None,
            bisect: false,
            on_failure: None,
            report_item_failures: None,
            concurrency: 1,
            timeout: Duration::from_secs(60),
            once: false,
            session_timeout: Duration::from_secs(45),
        }
    }
}

/// What is wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, as it is called on the command line, without the hyphens before it.
    pub setting: &'static str,
    /// What is wrong with it and what to do.
    pub text: String,
}

impl Settings {
    /// The mapping these settings make.
    ///
    /// # Errors
    ///
    /// Every problem there is.
    pub fn mapping(self) -> Result<Mapping, Vec<Problem>> {
        let mut problems = Problems::default();
        problems.ranges(&self);
        problems.modes(&self);
        let filters = problems.filters(&self.filters);
        let destination = problems.destination(&self);
        if !problems.0.is_empty() {
            return Err(problems.0);
        }
        let on_demand = self.mode == Mode::OnDemand;
        let patience = self.patience();
        Ok(Mapping {
            topics: self.topics,
            group: self.group,
            starting_position: self.starting_position,
            bootstrap: self.bootstrap,
            limits: Limits {
                records: self.batch_size,
                bytes: self.payload_limit,
                window: self.batch_window,
            },
            filters,
            patience,
            destination,
            report_item_failures: self.report_item_failures.unwrap_or(!on_demand),
            concurrency: self.concurrency,
            once: self.once,
            session_timeout: self.session_timeout,
            function: FunctionConfig {
                program: self.function,
                timeout: self.timeout,
                environment: self.environment,
            },
        })
    }

    fn patience(&self) -> Patience {
        let unlimited = match (self.once, &self.on_failure) {
            (true, _) => Some(RETRIES_ONCE),
            (false, Some(_)) => Some(RETRIES_WITH_DESTINATION),
            (false, None) => None,
        };
        let told = self.max_retries.and_then(|retries| u32::try_from(retries).ok());
        let endless = self.max_retries.is_some_and(|retries| retries < 0);
        let retries = match told {
            Some(retries) => Some(retries),
            None if endless && self.on_failure.is_none() => None,
            None if endless => Some(RETRIES_WITH_DESTINATION),
            None => unlimited,
        };
        // Skipping takes an explicit limit; nobody who asked for endless retries wants it.
        let disposal = match (&self.on_failure, told, self.once) {
            (Some(_), ..) => Disposal::Sent,
            (None, Some(_), false) => Disposal::Skipped,
            _ => Disposal::Kept,
        };
        Patience { retries, max_age: self.max_record_age, bisect: self.bisect, disposal }
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn note(&mut self, setting: &'static str, text: impl Into<String>) {
        self.0.push(Problem { setting, text: text.into() });
    }

    fn ranges(&mut self, settings: &Settings) {
        if settings.topics.iter().all(String::is_empty) {
            self.note("topics", "must name at least one topic");
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
            self.note("max-retries", format!("must be -1, for ever, or 0 to {MAX_RETRIES}"));
        }
        let age = settings.max_record_age.map(|age| age.as_secs());
        if age.is_some_and(|age| !AGES.contains(&age)) {
            self.note("max-record-age", "must be -1, for any age, or 60s to 604800s (7 days)");
        }
        if settings.concurrency == 0 {
            self.note("concurrency", "must be 1 or more");
        }
    }

    /// What Lambda offers in provisioned mode only.
    fn modes(&mut self, settings: &Settings) {
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
            let text = "is a control of provisioned mode: Lambda has none in on-demand mode, where \
                        a failed batch is sent again until it succeeds or the topic drops it";
            self.note(control, text);
        }
    }

    fn filters(&mut self, patterns: &[String]) -> Vec<Filter> {
        if patterns.len() > MAX_FILTERS {
            self.note("filter", format!("may be given {MAX_FILTERS} times at most"));
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

    fn destination(&mut self, settings: &Settings) -> Option<Destination> {
        let text = settings.on_failure.as_ref()?;
        let Some(topic) = text.strip_prefix(SCHEME).filter(|topic| !topic.is_empty()) else {
            self.note("on-failure", format!("must look like {SCHEME}topic"));
            return None;
        };
        if settings.topics.iter().any(|source| source == topic) {
            let text =
                format!("{topic} is read by this mapping: what fails would come round again");
            self.note("on-failure", text);
        }
        match access(&settings.bootstrap, &settings.kafka) {
            Ok(access) => Some(Destination { topic: topic.to_owned(), access }),
            // Whoever connects to the cluster says what is wrong with the options.
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let topics = vec!["orders".to_owned()];
        Settings { topics, group: "g".into(), bootstrap: "b:9092".into(), ..Settings::default() }
    }

    fn patience(settings: Settings) -> (Option<u32>, Disposal) {
        let patience = settings.mapping().expect("a mapping").patience;
        (patience.retries, patience.disposal)
    }

    #[test]
    fn patience_follows_what_was_asked_for() {
        let on_failure = Some("kafka://failed".to_owned());
        let with = |max_retries, once, on_failure: &Option<String>| {
            let on_failure = on_failure.clone();
            patience(Settings { max_retries, once, on_failure, ..settings() })
        };
        assert_eq!(with(None, false, &None), (None, Disposal::Kept));
        assert_eq!(with(Some(-1), false, &None), (None, Disposal::Kept));
        assert_eq!(with(Some(2), false, &None), (Some(2), Disposal::Skipped));
        assert_eq!(with(None, true, &None), (Some(3), Disposal::Kept));
        assert_eq!(with(Some(-1), true, &None), (None, Disposal::Kept));
        assert_eq!(with(Some(2), true, &None), (Some(2), Disposal::Kept));
        assert_eq!(with(None, false, &on_failure), (Some(10), Disposal::Sent));
        assert_eq!(with(Some(-1), false, &on_failure), (Some(10), Disposal::Sent));
        assert_eq!(with(Some(2), true, &on_failure), (Some(2), Disposal::Sent));
    }

    #[test]
    fn on_demand_mode_has_no_controls() {
        let settings = Settings { mode: Mode::OnDemand, ..settings() };
        let mapping = settings.clone().mapping().expect("a mapping");
        assert!(!mapping.report_item_failures);
        assert_eq!(mapping.patience.retries, None);
        let all = Settings {
            bisect: true,
            max_retries: Some(-1),
            max_record_age: Some(Duration::from_secs(60)),
            on_failure: Some("kafka://failed".into()),
            report_item_failures: Some(true),
            ..settings
        };
        let problems = all.mapping().expect_err("controls of provisioned mode");
        assert_eq!(problems.len(), 5, "{problems:?}");
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let wrong = Settings {
            topics: vec!["a".into()],
            group: String::new(),
            batch_size: 0,
            batch_window: Duration::from_secs(301),
            payload_limit: MAX_EVENT_BYTES + 1,
            filters: vec!["{}".into()],
            max_retries: Some(10_001),
            max_record_age: Some(Duration::from_secs(59)),
            on_failure: Some("kafka://a".into()),
            concurrency: 0,
            ..settings()
        };
        let problems = wrong.mapping().expect_err("nothing is right");
        let named: Vec<_> = problems.iter().map(|problem| problem.setting).collect();
        let expected = [
            "group",
            "batch-size",
            "batch-window",
            "payload-limit",
            "max-retries",
            "max-record-age",
            "concurrency",
            "filter",
            "on-failure",
        ];
        assert_eq!(named, expected);
    }
}
