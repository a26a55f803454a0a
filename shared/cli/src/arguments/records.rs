//! The records of commands that look at them and write nothing.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

/// Where the records come from.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("input").args(["event", "records", "bootstrap"]))]
pub(crate) struct Records {
    /// The topic of the records.
    #[arg(long, requires = "input")]
    pub(crate) topic: Option<String>,

    /// The file with the event, as JSON; - is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "topic")]
    pub(crate) event: Option<PathBuf>,

    /// The file with the values, one per line; an empty line is a record with an empty value; - is
    /// standard input.
    #[arg(long, requires = "topic", value_name = "FILE")]
    pub(crate) records: Option<PathBuf>,

    /// The text between key and value in a line; without this option the key is null.
    #[arg(long, requires = "records", value_name = "TEXT")]
    pub(crate) key_separator: Option<String>,

    /// The bootstrap brokers, separated by commas, from which the newest records are read.
    #[arg(long, requires = "topic", value_name = "HOST:PORT,…")]
    pub(crate) bootstrap: Option<String>,

    /// A connection option, such as security.protocol=SASL_SSL; can be repeated.
    #[arg(long, requires = "bootstrap", value_name = "NAME=VALUE", value_parser = super::pair)]
    pub(crate) kafka: Vec<(String, String)>,

    /// How many of the newest records of each partition are read.
    #[arg(long, requires = "bootstrap", default_value_t = 10, value_name = "RECORDS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) last: u32,
}

impl Records {
    /// Whether any records are named.
    pub(crate) fn are_named(&self) -> bool {
        self.event.is_some() || self.records.is_some() || self.bootstrap.is_some()
    }
}
