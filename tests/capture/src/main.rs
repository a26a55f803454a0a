//! Change capture, tried: a source database with traffic that is always the same, Debezium, Kafka, a
//! function, and copies that are compared with the source row by row. `scripts/try-change-capture.sh`
//! starts the servers and calls this.

mod canonical;
mod compare;
mod connect;
mod copy;
mod kind;
mod limits;
mod page;
mod report;
mod run;
mod tables;
mod traffic;
mod workload;

use std::process::ExitCode;

use clap::Parser;

use crate::kind::Kind;

/// Copies a source database by change capture and compares the copies with it. Ends with 1 if a row
/// differs for a reason that is not in scripts/capture/limits.txt.
#[derive(Debug, Parser)]
struct Arguments {
    /// The source.
    source: Kind,
    /// Where copies are made; may be repeated. By default one of the same kind.
    #[arg(long)]
    to: Vec<Kind>,
    /// About how many statements of traffic are committed, a fifth of them before the snapshot.
    #[arg(long, default_value_t = 2000)]
    changes: u32,
    /// What the traffic is drawn from: the same seed is the same traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Partitions of each topic.
    #[arg(long, default_value_t = 4)]
    partitions: u32,
    /// Copies have neither foreign keys nor unique indexes beside their keys.
    #[arg(long)]
    unconstrained: bool,
    /// How often a trigger or a function is killed on the way.
    #[arg(long, default_value_t = 0)]
    kill: u32,
    /// An option of the function, or another value of it, none to leave it out:
    /// errors.log.include.messages=true. May be repeated.
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = pair)]
    options: Vec<(String, String)>,
    /// A setting of Debezium's connector, or another value of it. May be repeated.
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = pair)]
    settings: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no = in it")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run::run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("change capture: {error}");
            ExitCode::from(2)
        }
    }
}
