//! `sluice compare`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Output, pair};

const COMPARE_AFTER: &str = "\
Examples:
  A MySQL table and its copy in PostgreSQL; each side has a file with its options:
    sluice compare --table orders \\
        --source ./analyticdb-mysql --source-config shop.properties \\
        --copy ./analyticdb-postgresql --copy-config warehouse.properties

  The same without files; the environment says the copy's options, as for sluice check:
    sluice compare --table orders --source ./analyticdb-mysql \\
        --source-option connection.url='${env:SHOP_URL}' --copy ./analyticdb-postgresql

  A copy that is being written to: rows that differ are looked at again after ten seconds.
    sluice compare … --recheck 10s --limit 10000

Each function reads its own database in one read-only snapshot; nothing is written. Keys of rows
that differ are printed, values only with --values.

Exit codes:
  0  no difference
  1  the tables differ
  2  wrong arguments, or something could not be compared";

/// Compares a table with its copy: rows counted, then checksums, then the rows that differ.
///
/// The tables may be of different databases. A value is compared by what it says, not by how a
/// database writes it.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_AFTER)]
pub(crate) struct Compare {
    /// The function that reads the source.
    #[arg(long, value_name = "BINARY")]
    pub(crate) source: PathBuf,

    /// The function that reads the copy.
    #[arg(long, value_name = "BINARY")]
    pub(crate) copy: PathBuf,

    /// The table, as TABLE or SCHEMA.TABLE.
    #[arg(long)]
    pub(crate) table: String,

    /// The copy's table, if its name is another.
    #[arg(long, value_name = "TABLE")]
    pub(crate) copy_table: Option<String>,

    /// A file with the options of the source's function. With it, or with --source-option, nothing
    /// of SLUICE_… in the environment counts for the source.
    #[arg(long, value_name = "FILE")]
    pub(crate) source_config: Option<PathBuf>,

    /// An option of the source's function; may be repeated. A secret belongs into a reference such as
    /// ${env:NAME} or ${file:PATH:KEY}.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) source_option: Vec<(String, String)>,

    /// A file with the options of the copy's function.
    #[arg(long, value_name = "FILE")]
    pub(crate) copy_config: Option<PathBuf>,

    /// An option of the copy's function; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) copy_option: Vec<(String, String)>,

    /// Only these columns and the key, by the source's names. [default: all that both tables have]
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) columns: Vec<String>,

    /// All columns but these, by either name.
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) exclude: Vec<String>,

    /// A column that has another name in the copy; may be repeated.
    #[arg(long, value_name = "SOURCE=COPY", value_parser = pair)]
    pub(crate) rename: Vec<(String, String)>,

    /// The columns that tell rows apart, by the source's names. [default: the primary key]
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…")]
    pub(crate) key: Vec<String>,

    /// Stop at the number of rows, or at checksums.
    #[arg(long, value_enum)]
    pub(crate) only: Option<Only>,

    /// The most rows that are listed. More of them are not searched for.
    #[arg(long, default_value_t = 100, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) limit: u32,

    /// Show values that differ, and not only the names of their columns.
    #[arg(long)]
    pub(crate) values: bool,

    /// Look again after this time at rows that differ, and leave out those that are equal then.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) recheck: Option<Duration>,

    /// How often to look again while rows differ.
    #[arg(long, requires = "recheck", default_value_t = 3, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rechecks: u32,

    /// Let pass what differs below so many decimal places of a second; later ones are cut off.
    #[arg(long, value_name = "DIGITS", value_parser = clap::value_parser!(u32).range(0..=6))]
    pub(crate) time_digits: Option<u32>,

    /// Let pass what differs behind so many significant digits, where one of the columns is a float.
    #[arg(long, value_name = "DIGITS", value_parser = clap::value_parser!(u32).range(1..=17))]
    pub(crate) float_digits: Option<u32>,

    /// Let pass blanks at the end of text.
    #[arg(long)]
    pub(crate) ignore_blanks: bool,

    /// How long a function may take for one answer. What it has not read by then, it is asked for
    /// again.
    #[arg(long, default_value = "15m", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// How it is written to standard output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// The number of rows.
    Counts,
    /// Number of rows and checksums: whether the tables are equal, but not where they differ.
    Checksums,
}
