//! Sends the requests of a batch, several at a time.

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::batch::Batch;
use tokio::task::yield_now;

use crate::endpoint::Endpoint;
use crate::wire::series::MetaUpdate;
use crate::write::answers::{Answers, ROWS};
use crate::write::packer::{Packed, Packer};
use crate::write::plan::{Plan, WriteOptions};
use crate::write::points::{POINTS, PointPacker};

/// Writes a batch, and returns when every request has ended. No two rows of it have one key, so requests may
/// overtake each other, unless the batch is in order: then each waits for the one before, and none follows one
/// that failed.
///
/// # Errors
/// As [`Plan::of`]; nothing was sent.
pub(crate) async fn send(
    endpoint: &Endpoint,
    batch: &Batch<'_, '_>,
    options: WriteOptions,
) -> Result<Answers, SinkError> {
    let plan = Plan::of(batch, options, endpoint.now())?;
    let mut answers = Answers::new(batch.operation, batch.len(), ROWS);
    let line = Line::of(endpoint, batch, "BatchWriteRow", options.concurrency);
    let requests = Packer::new(&plan, batch, (0..batch.len()).collect());
    line.send(requests, &mut answers).await;
    let absent = answers.take_absent();
    if !absent.is_empty() {
        let plan = plan.making_rows();
        line.send(Packer::new(&plan, batch, absent), &mut answers).await;
    }
    Ok(answers)
}

/// Writes a batch of points, as [`send`] writes rows.
///
/// # Errors
/// As [`PointPacker::new`]; nothing was sent.
pub(crate) async fn send_points(
    endpoint: &Endpoint,
    batch: &Batch<'_, '_>,
    update: MetaUpdate,
    options: WriteOptions,
) -> Result<Answers, SinkError> {
    let requests = PointPacker::new(batch, update)?;
    let mut answers = Answers::new(batch.operation, batch.len(), POINTS);
    let line = Line::of(endpoint, batch, "PutTimeseriesData", options.concurrency);
    line.send(requests, &mut answers).await;
    Ok(answers)
}

/// How the requests of a batch are sent.
struct Line<'l> {
    endpoint: &'l Endpoint,
    operation: &'static str,
    at_once: usize,
    /// Whether none follows one that failed.
    in_order: bool,
}

impl<'l> Line<'l> {
    fn of(
        endpoint: &'l Endpoint,
        batch: &Batch<'_, '_>,
        operation: &'static str,
        concurrency: usize,
    ) -> Self {
        let at_once = if batch.in_order { 1 } else { concurrency };
        Self { endpoint, operation, at_once, in_order: batch.in_order }
    }

    async fn send(&self, mut requests: impl Iterator<Item = Packed>, answers: &mut Answers) {
        let call = |mut packed: Packed| async move {
            if packed.rows.is_empty() {
                return (packed, None);
            }
            let body = std::mem::take(&mut packed.body);
            let answer = self.endpoint.call(self.operation, body).await;
            (packed, Some(answer))
        };
        let mut calls = FuturesUnordered::new();
        loop {
            let next = if calls.len() < self.at_once { requests.next() } else { None };
            let ended = match next {
                Some(packed) => {
                    calls.push(call(packed));
                    let ended = calls.next().now_or_never().flatten();
                    // The request is on its way while the next one is packed.
                    yield_now().await;
                    ended
                }
                None => match calls.next().await {
                    Some(ended) => Some(ended),
                    None => break,
                },
            };
            let Some((packed, answer)) = ended else { continue };
            answers.add(packed, answer);
            if self.in_order && answers.has_trouble() {
                break;
            }
        }
    }
}
