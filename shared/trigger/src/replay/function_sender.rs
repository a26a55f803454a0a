//! Sends letters through a function: builds events of the records at their old positions, invokes
//! the function as the trigger does, and sends records again that the function gives back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use krafka::consumer::ConsumerRecord;
use tokio::time::sleep;
use uuid::Uuid;

use super::letter::Letter;
use super::report::FunctionOutcome;
use crate::error::Error;
use crate::event;
use crate::event::answer::{Verdict, judge};
use crate::event::batch::{Batch, MAX_EVENT_BYTES, Slice};
use crate::function::output::FunctionCounts;
use crate::function::{Function, FunctionConfig};
use crate::observer::Observer;
use crate::time::retry;

pub(super) struct FunctionSender {
    function: Function,
    function_counts: Arc<FunctionCounts>,
    bootstrap: String,
    retries: u32,
}

/// Letters that the function did not settle.
#[derive(Debug)]
pub(super) struct Unsettled {
    /// The index of the first of them in the letters that were sent.
    pub(super) first: usize,
    /// Their number.
    pub(super) count: usize,
    pub(super) reason: String,
}

impl FunctionSender {
    pub(super) async fn start(
        config: FunctionConfig,
        bootstrap: &str,
        retries: u32,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, Error> {
        let function_counts = Arc::new(FunctionCounts::default());
        let mut function = Function::new(config, observer, Arc::clone(&function_counts));
        function.start().await.map_err(Error::Function)?;
        Ok(Self { function, function_counts, bootstrap: bootstrap.to_owned(), retries })
    }

    /// Sends letters in their order, until all are settled or the retries are used up.
    pub(super) async fn send(&mut self, letters: &[Letter]) -> Result<(), Unsettled> {
        let mut left: VecDeque<(usize, ConsumerRecord)> =
            letters.iter().map(record).enumerate().filter_map(|(at, r)| Some((at, r?))).collect();
        let mut failures = 0;
        while !left.is_empty() {
            let count = fitting(&left, &self.bootstrap, MAX_EVENT_BYTES);
            let batch = batch(left.range(..count).map(|(_, record)| record.clone()));
            match self.invoke(&batch).await {
                Ok(kept) if kept.is_empty() => {
                    left.drain(..count);
                    failures = 0;
                }
                Ok(kept) => {
                    let stays = |(_, record): &(usize, ConsumerRecord)| {
                        kept.iter().any(|(partition, offset)| {
                            record.partition == *partition && record.offset >= *offset
                        })
                    };
                    let behind = left.split_off(count);
                    let before = left.len();
                    left.retain(stays);
                    failures = if left.len() < before { 1 } else { failures + 1 };
                    left.extend(behind);
                    let reason = self.function.reason().await;
                    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
                    let reason = format!("the function gave records back{reason}");
                    self.pause(failures, &left, &reason).await?;
                }
                Err(reason) => {
                    failures += 1;
                    self.pause(failures, &left, &reason).await?;
                }
            }
        }
        Ok(())
    }

    /// The partitions that the function gives back, each with its lowest offset; or why nothing is
    /// settled.
    async fn invoke(&mut self, batch: &Batch) -> Result<Vec<(i32, i64)>, String> {
        let event = event::write(batch, &self.bootstrap);
        let answer = self.function.invoke(Uuid::new_v4().to_string(), event).await;
        match judge(&answer.map_err(|failure| failure.to_string())?, batch) {
            Verdict::Settled => Ok(Vec::new()),
            Verdict::GivenBack(lowest) => Ok(lowest.into_iter().collect()),
            Verdict::Unclear(reason) => Err(reason),
        }
    }

    async fn pause(
        &self,
        failures: u32,
        left: &VecDeque<(usize, ConsumerRecord)>,
        reason: &str,
    ) -> Result<(), Unsettled> {
        if failures <= self.retries {
            sleep(retry::pause(failures)).await;
            return Ok(());
        }
        let first = left.front().map_or(0, |(index, _)| *index);
        Err(Unsettled { first, count: left.len(), reason: reason.to_owned() })
    }

    /// Ends the function and returns its numbers.
    pub(super) async fn stop(self) -> FunctionOutcome {
        self.function.stop().await;
        let counts = self.function_counts.counts();
        FunctionOutcome {
            written: counts.written,
            lettered: counts.lettered,
            filtered: counts.filtered,
        }
    }
}

/// How many of the records, from the first on, can be one event: they have one topic, increasing
/// offsets in each partition, and at most `most` bytes, except that one record is always allowed.
fn fitting(left: &VecDeque<(usize, ConsumerRecord)>, bootstrap: &str, most: usize) -> usize {
    let mut bytes = event::envelope_size(bootstrap);
    let mut last: BTreeMap<i32, i64> = BTreeMap::new();
    let fits = |(_, record): &&(usize, ConsumerRecord)| {
        let before = last.insert(record.partition, record.offset);
        if before.is_none() {
            bytes += event::slice_size(&record.topic, record.partition);
        }
        bytes += event::record_size(record);
        let rises = before.is_none_or(|before| before < record.offset);
        rises && bytes <= most && record.topic == left[0].1.topic
    };
    left.iter().take_while(fits).count().max(1)
}

/// The record as it was first read, with the mark of one more replay; `None` if its position is not
/// known.
fn record(letter: &Letter) -> Option<ConsumerRecord> {
    let mut record = letter.record()?;
    record.headers = letter.marked();
    Some(record)
}

fn batch(records: impl Iterator<Item = ConsumerRecord>) -> Batch {
    let mut slices: Vec<Slice> = Vec::new();
    let mut topic = None;
    for record in records {
        topic.get_or_insert_with(|| Arc::clone(&record.topic));
        match slices.iter_mut().find(|slice| slice.partition == record.partition) {
            Some(slice) => slice.records.push(record),
            None => slices.push(Slice::new(record.partition, 0, vec![record])),
        }
    }
    Batch::new(topic.unwrap_or_default(), slices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(records: &[(&str, i32, i64)], most: usize) -> usize {
        let record = |(topic, partition, offset): &(&str, i32, i64)| {
            (0, ConsumerRecord::new(*topic, *partition, *offset, None, None))
        };
        fitting(&records.iter().map(record).collect(), "b:1", most)
    }

    #[test]
    fn an_event_is_of_one_topic_and_its_offsets_rise() {
        let all = usize::MAX;
        assert_eq!(fits(&[("t", 0, 4), ("t", 1, 3), ("t", 0, 9), ("t", 1, 5)], all), 4);
        assert_eq!(fits(&[("t", 0, 4), ("u", 0, 5), ("t", 0, 6)], all), 1);
        assert_eq!(fits(&[("t", 0, 4), ("t", 1, 3), ("t", 0, 4)], all), 2);
        assert_eq!(fits(&[("t", 0, 4), ("t", 0, 5)], 0), 1, "one alone always goes");
    }

    #[test]
    fn an_event_stops_at_its_limit() {
        let records = [("t", 0, 4), ("t", 1, 5), ("t", 0, 6)];
        let record = |(topic, partition, offset): &(&str, i32, i64)| {
            ConsumerRecord::new(*topic, *partition, *offset, None, None)
        };
        for count in 1..=3 {
            let bytes = event::size(&batch(records[..count].iter().map(record)), "b:1");
            assert_eq!(fits(&records, bytes), count);
            assert_eq!(fits(&records, bytes - 1), (count - 1).max(1));
        }
    }
}
