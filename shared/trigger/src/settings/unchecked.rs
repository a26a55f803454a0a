//! The settings before they are checked, and their defaults.

use std::path::PathBuf;
use std::time::Duration;

use super::mapping::{OutOfRange, StartingPosition};
use crate::event::batch::MAX_EVENT_BYTES;
use crate::function::Platform;

/// How old the description of the topics may become by default. Kafka's own clients wait for five
/// minutes (`metadata.max.age.ms`), which is long after a topic was created; a description takes
/// two small requests.
const METADATA_MAX_AGE: Duration = Duration::from_secs(60);

/// Lambda's two polling modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With all error handling controls.
    Provisioned,
    /// Without error handling controls: a failed batch is sent again until it succeeds.
    OnDemand,
}

/// The settings of a mapping. `Default` has Lambda's defaults in provisioned mode, except that
/// `batchItemFailures` are used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The function's binary.
    pub function: PathBuf,
    /// The platform on which the function is started.
    pub platform: Platform,
    /// Changes of our environment for the function.
    pub environment: Vec<(String, Option<String>)>,
    /// The brokers.
    pub bootstrap: String,
    /// Connection options.
    pub kafka: Vec<(String, String)>,
    /// The topics to read.
    pub topics: Vec<String>,
    /// A pattern for the topics to read, instead of their names.
    pub topics_regex: Option<String>,
    /// Topics to which the function writes. A pattern never matches them.
    pub own_topics: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// The mode.
    pub mode: Mode,
    /// Where a group without committed offsets starts.
    pub starting_position: StartingPosition,
    /// What to do if the log does not have the group's offset.
    pub out_of_range: OutOfRange,
    /// How old the description of the topics may become.
    pub metadata_max_age: Duration,
    /// The maximum number of records of a batch.
    pub batch_size: usize,
    /// How long the first record of a batch waits for more records.
    pub batch_window: Duration,
    /// The maximum size of an event, in bytes.
    pub payload_limit: usize,
    /// Patterns; a record's value must match one of them.
    pub filters: Vec<String>,
    /// How often a failed batch is sent again; a negative number means without limit.
    pub max_retries: Option<i64>,
    /// How old a record may be.
    pub max_record_age: Option<Duration>,
    /// Whether a failed batch is split into halves.
    pub bisect: bool,
    /// `kafka://topic`, for records that are given up.
    pub on_failure: Option<String>,
    /// Whether `batchItemFailures` of an answer are used.
    pub report_item_failures: Option<bool>,
    /// The number of function processes.
    pub concurrency: usize,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// Whether to end once the records of the topics are settled.
    pub once: bool,
    /// How long the group waits for a member that sends no heartbeat.
    pub session_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            function: PathBuf::new(),
            platform: Platform::default(),
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

/// A problem of one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name of the setting on the command line, without the hyphens.
    pub setting: &'static str,
    /// What is wrong, and what to do.
    pub text: String,
}
