//! `sluice send`.

use std::path::PathBuf;
use std::time::Duration;

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

  A record through to its end, in the group that the function's trigger has:
    sluice send --bootstrap localhost:9092 --topic orders --follow --group orders-to-table \\
        --dead-letter-topic orders-dead,orders-errors order.json

With --follow what became of the record is the second line. It is settled when the group has
committed an offset past it; that it was written or filtered the function's log tells apart. Records
that a trigger gives up after its last retry are passed over too.

Exit codes:
  0  every record is in the topic, on all in-sync replicas; with --follow, it is settled
  1  with --follow: it became a letter, whose reason is told
  3  with --follow: it still waits when the time is over
  2  wrong arguments, no broker, a missing topic, or a record that is not known to be written";

/// Sends a record, or a file of them, to a topic.
///
/// Prints topic-partition@offset, or with --lines how many records were sent; with --follow also
/// what became of the record.
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

    /// Wait for what becomes of the record.
    #[arg(long, requires = "group", conflicts_with = "lines")]
    pub(crate) follow: bool,

    /// The consumer group that reads the topic for the function.
    #[arg(long, requires = "follow")]
    pub(crate) group: Option<String>,

    /// Topics that the function sends letters to, separated by commas; without them a record that
    /// became a letter counts as settled.
    #[arg(long, requires = "follow", value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) dead_letter_topic: Vec<String>,

    /// How long to wait for the group.
    #[arg(long, requires = "follow", default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// The value, or with --lines the values; - is standard input.
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
}
