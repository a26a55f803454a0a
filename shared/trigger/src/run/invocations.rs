//! The part of a run that invokes the functions and sends records to the destination.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::task::JoinError;
use uuid::Uuid;

use super::{Delivered, Invoked, Run};
use crate::assignment::Conclusion;
use crate::destination::DestinationError;
use crate::destination::envelope::Source;
use crate::error::Error;
use crate::event;
use crate::event::answer::{self, Verdict};
use crate::event::batch::{Batch, Condition};
use crate::function::{Function, Platform};
use crate::observer::Notice;

impl Run {
    pub(super) fn start_functions(&mut self) {
        for _ in 0..self.mapping.concurrency {
            let (observer, function_counts) =
                (Arc::clone(&self.observer), Arc::clone(&self.function_counts));
            let function = Function::new(self.mapping.function.clone(), observer, function_counts);
            let mut function = function.on(self.mapping.platform);
            let mut stop_requested = self.stop_requested.subscribe();
            self.starting += 1;
            self.tasks.spawn(async move {
                let started = tokio::select! {
                    started = function.start() => started,
                    // A function that is still starting has no records in flight.
                    _ = stop_requested.wait_for(|requested| *requested) => Ok(()),
                };
                let outcome = started.map(|()| Bytes::new());
                Invoked { function, batch: None, outcome, reason: None, took: Duration::ZERO }
            });
        }
    }

    /// Invokes the idle functions with batches.
    pub(super) fn dispatch(&mut self) {
        while let Some(mut function) = self.idle.pop() {
            let Some(batch) = self.assignment.next_batch(Instant::now(), now_millis()) else {
                self.idle.push(function);
                return;
            };
            let batch = self.discard_too_large(batch);
            if batch.discarded.is_some() {
                self.idle.push(function);
                // A batch that waits to be sent to the destination again is discarded already.
                let conclusion = self.assignment.discard(batch, Instant::now());
                self.report(conclusion, None);
                continue;
            }
            let (id, bootstrap) = (Uuid::new_v4().to_string(), self.mapping.bootstrap.clone());
            let platform = self.mapping.platform;
            let batch = Batch { request: Some(id.clone()), ..batch };
            self.assignment.invoke(&batch);
            self.tasks.spawn(async move {
                let started = Instant::now();
                let event = match platform {
                    Platform::Lambda => event::write(&batch, &bootstrap),
                    Platform::FunctionCompute { key, value } => {
                        event::cloud_events::write(&batch, key, value)
                    }
                };
                let outcome = function.invoke(id, event).await;
                let took = started.elapsed();
                let reason = match &outcome {
                    Ok(answer) if answer::gives_back(answer) => function.reason().await,
                    _ => None,
                };
                Invoked { function, batch: Some(batch), outcome, reason, took }
            });
        }
    }

    /// Discards a record that does not fit into an event.
    fn discard_too_large(&self, batch: Batch) -> Batch {
        let limit = self.mapping.limits.bytes;
        let alone = batch.discarded.is_none() && batch.len() == 1;
        if !alone || event::size(&batch, &self.mapping.bootstrap) <= limit {
            return batch;
        }
        let reason = format!("the record does not fit into an event of {limit} bytes");
        batch.discarded(Condition::MaximumPayloadSizeExceeded, reason)
    }

    /// Takes back a function, and applies the outcome of its batch.
    pub(super) fn conclude(&mut self, done: Result<Invoked, JoinError>) -> Result<(), Error> {
        let Invoked { function, batch, outcome, reason, took } =
            done.map_err(|error| Error::Defect(error.to_string()))?;
        self.idle.push(function);
        let Some(mut batch) = batch else {
            self.starting -= 1;
            self.reported_at = None;
            return outcome.map(drop).map_err(Error::Function);
        };
        self.durations.record(took);
        let name = describe(&batch);
        let outcome = outcome
            .map(|answer| self.judge(&answer, &batch))
            .map_err(|failure| failure.to_string());
        let reason = match &outcome {
            Ok(Verdict::Settled) => None,
            Ok(Verdict::GivenBack(lowest)) => Some(given_back(lowest, reason.as_deref())),
            Ok(Verdict::Unclear(reason)) | Err(reason) => Some(reason.clone()),
        };
        batch.reason.clone_from(&reason);
        if reason.is_none() {
            self.last_success = Some(SystemTime::now());
            self.failing_since = None;
        } else {
            self.failing_since.get_or_insert_with(SystemTime::now);
        }
        let conclusion = self.assignment.conclude(batch, outcome, Instant::now());
        self.report(conclusion, reason.map(|reason| (name, reason)));
        Ok(())
    }

