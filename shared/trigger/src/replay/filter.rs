//! Selects letters: every condition that is given must hold.

use std::ops::RangeInclusive;

use super::letter::Letter;

/// Conditions on letters. An empty list or a missing value is no condition; one value of a list is
/// enough.
#[derive(Debug, Clone, Default)]
pub struct LetterFilter {
    /// The reason contains this text.
    pub reason: Vec<String>,
    /// The column for which the value was refused.
    pub column: Vec<String>,
    /// The target's error code, such as an SQLSTATE.
    pub code: Vec<String>,
    /// Kafka Connect's name of the stage, in upper or lower case.
    pub stage: Vec<String>,
    /// The topic the record was read from.
    pub source_topic: Vec<String>,
    /// The partition the record was read from.
    pub partition: Vec<i32>,
    /// The offsets the record was read from.
    pub offsets: Option<RangeInclusive<i64>>,
    /// The letter's timestamp in its topic is this time or later, in milliseconds since 1970.
    pub since: Option<i64>,
    /// The letter's timestamp in its topic is before this time, in milliseconds since 1970.
    pub until: Option<i64>,
}

impl LetterFilter {
    /// Whether the letter is selected. A condition does not hold if the letter lacks the value.
    pub(super) fn holds(&self, letter: &Letter) -> bool {
        let details = &letter.details;
        let place = letter.origin.as_ref();
        let contains = |text: &String| details.reason.as_ref().is_some_and(|r| r.contains(text));
        let is_stage =
            |text: &String| details.stage.as_ref().is_some_and(|s| s.eq_ignore_ascii_case(text));
        any(&self.reason, contains)
            && any(&self.stage, is_stage)
            && any(&self.column, |column| details.column.as_ref() == Some(column))
            && any(&self.code, |code| details.code.as_ref() == Some(code))
            && any(&self.source_topic, |topic| letter.topic.as_ref() == Some(topic))
            && any(&self.partition, |number| place.is_some_and(|at| at.partition == *number))
            && self.offsets.as_ref().is_none_or(|range| {
                place.is_some_and(|at| range.contains(&at.offset))
            })
            // A letter without a timestamp has -1, for which no condition on time holds.
            && self.since.is_none_or(|since| letter.written >= since)
            && self.until.is_none_or(|until| (0..until).contains(&letter.written))
    }
}

fn any<T>(wanted: &[T], is_it: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(is_it)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use krafka::consumer::ConsumerRecord;

    use super::*;
    use crate::replay::letter::read;

    fn letter(offset: i64, timestamp: i64) -> Letter {
        let mut record = ConsumerRecord::new("dead", 0, 0, None, None);
        record.timestamp = timestamp;
        let offset = offset.to_string();
        for (name, value) in [
            ("__connect.errors.topic", "orders"),
            ("__connect.errors.partition", "3"),
            ("__connect.errors.offset", &*offset),
            ("__connect.errors.stage", "TASK_PUT"),
            ("__connect.errors.exception.message", "column \"amount\" is numeric(12,2): too large"),
            ("__sluice.errors.column", "amount"),
            ("__sluice.errors.code", "22003"),
        ] {
            record.headers.push((name.to_owned(), Some(Bytes::from(value.to_owned()))));
        }
        read(&record).remove(0)
    }

    #[test]
    fn every_condition_has_to_hold() {
        let list = |text: &str| vec!["other".to_owned(), text.to_owned()];
        let all = LetterFilter::default();
        let right = [
            all.clone(),
            LetterFilter { reason: list("numeric(12,2)"), ..all.clone() },
            LetterFilter { column: list("amount"), code: list("22003"), ..all.clone() },
            LetterFilter { stage: list("task_put"), ..all.clone() },
            LetterFilter { source_topic: list("orders"), partition: vec![1, 3], ..all.clone() },
            LetterFilter {
                offsets: Some(5..=5),
                since: Some(100),
                until: Some(101),
                ..all.clone()
            },
        ];
        for filter in &right {
            assert!(filter.holds(&letter(5, 100)), "{filter:?}");
        }
        let wrong = [
            LetterFilter { reason: vec!["numeric.12".into()], ..all.clone() },
            LetterFilter { column: vec!["amoun".into()], ..all.clone() },
            LetterFilter { column: list("amount"), code: vec!["22P02".into()], ..all.clone() },
            LetterFilter { stage: vec!["VALUE_CONVERTER".into()], ..all.clone() },
            LetterFilter { source_topic: vec!["dead".into()], ..all.clone() },
            LetterFilter { partition: vec![0], ..all.clone() },
            LetterFilter { offsets: Some(6..=9), ..all.clone() },
            LetterFilter { since: Some(101), ..all.clone() },
            LetterFilter { until: Some(100), ..all.clone() },
        ];
        for filter in &wrong {
            assert!(!filter.holds(&letter(5, 100)), "{filter:?}");
        }
        let timed = LetterFilter { until: Some(i64::MAX), ..all };
        assert!(!timed.holds(&letter(5, -1)), "without a timestamp it is of no time");
    }

    #[test]
    fn a_letter_that_does_not_say_is_not_meant() {
        let mut record = ConsumerRecord::new("dead", 0, 0, None, None);
        record.headers.push(("__sluice.errors.given".to_owned(), None));
        let letter = read(&record).remove(0);
        let all = LetterFilter::default();
        assert!(all.holds(&letter));
        assert!(!LetterFilter { reason: vec![String::new()], ..all.clone() }.holds(&letter));
        assert!(!LetterFilter { offsets: Some(0..=i64::MAX), ..all.clone() }.holds(&letter));
        assert!(!LetterFilter { partition: vec![0], ..all }.holds(&letter));
    }
}
