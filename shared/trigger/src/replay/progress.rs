//! The progress of a replay: committed offsets of three groups without members.
//!
//! Letters are replayed in the order of their records, so one offset for each partition of letters
//! does not describe the progress. A sweep is a range of every partition whose letters are sorted
//! and replayed. The replay's own group has the offsets at which the next sweep begins,
//! `NAME.until` the end of the current sweep, and `NAME.last` the letter of each partition that was
//! done last. If two runs of the same replay run at the same time, each notices the other's
//! commits.

use std::collections::BTreeMap;

use krafka::Kafka;

use crate::error::Error;
use crate::group::{self, Group, GroupPartition, Move, NamedPartition, committed};

/// A range of one partition of letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) begin: i64,
    /// The offset after its last letter.
    pub(super) end: i64,
    /// The letter that was done last, if an earlier run has started this sweep.
    pub(super) last: Option<i64>,
}

impl Span {
    fn key(&self) -> NamedPartition {
        (self.topic.clone(), self.partition)
    }

    /// The number of its offsets.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.end - self.begin).unwrap_or(0)
    }
}

/// The committed offsets of one group, as far as this run knows.
struct GroupOffsets {
    name: String,
    offsets: BTreeMap<NamedPartition, i64>,
}

impl GroupOffsets {
    async fn read(kafka: &Kafka, name: String) -> Result<Self, Error> {
        let offsets = committed(kafka, &name).await?;
        Ok(Self { name, offsets })
    }

    async fn write(
        &mut self,
        kafka: &Kafka,
        to: impl Iterator<Item = (NamedPartition, i64)>,
    ) -> Result<(), Error> {
        let news = to.filter(|(place, to)| self.offsets.get(place) != Some(to));
        let moves: Vec<_> = news
            .map(|((topic, partition), to)| Move { topic, partition, from: None, to })
            .collect();
        if moves.is_empty() {
            return Ok(());
        }
        group::move_offsets(kafka, &self.name, &moves).await?;
        let moved = moves.into_iter().map(|step| ((step.topic, step.partition), step.to));
        self.offsets.extend(moved);
        Ok(())
    }

    /// The first of `spans` for which another run has committed an offset.
    async fn moved<'s>(&self, kafka: &Kafka, spans: &'s [Span]) -> Result<Option<&'s Span>, Error> {
        let now = committed(kafka, &self.name).await?;
        let differs = |span: &&Span| {
            let place = span.key();
            now.get(&place) != self.offsets.get(&place)
        };
        Ok(spans.iter().find(differs))
    }
}

pub(super) struct ReplayProgress<'k> {
    kafka: &'k Kafka,
    begin: GroupOffsets,
    until: GroupOffsets,
    last: GroupOffsets,
}

impl<'k> ReplayProgress<'k> {
    /// The progress of a group; it must have no members.
    pub(super) async fn new(kafka: &'k Kafka, group: &Group) -> Result<Self, Error> {
        if group.is_active() {
            return Err(Error::Group(format!(
                "group {} has members, so another application uses it: name another group with \
                 --group",
                group.name
            )));
        }
        Ok(Self {
            kafka,
            begin: GroupOffsets::read(kafka, group.name.clone()).await?,
            until: GroupOffsets::read(kafka, format!("{}.until", group.name)).await?,
            last: GroupOffsets::read(kafka, format!("{}.last", group.name)).await?,
        })
    }

    /// Where to begin in a partition. An offset beyond its end belongs to a topic that was created
    /// again, and is ignored.
    pub(super) fn begin(&self, at: &GroupPartition) -> i64 {
        let known = self.begin.offsets.get(&key(at));
        let known = known.copied().filter(|offset| (at.start..=at.end).contains(offset));
        known.unwrap_or(at.start)
    }

    /// The rest of a sweep that an earlier run has not finished; empty if there is none.
    pub(super) fn unfinished(&self, partitions: &[GroupPartition]) -> Vec<Span> {
        let span = |at: &GroupPartition| {
            let end = *self.until.offsets.get(&key(at))?;
            let last = self.last.offsets.get(&key(at)).map(|next| next - 1);
            let (topic, partition, begin) = (at.topic.clone(), at.partition, self.begin(at));
            let last = last.filter(|last| *last >= 0);
            (begin < end && end <= at.end).then_some(Span { topic, partition, begin, end, last })
        };
        partitions.iter().filter_map(span).collect()
    }

    /// Begins a sweep. The last letters of the previous sweep are reset first: otherwise they would
    /// count for this sweep.
    pub(super) async fn start(&mut self, spans: &[Span]) -> Result<(), Error> {
        self.refuse_moved(&self.begin, spans).await?;
        self.claim(spans).await?;
        let nothing = spans.iter().map(|span| (span.key(), 0));
        self.last.write(self.kafka, nothing).await?;
        let begins = spans.iter().map(|span| (span.key(), span.begin));
        self.begin.write(self.kafka, begins).await?;
        let ends = spans.iter().map(|span| (span.key(), span.end));
        self.until.write(self.kafka, ends).await
    }

    /// Checks that no other run has committed an offset in the meantime. Every run commits the last
    /// letter that it has done.
    pub(super) async fn claim(&self, spans: &[Span]) -> Result<(), Error> {
        self.refuse_moved(&self.last, spans).await
    }

    async fn refuse_moved(&self, offsets: &GroupOffsets, spans: &[Span]) -> Result<(), Error> {
        let Some(span) = offsets.moved(self.kafka, spans).await? else { return Ok(()) };
        Err(Error::Group(format!(
            "the offset of group {} in {}-{} was changed: the same replay runs at the same time",
            offsets.name, span.topic, span.partition
        )))
    }

    /// Commits which letters of a sweep were done last.
    pub(super) async fn advance(
        &mut self,
        spans: &[Span],
        last: BTreeMap<usize, i64>,
    ) -> Result<(), Error> {
        // Otherwise two runs that started together would both continue.
        self.claim(spans).await?;
        let moves = last.into_iter().map(|(span, offset)| (spans[span].key(), offset + 1));
        self.last.write(self.kafka, moves).await
    }

    /// Ends a sweep: the next sweep begins at these offsets.
    pub(super) async fn finish(&mut self, spans: &[Span], begin: &[i64]) -> Result<(), Error> {
        self.claim(spans).await?;
        let moves = || spans.iter().map(Span::key).zip(begin.iter().copied());
        self.begin.write(self.kafka, moves()).await?;
        self.until.write(self.kafka, moves()).await
    }
}

fn key(at: &GroupPartition) -> NamedPartition {
    (at.topic.clone(), at.partition)
}
