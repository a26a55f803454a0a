//! Questions that leave nothing behind: those of `sluice check` and `sluice schema`.

use std::panic::AssertUnwindSafe;
use std::thread;

use futures_util::FutureExt;
use sluice_bridge::sink::{DryRun, Sink};
use sluice_kafka::Producer;

use crate::dry_run;
use crate::handler::Handler;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, LambdaResponse};
use crate::survey;

impl<S: Sink + DryRun, P: Producer> Handler<S, P> {
    /// Tries the records of an event, and undoes all work.
    pub(crate) async fn check(
        &mut self,
        asked: dry_run::Asked<'_>,
        deadline: Deadline,
    ) -> Result<LambdaResponse, Failed> {
        self.abandon(deadline).await;
        let (config, registry) = (&self.config, &self.registry);
        let checked = dry_run::run(config, registry, &mut self.sink, asked, deadline);
        let checked = AssertUnwindSafe(checked).catch_unwind().await;
        self.answer_or_abandon(checked, deadline).await
    }

    /// Tells what the records of an event are declared as.
    pub(crate) async fn survey(
        &mut self,
        event: &[u8],
        deadline: Deadline,
    ) -> Result<LambdaResponse, Failed> {
        self.abandon(deadline).await;
        let (config, registry) = (&self.config, &self.registry);
        let surveyed = survey::run(config, registry, &mut self.sink, event, deadline);
        let surveyed = AssertUnwindSafe(surveyed).catch_unwind().await;
        self.answer_or_abandon(surveyed, deadline).await
    }

    /// After a panic the target must not hold locks.
    async fn answer_or_abandon(
        &mut self,
        answered: thread::Result<Result<LambdaResponse, Failed>>,
        deadline: Deadline,
    ) -> Result<LambdaResponse, Failed> {
        match answered {
            Ok(answer) => answer,
            Err(_) => {
                self.abandon(deadline).await;
                Err(Failed::panicked())
            }
        }
    }
}
