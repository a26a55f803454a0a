//! What can be typed, and what `--help` says about it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sluice_trigger::batch::MAX_BATCH_SIZE;

/// Kafka topics through a Lambda function, on this machine.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Sluice {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Trigger(Box<Trigger>),
    Invoke(Invoke),
    Send(Send),
}

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

const INVOKE_AFTER: &str = "\
Example:
  sluice invoke --function target/release/analyticdb-postgresql --event event.json

Exit codes:
  0  the function answered; the answer is on standard output
  1  the function reported an error, crashed or timed out; what it said is on standard error
  2  wrong arguments, an unreadable event, or a function that does not start";

/// Invokes a function once, with an event from a file, without a broker.
#[derive(Debug, Args)]
#[command(after_help = INVOKE_AFTER)]
pub(crate) struct Invoke {
    /// The function: a binary that speaks Lambda's Runtime API.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    /// The event, as JSON; - is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) event: PathBuf,

    /// How long the invocation may take before the function is killed.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}

const SEND_AFTER: &str = "\
Examples:
  One record from a file, with a key and a header:
    sluice send --bootstrap localhost:9092 --topic orders --key 42 --header source=test order.json

  A tombstone:
    sluice send --bootstrap localhost:9092 --topic orders --key 42 --tombstone

  A record for each line, with what is before the first colon as its key:
    sluice send --bootstrap localhost:9092 --topic orders --lines --key-separator : orders.txt

Exit codes:
  0  every record is written, on all in-sync replicas
  2  wrong arguments, no broker, a missing topic, or a record that is not known to be written";

/// Sends a record, or a file of them, to a topic.
///
/// Prints topic-partition@offset, or with --lines how many records were sent.
#[derive(Debug, Args)]
#[command(after_help = SEND_AFTER)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The topic; it must exist.
    #[arg(long)]
    pub(crate) topic: String,

    /// The key; without it the key is null.
    #[arg(long)]
    pub(crate) key: Option<String>,

    /// A header; may be repeated, the order is kept.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) headers: Vec<(String, String)>,

    /// The partition; without it the key decides.
    #[arg(long)]
    pub(crate) partition: Option<i32>,

    /// Send a null value, which deletes the key.
    #[arg(long, requires = "key", conflicts_with_all = ["lines", "file"])]
    pub(crate) tombstone: bool,

    /// Send a record for each line; an empty line is a record with an empty value.
    #[arg(long)]
    pub(crate) lines: bool,

    /// What separates key and value in a line. A line without it has the key of --key.
    #[arg(long, requires = "lines", value_name = "TEXT")]
    pub(crate) key_separator: Option<String>,

    /// The value, or with --lines the values; - is standard input.
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
}

/// Which cluster, and how to get in.
#[derive(Debug, Args)]
pub(crate) struct Cluster {
    /// Brokers to ask first, separated by commas.
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", value_name = "HOST:PORT,…")]
    pub(crate) bootstrap: String,

    /// A connection option as the functions know it, such as security.protocol=SASL_SSL; may be
    /// repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) kafka: Vec<(String, String)>,
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

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("must look like NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Sluice::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Sluice, clap::Error> {
        Sluice::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn limits_are_refused_where_they_are_typed() {
        let trigger = "sluice trigger --function f --bootstrap b:1 --topics a,b --group g";
        assert!(parse(trigger).is_ok());
        let accepts = |more: &str| parse(&format!("{trigger} {more}")).is_ok();
        for wrong in ["--batch-size 0", "--batch-size 10001", "--concurrency 0", "--max-retries -2"]
        {
            assert!(!accepts(wrong), "{wrong}");
        }
        assert!(accepts("--batch-size 10000 --max-retries -1 --batch-window 0s"));
    }

    #[test]
    fn a_tombstone_needs_a_key_and_has_no_value() {
        let send = "sluice send --bootstrap b:1 --topic t";
        assert!(parse(&format!("{send} --tombstone --key k")).is_ok());
        for wrong in ["--tombstone", "--tombstone --key k file", "--key-separator :", "--header a"]
        {
            assert!(parse(&format!("{send} {wrong}")).is_err(), "{wrong}");
        }
    }
}
