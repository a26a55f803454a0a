//! Gets new parts for a handler whose own are old or refused.

use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::model::failure::{Cause, Fault, GivenBack, SinkError};
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::run::tries::Tries;
use sluice_bridge::sink::Sink;
use sluice_kafka::Producer;
use tokio::time::{Instant, timeout_at};

use crate::config::reload::{HandlerParts, ReloadReason};
use crate::handler::Handler;
use crate::lambda::deadline::Deadline;

impl<S: Sink, P: Producer> Handler<S, P> {
    /// Takes new parts if the configuration has changed. If it cannot be read, the handler
    /// continues with its own parts.
    pub(super) async fn refresh(&mut self, deadline: Deadline) {
        if let Some((config, registry, sink)) = self.next.take() {
            self.abandon(deadline).await;
            (self.config, self.sink) = (config, sink);
            self.registry = registry.after(&self.registry);
        }
        let Some(reload) = &self.reload else { return };
        let reloaded = timeout_at(deadline.write(), reload(ReloadReason::Age, Instant::now()));
        if let Ok(Ok(Some(parts))) = reloaded.await {
            self.abandon(deadline).await;
            self.take(parts);
        }
    }

    /// Writes the rows. If the login is refused it is read again, and what is left is written.
    pub(super) async fn write_logged_in(
        &mut self,
        event: &mut Incoming<'_>,
        deadline: Deadline,
        tries: &mut Tries,
    ) -> Result<Outcome, GivenBack> {
        match self.write(event, deadline, tries).await {
            Err(refused) if refused.error.fault == Fault::Unauthorized => {
                self.log_in_anew(refused.error, deadline).await?;
                self.write(event, deadline, tries).await
            }
            outcome => outcome,
        }
    }

    /// Reads refused credentials of the target again, once in an invocation.
    ///
    /// # Errors
    /// The credentials are the same as before, or cannot be read.
    pub(super) async fn log_in_anew(
        &mut self,
        refused: SinkError,
        deadline: Deadline,
    ) -> Result<(), SinkError> {
        let parts = self.reloaded(refused, deadline).await?;
        self.take(parts);
        Ok(())
    }

    fn take(&mut self, parts: HandlerParts<S, P>) {
        self.config = parts.config;
        self.registry = parts.registry.after(&self.registry);
        self.sink = parts.sink;
        self.producer = None;
        self.connect = parts.connect;
    }

    /// The parts with the credentials that were read again.
    ///
    /// # Errors
    /// As [`Handler::log_in_anew`].
    pub(super) async fn reloaded(
        &mut self,
        refused: SinkError,
        deadline: Deadline,
    ) -> Result<HandlerParts<S, P>, SinkError> {
        let Some(reload) = self.reload.as_ref().filter(|_| !self.has_reloaded) else {
            return Err(refused);
        };
        self.has_reloaded = true;
        let until = deadline.write();
        let why = match timeout_at(until, reload(ReloadReason::Refused, until)).await {
            Ok(Ok(Some(parts))) => return Ok(parts),
            Ok(Ok(None)) => {
                "the configuration and its secrets were read again and have not changed".to_owned()
            }
            Ok(Err(failed)) => failed.message,
            Err(_) => "the secrets could not be read again in time".to_owned(),
        };
        let message = format!("{}; {why}", refused.cause.message).into();
        Err(SinkError { cause: Cause { message, ..refused.cause }, ..refused })
    }
}
