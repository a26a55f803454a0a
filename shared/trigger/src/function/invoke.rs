//! Invokes a function without a broker: once, or again and again in one process.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::error::Failure;
use crate::function::output::FunctionCounts;
use crate::function::{Function, FunctionConfig, Platform};
use crate::observer::Observer;

/// Starts the function on `platform`, invokes it once with `event`, ends it, and returns its answer.
///
/// # Errors
///
/// The function did not start, reported an error, crashed or did not answer in time.
pub async fn invoke(
    config: FunctionConfig,
    platform: Platform,
    event: Bytes,
    observer: Arc<dyn Observer>,
) -> Result<Bytes, Failure> {
    let mut function = RepeatedFunction::new(config, platform, observer);
    let answer = function.invoke(event).await;
    function.stop().await;
    answer
}

/// A function whose process stays for the next invocation, as its platform keeps it.
pub struct RepeatedFunction(Function);

impl RepeatedFunction {
    /// The process is started by the first invocation, and again by the next one if it has ended.
    #[must_use]
    pub fn new(config: FunctionConfig, platform: Platform, observer: Arc<dyn Observer>) -> Self {
        let counts = Arc::new(FunctionCounts::default());
        Self(Function::new(config, observer, counts).on(platform))
    }

    /// Invokes the function with `event` and returns its answer.
    ///
    /// # Errors
    ///
    /// As of [`invoke`].
    pub async fn invoke(&mut self, event: Bytes) -> Result<Bytes, Failure> {
        self.0.invoke(Uuid::new_v4().to_string(), event).await
    }

    /// Ends the process.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}
