//! The run's side towards the functions: batches out, outcomes in.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::task::JoinError;

use super::{Done, Run};
use crate::answer::{self, Verdict};
use crate::assignment::Conclusion;
use crate::batch::Batch;
use crate::error::Error;
use crate::event;
use crate::function::Function;
use crate::observer::Notice;

impl Run {
    pub(super) fn start_functions(&mut self) {
        for _ in 0..self.mapping.concurrency {
            let (observer, tally) = (Arc::clone(&self.observer), Arc::clone(&self.tally));
            let mut function = Function::new(self.mapping.function.clone(), observer, tally);
            self.tasks.spawn(async move {
                let outcome = function.start().await.map(|()| Bytes::new());
                Done { function, batch: None, outcome }
            });
        }
    }

    /// Gives idle functions their batches.
    pub(super) fn dispatch(&mut self) {
        while let Some(mut function) = self.idle.pop() {
            let Some(batch) = self.assignment.next_batch(Instant::now()) else {
                self.idle.push(function);
                return;
            };
            let bootstrap = self.mapping.bootstrap.clone();
            if batch.len() == 1 && batch.bytes(&bootstrap) > self.mapping.limits.bytes {
                self.idle.push(function);
                let reason = "the record is larger than an event may be".to_owned();
                let conclusion = self.assignment.refuse(batch, reason);
                self.book(conclusion, None);
                continue;
            }
            self.tasks.spawn(async move {
                let outcome = function.invoke(event::write(&batch, &bootstrap)).await;
                Done { function, batch: Some(batch), outcome }
            });
        }
    }

    /// Takes a function back, and books what became of its batch.
    pub(super) fn conclude(&mut self, done: Result<Done, JoinError>) -> Result<(), Error> {
        let Done { function, batch, outcome } =
            done.map_err(|error| Error::Defect(error.to_string()))?;
        self.idle.push(function);
        let Some(batch) = batch else { return outcome.map(drop).map_err(Error::Function) };
        let name = describe(&batch);
        let outcome = outcome
            .map(|answer| self.judge(&answer, &batch))
            .map_err(|failure| failure.to_string());
        let reason = match &outcome {
            Ok(Verdict::Settled) => None,
            Ok(Verdict::GivenBack(_)) => Some("the function gave records back".to_owned()),
            Ok(Verdict::Unclear(reason)) | Err(reason) => Some(reason.clone()),
        };
        let conclusion = self.assignment.conclude(batch, outcome, Instant::now());
        self.book(conclusion, reason.map(|reason| (name, reason)));
        Ok(())
    }

    fn judge(&mut self, answer: &[u8], batch: &Batch) -> Verdict {
        let verdict = answer::judge(answer, batch);
        if self.mapping.report_item_failures {
            return verdict;
        }
        if matches!(verdict, Verdict::GivenBack(_)) && !self.unheeded {
            self.unheeded = true;
            self.observer.notice(&Notice::Unheeded);
        }
        Verdict::Settled
    }

    /// Counts a conclusion and tells of it; `failure` is the batch and what went wrong with it.
    fn book(&mut self, conclusion: Conclusion, failure: Option<(String, String)>) {
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
        self.summary.elapsed = self.first_record.map(|first| first.elapsed()).unwrap_or_default();
    }
}

/// Topic, partitions and offsets of a batch, for a person.
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
