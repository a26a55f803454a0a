//! `sluice send`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Cluster, Schemas, pair};

const SEND_AFTER: &str = "\
Examples:
  Send one record from a file, with a key and a header:
    sluice send --bootstrap localhost:9092 --topic orders --key 42 --header source=test order.json

  Send a tombstone:
    sluice send --bootstrap localhost:9092 --topic orders --key 42 --tombstone

  Send a record for each line; the text before the first colon is the key:
    sluice send --bootstrap localhost:9092 --topic orders --lines --key-separator : orders.txt

  Send a record and wait for its outcome, in the group of the function's trigger:
    sluice send --bootstrap localhost:9092 --topic orders --follow --group orders-to-table \\
        --dead-letter-topic orders-dead,orders-errors order.json

  Send JSON as Avro, with a schema that is registered as orders-value:
    sluice send --bootstrap localhost:9092 --topic orders --registry http://localhost:8081 \\
        --format avro --schema order.avsc order.json

With --format the JSON is what Sluice writes for such a value (docs/formats.md): decimals are numbers
with all their digits, moments are ISO 8601, bytes are base64. A member that is missing has its default.
A value of a union that could be two of its branches names one, as in {\"int\":7}. What the schema cannot
hold exactly is refused.

With --follow the second line is the outcome. A record is settled when the group has committed an
offset after it. The function's log shows whether it was written or filtered. Records that a
trigger skips after its last retry count as settled too.

Exit codes:
  0  every record is in the topic, on all in-sync replicas; with --follow, it is settled
  1  with --follow: the record became a letter; its reason is printed
  3  with --follow: the record is not settled after the timeout
  2  wrong arguments, no broker, a missing topic, no registry, a value that does not fit its schema,
     or a record that may not be written; with --lines, the lines before it were sent";

/// Sends a record, or a file of records, to a topic.
///
/// Prints topic-partition@offset, or with --lines how many records were sent; with --follow also
/// the outcome of the record.
#[derive(Debug, Args)]
#[command(after_help = SEND_AFTER)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The topic; it must exist.
    #[arg(long)]
    pub(crate) topic: String,

    /// The key; without this option the key is null.
    #[arg(long)]
    pub(crate) key: Option<String>,

    /// A header; can be repeated, the order is kept.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) headers: Vec<(String, String)>,

    /// The partition; without this option the key determines it.
    #[arg(long)]
    pub(crate) partition: Option<i32>,

    /// Send a null value, which deletes the key.
    #[arg(long, requires = "key", conflicts_with_all = ["lines", "file"])]
    pub(crate) tombstone: bool,

    /// Send a record for each line; an empty line is a record with an empty value.
    #[arg(long)]
    pub(crate) lines: bool,

    /// The text between key and value in a line. A line without it gets the key of --key.
    #[arg(long, requires = "lines", value_name = "TEXT")]
    pub(crate) key_separator: Option<String>,

    /// Wait for the outcome of the record.
    #[arg(long, requires = "group", conflicts_with = "lines")]
    pub(crate) follow: bool,

    /// The consumer group that reads the topic for the function.
    #[arg(long, requires = "follow")]
    pub(crate) group: Option<String>,

    /// The topics to which the function sends letters, separated by commas; without this option a
    /// record that became a letter counts as settled.
    #[arg(long, requires = "follow", value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) dead_letter_topic: Vec<String>,

    /// How long to wait for the group.
    #[arg(long, requires = "follow", default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    #[command(flatten)]
    pub(crate) schemas: Schemas,

    /// The file with the value, or with --lines the values; - is standard input.
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
}
