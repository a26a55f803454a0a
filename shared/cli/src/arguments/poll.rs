//! `sluice poll`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Output, PlatformName};

const POLL_AFTER: &str = "\
The function's options are the SLUICE_ variables of this shell.

Examples:
  sluice poll --function target/release/mysql-source
  sluice poll --function target/release/mysql-source --every 10s --output json

After the first SIGINT or SIGTERM the invocation that runs is finished; after a second the command
ends at once, and the next invocation continues with what is committed.

Exit codes:
  0    nothing is new; with --every, the command was told to end
  1    an invocation failed (without --every), or a newer instance of the source took over
  2    wrong arguments, or a function that does not start
  130  the command was told to end before everything was read";

/// Invokes a source until nothing is new in its tables, and shows rows and lag of each.
///
/// With --every it goes on after that, like a schedule.
#[derive(Debug, Args)]
#[command(after_help = POLL_AFTER)]
pub(crate) struct Poll {
    /// The function of a source.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    /// Go on until the command is told to end, and begin an invocation at most so often. A failed
    /// one is told, and the next one tries again.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) every: Option<Duration>,

    /// How long one invocation may take.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// What the function is started as.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) platform: PlatformName,

    /// Append the function's log to this file. [default: standard error]
    #[arg(long, value_name = "FILE")]
    pub(crate) function_log: Option<PathBuf>,

    /// The format on standard output: for each invocation a table, or one line of JSON.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}
