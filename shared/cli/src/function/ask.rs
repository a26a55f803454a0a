//! One invocation that asks a function something, as Lambda would invoke it.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use sluice_trigger::{FunctionConfig, Platform};

use crate::display::screen::Screen;

/// What the function answers.
///
/// # Errors
/// It does not start, does not answer in time, or reports an error.
pub(crate) async fn ask(
    program: &Path,
    timeout: Duration,
    body: Bytes,
) -> Result<Value, Box<dyn Error>> {
    let program = program.to_path_buf();
    let function = FunctionConfig { program, timeout, environment: Vec::new() };
    let screen = Arc::new(Screen::plain());
    let answer = sluice_trigger::invoke(function, Platform::Lambda, body, screen).await?;
    Ok(serde_json::from_slice(&answer)?)
}
