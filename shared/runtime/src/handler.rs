//! One invocation: decode → map → deliver → settle → answer. Letters go before the commit, so
//! that a crash anywhere leaves nothing durable but perhaps a letter, or everything.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use bumpalo::Bump;
use futures_util::FutureExt;
use sluice_bridge::event::Event;
use sluice_bridge::failure::{Failure, GivenBack, SinkError};
use sluice_bridge::road::{self, Outcome};
use sluice_bridge::sink::Sink;
use sluice_dead_letter::{letter, post};
use sluice_kafka::{Producer, SendError};
use tokio::time::timeout_at;

use crate::account::Account;
use crate::answer::{Answer, Failed};
use crate::deadline::Deadline;
use crate::log::Line;
use crate::policy::Policy;

/// A function between invocations: its sink, its producer once it has needed one.
pub struct Handler<S, P> {
    policy: Policy,
    sink: S,
    /// With the servers it was made for.
    producer: Option<(String, P)>,
    /// Makes the producer, given the event's own bootstrap servers.
    connect: Box<dyn Fn(&str) -> P>,
    arena: Bump,
    cold: bool,
    /// Whether the last invocation came to its end.
    clean: bool,
}

impl<S: Sink, P: Producer> Handler<S, P> {
    /// A handler that has seen no invocation yet.
    pub fn new(policy: Policy, sink: S, connect: impl Fn(&str) -> P + 'static) -> Self {
        let connect = Box::new(connect);
        Self { policy, sink, producer: None, connect, arena: Bump::new(), cold: true, clean: true }
    }

    /// The sink, for a test to look at.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Handles one invocation and writes its log line to `log`.
    ///
    /// # Errors
    /// The body is no event, or something is given back and item failures are not reported.
    pub async fn handle(
        &mut self,
        body: &[u8],
        deadline: Deadline,
        log: &mut impl std::io::Write,
    ) -> Result<Answer, Failed> {
        if !self.clean {
            self.abandon(deadline).await;
        }
        self.clean = false;
        let mut arena = std::mem::take(&mut self.arena);
        arena.reset();
        let mut line = Line::new(&self.policy, std::mem::take(&mut self.cold), body.len());
        let handled = AssertUnwindSafe(self.decode(body, &arena, deadline, &mut line));
        let answer = handled.catch_unwind().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(_) => {
                // No lock may be held until the next invocation.
                self.abandon(deadline).await;
                let message = "a bug of ours; standard error says where".to_owned();
                let failed = Failed { kind: "Sluice.Panic", message };
                line.fail(&failed);
                Err(failed)
            }
        };
        line.write(log);
        self.arena = arena;
        self.clean = true;
        answer
    }

    async fn decode(
        &mut self,
        body: &[u8],
        arena: &Bump,
        deadline: Deadline,
        line: &mut Line,
    ) -> Result<Answer, Failed> {
        let start = Instant::now();
        self.sink.anticipate().await;
        let event = match Event::decode(body, arena) {
            Ok(event) => event,
            Err(wrong) => {
                self.abandon(deadline).await;
                let failed = Failed { kind: "Sluice.NotAnEvent", message: wrong.to_string() };
                line.fail(&failed);
                return Err(failed);
            }
        };
        line.decode = start.elapsed();
        line.account = Account::all_given_back(event.records.len());
        let start = Instant::now();
        let settled = self.deliver(&event, deadline, line).await;
        line.write = start.elapsed();
        match settled {
            Ok(account) => {
                line.account = account;
                Ok(Answer::settled())
            }
            Err(given_back) => {
                let failed = Failed::given_back(&event, &given_back);
                line.fail(&failed);
                line.blame(&event, &given_back);
                if self.policy.report_item_failures {
                    Ok(Answer::give_back(&event))
                } else {
                    Err(failed)
                }
            }
        }
    }

    /// Writes, sends the letters, commits. After an error nothing is durable, save perhaps
    /// letters, and what a lost answer to the commit leaves open.
    async fn deliver(
        &mut self,
        event: &Event<'_>,
        deadline: Deadline,
        line: &mut Line,
    ) -> Result<Account, GivenBack> {
        if let Err(refused) = self.refuse_own_letters(event) {
            self.abandon(deadline).await;
            return Err(refused.into());
        }
        let write =
            road::write(&mut self.sink, event, &self.policy.rules, &deadline, &mut line.retries);
        let outcome = match timeout_at(deadline.write(), write).await {
            Ok(outcome) => outcome?,
            Err(_) => {
                self.abandon(deadline).await;
                return Err(SinkError::transient("the target did not take the rows in time: it cannot be reached, is slow, or waits for a lock").into());
            }
        };
        match self.settle(event, &outcome, deadline).await {
            Ok(account) => {
                line.letters(event, &outcome.failures);
                Ok(account)
            }
            Err(error) => {
                self.abandon(deadline).await;
                Err(error.into())
            }
        }
    }

    /// Abandons the sink; a target that does not even answer to that is left to itself.
    async fn abandon(&mut self, deadline: Deadline) {
        let _ = timeout_at(deadline.answer(), self.sink.abandon()).await;
    }

    async fn settle(
        &mut self,
        event: &Event<'_>,
        outcome: &Outcome,
        deadline: Deadline,
    ) -> Result<Account, SinkError> {
        let account = account(event, outcome)?;
        if !outcome.failures.is_empty() {
            self.send_letters(event, &outcome.failures, deadline).await?;
        }
        match timeout_at(deadline.settle(), self.sink.commit()).await {
            Ok(committed) => committed.map(|()| account),
            Err(_) => Err(SinkError::transient("the target did not commit in time")),
        }
    }

    async fn send_letters(
        &mut self,
        event: &Event<'_>,
        failures: &[Failure],
        deadline: Deadline,
    ) -> Result<(), SinkError> {
        let Policy { topics: Some(topics), sender, .. } = &self.policy else {
            return Err(SinkError::fatal("there are failures, but no topic for letters"));
        };
        let letters: Vec<_> = failures
            .iter()
            .map(|failure| {
                letter(sender, topics.topic(failure.stage), &event.records[failure.record], failure)
            })
            .collect();
        let servers = event.bootstrap_servers.unwrap_or_default();
        self.producer.take_if(|(known, _)| known != servers);
        let make = || (servers.to_owned(), (self.connect)(servers));
        let (_, producer) = self.producer.get_or_insert_with(make);
        post(producer, &letters, deadline.settle()).await.map_err(|unsent| match unsent.error {
            SendError::TopicMissing(_) | SendError::Unauthorized(_) => {
                SinkError::fatal(unsent.to_string())
            }
            _ => SinkError::transient(unsent.to_string()),
        })
    }

    /// A record read from the topic its letter would go to would be lettered for ever.
    fn refuse_own_letters(&self, event: &Event<'_>) -> Result<(), SinkError> {
        let Some(topics) = &self.policy.topics else { return Ok(()) };
        match event.records.iter().find(|record| topics.contains(record.topic)) {
            Some(record) => Err(SinkError::fatal(format!(
                "the topic {} is both a source and a topic for letters",
                record.topic
            ))),
            None => Ok(()),
        }
    }
}

fn account(event: &Event<'_>, outcome: &Outcome) -> Result<Account, SinkError> {
    let account = Account {
        received: event.records.len(),
        written: outcome.written,
        lettered: outcome.failures.len(),
        filtered: outcome.filtered,
        given_back: 0,
    };
    if account.balances() {
        return Ok(account);
    }
    Err(SinkError::fatal(format!(
        "the account does not balance, which is a bug of ours: {account:?}"
    )))
}
