//! [`Producer`] for a real cluster: when to connect, and when a connection must not be used again.
//! What happens on the connection is in `connection`.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use crate::connection::Connection;
use crate::{Access, Message, Producer, SendError};

/// A connection that was idle for longer is not used again. The execution environment may have been
/// frozen meanwhile, and a socket that the other side has closed accepts a request but never
/// answers.
const IDLE: Duration = Duration::from_secs(60);

/// Writes messages with `acks=all` and an idempotent producer, by which the broker drops
/// duplicates.
///
/// It connects on first use. After any error that does not concern the message itself the
/// connection is closed, and the next call opens a new one, so that a fenced, frozen or
/// disconnected producer is never used again. A message that was not acknowledged by the deadline
/// is no longer sent, but it may still be written if it was already on the way; so may messages
/// that were queued by a call that was dropped before it returned.
#[derive(Debug)]
pub struct KafkaProducer {
    access: Access,
    idle: Option<IdleConnection>,
}

/// A connection that worked, and the wall-clock time of that: the monotonic clock may stand still
/// while the environment is frozen.
#[derive(Debug)]
struct IdleConnection {
    connection: Connection,
    since: SystemTime,
}

impl KafkaProducer {
    /// A producer that has not connected yet.
    #[must_use]
    pub fn new(access: Access) -> Self {
        Self { access, idle: None }
    }

    /// The connection belongs to the call until [`Self::settle`] keeps it: if a call is dropped,
    /// its connection is dropped too.
    async fn connection(&mut self, deadline: Instant) -> Result<Connection, SendError> {
        match self.idle.take() {
            Some(idle) if is_fresh(idle.since, SystemTime::now()) => return Ok(idle.connection),
            Some(idle) => idle.connection.close().await,
            None => {}
        }
        timeout_at(deadline, Connection::open(&self.access))
            .await
            .unwrap_or_else(|_| Err(SendError::timed_out("answer", self.access.servers())))
    }

    async fn settle(&mut self, connection: Connection, results: &[Result<(), SendError>]) {
        let mut errors = results.iter().filter_map(|result| result.as_ref().err());
        if errors.all(SendError::concerns_the_message) {
            self.idle = Some(IdleConnection { connection, since: SystemTime::now() });
        } else {
            connection.close().await;
        }
    }
}

impl Producer for KafkaProducer {
    async fn check_topic(&mut self, topic: &str, deadline: Instant) -> Result<(), SendError> {
        let mut connection = self.connection(deadline).await?;
        let found = connection.look_up(topic, deadline).await;
        self.settle(connection, std::slice::from_ref(&found)).await;
        found
    }

    async fn send(
        &mut self,
        messages: &[Message],
        deadline: Instant,
    ) -> Vec<Result<(), SendError>> {
        if messages.is_empty() {
            return Vec::new();
        }
        match self.connection(deadline).await {
            Ok(mut connection) => {
                let results = connection.deliver(messages, deadline).await;
                self.settle(connection, &results).await;
                results
            }
            Err(error) => vec![Err(error); messages.len()],
        }
    }
}

fn is_fresh(since: SystemTime, now: SystemTime) -> bool {
    // If the clock went back, the idle time is unknown.
    now.duration_since(since).is_ok_and(|idle| idle <= IDLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_not_fresh_for_long_nor_when_the_clock_went_back() {
        let since = SystemTime::now();
        assert!(is_fresh(since, since + IDLE));
        assert!(!is_fresh(since, since + IDLE + Duration::from_millis(1)));
        assert!(!is_fresh(since, since - Duration::from_secs(1)));
    }
}
