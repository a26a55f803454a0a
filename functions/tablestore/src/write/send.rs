//! Sends the requests of a batch, several at a time.

use futures_util::{StreamExt, stream};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::batch::Batch;

use crate::endpoint::Endpoint;
use crate::write::answers::Answers;
use crate::write::packer::{Packed, Packer};
use crate::write::plan::{Plan, WriteOptions};

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
    let mut answers = Answers::new(batch.operation, batch.len());
    let at_once = if batch.in_order { 1 } else { options.concurrency };
    send_rows(endpoint, batch, &plan, (0..batch.len()).collect(), at_once, &mut answers).await;
    let absent = answers.take_absent();
    if !absent.is_empty() {
        send_rows(endpoint, batch, &plan.making_rows(), absent, at_once, &mut answers).await;
    }
    Ok(answers)
}

async fn send_rows(
    endpoint: &Endpoint,
    batch: &Batch<'_, '_>,
    plan: &Plan<'_>,
    rows: Vec<usize>,
    at_once: usize,
    answers: &mut Answers,
) {
    let call = |mut packed: Packed| async move {
        if packed.rows.is_empty() {
            return (packed, None);
        }
        let body = std::mem::take(&mut packed.body);
        let answer = endpoint.call("BatchWriteRow", body).await;
        (packed, Some(answer))
    };
    let calls = stream::iter(Packer::new(plan, batch, rows)).map(call).buffer_unordered(at_once);
    let mut calls = std::pin::pin!(calls);
    while let Some((packed, answer)) = calls.next().await {
        answers.add(packed, answer);
        if batch.in_order && answers.has_trouble() {
            break;
        }
    }
}
