//! `sluice schema`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use super::Records;

const SCHEMA_AFTER: &str = "\
Examples:
  Show what the ten newest records of each partition are declared as:
    sluice schema --function ./bootstrap --topic orders --bootstrap localhost:9092

  Print only the statement that creates the table:
    sluice schema --function ./bootstrap --topic orders --bootstrap localhost:9092 --json |
      jq -r '.topics[].table.definition'

The function inherits this command's environment, so set its options as SLUICE_ variables. It asks
the schema registry and the target, and writes nothing. The table is the one that auto.create would
make of these records, also if the option is off or the table exists.

Exit codes:
  0  every key and value can be read
  1  some cannot
  2  wrong arguments, no records, or a function that does not start or does not know this question";

/// Shows what the records of a topic are declared as, and the table that auto.create would make.
///
/// For keys and values: the format, the schema of the registry with its subjects, and the fields with
/// their types, nulls, defaults and descriptions; for JSON without a schema, what the records show.
#[derive(Debug, Args)]
#[command(after_help = SCHEMA_AFTER)]
#[command(group = ArgGroup::new("named").required(true).args(["event", "records", "bootstrap"]))]
pub(crate) struct Schema {
    /// The function: a binary that speaks Lambda's Runtime API.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    #[command(flatten)]
    pub(crate) records: Records,

    /// How long the function may take before it is killed.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
