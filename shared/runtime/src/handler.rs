//! One invocation: decode → map → deliver → settle → answer, the first three of them at once. Letters
//! go before the commit, so that a crash anywhere leaves nothing durable but perhaps a letter, or
//! everything.

mod comparing;
mod letters;
mod reload;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::Bump;
use futures_util::FutureExt;
use sluice_bridge::event::Event;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::model::failure::{Fault, GivenBack, SinkError};
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::run::pipeline;
use sluice_bridge::run::waiting::Waiting;
use sluice_bridge::sink::{DryRun, Sink};
use sluice_kafka::Producer;
use tokio::time::{Instant, timeout_at};

use crate::config::HandlerConfig;
use crate::config::reload::Reload;
use crate::dry_run;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use crate::log::counts::RecordCounts;
use crate::log::{BatchLine, Log};

/// A function between invocations: its sink, its producer once it has needed one.
pub struct Handler<S, P> {
    config: HandlerConfig,
    sink: S,
    /// With the servers it was made for.
    producer: Option<(String, P)>,
    /// Makes the producer, given the event's own bootstrap servers.
    connect: Box<dyn Fn(&str) -> P>,
    reload: Option<Reload<S, P>>,
    /// Made with the producer, for the invocation after this one.
    next: Option<(HandlerConfig, S)>,
    /// Whether refused credentials were read again in this invocation.
    has_reloaded: bool,
    /// Refusals that may pass, across invocations.
    waiting: Waiting,
    arena: Bump,
    cold: bool,
    /// Whether the last invocation came to its end.
    clean: bool,
}

impl<S: Sink, P: Producer> Handler<S, P> {
    /// A handler that has seen no invocation yet.
    pub fn new(config: HandlerConfig, sink: S, connect: impl Fn(&str) -> P + 'static) -> Self {
        Self {
            config,
            sink,
            producer: None,
            connect: Box::new(connect),
            reload: None,
            next: None,
            has_reloaded: false,
            waiting: Waiting::default(),
            arena: Bump::new(),
            cold: true,
            clean: true,
        }
    }

    /// The same, asking for other parts where its own have grown old or are refused.
    #[must_use]
    pub fn reloading(self, reload: Reload<S, P>) -> Self {
        Self { reload: Some(reload), ..self }
    }

    /// The sink, for a test to look at.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Tries out the records of an event; nothing stays.
    pub(crate) async fn check(
        &mut self,
        body: &[u8],
        deadline: Deadline,
    ) -> Result<LambdaResponse, Failed>
    where
        S: DryRun,
    {
        self.abandon(deadline).await;
        let checked = AssertUnwindSafe(dry_run::run(&self.config, &mut self.sink, body, deadline));
        let checked = checked.catch_unwind().await;
        match checked {
            Ok(checked) => checked,
            Err(_) => {
                self.abandon(deadline).await;
                Err(Failed::panicked())
            }
        }
    }

    /// Prepares for an event before it is read: the target works on the first requests meanwhile.
    async fn prepare(&mut self, deadline: Deadline) {
        if !self.clean {
            self.abandon(deadline).await;
        }
        self.clean = false;
        self.has_reloaded = false;
        self.refresh(deadline).await;
        self.sink.prefetch().await;
    }

    /// Handles one invocation and writes its log line to `log`.
    ///
    /// # Errors
    /// The body is no event, or something is given back and item failures are not reported.
    pub async fn handle(
        &mut self,
        body: &[u8],
        deadline: Deadline,
        log: Log<'_>,
    ) -> Result<LambdaResponse, Failed> {
        self.prepare(deadline).await;
        let arena = self.arena(body.len());
        let mut line = BatchLine::new(&self.config, std::mem::take(&mut self.cold), body.len());
        let mut event = Incoming::of(self.config.event, body, &arena);
        let handled = AssertUnwindSafe(self.answer(&mut event, deadline, &mut line));
        let answer = match handled.catch_unwind().await {
            Ok(answer) => answer,
            Err(_) => {
                // No lock may be held until the next invocation.
                self.abandon(deadline).await;
                if let Ok(true) = catch_unwind(AssertUnwindSafe(|| event.whole().is_ok())) {
                    line.received(event.event());
                }
                let failed = Failed::panicked();
                line.fail(&failed);
                Err(failed)
            }
        };
        line.write(log);
        self.arena = arena;
        self.clean = true;
        answer
    }

