//! Sends the letters of one invocation, and reads the credentials again if the brokers refuse them. How they are
//! written into a table instead is in `letter_table`.

use sluice_bridge::event::Event;
use sluice_bridge::model::failure::{Failure, Fault, SinkError};
use sluice_bridge::sink::Sink;
use sluice_dead_letter::{Destination, letter, post};
use sluice_kafka::{Message, Producer, SendError};

use crate::config::HandlerConfig;
use crate::handler::Handler;
use crate::lambda::deadline::Deadline;

impl<S: Sink, P: Producer> Handler<S, P> {
    /// Refuses records of a letter topic: their letters would be read again without end. And those of the table for
    /// letters: its rows would be records and letters.
    pub(super) fn refuse_own_letters(&self, event: &Event<'_>) -> Result<(), SinkError> {
        let mut topics = event.records.iter().map(|record| record.topic);
        match &self.config.letters {
            Some(Destination::Topics(own)) => match topics.find(|topic| own.contains(topic)) {
                Some(topic) => Err(SinkError::fatal(format!(
                    "the topic {topic} is both a source and a topic for letters"
                ))),
                None => Ok(()),
            },
            Some(Destination::Table(own)) => {
                let routes = &self.config.rules.routes;
                match topics.any(|topic| routes.table(topic) == *own) {
                    true => Err(SinkError::fatal(format!(
                        "table {own} is both for records and for letters"
                    ))),
                    false => Ok(()),
                }
            }
            None => Ok(()),
        }
    }

    pub(super) async fn send_letters(
        &mut self,
        event: &Event<'_>,
        failures: &[Failure],
        deadline: Deadline,
    ) -> Result<(), SinkError> {
        let HandlerConfig { letters: Some(destination), sender, .. } = &self.config else {
            return Err(SinkError::fatal("there are failures, but no topic for letters"));
        };
        let topics = match destination {
            Destination::Topics(topics) => topics,
            Destination::Table(table) => {
                let table = table.clone();
                return self.write_letters(&table, event, failures, deadline).await;
            }
        };
        let letters: Vec<_> = failures
            .iter()
            .map(|failure| {
                letter(sender, topics.topic(failure.stage), &event.records[failure.record], failure)
            })
            .collect();
        let servers = event.bootstrap_servers.unwrap_or_default();
        match self.post(&letters, servers, deadline).await {
            Err(refused) if refused.fault == Fault::Unauthorized => {
                let parts = self.reloaded(refused, deadline).await?;
                self.producer = None;
                self.connect = parts.connect;
                // The current sink has uncommitted rows, so the new one is for the next invocation.
                self.next = Some((parts.config, parts.registry, parts.sink));
                self.post(&letters, servers, deadline).await
            }
            posted => posted,
        }
    }

    async fn post(
        &mut self,
        letters: &[Message],
        servers: &str,
        deadline: Deadline,
    ) -> Result<(), SinkError> {
        self.producer.take_if(|(known, _)| known != servers);
        let make = || (servers.to_owned(), (self.connect)(servers));
        let (_, producer) = self.producer.get_or_insert_with(make);
        post(producer, letters, deadline.settle()).await.map_err(|unsent| match unsent.error {
            SendError::TopicMissing(_) | SendError::TooLarge(_) | SendError::Refused(_) => {
                SinkError::fatal(unsent.to_string())
            }
            SendError::Unauthorized(_) => SinkError::unauthorized(unsent.to_string()),
            _ => SinkError::transient(unsent.to_string()),
        })
    }
}
