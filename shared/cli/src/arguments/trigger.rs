//! `sluice trigger`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use sluice_trigger::batch::{MAX_BATCH_SIZE, MAX_EVENT_BYTES};
use sluice_trigger::{Mode, OutOfRange, StartingPosition, parse_time};

use super::{Cluster, PlatformName};

const TRIGGER_AFTER: &str = "\
Examples:
  Follow a topic until Ctrl-C:
    sluice trigger --function target/release/analyticdb-postgresql \\
        --bootstrap localhost:9092 --topics orders --group orders-to-table

  Read two topics to their end with four function processes, in a script:
    sluice trigger --function ./bootstrap --bootstrap localhost:9092 \\
        --topics orders,payments --group nightly --once --concurrency 4 \\
        --function-log function.log --summary json

  Isolate a bad record, retry it three times, and send it to a topic of the same cluster:
    sluice trigger --function ./bootstrap --bootstrap localhost:9092 \\
        --topics orders --group orders-to-table --bisect --max-retries 3 \\
        --on-failure kafka://orders-failed --filter '{\"value\":{\"state\":[\"paid\"]}}'

  Read the topic of every table of a change capture, also topics that are created later:
    sluice trigger --function ./bootstrap --bootstrap localhost:9092 \\
        --topics-regex 'shop\\.inventory\\..*' --group inventory

  Connect to a cluster with SASL and TLS; the names are the functions' kafka.* options:
    sluice trigger --function ./bootstrap --bootstrap broker:9096 --topics orders --group g \\
        --kafka security.protocol=SASL_SSL --kafka sasl.mechanism=SCRAM-SHA-512 \\
        --kafka sasl.username=sluice --kafka 'sasl.password=${file:/run/secrets/kafka:password}' \\
        --kafka ssl.ca.location=/etc/ssl/kafka-ca.pem

The function inherits this command's environment, so set its options as SLUICE_ variables. After
the first SIGINT or SIGTERM the command finishes and commits the records in flight; after a second
it ends at once.

Exit codes:
  0    stopped by a signal, or with --once all records are settled; `behind` in the summary is the
       number of records that are left, for example because no batch could be written
  1    records were given up, or records of a partition whose offset was lost were not read; each
       partition is named on standard error
  2    wrong arguments, no broker, a function that does not start, or with --once a missing topic
  130  a second signal ended the command; records that are not settled are not committed";

