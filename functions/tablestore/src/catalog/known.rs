//! What is remembered of tables between invocations.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sluice_bridge::model::change::{ColumnKind, NewColumn};
use sluice_bridge::model::table::{Column, Table, TableName};

use crate::types::column_type::ColumnType;
use crate::types::options::DeclaredColumns;
use crate::values::shape::{Shape, TableColumn, VersionRange};
use crate::wire::plain_buffer::Name;

/// With more columns than this a table's columns are forgotten once their event is written: then the keys of its
/// records are probably data.
const MOST_KEPT: usize = 2_048;

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
    /// The columns that records had.
    learned: Vec<TypedName>,
}

/// The tables of one connector.
#[derive(Debug, Default)]
pub(crate) struct KnownTables {
    tables: HashMap<String, KnownTable>,
    /// Tables of which a request was refused as a whole since the last commit.
    doubted: HashSet<String>,
}

impl KnownTable {
    pub(crate) fn new(
        key: Vec<TypedName>,
        defined: Vec<TypedName>,
        versions: VersionRange,
    ) -> Self {
        Self { key, defined, versions, learned: Vec::new() }
    }

    /// The description for the rules. What an option declares wins over what the table defines, and both over
    /// what records had.
    pub(crate) fn table(&self, name: &TableName, declared: &DeclaredColumns) -> Table {
        let key = self.key.iter().map(typed).map(|it| (it, true));
        let others = declared.of(&name.name).into_iter();
        let others = others.chain(self.defined.iter().chain(&self.learned).map(typed));
        let mut names = HashSet::new();
        let columns: Vec<TableColumn> = key
            .chain(others.map(|it| (it, false)))
            .filter(|((name, _), _)| names.insert(*name))
            .map(|((name, kind), is_key)| TableColumn { name: Name::new(name), kind, is_key })
            .collect();
        let version = declared.version.as_deref();
        let version = columns.iter().position(|it| Some(it.name.as_str()) == version);
        let keys = self.key.len();
        Table {
            name: name.clone(),
            columns: columns.iter().map(column).collect(),
            primary_key: (0..keys).collect(),
            has_side_effects: false,
            shape: Arc::new(Shape { columns, keys, version, versions: self.versions }),
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

impl KnownTables {
    pub(crate) fn get(&self, name: &TableName) -> Option<&KnownTable> {
        self.tables.get(&name.name)
    }

    pub(crate) fn insert(&mut self, name: &TableName, table: KnownTable) -> &KnownTable {
        self.tables.insert(name.name.clone(), table);
        &self.tables[&name.name]
    }

    /// Adds columns that records have. Only of declared bytes the type must be known: everything else shows it
    /// with each value.
    pub(crate) fn learn(&mut self, name: &TableName, columns: &[NewColumn]) {
        let Some(table) = self.tables.get_mut(&name.name) else { return };
        let kind = |column: &NewColumn| match column.kind {
            ColumnKind::Bytes => ColumnType::Binary,
            _ => ColumnType::Any,
        };
        table.learned.extend(columns.iter().map(|column| (column.name.clone(), kind(column))));
    }

    /// Drops a description that an answer contradicts.
    pub(crate) fn forget(&mut self, name: &TableName) {
        self.tables.remove(&name.name);
    }

    /// Drops a description once, because a refusal may contradict it. Returns `false` if that was done before: then
    /// the refusal is about the rows.
    pub(crate) fn doubt(&mut self, name: &TableName) -> bool {
        let is_new = self.doubted.insert(name.name.clone());
        if is_new {
            self.forget(name);
        }
        is_new
    }

    /// Ends all doubts. Too many columns are forgotten only now: every attempt at an event needs those that the
    /// attempts before it have found.
    pub(crate) fn commit(&mut self) {
        self.doubted.clear();
        for table in self.tables.values_mut() {
            if table.learned.len() > MOST_KEPT {
                table.learned.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_bridge::model::change::Size;

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
        let mut known = KnownTables::default();
        let key = vec![
            ("id".to_owned(), ColumnType::Integer),
            ("seq".to_owned(), ColumnType::AutoIncrement),
        ];
        known.insert(&name(), KnownTable::new(key, Vec::new(), VERSIONS));
        known.learn(&name(), &[new("a", ColumnKind::Text), new("b", ColumnKind::Bytes)]);
        let table = known.get(&name()).unwrap().table(&name(), &DeclaredColumns::default());
        let names: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["id", "seq", "a", "b"]);
        assert_eq!(table.primary_key, [0, 1]);
        assert!(table.columns[1].generated && table.columns[1].has_default);
        let shape: &Shape = table.shape_as().unwrap();
        assert_eq!(
            (shape.columns[2].kind, shape.columns[3].kind),
            (ColumnType::Any, ColumnType::Binary)
        );
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

    #[test]
    fn a_description_is_doubted_once() {
        let mut known = KnownTables::default();
        let table = || KnownTable::new(Vec::new(), Vec::new(), VERSIONS);
        known.insert(&name(), table());
        assert!(known.doubt(&name()) && known.get(&name()).is_none());
        known.insert(&name(), table());
        assert!(!known.doubt(&name()) && known.get(&name()).is_some());
        known.commit();
        assert!(known.doubt(&name()));
    }

    /// An event may need more columns than are kept: they stay until it is written.
    #[test]
    fn columns_that_are_data_are_forgotten_once_they_are_written() {
        let mut known = KnownTables::default();
        known.insert(&name(), KnownTable::new(Vec::new(), Vec::new(), VERSIONS));
        let columns = |from: usize| -> Vec<NewColumn> {
            (from..from + MOST_KEPT).map(|nth| new(&format!("c{nth}"), ColumnKind::Text)).collect()
        };
        let count = |known: &KnownTables| {
            let table = known.get(&name()).unwrap();
            table.table(&name(), &DeclaredColumns::default()).columns.len()
        };
        known.learn(&name(), &columns(0));
        known.commit();
        assert_eq!(count(&known), MOST_KEPT);
        known.learn(&name(), &columns(MOST_KEPT));
        assert_eq!(count(&known), 2 * MOST_KEPT);
        known.commit();
        assert_eq!(count(&known), 0);
    }
}
