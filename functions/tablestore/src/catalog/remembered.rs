//! The descriptions of tables that are remembered between invocations, and how long they count.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use sluice_bridge::model::change::NewColumn;
use sluice_bridge::model::table::TableName;

use crate::catalog::known::KnownTable;

/// How long a description counts by the clock of the day, which goes on while the process is frozen: a table may
/// be altered without any answer that shows it.
const VALID: SignedDuration = SignedDuration::from_secs(60);

/// With more columns than this a table's columns are forgotten once their event is written, and with each new
/// description: then the keys of its records are probably data.
const MOST_KEPT: usize = 2_048;

/// The tables of one connector.
#[derive(Debug, Default)]
pub(crate) struct RememberedTables(HashMap<String, Remembered>);

/// A table as it was described.
#[derive(Debug)]
struct Remembered {
    table: KnownTable,
    since: Timestamp,
    standing: Standing,
}

/// How far a description counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It does.
    Good,
    /// It does, and it was made because a refusal had put the one before in doubt.
    Confirmed,
    /// It is too old.
    Old,
    /// A refusal may contradict it.
    Doubted,
}

impl Remembered {
    fn counts(&self) -> bool {
        matches!(self.standing, Standing::Good | Standing::Confirmed)
    }

    /// Forgets columns that are probably data.
    fn shorten(&mut self) {
        if self.table.learned.len() > MOST_KEPT {
            self.table.learned.clear();
        }
    }
}