/// Reads topics as a consumer group and invokes a function with them, as Lambda's Kafka event
/// source mapping does, or Function Compute's trigger for ApsaraMQ for Kafka.
///
/// A batch has records of one topic. At most one batch of a partition is in flight, in offset
/// order. An offset is committed once its record is settled: the function answered and did not
/// report it as failed. Several of these commands can share the partitions of one group.
#[derive(Debug, Args)]
#[command(after_help = TRIGGER_AFTER)]
pub(crate) struct Trigger {
    /// The function: a binary that speaks Lambda's Runtime API, or is an HTTP server as --platform
    /// says.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The topics to read, separated by commas. If a topic does not exist, the command waits for
    /// it; with --once it ends.
    #[arg(
        long,
        required_unless_present = "topics_regex",
        conflicts_with = "topics_regex",
        value_delimiter = ',',
        value_name = "TOPIC,…"
    )]
    pub(crate) topics: Vec<String>,

    /// Read every topic whose whole name matches this regular expression, also topics that are
    /// created later. Internal topics, the function's letter topics and the topic of --on-failure
    /// are never read.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) topics_regex: Option<String>,

    /// How often the topics are described again, 100ms to 5m: new or deleted topics and partitions
    /// are noticed within this time.
    #[arg(long, default_value = "1m", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) metadata_max_age: Duration,

    /// The consumer group; reading continues at its committed offsets.
    #[arg(long)]
    pub(crate) group: String,

    /// The platform on which the function is started, and whose event it gets. On Function Compute a
    /// batch fails as a whole, and its option event.value.encoding says how values are written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) platform: PlatformName,

    /// Which of Lambda's polling modes to follow. On-demand mode has no error handling controls:
    /// a batch that fails is sent again until it succeeds.
    #[arg(long, value_enum, default_value_t = ModeName::Provisioned)]
    pub(crate) mode: ModeName,

    /// Where a group without committed offsets starts: trim-horizon, at the oldest record; latest,
    /// at new records; or at-timestamp=TIME, at the first record of that time or later. TIME is
    /// RFC 3339 (2026-11-20T10:15:30Z), Unix seconds or milliseconds.
    #[arg(long, default_value = "trim-horizon", value_name = "POSITION", value_parser = position)]
    pub(crate) starting_position: StartingPosition,

    /// What to do with a partition whose log does not have the committed offset: because retention
    /// deleted the records, because the log ends before it, or because the topic was deleted and
    /// created again.
    #[arg(long, value_enum, default_value_t = OutOfRangeName::StartingPosition)]
    pub(crate) on_offset_out_of_range: OutOfRangeName,

    /// The maximum number of records in a batch, 1 to 10,000.
    #[arg(long, default_value_t = 100, value_name = "RECORDS", value_parser = batch_size)]
    pub(crate) batch_size: usize,

    /// How long the first record of a batch waits for more records, at most 300s.
    #[arg(long, default_value = "500ms", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) batch_window: Duration,

    /// The maximum size of an event, in bytes of its JSON, base64 included. A record that does not
    /// fit into an event is given up without being sent.
    #[arg(long, default_value_t = MAX_EVENT_BYTES, value_name = "BYTES")]
    pub(crate) payload_limit: usize,

    /// Send only records whose value matches this EventBridge pattern, such as
    /// {"value":{"state":["open"]}}; can be repeated, one match is enough. The other records are
    /// committed and counted as filtered_out.
    #[arg(long = "filter", value_name = "PATTERN")]
    pub(crate) filters: Vec<String>,

    /// The number of function processes; the partitions are spread over them.
    #[arg(long, default_value_t = 1, value_name = "PROCESSES", value_parser = at_least_one)]
    pub(crate) concurrency: usize,

    /// How long one invocation may take. Then the function is killed and the batch has failed.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// How often a failed batch is sent again, with pauses that double from 100ms to 10s; -1 means
    /// without limit. Records that are given up are reported. With --on-failure they are sent
    /// there. Without it they are skipped and committed if this option sets a limit and --once is
    /// not used; otherwise they stay uncommitted and their partition stops. [default: -1, with
    /// --on-failure 10, with --once 3]
    #[arg(long, allow_negative_numbers = true, value_name = "TIMES", value_parser = clap::value_parser!(i64).range(-1..=10_000))]
    pub(crate) max_retries: Option<i64>,

    /// Give up records that are older than this by their timestamps, 60s to 7d, without sending
    /// them; a number without a unit is seconds, and -1 means without limit.
    #[arg(long, allow_negative_numbers = true, value_name = "TIME", value_parser = age)]
    pub(crate) max_record_age: Option<Age>,

    /// Split a failed batch into halves and send each half separately, until the bad record is
    /// alone. A split does not count as a retry. If the function reports a failed item, the batch
    /// is split there instead.
    #[arg(long)]
    pub(crate) bisect: bool,

    /// Send each record that is given up to this topic of the same cluster, in Lambda's JSON
    /// envelope, and commit it once it is there. The topic must exist and must not be in --topics.
    #[arg(long, value_name = "kafka://TOPIC")]
    pub(crate) on_failure: Option<String>,

    /// Use batchItemFailures of the answer: a partition continues at its lowest failed offset. With
    /// =false every answer is a success, as in Lambda without ReportBatchItemFailures. [default:
    /// true, false in on-demand mode and on Function Compute]
    #[arg(
        long,
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        value_name = "BOOL",
        value_parser = flag
    )]
    pub(crate) report_batch_item_failures: Option<bool>,

    /// End once all records that are in the topics at the start are settled.
    #[arg(long)]
    pub(crate) once: bool,

    /// How long the group waits for a member that sends no heartbeat.
    #[arg(long, default_value = "45s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) session_timeout: Duration,

    /// Serve Prometheus metrics on http://HOST:PORT/metrics, and also /healthz and /readyz.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) metrics: Option<String>,

    /// Append the function's standard output and standard error to this file, instead of writing
    /// them to standard error.
    #[arg(long, value_name = "FILE")]
    pub(crate) function_log: Option<PathBuf>,

    /// The format of the summary on standard output.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Text)]
    pub(crate) summary: SummaryFormat,
}

/// Lambda's polling modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeName {
    /// With all error handling controls.
    Provisioned,
    /// Without error handling controls.
    OnDemand,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Provisioned => Self::Provisioned,
            ModeName::OnDemand => Self::OnDemand,
        }
    }
}

/// What to do if the log does not have the group's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutOfRangeName {
    /// Continue at the oldest record if retention deleted unread records, otherwise at the starting
    /// position.
    StartingPosition,
    /// Stop the partition; the exit code is 1.
    Stop,
}

impl From<OutOfRangeName> for OutOfRange {
    fn from(name: OutOfRangeName) -> Self {
        match name {
            OutOfRangeName::StartingPosition => Self::StartingPosition,
            OutOfRangeName::Stop => Self::Stop,
        }
    }
}

/// How old a record may be; `None` means without limit.
pub(crate) type Age = Option<Duration>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SummaryFormat {
    /// A few lines for people.
    Text,
    /// One JSON object on one line.
    Json,
}

/// Reads a flag as the functions read their options: in any case, and empty means `false`.
fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

/// Reads `trim-horizon`, `latest` or `at-timestamp=TIME`.
pub(crate) fn position(text: &str) -> Result<StartingPosition, String> {
    match (text, text.strip_prefix("at-timestamp=")) {
        ("trim-horizon", _) => Ok(StartingPosition::TrimHorizon),
        ("latest", _) => Ok(StartingPosition::Latest),
        (_, Some(time)) => parse_time(time).map(StartingPosition::AtTimestamp),
        _ => Err("must be trim-horizon, latest or at-timestamp=TIME".into()),
    }
}

/// Reads a time, a number of seconds, or -1.
pub(crate) fn age(text: &str) -> Result<Age, String> {
    if text == "-1" {
        return Ok(None);
    }
    let seconds = text.parse().map(Duration::from_secs);
    let age = seconds.or_else(|_| humantime::parse_duration(text));
    age.map(Some).map_err(|_| "must be a time such as 1h, seconds, or -1".into())
}

pub(super) fn batch_size(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(size) if (1..=MAX_BATCH_SIZE).contains(&size) => Ok(size),
        _ => Err(format!("must be a number from 1 to {MAX_BATCH_SIZE}")),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "must be 1 or more".into())
}
