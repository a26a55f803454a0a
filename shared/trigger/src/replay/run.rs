//! Runs a replay: sweep by sweep, and each sweep in the order of its records.
//!
//! A sweep reads its letters twice: first only their positions, then, sorted and in parts, their
//! records. Its progress includes a letter only once the letter is done.

use std::sync::Arc;

use krafka::Kafka;

use super::function_sender::FunctionSender;
use super::index::Index;
use super::letter;
use super::progress::{ReplayProgress, Span};
use super::report::ReplayReport;
use super::select::{Decision, Selector};
use super::settings::{Replay, ReplayTarget};
use super::topic_sender::TopicSender;
use super::window;
use crate::error::Error;
use crate::group::Group;
use crate::kafka::reader::Reader;
use crate::observer::Observer;

mod send;

/// The number of records that are sent to a topic before the progress is committed.
const IN_FLIGHT: usize = 1_000;

/// The sender of letters.
enum LetterSender<'r> {
    None,
    Topic(Box<TopicSender<'r>>),
    Function(Box<FunctionSender>),
}

pub(super) struct ReplayRun<'r> {
    replay: &'r Replay,
    kafka: &'r Kafka,
    progress: ReplayProgress<'r>,
    sender: LetterSender<'r>,
    selector: Selector<'r>,
    report: ReplayReport,
    /// The largest number of records in the next chunk.
    most: usize,
}

impl<'r> ReplayRun<'r> {
    pub(super) async fn start(
        replay: &'r Replay,
        kafka: &'r Kafka,
        group: &'r Group,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, Error> {
        let progress = ReplayProgress::new(kafka, group).await?;
        let sender = match &replay.to {
            _ if !replay.execute => LetterSender::None,
            ReplayTarget::Function(config) => {
                let (config, retries) = (config.clone(), replay.retries);
                let sender =
                    FunctionSender::start(config, &replay.bootstrap, retries, observer).await?;
                LetterSender::Function(Box::new(sender))
            }
            ReplayTarget::Source | ReplayTarget::Topic(_) => {
                LetterSender::Topic(Box::new(TopicSender::open(kafka, &replay.bootstrap).await?))
            }
        };
        let selector = Selector {
            filter: &replay.filter,
            replayed: replay.replayed,
            to: &replay.to,
            from: &replay.from,
        };
        let report = ReplayReport::new(&replay.group, replay.execute, replay.replayed);
        let mut run = Self { replay, kafka, progress, sender, selector, report, most: 0 };
        // Two runs of the same replay that commit the same offsets would not notice each other, so
        // the first chunk has a random size.
        run.most = fastrand::usize(1..=run.chunk_size());
        Ok(run)
    }

    /// The largest number of records in a chunk.
    fn chunk_size(&self) -> usize {
        match self.sender {
            LetterSender::Function(_) => self.replay.batch_size,
            _ => IN_FLIGHT,
        }
    }

    pub(super) async fn read_all(
        &mut self,
        group: &Group,
        stop: impl Fn() -> bool,
        report_progress: impl Fn(&ReplayReport),
    ) -> Result<(), Error> {
        let mut rest = self.rest(group);
        // A sweep that an earlier run has started is finished first.
        let unfinished = match self.replay.again {
            true => Vec::new(),
            false => self.progress.unfinished(&group.partitions),
        };
        if !unfinished.is_empty() {
            if !self.sweep(&unfinished, true, &stop, &report_progress).await? {
                return Ok(());
            }
            pass(&mut rest, &unfinished);
        }
        while rest.iter().any(|span| span.len() > 0) {
            let spans = window::cut(self.kafka, rest.clone(), self.replay.window).await?;
            let spans: Vec<_> = spans.into_iter().filter(|span| span.len() > 0).collect();
            if !self.sweep(&spans, false, &stop, &report_progress).await? {
                return Ok(());
            }
            pass(&mut rest, &spans);
        }
        Ok(())
    }

