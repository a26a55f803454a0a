//! Questions of `sluice compare`, which write nothing.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use sluice_bridge::compare::Compare;
use sluice_bridge::sink::Sink;
use sluice_kafka::Producer;

use crate::compare;
use crate::handler::Handler;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, LambdaResponse};

impl<S: Sink, P: Producer> Handler<S, P> {
    /// Answers one question about a table.
    pub(crate) async fn compare(
        &mut self,
        ask: &[u8],
        deadline: Deadline,
    ) -> Result<LambdaResponse, Failed>
    where
        S: Compare,
    {
        self.abandon(deadline).await;
        let answered = AssertUnwindSafe(compare::run(&mut self.sink, ask, deadline));
        answered.catch_unwind().await.unwrap_or_else(|_| Err(Failed::panicked()))
    }
}
