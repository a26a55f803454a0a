//! `sluice trigger`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use sluice_trigger::batch::MAX_BATCH_SIZE;

use super::Cluster;

const TRIGGER_AFTER: &str = "\
Examples:
  Follow a topic until Ctrl-C:
    sluice trigger --function target/release/analyticdb-postgresql \\
        --bootstrap localhost:9092 --topics orders --group orders-to-table

  Drain two topics with four function processes, for a script:
    sluice trigger --function ./bootstrap --bootstrap localhost:9092 \\
        --topics orders,payments --group nightly --once --concurrency 4 \\
        --function-log function.log --summary json

The function inherits this command's environment: its own options are SLUICE_ variables there.
The first SIGINT or SIGTERM finishes and commits what is in flight; a second ends at once.

Exit codes:
  0    stopped by a signal, or drained
  1    records were given up; each is named on standard error
  2    wrong arguments, no broker, a missing topic, or a function that does not start
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

    /// Topics to read, separated by commas.
    #[arg(long, required = true, value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) topics: Vec<String>,

    /// Consumer group; its committed offsets say where to go on.
    #[arg(long)]
    pub(crate) group: String,

    /// Where a group starts that has committed nothing yet.
    #[arg(long, value_enum, default_value_t = Position::TrimHorizon)]
    pub(crate) starting_position: Position,

    /// Most records of one batch, 1 to 10,000. An event also never exceeds 6 MB; a record that
    /// alone exceeds it is given up without being sent.
    #[arg(long, default_value_t = 100, value_name = "RECORDS", value_parser = batch_size)]
    pub(crate) batch_size: usize,

    /// How long the first record of a batch waits for others.
    #[arg(long, default_value = "500ms", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) batch_window: Duration,

    /// Function processes; partitions are spread over them.
    #[arg(long, default_value_t = 1, value_name = "PROCESSES", value_parser = at_least_one)]
    pub(crate) concurrency: usize,

    /// How long one invocation may take before the function is killed and the batch has failed.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// How often a failed batch is sent again, with pauses of 100ms doubling to 10s; -1 is for
    /// ever. What is given up is reported. It is skipped and committed if a limit is set here and
    /// --once is not; otherwise it stays uncommitted and its partition stops. [default: -1, with
    /// --once 3]
    #[arg(long, allow_negative_numbers = true, value_name = "TIMES", value_parser = clap::value_parser!(i64).range(-1..=10_000))]
    pub(crate) max_retries: Option<i64>,

    /// Heed batchItemFailures in the answer: a partition goes on at the lowest offset named. With
    /// =false every answer is a success, as in Lambda without ReportBatchItemFailures.
    #[arg(
        long,
        default_value = "true",
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        value_name = "BOOL",
        value_parser = flag
    )]
    pub(crate) report_batch_item_failures: bool,

    /// End once everything that is in the topics at the start is settled.
    #[arg(long)]
    pub(crate) once: bool,

    /// How long the group waits for a member that has gone silent.
    #[arg(long, default_value = "45s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) session_timeout: Duration,

    /// Append what the function writes to its standard output and error to this file instead of
    /// passing it to standard error.
    #[arg(long, value_name = "FILE")]
    pub(crate) function_log: Option<PathBuf>,

    /// How the numbers of the run are printed on standard output at its end.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Text)]
    pub(crate) summary: SummaryFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Position {
    /// At the oldest record.
    TrimHorizon,
    /// At the records that come from now on.
    Latest,
}

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

fn batch_size(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(size) if (1..=MAX_BATCH_SIZE).contains(&size) => Ok(size),
        _ => Err(format!("must be a number from 1 to {MAX_BATCH_SIZE}")),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "must be 1 or more".into())
}
