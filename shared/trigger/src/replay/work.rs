//! A replay being carried out: chunk by chunk, and past a chunk only when it is dealt with.

use std::collections::HashSet;
use std::sync::Arc;

use krafka::Kafka;
use krafka::consumer::ConsumerRecord;

use super::letter::{self, Letter};
use super::post::Post;
use super::progress::Progress;
use super::report::Report;
use super::sort::{Fate, Sorter};
use super::through::Through;
use super::{Replay, To};
use crate::error::Error;
use crate::group::{Group, Standing};
use crate::observer::Observer;
use crate::reader::Reader;

/// Records under way to a topic before all of them are waited for.
const UNDER_WAY: usize = 1_000;
/// Bytes of letters under way.
const BYTES_UNDER_WAY: usize = 4 * 1024 * 1024;

/// What takes letters to where they go.
enum Carrier<'r> {
    None,
    Post(Box<Post<'r>>),
    Through(Box<Through>),
}

pub(super) struct Work<'r> {
    replay: &'r Replay,
    progress: Progress<'r>,
    carrier: Carrier<'r>,
    sorter: Sorter<'r>,
    report: Report,
    /// Letters to replay, all from one partition.
    chunk: Vec<Letter>,
    bytes: usize,
    /// Records of a chunk.
    most: usize,
}

impl<'r> Work<'r> {
    pub(super) async fn start(
        replay: &'r Replay,
        kafka: &'r Kafka,
        group: &'r Group,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, Error> {
        let progress = Progress::new(kafka, group)?;
        let carrier = match &replay.to {
            _ if !replay.execute => Carrier::None,
            To::Function(config) => {
                let (config, retries) = (config.clone(), replay.retries);
                let through = Through::start(config, &replay.bootstrap, retries, observer).await?;
                Carrier::Through(Box::new(through))
            }
            To::Source | To::Topic(_) => Carrier::Post(Box::new(Post::open(kafka).await?)),
        };
        let sorter = Sorter {
            filter: &replay.filter,
            replayed: replay.replayed,
            to: &replay.to,
            from: &replay.from,
            seen: HashSet::new(),
        };
        let report = Report::new(&replay.group, replay.execute, replay.replayed);
        let mut work = Self {
            replay,
            progress,
            carrier,
            sorter,
            report,
            chunk: Vec::new(),
            bytes: 0,
            most: 0,
        };
        // Two runs of the same replay in step would commit the same offsets and not notice.
        work.most = fastrand::usize(1..=work.under_way());
        Ok(work)
    }

    /// Records that may be under way.
    fn under_way(&self) -> usize {
        match self.carrier {
            Carrier::Through(_) => self.replay.batch_size,
            _ => UNDER_WAY,
        }
    }

    pub(super) async fn read_all(
        &mut self,
        kafka: &Kafka,
        group: &Group,
        stop: impl Fn() -> bool,
        tell: impl Fn(&Report),
    ) -> Result<(), Error> {
        for at in &group.places {
            self.report.done_before += u64::try_from(self.begin(at) - at.start).unwrap_or(0);
        }
        for at in &group.places {
            let begin = self.begin(at);
            if begin >= at.end {
                continue;
            }
            let place = (at.topic.as_str(), at.partition);
            let reader = Reader::open(kafka, place, begin, at.end).await?;
            let goes_on = self.read(&reader, &stop, &tell).await?;
            reader.close().await;
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// Where to begin. An offset that is out of the partition is of a topic that was made anew.
    fn begin(&self, at: &Standing) -> i64 {
        let known = at.committed.filter(|_| !self.replay.again);
        known.filter(|offset| (at.start..=at.end).contains(offset)).unwrap_or(at.start)
    }

    /// Replays one partition's letters; `false` if that was the last of it all.
    async fn read(
        &mut self,
        reader: &Reader,
        stop: impl Fn() -> bool,
        tell: impl Fn(&Report),
    ) -> Result<bool, Error> {
        loop {
            let records = reader.next().await?;
            let at_end = records.is_empty();
            for record in &records {
                self.take(record);
                let is_enough = self.is_enough();
                if self.is_full() || is_enough {
                    self.carry().await?;
                    tell(&self.report);
                }
                if is_enough || self.report.given_back.is_some() {
                    return Ok(false);
                }
                if self.chunk.is_empty() && stop() {
                    self.report.interrupted = true;
                    return Ok(false);
                }
            }
            self.report.interrupted = !at_end && stop();
            if at_end || self.report.interrupted {
                self.carry().await?;
                tell(&self.report);
                return Ok(at_end && self.report.given_back.is_none());
            }
        }
    }

    fn take(&mut self, record: &ConsumerRecord) {
        let letters = letter::read(record);
        if letters.is_empty() {
            self.report.not_letters += 1;
        }
        for letter in letters {
            let fate = self.sorter.sort(&letter);
            self.report.count(&letter, &fate);
            if fate == Fate::Selected {
                self.bytes += letter.size();
                self.chunk.push(letter);
            }
        }
    }

    fn is_enough(&self) -> bool {
        self.replay.limit.is_some_and(|limit| self.report.selected >= limit)
    }

    fn is_full(&self) -> bool {
        self.chunk.len() >= self.most || self.bytes >= BYTES_UNDER_WAY
    }

    /// Replays the chunk, and then moves past what is dealt with.
    async fn carry(&mut self) -> Result<(), Error> {
        let letters = std::mem::take(&mut self.chunk);
        self.bytes = 0;
        let (Some(first), Some(last)) = (letters.first(), letters.last()) else { return Ok(()) };
        if matches!(self.carrier, Carrier::None) {
            return Ok(());
        }
        self.most = self.under_way();
        let (topic, partition) = (&first.place.topic, first.place.partition);
        self.progress.claim(topic, partition).await?;
        let (done, result) = self.send(&letters).await;
        let stays = letters.get(done).map(|letter| letter.place.offset);
        self.progress.advance(topic, partition, stays.unwrap_or(last.place.offset + 1)).await?;
        result
    }

    /// Sends letters. Returns how many of them, from the first on, are dealt with.
    async fn send(&mut self, letters: &[Letter]) -> (usize, Result<(), Error>) {
        let all = letters.len();
        let (replayed, done, result) = match &mut self.carrier {
            Carrier::None => (0, 0, Ok(())),
            Carrier::Post(post) => {
                let (sent, result) = post.send(letters, &self.replay.to).await;
                (sent, sent, result)
            }
            Carrier::Through(through) => match through.send(letters).await {
                Ok(()) => (all, all, Ok(())),
                Err(stays) => {
                    self.report.given_back = Some((stays.count as u64, stays.reason));
                    (all - stays.count, stays.first, Ok(()))
                }
            },
        };
        self.report.replayed += replayed as u64;
        (done, result)
    }

    /// Ends what carried the letters; `done` is how the reading ended.
    pub(super) async fn close(mut self, done: Result<(), Error>) -> Report {
        let closed = match self.carrier {
            Carrier::None => Ok(()),
            Carrier::Post(post) => post.close().await,
            Carrier::Through(through) => {
                self.report.outcome = Some(through.stop().await);
                Ok(())
            }
        };
        self.report.failure = done.and(closed).err().map(|error| error.to_string());
        self.report
    }
}
