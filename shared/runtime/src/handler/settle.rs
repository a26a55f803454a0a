//! The end of an invocation whose rows are written: every record is counted, the letters are sent, and
//! then the sink commits.

use sluice_bridge::event::Event;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::sink::Sink;
use sluice_kafka::Producer;
use tokio::time::timeout_at;

use crate::handler::Handler;
use crate::lambda::deadline::Deadline;
use crate::log::counts::RecordCounts;

impl<S: Sink, P: Producer> Handler<S, P> {
    /// Sends the letters and commits.
    ///
    /// # Errors
    /// Nothing is durable, except perhaps letters. If the answer to the commit is lost, that is
    /// unknown.
    pub(super) async fn settle(
        &mut self,
        event: &Event<'_>,
        outcome: &Outcome,
        deadline: Deadline,
    ) -> Result<RecordCounts, SinkError> {
        let counts = count(event, outcome)?;
        self.refuse_own_letters(event)?;
        if !outcome.failures.is_empty() {
            self.send_letters(event, &outcome.failures, deadline).await?;
        }
        match timeout_at(deadline.settle(), self.sink.commit()).await {
            Ok(committed) => committed?,
            Err(_) => return Err(SinkError::transient("the target did not commit in time")),
        }
        // What is committed must not be given back because the time is over.
        drop(timeout_at(deadline.settle(), self.sink.tidy()).await);
        Ok(counts)
    }
}

fn count(event: &Event<'_>, outcome: &Outcome) -> Result<RecordCounts, SinkError> {
    let counts = RecordCounts {
        received: event.records.len(),
        written: outcome.written,
        lettered: outcome.failures.len(),
        filtered: outcome.filtered,
        given_back: 0,
    };
    if counts.balances() {
        return Ok(counts);
    }
    Err(SinkError::fatal(format!(
        "the record counts do not add up, which is a bug in Sluice: {counts:?}"
    )))
}
