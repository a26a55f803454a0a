//! `sluice lag`.

use clap::{Args, ValueEnum};

use super::Cluster;

const LAG_AFTER: &str = "\
Examples:
  sluice lag --bootstrap localhost:9092 --group orders-to-table
  sluice lag --bootstrap localhost:9092 --group orders-to-table --fail-above 10000 --output json

Exit codes:
  0  told; with --fail-above, the group is not further behind
  1  the group is further behind than --fail-above, or a partition's log does not hold the
     group's offset
  2  wrong arguments, no broker, no such topic, or a group without offsets";

/// Tells how far a consumer group is behind, partition by partition.
///
/// Records of transactions that are still open do not count. A partition of which the group has
/// committed nothing, or an offset that its log does not hold, counts whole.
#[derive(Debug, Args)]
#[command(after_help = LAG_AFTER)]
pub(crate) struct Lag {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The consumer group.
    #[arg(long)]
    pub(crate) group: String,

    /// Only these topics, separated by commas. [default: those the group has committed offsets of]
    #[arg(long, value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) topics: Vec<String>,

    /// End with exit code 1 if more records than this are behind, all partitions together.
    #[arg(long, value_name = "RECORDS")]
    pub(crate) fail_above: Option<u64>,

    /// How it is written to standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A table for a person.
    Text,
    /// One JSON object on one line.
    Json,
}
