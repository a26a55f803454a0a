//! What is to become of a letter, before anything is sent.

use std::fmt;

use super::filter::Filter;
use super::letter::Letter;
use super::order::To;

/// What is to become of a letter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// A condition does not hold for it.
    FilteredOut,
    /// Its record was replayed more often, or less, than what is asked for.
    OtherCount,
    /// It is meant, but cannot be replayed.
    Stuck(Obstacle),
    /// It is to be replayed.
    Selected,
}

/// Why a letter cannot be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The record was too large for its letter, which tells only where it was.
    Omitted,
    /// The letter does not tell where the record was read.
    NoSource,
    /// The record was read from the very topics that letters are read from.
    Circle,
}

impl Obstacle {
    /// Its name in the report for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Omitted => "omitted",
            Self::NoSource => "no_source",
            Self::Circle => "circle",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Omitted => {
                "do not hold their record, which was too large: read its offset in the source \
                 topic again"
            }
            Self::NoSource => "do not tell where their record was read: name a topic with --to",
            Self::Circle => {
                "would come back into the topic they are read from: name another with --to"
            }
        })
    }
}

/// Decides, letter by letter.
pub(super) struct Sorter<'r> {
    pub(super) filter: &'r Filter,
    /// How often a letter's record was replayed before.
    pub(super) replayed: u32,
    pub(super) to: &'r To,
    /// The topics that letters are read from.
    pub(super) from: &'r [String],
}

impl Sorter<'_> {
    pub(super) fn sort(&self, letter: &Letter) -> Fate {
        if !self.filter.holds(letter) {
            return Fate::FilteredOut;
        }
        if letter.mark.count != self.replayed {
            return Fate::OtherCount;
        }
        self.obstacle(letter).map_or(Fate::Selected, Fate::Stuck)
    }

    fn obstacle(&self, letter: &Letter) -> Option<Obstacle> {
        if !letter.is_whole {
            // Without its value it would be a tombstone.
            return Some(Obstacle::Omitted);
        }
        match (self.to, &letter.topic, &letter.origin) {
            (To::Source, None, _) | (To::Function(_), _, None) => Some(Obstacle::NoSource),
            (To::Source, Some(topic), _) if self.from.contains(topic) => Some(Obstacle::Circle),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use krafka::consumer::ConsumerRecord;

    use super::*;
    use crate::replay::letter::read;

    fn letter(headers: &[(&str, &str)], value: &'static str) -> Letter {
        let mut record =
            ConsumerRecord::new("dead", 0, 0, None, Some(Bytes::from_static(value.as_bytes())));
        let bytes = |text: &str| Some(Bytes::from(text.to_owned()));
        record.headers = headers.iter().map(|(name, text)| ((*name).into(), bytes(text))).collect();
        read(&record).remove(0)
    }

    fn at<'t>(topic: &'t str, offset: &'t str) -> Vec<(&'t str, &'t str)> {
        vec![
            ("__connect.errors.topic", topic),
            ("__connect.errors.partition", "0"),
            ("__connect.errors.offset", offset),
        ]
    }

    fn sorted(to: &To, replayed: u32, letters: &[Letter]) -> Vec<Fate> {
        let (filter, from) = (Filter::default(), ["dead".to_owned()]);
        let sorter = Sorter { filter: &filter, replayed, to, from: &from };
        letters.iter().map(|letter| sorter.sort(letter)).collect()
    }

    #[test]
    fn a_record_is_meant_once_in_each_round() {
        let again = [at("t", "1"), vec![("__sluice.replayed.count", "1")]].concat();
        let letters = [letter(&at("t", "1"), "a"), letter(&again, "a")];
        assert_eq!(sorted(&To::Source, 0, &letters), [Fate::Selected, Fate::OtherCount]);
        assert_eq!(sorted(&To::Source, 1, &letters), [Fate::OtherCount, Fate::Selected]);
    }

    #[test]
    fn what_cannot_be_replayed_is_told() {
        let topic = To::Topic("other".into());
        let omitted = [at("t", "1"), vec![("__sluice.errors.value.omitted.bytes", "9")]].concat();
        let stuck = |to: &To, headers: &[(&str, &str)]| sorted(to, 0, &[letter(headers, "")]);
        assert_eq!(stuck(&topic, &omitted), [Fate::Stuck(Obstacle::Omitted)]);
        let unknown = [("__sluice.errors.column", "c")];
        assert_eq!(stuck(&To::Source, &unknown), [Fate::Stuck(Obstacle::NoSource)]);
        assert_eq!(stuck(&topic, &unknown), [Fate::Selected]);
        assert_eq!(stuck(&To::Source, &at("dead", "1")), [Fate::Stuck(Obstacle::Circle)]);
        assert_eq!(stuck(&topic, &at("dead", "1")), [Fate::Selected]);
    }
}
