//! `sluice`: runs functions of AWS Lambda or Function Compute on this machine, sinks with the records of Kafka topics.
//!
//! This crate contains only arguments and display; `sluice-trigger` does the work.

mod arguments;
mod commands;
mod display;
mod function;
mod process;

use std::process::ExitCode;

use arguments::{Command, Sluice};
use clap::Parser;
use commands::{
    check, compare, invoke, lag, offsets, options, poll, replay, run, schema, send, trigger,
};
use display::output::{self, UNABLE, note};
use sluice_runtime::retain_heap;

#[tokio::main]
async fn main() -> ExitCode {
    retain_heap();
    let done = match Sluice::parse().command {
        Command::Trigger(arguments) => trigger::run(*arguments).await,
        Command::Run(arguments) => run::run(arguments).await,
        Command::Invoke(arguments) => invoke::run(arguments).await,
        Command::Poll(arguments) => poll::run(arguments).await,
        Command::Replay(arguments) => replay::run(*arguments).await,
        Command::Check(arguments) => check::run(*arguments).await,
        Command::Schema(arguments) => schema::run(*arguments).await,
        Command::Compare(arguments) => compare::run(*arguments).await,
        Command::Send(arguments) => send::run(*arguments).await,
        Command::Lag(arguments) => lag::run(arguments).await,
        Command::Offsets(arguments) => offsets::run(arguments).await,
        Command::Options(arguments) => options::run(arguments).await,
    };
    output::conclude(done.unwrap_or_else(|error| {
        note!("sluice: {error}");
        ExitCode::from(UNABLE)
    }))
}
