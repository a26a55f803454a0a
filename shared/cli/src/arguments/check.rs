//! `sluice check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};

const CHECK_AFTER: &str = "\
Examples:
  Check records from a file, one JSON value per line, as records of the topic orders:
    sluice check --function ./bootstrap --topic orders --records orders.jsonl

  Check the five newest records of each partition, without joining a group:
    sluice check --function ./bootstrap --topic orders --bootstrap localhost:9092 --last 5

  Check an event of Lambda, and print the report as JSON:
    sluice check --function ./bootstrap --event event.json --format json

The function inherits this command's environment, so set its options as SLUICE_ variables. It
handles the records as usual, in a transaction that it rolls back.

Exit codes:
  0  every record would be written, deleted or filtered
  1  a record would become a letter, or its batch would be given back
  2  wrong arguments, no records, or a function that does not start or does not support checks";

/// Tries records with a function and its real table, and writes nothing.
///
/// The report shows the column, its type and the verdict for each record and field.
#[derive(Debug, Args)]
#[command(after_help = CHECK_AFTER, group = ArgGroup::new("input").required(true).args(["event", "records", "bootstrap"]))]
pub(crate) struct Check {
    /// The function: a binary that speaks Lambda's Runtime API.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    /// The topic of the records.
    #[arg(long, required_unless_present = "event")]
    pub(crate) topic: Option<String>,

    /// The file with the event, as JSON; - is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "topic")]
    pub(crate) event: Option<PathBuf>,

    /// The file with the values, one per line; an empty line is a record with an empty value; - is
    /// standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) records: Option<PathBuf>,

    /// The text between key and value in a line; without this option the key is null.
    #[arg(long, requires = "records", value_name = "TEXT")]
    pub(crate) key_separator: Option<String>,

    /// The bootstrap brokers, separated by commas, from which the newest records are read.
    #[arg(long, value_name = "HOST:PORT,…")]
    pub(crate) bootstrap: Option<String>,

    /// A connection option, such as security.protocol=SASL_SSL; can be repeated.
    #[arg(long, requires = "bootstrap", value_name = "NAME=VALUE", value_parser = super::pair)]
    pub(crate) kafka: Vec<(String, String)>,

    /// How many of the newest records of each partition are checked.
    #[arg(long, requires = "bootstrap", default_value_t = 10, value_name = "RECORDS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) last: u32,

    /// Show the value of each field as it was decoded, for example from Avro. Values may be secret.
    #[arg(long)]
    pub(crate) values: bool,

    /// How long the function may take before it is killed.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// The format of the report.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A table for people.
    Text,
    /// One JSON object.
    Json,
}
