//! `sluice offsets` of a source: `set` and `import`, and how a source is named.

use clap::Args;
use sluice_trigger::parse_micros;
use sluice_trigger::source_offsets::{Read, is_name};

use super::{Cluster, Output};

/// A source, and the topic of its offsets.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The source: its option name.
    #[arg(long, value_name = "NAME")]
    pub(crate) connector: String,

    /// The topic of its offsets, as its option offset.storage.topic. [default: the connector's name
    /// and -offsets]
    #[arg(long, value_name = "TOPIC")]
    pub(crate) offsets_topic: Option<String>,
}

/// Sets the offset of one table of a source, or of its query: rows up to it count as read.
#[derive(Debug, Args)]
pub(crate) struct Set {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    #[command(flatten)]
    pub(crate) source: Source,

    /// The table, with its database.
    #[arg(long, value_name = "DATABASE.TABLE", value_parser = table, required_unless_present = "query")]
    pub(crate) table: Option<Read>,

    /// The query of the source, instead of a table.
    #[arg(long, conflicts_with = "table")]
    pub(crate) query: bool,

    /// The last id that counts as read, in the modes with incrementing.
    #[arg(
        long,
        value_name = "ID",
        allow_negative_numbers = true,
        required_unless_present = "timestamp"
    )]
    pub(crate) incrementing: Option<i64>,

    /// The last moment that counts as read, in the modes with timestamp: RFC 3339, Unix seconds or
    /// milliseconds. Without --incrementing all rows of this moment count as read.
    #[arg(long, value_name = "TIME", value_parser = parse_micros)]
    pub(crate) timestamp: Option<i64>,

    /// Change the offset.
    #[arg(long)]
    pub(crate) execute: bool,

    /// The format on standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Takes over the offsets of a JDBC source of Kafka Connect, or of a source with another name.
///
/// Stop that connector first. Offsets that the source has for the same tables are replaced.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    #[command(flatten)]
    pub(crate) source: Source,

    /// The topic of the other connector's offsets: a worker's offset.storage.topic.
    #[arg(long, value_name = "TOPIC")]
    pub(crate) from_topic: String,

    /// The other connector. [default: the name of the source]
    #[arg(long, value_name = "NAME")]
    pub(crate) from_connector: Option<String>,

    /// Change the offsets.
    #[arg(long)]
    pub(crate) execute: bool,

    /// The format on standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// A table as an offset names it.
pub(super) fn table(text: &str) -> Result<Read, String> {
    match is_name(text) {
        true => Ok(Read::Table(text.to_owned())),
        false => Err("must be the name with its database, such as shop.orders".to_owned()),
    }
}
