//! The rows that were refused in some portions of a table, until all portions are written: a row of
//! a later one may be what they were missing, or may take their place.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::map::row::Rows;
use crate::model::failure::{Cause, Failure, Stage};

/// Refused rows of one record each. No later record changes the rows they are about, as far as is
/// known.
#[derive(Debug, Default)]
pub(crate) struct Deferred {
    hasher: RandomState,
    refused: Vec<(Failure, FoundBy)>,
    /// Whether rows of a portion so far were sent in another order than their records, or reduced.
    pub(super) rearranged: bool,
}

/// How a row is found.
#[derive(Debug, Clone, Copy)]
enum FoundBy {
    /// It has no key.
    Nothing,
    /// The hash of its key. A key can be large, and there is one for each refused row. Two keys of
    /// one hash would only take away a second chance.
    Key(u64),
    /// A key that only the target can compare: it may be that of any other row.
    Target,
}

/// The last record of each key in a portion.
#[derive(Default)]
struct Last {
    by_key: HashMap<u64, usize>,
    /// The last one whose key only the target can compare.
    opaque: Option<usize>,
    any: Option<usize>,
}

impl Deferred {
    /// Adds what was refused of a portion, and returns the records that get no second chance,
    /// because a later one of the portion is about the same row. `is_opaque` tells the rows whose key
    /// only the target can compare.
    pub(crate) fn follow(
        &mut self,
        rows: &Rows<'_>,
        is_opaque: impl Fn(usize) -> bool,
        refused: Vec<(usize, Cause)>,
    ) -> Vec<Failure> {
        let hasher = &self.hasher;
        let found_by = |row: usize| match rows.key(row) {
            _ if is_opaque(row) => FoundBy::Target,
            Some(key) => FoundBy::Key(hasher.hash_one(key)),
            None => FoundBy::Nothing,
        };
        for (row, cause) in refused {
            let (found_by, may_pass) = (found_by(row), cause.conflict.is_some());
            for record in rows.records(row) {
                let (stage, cause) = (Stage::Write, cause.clone());
                self.refused.push((Failure { record, stage, cause, may_pass }, found_by));
            }
        }
        if self.refused.is_empty() {
            return Vec::new();
        }
        let last = Last::of(rows, found_by);
        let is_overtaken = |(failure, found_by): &mut (Failure, FoundBy)| {
            last.about(*found_by) > Some(failure.record)
        };
        let overtaken = self.refused.extract_if(.., is_overtaken);
        overtaken.map(|(failure, _)| Failure { may_pass: false, ..failure }).collect()
    }

    /// What may be written again, in the order of the event.
    pub(crate) fn into_failures(self) -> Vec<Failure> {
        self.refused.into_iter().map(|(failure, _)| failure).collect()
    }
}

impl Last {
    fn of(rows: &Rows<'_>, found_by: impl Fn(usize) -> FoundBy) -> Self {
        let mut last = Self::default();
        for row in (0..rows.len()).filter(|&row| rows.parts(row).is_none()) {
            let record = rows.records(row).pop();
            match (found_by(row), record) {
                (FoundBy::Key(key), Some(record)) => _ = last.by_key.insert(key, record),
                (FoundBy::Target, _) => last.opaque = record,
                _ => {}
            }
            last.any = record;
        }
        last
    }

    /// The last record that may be about the same row.
    fn about(&self, found_by: FoundBy) -> Option<usize> {
        match found_by {
            FoundBy::Nothing => None,
            FoundBy::Key(key) => self.by_key.get(&key).copied().max(self.opaque),
            FoundBy::Target => self.any,
        }
    }
}
