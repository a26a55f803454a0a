//! The function: Kafka's events in, rows in MySQL, MariaDB or AnalyticDB for MySQL out.

use std::process::ExitCode;

use analyticdb_mysql::MySqlSink;

fn main() -> ExitCode {
    sluice_runtime::run_sink::<MySqlSink>()
}
