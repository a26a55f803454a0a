//! Selects the letters that are sorted at once: all letters if possible, otherwise the letters up
//! to a point in time.
//!
//! Letters of one source partition are usually written in its order, so that records keep their
//! order if they are replayed in two sweeps.

use std::time::{SystemTime, UNIX_EPOCH};

use krafka::Kafka;

use super::progress::Span;
use crate::error::Error;
use crate::group;

/// Shortens `spans` to about `most` letters.
///
/// # Errors
/// The broker does not return the offset of a timestamp.
pub(super) async fn cut(
    kafka: &Kafka,
    mut spans: Vec<Span>,
    most: u64,
) -> Result<Vec<Span>, Error> {
    let whole: u64 = spans.iter().map(Span::len).sum();
    if whole <= most {
        return Ok(spans);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (mut early, mut late) = (0, now.as_millis() as i64);
    // A binary search for the time up to which there are about this many letters, to the second.
    while late - early > 1_000 {
        let middle = early + (late - early) / 2;
        let ends = ends(kafka, &spans, middle).await?;
        let count = count(&spans, &ends);
        if (most / 2..=most).contains(&count) {
            return Ok(with_ends(spans, &ends));
        }
        if count > most { late = middle } else { early = middle }
    }
    // All letters have about the same time: take a share of each span.
    for span in &mut spans {
        let share = u128::from(span.len()) * u128::from(most) / u128::from(whole);
        span.end = span.begin + i64::try_from(share).unwrap_or(0).max(i64::from(span.len() > 0));
    }
    Ok(spans)
}

/// For each span the first offset that is not older than `time`, or its end.
async fn ends(kafka: &Kafka, spans: &[Span], time: i64) -> Result<Vec<i64>, Error> {
    let places: Vec<_> = spans.iter().map(|span| (span.topic.as_str(), span.partition)).collect();
    let found = group::offsets_of_time(kafka, &places, time).await?;
    let end = |span: &Span| {
        let found = found.get(&(span.topic.clone(), span.partition));
        found.map_or(span.end, |offset| (*offset).clamp(span.begin, span.end))
    };
    Ok(spans.iter().map(end).collect())
}

fn count(spans: &[Span], ends: &[i64]) -> u64 {
    let lengths = spans.iter().zip(ends).map(|(span, end)| end - span.begin);
    u64::try_from(lengths.sum::<i64>()).unwrap_or(0)
}

fn with_ends(spans: Vec<Span>, ends: &[i64]) -> Vec<Span> {
    let cut = |(span, end): (Span, &i64)| Span { end: *end, ..span };
    spans.into_iter().zip(ends).map(cut).collect()
}
