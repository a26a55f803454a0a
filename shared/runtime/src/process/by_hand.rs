//! What a function says to a person who starts it, or to a program that asks about its configuration.
//! Nothing is connected to.

use std::io::{Write, stdout};
use std::process::ExitCode;

use sluice_bridge::sink::Connector;

use crate::config::configuration;

/// Asks whether the configuration can be started with.
const CHECK: &str = "--check-configuration";
const VERSION: &str = "--version";

/// The configuration has problems.
const PROBLEMS: u8 = 1;
/// What was asked is not known.
const UNABLE: u8 = 2;

/// Whether the function was started to check its configuration.
pub(crate) fn is_check() -> bool {
    std::env::args().nth(1).as_deref() == Some(CHECK)
}

/// Answers somebody who started the function where there is no Runtime API.
pub(crate) fn answer(runtime_api: &str) -> ExitCode {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    match arguments.next().as_deref() {
        Some(VERSION) => {
            say(env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        _ => {
            let text = format!(
                "this is a Lambda function: {runtime_api} is not set\n\
                 To run it here, use `sluice trigger --function {program}` or `sluice invoke \
                 --function {program}`.\n\
                 To check its configuration, which is the SLUICE_ variables of this shell and the \
                 file of SLUICE_CONFIG, use `{program} {CHECK}`; it connects to nothing.\n"
            );
            let _ = std::io::stderr().write_all(text.as_bytes());
            ExitCode::from(UNABLE)
        }
    }
}

/// Checks a configuration. The last line on standard output begins with `configuration: `; each line
/// before it is a problem, or begins with `not checked: `.
pub(crate) fn check<S: Connector>(environment: &[(String, String)]) -> ExitCode {
    let (problems, remote) = configuration::check::<S>(environment);
    for problem in &problems {
        say(problem);
    }
    for option in remote {
        say(&format!("not checked: {option}, whose value AWS keeps"));
    }
    match problems.len() {
        0 => {
            say("configuration: no problem");
            ExitCode::SUCCESS
        }
        1 => {
            say("configuration: 1 problem");
            ExitCode::from(PROBLEMS)
        }
        count => {
            say(&format!("configuration: {count} problems"));
            ExitCode::from(PROBLEMS)
        }
    }
}

/// A line that cannot be written is no error: the exit code is the answer.
fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}
