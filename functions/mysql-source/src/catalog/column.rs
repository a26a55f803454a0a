//! A column, as the catalog or a result has it.

use mysql_async::consts::{ColumnFlags, ColumnType};

/// What is asked of the catalog, in the order of [`ColumnRow`].
pub(super) const COLUMNS: &str = "SELECT COLUMN_NAME, LOWER(DATA_TYPE), IS_NULLABLE = 'YES', LOWER(EXTRA), \
     COALESCE(DATETIME_PRECISION, 0), COALESCE(NUMERIC_SCALE, 0), LOWER(COALESCE(COLUMN_DEFAULT, '')), \
     DATA_TYPE = 'bigint' AND COLUMN_TYPE LIKE '%unsigned%' OR DATA_TYPE = 'decimal' AND NUMERIC_PRECISION > 18 \
     FROM information_schema.COLUMNS \
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";

/// A row of [`COLUMNS`].
pub(super) type ColumnRow = (String, String, bool, String, u32, u32, String, bool);

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type, in lower case and without a length.
    pub(super) kind: String,
    pub(super) is_nullable: bool,
    /// Whether the server counts its values.
    pub(super) is_counted: bool,
    /// Whether the server writes its value: the current time, or an expression.
    pub(super) is_set_by_server: bool,
    /// Digits of a second.
    pub(super) digits: u32,
    /// Whether a whole number in it may be beyond those of 64 bits, so that it has no place in an offset.
    pub(super) is_large: bool,
    scale: u32,
}

impl Column {
    pub(super) fn of(row: ColumnRow) -> Self {
        let (name, kind, is_nullable, extra, digits, scale, default, is_large) = row;
        let is_counted = extra.contains("auto_increment");
        // `default_generated` says only that the default is an expression.
        let writes = ["on update", "stored generated", "virtual generated", "persistent"];
        let is_set_by_server = default.starts_with("current_timestamp")
            || writes.iter().any(|words| extra.contains(words));
        Self { name, kind, is_nullable, is_counted, is_set_by_server, digits, is_large, scale }
    }

    /// A column of a query.
    pub(super) fn of_result(column: &mysql_async::Column) -> Self {
        let kind = match column.column_type() {
            ColumnType::MYSQL_TYPE_TINY
            | ColumnType::MYSQL_TYPE_SHORT
            | ColumnType::MYSQL_TYPE_INT24
            | ColumnType::MYSQL_TYPE_LONG
            | ColumnType::MYSQL_TYPE_LONGLONG => "bigint",
            ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => "decimal",
            ColumnType::MYSQL_TYPE_DATETIME | ColumnType::MYSQL_TYPE_DATETIME2 => "datetime",
            ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => "timestamp",
            _ => "another type",
        };
        let decimals = u32::from(column.decimals());
        Self {
            name: column.name_str().into_owned(),
            kind: kind.to_owned(),
            is_nullable: !column.flags().contains(ColumnFlags::NOT_NULL_FLAG),
            is_counted: false,
            is_set_by_server: false,
            digits: decimals.min(6),
            // Only a key is asked whether it is, and a query has none.
            is_large: false,
            scale: decimals,
        }
    }

    pub(super) fn is_integer(&self) -> bool {
        let integers = ["tinyint", "smallint", "mediumint", "int", "bigint"];
        integers.contains(&self.kind.as_str()) || self.kind == "decimal" && self.scale == 0
    }
}
