//! How far a replay has come: offsets committed for three groups that nobody joins.
//!
//! Letters are replayed in the order of their records, so that one offset for each partition of
//! letters does not say how far a replay is. A sweep is a stretch of every partition that is put in
//! order and replayed. The replay's own group holds where the next sweep begins, `NAME.until` where
//! the sweep under way ends, and `NAME.last` the letter of each partition that was dealt with last.
//! Two runs of the same replay at the same time are noticed by what the other has committed.

use std::collections::BTreeMap;

use krafka::Kafka;

use crate::error::Error;
use crate::group::{self, Group, Move, Place, Standing, committed};

/// A stretch of one partition of letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) begin: i64,
    /// The offset behind its last letter.
    pub(super) end: i64,
    /// The letter of a sweep under way that was dealt with last.
    pub(super) last: Option<i64>,
}

impl Span {
    fn place(&self) -> Place {
        (self.topic.clone(), self.partition)
    }

    /// How many offsets it has.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.end - self.begin).unwrap_or(0)
    }
}

/// What one group has committed, as far as this run knows.
struct Book {
    name: String,
    offsets: BTreeMap<Place, i64>,
}

impl Book {
    async fn read(kafka: &Kafka, name: String) -> Result<Self, Error> {
        let offsets = committed(kafka, &name).await?;
        Ok(Self { name, offsets })
    }

    async fn write(
        &mut self,
        kafka: &Kafka,
        to: impl Iterator<Item = (Place, i64)>,
    ) -> Result<(), Error> {
        let news = to.filter(|(place, to)| self.offsets.get(place) != Some(to));
        let moves: Vec<_> = news
            .map(|((topic, partition), to)| Move { topic, partition, from: None, to })
            .collect();
        if moves.is_empty() {
            return Ok(());
        }
        group::carry_out(kafka, &self.name, &moves).await?;
        let moved = moves.into_iter().map(|step| ((step.topic, step.partition), step.to));
        self.offsets.extend(moved);
        Ok(())
    }

    /// The first place of `spans` for which the group has something else now.
    async fn moved<'s>(&self, kafka: &Kafka, spans: &'s [Span]) -> Result<Option<&'s Span>, Error> {
        let now = committed(kafka, &self.name).await?;
        let differs = |span: &&Span| {
            let place = span.place();
            now.get(&place) != self.offsets.get(&place)
        };
        Ok(spans.iter().find(differs))
    }
}

pub(super) struct Progress<'k> {
    kafka: &'k Kafka,
    begin: Book,
    until: Book,
    last: Book,
}

impl<'k> Progress<'k> {
    /// Takes the place of a group without members.
    pub(super) async fn new(kafka: &'k Kafka, group: &Group) -> Result<Self, Error> {
        if group.is_active() {
            return Err(Error::Group(format!(
                "group {} has members: it belongs to somebody else, name another with --group",
                group.name
            )));
        }
        Ok(Self {
            kafka,
            begin: Book::read(kafka, group.name.clone()).await?,
            until: Book::read(kafka, format!("{}.until", group.name)).await?,
            last: Book::read(kafka, format!("{}.last", group.name)).await?,
        })
    }

    /// Where to begin in a partition. An offset beyond its end is of a topic that was made again.
    pub(super) fn begin(&self, at: &Standing) -> i64 {
        let known = self.begin.offsets.get(&place(at));
        let known = known.copied().filter(|offset| (at.start..=at.end).contains(offset));
        known.unwrap_or(at.start)
    }

    /// What is left of the sweep that an earlier run has not ended; empty if there is none.
    pub(super) fn under_way(&self, places: &[Standing]) -> Vec<Span> {
        let span = |at: &Standing| {
            let end = *self.until.offsets.get(&place(at))?;
            let last = self.last.offsets.get(&place(at)).map(|next| next - 1);
            let (topic, partition, begin) = (at.topic.clone(), at.partition, self.begin(at));
            let last = last.filter(|last| *last >= 0);
            (begin < end && end <= at.end).then_some(Span { topic, partition, begin, end, last })
        };
        places.iter().filter_map(span).collect()
    }

    /// Begins a sweep. What was dealt with in the last one is forgotten first: otherwise it would
    /// count for letters of this one.
    pub(super) async fn start(&mut self, spans: &[Span]) -> Result<(), Error> {
        self.refuse_moved(&self.begin, spans).await?;
        self.claim(spans).await?;
        let nothing = spans.iter().map(|span| (span.place(), 0));
        self.last.write(self.kafka, nothing).await?;
        let begins = spans.iter().map(|span| (span.place(), span.begin));
        self.begin.write(self.kafka, begins).await?;
        let ends = spans.iter().map(|span| (span.place(), span.end));
        self.until.write(self.kafka, ends).await
    }

    /// Makes sure that nobody else has moved on since. A run that has ended meanwhile has left the
    /// last letter that it dealt with.
    pub(super) async fn claim(&self, spans: &[Span]) -> Result<(), Error> {
        self.refuse_moved(&self.last, spans).await
    }

    async fn refuse_moved(&self, book: &Book, spans: &[Span]) -> Result<(), Error> {
        let Some(span) = book.moved(self.kafka, spans).await? else { return Ok(()) };
        Err(Error::Group(format!(
            "group {} has moved in {}-{} meanwhile: the same replay runs elsewhere",
            book.name, span.topic, span.partition
        )))
    }

    /// Commits which letters of a sweep were dealt with last.
    pub(super) async fn advance(
        &mut self,
        spans: &[Span],
        last: BTreeMap<usize, i64>,
    ) -> Result<(), Error> {
        // Two that began together would otherwise go on side by side.
        self.claim(spans).await?;
        let moves = last.into_iter().map(|(span, offset)| (spans[span].place(), offset + 1));
        self.last.write(self.kafka, moves).await
    }

    /// Ends a sweep: the next one begins at these offsets.
    pub(super) async fn finish(&mut self, spans: &[Span], begin: &[i64]) -> Result<(), Error> {
        self.claim(spans).await?;
        let moves = || spans.iter().map(Span::place).zip(begin.iter().copied());
        self.begin.write(self.kafka, moves()).await?;
        self.until.write(self.kafka, moves()).await
    }
}

fn place(at: &Standing) -> Place {
    (at.topic.clone(), at.partition)
}
