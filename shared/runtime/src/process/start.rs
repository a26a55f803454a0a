//! The start of every process, of sinks and sources: answers to a person, log, panics, heap and the
//! asynchronous runtime.

use std::ffi::OsStr;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use futures_util::FutureExt;
use lambda_runtime::Error;

use crate::heap::retain_heap;
use crate::log::format::{Level, LogFormat};
use crate::log::stderr;
use crate::platform::{Platform, RUNTIME_API};
use crate::process::by_hand::{self, Start};
use crate::process::function::Function;

const NOT_AN_INVOCATION: &str = "the Runtime API's answer is not an invocation";

/// Runs a function until its platform ends it. On Lambda it returns only after an error of the start or
/// of the Runtime API, which it has reported.
pub(super) fn run<F: Future<Output = Result<(), Error>>>(
    function: &Function,
    serve: impl FnOnce(Option<Platform>, Vec<(String, String)>, LogFormat) -> F,
) -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().map(|argument| text(&argument)).collect();
    let environment = environment();
    let platform = Platform::of(&environment);
    let start = Start {
        arguments: &arguments,
        environment: &environment,
        runtime_api: RUNTIME_API,
        platform,
    };
    if let Some(answered) = by_hand::answer(function, &start) {
        return answered;
    }
    let mut format = LogFormat::from_variables(|name| std::env::var(name).ok());
    // Function Compute's log has no other place for the id of a request.
    format.json |= platform == Some(Platform::FunctionCompute);
    // The message of a panic may contain values; its location is enough to find the bug.
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {place}"));
        stderr::say(format, Level::Error, &format!("panicked{place}"));
    }));
    retain_heap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Error::from).and_then(|runtime| {
        // The vendor's loop panics if an answer of the Runtime API lacks a header.
        let served = AssertUnwindSafe(serve(platform, environment, format)).catch_unwind();
        runtime.block_on(served).unwrap_or_else(|_| Err(NOT_AN_INVOCATION.into()))
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            stderr::say(format, Level::Error, &error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// The environment as text. Other bytes become replacement characters, so that a wrong option is
/// refused and not ignored.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os().map(|(name, value)| (text(&name), text(&value))).collect()
}

fn text(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}
