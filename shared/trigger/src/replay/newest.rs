//! The newest letters of a topic, as events of the records that they are about: for a command that looks
//! at them and sends nothing.

use std::collections::BTreeMap;

use bytes::Bytes;
use krafka::Kafka;
use krafka::consumer::ConsumerRecord;

use super::letter;
use crate::check;
use crate::error::Error;

/// The newest letters of a topic.
#[derive(Debug, Default)]
pub struct NewestLetters {
    /// An event for each topic that the records were read from. A record is in it once, at the position
    /// from which it was read, as it was there.
    pub events: Vec<Bytes>,
    /// Why each of these records became a letter, in the order of the events.
    pub reasons: Vec<LetterReason>,
    /// How many were left out: they are no letters, do not have the whole record, or do not say where it
    /// was read.
    pub left_out: usize,
}

/// Why a record became a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterReason {
    /// The topic that the record was read from.
    pub topic: String,
    /// The partition of that topic.
    pub partition: i32,
    /// Its offset in the partition.
    pub offset: i64,
    /// The reason, if the letter has one.
    pub reason: Option<String>,
}

/// Records by their partition and offset, each with the reason of its latest letter.
type Places = BTreeMap<(i32, i64), (ConsumerRecord, Option<String>)>;

/// Reads the newest letters of each partition of `topic`, at most `last` of each. This joins no group and
/// commits nothing.
///
/// # Errors
///
/// The topic is missing or cannot be read.
pub async fn newest_letters(kafka: &Kafka, topic: &str, last: u32) -> Result<NewestLetters, Error> {
    let slices = check::newest(kafka, topic, last).await?;
    let (mut topics, mut left_out) = (BTreeMap::<String, Places>::new(), 0);
    for record in slices.iter().flat_map(|(_, records)| records) {
        let letters = letter::read(record);
        left_out += usize::from(letters.is_empty());
        for letter in letters {
            let Some(record) = letter.record().filter(|_| letter.is_whole) else {
                left_out += 1;
                continue;
            };
            let places = topics.entry(record.topic.to_string()).or_default();
            places.insert((record.partition, record.offset), (record, letter.details.reason));
        }
    }
    let mut newest = NewestLetters { left_out, ..NewestLetters::default() };
    for (topic, places) in topics {
        let mut slices = BTreeMap::<i32, Vec<ConsumerRecord>>::new();
        for ((partition, offset), (record, reason)) in places {
            slices.entry(partition).or_default().push(record);
            newest.reasons.push(LetterReason { topic: topic.clone(), partition, offset, reason });
        }
        newest.events.push(check::event_of(&topic, slices.into_iter().collect()));
    }
    Ok(newest)
}
