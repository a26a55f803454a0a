//! Invokes a source again and again, until it must stop.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use sluice_trigger::{Failure, FailureKind, Observer, Platform, RepeatedFunction};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::connector::Schedule;

/// A source only reads what a check invokes it with.
const EVENT: &[u8] = b"{}";

/// Invokes the source until `stopped` is true, and then lets the invocation that runs come to its end. What goes wrong in
/// an invocation stands in the source's own log line, and the next one goes on.
///
/// # Errors
/// The function does not start, or it is no source.
pub(super) async fn poll(
    schedule: &Schedule,
    observer: Arc<dyn Observer>,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let mut function =
        RepeatedFunction::new(schedule.function.clone(), Platform::default(), observer);
    let ended = loop {
        let next = Instant::now() + schedule.every;
        if let Some(failure) = of_the_function(function.invoke(Bytes::from_static(EVENT)).await) {
            break Err(failure);
        }
        tokio::select! {
            () = sleep_until(next) => {}
            // The sender lives as long as the process.
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
        if *stopped.borrow() {
            break Ok(());
        }
    };
    function.stop().await;
    ended
}

/// What another invocation does not make better.
fn of_the_function(answer: Result<Bytes, Failure>) -> Option<Failure> {
    match answer {
        Ok(answer) => {
            let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
            answer["done"].is_null().then(|| Failure {
                kind: FailureKind::Error,
                message: "its answer is not that of a source: remove poll-interval".to_owned(),
            })
        }
        Err(failure) => (failure.kind == FailureKind::Init).then_some(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_that_fails_is_followed_by_the_next_one() {
        let failed = |kind| Err(Failure { kind, message: "m".to_owned() });
        for kind in [FailureKind::Error, FailureKind::Timeout, FailureKind::Crash] {
            assert_eq!(of_the_function(failed(kind)), None);
        }
        assert!(of_the_function(failed(FailureKind::Init)).is_some());
        let answered =
            |text: &'static str| of_the_function(Ok(Bytes::from_static(text.as_bytes())));
        assert_eq!(answered(r#"{"rows":1,"done":false}"#), None);
        let told = answered(r#"{"batchItemFailures":[]}"#).expect("a sink");
        assert!(told.message.contains("not that of a source"), "{told}");
    }
}
