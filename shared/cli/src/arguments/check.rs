//! `sluice check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};

const CHECK_AFTER: &str = "\
Examples:
  Records from a file, one JSON value per line, as if they came from the topic orders:
    sluice check --function ./bootstrap --topic orders --records orders.jsonl

  The five newest records of each partition, without joining a group:
    sluice check --function ./bootstrap --topic orders --bootstrap localhost:9092 --last 5

  An event as Lambda has it, the report as JSON:
    sluice check --function ./bootstrap --event event.json --format json

The function inherits this command's environment: its own options are SLUICE_ variables there. It
takes the records down the road that it always takes, in a transaction that is rolled back.

Exit codes:
  0  every record would be written, deleted or filtered
  1  a record would become a letter, or give its batch back
  2  wrong arguments, nothing to check, a function that does not start or cannot check";

/// Tries records out with a function and its real table, and writes nothing.
///
/// Tells for each record and field the column, its type and the verdict.
#[derive(Debug, Args)]
#[command(after_help = CHECK_AFTER, group = ArgGroup::new("input").required(true).args(["event", "records", "bootstrap"]))]
pub(crate) struct Check {
    /// The function: a binary that speaks Lambda's Runtime API.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    /// The topic the records come from, or are taken to come from.
    #[arg(long, required_unless_present = "event")]
    pub(crate) topic: Option<String>,

    /// An event, as JSON; - is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "topic")]
    pub(crate) event: Option<PathBuf>,

    /// Values, one per line; an empty line is a record with an empty value; - is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) records: Option<PathBuf>,

    /// What separates key and value in a line; without it the key is null.
    #[arg(long, requires = "records", value_name = "TEXT")]
    pub(crate) key_separator: Option<String>,

    /// Brokers to ask first, separated by commas: the topic's newest records are read.
    #[arg(long, value_name = "HOST:PORT,…")]
    pub(crate) bootstrap: Option<String>,

    /// A connection option as the functions know it, such as security.protocol=SASL_SSL; may be
    /// repeated.
    #[arg(long, requires = "bootstrap", value_name = "NAME=VALUE", value_parser = super::pair)]
    pub(crate) kafka: Vec<(String, String)>,

    /// How many of the newest records of each partition.
    #[arg(long, requires = "bootstrap", default_value_t = 10, value_name = "RECORDS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) last: u32,

    /// How long the function may take.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A table for a person.
    Text,
    /// One JSON object.
    Json,
}
