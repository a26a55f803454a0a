//! `sluice run`.

use std::path::PathBuf;

use clap::Args;

const RUN_AFTER: &str = "\
A file:
  metrics = \"127.0.0.1:9464\"         # Prometheus, one endpoint for all; may be left out
  drain-timeout = \"60s\"              # how long SIGTERM waits for what is in flight

  [defaults]                         # what every connector has, unless it says otherwise
  function = \"/usr/lib/sluice/analyticdb-postgresql\"
  bootstrap = \"broker-1:9092,broker-2:9092\"
  kafka.\"security.protocol\" = \"SSL\"  # as --kafka of sluice trigger; functions receive it too
  options.\"errors.tolerance\" = \"all\" # the function's options

  [connectors.orders]
  topics = [\"orders\"]                # or topics-regex = \"shop\\\\..*\"
  group = \"orders-to-table\"
  batch-size = 1000                  # and every other option of sluice trigger, by its name
  options.\"insert.mode\" = \"upsert\"
  options.\"connection.url\" = \"${file:/run/secrets/orders.properties:url}\"

The first SIGTERM or SIGINT finishes and commits what is in flight everywhere; a second, or the
drain-timeout, ends at once. SIGHUP changes nothing: restart to read the file again.

Exit codes:
  0    the file is right (--check), or every connector was drained
  2    wrong arguments or a wrong file: every problem is named with its line
  130  what was in flight was cut short; nothing unsettled is committed";

/// Runs the connectors of a file side by side.
///
/// Each has its consumer group, its function processes and its own fate: one that fails is started
/// again after a pause that doubles from a second to a minute, and the others go on.
#[derive(Debug, Args)]
#[command(after_help = RUN_AFTER)]
pub(crate) struct Run {
    /// The file, TOML.
    #[arg(value_name = "CONNECTORS.toml")]
    pub(crate) file: PathBuf,

    /// Only check the file. No broker and no database is asked.
    #[arg(long)]
    pub(crate) check: bool,
}
