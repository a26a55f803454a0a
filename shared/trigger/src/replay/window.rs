//! How much is put in order at once: all letters if they fit, otherwise those up to a point in time.
//!
//! Letters of one source partition are written in its order as a rule, so that a cut by time leaves
//! records in order that are replayed in two sweeps.

use std::time::{SystemTime, UNIX_EPOCH};

use krafka::Kafka;

use super::progress::Span;
use crate::error::Error;
use crate::group;

/// The beginnings of `spans`: at most `most` letters, or a few more.
///
/// # Errors
/// The broker does not say where a time is.
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
    // The times between which so many are: a second apart is near enough.
    while late - early > 1_000 {
        let middle = early + (late - early) / 2;
        let ends = ends(kafka, &spans, middle).await?;
        let count = count(&spans, &ends);
        if (most / 2..=most).contains(&count) {
            return Ok(with_ends(spans, &ends));
        }
        if count > most { late = middle } else { early = middle }
    }
    // All at the same time: a share of each.
    for span in &mut spans {
        let share = u128::from(span.len()) * u128::from(most) / u128::from(whole);
        span.end = span.begin + i64::try_from(share).unwrap_or(0).max(i64::from(span.len() > 0));
    }
    Ok(spans)
}

/// The first offset of each span that is not older than `time`, or its end.
async fn ends(kafka: &Kafka, spans: &[Span], time: i64) -> Result<Vec<i64>, Error> {
    let places: Vec<_> = spans.iter().map(|span| (span.topic.as_str(), span.partition)).collect();
    let found = group::since(kafka, &places, time).await?;
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
