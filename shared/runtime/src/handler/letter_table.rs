//! Writes the letters of one invocation into a table of the target. A target that takes them later is asked again, as
//! for rows.

use std::time::Duration;

use sluice_bridge::event::Event;
use sluice_bridge::model::failure::{Failure, Fault, SinkError};
use sluice_bridge::model::table::TableName;
use sluice_bridge::sink::Sink;
use sluice_dead_letter::table_letter;
use sluice_kafka::Producer;
use tokio::time::{Instant, sleep, timeout_at};

use crate::handler::Handler;
use crate::lambda::deadline::Deadline;

impl<S: Sink, P: Producer> Handler<S, P> {
    /// Writes all letters.
    ///
    /// # Errors
    /// Some are not written; those that are stay, and are written again with the records.
    pub(super) async fn write_letters(
        &mut self,
        table: &TableName,
        event: &Event<'_>,
        failures: &[Failure],
        deadline: Deadline,
    ) -> Result<(), SinkError> {
        let letter = |failure: &Failure| {
            table_letter(&self.config.sender, &event.records[failure.record], failure)
        };
        let mut letters: Vec<_> = failures.iter().map(letter).collect();
        let (mut pause, mut retries) = (self.config.rules.retry_backoff, 0);
        loop {
            let written = self.sink.write_letters(table, &mut letters);
            let refused = match timeout_at(deadline.settle(), written).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(refused)) => refused,
                Err(_) => {
                    let what = format!("table {table} did not take the letters in time");
                    return Err(SinkError::transient(what));
                }
            };
            match refused.fault {
                // What the sink has written is durable, so another one can go on.
                Fault::Unauthorized => {
                    self.log_in_anew(refused, deadline).await?;
                    self.sink.begin().await?;
                }
                Fault::Transient if retries < self.config.rules.max_retries => {
                    let asked = Duration::from_millis(refused.cause.retry_after_ms.into());
                    let until = Instant::now() + pause.max(asked);
                    if until >= deadline.settle() {
                        return Err(refused);
                    }
                    sleep(pause.max(asked)).await;
                    (pause, retries) = (pause * 2, retries + 1);
                }
                // No record of the event is at fault.
                Fault::Data(_) => return Err(SinkError { fault: Fault::Fatal, ..refused }),
                _ => return Err(refused),
            }
        }
    }
}
