//! The function: it reads Kafka events and writes rows into PostgreSQL or AnalyticDB for PostgreSQL.

use std::process::ExitCode;

use analyticdb_postgresql::PostgresSink;

fn main() -> ExitCode {
    sluice_runtime::run_sink::<PostgresSink>()
}
