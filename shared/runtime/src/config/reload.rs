//! How a handler gets new parts when its credentials are refused or old.

use futures_util::future::LocalBoxFuture;
use sluice_registry::SchemaRegistry;
use tokio::time::Instant;

use crate::config::HandlerConfig;
use crate::lambda::response::Failed;

/// The parts of a handler that depend on the configuration.
pub struct HandlerParts<S, P> {
    /// Its options.
    pub config: HandlerConfig,
    /// The schema registry, or none.
    pub registry: SchemaRegistry,
    /// The sink for rows.
    pub sink: S,
    /// Creates the producer of letters for the event's bootstrap servers.
    pub connect: Box<dyn Fn(&str) -> P>,
}

/// Why new parts are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReloadReason {
    /// An invocation starts: the configuration is read again only if it is old.
    Age,
    /// A login was refused: cached values must not be used.
    Refused,
}

/// Reads the configuration again, before the given time. `None` if it has not changed, or need not
/// be read.
pub type Reload<S, P> = Box<
    dyn Fn(
        ReloadReason,
        Instant,
    ) -> LocalBoxFuture<'static, Result<Option<HandlerParts<S, P>>, Failed>>,
>;
