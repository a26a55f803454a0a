//! The tables that a sink described since it was created, by name: the next invocation asks ahead for
//! the one table that there is.
//!
//! Not here: what a table looks like; its description says that.

use std::collections::HashSet;

use sluice_bridge::model::table::TableName;

/// The names of the tables that were described and exist.
#[derive(Debug, Default)]
pub struct KnownTables(HashSet<TableName>);

impl KnownTables {
    /// Notes whether a table exists.
    pub fn note(&mut self, name: &TableName, exists: bool) {
        if !exists {
            self.0.remove(name);
        } else if !self.0.contains(name) {
            self.0.insert(name.clone());
        }
    }

    /// The one table that was described; `None` if there are several, or none.
    #[must_use]
    pub fn only(&self) -> Option<&TableName> {
        let mut names = self.0.iter();
        names.next().filter(|_| names.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_is_known_or_several() {
        let name = |name: &str| TableName { schema: None, name: name.to_owned() };
        let (mut tables, one, other) = (KnownTables::default(), name("t"), name("other"));
        assert!(tables.only().is_none());
        tables.note(&one, true);
        assert_eq!(tables.only(), Some(&one));
        tables.note(&other, true);
        assert!(tables.only().is_none());
        tables.note(&one, false);
        assert_eq!(tables.only(), Some(&other));
    }
}
