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

  Drain two topics with four function processes, for a script:
    sluice trigger --function ./bootstrap --bootstrap localhost:9092 \\
        --topics orders,payments --group nightly --once --concurrency 4 \\
        --function-log function.log --summary json

  Isolate a bad record, try it three times, and put it into a topic of the same cluster:
    sluice trigger --function ./bootstrap --bootstrap localhost:9092 \\
        --topics orders --group orders-to-table --bisect --max-retries 3 \\
        --on-failure kafka://orders-failed --filter '{\"value\":{\"state\":[\"paid\"]}}'

  Read every table's topic of a change capture, also those that are created later:
    sluice trigger --function ./bootstrap --bootstrap localhost:9092 \\
        --topics-regex 'shop\\.inventory\\..*' --group inventory

  A cluster behind SASL and TLS; the names are the functions' kafka.* options:
    sluice trigger --function ./bootstrap --bootstrap broker:9096 --topics orders --group g \\
        --kafka security.protocol=SASL_SSL --kafka sasl.mechanism=SCRAM-SHA-512 \\
        --kafka sasl.username=sluice --kafka 'sasl.password=${file:/run/secrets/kafka:password}' \\
        --kafka ssl.ca.location=/etc/ssl/kafka-ca.pem

The function inherits this command's environment: its own options are SLUICE_ variables there.
The first SIGINT or SIGTERM finishes and commits what is in flight; a second ends at once.

Exit codes:
  0    stopped by a signal, or drained; `behind` in the summary is the number of records that the
       partitions still hold, for example because no batch could be written
  1    records were given up, or records of a partition whose offset was lost were not read; each
       is named on standard error
  2    wrong arguments, no broker, a function that does not start, or with --once a missing topic
  130  a second signal cut the work short; nothing unsettled is committed";

/// Reads topics as a consumer group and invokes a function with them, as Lambda's Kafka event
/// source mapping does.
///
/// Batches hold records of one topic. Of each partition at most one batch is in flight, in offset
/// order. An offset is committed once its record is settled: the function answered without naming
/// it as failed. Several of these commands share the partitions of one group.
#[derive(Debug, Args)]
#[command(after_help = TRIGGER_AFTER)]
pub(crate) struct Trigger {
    /// The function: a binary that speaks Lambda's Runtime API.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// Topics to read, separated by commas. One that does not exist is waited for, but not with
    /// --once.
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

    /// How often the topics are looked at again, 100ms to 5m: topics and partitions that were added
    /// or deleted are noticed after this time at the latest.
    #[arg(long, default_value = "1m", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) metadata_max_age: Duration,

    /// Consumer group; its committed offsets say where to go on.
    #[arg(long)]
    pub(crate) group: String,

    /// What the function is started as, and in whose event it gets its records. On Function Compute a
    /// batch fails as a whole, and its option event.value.encoding says how values are written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) platform: PlatformName,

    /// Which of Lambda's polling modes is followed. In on-demand mode none of the controls over
    /// errors exist: a batch that fails is sent again until it succeeds.
    #[arg(long, value_enum, default_value_t = ModeName::Provisioned)]
    pub(crate) mode: ModeName,

    /// Where a group starts that has committed nothing yet: trim-horizon, at the oldest record;
    /// latest, at the records that come from now on; or at-timestamp=TIME, at the first record of
    /// that time or later. TIME is RFC 3339 (2026-11-20T10:15:30Z), Unix seconds or milliseconds.
    #[arg(long, default_value = "trim-horizon", value_name = "POSITION", value_parser = position)]
    pub(crate) starting_position: StartingPosition,

    /// What happens to a partition whose log does not hold the offset that the group has committed:
    /// because retention deleted the records, because the log ends before it, or because the topic
    /// was deleted and created again.
    #[arg(long, value_enum, default_value_t = OutOfRangeName::StartingPosition)]
    pub(crate) on_offset_out_of_range: OutOfRangeName,

    /// Most records of one batch, 1 to 10,000.
    #[arg(long, default_value_t = 100, value_name = "RECORDS", value_parser = batch_size)]
    pub(crate) batch_size: usize,

