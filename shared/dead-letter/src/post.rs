//! Letters on their way: every one acknowledged, or none counts.

use std::fmt;

use sluice_kafka::{Message, Producer, SendError};
use tokio::time::Instant;

use crate::letter::{without_timestamp, without_value};

/// Not every letter was acknowledged: their records, and so the whole batch, are given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// How many letters are missing.
    pub count: usize,
    /// Why the first of them is.
    pub error: SendError,
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the letters could not be sent: {}", self.count, self.error)
    }
}

impl std::error::Error for Unsent {}

/// Sends letters and waits for every acknowledgement. A letter too large for its topic is
/// sent again without its value, one that the topic refuses without its timestamp.
///
/// # Errors
/// Some letter was not acknowledged by the deadline. Others may have been; sent again, they
/// are known by their coordinates.
pub async fn post<P: Producer>(
    producer: &mut P,
    letters: &[Message],
    deadline: Instant,
) -> Result<(), Unsent> {
    let mut again = Vec::new();
    let mut unsent: Option<Unsent> = None;
    for (letter, result) in letters.iter().zip(producer.send(letters, deadline).await) {
        match result {
            Ok(()) => {}
            Err(SendError::TooLarge(_)) if letter.value.is_some() => {
                again.push(without_value(letter));
            }
            Err(SendError::Refused(_)) if letter.timestamp.is_some() => {
                again.push(without_timestamp(letter));
            }
            Err(error) => unsent.get_or_insert(Unsent { count: 0, error }).count += 1,
        }
    }
    if !again.is_empty() && unsent.is_none() {
        let results = producer.send(&again, deadline).await;
        let errors: Vec<SendError> = results.into_iter().filter_map(Result::err).collect();
        let count = errors.len();
        unsent = errors.into_iter().next().map(|error| Unsent { count, error });
    }
    unsent.map_or(Ok(()), Err)
}
