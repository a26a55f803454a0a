//! The positions of the letters of a sweep, in the order of their records: about 64 bytes for each.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::letter::Letter;
use super::reason::Reason;

/// The largest number of reasons that are counted separately: a reason that contains a value is
/// different for each record.
const DISTINCT: usize = 1_000;

/// The sort key of a letter: the topic, partition and offset of its record, or of the letter itself
/// if those of the record are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct SortKey {
    topic: u32,
    partition: i32,
    offset: i64,
    span: u32,
    at: i64,
    nth: u32,
}

/// A letter to replay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    sort_key: SortKey,
    reason: u32,
    /// The approximate size of the letter, in bytes.
    pub(super) size: u32,
    fingerprint: u64,
}

impl Entry {
    /// Its span, its offset there, and its number in its envelope.
    pub(super) fn location(&self) -> (usize, i64, usize) {
        (self.sort_key.span as usize, self.sort_key.at, self.sort_key.nth as usize)
    }
}

/// The letters of one sweep.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    reasons: Vec<Reason>,
    known: HashMap<Reason, u32>,
    /// For each span the letters of the record that was done last.
    last: HashMap<u32, Vec<SortKey>>,
}

/// The numbers of letters that [`Index::arrange`] has removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Removed {
    /// Letters that are equal to an earlier letter.
    pub(super) repeated: u64,
    /// Letters that an earlier run has done.
    pub(super) done: u64,
}

impl Index {
    /// Adds the letter, which is the `nth` of its record, to the letters to replay.
    pub(super) fn add(&mut self, span: usize, nth: usize, letter: &Letter) {
        let reason = self.reason(letter);
        let size = u32::try_from(letter.size()).unwrap_or(u32::MAX);
        let sort_key = self.sort_key(span, nth, letter);
        self.entries.push(Entry { sort_key, reason, size, fingerprint: fingerprint(letter) });
    }

    /// Notes the letter as one of the record that was done last in its span. If the record has
    /// several letters, the first in order counts: it is not known which was done last, and no
    /// letter may be skipped.
    pub(super) fn set_last(&mut self, span: usize, nth: usize, letter: &Letter) {
        let sort_key = self.sort_key(span, nth, letter);
        self.last.entry(sort_key.span).or_default().push(sort_key);
    }

    fn sort_key(&mut self, span: usize, nth: usize, letter: &Letter) -> SortKey {
        let place = &letter.position;
        let (topic, partition, offset) = match &letter.origin {
            Some(origin) => (origin.topic.as_str(), origin.partition, origin.offset),
            None => ("", place.partition, place.offset),
        };
        let topic = match self.numbers.get(topic) {
            Some(number) => *number,
            None => {
                let number = self.names.len() as u32;
                self.names.push(topic.to_owned());
                self.numbers.insert(topic.to_owned(), number);
                number
            }
        };
        let (span, nth) = (span as u32, nth as u32);
        SortKey { topic, partition, offset, span, at: place.offset, nth }
    }

    fn reason(&mut self, letter: &Letter) -> u32 {
        let mut reason = Reason::of(letter);
        if self.reasons.len() >= DISTINCT && !self.known.contains_key(&reason) {
            "other reasons".clone_into(&mut reason.text);
        }
        if let Some(number) = self.known.get(&reason) {
            return *number;
        }
        let number = self.reasons.len() as u32;
        self.reasons.push(reason.clone());
        self.known.insert(reason, number);
        number
    }

    /// The reason of the letter.
    pub(super) fn reason_of(&self, entry: &Entry) -> &Reason {
        &self.reasons[entry.reason as usize]
    }

    /// For each of `spans` the offset after the last letter to replay, if there is one.
    pub(super) fn ends(&self, spans: usize) -> Vec<Option<i64>> {
        let mut ends = vec![None; spans];
        for Entry { sort_key, .. } in &self.entries {
            let end = &mut ends[sort_key.span as usize];
            *end = (*end).max(Some(sort_key.at + 1));
        }
        ends
    }

    /// Sorts the letters, and removes letters that repeat an earlier one or are done.
    pub(super) fn arrange(&mut self) -> Removed {
        self.sort();
        let before = self.entries.len();
        let (mut record, mut first, mut more) = (None, 0, HashSet::new());
        self.entries.retain(|Entry { sort_key, fingerprint, .. }| {
            let here = Some((sort_key.topic, sort_key.partition, sort_key.offset));
            if record != here {
                (record, first) = (here, *fingerprint);
                if !more.is_empty() {
                    more = HashSet::new();
                }
                return true;
            }
            *fingerprint != first && more.insert(*fingerprint)
        });
        let different = self.entries.len();
        let last = |span: &u32| self.last.get(span)?.iter().min();
        self.entries
            .retain(|entry| last(&entry.sort_key.span).is_none_or(|at| entry.sort_key > *at));
        let done = different - self.entries.len();
        Removed { repeated: (before - different) as u64, done: done as u64 }
    }

    fn sort(&mut self) {
        let mut by_name: Vec<usize> = (0..self.names.len()).collect();
        by_name.sort_unstable_by_key(|number| &self.names[*number]);
        let mut order = vec![0; by_name.len()];
        for (sort_key, number) in by_name.into_iter().enumerate() {
            order[number] = sort_key as u32;
        }
        let entries = self.entries.iter_mut().map(|entry| &mut entry.sort_key);
        for sort_key in entries.chain(self.last.values_mut().flatten()) {
            sort_key.topic = order[sort_key.topic as usize];
        }
        self.entries.sort_unstable_by_key(|entry| entry.sort_key);
    }
}

/// A hash that equal letters about the same record share. It includes the record's bytes, because a
/// topic that was created again has the same offsets. Only letters with the same record position
/// are compared.
fn fingerprint(letter: &Letter) -> u64 {
    let mut hasher = DefaultHasher::new();
    let record = (&letter.key, &letter.value, letter.timestamp);
    (letter.mark.count, record).hash(&mut hasher);
    // Without the position of its record a letter is different from all others.
    letter.origin.is_none().then_some(&letter.position).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