    /// All letters that earlier runs have not done.
    fn rest(&mut self, group: &Group) -> Vec<Span> {
        let mut rest = Vec::new();
        for at in &group.partitions {
            let begin = if self.replay.again { at.start } else { self.progress.begin(at) };
            self.report.done_before += u64::try_from(begin - at.start).unwrap_or(0);
            let (topic, partition, end) = (at.topic.clone(), at.partition, at.end);
            rest.push(Span { topic, partition, begin, end, last: None });
        }
        rest
    }

    /// Replays a range of each partition; `false` if the replay ends here.
    async fn sweep(
        &mut self,
        spans: &[Span],
        goes_on: bool,
        stop: &impl Fn() -> bool,
        report_progress: &impl Fn(&ReplayReport),
    ) -> Result<bool, Error> {
        let mut index = Index::default();
        for (number, span) in spans.iter().enumerate() {
            if !self.scan(number, span, &mut index, stop).await? {
                return Ok(false);
            }
            report_progress(&self.report);
        }
        let ends = index.ends(spans.len());
        let taken = index.arrange();
        let later = self.limit(&mut index);
        self.report.count_sweep(&index, &taken, later);
        report_progress(&self.report);
        let is_whole = later == 0;
        // Nothing is committed if no letter is selected.
        if matches!(self.sender, LetterSender::None) || ends.iter().all(Option::is_none) {
            return Ok(is_whole);
        }
        match goes_on {
            true => self.progress.claim(spans).await?,
            false => self.progress.start(spans).await?,
        }
        if !self.send_all(spans, &index.entries, stop, report_progress).await? {
            return Ok(false);
        }
        if is_whole {
            let ends: Vec<_> =
                spans.iter().zip(ends).map(|(span, end)| end.unwrap_or(span.begin)).collect();
            self.progress.finish(spans, &ends).await?;
        }
        Ok(is_whole)
    }

    /// Reads the positions of the letters of a span; `false` if the replay is to stop.
    async fn scan(
        &mut self,
        number: usize,
        span: &Span,
        index: &mut Index,
        stop: &impl Fn() -> bool,
    ) -> Result<bool, Error> {
        let partition = (span.topic.as_str(), span.partition);
        let reader = Reader::open(self.kafka, partition, span.begin, span.end).await?;
        loop {
            let records = reader.next().await?;
            if records.is_empty() || stop() {
                self.report.interrupted = !records.is_empty();
                reader.close().await;
                return Ok(!self.report.interrupted);
            }
            for record in &records {
                let letters = letter::read(record);
                if letters.is_empty() {
                    self.report.not_letters += 1;
                }
                for (nth, letter) in letters.iter().enumerate() {
                    if span.last == Some(record.offset) {
                        index.set_last(number, nth, letter);
                    }
                    match self.selector.decide(letter) {
                        Decision::Selected => index.add(number, nth, letter),
                        decision => self.report.count(letter, &decision),
                    }
                }
            }
        }
    }

    /// Keeps the letters up to the limit. Returns how many it removes.
    fn limit(&self, index: &mut Index) -> usize {
        let Some(limit) = self.replay.limit else { return 0 };
        let most = usize::try_from(limit.saturating_sub(self.report.selected));
        let before = index.entries.len();
        index.entries.truncate(most.unwrap_or(usize::MAX));
        before - index.entries.len()
    }

    /// Closes the sender; `done` is the result of the replay.
    pub(super) async fn close(mut self, done: Result<(), Error>) -> ReplayReport {
        let closed = match self.sender {
            LetterSender::None => Ok(()),
            LetterSender::Topic(sender) => sender.close().await,
            LetterSender::Function(sender) => {
                self.report.outcome = Some(sender.stop().await);
                Ok(())
            }
        };
        self.report.failure = done.and(closed).err().map(|error| error.to_string());
        self.report
    }
}

/// Removes the spans that are done from the rest.
fn pass(rest: &mut [Span], done: &[Span]) {
    for span in done {
        let is_it =
            |other: &&mut Span| (&other.topic, other.partition) == (&span.topic, span.partition);
        if let Some(other) = rest.iter_mut().find(is_it) {
            other.begin = other.begin.max(span.end);
        }
    }
}
