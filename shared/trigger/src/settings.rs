//! What a mapping may be told, before it is checked: the rules of which settings go together.
//!
//! They are Lambda's, from "Configuring error handling controls for Kafka event sources" and the
//! API's `CreateEventSourceMapping`. How a person writes them is the command line's business.

use std::path::PathBuf;
use std::time::Duration;

use crate::assignment::Patience;
use crate::event::batch::{Limits, MAX_EVENT_BYTES};
use crate::function::FunctionConfig;
use crate::observer::Disposal;

mod check;
pub(crate) mod mapping;

use check::Problems;
use mapping::{Mapping, OutOfRange, StartingPosition};

/// How often `once` sends a batch again unless told: a database that is down for good must not
/// keep it for ever.
const RETRIES_ONCE: u32 = 3;

/// "When you configure both infinite retries and an on-failure destination, Lambda automatically
/// applies a maximum of 10 retry attempts."
const RETRIES_WITH_DESTINATION: u32 = 10;

/// How old the description of the topics may become unless told. Kafka's own clients wait for five
/// minutes (`metadata.max.age.ms`), which is long for somebody who has just created a topic; one
/// look is two small requests.
const METADATA_MAX_AGE: Duration = Duration::from_secs(60);

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
    /// A pattern of the topics to read, in place of their names.
    pub topics_regex: Option<String>,
    /// Topics that the function writes to. A pattern never takes them.
    pub own_topics: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// The mode.
    pub mode: Mode,
    /// Where a group begins that has committed nothing.
    pub starting_position: StartingPosition,
    /// What happens where the log does not hold the group's offset.
    pub out_of_range: OutOfRange,
    /// How old the description of the topics may become.
    pub metadata_max_age: Duration,
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
            topics_regex: None,
            own_topics: Vec::new(),
            group: String::new(),
            mode: Mode::Provisioned,
            starting_position: StartingPosition::TrimHorizon,
            out_of_range: OutOfRange::StartingPosition,
            metadata_max_age: METADATA_MAX_AGE,
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
        let selection = problems.selection(&self);
        let destination = problems.destination(&self);
        let Some(topics) = selection.filter(|_| problems.0.is_empty()) else {
            return Err(problems.0);
        };
        let on_demand = self.mode == Mode::OnDemand;
        let patience = self.patience();
        Ok(Mapping {
            topics,
            group: self.group,
            starting_position: self.starting_position,
            out_of_range: self.out_of_range,
            metadata_max_age: self.metadata_max_age,
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

#[cfg(test)]
mod tests;
