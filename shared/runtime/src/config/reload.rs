//! How a handler comes by other parts when its credentials are refused or have grown old.

use futures_util::future::LocalBoxFuture;
use tokio::time::Instant;

use crate::config::HandlerConfig;
use crate::lambda::response::Failed;

/// What a handler works with, as one configuration makes it.
pub struct HandlerParts<S, P> {
    /// What to do.
    pub config: HandlerConfig,
    /// Where rows go.
    pub sink: S,
    /// Makes the producer of letters, given the event's own bootstrap servers.
    pub connect: Box<dyn Fn(&str) -> P>,
}

/// Why other parts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReloadReason {
    /// An invocation begins: only where the configuration has outlived its time.
    Age,
    /// A login was refused: whatever is cached is not to be trusted.
    Refused,
}

/// Reads the configuration again, by the given moment. `None` where it says what it said
/// before, or need not be read.
pub type Reload<S, P> = Box<
    dyn Fn(
        ReloadReason,
        Instant,
    ) -> LocalBoxFuture<'static, Result<Option<HandlerParts<S, P>>, Failed>>,
>;
