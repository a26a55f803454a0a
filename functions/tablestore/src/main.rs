//! The function: it reads Kafka events and writes rows into Tablestore.

use std::process::ExitCode;

use tablestore::TablestoreSink;

fn main() -> ExitCode {
    sluice_runtime::run_sink::<TablestoreSink>()
}
