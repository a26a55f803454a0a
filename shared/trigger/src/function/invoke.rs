//! Invokes a function once, without a broker.

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
    let counts = Arc::new(FunctionCounts::default());
    let mut function = Function::new(config, observer, counts).on(platform);
    let answer = function.invoke(Uuid::new_v4().to_string(), event).await;
    function.stop().await;
    answer
}