    /// How long the first record of a batch waits for others, at most 300s.
    #[arg(long, default_value = "500ms", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) batch_window: Duration,

    /// Most bytes of one event, which is JSON with base64 in it. A record that alone exceeds it is
    /// given up without being sent.
    #[arg(long, default_value_t = MAX_EVENT_BYTES, value_name = "BYTES")]
    pub(crate) payload_limit: usize,

    /// Send only records whose value matches this pattern of EventBridge, such as
    /// {"value":{"state":["open"]}}; may be repeated, one match is enough. What is held back is
    /// committed and counted as filtered_out.
    #[arg(long = "filter", value_name = "PATTERN")]
    pub(crate) filters: Vec<String>,

    /// Function processes; partitions are spread over them.
    #[arg(long, default_value_t = 1, value_name = "PROCESSES", value_parser = at_least_one)]
    pub(crate) concurrency: usize,

    /// How long one invocation may take before the function is killed and the batch has failed.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// How often a failed batch is sent again, with pauses of 100ms doubling to 10s; -1 is for
    /// ever. What is given up is reported. With --on-failure it goes there; otherwise it is
    /// skipped and committed if a limit is set here and --once is not, and else it stays
    /// uncommitted and its partition stops. [default: -1, with --on-failure 10, with --once 3]
    #[arg(long, allow_negative_numbers = true, value_name = "TIMES", value_parser = clap::value_parser!(i64).range(-1..=10_000))]
    pub(crate) max_retries: Option<i64>,

    /// Give up records older than this, 60s to 7d by their timestamps, without sending them; a
    /// bare number is seconds, and -1 is any age.
    #[arg(long, allow_negative_numbers = true, value_name = "TIME", value_parser = age)]
    pub(crate) max_record_age: Option<Age>,

    /// Split a batch that failed in two and send each half alone, down to the record at fault. A
    /// split is no retry. Where the function names a failed item, the split is there instead.
    #[arg(long)]
    pub(crate) bisect: bool,

    /// Send what is given up to this topic of the same cluster, as Lambda's JSON envelope of each
    /// record, and commit it once it is there. The topic must exist and be none of --topics.
    #[arg(long, value_name = "kafka://TOPIC")]
    pub(crate) on_failure: Option<String>,

    /// Heed batchItemFailures in the answer: a partition goes on at the lowest offset named. With
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

    /// End once everything that is in the topics at the start is settled.
    #[arg(long)]
    pub(crate) once: bool,

    /// How long the group waits for a member that has gone silent.
    #[arg(long, default_value = "45s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) session_timeout: Duration,

    /// Serve Prometheus metrics on http://ADDRESS/metrics, and /healthz beside them.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) metrics: Option<String>,

    /// Append what the function writes to its standard output and error to this file instead of
    /// passing it to standard error.
    #[arg(long, value_name = "FILE")]
    pub(crate) function_log: Option<PathBuf>,

    /// How the numbers of the run are printed on standard output at its end.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Text)]
    pub(crate) summary: SummaryFormat,
}

/// Lambda's polling modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeName {
    /// With every control over errors.
    Provisioned,
    /// With none of them.
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

/// What happens where the log does not hold the group's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutOfRangeName {
    /// Reading goes on: at the oldest record if retention deleted what was not read, otherwise by
    /// the starting position.
    StartingPosition,
    /// The partition stops, and the exit code is 1.
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

/// How old a record may be; `None` is any age.
pub(crate) type Age = Option<Duration>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SummaryFormat {
    /// A few lines for a person.
    Text,
    /// One JSON object on one line.
    Json,
}

/// As the functions read their options: in any case, and empty is not set.
fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

/// As `trim-horizon`, `latest` or `at-timestamp=TIME`.
pub(crate) fn position(text: &str) -> Result<StartingPosition, String> {
    match (text, text.strip_prefix("at-timestamp=")) {
        ("trim-horizon", _) => Ok(StartingPosition::TrimHorizon),
        ("latest", _) => Ok(StartingPosition::Latest),
        (_, Some(time)) => parse_time(time).map(StartingPosition::AtTimestamp),
        _ => Err("must be trim-horizon, latest or at-timestamp=TIME".into()),
    }
}

/// A time, bare seconds, or -1.
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
