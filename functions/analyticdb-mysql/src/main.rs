//! The function: it reads Kafka events and writes rows into MySQL, MariaDB or AnalyticDB for MySQL.

use std::process::ExitCode;

use analyticdb_mysql::MySqlSink;

fn main() -> ExitCode {
    sluice_runtime::run_sink::<MySqlSink>()
}
