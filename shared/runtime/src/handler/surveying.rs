//! Questions of `sluice schema`, which write nothing.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use sluice_bridge::sink::{DryRun, Sink};
use sluice_kafka::Producer;

use crate::handler::Handler;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, LambdaResponse};
use crate::survey;

impl<S: Sink, P: Producer> Handler<S, P> {
    /// Tells what the records of an event are declared as.
    pub(crate) async fn survey(
        &mut self,
        event: &[u8],
        deadline: Deadline,
    ) -> Result<LambdaResponse, Failed>
    where
        S: DryRun,
    {
        self.abandon(deadline).await;
        let (config, registry) = (&self.config, &self.registry);
        let surveyed = survey::run(config, registry, &mut self.sink, event, deadline);
        let surveyed = AssertUnwindSafe(surveyed).catch_unwind().await;
        surveyed.unwrap_or_else(|_| Err(Failed::panicked()))
    }
}
