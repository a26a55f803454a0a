//! The settings as they are given, before they are checked, and their defaults.

use std::path::PathBuf;
use std::time::Duration;

use super::mapping::{OutOfRange, StartingPosition};
use crate::event::batch::MAX_EVENT_BYTES;
use crate::function::Platform;

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
    /// What the function believes to run on.
    pub platform: Platform,
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

/// What is wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, as it is called on the command line, without the hyphens before it.
    pub setting: &'static str,
    /// What is wrong with it and what to do.
    pub text: String,
}
