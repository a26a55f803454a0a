//! One partition's books: what waits, what is in flight, what is settled, what is committed.
//!
//! Pure: no clock, no socket. The invariant every method keeps: an offset is settled once, in
//! order, and only a settled offset is ever offered for commit.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use krafka::consumer::ConsumerRecord;

use crate::assignment::begin::Begin;
use crate::event;
use crate::event::batch::Limits;
use crate::kafka::committed::Committed;
use crate::kafka::topics::Identity;

/// One assigned partition.
#[derive(Debug)]
pub(crate) struct Partition {
    /// Which assignment this is; see [`crate::event::batch::Slice::epoch`].
    pub(crate) epoch: u64,
    /// Its records are in an invocation, on their way to the destination, or in a batch that waits
    /// to be sent again.
    pub(crate) busy: bool,
    /// Given up: nothing of it is sent any more.
    pub(crate) stopped: bool,
    /// Asked back by the group: nothing new is sent, what is in flight is finished.
    pub(crate) leaving: bool,
    /// When it was last served; the one that waited longest goes first.
    pub(crate) turn: u64,
    /// Which topic of its name it is a partition of.
    pub(crate) identity: Option<Identity>,
    /// The next offset the consumer will hand out, as it last said.
    pub(crate) position: Option<i64>,
    /// The end of the readable log, as the consumer last saw it.
    pub(crate) end: Option<i64>,
    /// The consumer was told to read no further for now.
    pub(crate) paused: bool,
    /// Where a run that drains the topic is done with the partition.
    goal: Option<i64>,
    /// Where reading began.
    begin: i64,
    /// The offset after everything that was received.
    next: i64,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Where what was taken last begins and ends.
    taken: Option<(i64, i64)>,
    settled: Option<i64>,
    committed: Option<i64>,
}

/// How the consumer moved without being told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jump {
    /// It did not.
    None,
    /// Over records that retention had deleted before they were read.
    Over { next: i64, start: i64 },
    /// Back: to where the log was cut, since another broker leads the partition and had less of it;
    /// or to the oldest record, since the log does not hold the offset at all.
    Back { to: Option<i64> },
}

#[derive(Debug)]
struct Waiting {
    record: ConsumerRecord,
    size: usize,
    arrived: Instant,
}

impl Partition {
    pub(crate) fn new(epoch: u64, goal: Option<i64>, begin: &Begin) -> Self {
        Self {
            epoch,
            identity: begin.identity.clone(),
            busy: false,
            stopped: false,
            leaving: false,
            turn: 0,
            position: None,
            end: Some(begin.end),
            paused: false,
            goal,
            begin: begin.from,
            next: begin.from,
            waiting: VecDeque::new(),
            bytes: 0,
            taken: None,
            settled: None,
            committed: None,
        }
    }

    /// Whether records that come are taken.
    pub(crate) fn takes_records(&self) -> bool {
        !self.stopped && !self.leaving
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

    /// Notes where the consumer stands. With nothing waiting or in flight, everything before
    /// `position` is settled: what lies there are gaps, transaction markers and compacted records.
    pub(crate) fn observe(&mut self, position: Option<i64>, end: Option<i64>) {
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

    /// What is to be read next, as it would be committed once all before it is settled.
    pub(crate) fn stand(&self) -> Committed {
        Committed { offset: self.next, identity: self.identity.clone() }
    }

    /// Notes the end of the log, as the broker told it while nothing is read.
    pub(crate) fn extend(&mut self, end: i64) {
        self.end = self.end.max(Some(end));
    }

    /// What the consumer did on its own, before what it brought is received: it is at `reached`
    /// now, and the oldest record it knows of is at `start`.
    pub(crate) fn compare(&self, reached: i64, start: Option<i64>) -> Jump {
        match start {
            _ if !self.takes_records() => Jump::None,
            // There is nothing before the oldest record to cut back to: the consumer gave its
            // offset up.
            start if reached < self.next => {
                Jump::Back { to: start.filter(|start| *start < reached).map(|_| reached) }
            }
            Some(start) if self.next < start.min(reached) => {
                Jump::Over { next: self.next, start: start.min(reached) }
            }
            _ => Jump::None,
        }
    }

    /// Takes records from the front: at most `records`, and of `bytes` bytes in an event. A first
    /// record larger than that is taken alone if `alone`, since no batch will ever hold it.
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

    /// Sends nothing more, now or ever.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        self.busy = false;
        self.discard();
    }

    /// The group wants the partition back.
    pub(crate) fn leave(&mut self) {
        self.leaving = true;
        self.discard();
    }

    fn discard(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
    }

    /// Whether a batch may take from it now.
    pub(crate) fn is_free(&self) -> bool {
        !self.busy && !self.waiting.is_empty()
    }

    /// When its records should wait no longer for others; at once if none is expected.
    pub(crate) fn due_at(&self, limits: &Limits) -> Option<Instant> {
        let oldest = self.waiting.front().filter(|_| !self.busy)?;
        let last = self.goal.is_some() && self.position >= self.goal;
        let window = if last { Duration::ZERO } else { limits.window };
        Some(oldest.arrived + window)
    }

    /// Records waiting.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Bytes the waiting records will take in an event.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether to read no further for now: two batches wait.
    pub(crate) fn is_full(&self, limits: &Limits) -> bool {
        self.stopped || self.holds_batches(2, limits)
    }

    /// Whether to read on: less than a batch waits.
    pub(crate) fn is_hungry(&self, limits: &Limits) -> bool {
        !self.stopped && !self.holds_batches(1, limits)
    }

    fn holds_batches(&self, batches: usize, limits: &Limits) -> bool {
        self.waiting.len() >= batches * limits.records || self.bytes >= batches * limits.bytes
    }

    /// Whether everything before its goal is settled and committed, or it stands still.
    pub(crate) fn is_drained(&self) -> bool {
        let reached = self.stopped || self.goal.is_none() || self.settled >= self.goal;
        reached && !self.busy && self.uncommitted().is_none()
    }

    /// The next offset the group should read from, if it is not committed yet.
    pub(crate) fn uncommitted(&self) -> Option<i64> {
        self.settled.filter(|settled| self.committed != Some(*settled))
    }

    /// The broker confirmed the commit of `offset`.
    pub(crate) fn confirm(&mut self, offset: i64) {
        self.committed = Some(offset);
    }

    /// Records in an invocation or tried again, as far as offsets have no gaps.
    pub(crate) fn in_flight(&self) -> u64 {
        let (Some((first, next)), true) = (self.taken, self.busy) else { return 0 };
        u64::try_from(next - self.settled.map_or(first, |settled| settled.max(first))).unwrap_or(0)
    }

    /// Records between what is settled and the end of the log. Until something is settled, that is
    /// everything from where reading began, however far was read ahead.
    pub(crate) fn lag(&self) -> u64 {
        let settled = self.settled.unwrap_or(self.begin);
        self.end.map_or(0, |end| u64::try_from(end - settled).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests;