impl RememberedTables {
    /// Starts an attempt: descriptions that are too old do not count any more.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        for remembered in self.0.values_mut().filter(|it| it.counts()) {
            let age = now.duration_since(remembered.since);
            if age.is_negative() || age >= VALID {
                remembered.standing = Standing::Old;
                remembered.shorten();
            }
        }
    }

    /// A table whose description counts.
    pub(crate) fn get(&self, name: &TableName) -> Option<&KnownTable> {
        self.0.get(&name.name).filter(|it| it.counts()).map(|it| &it.table)
    }

    /// Remembers a new description. The columns that records had stay, unless the table has another key.
    pub(crate) fn insert(
        &mut self,
        name: &TableName,
        mut table: KnownTable,
        now: Timestamp,
    ) -> &KnownTable {
        let mut standing = Standing::Good;
        if let Some(before) = self.0.remove(&name.name) {
            if before.standing == Standing::Doubted {
                standing = Standing::Confirmed;
            }
            if before.table.key == table.key {
                table.learned = before.table.learned;
            }
        }
        let remembered = Remembered { table, since: now, standing };
        &self.0.entry(name.name.clone()).insert_entry(remembered).into_mut().table
    }

    /// Remembers a new description after a doubt. Returns whether it says the same as the one before.
    pub(crate) fn confirm(&mut self, name: &TableName, table: KnownTable, now: Timestamp) -> bool {
        let is_same = self.0.get(&name.name).is_some_and(|it| it.table.is_like(&table));
        self.insert(name, table, now);
        is_same
    }

    /// Lets an old description count again, because there is no new one now. `None` if there is none, or if it is
    /// in doubt.
    pub(crate) fn extend(&mut self, name: &TableName, now: Timestamp) -> Option<&KnownTable> {
        let remembered = self.0.get_mut(&name.name).filter(|it| it.standing == Standing::Old)?;
        (remembered.since, remembered.standing) = (now, Standing::Good);
        Some(&remembered.table)
    }

    /// Adds columns that records have.
    pub(crate) fn learn(&mut self, name: &TableName, columns: &[NewColumn]) {
        if let Some(remembered) = self.0.get_mut(&name.name) {
            remembered.table.learn(columns);
        }
    }

    /// Drops a table that does not exist.
    pub(crate) fn forget(&mut self, name: &TableName) {
        self.0.remove(&name.name);
    }

    /// Puts a description in doubt, because a refusal may contradict it. Returns `false` if it was made after such
    /// a doubt: then the refusal is about the rows.
    pub(crate) fn doubt(&mut self, name: &TableName) -> bool {
        match self.0.get_mut(&name.name) {
            Some(remembered) if remembered.standing == Standing::Confirmed => false,
            Some(remembered) => {
                remembered.standing = Standing::Doubted;
                true
            }
            None => true,
        }
    }

    /// Ends an event that is written: the next refusal may be about another change of the table. Too many columns
    /// are forgotten only now, because every attempt at an event needs those that the attempts before it have
    /// found.
    pub(crate) fn commit(&mut self) {
        for remembered in self.0.values_mut() {
            if remembered.standing == Standing::Confirmed {
                remembered.standing = Standing::Good;
            }
            remembered.shorten();
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_bridge::model::change::{ColumnKind, Size};

    use super::*;
    use crate::types::column_type::ColumnType;
    use crate::values::shape::VersionRange;

    fn name() -> TableName {
        TableName::parse("orders").unwrap()
    }

    fn table(key: &str) -> KnownTable {
        let versions = VersionRange { time_to_live: None, deviation: 86_400 };
        KnownTable::new(vec![(key.to_owned(), ColumnType::Integer)], Vec::new(), versions)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn known() -> RememberedTables {
        let mut known = RememberedTables::default();
        known.insert(&name(), table("id"), at(0));
        known
    }

    fn columns(from: usize, count: usize) -> Vec<NewColumn> {
        let new = |nth| NewColumn {
            name: format!("c{nth}"),
            kind: ColumnKind::Text,
            size: Size::Most,
            default: None,
        };
        (from..from + count).map(new).collect()
    }

    fn learned(known: &RememberedTables) -> Option<usize> {
        known.get(&name()).map(|table| table.learned.len())
    }

    #[test]
    fn a_description_is_doubted_once_in_an_event() {
        let mut known = known();
        assert!(known.doubt(&name()) && known.get(&name()).is_none());
        assert!(known.doubt(&name()), "no other description was made yet");
        known.insert(&name(), table("id"), at(1));
        known.begin(at(2));
        assert!(!known.doubt(&name()) && known.get(&name()).is_some());
        known.commit();
        assert!(known.doubt(&name()));
    }

    #[test]
    fn a_doubt_is_cleared_at_once() {
        let mut known = known();
        for (key, is_same) in [("id", true), ("other", false)] {
            assert!(known.doubt(&name()));
            assert_eq!(known.confirm(&name(), table(key), at(1)), is_same);
            assert!(!known.doubt(&name()) && known.get(&name()).is_some());
            known.commit();
        }
    }

    /// A description that was made because of a doubt ends it, however late; with it the doubt expires.
    #[test]
    fn doubts_expire_with_their_description() {
        let mut known = known();
        known.doubt(&name());
        known.begin(at(600));
        known.insert(&name(), table("id"), at(600));
        assert!(!known.doubt(&name()));
        known.begin(at(660));
        known.insert(&name(), table("id"), at(660));
        assert!(known.doubt(&name()));
    }

    #[test]
    fn a_description_counts_for_a_minute() {
        let mut known = known();
        known.learn(&name(), &columns(0, 3));
        known.begin(at(59));
        assert_eq!(learned(&known), Some(3));
        known.begin(at(60));
        assert_eq!(learned(&known), None);
        known.insert(&name(), table("id"), at(60));
        assert_eq!(learned(&known), Some(3), "the columns stay");
        known.begin(at(0));
        assert_eq!(learned(&known), None, "the clock was set back");
        known.insert(&name(), table("number"), at(0));
        assert_eq!(learned(&known), Some(0), "it is another table");
    }

    /// While the service describes no table, an old description is used, but not one that is in doubt.
    #[test]
    fn an_old_description_is_better_than_none() {
        let mut known = known();
        known.begin(at(60));
        assert!(known.extend(&name(), at(60)).is_some());
        known.begin(at(119));
        assert!(known.get(&name()).is_some() && known.doubt(&name()));
        known.begin(at(180));
        assert!(known.extend(&name(), at(180)).is_none());
    }

    /// An event may need more columns than are kept: they stay until it is written.
    #[test]
    fn columns_that_are_data_are_forgotten_once_they_are_written() {
        let mut known = known();
        known.learn(&name(), &columns(0, MOST_KEPT));
        known.commit();
        assert_eq!(learned(&known), Some(MOST_KEPT));
        known.learn(&name(), &columns(MOST_KEPT, MOST_KEPT));
        known.begin(at(1));
        assert_eq!(learned(&known), Some(2 * MOST_KEPT));
        known.commit();
        assert_eq!(learned(&known), Some(0));
        // An event that is never written does not make them ever more.
        known.learn(&name(), &columns(0, 2 * MOST_KEPT));
        known.begin(at(60));
        known.insert(&name(), table("id"), at(60));
        assert_eq!(learned(&known), Some(0));
    }
}
