//! `sluice invoke`.

use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use sluice_trigger::{FailureKind, FunctionConfig};

use crate::arguments::Invoke;
use crate::display::output::{self, note, out};
use crate::display::screen::Screen;
use crate::function::platform::platform;

pub(crate) async fn run(arguments: Invoke) -> Result<ExitCode, Box<dyn Error>> {
    let event =
        read(&arguments.event).map_err(|error| format!("cannot read the event: {error}"))?;
    let function = FunctionConfig {
        program: arguments.function,
        timeout: arguments.timeout,
        environment: Vec::new(),
    };
    let platform = platform(arguments.platform);
    let screen = Arc::new(Screen::plain());
    match sluice_trigger::invoke(function, platform, event.into(), screen).await {
        Ok(answer) => {
            output::bytes(&answer);
            out!();
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) if failure.kind == FailureKind::Init => Err(failure.into()),
        Err(failure) => {
            note!("sluice: {failure}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A whole file; `-` is standard input.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}
