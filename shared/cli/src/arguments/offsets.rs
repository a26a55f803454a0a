//! `sluice offsets`.

use clap::{Args, Subcommand};
use sluice_trigger::group::Target;
use sluice_trigger::parse_time;
use sluice_trigger::source_offsets::Read;

use super::source_offsets::table;
use super::{Cluster, Import, Output, Set};

const OFFSETS_AFTER: &str = "\
Examples:
  Show the offsets of a group, or of a source:
    sluice offsets show --bootstrap localhost:9092 --group orders-to-table
    sluice offsets show --bootstrap localhost:9092 --connector shop

  Show what reading two partitions again from the start would mean; nothing is changed:
    sluice offsets reset --bootstrap localhost:9092 --group orders-to-table \\
        --topic orders:0,2 --to earliest

  Move the group:
    sluice offsets reset … --topic orders:0,2 --to timestamp=2026-11-20T10:15:30Z --execute

  Read a table of a source again from its beginning, or from behind an id:
    sluice offsets reset --bootstrap localhost:9092 --connector shop --table shop.orders --execute
    sluice offsets set --bootstrap localhost:9092 --connector shop --table shop.orders \\
        --incrementing 4711 --execute

  Continue where Kafka Connect's JDBC source stopped:
    sluice offsets import --bootstrap localhost:9092 --connector shop \\
        --from-topic connect-offsets --from-connector shop-jdbc --execute

A source is taken over from: an invocation that runs ends as superseded. Without --execute nothing
is changed.

Exit codes:
  0  the offsets are shown, or are or would be changed
  2  wrong arguments, no broker, an offset that the partition does not have, an active group, or an
     invocation of the source that began meanwhile";

/// Shows or changes the offsets of a consumer group, or those of a source's tables.
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
    Set(Set),
    Import(Import),
}

/// Shows the offsets: of a group with the first and last offset of each partition, of a source for
/// each table.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The consumer group.
    #[arg(long, required_unless_present = "connector")]
    pub(crate) group: Option<String>,

    /// Show only these topics, separated by commas. [default: the topics in which the group has
    /// committed offsets]
    #[arg(long, value_delimiter = ',', value_name = "TOPIC,…", conflicts_with = "connector")]
    pub(crate) topics: Vec<String>,

    #[command(flatten)]
    pub(crate) source: MaybeSource,

    /// The format on standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// A source instead of a group.
#[derive(Debug, Clone, Args)]
pub(crate) struct MaybeSource {
    /// The source: its option name.
    #[arg(long, value_name = "NAME", conflicts_with = "group")]
    pub(crate) connector: Option<String>,

    /// The topic of its offsets, as its option offset.storage.topic. [default: the connector's name
    /// and -offsets]
    #[arg(long, value_name = "TOPIC", requires = "connector", conflicts_with = "group")]
    pub(crate) offsets_topic: Option<String>,
}

/// Moves a group that has no members, or lets a source begin again; without --execute it only shows
/// what it would do.
///
/// If the group does not exist, it is created and starts at these offsets.
#[derive(Debug, Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The consumer group.
    #[arg(long, required_unless_present = "connector", requires_all = ["topics", "to"])]
    pub(crate) group: Option<String>,

    /// A topic, or some of its partitions as TOPIC:0,2; can be repeated.
    #[arg(long = "topic", conflicts_with = "connector", value_name = "TOPIC[:PARTITION,…]", value_parser = selection)]
    pub(crate) topics: Vec<PartitionSelection>,

    /// The new offset of a group: earliest; latest, which skips all records; timestamp=TIME, the
    /// first record of that time or later (RFC 3339, Unix seconds or milliseconds); or
    /// offset=NUMBER.
    #[arg(long, conflicts_with = "connector", value_name = "TARGET", value_parser = target)]
    pub(crate) to: Option<Target>,

    #[command(flatten)]
    pub(crate) source: MaybeSource,

    /// A table of the source, with its database; can be repeated. It is read again from its
    /// beginning.
    #[arg(long = "table", value_name = "DATABASE.TABLE", requires = "connector", conflicts_with = "group", value_parser = table)]
    pub(crate) tables: Vec<Read>,

    /// The query of the source. It is read again from its beginning.
    #[arg(long, requires = "connector", conflicts_with = "group")]
    pub(crate) query: bool,

    /// All tables of the source, and its query.
    #[arg(long, requires = "connector", conflicts_with_all = ["tables", "query", "group"])]
    pub(crate) all_tables: bool,

    /// Change the offsets.
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
