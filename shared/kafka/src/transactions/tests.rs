//! What the errors of a transaction mean.

use super::told as told_of;
use super::*;

#[tokio::test(start_paused = true)]
async fn an_epoch_that_is_over_is_no_failure() {
    let begun = Instant::now();
    let told = |error: KrafkaError| {
        told_of(&error, Some(begun), |e| SendError::Unavailable(e.to_string()))
    };
    let over = "must be aborted: a send failed: InvalidProducerEpoch";
    for error in [
        KrafkaError::fenced("x"),
        KrafkaError::broker(ErrorCode::ProducerFenced, "x"),
        KrafkaError::broker(ErrorCode::InvalidProducerEpoch, "x"),
        KrafkaError::transaction_abortable(over),
    ] {
        assert_eq!(told(error), TransactionError::Superseded);
    }
    let other = told(KrafkaError::transaction_abortable("must be aborted: MessageTooLarge"));
    assert!(matches!(other, TransactionError::Failed(_)), "{other}");
    tokio::time::advance(TRANSACTION_TIMEOUT).await;
    let slow = told(KrafkaError::fenced("x")).to_string();
    assert!(slow.contains("took longer than 60 s"), "{slow}");
}
