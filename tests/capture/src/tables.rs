//! The tables of a source and of its copies, read from `data/`.

use crate::canonical::Class;
use crate::kind::{Failed, Kind};

const TABLES: &str = include_str!("../data/tables.txt");
const MYSQL: &str = include_str!("../data/mysql.txt");
const POSTGRES: &str = include_str!("../data/postgres.txt");

/// A table of the source and of each copy.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Its name, the same on both sides.
    pub(crate) name: String,
    /// Its columns, in order.
    pub(crate) columns: Vec<Column>,
    /// The columns that tell its rows apart.
    pub(crate) key: Vec<String>,
    /// Whether PostgreSQL logs whole old rows of it.
    pub(crate) identity_full: bool,
    /// Whether it is made when the others are in use already.
    pub(crate) later: bool,
    constraints: Vec<String>,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// How its values are compared.
    pub(crate) class: Class,
    /// SQL for the values that it has to carry; empty in tables with traffic of their own.
    pub(crate) values: Vec<String>,
    /// Its type in the source, and in copies in MySQL, MariaDB and PostgreSQL.
    types: [String; 4],
}

impl Table {
    /// Without foreign keys and unique indexes beside the key.
    pub(crate) fn unconstrained(&self) -> Self {
        let mut table = self.clone();
        table.constraints.retain(|constraint| constraint.contains("PRIMARY KEY"));
        table
    }

    /// The statement that makes it: at the source, or at a copy of this kind.
    pub(crate) fn create(&self, kind: Kind, source: bool) -> String {
        let columns = self.columns.iter().map(|column| {
            format!("\"{}\" {}", column.name, macros(column.type_of(kind, source), kind))
        });
        let constraints =
            self.constraints.iter().filter_map(|constraint| match constraint.split_once(": ") {
                Some((side, rest)) if (side == "source") == source => Some(rest.to_owned()),
                Some(_) => None,
                None => Some(constraint.clone()),
            });
        let parts: Vec<_> = columns.chain(constraints).collect();
        kind.spell(&format!("CREATE TABLE \"{}\" ({})", self.name, parts.join(", ")))
    }

    /// Whether its columns have values of their own to carry.
    pub(crate) fn is_of_types(&self) -> bool {
        self.columns.iter().any(|column| !column.values.is_empty())
    }
}

impl Column {
    /// Its type at the source, or in a copy of this kind.
    pub(crate) fn type_of(&self, kind: Kind, source: bool) -> &str {
        let place = if source { 0 } else { 1 + kind as usize };
        if self.types[place] == "=" { &self.types[0] } else { &self.types[place] }
    }

    pub(crate) fn plain(name: &str, class: Class, sql: &str) -> Self {
        let types = [sql, "=", "=", "="].map(str::to_owned);
        Self { name: name.to_owned(), class, values: Vec::new(), types }
    }
}

/// All tables of a source of this kind, in an order in which they can be made.
pub(crate) fn tables(source: Kind) -> Result<Vec<Table>, Failed> {
    let mut tables = Vec::new();
    for (head, lines) in sections(TABLES) {
        tables.extend(structural(source, head, &lines)?);
    }
    let types = if source == Kind::Postgres { POSTGRES } else { MYSQL };
    for (head, lines) in sections(types) {
        tables.push(of_types(source, head, &lines)?);
    }
    Ok(tables)
}

/// The sections of a file: what stands in brackets, and the lines after it.
fn sections(text: &str) -> Vec<(&str, Vec<&str>)> {
    let text = text.split_once("\n[").map_or("", |(_, rest)| rest);
    let sections = text.split("\n[").filter_map(|section| {
        let (head, body) = section.split_once("]\n")?;
        Some((head, records(body)))
    });
    sections.collect()
}

/// Lines that are not empty. A value may run over several lines: a line without a bar that follows an
/// open quote belongs to the one before it.
fn records(body: &str) -> Vec<&str> {
    let mut records = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in body.split_inclusive('\n') {
        at += line.len();
        let record = &body[start..at];
        if record.matches('\'').count().is_multiple_of(2) {
            records.push(record.trim_end_matches('\n'));
            start = at;
        }
    }
    records.retain(|record| !record.trim().is_empty());
    records
}

