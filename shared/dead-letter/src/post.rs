//! Sends letters: either all are acknowledged, or the whole batch is given back.

use std::borrow::Cow;
use std::fmt;

use sluice_kafka::{Message, Producer, SendError};
use tokio::time::Instant;

use crate::letter::{without_original, without_value};

/// Not every letter was acknowledged: all records of the batch are given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// How many letters were not acknowledged.
    pub count: usize,
    /// Why the first of them was not.
    pub error: SendError,
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the letters could not be sent: {}", self.count, self.error)
    }
}

impl std::error::Error for Unsent {}

/// Sends letters and waits for every acknowledgement. If a letter is too large for its topic, it is
/// sent again with less: without its value, then without the record's key and headers.
///
/// # Errors
/// Some letter was not acknowledged by the deadline. Others may have been; if they are sent again,
/// their coordinates identify them.
pub async fn post<P: Producer>(
    producer: &mut P,
    letters: &[Message],
    deadline: Instant,
) -> Result<(), Unsent> {
    let mut letters = Cow::Borrowed(letters);
    while !letters.is_empty() {
        let results = producer.send(&letters, deadline).await;
        let mut again = Vec::new();
        let mut unsent: Option<Unsent> = None;
        for (letter, result) in letters.iter().zip(results) {
            let Err(error) = result else { continue };
            match lessen(letter, &error) {
                Some(less) => again.push(less),
                None => unsent.get_or_insert(Unsent { count: 0, error }).count += 1,
            }
        }
        if let Some(unsent) = unsent {
            return Err(unsent);
        }
        letters = Cow::Owned(again);
    }
    Ok(())
}

/// The letter with as much as fits into its topic, if that can be said before it is sent. Only its reasons may be left.
#[must_use]
pub fn fitting(letter: Message, limit: Option<usize>) -> Message {
    let Some(limit) = limit else { return letter };
    let mut letter = letter;
    while letter.size() > limit {
        let smaller = match letter.value {
            Some(_) => Some(without_value(&letter)),
            None => without_original(&letter),
        };
        let Some(smaller) = smaller else { break };
        letter = smaller;
    }
    letter
}

/// A smaller letter to try. Each step removes something, so the steps end.
fn lessen(letter: &Message, error: &SendError) -> Option<Message> {
    match error {
        SendError::TooLarge(_) if letter.value.is_some() => Some(without_value(letter)),
        SendError::TooLarge(_) => without_original(letter),
        _ => None,
    }
}