    /// Sends records that were given up to the destination.
    fn deliver(&mut self, batch: Batch) {
        let Some(destination) = self.destination.clone() else { return };
        let (bootstrap, arn) = (self.mapping.bootstrap.clone(), self.mapping.function.arn());
        self.deliveries.spawn(async move {
            let source = Source { bootstrap: &bootstrap, function_arn: &arn };
            let result = destination.send(&batch, source).await;
            Delivered { batch, result }
        });
    }

    /// Handles the result of sending records to the destination.
    pub(super) fn delivered(
        &mut self,
        delivered: Result<Delivered, JoinError>,
    ) -> Result<(), Error> {
        let Delivered { batch, result } =
            delivered.map_err(|error| Error::Defect(error.to_string()))?;
        let now = Instant::now();
        let conclusion = match result {
            Ok(()) => self.assignment.delivered(batch, now),
            Err(DestinationError::Permanent(reason)) => {
                self.assignment.delivery_refused(batch, &reason, now)
            }
            Err(DestinationError::Retriable(reason)) => {
                let problem = format!("the on-failure destination does not answer: {reason}");
                self.observer.notice(&Notice::Broker(problem));
                self.assignment.delivery_failed(batch, now)
            }
        };
        self.report(conclusion, None);
        Ok(())
    }

    fn judge(&mut self, answer: &[u8], batch: &Batch) -> Verdict {
        let verdict = answer::judge(answer, batch);
        if self.mapping.report_item_failures {
            return verdict;
        }
        if matches!(verdict, Verdict::GivenBack(_)) && !self.item_failures_noticed {
            self.item_failures_noticed = true;
            self.observer.notice(&Notice::IgnoredItemFailures);
        }
        Verdict::Settled
    }

    /// Counts and reports a conclusion; `failure` is the batch and why it failed.
    fn report(&mut self, conclusion: Conclusion, failure: Option<(String, String)>) {
        self.summary.records += conclusion.settled;
        if let (Some(after), Some((batch, reason))) = (conclusion.retry_after, failure) {
            self.summary.retries += 1;
            self.observer.notice(&Notice::Retry { batch, reason, after });
        } else if conclusion.settled > 0 || conclusion.given_up.is_some() {
            self.summary.batches += 1;
        }
        if let Some(given_up) = conclusion.given_up {
            self.summary.given_up += given_up.records;
            self.observer.notice(&Notice::GivenUp(given_up));
        }
        if let Some(letters) = conclusion.letters {
            self.deliver(letters);
        }
        self.summary.elapsed = self.first_record.map(|first| first.elapsed()).unwrap_or_default();
    }
}

/// A message about the records that were given back, and why.
fn given_back(lowest: &BTreeMap<i32, i64>, reason: Option<&str>) -> String {
    let from =
        |(partition, offset): (&i32, &i64)| format!("partition {partition} from offset {offset}");
    let partitions: Vec<String> = lowest.iter().map(from).collect();
    let reason = reason.unwrap_or("its log gives no reason");
    format!("the function gave back {}: {reason}", partitions.join(", "))
}

/// The topic, partitions and offsets of a batch, for a message.
fn describe(batch: &Batch) -> String {
    let slices: Vec<String> = batch
        .slices
        .iter()
        .map(|slice| {
            let (first, next) = slice.range();
            format!("{} offsets {first} to {}", slice.partition, next - 1)
        })
        .collect();
    format!("batch of {} partition {}", batch.topic, slices.join(", "))
}

/// The current time in milliseconds since 1970, as in timestamps of records.
fn now_millis() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
