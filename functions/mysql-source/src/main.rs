//! The function: a schedule's invocations in, rows of MySQL or MariaDB in Kafka out.

use std::process::ExitCode;

use mysql_source::MySqlSource;

fn main() -> ExitCode {
    sluice_runtime::run_source::<MySqlSource>()
}
