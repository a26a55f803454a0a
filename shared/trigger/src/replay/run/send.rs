//! Sends the letters of a sweep, chunk by chunk. The progress is committed after each chunk.

use std::collections::BTreeMap;

use super::{LetterSender, ReplayRun};
use crate::error::Error;
use crate::replay::fetch::fetch;
use crate::replay::index::Entry;
use crate::replay::letter::Letter;
use crate::replay::progress::Span;
use crate::replay::report::ReplayReport;
use crate::replay::topic_sender::SendResult;

/// The largest size of a chunk, in bytes.
const BYTES_IN_FLIGHT: usize = 4 * 1024 * 1024;
/// The largest size of the letters that are read at once, in bytes: little at first, so that the
/// first letters are sent soon.
const BYTES_HELD: [usize; 2] = [4 * 1024 * 1024, 64 * 1024 * 1024];

impl ReplayRun<'_> {
    /// Sends the letters in their order; `false` if it ended before the last one.
    pub(super) async fn send_all(
        &mut self,
        spans: &[Span],
        mut entries: &[Entry],
        stop: &impl Fn() -> bool,
        report_progress: &impl Fn(&ReplayReport),
    ) -> Result<bool, Error> {
        let [mut most, then] = BYTES_HELD;
        while !entries.is_empty() {
            let held = fitting(entries.iter().map(|entry| entry.size as usize), most);
            most = then;
            let (now, behind) = entries.split_at(held);
            entries = behind;
            let mut letters = Vec::with_capacity(now.len());
            for (entry, letter) in now.iter().zip(fetch(self.kafka, spans, now).await?) {
                match letter {
                    Some(letter) => letters.push((entry.location().0, letter)),
                    None => self.report.vanished += 1,
                }
            }
            let mut letters = letters.as_slice();
            while !letters.is_empty() {
                let sizes = letters.iter().take(self.most).map(|(_, letter)| letter.size());
                let (chunk, behind) = letters.split_at(fitting(sizes, BYTES_IN_FLIGHT));
                letters = behind;
                self.send_chunk(spans, chunk).await?;
                report_progress(&self.report);
                if self.report.given_back.is_some() {
                    return Ok(false);
                }
                let is_last = letters.is_empty() && entries.is_empty();
                if !is_last && stop() {
                    self.report.interrupted = true;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Sends a chunk, and then commits the progress.
    async fn send_chunk(&mut self, spans: &[Span], chunk: &[(usize, Letter)]) -> Result<(), Error> {
        self.most = self.chunk_size();
        let letters: Vec<_> = chunk.iter().map(|(_, letter)| letter.clone()).collect();
        let (done, result) = self.send(&letters).await;
        // For each span the last letter in this order.
        let last = chunk[..done].iter().map(|(span, letter)| (*span, letter.position.offset));
        let last: BTreeMap<usize, i64> = last.collect();
        self.progress.advance(spans, last).await?;
        result
    }

    /// Sends letters. Returns how many of them, from the first on, are done.
    async fn send(&mut self, letters: &[Letter]) -> (usize, Result<(), Error>) {
        match &mut self.sender {
            LetterSender::None => (0, Ok(())),
            LetterSender::Topic(sender) => {
                let (results, result) = sender.send(letters, &self.replay.to).await;
                let done = results.len();
                self.settle(letters, results);
                (done, result)
            }
            LetterSender::Function(sender) => match sender.send(letters).await {
                Ok(()) => {
                    self.report.replayed += letters.len() as u64;
                    (letters.len(), Ok(()))
                }
                Err(stays) => {
                    self.report.replayed += (letters.len() - stays.count) as u64;
                    self.report.given_back = Some((stays.count as u64, stays.reason));
                    (stays.first, Ok(()))
                }
            },
        }
    }

    fn settle(&mut self, letters: &[Letter], results: Vec<SendResult>) {
        for (letter, result) in letters.iter().zip(results) {
            match result {
                Ok(()) => self.report.replayed += 1,
                Err(reason) => self.report.refuse(letter, reason),
            }
        }
    }
}

/// How many of these sizes, from the first on, are at most `most` together; at least one.
fn fitting(sizes: impl Iterator<Item = usize>, most: usize) -> usize {
    let mut bytes = 0;
    let fits = |size: &usize| {
        bytes += size;
        bytes <= most
    };
    sizes.take_while(fits).count().max(1)
}
