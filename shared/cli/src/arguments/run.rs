//! `sluice run`.

use std::path::PathBuf;

use clap::Args;

const RUN_AFTER: &str = "\
Example of a file:
  metrics = \"127.0.0.1:9464\"         # Prometheus, one endpoint for all; optional
  drain-timeout = \"60s\"              # how long SIGTERM waits for records in flight

  [defaults]                         # the defaults of every connector
  function = \"/usr/lib/sluice/analyticdb-postgresql\"
  bootstrap = \"broker-1:9092,broker-2:9092\"
  kafka.\"security.protocol\" = \"SSL\"  # as --kafka of sluice trigger; functions get it too
  options.\"errors.tolerance\" = \"all\" # the function's options

  [connectors.orders]
  topics = [\"orders\"]                # or topics-regex = \"shop\\\\..*\"
  group = \"orders-to-table\"
  batch-size = 1000                  # and every other option of sluice trigger, by its name
  options.\"insert.mode\" = \"upsert\"
  options.\"connection.url\" = \"${file:/run/secrets/orders.properties:url}\"

  [connectors.rows]                  # a source: it has no topics and no group
  function = \"/usr/lib/sluice/mysql-source\"
  poll-interval = \"5s\"             # from the beginning of a poll to that of the next one
  timeout = \"60s\"                  # how long a poll may take
  options.\"table.whitelist\" = \"orders\"

After the first SIGTERM or SIGINT the command finishes and commits the records in flight; after a
second, or after the drain-timeout, it ends at once. SIGHUP changes nothing: restart to read the
file again.

Exit codes:
  0    the file has no problem (--check), or every connector finished its records in flight
  2    wrong arguments or a wrong file: every problem is named with its line
  130  the command ended before the records in flight were settled; they are not committed";

/// Runs the connectors of a file side by side.
///
/// Each sink has its own consumer group and function processes; a source is polled again and again. If one fails, it is started
/// again after a pause that doubles from a second to a minute, and the others continue.
#[derive(Debug, Args)]
#[command(after_help = RUN_AFTER)]
pub(crate) struct Run {
    /// The file, in TOML.
    #[arg(value_name = "CONNECTORS.toml")]
    pub(crate) file: PathBuf,

    /// Only check the file, without a connection to a broker or a database.
    #[arg(long)]
    pub(crate) check: bool,
}
