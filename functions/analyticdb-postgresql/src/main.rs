//! The function: Kafka's events in, rows in PostgreSQL out.

use std::process::ExitCode;

use analyticdb_postgresql::PostgresSink;

fn main() -> ExitCode {
    sluice_runtime::run_sink::<PostgresSink>()
}
