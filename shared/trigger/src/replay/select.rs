//! Decides whether a letter is replayed, before anything is sent.

use std::fmt;

use super::filter::LetterFilter;
use super::letter::Letter;
use super::settings::ReplayTarget;

/// Whether a letter is replayed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// A condition does not hold for it.
    FilteredOut,
    /// Its record has another number of replays than is asked for.
    OtherCount,
    /// It is selected, but cannot be replayed.
    Stuck(Obstacle),
    /// It is replayed.
    Selected,
}

/// Why a letter cannot be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The record was too large for its letter, which only has the record's position.
    Omitted,
    /// The letter does not say where the record was read.
    NoSource,
    /// The record was read from one of the topics from which letters are read.
    Loop,
}

impl Obstacle {
    /// Its name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Omitted => "omitted",
            Self::NoSource => "no_source",
            Self::Loop => "circle",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Omitted => {
                "do not contain their record, because it was too large: read it again from its \
                 source topic"
            }
            Self::NoSource => "do not say where their record was read: name a topic with --to",
            Self::Loop => {
                "would return to the topic that they are read from: name another topic with --to"
            }
        })
    }
}

/// Decides for each letter.
pub(super) struct Selector<'r> {
    pub(super) filter: &'r LetterFilter,
    /// How often a letter's record was replayed before.
    pub(super) replayed: u32,
    pub(super) to: &'r ReplayTarget,
    /// The topics that letters are read from.
    pub(super) from: &'r [String],
}

impl Selector<'_> {
    pub(super) fn decide(&self, letter: &Letter) -> Decision {
        if !self.filter.holds(letter) {
            return Decision::FilteredOut;
        }
        if letter.mark.count != self.replayed {
            return Decision::OtherCount;
        }
        self.obstacle(letter).map_or(Decision::Selected, Decision::Stuck)
    }

    fn obstacle(&self, letter: &Letter) -> Option<Obstacle> {
        if !letter.is_whole {
            // Without its value it would be a tombstone.
            return Some(Obstacle::Omitted);
        }
        match (self.to, &letter.topic, &letter.origin) {
            (ReplayTarget::Source, None, _) | (ReplayTarget::Function(_), _, None) => {
                Some(Obstacle::NoSource)
            }
            (ReplayTarget::Source, Some(topic), _) if self.from.contains(topic) => {
                Some(Obstacle::Loop)
            }
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

    fn sorted(to: &ReplayTarget, replayed: u32, letters: &[Letter]) -> Vec<Decision> {
        let (filter, from) = (LetterFilter::default(), ["dead".to_owned()]);
        let selector = Selector { filter: &filter, replayed, to, from: &from };
        letters.iter().map(|letter| selector.decide(letter)).collect()
    }

    #[test]
    fn a_record_is_meant_once_in_each_round() {
        let again = [at("t", "1"), vec![("__sluice.replayed.count", "1")]].concat();
        let letters = [letter(&at("t", "1"), "a"), letter(&again, "a")];
        assert_eq!(
            sorted(&ReplayTarget::Source, 0, &letters),
            [Decision::Selected, Decision::OtherCount]
        );
        assert_eq!(
            sorted(&ReplayTarget::Source, 1, &letters),
            [Decision::OtherCount, Decision::Selected]
        );
    }

    #[test]
    fn what_cannot_be_replayed_is_told() {
        let topic = ReplayTarget::Topic("other".into());
        let omitted = [at("t", "1"), vec![("__sluice.errors.value.omitted.bytes", "9")]].concat();
        let stuck =
            |to: &ReplayTarget, headers: &[(&str, &str)]| sorted(to, 0, &[letter(headers, "")]);
        assert_eq!(stuck(&topic, &omitted), [Decision::Stuck(Obstacle::Omitted)]);
        let unknown = [("__sluice.errors.column", "c")];
        assert_eq!(stuck(&ReplayTarget::Source, &unknown), [Decision::Stuck(Obstacle::NoSource)]);
        assert_eq!(stuck(&topic, &unknown), [Decision::Selected]);
        assert_eq!(
            stuck(&ReplayTarget::Source, &at("dead", "1")),
            [Decision::Stuck(Obstacle::Loop)]
        );
        assert_eq!(stuck(&topic, &at("dead", "1")), [Decision::Selected]);
    }
}
