//! The numbers of a replay.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::index::{Index, Removed};
use super::letter::{Letter, RecordPosition};
use super::reason::Reason;
use super::select::{Decision, Obstacle};

/// The largest number of reasons that are counted separately, over all sweeps.
const DISTINCT: usize = 1_000;
/// The largest number of refused letters that are named; all are counted.
const NAMED: usize = 100;

/// The numbers of a replay. Each letter is counted once: `letters` is `filtered_out` + `repeated` +
/// `counts`, and the entry of `counts` that is asked for is `selected` + `stuck` + `later`.
#[derive(Debug, Clone, Default)]
pub struct ReplayReport {
    /// The group in which the progress of this replay is committed.
    pub group: String,
    /// Whether records were sent.
    pub executed: bool,
    /// Offsets that earlier runs of this replay have done.
    pub done_before: u64,
    /// Records that are not letters; they are never sent.
    pub not_letters: u64,
    /// Letters that were read; an envelope of several records counts as several.
    pub letters: u64,
    /// Letters for which a condition does not hold.
    pub filtered_out: u64,
    /// Letters that are equal to an earlier letter.
    pub repeated: u64,
    /// The other letters, by how often their record was replayed before.
    pub counts: BTreeMap<u32, u64>,
    /// Letters with the number of replays that is asked for, but that cannot be replayed.
    pub stuck: BTreeMap<Obstacle, u64>,
    /// Letters to replay that exceed the limit.
    pub later: u64,
    /// Letters to replay.
    pub selected: u64,
    /// Letters that were replayed: their records are in their topic, or settled by the function.
    pub replayed: u64,
    /// Letters that their destination refuses for good. They stay in their topic.
    pub left: u64,
    /// The first of the refused letters.
    pub named: Vec<RefusedLetter>,
    /// Letters that were deleted from their topic before they could be sent.
    pub vanished: u64,
    /// The number of letters that the function gave back, and why; later letters were not tried.
    pub given_back: Option<(u64, String)>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// The error that ended it; what was replayed before remains done.
    pub failure: Option<String>,
    /// The function's own numbers; only for a replay through a function.
    pub outcome: Option<FunctionOutcome>,
    /// The letters to replay, by their reasons.
    pub reasons: BTreeMap<Reason, u64>,
    pub(super) wanted: u32,
}

/// The outcomes of records, as reported by the function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FunctionOutcome {
    /// Records whose row was written or deleted.
    pub written: u64,
    /// Records that became letters again.
    pub lettered: u64,
    /// Records that the configuration leaves out, or that were written before.
    pub filtered: u64,
}

/// A letter whose destination refuses its record for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLetter {
    /// The position of its record, as `topic-partition@offset`; empty if it is not known.
    pub record: String,
    /// The position of the letter.
    pub letter: String,
    /// Why the destination refuses it.
    pub reason: String,
}

impl ReplayReport {
    pub(super) fn new(group: &str, executed: bool, wanted: u32) -> Self {
        Self { group: group.to_owned(), executed, wanted, ..Self::default() }
    }

    /// Letters of records that failed again after this replay.
    #[must_use]
    pub fn failed_again(&self) -> u64 {
        let next = self.wanted.checked_add(1);
        next.and_then(|count| self.counts.get(&count).copied()).unwrap_or(0)
    }

    /// Letters of records with any other number of replays.
    #[must_use]
    pub fn other_rounds(&self) -> u64 {
        let is_other =
            |count: u32| count != self.wanted && Some(count) != self.wanted.checked_add(1);
        self.counts.iter().filter(|(count, _)| is_other(**count)).map(|(_, letters)| letters).sum()
    }

    /// Whether some selected letters were not replayed.
    #[must_use]
    pub fn is_short(&self) -> bool {
        !self.stuck.is_empty()
            || self.left > 0
            || self.vanished > 0
            || self.given_back.is_some()
            || self.interrupted
    }

    /// Counts a letter that is not to be replayed.
    pub(super) fn count(&mut self, letter: &Letter, decision: &Decision) {
        self.letters += 1;
        match decision {
            Decision::FilteredOut => self.filtered_out += 1,
            Decision::OtherCount | Decision::Stuck(_) | Decision::Selected => {
                *self.counts.entry(letter.mark.count).or_default() += 1;
            }
        }
        if let Decision::Stuck(obstacle) = decision {
            *self.stuck.entry(*obstacle).or_default() += 1;
        }
    }

    /// Counts the letters to replay of a sweep, and the letters that were removed; `later` letters
    /// exceed the limit.
    pub(super) fn count_sweep(&mut self, index: &Index, taken: &Removed, later: usize) {
        let (selected, later) = (index.entries.len() as u64, later as u64);
        self.letters += selected + later + taken.repeated;
        self.repeated += taken.repeated;
        self.done_before += taken.done;
        self.selected += selected;
        self.later += later;
        if selected + later > 0 {
            *self.counts.entry(self.wanted).or_default() += selected + later;
        }
        for entry in &index.entries {
            self.count_reason(index.reason_of(entry));
        }
    }

