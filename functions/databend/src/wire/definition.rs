//! `auto.create` and `auto.evolve`: the statements that create a table or add columns.
//!
//! The server has no primary keys. A table that is created with a key says so in its comment, where the catalog finds
//! it again.

use sluice_bridge::model::change::{ColumnKind, Constant, NewColumn, SchemaChange, Size};
use sluice_bridge::model::table::TableName;

use crate::wire::literal::{is_quotable, quote, quote_table, text};

/// What a comment that names a key starts with; behind it is a JSON array of names.
pub(crate) const KEY_COMMENT: &str = "primary key ";

/// The digits of a DECIMAL: as many as the server has, 30 of them after the point.
const MOST_DIGITS: u32 = 76;
const DIGITS: &str = "DECIMAL(76, 30)";
/// The format of a server with an object store. With a file system the default is `native`, which bends equal numbers in
/// a DECIMAL of more than 38 digits (tried on 1.2.895: ten times 12.5 become 4253529586511730793292182592897102643200).
const FORMAT: &str = "STORAGE_FORMAT = 'parquet'";
/// The longest name, in bytes. The server has no limit; this is that of its tools ("Identifiers" of the SQL reference).
const LONGEST_NAME: usize = 255;

/// The server's own columns (tried on the engine: error 1110).
const RESERVED: [&str; 18] = [
    "_row_id",
    "_snapshot_name",
    "_segment_name",
    "_block_name",
    "_base_row_id",
    "_base_block_ids",
    "_search_matched",
    "_search_score",
    "_vector_score",
    "_predicate",
    "_origin_version",
    "_origin_block_id",
    "_origin_block_row_num",
    "change$action",
    "change$is_update",
    "change$row_id",
    "metadata$filename",
    "metadata$file_row_number",
];

/// Whether a column can have this name.
pub(crate) fn is_column_name(name: &str) -> bool {
    is_quotable(name) && name.len() <= LONGEST_NAME && !RESERVED.contains(&name)
}

/// Whether a table can have this name.
pub(crate) fn is_table_name(name: &TableName) -> bool {
    is_quotable(&name.name) && name.name.len() <= LONGEST_NAME
}

/// The statements of a change: one table, or one for each column.
pub(crate) fn statements(missing: &SchemaChange) -> Vec<String> {
    match missing {
        SchemaChange::Table { name, columns, key } => {
            let declared = columns.iter().enumerate().map(|(index, column)| {
                let null = if key.contains(&index) { " NOT NULL" } else { " NULL" };
                declaration(column, null)
            });
            let declared = declared.collect::<Vec<_>>().join(", ");
            let names: Vec<&str> = key.iter().map(|&index| columns[index].name.as_str()).collect();
            let comment = match names.is_empty() {
                true => String::new(),
                false => format!(" COMMENT = {}", text(&format!("{KEY_COMMENT}{}", json(&names)))),
            };
            let table = quote_table(name);
            vec![format!("CREATE TABLE IF NOT EXISTS {table} ({declared}) {FORMAT}{comment}")]
        }
        SchemaChange::Columns { table, columns } => columns
            .iter()
            .map(|column| {
                let declared = declaration(column, " NULL");
                format!("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {declared}", quote_table(table))
            })
            .collect(),
    }
}

fn declaration(column: &NewColumn, null: &str) -> String {
    let default = default(column).map_or_else(String::new, |value| format!(" DEFAULT {value}"));
    format!("{} {}{null}{default}", quote(&column.name), spelled(column))
}

fn spelled(column: &NewColumn) -> String {
    match (column.kind, column.size) {
        (ColumnKind::Integers, Size::Bits(0..=8)) => "TINYINT",
        (ColumnKind::Integers, Size::Bits(9..=16)) => "SMALLINT",
        (ColumnKind::Integers, Size::Bits(17..=32)) => "INT",
        (ColumnKind::Integers, _) => "BIGINT",
        (ColumnKind::Decimals, Size::Digits { precision, scale }) if precision <= MOST_DIGITS => {
            return format!("DECIMAL({precision}, {scale})");
        }
        (ColumnKind::Decimals, _) => DIGITS,
        (ColumnKind::Booleans, _) => "BOOLEAN",
        (ColumnKind::Floats, _) => "DOUBLE",
        // The server has no type for a time of day.
        (ColumnKind::Text | ColumnKind::Times, _) => "VARCHAR",
        (ColumnKind::Bytes, _) => "BINARY",
        (ColumnKind::Dates, _) => "DATE",
        (ColumnKind::Timestamps, _) => "TIMESTAMP",
        (ColumnKind::Documents, _) => "VARIANT",
    }
    .to_owned()
}

/// The default as a literal; `None` if there is none, or none that means the same in a statement.
fn default(column: &NewColumn) -> Option<String> {
    match (column.default.as_ref()?, column.kind) {
        (Constant::Bool(truth), ColumnKind::Booleans) => Some(truth.to_string()),
        (Constant::Number(digits), ColumnKind::Integers | ColumnKind::Floats) => {
            Some(digits.to_string())
        }
        // As text, because the server would read a number with many digits as a float.
        (Constant::Number(digits), ColumnKind::Decimals) => Some(text(digits)),
        (Constant::Text(value), ColumnKind::Text) => Some(text(value)),
        _ => None,
    }
}

fn json(names: &[&str]) -> String {
    serde_json::Value::from(names).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: ColumnKind, size: Size) -> NewColumn {
        NewColumn { name: name.to_owned(), kind, size, default: None }
    }

    #[test]
    fn a_table_names_its_key_in_its_comment() {
        let name = TableName { schema: None, name: "t".to_owned() };
        let decimal = Size::Digits { precision: 9, scale: 2 };
        let columns = vec![
            column("it's", ColumnKind::Integers, Size::Bits(32)),
            column("d", ColumnKind::Decimals, decimal),
        ];
        let table = SchemaChange::Table { name: name.clone(), columns, key: vec![0] };
        assert_eq!(
            statements(&table),
            ["CREATE TABLE IF NOT EXISTS \"t\" (\"it's\" INT NOT NULL, \"d\" DECIMAL(9, 2) NULL) \
              STORAGE_FORMAT = 'parquet' COMMENT = 'primary key [\"it''s\"]'"]
        );
        let mut added = column("v", ColumnKind::Text, Size::Most);
        added.default = Some(Constant::Text("a'b".into()));
        let columns = SchemaChange::Columns { table: name, columns: vec![added] };
        assert_eq!(
            statements(&columns),
            ["ALTER TABLE \"t\" ADD COLUMN IF NOT EXISTS \"v\" VARCHAR NULL DEFAULT 'a''b'"]
        );
    }
}
