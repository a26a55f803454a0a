//! `sluice compare`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Output, pair};

const COMPARE_AFTER: &str = "\
Examples:
  Compare a MySQL table with its copy in PostgreSQL; each function has a file with its options:
    sluice compare --table orders \\
        --source ./analyticdb-mysql --source-config shop.properties \\
        --copy ./analyticdb-postgresql --copy-config warehouse.properties

  The same without files; the copy's options are SLUICE_ variables, as for sluice check:
    sluice compare --table orders --source ./analyticdb-mysql \\
        --source-option connection.url='${env:SHOP_URL}' --copy ./analyticdb-postgresql

  The copy is still written to: compare rows that differ again after ten seconds.
    sluice compare … --recheck 10s --limit 10000

Each function reads its own database in one read-only snapshot; nothing is written. The command
prints the keys of rows that differ. It prints values only with --values.

Exit codes:
  0  the tables are equal
  1  the tables differ
  2  wrong arguments, or the tables could not be compared";

/// Compares a table with its copy: first the numbers of rows, then checksums, then the rows that
/// differ.
///
/// The tables can be in different databases. Values are compared by their meaning, not by how a
/// database writes them.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_AFTER)]
pub(crate) struct Compare {
    /// The function that reads the source.
    #[arg(long, value_name = "BINARY")]
    pub(crate) source: PathBuf,

    /// The function that reads the copy.
    #[arg(long, value_name = "BINARY")]
    pub(crate) copy: PathBuf,

    /// The name of the table, as TABLE or SCHEMA.TABLE.
    #[arg(long)]
    pub(crate) table: String,

    /// The name of the copy's table, if it is different.
    #[arg(long, value_name = "TABLE")]
    pub(crate) copy_table: Option<String>,

    /// A file with the options of the source's function. With this option or --source-option, the
    /// source's function does not get the SLUICE_ variables of the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) source_config: Option<PathBuf>,

    /// An option of the source's function; can be repeated. Write a secret as a reference, such as
    /// ${env:NAME} or ${file:PATH:KEY}.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) source_option: Vec<(String, String)>,

    /// A file with the options of the copy's function.
    #[arg(long, value_name = "FILE")]
    pub(crate) copy_config: Option<PathBuf>,

    /// An option of the copy's function; can be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) copy_option: Vec<(String, String)>,

    /// Compare only these columns and the key, by their names in the source. [default: the columns
    /// of both tables]
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) columns: Vec<String>,

    /// Do not compare these columns; names in the source and in the copy are both accepted.
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) exclude: Vec<String>,

    /// A column that has a different name in the copy; can be repeated.
    #[arg(long, value_name = "SOURCE=COPY", value_parser = pair)]
    pub(crate) rename: Vec<(String, String)>,

    /// The columns that identify a row, by their names in the source. [default: the primary key]
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) key: Vec<String>,

    /// Compare only the numbers of rows, or only these and checksums.
    #[arg(long, value_enum)]
    pub(crate) only: Option<Only>,

    /// The maximum number of rows to list. The search stops there.
    #[arg(long, default_value_t = 100, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) limit: u32,

    /// Show the values that differ, not only the names of their columns.
    #[arg(long)]
    pub(crate) values: bool,

    /// Compare rows that differ again after this time, and leave out those that are equal then.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) recheck: Option<Duration>,

    /// How often rows that differ are compared again.
    #[arg(long, requires = "recheck", default_value_t = 3, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rechecks: u32,

    /// Compare times with this many decimal places of a second; the other digits are ignored.
    #[arg(long, value_name = "DIGITS", value_parser = clap::value_parser!(u32).range(0..=6))]
    pub(crate) time_digits: Option<u32>,

    /// Compare numbers with this many significant digits if one of the two columns is a float.
    #[arg(long, value_name = "DIGITS", value_parser = clap::value_parser!(u32).range(1..=17))]
    pub(crate) float_digits: Option<u32>,

    /// Ignore blanks at the end of text.
    #[arg(long)]
    pub(crate) ignore_blanks: bool,

    /// How long a function may take for one answer. If it has not read the whole table by then,
    /// the next invocation continues there.
    #[arg(long, default_value = "15m", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// The format on standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// The numbers of rows.
    Counts,
    /// The numbers of rows and checksums: this shows whether the tables are equal, but not which
    /// rows differ.
    Checksums,
}