    fn count_reason(&mut self, reason: &Reason) {
        if let Some(count) = self.reasons.get_mut(reason) {
            *count += 1;
            return;
        }
        let mut reason = reason.clone();
        if self.reasons.len() >= DISTINCT {
            "other reasons".clone_into(&mut reason.text);
        }
        *self.reasons.entry(reason).or_default() += 1;
    }

    /// Counts a letter that its destination refuses.
    pub(super) fn refuse(&mut self, letter: &Letter, reason: String) {
        self.left += 1;
        if self.named.len() < NAMED {
            let record = letter.origin.as_ref().map_or(String::new(), RecordPosition::to_string);
            self.named.push(RefusedLetter { record, letter: letter.position.to_string(), reason });
        }
    }

    /// The numbers as a JSON object, for scripts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let reason = |(reason, count): (&Reason, &u64)| {
            json!({
                "source_topic": reason.topic, "stage": reason.stage, "column": reason.column,
                "code": reason.code, "reason": reason.text, "letters": count,
            })
        };
        let mut report = json!({
            "group": self.group, "executed": self.executed, "done_before": self.done_before,
            "not_letters": self.not_letters, "letters": self.letters,
            "filtered_out": self.filtered_out, "repeated": self.repeated,
            "by_replays": self.counts.iter().map(|(count, letters)| (count.to_string(), json!(letters)))
                .collect::<serde_json::Map<_, _>>(),
            "failed_again": self.failed_again(),
            "stuck": self.stuck.iter().map(|(obstacle, letters)| (obstacle.name().to_owned(), json!(letters)))
                .collect::<serde_json::Map<_, _>>(),
            "later": self.later, "left": self.left, "vanished": self.vanished,
            "left_letters": self.named.iter().map(|left| json!({
                "record": left.record, "letter": left.letter, "reason": left.reason,
            })).collect::<Vec<_>>(),
            "selected": self.selected, "replayed": self.replayed,
            "given_back": self.given_back.as_ref().map_or(0, |(count, _)| *count),
            "interrupted": self.interrupted, "failure": self.failure,
            "reasons": self.reasons.iter().map(reason).collect::<Vec<_>>(),
        });
        if let Some(outcome) = self.outcome {
            report["function"] = json!({
                "written": outcome.written, "lettered": outcome.lettered,
                "filtered": outcome.filtered,
            });
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use krafka::consumer::ConsumerRecord;
    use proptest::prelude::*;

    use super::*;
    use crate::replay::select::Selector;
    use crate::replay::{LetterFilter, ReplayTarget, letter};

    proptest! {
        /// Every letter is counted exactly once.
        #[test]
        fn the_numbers_add_up(
            letters in prop::collection::vec(
                (0..3_i64, 0..3_u32, prop::sample::select(vec!["t", "u", "dead", ""]), any::<bool>()),
                0..40,
            ),
            (wanted, limit) in (0..3_u32, 0..20_usize),
        ) {
            let filter = LetterFilter { offsets: Some(0..=1), ..LetterFilter::default() };
            let from = ["dead".to_owned()];
            let selector =
                Selector { filter: &filter, replayed: wanted, to: &ReplayTarget::Source, from: &from };
            let mut index = Index::default();
            let mut report = ReplayReport::new("g", false, wanted);
            let read = letters.len() as u64;
            for (offset, count, topic, is_whole) in letters {
                let mut record = ConsumerRecord::new("dead", 0, 0, None, None);
                let mut header = |name: &str, value: String| {
                    record.headers.push((name.to_owned(), Some(Bytes::from(value))));
                };
                header("__connect.errors.topic", topic.to_owned());
                header("__connect.errors.partition", "0".to_owned());
                header("__connect.errors.offset", offset.to_string());
                if count > 0 {
                    header("__sluice.replayed.count", count.to_string());
                }
                if !is_whole {
                    header("__sluice.errors.value.omitted.bytes", "9".to_owned());
                }
                let letter = letter::read(&record).remove(0);
                match selector.decide(&letter) {
                    Decision::Selected => index.add(0, 0, &letter),
                    decision => report.count(&letter, &decision),
                }
            }
            let taken = index.arrange();
            let later = index.entries.len() - index.entries.len().min(limit);
            index.entries.truncate(limit);
            report.count_sweep(&index, &taken, later);
            let counts: u64 = report.counts.values().sum();
            prop_assert_eq!(report.letters, read);
            prop_assert_eq!(read, report.filtered_out + report.repeated + counts);
            let stuck: u64 = report.stuck.values().sum();
            let meant = report.counts.get(&wanted).copied().unwrap_or(0);
            prop_assert_eq!(meant, report.selected + stuck + report.later);
            prop_assert_eq!(report.selected, report.reasons.values().sum::<u64>());
        }
    }
}
