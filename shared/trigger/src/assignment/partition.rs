//! The state of one partition: which records wait, and which offsets are in flight, settled and
//! committed.
//!
//! Pure: there is no clock and no socket. Every method keeps this invariant: offsets are settled
//! once, in order, and only a settled offset is committed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use krafka::consumer::ConsumerRecord;

use crate::assignment::start::PartitionStart;
use crate::event;
use crate::event::batch::Limits;
use crate::kafka::committed::Committed;
use crate::kafka::topics::TopicId;

/// One assigned partition.
#[derive(Debug)]
pub(crate) struct Partition {
    /// The number of this assignment; see [`crate::event::batch::Slice::epoch`].
    pub(crate) epoch: u64,
    /// Whether its records are in an invocation, are being sent to the destination, or wait to be
    /// sent again.
    pub(crate) busy: bool,
    /// Whether it has stopped after records were given up: no more of its records are sent.
    pub(crate) stopped: bool,
    /// Whether the group has revoked it: records in flight are finished, no others are sent.
    pub(crate) revoked: bool,
    /// The turn in which it was last served; the partition that waited longest goes first.
    pub(crate) turn: u64,
    /// The id of its topic.
    pub(crate) topic_id: Option<TopicId>,
    /// The consumer's position: the next offset that it will return.
    pub(crate) position: Option<i64>,
    /// The end of the readable log, as last known.
    pub(crate) end: Option<i64>,
    /// Whether the consumer is paused for this partition.
    pub(crate) paused: bool,
    /// The offset at which a run with `once` is done with the partition.
    goal: Option<i64>,
    /// The offset at which reading started.
    start: i64,
    /// The offset after the last received record.
    next: i64,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// The first offset of the records taken last, and the offset after them.
    taken: Option<(i64, i64)>,
    settled: Option<i64>,
    committed: Option<i64>,
}

/// How the consumer's position changed without a seek.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jump {
    /// It did not change.
    None,
    /// It skipped records that retention deleted before they were read.
    Over { next: i64, start: i64 },
    /// It went back: to the offset at which the log was truncated, because a broker with fewer
    /// records became the leader; or to the oldest record (`None`), because the log does not have
    /// the offset.
    Back { to: Option<i64> },
}

#[derive(Debug)]
struct Waiting {
    record: ConsumerRecord,
    size: usize,
    arrived: Instant,
}

impl Partition {
    pub(crate) fn new(epoch: u64, goal: Option<i64>, start: &PartitionStart) -> Self {
        Self {
            epoch,
            topic_id: start.topic_id.clone(),
            busy: false,
            stopped: false,
            revoked: false,
            turn: 0,
            position: None,
            end: Some(start.end),
            paused: false,
            goal,
            start: start.from,
            next: start.from,
            waiting: VecDeque::new(),
            bytes: 0,
            taken: None,
            // If the log does not have the group's offset, the offset where reading continues replaces
            // it at once: the next member then knows what was read, whatever retention deletes until
            // then.
            settled: start.lost.as_ref().and_then(|lost| lost.from),
            committed: None,
        }
    }

    /// Whether it takes records that are received.
    pub(crate) fn takes_records(&self) -> bool {
        !self.stopped && !self.revoked
    }

    pub(crate) fn receive(&mut self, record: ConsumerRecord, arrived: Instant) {
        if !self.takes_records() {
            return;
        }
        let size = event::record_size(&record);
        self.bytes += size;
        self.next = self.next.max(record.offset + 1);
        self.waiting.push_back(Waiting { record, size, arrived });
    }

    /// Notes the consumer's position. If no record waits or is in flight, everything before
    /// `position` is settled: only transaction markers and compacted records can be there.
    pub(crate) fn note_position(&mut self, position: Option<i64>, end: Option<i64>) {
        self.position = position;
        self.end = end.or(self.end);
        self.next = self.next.max(position.unwrap_or(0));
        if let Some(position) = position
            && self.waiting.is_empty()
            && !self.busy
            && self.takes_records()
        {
            self.settled = Some(self.settled.map_or(position, |settled| settled.max(position)));
        }
    }

    /// The next offset to read, as it would be committed once all records before it are settled.
    pub(crate) fn next_offset(&self) -> Committed {
        Committed { offset: self.next, topic_id: self.topic_id.clone() }
    }

    /// Notes the end of the log while the partition is paused.
    pub(crate) fn note_end(&mut self, end: i64) {
        self.end = self.end.max(Some(end));
    }

