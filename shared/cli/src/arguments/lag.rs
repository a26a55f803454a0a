//! `sluice lag`.

use clap::{Args, ValueEnum};

use super::Cluster;

const LAG_AFTER: &str = "\
Examples:
  sluice lag --bootstrap localhost:9092 --group orders-to-table
  sluice lag --bootstrap localhost:9092 --group orders-to-table --fail-above 10000 --output json

Exit codes:
  0  the lag is printed; with --fail-above, it is not larger
  1  with --fail-above: the lag is larger, or a partition's log does not have the group's offset
  2  wrong arguments, no broker, no such topic, or a group without offsets";

/// Shows the lag of a consumer group, partition by partition.
///
/// Records of open transactions do not count. If the group has not committed an offset in a
/// partition, or the log does not have the offset, all records of the partition count.
#[derive(Debug, Args)]
#[command(after_help = LAG_AFTER)]
pub(crate) struct Lag {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The consumer group.
    #[arg(long)]
    pub(crate) group: String,

    /// Show only these topics, separated by commas. [default: the topics in which the group has
    /// committed offsets]
    #[arg(long, value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) topics: Vec<String>,

    /// End with exit code 1 if the lag of all partitions together is larger than this.
    #[arg(long, value_name = "RECORDS")]
    pub(crate) fail_above: Option<u64>,

    /// The format on standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A table for people.
    Text,
    /// One JSON object on one line.
    Json,
}
