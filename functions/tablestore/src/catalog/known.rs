//! What is known of one table.
//!
//! Not here: how long that counts (`remembered`).

use std::collections::HashSet;
use std::sync::Arc;

use sluice_bridge::model::change::NewColumn;
use sluice_bridge::model::table::{Column, Table, TableName};

use crate::types::column_type::ColumnType;
use crate::types::options::DeclaredColumns;
use crate::values::shape::{Shape, TableColumn, VersionRange};
use crate::wire::plain_buffer::Name;

/// A name and a type.
pub(crate) type TypedName = (String, ColumnType);

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct KnownTable {
    /// The key's columns, in its order.
    pub(crate) key: Vec<TypedName>,
    /// The columns that the table defines for its indexes.
    pub(crate) defined: Vec<TypedName>,
    pub(crate) versions: VersionRange,
    /// The names of the columns that records had.
    pub(super) learned: Vec<String>,
}

impl KnownTable {
    pub(crate) fn new(
        key: Vec<TypedName>,
        defined: Vec<TypedName>,
        versions: VersionRange,
    ) -> Self {
        Self { key, defined, versions, learned: Vec::new() }
    }

    /// A table of which the service describes no column.
    pub(super) fn without_key() -> Self {
        let versions = VersionRange { time_to_live: None, deviation: 0 };
        Self::new(Vec::new(), Vec::new(), versions)
    }

    /// Whether both have been described in the same way.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let described = |it: &Self| (it.key.clone(), it.defined.clone(), it.versions);
        described(self) == described(other)
    }

    /// Adds columns that records have. Each value shows its own type.
    pub(super) fn learn(&mut self, columns: &[NewColumn]) {
        self.learned.extend(columns.iter().map(|column| column.name.clone()));
    }

    /// The description for the rules. What an option declares wins over what the table defines, and both over
    /// what records had.
    pub(crate) fn table(&self, name: &TableName, declared: &DeclaredColumns) -> Table {
        let key = self.key.iter().map(typed).map(|it| (it, true));
        let others = declared.of(&name.name).into_iter();
        let others = others.chain(self.defined.iter().map(typed));
        let mut names = HashSet::new();
        let mut columns: Vec<TableColumn> = key
            .chain(others.map(|it| (it, false)))
            .filter(|((name, _), _)| names.insert(*name))
            .map(|((name, kind), is_key)| TableColumn { name: Name::new(name), kind, is_key })
            .collect();
        let defined = columns.len();
        let learned = self.learned.iter().filter(|name| names.insert(name.as_str()));
        columns.extend(learned.map(|name| TableColumn {
            name: Name::new(name),
            kind: ColumnType::Any,
            is_key: false,
        }));
        let version = declared.version.as_deref();
        let version = columns.iter().position(|it| Some(it.name.as_str()) == version);
        let keys = self.key.len();
        Table {
            name: name.clone(),
            columns: columns.iter().map(column).collect(),
            primary_key: (0..keys).collect(),
            has_side_effects: false,
            shape: Arc::new(Shape { columns, keys, defined, version, versions: self.versions }),
        }
    }
}

fn typed((name, kind): &TypedName) -> (&str, ColumnType) {
    (name, *kind)
}

fn column(column: &TableColumn) -> Column {
    let is_numbered = column.kind == ColumnType::AutoIncrement;
    Column {
        name: column.name.as_str().to_owned(),
        has_default: is_numbered,
        generated: is_numbered,
        takes: column.kind.takes(),
        is_array: false,
    }
}

#[cfg(test)]
mod tests {
    use sluice_bridge::model::change::{ColumnKind, Size};
    use sluice_bridge::model::shape::TableShape;

    use super::*;

    const VERSIONS: VersionRange = VersionRange { time_to_live: None, deviation: 86_400 };

    fn name() -> TableName {
        TableName::parse("orders").unwrap()
    }

    fn new(name: &str, kind: ColumnKind) -> NewColumn {
        NewColumn { name: name.to_owned(), kind, size: Size::Most, default: None }
    }

    #[test]
    fn columns_of_records_are_remembered() {
        let key = vec![
            ("id".to_owned(), ColumnType::Integer),
            ("seq".to_owned(), ColumnType::AutoIncrement),
        ];
        let mut known = KnownTable::new(key, Vec::new(), VERSIONS);
        known.learn(&[new("a", ColumnKind::Text), new("b", ColumnKind::Bytes)]);
        let table = known.table(&name(), &DeclaredColumns::default());
        let names: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["id", "seq", "a", "b"]);
        assert_eq!(table.primary_key, [0, 1]);
        assert!(table.columns[1].generated && table.columns[1].has_default);
        let shape: &Shape = table.shape_as().unwrap();
        // What an earlier record had decides nothing about a later one.
        assert_eq!([shape.columns[2].kind, shape.columns[3].kind], [ColumnType::Any; 2]);
        assert_eq!([0, 1, 2, 3].map(|it| shape.is_learned(it)), [false, false, true, true]);
    }

    #[test]
    fn a_version_may_be_a_part_of_the_key() {
        let mut declared = DeclaredColumns::default();
        declared.version = Some("at".to_owned());
        let key = ["id", "at"].map(|name| (name.to_owned(), ColumnType::Integer));
        let known = KnownTable::new(key.into(), Vec::new(), VERSIONS);
        let table = known.table(&name(), &declared);
        let shape: &Shape = table.shape_as().unwrap();
        assert_eq!((shape.keys, shape.version), (2, Some(1)));
        assert!(table.shape.keeps_versions());
    }
}
