//! `sluice offsets`.

use clap::{Args, Subcommand};
use sluice_trigger::group::Target;
use sluice_trigger::parse_time;

use super::{Cluster, Output};

const OFFSETS_AFTER: &str = "\
Examples:
  Show the offsets of the group:
    sluice offsets show --bootstrap localhost:9092 --group orders-to-table

  Show what reading two partitions again from the start would mean; nothing is changed:
    sluice offsets reset --bootstrap localhost:9092 --group orders-to-table \\
        --topic orders:0,2 --to earliest

  Move the group:
    sluice offsets reset … --topic orders:0,2 --to timestamp=2026-11-20T10:15:30Z --execute

Exit codes:
  0  the offsets are shown, or the group is or would be moved
  2  wrong arguments, no broker, an offset that the partition does not have, or an active group";

/// Shows or moves the committed offsets of a consumer group.
#[derive(Debug, Args)]
#[command(after_help = OFFSETS_AFTER, arg_required_else_help = true)]
pub(crate) struct Offsets {
    #[command(subcommand)]
    pub(crate) action: Action,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    Show(Show),
    Reset(Reset),
}

/// Shows the committed offsets, and the first and last offset of each partition.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The consumer group.
    #[arg(long)]
    pub(crate) group: String,

    /// Show only these topics, separated by commas. [default: the topics in which the group has
    /// committed offsets]
    #[arg(long, value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) topics: Vec<String>,

    /// The format on standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Moves a group that has no members; without --execute it only shows what it would do.
///
/// If the group does not exist, it is created and starts at these offsets.
#[derive(Debug, Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The consumer group.
    #[arg(long)]
    pub(crate) group: String,

    /// A topic, or some of its partitions as TOPIC:0,2; can be repeated.
    #[arg(long = "topic", required = true, value_name = "TOPIC[:PARTITION,…]", value_parser = selection)]
    pub(crate) topics: Vec<PartitionSelection>,

    /// The new offset: earliest; latest, which skips all records; timestamp=TIME, the first record
    /// of that time or later (RFC 3339, Unix seconds or milliseconds); or offset=NUMBER.
    #[arg(long, value_name = "TARGET", value_parser = target)]
    pub(crate) to: Target,

    /// Move the group.
    #[arg(long)]
    pub(crate) execute: bool,

    /// The format on standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// A topic and some of its partitions; an empty list means all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionSelection {
    pub(crate) topic: String,
    pub(crate) partitions: Vec<i32>,
}

fn selection(text: &str) -> Result<PartitionSelection, String> {
    let wrong = || "must look like TOPIC or TOPIC:0,2".to_owned();
    let (topic, partitions) = text.split_once(':').map_or((text, None), |(t, p)| (t, Some(p)));
    let number = |text: &str| text.parse().ok().filter(|number: &i32| *number >= 0);
    let partitions: Option<Vec<i32>> =
        partitions.map_or(Some(Vec::new()), |list| list.split(',').map(number).collect());
    match partitions {
        Some(partitions) if !topic.is_empty() => {
            Ok(PartitionSelection { topic: topic.to_owned(), partitions })
        }
        _ => Err(wrong()),
    }
}

fn target(text: &str) -> Result<Target, String> {
    let wrong = "must be earliest, latest, timestamp=TIME or offset=NUMBER";
    match text.split_once('=') {
        None if text == "earliest" => Ok(Target::Earliest),
        None if text == "latest" => Ok(Target::Latest),
        Some(("timestamp", time)) => parse_time(time).map(Target::Timestamp),
        Some(("offset", number)) => match number.parse() {
            Ok(offset) if offset >= 0 => Ok(Target::Offset(offset)),
            _ => Err(wrong.into()),
        },
        _ => Err(wrong.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_and_targets_are_read() {
        let all = selection("a.b-c").expect("a topic");
        assert_eq!((all.topic.as_str(), all.partitions.is_empty()), ("a.b-c", true));
        assert_eq!(selection("t:0,12").expect("two partitions").partitions, [0, 12]);
        for wrong in ["", ":0", "t:", "t:x", "t:-1", "t:1,"] {
            assert!(selection(wrong).is_err(), "{wrong}");
        }
        assert_eq!(target("offset=7"), Ok(Target::Offset(7)));
        assert_eq!(target("timestamp=1"), Ok(Target::Timestamp(1000)));
        for wrong in ["", "first", "offset", "offset=-1", "timestamp=soon", "earliest=1"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }
}
