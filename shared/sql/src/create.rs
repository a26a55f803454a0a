//! The `CREATE TABLE` statement, as far as all databases use the same syntax.
//!
//! Not here: column types, defaults, and clauses after the column list.

use sluice_bridge::model::change::{NewColumn, SchemaChange};

/// The subject of a message about this change.
#[must_use]
pub fn subject(missing: &SchemaChange) -> String {
    match missing {
        SchemaChange::Table { name, .. } => format!("table {name}"),
        SchemaChange::Columns { table, .. } => format!("new columns of table {table}"),
    }
}

/// `CREATE TABLE IF NOT EXISTS table (columns, PRIMARY KEY (names))tail`. `key` contains the indexes of the
/// key's columns. `declare` returns the declaration of a column; its second argument is `true` for a column
/// of the key. `tail` gets the names of the key's columns, or `None` without a key.
pub fn create_table(
    (table, columns, key): (&str, &[NewColumn], &[usize]),
    quote: impl Fn(&str) -> String,
    mut declare: impl FnMut(&NewColumn, bool) -> String,
    tail: impl FnOnce(Option<&str>) -> String,
) -> String {
    let declared = columns.iter().enumerate();
    let declared = declared.map(|(index, column)| match key.contains(&index) {
        true => format!("{} NOT NULL", declare(column, true)),
        false => declare(column, false),
    });
    let mut parts: Vec<String> = declared.collect();
    let names: Vec<String> = key.iter().map(|&index| quote(&columns[index].name)).collect();
    let names = Some(names.join(", ")).filter(|_| !key.is_empty());
    parts.extend(names.iter().map(|names| format!("PRIMARY KEY ({names})")));
    let tail = tail(names.as_deref());
    format!("CREATE TABLE IF NOT EXISTS {table} ({}){tail}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use sluice_bridge::model::change::{ColumnKind, Size};

    use super::*;

    #[test]
    fn a_table_is_created_with_its_key_or_without() {
        let column = |name: &str| NewColumn {
            name: name.to_owned(),
            kind: ColumnKind::Text,
            size: Size::Most,
            default: None,
        };
        let columns = [column("a"), column("b"), column("c")];
        let made = |key: &[usize]| {
            let declare = |column: &NewColumn, is_key| {
                format!("{} {}", column.name, if is_key { "short" } else { "long" })
            };
            let tail =
                |names: Option<&str>| names.map_or(String::new(), |it| format!(" BY ({it})"));
            create_table(("t", &columns, key), |name| format!("<{name}>"), declare, tail)
        };
        assert_eq!(
            made(&[2, 0]),
            "CREATE TABLE IF NOT EXISTS t (a short NOT NULL, b long, c short NOT NULL, \
             PRIMARY KEY (<c>, <a>)) BY (<c>, <a>)"
        );
        assert_eq!(made(&[]), "CREATE TABLE IF NOT EXISTS t (a long, b long, c long)");
    }
}
