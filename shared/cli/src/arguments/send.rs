//! `sluice send`.

use std::path::PathBuf;

use clap::Args;

use super::{Cluster, pair};

const SEND_AFTER: &str = "\
Examples:
  One record from a file, with a key and a header:
    sluice send --bootstrap localhost:9092 --topic orders --key 42 --header source=test order.json

  A tombstone:
    sluice send --bootstrap localhost:9092 --topic orders --key 42 --tombstone

  A record for each line, with what is before the first colon as its key:
    sluice send --bootstrap localhost:9092 --topic orders --lines --key-separator : orders.txt

Exit codes:
  0  every record is written, on all in-sync replicas
  2  wrong arguments, no broker, a missing topic, or a record that is not known to be written";

/// Sends a record, or a file of them, to a topic.
///
/// Prints topic-partition@offset, or with --lines how many records were sent.
#[derive(Debug, Args)]
#[command(after_help = SEND_AFTER)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The topic; it must exist.
    #[arg(long)]
    pub(crate) topic: String,

    /// The key; without it the key is null.
    #[arg(long)]
    pub(crate) key: Option<String>,

    /// A header; may be repeated, the order is kept.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) headers: Vec<(String, String)>,

    /// The partition; without it the key decides.
    #[arg(long)]
    pub(crate) partition: Option<i32>,

    /// Send a null value, which deletes the key.
    #[arg(long, requires = "key", conflicts_with_all = ["lines", "file"])]
    pub(crate) tombstone: bool,

    /// Send a record for each line; an empty line is a record with an empty value.
    #[arg(long)]
    pub(crate) lines: bool,

    /// What separates key and value in a line. A line without it has the key of --key.
    #[arg(long, requires = "lines", value_name = "TEXT")]
    pub(crate) key_separator: Option<String>,

    /// The value, or with --lines the values; - is standard input.
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
}
