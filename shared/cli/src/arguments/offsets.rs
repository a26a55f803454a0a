//! `sluice offsets`.

use clap::{Args, Subcommand};
use sluice_trigger::group::Target;
use sluice_trigger::parse_time;

use super::{Cluster, Output};

const OFFSETS_AFTER: &str = "\
Examples:
  Where is the group?
    sluice offsets show --bootstrap localhost:9092 --group orders-to-table

  What would reading everything of two partitions again mean? Nothing is changed:
    sluice offsets reset --bootstrap localhost:9092 --group orders-to-table \\
        --topic orders:0,2 --to earliest

  Do it:
    sluice offsets reset … --topic orders:0,2 --to timestamp=2026-11-20T10:15:30Z --execute

Exit codes:
  0  shown, planned or done
  2  wrong arguments, no broker, an offset the partition does not hold, or a group that is active";

/// Shows the offsets a consumer group has committed, or moves them.
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

/// Shows what is committed, and what the partitions hold.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The consumer group.
    #[arg(long)]
    pub(crate) group: String,

    /// Only these topics, separated by commas. [default: those the group has committed offsets of]
    #[arg(long, value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) topics: Vec<String>,

    /// How it is written to standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Moves a group that has no members; without --execute it only tells what it would do.
///
/// A group that does not exist yet is made: it will start there.
#[derive(Debug, Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The consumer group.
    #[arg(long)]
    pub(crate) group: String,

    /// A topic, or some of its partitions as TOPIC:0,2; may be repeated.
    #[arg(long = "topic", required = true, value_name = "TOPIC[:PARTITION,…]", value_parser = selection)]
    pub(crate) topics: Vec<Selection>,

    /// Where to: earliest; latest, which skips what is there; timestamp=TIME, the first record of
    /// that time or later (RFC 3339, Unix seconds or milliseconds); or offset=NUMBER.
    #[arg(long, value_name = "TARGET", value_parser = target)]
    pub(crate) to: Target,

    /// Do it.
    #[arg(long)]
    pub(crate) execute: bool,

    /// How it is written to standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// A topic and which of its partitions; none is all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) topic: String,
    pub(crate) partitions: Vec<i32>,
}

fn selection(text: &str) -> Result<Selection, String> {
    let wrong = || "must look like TOPIC or TOPIC:0,2".to_owned();
    let (topic, partitions) = text.split_once(':').map_or((text, None), |(t, p)| (t, Some(p)));
    let number = |text: &str| text.parse().ok().filter(|number: &i32| *number >= 0);
    let partitions: Option<Vec<i32>> =
        partitions.map_or(Some(Vec::new()), |list| list.split(',').map(number).collect());
    match partitions {
        Some(partitions) if !topic.is_empty() => {
            Ok(Selection { topic: topic.to_owned(), partitions })
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