    /// An empty arena with room for what a body's base64 holds: growing bit by bit it would take twice
    /// as much.
    fn arena(&mut self, body: usize) -> Bump {
        let mut arena = std::mem::take(&mut self.arena);
        arena.reset();
        let decoded = body / 4 * 3;
        if arena.allocated_bytes() >= decoded {
            return arena;
        }
        drop(arena);
        Bump::with_capacity(decoded)
    }

    /// Delivers an event and answers for all its records, whatever became of them.
    async fn answer(
        &mut self,
        event: &mut Incoming<'_>,
        deadline: Deadline,
        line: &mut BatchLine,
    ) -> Result<LambdaResponse, Failed> {
        let start = Instant::now();
        let settled = self.deliver(event, deadline, line).await;
        line.write = start.elapsed().saturating_sub(event.took());
        // Where it failed early, the rest is there to be given back.
        if let Err(wrong) = event.whole() {
            let failed = Failed::new(Kind::NotAnEvent, wrong.to_string());
            line.fail(&failed);
            return Err(failed);
        }
        line.decode = event.took();
        let event = event.event();
        line.received(event);
        match settled {
            Ok(counts) => {
                line.counts = counts;
                Ok(LambdaResponse::settled())
            }
            Err(given_back) => {
                let failed = Failed::given_back(event, &given_back);
                line.fail(&failed);
                line.blame(event, &given_back);
                if self.config.report_item_failures {
                    Ok(LambdaResponse::give_back(event))
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
        event: &mut Incoming<'_>,
        deadline: Deadline,
        line: &mut BatchLine,
    ) -> Result<RecordCounts, GivenBack> {
        let outcome = match self.write(event, deadline, line).await {
            Err(refused) if refused.error.fault == Fault::Unauthorized => {
                self.log_in_anew(refused.error, deadline).await?;
                self.write(event, deadline, line).await?
            }
            outcome => outcome?,
        };
        let event = event.event();
        match self.settle(event, &outcome, deadline).await {
            Ok(counts) => {
                line.letters(event, &outcome.failures);
                Ok(counts)
            }
            Err(error) => {
                self.abandon(deadline).await;
                Err(error.into())
            }
        }
    }

    /// On an error the sink has been abandoned.
    async fn write(
        &mut self,
        event: &mut Incoming<'_>,
        deadline: Deadline,
        line: &mut BatchLine,
    ) -> Result<Outcome, GivenBack> {
        // What is read before the first row sets out, while the sink waits for the answers to what it
        // anticipates. An event has but one topic as a rule, so that this tells.
        let first = self.sink.stream_chunk().map_or(usize::MAX, |chunk| chunk.least);
        let refused = match event.read(first) {
            Ok(event) => self.refuse_own_letters(event),
            Err(wrong) => Err(wrong.into()),
        };
        if let Err(refused) = refused {
            self.abandon(deadline).await;
            return Err(refused.into());
        }
        let write = pipeline::write(
            &mut self.sink,
            event,
            &self.config.rules,
            &deadline,
            &mut self.waiting,
            &mut line.retries,
        );
        match timeout_at(deadline.write(), write).await {
            Ok(outcome) => outcome,
            Err(_) => {
                // What is still unread is to be given back too, and there is little time behind this.
                let _ = event.whole();
                self.abandon(deadline).await;
                Err(SinkError::transient("the target did not take the rows in time: it cannot be reached, is slow, or waits for a lock").into())
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
    ) -> Result<RecordCounts, SinkError> {
        let counts = count(event, outcome)?;
        self.refuse_own_letters(event)?;
        if !outcome.failures.is_empty() {
            self.send_letters(event, &outcome.failures, deadline).await?;
        }
        match timeout_at(deadline.settle(), self.sink.commit()).await {
            Ok(committed) => committed.map(|()| counts),
            Err(_) => Err(SinkError::transient("the target did not commit in time")),
        }
    }

    /// A record read from the topic its letter would go to would be lettered for ever.
    fn refuse_own_letters(&self, event: &Event<'_>) -> Result<(), SinkError> {
        let Some(topics) = &self.config.topics else { return Ok(()) };
        match event.records.iter().find(|record| topics.contains(record.topic)) {
            Some(record) => Err(SinkError::fatal(format!(
                "the topic {} is both a source and a topic for letters",
                record.topic
            ))),
            None => Ok(()),
        }
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
        "the account does not balance, which is a bug of ours: {counts:?}"
    )))
}
