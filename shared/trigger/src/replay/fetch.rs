//! Reads the letters of an index by their offsets, in the order of the index.

use std::collections::BTreeMap;

use krafka::Kafka;

use super::index::Entry;
use super::letter::{self, Letter};
use super::progress::Span;
use crate::error::Error;
use crate::kafka::reader::Reader;

/// A gap of up to this many offsets is read too, because a new request would cost more.
const GAP: i64 = 2_000;

/// Reads the letters of `entries`, in this order; `None` for a letter that was deleted meanwhile.
pub(super) async fn fetch(
    kafka: &Kafka,
    spans: &[Span],
    entries: &[Entry],
) -> Result<Vec<Option<Letter>>, Error> {
    let mut wanted: BTreeMap<(usize, i64), Vec<(usize, usize)>> = BTreeMap::new();
    for (position, entry) in entries.iter().enumerate() {
        let (span, at, nth) = entry.location();
        wanted.entry((span, at)).or_default().push((nth, position));
    }
    let mut found: Vec<Option<Letter>> = vec![None; entries.len()];
    for (span, first, last) in runs(wanted.keys().copied()) {
        let partition = (spans[span].topic.as_str(), spans[span].partition);
        let reader = Reader::open(kafka, partition, first, last + 1).await?;
        loop {
            let records = reader.next().await?;
            if records.is_empty() {
                break;
            }
            for record in &records {
                let Some(letters) = wanted.get(&(span, record.offset)) else { continue };
                let read = letter::read(record);
                for (nth, position) in letters {
                    found[*position] = read.get(*nth).cloned().map(Letter::detached);
                }
            }
        }
        reader.close().await;
    }
    Ok(found)
}

/// Ranges of offsets that are read at once: the span, the first and the last offset of each.
fn runs(places: impl Iterator<Item = (usize, i64)>) -> Vec<(usize, i64, i64)> {
    let mut runs: Vec<(usize, i64, i64)> = Vec::new();
    for (span, at) in places {
        match runs.last_mut() {
            Some((known, _, last)) if *known == span && at - *last <= GAP => *last = at,
            _ => runs.push((span, at, at)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_a_gap_and_at_another_span() {
        let places = [(0, 3), (0, 4), (0, 4 + GAP), (0, 5 + 2 * GAP), (1, 6 + 2 * GAP)];
        let expected =
            [(0, 3, 4 + GAP), (0, 5 + 2 * GAP, 5 + 2 * GAP), (1, 6 + 2 * GAP, 6 + 2 * GAP)];
        assert_eq!(runs(places.into_iter()), expected);
    }
}
