//! One invocation: decode → map → deliver → settle → answer; the first three run at the same time.
//! Letters are sent before the commit, so that after a crash either everything is durable, or
//! nothing except perhaps a letter.

mod comparing;
mod letter_table;
mod letters;
mod questions;
mod reload;
mod settle;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::Bump;
use futures_util::FutureExt;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::model::failure::{GivenBack, SinkError};
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::run::pipeline;
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;
use sluice_bridge::sink::Sink;
use sluice_kafka::Producer;
use sluice_registry::SchemaRegistry;
use tokio::time::{Instant, timeout_at};

use crate::config::HandlerConfig;
use crate::config::reload::Reload;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use crate::log::counts::RecordCounts;
use crate::log::{BatchLine, Log};

/// The state of a function between invocations: its sink, and its producer if it has sent letters.
pub struct Handler<S, P> {
    config: HandlerConfig,
    sink: S,
    registry: SchemaRegistry,
    /// The producer, with the servers for which it was created.
    producer: Option<(String, P)>,
    /// Creates the producer for the event's bootstrap servers.
    connect: Box<dyn Fn(&str) -> P>,
    reload: Option<Reload<S, P>>,
    /// New options, a new registry and a new sink, for the next invocation.
    next: Option<(HandlerConfig, SchemaRegistry, S)>,
    /// Whether the credentials were read again in this invocation.
    has_reloaded: bool,
    /// Refusals for which a retry may help, across invocations.
    waiting: Waiting,
    arena: Bump,
    cold: bool,
    /// Whether the last invocation was finished.
    clean: bool,
}

impl<S: Sink, P: Producer> Handler<S, P> {
    /// A handler before its first invocation.
    pub fn new(config: HandlerConfig, sink: S, connect: impl Fn(&str) -> P + 'static) -> Self {
        Self {
            config,
            sink,
            registry: SchemaRegistry::default(),
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

    /// The same handler, which asks a schema registry.
    #[must_use]
    pub fn asking(self, registry: SchemaRegistry) -> Self {
        Self { registry, ..self }
    }

    /// The same handler, which gets new parts if its own are old or refused.
    #[must_use]
    pub fn reloading(self, reload: Reload<S, P>) -> Self {
        Self { reload: Some(reload), ..self }
    }

    /// The sink, for tests.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Prepares for an event before it is read: the target works on the first requests meanwhile.
    async fn prepare(&mut self, deadline: Deadline) {
        if !self.clean {
            self.abandon(deadline).await;
        }
        self.clean = false;
        self.has_reloaded = false;
        self.registry.begin();
        self.refresh(deadline).await;
        self.sink.prefetch().await;
    }

    /// Handles one invocation and writes its log line to `log`.
    ///
    /// # Errors
    /// The body is not an event, or records are given back and item failures are not reported.
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
                // The target must not hold locks until the next invocation.
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

    /// An empty arena with space for the decoded base64 of a body: growing step by step, it would
    /// use twice as much memory.
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

    /// Delivers an event, and returns the answer for all its records.
    async fn answer(
        &mut self,
        event: &mut Incoming<'_>,
        deadline: Deadline,
        line: &mut BatchLine,
    ) -> Result<LambdaResponse, Failed> {
        let start = Instant::now();
        let settled = self.deliver(event, deadline, line).await;
        line.write = start.elapsed().saturating_sub(event.took());
        // After an early failure the rest of the event is read too, so that it can be given back.
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

    /// Writes, sends the letters, commits. After an error nothing is durable, except perhaps
    /// letters, or everything if the answer to the commit was lost.
    async fn deliver(
        &mut self,
        event: &mut Incoming<'_>,
        deadline: Deadline,
        line: &mut BatchLine,
    ) -> Result<RecordCounts, GivenBack> {
        let mut tries = Tries::default();
        let written = self.write_logged_in(event, deadline, &mut tries).await;
        line.retries = tries.retries;
        let outcome = written?;
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

    /// Writes the rows. After an error the sink is abandoned.
    async fn write(
        &mut self,
        event: &mut Incoming<'_>,
        deadline: Deadline,
        tries: &mut Tries,
    ) -> Result<Outcome, GivenBack> {
        // Read enough records to start streaming, while the sink waits for prefetched answers.
        // Checking only these records is enough, because normally an event has one topic.
        let first = self.sink.stream_chunk().map_or(usize::MAX, |chunk| chunk.least);
        let refused = match event.read(first) {
            Ok(event) => self.refuse_own_letters(event),
            Err(wrong) => Err(wrong.into()),
        };
        if let Err(refused) = refused {
            self.abandon(deadline).await;
            return Err(refused.into());
        }
        let write = pipeline::write_with(
            &mut self.sink,
            event,
            &self.config.rules,
            &self.registry,
            &deadline,
            &mut self.waiting,
            tries,
        );
        match timeout_at(deadline.write(), write).await {
            Ok(outcome) => outcome,
            Err(_) => {
                // The records that are not read yet must be given back too; there is little time.
                let _ = event.whole();
                self.abandon(deadline).await;
                Err(SinkError::transient(too_late(&self.registry)).into())
            }
        }
    }

    /// Abandons the sink, and does not wait longer than the deadline.
    async fn abandon(&mut self, deadline: Deadline) {
        let _ = timeout_at(deadline.answer(), self.sink.abandon()).await;
    }
}

/// Who did not answer before the deadline.
fn too_late(registry: &SchemaRegistry) -> &'static str {
    if registry.was_interrupted() {
        "the schema registry did not answer in time: it cannot be reached, or is slow"
    } else {
        "the target did not take the rows in time: it cannot be reached, is slow, or waits for a lock"
    }
}
