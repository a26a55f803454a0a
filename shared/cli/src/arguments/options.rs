//! `sluice options`.

use std::path::PathBuf;

use clap::Args;

const OPTIONS_AFTER: &str = "\
Examples:
  sluice options target/release/analyticdb-postgresql
  sluice options analyticdb-mysql --json | jq -r '.options[] | select(.required) | .name'

Exit codes:
  0  the options are on standard output
  2  wrong arguments, or a program that is not a function of Sluice";

/// Shows all options of a function: what each does, its default and its variable.
///
/// The function itself lists them. It connects to nothing.
#[derive(Debug, Args)]
#[command(after_help = OPTIONS_AFTER)]
pub(crate) struct Options {
    /// The function's binary.
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: PathBuf,

    /// Print the function's own list, as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