fn structural(source: Kind, head: &str, lines: &[&str]) -> Result<Option<Table>, Failed> {
    let mut words = head.split(' ');
    let name = words.next().unwrap_or_default().to_owned();
    let kinds: Vec<_> = words.collect();
    let later = kinds == ["later"];
    if !later && !kinds.is_empty() && !kinds.contains(&source.name()) {
        return Ok(None);
    }
    let (mut columns, mut constraints) = (Vec::new(), Vec::new());
    for line in lines {
        match line.split(" | ").collect::<Vec<_>>()[..] {
            [name, class, sql] => columns.push(Column::plain(name, class.parse()?, sql)),
            _ => constraints.push((*line).to_owned()),
        }
    }
    let before = constraints.len();
    constraints.retain(|line| line != "identity: FULL");
    let identity_full = constraints.len() < before;
    let key = constraints.iter().find_map(|line| line.split_once("PRIMARY KEY ("));
    let key = key.map_or("", |(_, rest)| rest.trim_end_matches(')'));
    let key = key.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Ok(Some(Table { name, columns, key, identity_full, later, constraints }))
}

fn of_types(source: Kind, head: &str, lines: &[&str]) -> Result<Table, Failed> {
    let mut columns = vec![
        Column::plain("id", Class::Int, "INT NOT NULL"),
        Column::plain("n", Class::Int, "INT NOT NULL"),
    ];
    for line in lines {
        let mut parts = line.split(" | ");
        let mut next = || parts.next().ok_or_else(|| format!("too short a line: {line}"));
        let (name, class) = (next()?, next()?);
        let types = [next()?, next()?, next()?, next()?].map(str::to_owned);
        let values = parts.map(str::to_owned).collect();
        let (only, name) = name.split_once(':').unwrap_or((source.name(), name));
        if only == source.name() {
            let name = name.to_owned();
            columns.push(Column { name, class: class.parse()?, values, types });
        }
    }
    Ok(Table {
        name: format!("ty_{head}"),
        columns,
        key: vec!["id".to_owned()],
        identity_full: false,
        later: false,
        constraints: vec!["PRIMARY KEY (id)".to_owned()],
    })
}

/// What stands for types that each kind names otherwise.
const MACROS: [(&str, [&str; 2]); 6] = [
    ("@moment", ["DATETIME(6)", "TIMESTAMP(6)"]),
    ("@bytes", ["VARBINARY(64)", "BYTEA"]),
    ("@blob", ["LONGBLOB", "BYTEA"]),
    ("@text", ["LONGTEXT", "TEXT"]),
    ("@ubig", ["BIGINT UNSIGNED", "NUMERIC(20)"]),
    ("@key", ["VARCHAR(60) COLLATE utf8mb4_bin", "VARCHAR(60)"]),
];

fn macros(sql: &str, kind: Kind) -> String {
    let place = usize::from(kind == Kind::Postgres);
    let folding = ["VARCHAR(60) COLLATE utf8mb4_general_ci", "VARCHAR(60)"];
    let sql = sql.replace("@folding", folding[place]);
    MACROS.iter().fold(sql, |sql, (name, types)| sql.replace(name, types[place]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::TRAFFIC;

    #[test]
    fn every_source_has_the_tables_of_its_traffic_and_its_types() {
        for kind in [Kind::Mysql, Kind::Mariadb, Kind::Postgres] {
            let tables = tables(kind).expect("the files can be read");
            let of_types = tables.iter().filter(|table| table.is_of_types()).count();
            let columns: usize = tables.iter().map(|table| table.columns.len()).sum();
            assert!(
                of_types > 6 && columns > 100,
                "{kind:?}: {of_types} tables, {columns} columns"
            );
            for traffic in TRAFFIC.iter().filter(|traffic| traffic.table != "cikey") {
                let table = tables.iter().find(|table| table.name == traffic.table);
                let of_kind = kind == Kind::Postgres || traffic.table != "large_full";
                assert_eq!(table.is_some(), of_kind, "{kind:?}: {}", traffic.table);
            }
            assert!(tables.iter().all(|table| table.name == "nokey" || !table.key.is_empty()));
        }
    }

    #[test]
    fn a_copy_has_its_own_types_and_constraints() {
        let tables = tables(Kind::Mysql).expect("the file can be read");
        let find = |name: &str| tables.iter().find(|table| table.name == name).expect(name);
        let nokey = find("nokey");
        assert!(!nokey.create(Kind::Mysql, true).contains("PRIMARY KEY"));
        assert!(nokey.create(Kind::Postgres, false).contains("PRIMARY KEY (a)"));
        let child = find("child");
        assert!(child.create(Kind::Postgres, false).contains("REFERENCES parent"));
        assert!(!child.unconstrained().create(Kind::Postgres, false).contains("REFERENCES"));
        let whole = find("ty_whole");
        assert!(whole.create(Kind::Mysql, true).contains("`big_u` BIGINT UNSIGNED"));
        assert!(whole.create(Kind::Postgres, false).contains("\"big_u\" numeric(20)"));
    }
}
