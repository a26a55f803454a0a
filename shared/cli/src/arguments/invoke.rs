//! `sluice invoke`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::PlatformName;

const INVOKE_AFTER: &str = "\
Examples:
  Invoke a function as Lambda does, or as Alibaba Cloud Function Compute does:
    sluice invoke --function target/release/analyticdb-postgresql --event event.json
    sluice invoke --function target/release/analyticdb-postgresql --event event.json \\
        --platform function-compute

Exit codes:
  0  the function answered; the answer is on standard output
  1  the function reported an error, crashed or timed out; the message is on standard error
  2  wrong arguments, an unreadable event, or a function that does not start";

/// Invokes a function once with an event from a file, without a broker.
#[derive(Debug, Args)]
#[command(after_help = INVOKE_AFTER)]
pub(crate) struct Invoke {
    /// The function: a binary that speaks Lambda's Runtime API, or is an HTTP server as --platform says.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: PathBuf,

    /// The event, as JSON; - is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) event: PathBuf,

    /// What the function is started as, and whose event it is given.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) platform: PlatformName,

    /// How long the invocation may take before the function is killed.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}
