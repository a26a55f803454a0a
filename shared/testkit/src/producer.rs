//! A producer in memory that fails as a test wants.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use sluice_kafka::{Message, Producer, SendError};
use tokio::time::{Instant, sleep_until};

use crate::journal::{Journal, Moment};

/// What happens to a message instead of success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// It is refused, and not written.
    Refused(SendError),
    /// It is written, and the acknowledgement never arrives.
    AnswerLost,
    /// It is not written, and the broker is silent until the deadline.
    Hang,
}

type Script = dyn Fn(usize, &Message) -> Option<Mishap>;

/// A broker that has every topic and accepts every message, unless its script says otherwise.
/// Clones share it, as connections share a cluster.
#[derive(Clone)]
pub struct MemoryProducer {
    journal: Journal,
    script: Rc<Script>,
    calls: Rc<Cell<usize>>,
    attempts: Rc<RefCell<Vec<Message>>>,
}

impl MemoryProducer {
    /// Notes what is written in a journal, which a
    /// [`MemoryDatabase`](crate::MemoryDatabase) may share.
    #[must_use]
    pub fn new(journal: &Journal) -> Self {
        Self::scripted(journal, |_, _| None)
    }

    /// The same with a script that is called before each message and says what goes wrong with it,
    /// by the number of the call to `send` (from zero), its topic, or anything else in the message.
    #[must_use]
    pub fn scripted(
        journal: &Journal,
        script: impl Fn(usize, &Message) -> Option<Mishap> + 'static,
    ) -> Self {
        let (journal, script) = (journal.clone(), Rc::new(script));
        Self { journal, script, calls: Rc::default(), attempts: Rc::default() }
    }

    /// How often `send` was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.get()
    }

    /// Every message that `send` was given, in order.
    #[must_use]
    pub fn attempts(&self) -> Vec<Message> {
        self.attempts.borrow().clone()
    }

    async fn write(
        &self,
        call: usize,
        message: &Message,
        deadline: Instant,
    ) -> Result<(), SendError> {
        let unavailable = |why: &str| Err(SendError::Unavailable(why.to_owned()));
        match (self.script)(call, message) {
            None => self.journal.note(Moment::Acknowledged(message.clone())),
            Some(Mishap::Refused(error)) => return Err(error),
            Some(Mishap::AnswerLost) => {
                self.journal.note(Moment::Unacknowledged(message.clone()));
                return unavailable("the acknowledgement was lost");
            }
            Some(Mishap::Hang) => {
                sleep_until(deadline).await;
                return unavailable("the broker was silent until the deadline");
            }
        }
        Ok(())
    }
}

impl Producer for MemoryProducer {
    async fn check_topic(&mut self, topic: &str, _deadline: Instant) -> Result<(), SendError> {
        let (topic, headers) = (topic.to_owned(), Vec::new());
        let message = Message { topic, key: None, value: None, headers, timestamp: None };
        match (self.script)(self.calls(), &message) {
            Some(Mishap::Refused(error @ SendError::TopicMissing(_))) => Err(error),
            _ => Ok(()),
        }
    }

    async fn send(
        &mut self,
        messages: &[Message],
        deadline: Instant,
    ) -> Vec<Result<(), SendError>> {
        let call = self.calls.replace(self.calls() + 1);
        self.attempts.borrow_mut().extend_from_slice(messages);
        let mut results = Vec::with_capacity(messages.len());
        for message in messages {
            results.push(self.write(call, message, deadline).await);
        }
        results
    }
}

impl fmt::Debug for MemoryProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryProducer").field("calls", &self.calls).finish_non_exhaustive()
    }
}