    /// Whether the consumer's position has changed without a seek. Call this before its records are
    /// received: its position is `reached`, and the oldest record that it knows is at `start`.
    pub(crate) fn detect_jump(&self, reached: i64, start: Option<i64>) -> Jump {
        match start {
            _ if !self.takes_records() => Jump::None,
            // A position at the oldest record is not a truncation: the consumer has reset its
            // offset.
            start if reached < self.next => {
                Jump::Back { to: start.filter(|start| *start < reached).map(|_| reached) }
            }
            Some(start) if self.next < start.min(reached) => {
                Jump::Over { next: self.next, start: start.min(reached) }
            }
            _ => Jump::None,
        }
    }

    /// Takes the next records: at most `records`, with at most `bytes` bytes in an event. If
    /// `alone`, a first record that is larger is taken anyway, because it fits into no batch.
    pub(crate) fn take(
        &mut self,
        records: usize,
        bytes: usize,
        alone: bool,
    ) -> Vec<ConsumerRecord> {
        let mut room = bytes;
        let mut taken = Vec::with_capacity(records.min(self.waiting.len()));
        while taken.len() < records
            && let Some(next) = self.waiting.front()
            && (next.size <= room || (alone && taken.is_empty()))
            && let Some(next) = self.waiting.pop_front()
        {
            self.bytes -= next.size;
            room = room.saturating_sub(next.size);
            taken.push(next.record);
        }
        self.busy |= !taken.is_empty();
        if let (Some(first), Some(last)) = (taken.first(), taken.last()) {
            self.taken = Some((first.offset, last.offset + 1));
        }
        taken
    }

    /// Everything before `next` is settled.
    pub(crate) fn settle(&mut self, next: i64) {
        self.settled = Some(next);
        self.busy = false;
    }

    /// Sends no more records.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        self.busy = false;
        self.discard();
    }

    /// The group revokes the partition.
    pub(crate) fn revoke(&mut self) {
        self.revoked = true;
        self.discard();
    }

    fn discard(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
    }

    /// Whether a batch may take records from it now.
    pub(crate) fn is_free(&self) -> bool {
        !self.busy && !self.waiting.is_empty()
    }

    /// When its records no longer wait for others; at once if no others are expected.
    pub(crate) fn due_at(&self, limits: &Limits) -> Option<Instant> {
        let oldest = self.waiting.front().filter(|_| !self.busy)?;
        let last = self.goal.is_some() && self.position >= self.goal;
        let window = if last { Duration::ZERO } else { limits.window };
        Some(oldest.arrived + window)
    }

    /// The number of waiting records.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The size of the waiting records in an event, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether to pause reading: two batches wait.
    pub(crate) fn is_full(&self, limits: &Limits) -> bool {
        self.stopped || self.holds_batches(2, limits)
    }

    /// Whether to resume reading: less than a batch waits.
    pub(crate) fn wants_records(&self, limits: &Limits) -> bool {
        !self.stopped && !self.holds_batches(1, limits)
    }

    fn holds_batches(&self, batches: usize, limits: &Limits) -> bool {
        self.waiting.len() >= batches * limits.records || self.bytes >= batches * limits.bytes
    }

    /// Whether everything before its goal is settled and committed, or it has stopped.
    pub(crate) fn is_drained(&self) -> bool {
        let reached = self.stopped || self.goal.is_none() || self.settled >= self.goal;
        reached && !self.busy && self.uncommitted().is_none()
    }

    /// The next offset to commit, if it is not committed yet.
    pub(crate) fn uncommitted(&self) -> Option<i64> {
        self.settled.filter(|settled| self.committed != Some(*settled))
    }

    /// The broker has committed `offset`.
    pub(crate) fn confirm(&mut self, offset: i64) {
        self.committed = Some(offset);
    }

    /// The number of records in an invocation or waiting to be sent again, if offsets have no gaps.
    pub(crate) fn in_flight(&self) -> u64 {
        let (Some((first, next)), true) = (self.taken, self.busy) else { return 0 };
        u64::try_from(next - self.settled.map_or(first, |settled| settled.max(first))).unwrap_or(0)
    }

    /// The number of records between the settled offset and the end of the log. Until an offset is
    /// settled, all records from the start offset count, even if they were read already.
    pub(crate) fn lag(&self) -> u64 {
        let settled = self.settled.unwrap_or(self.start);
        self.end.map_or(0, |end| u64::try_from(end - settled).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests;
