//! `sluice check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Records;

const CHECK_AFTER: &str = "\
Examples:
  Check records from a file, one JSON value per line, as records of the topic orders:
    sluice check --function ./bootstrap --topic orders --records orders.jsonl

  Check the five newest records of each partition, without joining a group:
    sluice check --function ./bootstrap --topic orders --bootstrap localhost:9092 --last 5

  Check the newest letters of a dead-letter topic, and show their values as they are decoded:
    sluice check --function ./bootstrap --topic orders-errors --bootstrap localhost:9092 \\
        --letters --values

  Check an event of Lambda, and print the report as JSON:
    sluice check --function ./bootstrap --event event.json --format json

  Check a source: its tables, topics, rights and offsets, and the first rows that it would read:
    sluice check --function ./mysql-source --values

The function inherits this command's environment, so set its options as SLUICE_ variables. A sink
handles the records as usual, in a transaction that it rolls back. A source reads, sends nothing,
stores no offset, and lets an invocation that runs go on.

Exit codes:
  0  every record would be written, deleted or filtered; every table of a source can be read
  1  a record would become a letter, or its batch would be given back; a table cannot be read, or
     one of its first rows cannot be written, or nothing can be sent to its topic
  2  wrong arguments, no records, or a function that does not start or does not support checks";

/// Tries records with a sink and its real table, or the tables of a source; writes nothing.
///
/// The report shows the column, its type and the verdict for each record and field. Without records
/// it asks a source.
#[derive(Debug, Args)]
#[command(after_help = CHECK_AFTER)]
pub(crate) struct Check {
    /// The function: a binary that speaks Lambda's Runtime API.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    #[command(flatten)]
    pub(crate) records: Records,

    /// The topic contains letters: check their records, as they were in their own topics.
    #[arg(long, requires = "bootstrap")]
    pub(crate) letters: bool,

    /// Show the value of each field as it was decoded, for example from Avro; of a source, its rows.
    /// Values may be secret.
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
