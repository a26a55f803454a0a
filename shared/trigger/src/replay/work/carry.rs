//! Sends the letters of a sweep, chunk by chunk. The progress is committed after each chunk.

use std::collections::BTreeMap;

use super::{Carrier, Work};
use crate::error::Error;
use crate::replay::fetch::fetch;
use crate::replay::index::Entry;
use crate::replay::letter::Letter;
use crate::replay::post::Posted;
use crate::replay::progress::Span;
use crate::replay::report::Report;

/// The largest size of a chunk, in bytes.
const BYTES_UNDER_WAY: usize = 4 * 1024 * 1024;
/// The largest size of the letters that are read at once, in bytes: little at first, so that the
/// first letters are sent soon.
const BYTES_HELD: [usize; 2] = [4 * 1024 * 1024, 64 * 1024 * 1024];

impl Work<'_> {
    /// Sends the letters in their order; `false` if it ended before the last one.
    pub(super) async fn carry_all(
        &mut self,
        spans: &[Span],
        mut entries: &[Entry],
        stop: &impl Fn() -> bool,
        tell: &impl Fn(&Report),
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
                    Some(letter) => letters.push((entry.place().0, letter)),
                    None => self.report.vanished += 1,
                }
            }
            let mut letters = letters.as_slice();
            while !letters.is_empty() {
                let sizes = letters.iter().take(self.most).map(|(_, letter)| letter.size());
                let (chunk, behind) = letters.split_at(fitting(sizes, BYTES_UNDER_WAY));
                letters = behind;
                self.carry(spans, chunk).await?;
                tell(&self.report);
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
    async fn carry(&mut self, spans: &[Span], chunk: &[(usize, Letter)]) -> Result<(), Error> {
        self.most = self.under_way();
        let letters: Vec<_> = chunk.iter().map(|(_, letter)| letter.clone()).collect();
        let (done, result) = self.send(&letters).await;
        // For each span the last letter in this order.
        let last = chunk[..done].iter().map(|(span, letter)| (*span, letter.place.offset));
        let last: BTreeMap<usize, i64> = last.collect();
        self.progress.advance(spans, last).await?;
        result
    }

    /// Sends letters. Returns how many of them, from the first on, are done.
    async fn send(&mut self, letters: &[Letter]) -> (usize, Result<(), Error>) {
        match &mut self.carrier {
            Carrier::None => (0, Ok(())),
            Carrier::Post(post) => {
                let (posted, result) = post.send(letters, &self.replay.to).await;
                let done = posted.len();
                self.settle(letters, posted);
                (done, result)
            }
            Carrier::Through(through) => match through.send(letters).await {
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

    fn settle(&mut self, letters: &[Letter], posted: Vec<Posted>) {
        for (letter, posted) in letters.iter().zip(posted) {
            match posted {
                Ok(()) => self.report.replayed += 1,
                Err(reason) => self.report.leave(letter, reason),
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
