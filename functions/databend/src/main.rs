//! The function: it reads Kafka events and writes rows into Databend.

use std::process::ExitCode;

use databend::DatabendSink;

fn main() -> ExitCode {
    sluice_runtime::run_sink::<DatabendSink>()
}
